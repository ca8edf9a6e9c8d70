//! Another program that reads what was marked or copied on a display, and offers what is to be pasted.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::Result;
use x11rb::{
    CURRENT_TIME, NONE,
    connection::Connection,
    protocol::{
        Event,
        xproto::{
            Atom, AtomEnum, ConnectionExt as _, CreateWindowAux, EventMask, PropMode, SELECTION_NOTIFY_EVENT,
            SelectionNotifyEvent, Window, WindowClass,
        },
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

use crate::part::{READY_WITHIN, wait_for};

/// What is marked, what is copied, and what is dragged.
const SELECTIONS: [&str; 3] = ["PRIMARY", "CLIPBOARD", "XdndSelection"];

/// Who looks whether somebody hands anything out.
#[derive(Debug)]
pub struct Reader {
    connection: RustConnection,
    window: Window,
}

impl Reader {
    /// A reader on `display`.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn on(display: &str) -> Result<Self> {
        let (connection, screen) = RustConnection::connect(Some(display))?;
        let window = make_window(&connection, screen)?;
        Ok(Self { connection, window })
    }

    /// The selections that anybody owns.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn owned(&self) -> Result<Vec<&'static str>> {
        let mut owned = Vec::new();
        for name in SELECTIONS {
            if self.connection.get_selection_owner(atom(&self.connection, name)?)?.reply()?.owner != NONE {
                owned.push(name);
            }
        }
        Ok(owned)
    }

    /// Asks whoever owns one for its text, and waits for no answer: an owner need not give one.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn ask(&self) -> Result<()> {
        let text = atom(&self.connection, "UTF8_STRING")?;
        for name in SELECTIONS {
            let (selection, now) = (atom(&self.connection, name)?, CURRENT_TIME);
            self.connection.convert_selection(self.window, selection, text, selection, now)?.check()?;
        }
        Ok(())
    }

    /// What it was given by now.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn read(&self) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        while let Some(event) = self.connection.poll_for_event()? {
            let Event::SelectionNotify(answer) = event else { continue };
            if answer.property != NONE {
                let (any, size) = (AtomEnum::ANY, 1024);
                let text = self.connection.get_property(true, self.window, answer.property, any, 0, size)?;
                texts.push(String::from_utf8_lossy(&text.reply()?.value).into_owned());
            }
        }
        Ok(texts)
    }
}

/// Who offers a text as what is marked and what is copied, until dropped.
#[derive(Debug)]
pub struct Offer {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Offer {
    /// Offers `text` on `display`.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn on(display: &str, text: &'static str) -> Result<Self> {
        let (connection, screen) = RustConnection::connect(Some(display))?;
        let window = make_window(&connection, screen)?;
        for name in ["PRIMARY", "CLIPBOARD"] {
            let selection = atom(&connection, name)?;
            // Whoever has it may take it back for a moment.
            wait_for(name, READY_WITHIN, || {
                connection.set_selection_owner(window, selection, CURRENT_TIME).ok()?.check().ok()?;
                let owner = connection.get_selection_owner(selection).ok()?.reply().ok()?.owner;
                (owner == window).then_some(())
            })?;
        }
        let is_over = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let is_over = Arc::clone(&is_over);
            move || {
                while !is_over.load(Ordering::Relaxed) {
                    match connection.poll_for_event() {
                        Ok(Some(event)) => drop(answer(&connection, &event, text)),
                        Ok(None) => thread::sleep(Duration::from_millis(2)),
                        // The display is gone, and with it everybody who could still ask.
                        Err(_) => return,
                    }
                }
            }
        });
        Ok(Self { is_over, thread: Some(thread) })
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Gives whoever asked for a text this one.
pub(crate) fn answer(connection: &RustConnection, event: &Event, text: &str) -> Result<()> {
    let Event::SelectionRequest(asked) = event else { return Ok(()) };
    let (targets, utf8) = (atom(connection, "TARGETS")?, atom(connection, "UTF8_STRING")?);
    let mode = PropMode::REPLACE;
    if asked.target == targets {
        let known = [targets, utf8];
        connection.change_property32(mode, asked.requestor, asked.property, AtomEnum::ATOM, &known)?;
    } else {
        connection.change_property8(mode, asked.requestor, asked.property, utf8, text.as_bytes())?;
    }
    let told = SelectionNotifyEvent {
        response_type: SELECTION_NOTIFY_EVENT,
        sequence: 0,
        time: asked.time,
        requestor: asked.requestor,
        selection: asked.selection,
        target: asked.target,
        property: asked.property,
    };
    connection.send_event(false, asked.requestor, EventMask::NO_EVENT, told)?.check()?;
    Ok(())
}

pub(crate) fn make_window(connection: &RustConnection, screen: usize) -> Result<Window> {
    let (window, root) = (connection.generate_id()?, connection.setup().roots[screen].root);
    let (class, look) = (WindowClass::INPUT_ONLY, CreateWindowAux::new());
    connection.create_window(0, window, root, 0, 0, 1, 1, 0, class, 0, &look)?.check()?;
    Ok(window)
}

pub(crate) fn atom(connection: &RustConnection, name: &str) -> Result<Atom> {
    Ok(connection.intern_atom(false, name.as_bytes())?.reply()?.atom)
}
