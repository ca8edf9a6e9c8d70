//! What is asked when somebody last touched something: an X server, or a Wayland compositor.

use std::{os::fd::BorrowedFd, time::Duration};

use super::{
    super::Counting,
    seat::{SeatError, Seats},
    x_display::{self, XDisplay},
};

/// A device is told of when it is touched after it was untouched for this long, and when it becomes so.
/// Shorter than the interval of reports, so that input between two of them is not missed.
pub(super) const QUIET: Duration = Duration::from_millis(200);

/// Why it cannot be asked: the connection is of no more use.
#[derive(Debug, thiserror::Error)]
pub(super) enum DisplayError {
    #[error(transparent)]
    X11(#[from] x_display::XError),
    #[error(transparent)]
    Wayland(#[from] SeatError),
}

/// A connection to either.
#[derive(Debug)]
pub(super) enum Display {
    X11(Box<XDisplay>),
    Wayland(Seats),
}

/// What [`Display::drain`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Drained {
    /// A device was touched, or left alone.
    pub(super) has_alarm: bool,
}

impl Display {
    /// The X display of this name, else what the environment names; the X server where it names both, as the shield does.
    pub(super) fn open(x_display: Option<&str>, counting: Counting) -> Result<Self, DisplayError> {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        if x_display.is_none() && is_set("WAYLAND_DISPLAY") && !is_set("DISPLAY") {
            Ok(Self::Wayland(Seats::open()?))
        } else {
            Ok(Self::X11(Box::new(XDisplay::open(x_display, counting)?)))
        }
    }

    /// Readable when [`Display::drain`] has something to do.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::X11(display) => display.fd(),
            Self::Wayland(seats) => seats.fd(),
        }
    }

    /// Time since the last touch of any device; `None` where there is no device, or none that tells.
    pub(super) fn untouched_for(&mut self) -> Result<Option<Duration>, DisplayError> {
        Ok(match self {
            Self::X11(display) => display.untouched_for()?,
            Self::Wayland(seats) => seats.untouched_for()?,
        })
    }

    /// Tells of each device, from now on.
    pub(super) fn arm(&mut self) -> Result<(), DisplayError> {
        match self {
            Self::X11(display) => display.arm()?,
            // What it tells unasked is all that it ever tells.
            Self::Wayland(_) => {}
        }
        Ok(())
    }

    /// Tells no more; idempotent.
    pub(super) fn disarm(&mut self) -> Result<(), DisplayError> {
        match self {
            Self::X11(display) => display.disarm()?,
            Self::Wayland(_) => {}
        }
        Ok(())
    }

    /// Takes all events up; looks for devices anew when one came or went.
    pub(super) fn drain(&mut self) -> Result<Drained, DisplayError> {
        Ok(match self {
            Self::X11(display) => display.drain()?,
            Self::Wayland(seats) => Drained { has_alarm: seats.drain()? },
        })
    }
}
