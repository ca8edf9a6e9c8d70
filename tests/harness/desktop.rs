//! Tapward's own native windows on a display: where they are, found by their type as a window manager would.

use anyhow::{Context, Result};
use x11rb::{
    connection::Connection,
    protocol::xproto::{AtomEnum, ConnectionExt as _, MapState, Window},
    rust_connection::RustConnection,
};

use crate::picture::Eye;

/// A button and its margins.
const STRIP_HEIGHT: u16 = 56;

/// A button of Tapward's outside the web view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// "Sign out" at the right end of the strip.
    SignOut,
    /// "I'm still here" at the foot of the warning.
    Stay,
    /// "Cover" beside it.
    Cover,
    /// "My sessions", the third from the right end of the strip.
    MySessions,
    /// "Renew", beside it, where there is one.
    Renew,
    /// "Sign out there" in the last line of "My sessions".
    SignOutThere,
    /// "Close" at the foot of it.
    CloseMySessions,
}

impl Button {
    const fn window_type(self) -> &'static [u8] {
        match self {
            Self::SignOut | Self::Cover | Self::MySessions | Self::Renew => b"_NET_WM_WINDOW_TYPE_DOCK",
            Self::Stay => b"_NET_WM_WINDOW_TYPE_NOTIFICATION",
            Self::SignOutThere | Self::CloseMySessions => b"_NET_WM_WINDOW_TYPE_DIALOG",
        }
    }

    /// A point well inside it: both are at least 48 px high and wide, and stand at a fixed edge.
    fn inside(self, x: i16, y: i16, width: u16, height: u16) -> (i16, i16) {
        let (width, height) = (width.cast_signed(), height.cast_signed());
        match self {
            Self::SignOut => (x + width - 40, y + height / 2),
            Self::Stay => (x + width / 2, y + height - 44),
            // In English, as wide as their words.
            Self::Cover => (x + width - 160, y + height / 2),
            Self::MySessions => (x + width - 330, y + height / 2),
            Self::Renew => (x + width - 480, y + height / 2),
            Self::SignOutThere => (x + width - 80, y + height - 110),
            Self::CloseMySessions => (x + width - 60, y + height - 50),
        }
    }
}

/// The light theme's surface (`ui/src/lib/styles/tokens.css`), of which the strip is made.
const STRIP: [u8; 3] = [0xff, 0xff, 0xff];
/// Somewhere in the strip, left of its first word.
const IN_THE_STRIP: i16 = 4;

/// The same where clients know of no place, on whichever of these outputs has the strip: the strip's buttons alone. Each
/// output is as wide as `width`, and begins at one of `lefts`.
///
/// # Errors
/// When there is no picture.
pub fn find_on_strip(eye: &Eye, lefts: [u16; 2], width: u16, button: Button) -> Result<Option<(i16, i16)>> {
    for left in lefts.map(u16::cast_signed) {
        if eye.pixel(left + IN_THE_STRIP, IN_THE_STRIP)? == STRIP {
            return Ok(Some(button.inside(left, 0, width, STRIP_HEIGHT)));
        }
    }
    Ok(None)
}

/// Where to click `button` now; `None` while its window is not shown.
///
/// # Errors
/// When the display does not answer.
pub fn find(display: &str, button: Button) -> Result<Option<(i16, i16)>> {
    let (connection, screen) = RustConnection::connect(Some(display))?;
    let root = connection.setup().roots[screen].root;
    let wanted = connection.intern_atom(false, button.window_type())?.reply()?.atom;
    let property = connection.intern_atom(false, b"_NET_WM_WINDOW_TYPE")?.reply()?.atom;
    let mut windows = connection.query_tree(root)?.reply()?.children;
    let mut next = 0;
    while let Some(&window) = windows.get(next) {
        next += 1;
        // A window may vanish while it is looked at.
        let Ok(found) = look(&connection, window) else { continue };
        windows.extend(found.children);
        let types = connection.get_property(false, window, property, AtomEnum::ATOM, 0, 8)?.reply();
        let has_type = types
            .is_ok_and(|types| types.value32().is_some_and(|mut types| types.any(|atom| atom == wanted)));
        if !found.is_ours || !has_type {
            continue;
        }
        let size = connection.get_geometry(window)?.reply()?;
        let place = connection.translate_coordinates(window, root, 0, 0)?.reply()?;
        return Ok(Some(button.inside(place.dst_x, place.dst_y, size.width, size.height)));
    }
    Ok(None)
}

/// How many windows, menus and hints Tapward has on screen.
///
/// # Errors
/// When the display does not answer.
pub fn count_windows(display: &str) -> Result<usize> {
    let (connection, screen) = RustConnection::connect(Some(display))?;
    let mut windows = connection.query_tree(connection.setup().roots[screen].root)?.reply()?.children;
    let (mut next, mut count) = (0, 0);
    while let Some(&window) = windows.get(next) {
        next += 1;
        let Ok(found) = look(&connection, window) else { continue };
        count += usize::from(found.is_ours);
        windows.extend(found.children);
    }
    Ok(count)
}

struct Found {
    /// Tapward's, and on screen.
    is_ours: bool,
    children: Vec<Window>,
}

fn look(connection: &RustConnection, window: Window) -> Result<Found> {
    let is_shown = connection.get_window_attributes(window)?.reply()?.map_state == MapState::VIEWABLE;
    let class =
        connection.get_property(false, window, AtomEnum::WM_CLASS, AtomEnum::STRING, 0, 64)?.reply()?;
    let is_tapward = String::from_utf8_lossy(&class.value).to_lowercase().contains("tapward");
    let children = connection.query_tree(window)?.reply().context("children")?.children;
    Ok(Found { is_ours: is_shown && is_tapward, children })
}
