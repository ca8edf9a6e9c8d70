//! The administrator's door: `DATA/admin.sock`, mode 0600, one request and one answer in JSON.
//!
//! Commands speak to the running server, never to its database beside it. There is no other
//! administration until the console is built. Who may open the socket is root, or the server's own user.

pub mod badge_import;
pub mod message;
pub mod perform;
pub mod socket;
pub mod spool;

mod badges;
mod sessions;
mod users;
mod workstations;
