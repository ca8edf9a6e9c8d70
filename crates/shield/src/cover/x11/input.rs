//! Keyboard, pointer and focus: who has them while the screen is covered, and who gets the focus afterwards.
//!
//! Another program that has one of them is first waited for, then asked, then ended, within the bounds of
//! [`Escalation`].

use std::time::Duration;

use x11rb::{
    CURRENT_TIME, NONE,
    connection::{Connection, RequestConnection as _},
    protocol::{
        xproto::{
            ConnectionExt as _, EventMask, GrabMode, GrabStatus, InputFocus, KEY_PRESS_EVENT,
            KEY_RELEASE_EVENT, Window,
        },
        xtest::{self, ConnectionExt as _},
    },
    rust_connection::RustConnection,
};

use super::{
    CoverError,
    clients::{self, Client, Spared},
    devices::Devices,
    escalation::{Escalation, Step},
    reply,
};
use crate::log;

/// A grab that another client has is tried again this often.
const RETRY_EVERY: Duration = Duration::from_millis(1);
/// After this long the other client is more than an open menu, and we try less often.
const RETRY_OFTEN_FOR: Duration = Duration::from_secs(2);
/// How often then.
const RETRY_SELDOM_EVERY: Duration = Duration::from_millis(20);
/// While it is freed for the agent, whose own tries need their turn.
const FREE_EVERY: Duration = Duration::from_millis(10);
/// Who could be ended is looked up again this often, when nobody is left.
const LOOK_AGAIN_EVERY: Duration = Duration::from_secs(1);
/// The key that closes menus.
const ESCAPE: u32 = 0xff1b;

/// The input of the workstation.
#[derive(Debug)]
pub(super) struct Input {
    root: Window,
    /// Has the focus while covered.
    ours: Window,
    devices: Devices,
    hold: Hold,
    /// Who gets the focus when the screen is the person's again.
    focus_before: Window,
    /// Whom we may end, the first last; and when that was found out.
    suspects: Option<(Duration, Vec<Client>)>,
    are_detached: bool,
    /// While it is taken for the agent and not for us: how far that has come, over several tries.
    freeing: Option<Escalation>,
    /// Whether what is freed then is a device, while the agent keeps its grabs.
    is_of_devices: bool,
}

#[derive(Debug, Clone, Copy)]
enum Hold {
    NotWanted,
    Wanted { escalation: Escalation, next: Duration },
    Held,
}

impl Input {
    /// Nothing is taken yet.
    pub(super) fn new(root: Window, ours: Window, devices: Devices) -> Self {
        let focus_before = InputFocus::POINTER_ROOT.into();
        let (hold, suspects, are_detached, freeing) = (Hold::NotWanted, None, false, None);
        let is_of_devices = false;
        Self { root, ours, devices, hold, focus_before, suspects, are_detached, freeing, is_of_devices }
    }

    /// What is known of them.
    pub(super) fn devices(&mut self) -> &mut Devices {
        &mut self.devices
    }

    /// Another window of ours has the focus from now on.
    pub(super) fn set_ours(&mut self, ours: Window) {
        self.ours = ours;
    }

    /// Takes keyboard, pointer and focus, or tries once more; whether keyboard and pointer are held.
    ///
    /// Our window must be mapped: the X server gives the focus to no other.
    pub(super) fn hold(&mut self, conn: &RustConnection, now: Duration) -> Result<bool, CoverError> {
        (self.freeing, self.is_of_devices) = (None, false);
        self.try_hold(conn, now)
    }

    /// The agent was given the input and does not get it. Whoever has it loses it, as in [`Input::hold`]; then it is let
    /// go of again, and the agent, which tries all the time, has it. Whoever is quicker once more is soon ended.
    pub(super) fn free(&mut self, now: Duration) {
        let escalation = self.freeing.unwrap_or_else(|| Escalation::begin(now));
        log::line("another program took keyboard or pointer before the agent; it is taken back");
        (self.freeing, self.is_of_devices) = (Some(escalation), false);
        self.hold = Hold::Wanted { escalation, next: now };
    }

