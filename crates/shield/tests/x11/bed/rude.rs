//! Another program of the same desktop that does what it likes. Each is one connection, so that it can be ended alone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use anyhow::Result;
use x11rb::{
    CURRENT_TIME, NONE,
    connection::Connection,
    protocol::{
        composite::{ConnectionExt as _, Redirect},
        screensaver::{ConnectionExt as _, SetAttributesAux},
        shape::{ConnectionExt as _, SK, SO},
        xinput::{ConnectionExt as _, GrabOwner},
        xproto::{
            ButtonIndex, ClipOrdering, ConfigureWindowAux, ConnectionExt as _, CreateGCAux, CreateWindowAux,
            EventMask, GrabMode, GrabStatus, ModMask, Rectangle, ScreenSaver, StackMode, Window, WindowClass,
        },
    },
    rust_connection::RustConnection,
};

/// What it shows: the same as the victim.
pub const MARKER_PIXEL: u32 = 0x00ff_00ff;
const ASYNC: GrabMode = GrabMode::ASYNC;

/// Lets a connection own a resource, so that the X server can end it without its process.
pub fn own_something(conn: &RustConnection, root: Window) -> Result<u32> {
    let own = conn.generate_id()?;
    conn.create_gc(own, root, &CreateGCAux::new())?;
    Ok(own)
}

pub struct Rude {
    conn: Arc<RustConnection>,
    root: Window,
    display: String,
    /// By which the X server can tell it.
    own: u32,
    is_over: Arc<AtomicBool>,
    habit: Option<JoinHandle<()>>,
}

impl Rude {
    pub fn on(display: &str) -> Result<Self> {
        let (conn, screen) = x11rb::connect(Some(display))?;
        let root = conn.setup().roots[screen].root;
        let own = own_something(&conn, root)?;
        let (conn, display) = (Arc::new(conn), display.to_owned());
        Ok(Self { conn, root, display, own, is_over: Arc::new(AtomicBool::new(false)), habit: None })
    }

    /// Whether the X server still knows it.
    pub fn is_alive(&self) -> bool {
        self.sync().is_ok()
    }

    /// A window over the whole screen and beyond, mapped on top.
    pub fn pop_up(&self, parent: Window, is_override_redirect: bool) -> Result<Window> {
        self.pop_up_with(parent, is_override_redirect, |_, _| Ok(()))
    }

    /// The same on the root, with properties set before it is mapped.
    pub fn pop_up_with(
        &self,
        parent: Window,
        is_override_redirect: bool,
        prepare: impl FnOnce(&RustConnection, Window) -> Result<()>,
    ) -> Result<Window> {
        let window = self.conn.generate_id()?;
        let look = CreateWindowAux::new()
            .background_pixel(MARKER_PIXEL)
            .override_redirect(u32::from(is_override_redirect))
            .event_mask(EventMask::KEY_PRESS);
        let parent = if parent == NONE { self.root } else { parent };
        let class = WindowClass::INPUT_OUTPUT;
        self.conn.create_window(0, window, parent, 0, 0, 3_000, 2_000, 0, class, 0, &look)?;
        prepare(&self.conn, window)?;
        self.conn.map_window(window)?;
        self.raise(window)?;
        Ok(window)
    }

    pub fn raise(&self, window: Window) -> Result<()> {
        self.conn.configure_window(window, &ConfigureWindowAux::new().stack_mode(StackMode::ABOVE))?;
        self.sync()
    }

    /// Raises its window for as long as it lives.
    pub fn keep_raising(&mut self, window: Window) {
        self.keep_doing(move |conn| {
            let above = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
            conn.map_window(window).is_ok() && conn.configure_window(window, &above).is_ok()
        });
    }

