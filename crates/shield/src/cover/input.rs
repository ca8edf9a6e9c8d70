//! Keyboard, pointer and focus: who has them while the screen is covered, and who gets the focus afterwards.

use std::time::Duration;

use x11rb::{
    CURRENT_TIME, NONE,
    connection::Connection,
    protocol::xproto::{ConnectionExt as _, EventMask, GrabMode, GrabStatus, InputFocus, Window},
    rust_connection::RustConnection,
};

use super::x11::{CoverError, reply};

/// A grab that another client has is tried again this often.
const RETRY_EVERY: Duration = Duration::from_millis(1);
/// After this long the other client is more than an open menu, and we try less often.
const RETRY_OFTEN_FOR: Duration = Duration::from_secs(2);
/// How often then.
const RETRY_SELDOM_EVERY: Duration = Duration::from_millis(20);

/// The input of the workstation.
#[derive(Debug)]
pub(super) struct Input {
    root: Window,
    /// Has the focus while covered.
    ours: Window,
    hold: Hold,
    /// Who gets the focus when the screen is the person's again.
    focus_before: Window,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    NotWanted,
    Wanted { since: Duration, next: Duration },
    Held,
}

impl Input {
    /// Nothing is taken yet.
    pub(super) fn new(root: Window, ours: Window) -> Self {
        Self { root, ours, hold: Hold::NotWanted, focus_before: InputFocus::POINTER_ROOT.into() }
    }

    /// Takes keyboard, pointer and focus, or tries once more; whether keyboard and pointer are held. One round trip.
    ///
    /// Our window must be mapped: the X server gives the focus to no other.
    pub(super) fn hold(&mut self, conn: &RustConnection, now: Duration) -> Result<bool, CoverError> {
        let since = match self.hold {
            Hold::Wanted { since, .. } => since,
            Hold::NotWanted | Hold::Held => now,
        };
        let mode = GrabMode::ASYNC;
        // On the root window, which is always viewable, and with nothing reported to our own windows.
        let keyboard = conn.grab_keyboard(false, self.root, CURRENT_TIME, mode, mode)?;
        let buttons = EventMask::BUTTON_PRESS;
        let pointer = conn.grab_pointer(false, self.root, buttons, mode, mode, NONE, NONE, CURRENT_TIME)?;
        let focus = conn.get_input_focus()?;
        let keyboard = reply(keyboard.reply())?.map(|grab| grab.status);
        let pointer = reply(pointer.reply())?.map(|grab| grab.status);
        if let Some(focus) = reply(focus.reply())? {
            self.take_focus_from(conn, focus.focus)?;
        }
        let is_held = [keyboard, pointer] == [Some(GrabStatus::SUCCESS); 2];
        let pause = if since + RETRY_OFTEN_FOR > now { RETRY_EVERY } else { RETRY_SELDOM_EVERY };
        self.hold = if is_held { Hold::Held } else { Hold::Wanted { since, next: now + pause } };
        Ok(is_held)
    }

    /// Lets go of keyboard and pointer.
    pub(super) fn release(&mut self, conn: &RustConnection) -> Result<(), CoverError> {
        self.hold = Hold::NotWanted;
        conn.ungrab_keyboard(CURRENT_TIME)?;
        conn.ungrab_pointer(CURRENT_TIME)?;
        conn.flush()?;
        Ok(())
    }

    /// When to try again, while another client has the keyboard or the pointer.
    pub(super) fn retry_at(&self) -> Option<Duration> {
        match self.hold {
            Hold::Wanted { next, .. } => Some(next),
            Hold::NotWanted | Hold::Held => None,
        }
    }

    /// Takes the focus from whoever has it, who gets it back later.
    pub(super) fn take_focus(&mut self, conn: &RustConnection) -> Result<(), CoverError> {
        match reply(conn.get_input_focus()?.reply())? {
            Some(focus) => self.take_focus_from(conn, focus.focus),
            None => Ok(()),
        }
    }

    /// The focus goes back to whoever had it last. Sent with the next flush.
    pub(super) fn return_focus(&self, conn: &RustConnection) -> Result<(), CoverError> {
        conn.set_input_focus(InputFocus::POINTER_ROOT, self.focus_before, CURRENT_TIME)?;
        Ok(())
    }

    fn take_focus_from(&mut self, conn: &RustConnection, owner: Window) -> Result<(), CoverError> {
        // With the focus on nothing at all, nobody could type once uncovered.
        if owner != self.ours && owner != NONE {
            self.focus_before = owner;
        }
        conn.set_input_focus(InputFocus::POINTER_ROOT, self.ours, CURRENT_TIME)?;
        conn.flush()?;
        Ok(())
    }
}
