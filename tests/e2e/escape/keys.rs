//! Key combinations, pressed as `xdotool` presses them.

use super::scene::{ASKING, Attempt, COVERED, row};

/// What browsers, desktops, window managers and the X server itself listen to.
const COMBINATIONS: [&str; 98] = [
    // A browser: print, zoom, its tools, files, tabs, the way back.
    "ctrl+p",
    "ctrl+plus",
    "ctrl+equal",
    "ctrl+minus",
    "ctrl+0",
    "ctrl+KP_Add",
    "ctrl+KP_Subtract",
    "ctrl+shift+i",
    "ctrl+shift+j",
    "ctrl+shift+c",
    "ctrl+shift+k",
    "F12",
    "ctrl+u",
    "ctrl+o",
    "ctrl+s",
    "ctrl+n",
    "ctrl+shift+n",
    "ctrl+t",
    "ctrl+shift+t",
    "ctrl+w",
    "ctrl+shift+w",
    "ctrl+q",
    "ctrl+shift+q",
    "ctrl+r",
    "ctrl+shift+r",
    "ctrl+F5",
    "F5",
    "ctrl+f",
    "ctrl+g",
    "F3",
    "ctrl+l",
    "ctrl+k",
    "ctrl+e",
    "ctrl+d",
    "ctrl+h",
    "ctrl+j",
    "ctrl+b",
    "ctrl+1",
    "ctrl+9",
    "ctrl+Tab",
    "ctrl+shift+Tab",
    "ctrl+Prior",
    "ctrl+Next",
    "alt+Left",
    "alt+Right",
    "alt+Home",
    "alt+d",
    "F1",
    "F6",
    "F7",
    "F10",
    "F11",
    "XF86Back",
    "XF86Forward",
    "XF86Reload",
    "XF86HomePage",
    "XF86WWW",
    "XF86Search",
    // The tools of GTK itself.
    "ctrl+shift+d",
    "ctrl+shift+u",
    "ctrl+period",
    "ctrl+semicolon",
    // Menus.
    "Menu",
    "shift+F10",
    "alt+space",
    "alt+f",
    "F2",
    // Desktops and window managers.
    "alt+Tab",
    "alt+shift+Tab",
    "alt+Escape",
    "alt+F1",
    "alt+F2",
    "alt+F4",
    "alt+F7",
    "alt+F8",
    "alt+F10",
    "ctrl+Escape",
    "ctrl+shift+Escape",
    "ctrl+F4",
    "ctrl+alt+t",
    "ctrl+alt+l",
    "ctrl+alt+Right",
    "super",
    "super+t",
    "super+d",
    "super+e",
    "super+r",
    "super+l",
    "super+Tab",
    "Print",
    "alt+Print",
    // The X server and the machine.
    "ctrl+alt+Delete",
    "ctrl+alt+BackSpace",
    "ctrl+alt+F1",
    "ctrl+alt+F12",
    "ctrl+alt+KP_Multiply",
    "ctrl+alt+KP_Divide",
    "XF86ClearGrab",
];

pub(crate) fn table() -> Vec<Attempt> {
    let mut rows: Vec<Attempt> = COMBINATIONS
        .into_iter()
        .map(|keys| row(keys, COVERED, move |scene| scene.xdotool(&["key", keys])))
        .collect();
    for keys in ["ctrl+p", "ctrl+plus", "ctrl+shift+i", "ctrl+a", "ctrl+z", "ctrl+shift+z", "ctrl+y", "Menu"]
    {
        rows.push(row(format!("{keys} in a field"), ASKING, move |scene| {
            scene.xdotool(&["type", "--delay", "1", "mm"])?;
            scene.xdotool(&["key", keys])
        }));
    }
    let sequences: [(&str, &[&str]); 8] = [
        ("a storm of Escape", &["key", "--repeat", "40", "--delay", "1", "Escape"]),
        ("a storm of Tab", &["key", "--repeat", "40", "--delay", "1", "Tab"]),
        ("a storm of Shift and Tab", &["key", "--repeat", "40", "--delay", "1", "shift+Tab"]),
        ("a storm of F5", &["key", "--repeat", "20", "--delay", "1", "F5"]),
        ("five times Shift", &["key", "shift", "shift", "shift", "shift", "shift"]),
        ("Caps Lock on and off", &["key", "Caps_Lock", "a", "Caps_Lock"]),
        ("Alt that stays down", &["keydown", "Alt_L", "key", "Tab", "key", "Tab", "keyup", "Alt_L"]),
        (
            "a letter by its number",
            &[
                "keydown",
                "Control_L",
                "keydown",
                "Shift_L",
                "key",
                "u",
                "keyup",
                "Shift_L",
                "keyup",
                "Control_L",
                "key",
                "4",
                "1",
                "Escape",
            ],
        ),
    ];
    rows.extend(sequences.map(|(name, keys)| row(name, COVERED, move |scene| scene.xdotool(keys))));
    rows
}
