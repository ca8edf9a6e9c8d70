//! The screen-saver window: the one thing that the X protocol puts above the overlay, though not every server does.
//!
//! Any program may have the server show one and draw in it, but only one program at a time, and while it lives. So we
//! take it: a black one.

use x11rb::{
    connection::RequestConnection as _,
    protocol::{
        screensaver::{self, ConnectionExt as _, SetAttributesAux},
        xproto::{ConnectionExt as _, ScreenSaver, Window, WindowClass},
    },
    rust_connection::RustConnection,
};

use super::{CoverError, reply};

/// Whose the screen-saver window is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Saver {
    /// The server has none.
    Missing,
    /// Nobody else can draw there.
    Ours,
    /// Somebody took it before us.
    Taken,
}

impl Saver {
    /// Tries to take it.
    pub(super) fn take(conn: &RustConnection, root: Window, black: u32) -> Result<Self, CoverError> {
        if conn.extension_information(screensaver::X11_EXTENSION_NAME)?.is_none() {
            return Ok(Self::Missing);
        }
        let _ = reply(conn.screensaver_query_version(1, 1)?.reply())?;
        let look = SetAttributesAux::new().background_pixel(black).override_redirect(1);
        let (depth, visual) = (x11rb::COPY_DEPTH_FROM_PARENT, x11rb::COPY_FROM_PARENT);
        let (side, class) = (8_192, WindowClass::INPUT_OUTPUT);
        let taken =
            conn.screensaver_set_attributes(root, 0, 0, side, side, 0, class, depth, visual, &look)?.check();
        // One that is up already would stay.
        conn.force_screen_saver(ScreenSaver::RESET)?;
        conn.screensaver_select_input(root, screensaver::Event::NOTIFY_MASK)?;
        Ok(if reply(taken)?.is_some() { Self::Ours } else { Self::Taken })
    }

    /// What that means, in words.
    pub(super) fn shortcoming(self) -> Option<&'static str> {
        match self {
            Self::Taken => Some("another program owns the screen-saver window, which stands above the cover"),
            Self::Missing | Self::Ours => None,
        }
    }
}
