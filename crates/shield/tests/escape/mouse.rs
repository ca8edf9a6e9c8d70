//! Gestures with the mouse.

use crate::scene::{Attempt, BOTH, row};

pub fn table() -> Vec<Attempt> {
    let gestures: [(&str, &[&str]); 16] = [
        ("a left click", &["mousemove", "500", "500", "click", "1"]),
        ("a middle click", &["mousemove", "500", "500", "click", "2"]),
        ("a right click", &["mousemove", "500", "500", "click", "3"]),
        ("a double click", &["mousemove", "500", "500", "click", "--repeat", "2", "1"]),
        ("fifty clicks", &["mousemove", "500", "500", "click", "--repeat", "50", "--delay", "1", "1"]),
        ("scrolling up", &["mousemove", "500", "500", "click", "--repeat", "9", "--delay", "1", "4"]),
        ("scrolling down", &["mousemove", "500", "500", "click", "--repeat", "9", "--delay", "1", "5"]),
        ("the button for back", &["mousemove", "500", "500", "click", "8"]),
        ("the top left corner", &["mousemove", "0", "0", "click", "1"]),
        ("the bottom right corner", &["mousemove", "9999", "9999", "click", "1"]),
        ("a click at the lower edge", &["mousemove", "500", "767", "click", "1"]),
        (
            "dragging across",
            &["mousemove", "10", "10", "mousedown", "1", "mousemove", "900", "700", "mouseup", "1"],
        ),
        (
            "Alt and dragging",
            &[
                "keydown",
                "Alt_L",
                "mousemove",
                "500",
                "500",
                "mousedown",
                "1",
                "mousemove",
                "100",
                "100",
                "mouseup",
                "1",
                "keyup",
                "Alt_L",
            ],
        ),
        (
            "Alt and the right button",
            &[
                "keydown",
                "Alt_L",
                "mousemove",
                "500",
                "500",
                "mousedown",
                "3",
                "mousemove",
                "700",
                "600",
                "mouseup",
                "3",
                "keyup",
                "Alt_L",
            ],
        ),
        ("Ctrl and scrolling", &["keydown", "Control_L", "click", "4", "click", "5", "keyup", "Control_L"]),
        ("where the second monitor is", &["mousemove", "1400", "500", "click", "1", "click", "3"]),
    ];
    gestures.into_iter().map(|(name, gesture)| row(name, BOTH, move |scene| scene.xdotool(gesture))).collect()
}
