//! Games with the moments around covering and uncovering.

use anyhow::{Result, ensure};

use super::scene::{Attempt, OPEN, Scene, row};

/// Long enough to last from before the cover until after it.
const TYPING: [&str; 4] = [
    "type",
    "--delay",
    "4",
    "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm",
];
const CLICKING: [&str; 9] = ["mousemove", "100", "480", "click", "--repeat", "60", "--delay", "5", "1"];

pub(crate) fn table() -> Vec<Attempt> {
    vec![
        row("typing while it is covered", OPEN, |scene| meanwhile(scene, &TYPING)),
        row("clicking while it is covered", OPEN, |scene| meanwhile(scene, &CLICKING)),
        row("a storm of Alt+Tab while it is covered", OPEN, |scene| {
            meanwhile(scene, &["key", "--repeat", "60", "--delay", "5", "alt+Tab"])
        }),
        row("a storm of Escape while it is covered", OPEN, |scene| {
            meanwhile(scene, &["key", "--repeat", "60", "--delay", "5", "Escape"])
        }),
        row("a key held through uncovering and covering", OPEN, |scene| {
            // The page takes this one for nothing, so that her password stays hers.
            scene.xdotool(&["keydown", "F9"])?;
            scene.uncover()?;
            scene.cover()?;
            scene.xdotool(&["keyup", "F9"])
        }),
        row("a key held while it is covered", OPEN, |scene| {
            scene.uncover()?;
            scene.xdotool(&["keydown", "m"])?;
            scene.cover()?;
            scene.xdotool(&["keyup", "m"])
        }),
        row("a button held while it is covered", OPEN, |scene| {
            scene.uncover()?;
            scene.begin_cover()?;
            scene.xdotool(&["mousemove", "100", "480", "mousedown", "2"])?;
            scene.wait_covered()?;
            scene.xdotool(&["mousemove", "120", "520", "mouseup", "2"])?;
            scene.wait_held()
        }),
        row("a window above all others as it is covered", OPEN, |scene| with_window(scene, "menu")),
        row("a window that keeps raising itself as it is covered", OPEN, |scene| {
            with_window(scene, "raising")
        }),
        row("a window for the whole screen as it is covered", OPEN, |scene| {
            with_window(scene, "state _NET_WM_STATE_FULLSCREEN")
        }),
        row("a window that keeps taking the focus as it is covered", OPEN, |scene| {
            with_window(scene, "focus")
        }),
        row("every key grabbed as it is pressed before and after", OPEN, |scene| {
            scene.uncover()?;
            scene.rude("keys")?;
            meanwhile_open(scene, &TYPING)
        }),
    ]
}

/// Covers, and another program opens its window meanwhile; before, it would have had the click on her strip.
fn with_window(scene: &mut Scene, what: &str) -> Result<()> {
    scene.uncover()?;
    scene.begin_cover()?;
    scene.rude(what)?;
    scene.wait_covered()?;
    scene.wait_held()
}

/// Uncovers, and covers while `xdotool` does this.
fn meanwhile(scene: &mut Scene, arguments: &[&str]) -> Result<()> {
    scene.uncover()?;
    meanwhile_open(scene, arguments)
}

fn meanwhile_open(scene: &mut Scene, arguments: &[&str]) -> Result<()> {
    scene.begin_cover()?;
    let mut going_on = scene.begin_xdotool(arguments)?;
    scene.wait_covered()?;
    ensure!(going_on.wait()?.success(), "xdotool failed");
    scene.wait_held()
}
