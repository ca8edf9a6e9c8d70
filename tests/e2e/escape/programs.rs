//! Windows of other programs that want to be seen, and programs that keep the input.

use anyhow::{Result, ensure};

use harness::part::wait_for;

use super::scene::{ASKING, Attempt, COVERED, OPEN, Scene, row};
use crate::bedside::SOON;

const WINDOWS: [(&str, &str); 19] = [
    ("an ordinary window", "window"),
    ("a window above all others", "menu"),
    ("a hundred windows", "menus"),
    ("a window that keeps raising itself", "raising"),
    ("a window that blinks", "blinking"),
    ("a window that keeps taking the focus", "focus"),
    ("the focus on nothing", "nobody"),
    ("a dock", "type _NET_WM_WINDOW_TYPE_DOCK"),
    ("a notification", "type _NET_WM_WINDOW_TYPE_NOTIFICATION"),
    ("a splash screen", "type _NET_WM_WINDOW_TYPE_SPLASH"),
    ("a window for the whole screen", "state _NET_WM_STATE_FULLSCREEN"),
    ("a window that is to be above", "state _NET_WM_STATE_ABOVE"),
    ("the windows turned over", "circulate"),
    ("a screen saver", "saver"),
    ("the X server held for a moment", "server"),
    ("the overlay shaped away", "overlay shaped"),
    ("the overlay unmapped", "overlay unmapped"),
    ("the overlay lowered", "overlay lowered"),
    ("the overlay moved", "overlay moved"),
];

/// Who keeps which device.
const KEEPERS: [(&str, &str); 6] = [
    ("the keyboard", "keep keyboard"),
    ("the pointer", "keep pointer"),
    ("both", "keep both"),
    ("the keyboard by XInput 2", "keep keyboard-xi"),
    ("the pointer by XInput 2", "keep pointer-xi"),
    ("the keyboard again and again", "keep again"),
];

pub(crate) fn table() -> Vec<Attempt> {
    let mut rows: Vec<Attempt> = WINDOWS
        .into_iter()
        .map(|(name, what)| {
            row(name, COVERED, move |scene: &mut Scene| scene.rude(what).and_then(|_| type_on(scene)))
        })
        .collect();
    for (name, what) in KEEPERS {
        let is_refused = what != "keep again";
        rows.push(row(format!("{name} taken while covered"), COVERED, move |scene: &mut Scene| {
            let is_granted = scene.rude(what)?;
            ensure!(!(is_refused && is_granted), "the grab was granted");
            type_on(scene)
        }));
        rows.push(row(format!("{name} kept by a menu as it is covered"), OPEN, move |scene: &mut Scene| {
            scene.uncover()?;
            // Who has the pointer has the click on her strip.
            if what.contains("keyboard") {
                ensure!(scene.rude(what)?, "the grab was refused");
                scene.begin_cover()?;
            } else {
                scene.begin_cover()?;
                scene.rude(what)?;
            }
            scene.wait_covered()?;
            scene.wait_held()?;
            type_on(scene)
        }));
    }
    for command in ["windowraise", "windowactivate", "windowfocus", "windowmap", "windowsize"] {
        rows.push(row(format!("xdotool {command}"), COVERED, move |scene: &mut Scene| {
            let window = scene.bedside.chart.window().to_string();
            let more: &[&str] = if command == "windowsize" { &["2000", "2000"] } else { &[] };
            scene.xdotool(&[&[command, &window], more].concat())
        }));
    }
    rows.push(row("the keyboard taken once the overlay was unmapped", COVERED, |scene| {
        scene.rude("overlay unmapped")?;
        // Whoever is there in the same moment may have it once.
        wait_for("the input held again", SOON, || {
            let is_granted = scene.rude("keep keyboard").ok()?;
            scene.end_rude();
            (!is_granted).then_some(())
        })?;
        type_on(scene)
    }));
    rows.push(row("the keyboard kept by whoever unmapped the overlay", ASKING, |scene| {
        ensure!(scene.rude("usurp")?, "the grab was refused");
        scene.wait_page_has_input()?;
        type_on(scene)
    }));
    rows.push(row("every button grabbed as it is pressed", COVERED, |scene| {
        scene.rude("buttons")?;
        type_on(scene)
    }));
    rows.push(row("every key grabbed as it is pressed", COVERED, |scene| {
        scene.rude("keys")?;
        type_on(scene)
    }));
    rows
}

/// Somebody types and clicks meanwhile.
fn type_on(scene: &Scene) -> Result<()> {
    scene.xdotool(&["type", "--delay", "1", "mmm"])?;
    scene.xdotool_at((10, 60), &["click", "1"])
}
