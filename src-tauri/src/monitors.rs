//! The monitors, as GDK knows them.

use gtk::{gdk, prelude::*};

use crate::geometry::Rect;

/// Every monitor, the primary one first.
#[must_use]
pub fn list(display: &gdk::Display) -> Vec<gdk::Monitor> {
    let mut monitors: Vec<gdk::Monitor> =
        (0..display.n_monitors()).filter_map(|index| display.monitor(index)).collect();
    // A stable sort: without a primary one the order of the display server stays.
    monitors.sort_by_key(|monitor| !monitor.is_primary());
    monitors
}

/// Where each of them is.
#[must_use]
pub fn all(display: &gdk::Display) -> Vec<Rect> {
    list(display).iter().map(|monitor| Rect::from(monitor.geometry())).collect()
}

/// The primary monitor, else the first; the X screen's size is unknown without any.
#[must_use]
pub fn primary(display: &gdk::Display) -> Rect {
    const SMALLEST: Rect = Rect { x: 0, y: 0, width: 1024, height: 768 };
    all(display).first().copied().unwrap_or(SMALLEST)
}

impl From<gdk::Rectangle> for Rect {
    fn from(rectangle: gdk::Rectangle) -> Self {
        Self { x: rectangle.x(), y: rectangle.y(), width: rectangle.width(), height: rectangle.height() }
    }
}
