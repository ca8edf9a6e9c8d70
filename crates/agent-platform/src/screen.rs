//! The cover over every monitor, as the agent sees it.
//!
//! The agent draws on a [`Window`] (implemented by the Tauri shell on GTK's thread); who holds the screen
//! is another matter. Under a shield ([`inherit_shield_socket`] found its socket) every monitor is the
//! shield's, and this adapter asks it through `shield-contract`. Without one the agent covers itself with
//! its own window, and [`Screen::is_enforced`] says `false`.
//!
//! # Platform-specific behavior
//! - **Linux, X11**: enforced under `tapward-shield`.
//! - **Linux, Wayland**: under `tapward-shield`, and not enforced while the agent's window is up, as the shield says.
//! - **macOS; Windows**: there is no shield; the cover is drawn and not enforced.

#[cfg(target_os = "linux")]
mod hand_over;
mod unenforced;

#[cfg_attr(target_os = "linux", path = "screen/x11.rs")]
#[cfg_attr(target_os = "macos", path = "screen/macos.rs")]
#[cfg_attr(target_os = "windows", path = "screen/windows.rs")]
mod imp;

use std::time::Duration;

use agent_runtime::ports::{EventSink, Screen};

#[cfg(target_os = "linux")]
pub(crate) use imp::ToldDevice;
pub use imp::{DeviceTeller, ShieldSocket, inherit_shield_socket};

/// Told on the window's own thread when what was asked is done; `false` when it cannot be done.
pub type Done = Box<dyn FnOnce(bool) + Send>;

/// The agent's own window, as far as covering needs it.
///
/// Every method may be called from any thread, returns at once and does its work on the window's thread, at
/// high priority, in the order of the calls. The calls are idempotent.
pub trait Window: Send + Sync + 'static {
    /// The X id of the realized, override-redirect window; 0 where there is no X.
    fn xid(&self) -> u32;

    /// Comes up above everything, without taking the input focus. Done when the display server has it.
    fn show_covered(&self, done: Done);

    /// Takes keyboard and pointer (`gdk::Seat::grab(ALL, owner_events = true)`), tried each millisecond while another
    /// client holds them, and takes them again whenever the grab breaks, until [`Window::give_back_input`].
    /// Done with `true` once both are held, with `false` when given back before that.
    fn take_input(&self, done: Done);

    /// From now on calls `lost`, on the window's thread, whenever another client is found to have what [`Window::take_input`]
    /// took and was not given back.
    fn on_input_lost(&self, lost: Box<dyn Fn() + Send>);

    /// Lets go of keyboard and pointer and waits until the display server knows (`display.sync()`).
    fn give_back_input(&self, done: Done);

    /// Goes away. Done when the display server has it (`display.sync()`).
    fn hide_covered(&self, done: Done);

    /// Runs `then` on the window's thread after `delay`, by a timer of its main loop: what the beats are
    /// made of, so that an agent whose window hangs falls silent.
    fn after(&self, delay: Duration, then: Box<dyn FnOnce() + Send>);
}

/// Runs the closure on the event loop's own task, and returns at once. An agent whose loop hangs falls
/// silent, and the shield covers and restarts it.
pub type LoopProbe = Box<dyn Fn(Box<dyn FnOnce() + Send>) + Send + Sync>;

/// The screen of this workstation: the shield's where `shield` is given, else the agent's own window.
///
/// The window must be realized. Nothing is shown before the first [`Screen::cover`], except under a shield,
/// where the screen is covered from the start and the window comes up above that cover at once.
#[must_use]
pub fn attach(
    shield: Option<ShieldSocket>,
    window: Box<dyn Window>,
    probe: LoopProbe,
    events: EventSink,
) -> Box<dyn Screen> {
    imp::attach(shield, window, probe, events)
}
