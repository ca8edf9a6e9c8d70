//! Gestures with the mouse.

use super::scene::{ASKING, Attempt, COVERED, Scene, row};

/// Corners, edges, and what stands on the page, as shares of the first monitor in hundredths.
const PLACES: [(&str, (i16, i16)); 9] = [
    ("the middle", (50, 50)),
    ("the top left corner", (0, 0)),
    ("the top right corner", (100, 0)),
    ("the bottom left corner", (0, 100)),
    ("the bottom right corner", (100, 100)),
    ("the upper edge", (50, 0)),
    ("the lower edge", (50, 100)),
    ("the words above", (50, 12)),
    ("an empty place", (10, 60)),
];

pub(crate) fn table() -> Vec<Attempt> {
    let mut rows = Vec::new();
    for (name, place) in PLACES {
        for (button, which) in [("1", "left"), ("2", "middle"), ("3", "right")] {
            rows.push(row(format!("a {which} click on {name}"), COVERED, move |scene: &mut Scene| {
                scene.xdotool_at(place, &["click", button])
            }));
        }
    }
    let gestures: [(&str, &[&str]); 9] = [
        ("a double click", &["click", "--repeat", "2", "--delay", "10", "1"]),
        ("a triple click", &["click", "--repeat", "3", "--delay", "10", "1"]),
        ("fifty clicks", &["click", "--repeat", "50", "--delay", "1", "1"]),
        ("fifty right clicks", &["click", "--repeat", "50", "--delay", "1", "3"]),
        (
            "scrolling",
            &["click", "--repeat", "9", "--delay", "1", "5", "click", "--repeat", "9", "--delay", "1", "4"],
        ),
        ("scrolling to the side", &["click", "--repeat", "9", "--delay", "1", "6", "click", "7"]),
        ("the buttons for back and forward", &["click", "8", "click", "9"]),
        (
            "Ctrl and scrolling",
            &["keydown", "Control_L", "click", "--repeat", "5", "4", "keyup", "Control_L"],
        ),
        ("Shift and the right button", &["keydown", "Shift_L", "click", "3", "keyup", "Shift_L"]),
    ];
    rows.extend(gestures.map(|(name, gesture)| {
        row(name, COVERED, move |scene: &mut Scene| scene.xdotool_at((50, 12), gesture))
    }));
    for (name, modifier, button) in [
        ("dragging", None, "1"),
        ("dragging with the middle button", None, "2"),
        ("dragging with the right button", None, "3"),
        ("Alt and dragging", Some("Alt_L"), "1"),
        ("Alt and dragging with the right button", Some("Alt_L"), "3"),
        ("Ctrl and dragging", Some("Control_L"), "1"),
        ("Super and dragging", Some("Super_L"), "1"),
    ] {
        rows.push(row(format!("{name} across"), COVERED, move |scene: &mut Scene| {
            scene.drag(modifier, button, (10, 60), (90, 12))
        }));
    }
    rows.push(row("what was typed dragged out of its field", ASKING, |scene| {
        scene.xdotool(&["type", "--delay", "1", "mmmmmmmm"])?;
        scene.xdotool(&["key", "ctrl+a"])?;
        let caret = scene.field()?;
        scene.drag_from(caret, (10, 12))
    }));
    rows.push(row("a field marked by dragging and pasted into it", ASKING, |scene| {
        scene.xdotool(&["type", "--delay", "1", "mmmm"])?;
        let caret = scene.field()?;
        scene.drag_from(caret, (90, 60))?;
        let (x, y) = (caret.0.to_string(), caret.1.to_string());
        scene.xdotool(&["mousemove", &x, &y, "click", "2", "click", "3"])
    }));
    rows
}
