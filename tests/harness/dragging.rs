//! Another program that drags a text over a display and lets go of it there (XDND, version 5).

use anyhow::Result;
use x11rb::{
    CURRENT_TIME,
    connection::Connection,
    protocol::{
        Event,
        composite::ConnectionExt as _,
        xproto::{ClientMessageEvent, ConnectionExt as _, EventMask, Window},
    },
    rust_connection::RustConnection,
};

use crate::clipboard::{answer, atom, make_window};

/// The only version that anybody still speaks.
const VERSION: u32 = 5;

/// A drag under way, until dropped.
#[derive(Debug)]
pub struct Drag {
    connection: RustConnection,
    window: Window,
    /// One of these is an ancestor of every window.
    roots: [Window; 2],
    text: &'static str,
}

impl Drag {
    /// Takes up `text` on `display`.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn of(display: &str, text: &'static str) -> Result<Self> {
        let (connection, screen) = RustConnection::connect(Some(display))?;
        let root = connection.setup().roots[screen].root;
        // The overlay, in which a cover stands, is told among the children of no window.
        connection.composite_query_version(0, 4)?.reply()?;
        let overlay = connection.composite_get_overlay_window(root)?.reply()?.overlay_win;
        let window = make_window(&connection, screen)?;
        let selection = atom(&connection, "XdndSelection")?;
        connection.set_selection_owner(window, selection, CURRENT_TIME)?.check()?;
        Ok(Self { connection, window, roots: [root, overlay], text })
    }

    /// Comes to a point of the display with it, as far as every window there is concerned.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn come_to(&self, (x, y): (i16, i16)) -> Result<()> {
        let [copy, plain, utf8, list] =
            ["XdndActionCopy", "text/plain", "UTF8_STRING", "text/uri-list"].map(|name| self.atom(name));
        let place = u32::from(x.cast_unsigned()) << 16 | u32::from(y.cast_unsigned());
        self.tell_all("XdndEnter", [VERSION << 24, plain?, utf8?, list?])?;
        self.tell_all("XdndPosition", [0, place, CURRENT_TIME, copy?])
    }

    /// Lets go of it, whether anybody said that he takes it or not.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn let_go(&self) -> Result<()> {
        self.tell_all("XdndDrop", [0, CURRENT_TIME, 0, 0])
    }

    /// Hands the text to whoever asked for it by now; how many times anybody did.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn asked(&self) -> Result<usize> {
        let mut asked = 0;
        while let Some(event) = self.connection.poll_for_event()? {
            if let Event::SelectionRequest(_) = event {
                asked += 1;
                answer(&self.connection, &event, self.text)?;
            }
        }
        Ok(asked)
    }

    fn tell_all(&self, what: &str, data: [u32; 4]) -> Result<()> {
        let (kind, mut windows, mut next) = (self.atom(what)?, self.roots.to_vec(), 0);
        while let Some(&window) = windows.get(next) {
            next += 1;
            // A window may vanish while it is looked at.
            let Ok(tree) = self.connection.query_tree(window)?.reply() else { continue };
            windows.extend(tree.children);
            let [first, second, third, fourth] = data;
            let message =
                ClientMessageEvent::new(32, window, kind, [self.window, first, second, third, fourth]);
            self.connection.send_event(false, window, EventMask::NO_EVENT, message)?;
        }
        self.connection.flush()?;
        Ok(())
    }

    fn atom(&self, name: &str) -> Result<u32> {
        atom(&self.connection, name)
    }
}
