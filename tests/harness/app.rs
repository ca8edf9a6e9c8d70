//! A person's app: a window in a colour nothing else has, which keeps count of every key and click it gets.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::Result;
use x11rb::{
    connection::Connection,
    protocol::{
        Event,
        xproto::{
            AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, InputFocus,
            PropMode, WindowClass,
        },
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

use crate::part::{READY_WITHIN, wait_for};

/// The app's colour, red, green, blue: none of Tapward's themes has it.
pub const MARKER: [u8; 3] = [0x3b, 0x6e, 0x8f];

/// What reached the app.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// Key codes, in order.
    pub keys: Vec<u8>,
    /// Clicks.
    pub clicks: usize,
}

#[derive(Debug, Default)]
struct Notes {
    received: Received,
    /// How often it was called.
    calls: u32,
}

/// The running app.
#[derive(Debug)]
pub struct App {
    notes: Arc<Mutex<Notes>>,
    is_stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    window: u32,
    /// From which it is called.
    caller: RustConnection,
}

impl App {
    /// Opens a window that covers the screen's work area and takes the focus, as a full-screen app would.
    ///
    /// # Errors
    /// When the display does not answer.
    pub fn start(display: &str) -> Result<Self> {
        let (connection, screen) = RustConnection::connect(Some(display))?;
        let screen = &connection.setup().roots[screen];
        let (root, width, height) = (screen.root, screen.width_in_pixels, screen.height_in_pixels);
        let window = connection.generate_id()?;
        let [red, green, blue] = MARKER.map(u32::from);
        connection.create_window(
            x11rb::COPY_DEPTH_FROM_PARENT,
            window,
            root,
            0,
            0,
            width,
            height,
            0,
            WindowClass::INPUT_OUTPUT,
            0,
            &CreateWindowAux::new()
                .background_pixel(red << 16 | green << 8 | blue)
                .event_mask(EventMask::KEY_PRESS | EventMask::BUTTON_PRESS | EventMask::STRUCTURE_NOTIFY),
        )?;
        let title = connection.intern_atom(false, b"WM_NAME")?.reply()?.atom;
        connection.change_property8(PropMode::REPLACE, window, title, 31_u32, b"Chart")?;
        connection.map_window(window)?;
        connection.flush()?;
        // A window manager decides the focus; without one, or after it, this asks for it.
        connection.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME)?;
        connection.sync()?;

        let notes = Arc::new(Mutex::new(Notes::default()));
        let is_stopping = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (notes, is_stopping) = (Arc::clone(&notes), Arc::clone(&is_stopping));
            move || listen(&connection, &notes, &is_stopping)
        });
        let (caller, _) = RustConnection::connect(Some(display))?;
        Ok(Self { notes, is_stopping, thread: Some(thread), window, caller })
    }

    /// What reached it so far.
    ///
    /// # Panics
    /// When its thread has panicked.
    #[must_use]
    pub fn received(&self) -> Received {
        self.notes.lock().unwrap().received.clone()
    }

    /// The same, and nothing that the X server has sent it before this call is still on its way.
    ///
    /// # Errors
    /// When it does not answer.
    ///
    /// # Panics
    /// As [`App::received`].
    pub fn received_by_now(&self) -> Result<Received> {
        let calls = || self.notes.lock().unwrap().calls;
        let before = calls();
        let call = ClientMessageEvent::new(32, self.window, AtomEnum::STRING, [0; 5]);
        self.caller.send_event(false, self.window, EventMask::NO_EVENT, call)?.check()?;
        wait_for("the app's answer", READY_WITHIN, || {
            let notes = self.notes.lock().unwrap();
            (notes.calls != before).then(|| notes.received.clone())
        })
    }

    /// Its X id.
    #[must_use]
    pub fn window(&self) -> u32 {
        self.window
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn listen(connection: &RustConnection, notes: &Mutex<Notes>, is_stopping: &AtomicBool) {
    while !is_stopping.load(Ordering::Relaxed) {
        match connection.poll_for_event() {
            Ok(Some(Event::KeyPress(key))) => notes.lock().unwrap().received.keys.push(key.detail),
            Ok(Some(Event::ButtonPress(_))) => notes.lock().unwrap().received.clicks += 1,
            Ok(Some(Event::ClientMessage(_))) => notes.lock().unwrap().calls += 1,
            Ok(Some(_)) => {}
            Ok(None) => thread::sleep(Duration::from_millis(2)),
            // The display is gone, and with it everything that could still be received.
            Err(_) => return,
        }
    }
}