    /// Whether the input was passed on: nothing is wanted of it now.
    pub(super) fn is_passed_on(&self) -> bool {
        matches!(self.hold, Hold::NotWanted)
    }

    /// Whether it is the agent's, or is being freed for it.
    pub(super) fn is_for_agent(&self) -> bool {
        self.is_passed_on() || self.freeing.is_some()
    }

    /// Looks whether the agent's grabs are of every keyboard and mouse, and begins to take back what a program took for
    /// itself.
    pub(super) fn look(&mut self, conn: &RustConnection, now: Duration) -> Result<(), CoverError> {
        if self.is_passed_on() && !self.devices.are_free(conn)? {
            log::line("another program took a keyboard or a mouse for itself; it is taken back");
            let escalation = Escalation::begin(now);
            (self.freeing, self.is_of_devices) = (Some(escalation), true);
            self.hold = Hold::Wanted { escalation, next: now };
        }
        Ok(())
    }

    fn try_free_devices(
        &mut self,
        conn: &RustConnection,
        now: Duration,
        escalation: Escalation,
    ) -> Result<(), CoverError> {
        if self.devices.are_free(conn)? {
            (self.freeing, self.is_of_devices, self.hold) = (None, false, Hold::NotWanted);
            self.settle(conn)
        } else {
            self.hold = Hold::Wanted { escalation, next: now + FREE_EVERY };
            Ok(())
        }
    }

    fn try_hold(&mut self, conn: &RustConnection, now: Duration) -> Result<bool, CoverError> {
        let escalation = match self.hold {
            Hold::Wanted { escalation, .. } => escalation,
            Hold::NotWanted | Hold::Held => Escalation::begin(now),
        };
        if self.is_of_devices {
            self.try_free_devices(conn, now, escalation)?;
            return Ok(false);
        }
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
        let are_ours = [keyboard, pointer] == [Some(GrabStatus::SUCCESS); 2];
        let is_held = are_ours && self.devices.are_free(conn)?;
        if let Some(freeing) = &mut self.freeing {
            *freeing = escalation;
            // Also one of the two alone: the agent may have the other.
            self.let_go(conn)?;
            if is_held {
                self.settle(conn)?;
            } else {
                self.hold = Hold::Wanted { escalation, next: now + FREE_EVERY };
            }
            return Ok(false);
        }
        if is_held {
            self.settle(conn)?;
            if matches!(self.hold, Hold::Wanted { .. }) {
                let ms = escalation.lasted(now).as_millis();
                log::line(&format!("keyboard and pointer are held, {ms} ms after they were wanted"));
            }
            self.hold = Hold::Held;
        } else {
            let is_early = escalation.lasted(now) < RETRY_OFTEN_FOR;
            let pause = if is_early { RETRY_EVERY } else { RETRY_SELDOM_EVERY };
            self.hold = Hold::Wanted { escalation, next: now + pause };
        }
        Ok(is_held)
    }

    /// Tries again, when that is due, and does what is due about whoever has the input; whether it became ours.
    pub(super) fn on_time(
        &mut self,
        conn: &RustConnection,
        now: Duration,
        spared: impl Fn() -> Spared,
    ) -> Result<bool, CoverError> {
        match self.hold {
            Hold::Wanted { next, .. } if next <= now => {}
            Hold::Wanted { .. } | Hold::NotWanted | Hold::Held => return Ok(false),
        }
        // Whoever had it may have let go since the last look.
        if self.try_hold(conn, now)? {
            return Ok(true);
        }
        match self.next_step(now) {
            None => {}
            Some(Step::DetachDevices) => self.detach(conn)?,
            // It would be the agent's, and no menu takes a device.
            Some(Step::PressEscape) if self.is_of_devices => {}
            Some(Step::PressEscape) => self.press_escape(conn)?,
            Some(Step::KillOne) => self.end_one(conn, now, &spared())?,
        }
        Ok(false)
    }

