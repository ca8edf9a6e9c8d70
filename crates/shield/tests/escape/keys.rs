//! Key combinations, pressed as `xdotool` presses them.

use anyhow::Result;

use crate::scene::{Attempt, BOTH, Scene, row};

/// What desktops, window managers, browsers and the X server itself listen to.
const COMBINATIONS: [&str; 52] = [
    "alt+Tab",
    "alt+shift+Tab",
    "alt+Escape",
    "alt+F1",
    "alt+F2",
    "alt+F3",
    "alt+F4",
    "alt+F5",
    "alt+F7",
    "alt+F8",
    "alt+F9",
    "alt+F10",
    "alt+F11",
    "alt+space",
    "ctrl+Escape",
    "ctrl+F4",
    "ctrl+w",
    "ctrl+q",
    "ctrl+n",
    "ctrl+t",
    "ctrl+p",
    "ctrl+o",
    "ctrl+s",
    "ctrl+u",
    "ctrl+shift+i",
    "ctrl+shift+Escape",
    "ctrl+alt+t",
    "ctrl+alt+l",
    "ctrl+alt+Delete",
    "ctrl+alt+BackSpace",
    "ctrl+alt+F1",
    "ctrl+alt+F2",
    "ctrl+alt+F7",
    "ctrl+alt+Right",
    "ctrl+alt+Down",
    // These once broke grabs by a word of the X server itself.
    "ctrl+alt+KP_Multiply",
    "ctrl+alt+KP_Divide",
    "XF86Ungrab",
    "XF86ClearGrab",
    "super",
    "super+t",
    "super+d",
    "super+e",
    "super+r",
    "super+l",
    "super+Tab",
    "Menu",
    "shift+F10",
    "F11",
    "Print",
    "alt+Print",
    "XF86Switch_VT_2",
];

pub fn table() -> Vec<Attempt> {
    let mut rows: Vec<Attempt> = COMBINATIONS
        .into_iter()
        .map(|keys| row(keys, BOTH, move |scene: &mut Scene| scene.xdotool(&["key", keys])))
        .collect();
    rows.push(row("a whole text", BOTH, |scene| scene.xdotool(&["type", "--delay", "1", "let me in\n"])));
    rows.push(row("a key that stays down", BOTH, |scene| -> Result<()> {
        scene.xdotool(&["keydown", "Alt_L", "key", "Tab", "key", "Tab"])?;
        scene.xdotool(&["keyup", "Alt_L"])
    }));
    rows.push(row("five times Shift", BOTH, |scene| {
        scene.xdotool(&["key", "shift", "shift", "shift", "shift", "shift"])
    }));
    rows
}
