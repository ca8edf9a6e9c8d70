//! Somebody who types without pause.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::Result;
use x11rb::{
    connection::Connection,
    protocol::{
        xproto::{ConnectionExt as _, KEY_PRESS_EVENT, KEY_RELEASE_EVENT},
        xtest::ConnectionExt as _,
    },
};

use crate::part::wait_for;

/// The letter on this key code matters to nobody.
const KEY: u8 = 38;
/// Faster than any hand, slow enough that the X server has time for others.
const BETWEEN_KEYS: Duration = Duration::from_millis(5);

pub struct Typist {
    typed: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Typist {
    pub fn on(display: &str) -> Result<Self> {
        let (conn, screen) = x11rb::connect(Some(display))?;
        super::rude::own_something(&conn, conn.setup().roots[screen].root)?;
        let typed = Arc::new(AtomicU64::new(0));
        let is_over = Arc::new(AtomicBool::new(false));
        let (counter, over) = (Arc::clone(&typed), Arc::clone(&is_over));
        let thread = thread::spawn(move || {
            while !over.load(Ordering::SeqCst) {
                for kind in [KEY_PRESS_EVENT, KEY_RELEASE_EVENT] {
                    let _ = conn.xtest_fake_input(kind, KEY, 0, x11rb::NONE, 0, 0, 0);
                }
                let _ = conn.flush();
                // Counted when the server has it.
                if conn.get_input_focus().is_ok_and(|focus| focus.reply().is_ok()) {
                    counter.fetch_add(1, Ordering::SeqCst);
                }
                thread::sleep(BETWEEN_KEYS);
            }
        });
        Ok(Self { typed, is_over, thread: Some(thread) })
    }

    /// Waits until the X server has taken this many keys more.
    pub fn wait_more(&self, keys: u64) -> Result<()> {
        let enough = self.typed.load(Ordering::SeqCst) + keys;
        wait_for("more keys typed", super::SOON, || {
            (self.typed.load(Ordering::SeqCst) >= enough).then_some(())
        })
    }
}

impl Drop for Typist {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
