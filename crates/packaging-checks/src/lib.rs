//! Holds the files under `packaging/linux` against the tools that will read them: systemd's, AppArmor's, Xorg, polkit's
//! language, shells.
//!
//! A unit with a misspelt key starts, and protects nothing; a rule that does not parse is left out in silence. So each kind
//! of file is given to the program that reads it, from a folder that looks like an installed workstation ([`Workstation`]), and
//! what matters in it is demanded by name ([`Demand`]). Each check has to refuse a broken file too, or it shows nothing.

mod demand;
mod tool;
mod udev;
mod unit;
mod workstation;

pub use demand::{Demand, Wants, complaints};
pub use tool::{Verdict, as_root, judge};
pub use udev::udev_complaints;
pub use unit::Unit;
pub use workstation::{Workstation, packaging};
