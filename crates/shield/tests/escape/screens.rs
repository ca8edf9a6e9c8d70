//! Monitors that come, go and change.

use anyhow::Result;

use crate::{
    bed::BLACK,
    scene::{Attempt, BOTH, OPEN, Scene, row},
};

pub fn table() -> Vec<Attempt> {
    let two = Attempt::with_two;
    vec![
        two(row("a monitor pulled and plugged in", BOTH, |scene| plug(scene, 1))),
        two(row("a monitor plugged in five times", BOTH, |scene| plug(scene, 5))),
        two(row("a monitor pulled before, plugged in after", OPEN, |scene| {
            scene.bed.x.set_second_monitor(false)?;
            scene.begin_cover()?;
            scene.bed.x.set_second_monitor(true)?;
            scene.wait_covered()
        })),
        two(row("a monitor plugged in while it is covered", OPEN, |scene| {
            scene.bed.x.set_second_monitor(false)?;
            let display = scene.bed.x.display().to_owned();
            let plug = std::thread::spawn(move || {
                std::process::Command::new("xrandr")
                    .args(["-d", &display, "--output", "DUMMY1"])
                    .args(["--mode", "800x600", "--pos", "1024x0"])
                    .output()
            });
            scene.begin_cover()?;
            drop(plug.join().unwrap()?);
            scene.wait_covered()
        })),
        two(row("the monitors exchanged", BOTH, |scene| {
            scene.xrandr(&["--output", "DUMMY0", "--pos", "800x0", "--output", "DUMMY1", "--pos", "0x0"])?;
            scene.bed.x.set_second_monitor(true)
        })),
        two(row("both monitors showing the same", BOTH, |scene| {
            scene.xrandr(&["--output", "DUMMY1", "--pos", "0x0"])?;
            scene.bed.x.set_second_monitor(true)
        })),
        row("a smaller mode and back", BOTH, |scene| {
            scene.xrandr(&["--size", "800x600"])?;
            scene.xrandr(&["--size", "1024x768"])?;
            if scene.bed.witness.points() > 1 { scene.bed.x.set_second_monitor(true) } else { Ok(()) }
        }),
        two(row("a larger framebuffer", BOTH, |scene| {
            scene.xrandr(&["--fb", "2560x1440"])?;
            scene.bed.x.set_second_monitor(true)
        })),
    ]
}

fn plug(scene: &mut Scene, times: usize) -> Result<()> {
    for _ in 0..times {
        scene.bed.x.set_second_monitor(false)?;
        scene.bed.x.set_second_monitor(true)?;
        scene.bed.witness.wait(1, Some(BLACK), "the cover on the new monitor")?;
    }
    Ok(())
}
