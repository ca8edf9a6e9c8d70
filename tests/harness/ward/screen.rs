//! What draws a ward's screen: an X server, or a Wayland compositor with what is plugged into it.

use std::{path::Path, process::Command};

use anyhow::Result;

use super::Setup;
use crate::{
    desktop::{self, Button},
    hand::{Hand, Whose},
    picture::Eye,
    sway::Sway,
    sway_hand::Devices,
    x_server::XServer,
};

/// Each of sway's two headless outputs, side by side.
const OUTPUT: (u16, u16) = (1280, 720);

/// What draws it.
#[derive(Debug)]
pub enum WardScreen {
    /// An X server.
    X(XServer),
    /// A compositor.
    Sway {
        /// Unplugged before the compositor ends.
        devices: Devices,
        /// It.
        sway: Sway,
    },
}

impl WardScreen {
    pub(super) fn start(setup: &Setup, folder: &Path) -> Result<Self> {
        let Some(kind) = setup.compositor else {
            return Ok(Self::X(XServer::start(setup.monitors, folder)?));
        };
        let sway = Sway::start(kind, folder)?;
        let (width, height) = OUTPUT;
        for (at, output) in [(0, "HEADLESS-1"), (width, "HEADLESS-2")] {
            sway.message(&["output", output, "pos", &at.to_string(), "0"])?;
        }
        let extent = (2 * u32::from(width), u32::from(height));
        Ok(Self::Sway { devices: Devices::plug_in(&sway, extent, folder)?, sway })
    }

    /// Lets a program reach it, and no other.
    pub fn reach(&self, command: &mut Command) {
        match self {
            Self::X(x) => drop(command.env("DISPLAY", x.display()).env_remove("WAYLAND_DISPLAY")),
            Self::Sway { sway, .. } => sway.way().reach(command),
        }
    }

    pub(super) fn x_display(&self) -> &str {
        match self {
            Self::X(x) => x.display(),
            Self::Sway { .. } => panic!("this ward has no X display"),
        }
    }

    /// The compositor.
    ///
    /// # Panics
    /// On an X server.
    #[must_use]
    pub fn sway(&self) -> &Sway {
        match self {
            Self::X(_) => panic!("this ward has no compositor"),
            Self::Sway { sway, .. } => sway,
        }
    }

    pub(super) fn set_second_monitor(&self, is_plugged_in: bool) -> Result<()> {
        match self {
            Self::X(x) => x.set_second_monitor(is_plugged_in),
            Self::Sway { .. } => panic!("this ward has no X server"),
        }
    }

    pub(super) fn hand(&self, whose: Whose) -> Result<Hand> {
        match self {
            Self::X(x) => Hand::on(x.display(), whose),
            Self::Sway { devices, .. } => Ok(Hand::Sway(devices.hand())),
        }
    }

    pub(super) fn eye(&self) -> Result<Eye> {
        match self {
            Self::X(x) => Eye::on(x.display()),
            Self::Sway { sway, .. } => Ok(Eye::on_sway(sway.way())),
        }
    }

    /// Where to click `button` now; `None` while it is not shown.
    pub(super) fn find(&self, button: Button) -> Result<Option<(i16, i16)>> {
        match self {
            Self::X(x) => desktop::find(x.display(), button),
            Self::Sway { .. } => desktop::find_on_strip(&self.eye()?, [0, OUTPUT.0], OUTPUT.0, button),
        }
    }
}