    /// Does it as fast as the X server allows.
    pub fn keep_doing(&mut self, act: impl Fn(&RustConnection) -> bool + Send + 'static) {
        let (conn, is_over) = (Arc::clone(&self.conn), Arc::clone(&self.is_over));
        self.habit = Some(thread::spawn(move || {
            while !is_over.load(Ordering::SeqCst) && act(&conn) {
                if conn.get_input_focus().is_ok_and(|focus| focus.reply().is_err()) {
                    return;
                }
            }
        }));
    }

    /// With a window of its own.
    pub fn own_selection(&self, name: &str) -> Result<()> {
        let name = self.conn.intern_atom(false, name.as_bytes())?.reply()?.atom;
        let window = self.conn.generate_id()?;
        let class = WindowClass::INPUT_ONLY;
        let look = CreateWindowAux::new();
        self.conn.create_window(0, window, self.root, 0, 0, 1, 1, 0, class, 0, &look)?;
        self.conn.set_selection_owner(window, name, CURRENT_TIME)?;
        self.sync()
    }

    /// Whether there is such a window.
    pub fn knows(&self, window: Window) -> Result<bool> {
        use x11rb::errors::ReplyError;
        match self.conn.get_geometry(window)?.reply() {
            Ok(_) => Ok(true),
            Err(ReplyError::X11Error(_)) => Ok(false),
            Err(ReplyError::ConnectionError(lost)) => Err(lost.into()),
        }
    }

    pub fn overlay(&self) -> Result<Window> {
        self.conn.composite_query_version(0, 4)?.reply()?;
        Ok(self.conn.composite_get_overlay_window(self.root)?.reply()?.overlay_win)
    }

    /// As a compositor that shows what it likes: it redirects all windows and paints the overlay.
    pub fn compose_and_paint(&self) -> Result<()> {
        let overlay = self.overlay()?;
        self.conn.composite_redirect_subwindows(self.root, Redirect::MANUAL)?.check()?;
        let brush = self.conn.generate_id()?;
        let colour = CreateGCAux::new().foreground(MARKER_PIXEL);
        self.conn.create_gc(brush, overlay, &colour)?;
        let whole = Rectangle { x: 0, y: 0, width: 3_000, height: 2_000 };
        for _ in 0..50 {
            self.conn.poly_fill_rectangle(overlay, brush, &[whole])?;
            self.sync()?;
        }
        Ok(())
    }

    /// Whatever has the focus: the cover, while covered.
    pub fn focused(&self) -> Result<Window> {
        Ok(self.conn.get_input_focus()?.reply()?.focus)
    }

    pub fn shape_away(&self, window: Window) -> Result<()> {
        self.conn.shape_rectangles(SO::SET, SK::BOUNDING, ClipOrdering::UNSORTED, window, 0, 0, &[])?;
        self.sync()
    }

    pub fn lower(&self, window: Window) -> Result<()> {
        self.conn.configure_window(window, &ConfigureWindowAux::new().stack_mode(StackMode::BELOW))?;
        self.sync()
    }

    pub fn move_away(&self, window: Window) -> Result<()> {
        self.conn.configure_window(window, &ConfigureWindowAux::new().x(5_000).y(5_000))?;
        self.sync()
    }

    pub fn unmap(&self, window: Window) -> Result<()> {
        self.conn.unmap_window(window)?;
        self.sync()
    }

    pub fn destroy(&self, window: Window) -> Result<()> {
        self.conn.destroy_window(window)?;
        self.sync()
    }

    pub fn destroy_children(&self, window: Window) -> Result<()> {
        self.conn.destroy_subwindows(window)?;
        self.sync()
    }

    pub fn reparent_to_root(&self, window: Window) -> Result<()> {
        self.conn.reparent_window(window, self.root, 0, 0)?;
        self.sync()
    }

    pub fn raise_above(&self, window: Window, sibling: Window) -> Result<()> {
        let above = ConfigureWindowAux::new().sibling(sibling).stack_mode(StackMode::ABOVE);
        self.conn.configure_window(window, &above)?;
        self.sync()
    }

