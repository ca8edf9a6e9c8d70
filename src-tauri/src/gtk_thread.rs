//! GTK's thread: getting there, in order.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use gtk::glib::{self, ControlFlow, Priority};

/// Set by [`take_turns_with_gdk`].
static TAKES_TURNS: AtomicBool = AtomicBool::new(false);

/// What is run from here on waits until GDK has read what the display server said; still before drawing.
///
/// For Wayland: whatever comes before GDK's reader finds it in the middle of reading, and both wait for one another for ever as
/// soon as GTK asks the compositor anything, which showing a window does.
pub fn take_turns_with_gdk() {
    TAKES_TURNS.store(true, Ordering::SeqCst);
}

fn priority() -> Priority {
    if TAKES_TURNS.load(Ordering::SeqCst) { Priority::DEFAULT } else { Priority::HIGH }
}

/// Runs `then` on GTK's thread, before drawing and page traffic, after whatever was handed over earlier.
/// Also from GTK's thread itself it runs later, never within the call.
pub fn run(then: impl FnOnce() + Send + 'static) {
    glib::idle_source_new(Some("tapward"), priority(), once(then)).attach(None);
}

/// The same, after `delay`.
pub fn run_after(delay: Duration, then: impl FnOnce() + Send + 'static) {
    glib::timeout_source_new(delay, Some("tapward"), priority(), once(then)).attach(None);
}

fn once(then: impl FnOnce() + Send + 'static) -> impl FnMut() -> ControlFlow + Send + 'static {
    let mut then = Some(then);
    move || {
        if let Some(then) = then.take() {
            then();
        }
        ControlFlow::Break
    }
}
