//! Version 1 of the wire, one file per resource.

pub mod badge;
pub mod event;
pub mod problem;
pub mod session;
pub mod workstation;