    /// Has the X server show its screen-saver window, with its own look. Whether it may.
    pub fn show_screen_saver(&self, pixel: u32) -> Result<bool> {
        let look = SetAttributesAux::new().background_pixel(pixel).override_redirect(1);
        let class = WindowClass::INPUT_OUTPUT;
        let set =
            self.conn.screensaver_set_attributes(self.root, 0, 0, 3_000, 2_000, 0, class, 0, 0, &look)?;
        let is_granted = set.check().is_ok();
        self.conn.force_screen_saver(ScreenSaver::ACTIVE)?;
        self.sync()?;
        Ok(is_granted)
    }

    pub fn end_screen_saver(&self) -> Result<()> {
        self.conn.force_screen_saver(ScreenSaver::RESET)?;
        self.sync()
    }

    pub fn grab_keyboard(&self) -> Result<bool> {
        let grab = self.conn.grab_keyboard(true, self.root, CURRENT_TIME, ASYNC, ASYNC)?;
        Ok(grab.reply()?.status == GrabStatus::SUCCESS)
    }

    pub fn grab_pointer(&self) -> Result<bool> {
        let buttons = EventMask::BUTTON_PRESS;
        let grab =
            self.conn.grab_pointer(true, self.root, buttons, ASYNC, ASYNC, NONE, NONE, CURRENT_TIME)?;
        Ok(grab.reply()?.status == GrabStatus::SUCCESS)
    }

    /// Of one device, by XInput 2.
    pub fn grab_device(&self, device: u16) -> Result<bool> {
        self.conn.xinput_xi_query_version(2, 2)?.reply()?;
        let own = GrabOwner::NO_OWNER;
        // Key and button presses.
        let mask = [1 << 2 | 1 << 4];
        let grab = self.conn.xinput_xi_grab_device(
            self.root,
            CURRENT_TIME,
            NONE,
            device,
            ASYNC,
            ASYNC,
            own,
            &mask,
        )?;
        Ok(grab.reply()?.status == GrabStatus::SUCCESS)
    }

    pub fn ungrab(&self) -> Result<()> {
        self.conn.ungrab_keyboard(CURRENT_TIME)?;
        self.conn.ungrab_pointer(CURRENT_TIME)?;
        self.sync()
    }

    /// Every key and every button that nobody else has, as soon as it is pressed.
    pub fn grab_passively(&self) -> Result<()> {
        for key in 8..=u8::MAX {
            let _ = self.conn.grab_key(true, self.root, ModMask::ANY, key, ASYNC, ASYNC)?;
        }
        for button in 1..=5_u8 {
            let (buttons, any) = (EventMask::BUTTON_PRESS, ModMask::ANY);
            let button = ButtonIndex::from(button);
            let _ = self.conn.grab_button(true, self.root, buttons, ASYNC, ASYNC, NONE, NONE, button, any)?;
        }
        self.sync()
    }

    /// Nobody else is served until it lets go.
    pub fn grab_server(&self) -> Result<()> {
        self.conn.grab_server()?;
        self.sync()
    }

    pub fn ungrab_server(&self) -> Result<()> {
        self.conn.ungrab_server()?;
        self.sync()
    }

    pub fn connection(&self) -> &RustConnection {
        &self.conn
    }

    /// Ends its connection, and returns when the X server has ended it.
    pub fn end(self) -> Result<()> {
        let (conn, _) = x11rb::connect(Some(&self.display))?;
        if self.is_alive() {
            conn.kill_client(self.own)?;
        }
        conn.get_input_focus()?.reply()?;
        Ok(())
    }

    pub fn connection_root(&self) -> Window {
        self.root
    }

    pub fn sync(&self) -> Result<()> {
        self.conn.get_input_focus()?.reply()?;
        Ok(())
    }
}

impl Drop for Rude {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        if let Some(habit) = self.habit.take() {
            let _ = habit.join();
        }
    }
}
