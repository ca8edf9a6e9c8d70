//! The app that must not see a key while covered.

use anyhow::{Context, Result};
use std::cell::Cell;
use x11rb::{
    CURRENT_TIME,
    connection::Connection,
    protocol::{
        Event,
        xproto::{
            ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, EventMask, GrabMode, GrabStatus,
            ImageFormat, InputFocus, MapState, StackMode, WindowClass,
        },
    },
    rust_connection::RustConnection,
};

use crate::part::wait_for;

const MARKER_PIXEL: u32 = 0x00ff_00ff;

/// A window over the whole screen, with the focus.
pub struct Victim {
    conn: RustConnection,
    pub window: u32,
    root: u32,
    keys: Cell<u64>,
}

impl Victim {
    pub fn on(display: &str) -> Result<Self> {
        let (conn, screen) = x11rb::connect(Some(display))?;
        let screen = &conn.setup().roots[screen];
        let root = screen.root;
        let size = conn.get_geometry(root)?.reply()?;
        let window = conn.generate_id()?;
        let look = CreateWindowAux::new().background_pixel(MARKER_PIXEL);
        let look = look.event_mask(EventMask::KEY_PRESS | EventMask::BUTTON_PRESS);
        let (width, height) = (size.width, size.height);
        conn.create_window(0, window, root, 0, 0, width, height, 0, WindowClass::INPUT_OUTPUT, 0, &look)?;
        conn.map_window(window)?;
        let victim = Self { conn, window, root, keys: Cell::new(0) };
        victim.wait_viewable(window)?;
        victim.focus(window)?;
        Ok(victim)
    }

    /// How many key and button presses it has seen. What the server sent it before this call is counted.
    pub fn keys(&self) -> Result<u64> {
        self.sync()?;
        while let Some(event) = self.conn.poll_for_event()? {
            if matches!(event, Event::KeyPress(_) | Event::ButtonPress(_)) {
                self.keys.set(self.keys.get() + 1);
            }
        }
        Ok(self.keys.get())
    }

    /// Asks for the focus, as a rude app does.
    pub fn focus(&self, window: u32) -> Result<()> {
        self.conn.set_input_focus(InputFocus::POINTER_ROOT, window, CURRENT_TIME)?;
        self.sync()
    }

    /// Who has the focus.
    pub fn focused(&self) -> Result<u32> {
        Ok(self.conn.get_input_focus()?.reply()?.focus)
    }

    /// As an open menu does. Whether the grab succeeded.
    pub fn grab_as_a_menu(&self) -> Result<bool> {
        let mode = GrabMode::ASYNC;
        let grab = self.conn.grab_keyboard(true, self.window, CURRENT_TIME, mode, mode)?;
        Ok(grab.reply()?.status == GrabStatus::SUCCESS)
    }

    pub fn close_the_menu(&self) -> Result<()> {
        self.conn.ungrab_keyboard(CURRENT_TIME)?;
        self.sync()
    }

    /// A window that no window manager touches, above everything, in the marker's colour.
    pub fn pop_up(&self) -> Result<u32> {
        let window = self.conn.generate_id()?;
        let look = CreateWindowAux::new()
            .background_pixel(MARKER_PIXEL)
            .override_redirect(1)
            .event_mask(EventMask::KEY_PRESS);
        let size = self.conn.get_geometry(self.root)?.reply()?;
        let (width, height) = (size.width, size.height);
        self.conn.create_window(
            0,
            window,
            self.root,
            0,
            0,
            width,
            height,
            0,
            WindowClass::INPUT_OUTPUT,
            0,
            &look,
        )?;
        self.conn.map_window(window)?;
        self.sync()?;
        Ok(window)
    }

    /// An ordinary window, as an app opens it. Returns once a window manager shows it.
    pub fn open_another_window(&self) -> Result<()> {
        let window = self.conn.generate_id()?;
        let look = CreateWindowAux::new().background_pixel(MARKER_PIXEL).event_mask(EventMask::KEY_PRESS);
        self.conn.create_window(
            0,
            window,
            self.root,
            0,
            0,
            300,
            200,
            0,
            WindowClass::INPUT_OUTPUT,
            0,
            &look,
        )?;
        self.conn.map_window(window)?;
        self.wait_viewable(window)
    }

    /// Mapped, over the whole screen and with the focus, whatever was done to it.
    pub fn restore(&self) -> Result<()> {
        let size = self.conn.get_geometry(self.root)?.reply()?;
        let (width, height) = (u32::from(size.width), u32::from(size.height));
        let whole = ConfigureWindowAux::new().x(0).y(0).width(width).height(height);
        self.conn.map_window(self.window)?;
        self.conn.configure_window(self.window, &whole.stack_mode(StackMode::ABOVE))?;
        self.sync()
    }

    /// Waits until a window manager has its frame around our window.
    pub fn wait_managed(&self) -> Result<()> {
        wait_for("a window manager", super::SOON, || {
            let tree = self.conn.query_tree(self.window).ok()?.reply().ok()?;
            (tree.parent != self.root).then_some(())
        })?;
        self.wait_viewable(self.window)
    }

    /// Words are white on black.
    pub fn count_white_pixels(&self) -> Result<usize> {
        let size = self.conn.get_geometry(self.root)?.reply()?;
        let image = self
            .conn
            .get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, size.width, size.height, !0)?
            .reply()?;
        Ok(image.data.chunks_exact(4).filter(|pixel| pixel.starts_with(&[0xff, 0xff, 0xff])).count())
    }

    /// Children of the root from the bottom up, with their sizes.
    pub fn stack(&self) -> Result<Vec<u32>> {
        Ok(self.conn.query_tree(self.root)?.reply()?.children)
    }

    fn wait_viewable(&self, window: u32) -> Result<()> {
        wait_for("the victim's window", super::SOON, || {
            let attributes = self.conn.get_window_attributes(window).ok()?.reply().ok()?;
            (attributes.map_state == MapState::VIEWABLE).then_some(())
        })
        .context("the victim")
    }

    fn sync(&self) -> Result<()> {
        self.conn.get_input_focus()?.reply()?;
        Ok(())
    }
}
