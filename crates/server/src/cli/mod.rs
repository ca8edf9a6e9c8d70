//! The command line: `init`, `serve`, and the administrator's commands.

pub mod args;
pub mod show;

mod badge_list;
mod badges;
mod mistake;
mod run;

pub use mistake::{exit_for, tell_failure};
pub use run::run;
