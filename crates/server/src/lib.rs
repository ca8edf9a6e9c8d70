//! The session server: sessions, identity, policy and the audit record.
//!
//! Read [`router`] and you know the API. A handler in [`routes`] parses, authorizes, calls the pure
//! rules of [`session`] and [`identity`], and [`store`], and answers. SQL lives in [`store`] only.
//! Time is asked of [`clock`] alone; keys live in [`keys`], never in the database.

pub mod app;
pub mod auth;
pub mod clock;
pub mod error;
pub mod keys;
pub mod middleware;
pub mod router;
pub mod routes;
pub mod store;
