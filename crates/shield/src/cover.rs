//! What covers the monitors and holds the input. X11 is the only display it can be held on today.

mod input;
mod monitors;
mod notice;
mod pace;
mod x11;

pub(crate) use x11::{Cover, CoverError};
