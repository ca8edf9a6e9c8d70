//! GTK's thread: getting there, in order.

use std::time::Duration;

use gtk::glib::{self, ControlFlow, Priority};

/// Runs `then` on GTK's thread, before drawing and page traffic, after whatever was handed over earlier.
/// Also from GTK's thread itself it runs later, never within the call.
pub fn run(then: impl FnOnce() + Send + 'static) {
    glib::idle_source_new(Some("tapward"), Priority::HIGH, once(then)).attach(None);
}

/// The same, after `delay`.
pub fn run_after(delay: Duration, then: impl FnOnce() + Send + 'static) {
    glib::timeout_source_new(delay, Some("tapward"), Priority::HIGH, once(then)).attach(None);
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
