//! Games with the moments around covering and uncovering.

use std::time::Instant;

use x11rb::NONE;

use crate::scene::{Attempt, BOTH, ONLY_COVERED, OPEN, row};

pub fn table() -> Vec<Attempt> {
    vec![
        row("typing while it is covered", OPEN, |scene| {
            let typist = scene.typist()?;
            scene.cover()?;
            typist.wait_more(10)
        }),
        row("typing through ten openings", OPEN, |scene| {
            let typist = scene.typist()?;
            for _ in 0..10 {
                scene.cover()?;
                typist.wait_more(3)?;
                scene.uncover()?;
            }
            scene.cover()?;
            typist.wait_more(5)
        }),
        row("clicking while it is covered", OPEN, |scene| {
            let display = scene.bed.x.display().to_owned();
            let clicks = std::thread::spawn(move || {
                let click = ["mousemove", "500", "500", "click", "--repeat", "40", "--delay", "5", "1"];
                std::process::Command::new("xdotool").env("DISPLAY", display).args(click).output()
            });
            scene.cover()?;
            drop(clicks.join().unwrap()?);
            Ok(())
        }),
        row("a window mapped in the gap", OPEN, |scene| {
            let rude = scene.bed.rude()?;
            scene.begin_cover()?;
            rude.pop_up(NONE, true)?;
            scene.rude.push(rude);
            scene.wait_covered()
        }),
        row("a window that keeps raising itself before and after", OPEN, |scene| {
            let rude = scene.rude()?;
            let window = rude.pop_up(NONE, true)?;
            rude.keep_raising(window);
            scene.cover()?;
            scene.bed.witness.since(Instant::now()).map(drop)
        }),
        row("the focus taken in the gap", OPEN, |scene| {
            let typist = scene.typist()?;
            scene.begin_cover()?;
            let window = scene.bed.victim.window;
            scene.bed.victim.focus(window)?;
            scene.wait_covered()?;
            typist.wait_more(10)
        }),
        row("a full-screen app", OPEN, |scene| {
            scene.rude()?.pop_up_with(NONE, false, |conn, window| {
                use x11rb::{
                    protocol::xproto::{AtomEnum, ConnectionExt as _, PropMode},
                    wrapper::ConnectionExt as _,
                };
                let state = conn.intern_atom(false, b"_NET_WM_STATE")?.reply()?.atom;
                let full = conn.intern_atom(false, b"_NET_WM_STATE_FULLSCREEN")?.reply()?.atom;
                conn.change_property32(PropMode::REPLACE, window, state, AtomEnum::ATOM, &[full])?;
                Ok(())
            })?;
            scene.cover()
        }),
        row("a key held down while it is covered", OPEN, |scene| {
            scene.xdotool(&["keydown", "a"])?;
            scene.cover()?;
            scene.xdotool(&["keyup", "a"])
        }),
        row("a button held down while it is covered", OPEN, |scene| {
            scene.xdotool(&["mousemove", "500", "500", "mousedown", "1"])?;
            scene.begin_cover()?;
            scene.wait_black()?;
            scene.xdotool(&["mousemove", "100", "100", "mouseup", "1"])?;
            scene.wait_covered()
        }),
        row("typing while the input changes hands", BOTH, |scene| {
            let typist = scene.typist()?;
            typist.wait_more(20)
        }),
        row("a lease that nobody renews", ONLY_COVERED, |scene| scene.uncover_for_a_lease(300)),
    ]
}
