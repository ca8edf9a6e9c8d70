//! Windows of ours on a Wayland compositor: surfaces of the layer shell, because a plain window there can be neither placed
//! nor kept above others.
//!
//! Cover, warning and "My sessions" are in the overlay layer, the strip in the one below a full-screen app, as a dock is
//! on X11. Only the cover takes the keyboard.

use gtk::{gdk, prelude::*};
use gtk_layer_shell::{Edge, KeyboardMode, Layer, LayerShell as _};

/// What compositors and people's scripts know our surfaces by.
const NAMESPACE: &str = "tapward";
const EDGES: [Edge; 4] = [Edge::Left, Edge::Right, Edge::Top, Edge::Bottom];

/// Whether windows are to be surfaces of layers.
#[must_use]
pub fn is_wayland(display: &gdk::Display) -> bool {
    // Its bindings would be one more dependency for this one question.
    display.type_().name() == "GdkWaylandDisplay"
}

/// A window that is no window manager's to place: in the middle of the monitor it is told, above everything, without the
/// keyboard.
#[must_use]
pub fn card() -> gtk::Window {
    let is_on_layers = gdk::Display::default().is_some_and(|display| is_wayland(&display));
    if !is_on_layers {
        return gtk::Window::new(gtk::WindowType::Popup);
    }
    let window = gtk::Window::new(gtk::WindowType::Toplevel);
    put(&window, Layer::Overlay, KeyboardMode::None);
    window
}

/// Fills a monitor, above everything, and takes the keyboard from everybody else while it is shown.
pub fn fill_monitor(window: &gtk::ApplicationWindow) {
    put(window, Layer::Overlay, KeyboardMode::Exclusive);
    for edge in EDGES {
        window.set_anchor(edge, true);
    }
    // Over the strip's place, too.
    window.set_exclusive_zone(-1);
}

/// Along the upper edge of a monitor, whose height it takes away from the apps.
pub fn dock(window: &gtk::Window) {
    put(window, Layer::Top, KeyboardMode::None);
    for edge in [Edge::Left, Edge::Right, Edge::Top] {
        window.set_anchor(edge, true);
    }
    window.auto_exclusive_zone_enable();
}

/// Shown there from here on; an X11 window is moved instead.
pub fn put_on(window: &impl IsA<gtk::Window>, monitor: &gdk::Monitor) {
    let window = window.as_ref();
    if is_wayland(&window.display()) && window.monitor().as_ref() != Some(monitor) {
        window.set_monitor(monitor);
    }
}

fn put(window: &impl IsA<gtk::Window>, layer: Layer, keyboard: KeyboardMode) {
    let window = window.as_ref();
    window.init_layer_shell();
    window.set_namespace(NAMESPACE);
    window.set_layer(layer);
    window.set_keyboard_mode(keyboard);
}
