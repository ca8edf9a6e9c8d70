//! Monitors that come, go and change.

use anyhow::Result;

use super::scene::{Attempt, COVERED, Scene, row};

pub(crate) fn table() -> Vec<Attempt> {
    vec![
        row("a monitor pulled and plugged in", COVERED, |scene| plug(scene, 1)),
        row("a monitor pulled and plugged in three times", COVERED, |scene| plug(scene, 3)),
        row("the monitors exchanged", COVERED, |scene| {
            scene.xrandr(&["--output", "DUMMY0", "--pos", "800x0", "--output", "DUMMY1", "--pos", "0x0"])?;
            scene.bedside.ward.set_second_monitor(true)
        }),
        row("both monitors showing the same", COVERED, |scene| {
            scene.xrandr(&["--output", "DUMMY1", "--pos", "0x0"])?;
            scene.bedside.ward.set_second_monitor(true)
        }),
        row("the first monitor pulled", COVERED, |scene| {
            scene.xrandr(&["--output", "DUMMY0", "--off"])?;
            scene.bedside.ward.set_second_monitor(true)
        }),
        row("a larger framebuffer", COVERED, |scene| {
            scene.xrandr(&["--fb", "2560x1440"])?;
            scene.bedside.ward.set_second_monitor(true)
        }),
        row("a monitor plugged in under a window that keeps raising itself", COVERED, |scene| {
            scene.rude("raising")?;
            plug(scene, 1)
        }),
    ]
}

fn plug(scene: &Scene, times: usize) -> Result<()> {
    for _ in 0..times {
        scene.bedside.ward.set_second_monitor(false)?;
        scene.bedside.ward.set_second_monitor(true)?;
    }
    Ok(())
}
