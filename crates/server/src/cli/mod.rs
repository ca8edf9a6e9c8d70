//! The command line: `init`, `serve`, and the administrator's commands.

pub mod args;
pub mod show;

mod badges;
mod run;

pub use run::run;