    /// Lets go of keyboard and pointer.
    pub(super) fn release(&mut self, conn: &RustConnection) -> Result<(), CoverError> {
        (self.freeing, self.is_of_devices) = (None, false);
        self.settle(conn)?;
        self.let_go(conn)
    }

    fn let_go(&mut self, conn: &RustConnection) -> Result<(), CoverError> {
        self.hold = Hold::NotWanted;
        conn.ungrab_keyboard(CURRENT_TIME)?;
        conn.ungrab_pointer(CURRENT_TIME)?;
        conn.flush()?;
        Ok(())
    }

    /// The devices changed: somebody may have taken one for himself, or made masters that our grabs do not cover.
    pub(super) fn on_devices_changed(
        &mut self,
        conn: &RustConnection,
        now: Duration,
    ) -> Result<bool, CoverError> {
        match self.hold {
            Hold::Held => self.hold(conn, now),
            Hold::NotWanted | Hold::Wanted { .. } => Ok(true),
        }
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

    fn next_step(&mut self, now: Duration) -> Option<Step> {
        match &mut self.hold {
            Hold::Wanted { escalation, .. } => escalation.next(now),
            Hold::NotWanted | Hold::Held => None,
        }
    }

    /// It is over: the devices are where they were.
    fn settle(&mut self, conn: &RustConnection) -> Result<(), CoverError> {
        self.suspects = None;
        if std::mem::take(&mut self.are_detached) {
            let count = self.devices.attach(conn)?;
            log::line(&format!("{count} keyboards and mice are attached again"));
        }
        Ok(())
    }

    fn detach(&mut self, conn: &RustConnection) -> Result<(), CoverError> {
        let count = self.devices.detach(conn)?;
        self.are_detached = true;
        log::line(&format!(
            "another program keeps keyboard or pointer; {count} keyboards and mice are detached from it meanwhile"
        ));
        conn.flush()?;
        Ok(())
    }

    fn press_escape(&self, conn: &RustConnection) -> Result<(), CoverError> {
        if conn.extension_information(xtest::X11_EXTENSION_NAME)?.is_none() {
            return Ok(());
        }
        log::line(
            "another program keeps keyboard or pointer; Escape is pressed for it, as one closes a menu",
        );
        let (first, last) = (conn.setup().min_keycode, conn.setup().max_keycode);
        let keys = reply(conn.get_keyboard_mapping(first, last - first + 1)?.reply())?;
        let code = keys.and_then(|keys| {
            let per_code = usize::from(keys.keysyms_per_keycode).max(1);
            let at = keys.keysyms.chunks(per_code).position(|symbols| symbols.first() == Some(&ESCAPE))?;
            u8::try_from(at).ok()?.checked_add(first)
        });
        if let Some(code) = code {
            for kind in [KEY_PRESS_EVENT, KEY_RELEASE_EVENT] {
                conn.xtest_fake_input(kind, code, CURRENT_TIME, NONE, 0, 0, 0)?;
            }
            conn.flush()?;
        }
        Ok(())
    }

    fn end_one(&mut self, conn: &RustConnection, now: Duration, spared: &Spared) -> Result<(), CoverError> {
        let is_stale = self
            .suspects
            .as_ref()
            .is_none_or(|(since, left)| left.is_empty() && *since + LOOK_AGAIN_EVERY <= now);
        if is_stale {
            // What is taken from the agent was not taken by who had the focus long before.
            let focus_before = if self.freeing.is_some() { NONE } else { self.focus_before };
            self.suspects = Some((now, clients::suspects(conn, self.root, focus_before, spared)?));
        }
        if let Some(suspect) = self.suspects.as_mut().and_then(|(_, left)| left.pop()) {
            log::line(&format!("another program keeps keyboard or pointer; ended is {}", suspect.describe()));
            suspect.end(conn)?;
        }
        Ok(())
    }
}
