//! Desktop notifications: a second way to say something, never the only one.
//!
//! A thread of its own shows the newest notice; what it had no time for is passed over, so nothing piles
//! up behind a notification daemon that hangs.
//!
//! # Platform-specific behavior
//! Linux replaces and withdraws the one notification. Windows and macOS give no way to take one back: there
//! a withdrawn notice stays until the system lets it go, and a new one stands beside it.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
};

use agent_core::command::Notice;
use agent_runtime::{language::Language, ports::Notifier};
use tracing::{info, warn};

#[cfg_attr(target_os = "linux", path = "notifier/linux.rs")]
#[cfg_attr(target_os = "macos", path = "notifier/macos.rs")]
#[cfg_attr(target_os = "windows", path = "notifier/windows.rs")]
mod imp;
mod texts;

/// Our name beside each notification.
const APP_NAME: &str = "Tapward";

/// [`Notifier`] of this desktop.
#[derive(Debug)]
pub struct DesktopNotifier {
    slot: Arc<Slot>,
}

/// What is wanted on the desktop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Show(Notice, Language),
    Nothing,
    End,
}

/// Room for one wish: a newer one takes the place of an older.
#[derive(Debug, Default)]
struct Slot {
    wish: Mutex<Option<Wish>>,
    changed: Condvar,
}

impl DesktopNotifier {
    /// Starts its thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start() -> std::io::Result<Self> {
        let slot = Arc::new(Slot::default());
        let wishes = Arc::clone(&slot);
        thread::Builder::new().name("notifier".into()).spawn(move || serve(&wishes))?;
        Ok(Self { slot })
    }
}

impl Notifier for DesktopNotifier {
    fn show(&self, notice: Notice, language: Language) {
        self.slot.put(Wish::Show(notice, language));
    }

    fn withdraw(&self) {
        self.slot.put(Wish::Nothing);
    }
}

impl Drop for DesktopNotifier {
    fn drop(&mut self) {
        self.slot.put(Wish::End);
    }
}

impl Slot {
    fn put(&self, wish: Wish) {
        *self.wish.lock().unwrap_or_else(PoisonError::into_inner) = Some(wish);
        self.changed.notify_one();
    }

    fn take(&self) -> Wish {
        let mut wish = self.wish.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(wish) = wish.take() {
                return wish;
            }
            wish = self.changed.wait(wish).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn serve(slot: &Slot) {
    let mut shown = None;
    let mut is_failing = false;
    loop {
        let result = match slot.take() {
            Wish::Show(notice, language) => {
                imp::show(&texts::of(notice, language), shown.take()).map(|now| shown = Some(now))
            }
            Wish::Nothing => shown.take().map_or(Ok(()), imp::withdraw),
            Wish::End => return,
        };
        // Told when it begins and when it ends, not each time.
        match (&result, is_failing) {
            (Err(error), false) => warn!("Notifications are not shown: {error}"),
            (Ok(()), true) => info!("Notifications are shown again"),
            (Ok(()), false) | (Err(_), true) => {}
        }
        is_failing = result.is_err();
    }
}
