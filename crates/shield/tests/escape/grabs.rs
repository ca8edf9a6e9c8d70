//! Programs that keep the input.

use anyhow::{Result, ensure};
use x11rb::{
    NONE,
    protocol::xproto::{ConnectionExt as _, GrabMode},
};

use crate::{
    bed::{AGENT, SOON, rude::Rude},
    part::wait_for,
    scene::{Attempt, BOTH, ONLY_HELD, OPEN, Scene, row},
};

type Grab = fn(&Rude) -> Result<bool>;

const GRABS: [(&str, Grab); 5] = [
    ("keyboard", |rude| rude.grab_keyboard()),
    ("pointer", |rude| rude.grab_pointer()),
    ("keyboard and pointer", |rude| Ok(rude.grab_keyboard()? && rude.grab_pointer()?)),
    ("keyboard by XInput 2", |rude| rude.grab_device(3)),
    ("pointer by XInput 2", |rude| rude.grab_device(2)),
];

pub fn table() -> Vec<Attempt> {
    let mut rows = Vec::new();
    for (name, grab) in GRABS {
        rows.push(row(format!("the {name} kept by a menu"), OPEN, move |scene| {
            let rude = scene.rude()?;
            rude.pop_up(NONE, true)?;
            ensure!(grab(rude)?, "the grab was refused");
            cover_and_type(scene)
        }));
        rows.push(row(format!("the {name} taken while covered"), BOTH, move |scene| {
            ensure!(!grab(scene.rude()?)?, "the grab was granted");
            let typist = scene.typist()?;
            typist.wait_more(5)
        }));
    }
    rows.push(row("the keyboard taken again at once", OPEN, |scene| {
        let rude = scene.rude()?;
        rude.pop_up(NONE, true)?;
        ensure!(rude.grab_keyboard()?, "the grab was refused");
        let root = rude.connection_root();
        rude.keep_doing(move |conn| {
            let mode = GrabMode::ASYNC;
            let _ = conn.ungrab_keyboard(x11rb::CURRENT_TIME);
            conn.grab_keyboard(true, root, x11rb::CURRENT_TIME, mode, mode)
                .is_ok_and(|grab| grab.reply().is_ok())
        });
        cover_and_type(scene)
    }));
    rows.push(row("every key grabbed as it is pressed", OPEN, |scene| {
        scene.rude()?.grab_passively()?;
        cover_and_type(scene)
    }));
    rows.push(row("every key grabbed as it is pressed, while covered", BOTH, |scene| {
        scene.rude()?.grab_passively()?;
        let typist = scene.typist()?;
        typist.wait_more(10)
    }));
    rows.push(row("a second cursor and focus", OPEN, |scene| {
        scene.bed.xinput(&["create-master", "second"])?;
        cover_and_type(scene)
    }));
    let second = row(
        "a second cursor and focus with the keyboard, while the agent has the input",
        ONLY_HELD,
        |scene| {
            scene.bed.xinput(&["create-master", "second"])?;
            // The shield may have been quicker.
            let _ = scene.bed.xinput(&["reattach", "Xvfb keyboard", "second keyboard"]);
            wait_for("one pair of masters with the keyboard", SOON, || {
                let is_one = !scene.bed.xinput(&["list"]).ok()?.contains("second keyboard");
                (is_one && scene.bed.attached().ok()?.contains("Xvfb keyboard")).then_some(())
            })
        },
    );
    rows.push(second.with_a_keyboard());
    let taken = row("the keyboard itself taken while the agent has the input", ONLY_HELD, |scene| {
        let keyboard = scene.bed.device("Xvfb keyboard")?;
        let rude = scene.rude()?;
        rude.pop_up(NONE, true)?;
        ensure!(rude.grab_device(keyboard)?, "the grab was refused");
        wait_for("the end of the one who has it", SOON, || (!scene.rude.last()?.is_alive()).then_some(()))?;
        wait_for("the keyboard where it was", SOON, || {
            scene.bed.attached().ok()?.contains("Xvfb keyboard").then_some(())
        })
    });
    rows.push(taken.with_a_keyboard());
    rows.push(row("the agent's window taken away while the agent has the input", ONLY_HELD, |scene| {
        let window: u32 = scene.agent.ask("window", "window ")?.parse()?;
        let rude = scene.rude()?;
        rude.unmap(window)?;
        rude.grab_keyboard()?;
        // As the agent does that tries all the time.
        scene.agent.tell("grab")?;
        scene.bed.witness.wait(0, Some(AGENT), "the agent's window again")?;
        if scene.agent.hear("grabbed").is_err() {
            // It was quicker, and has the keyboard until it lets go (KNOWN-ISSUES): nobody else has, and then the agent.
            scene.rude_ends();
            scene.agent.hear("grabbed")?;
        }
        let typed = scene.agent.typed()?;
        let typist = scene.typist()?;
        typist.wait_more(10)?;
        ensure!(scene.agent.typed()? > typed, "the agent gets nothing");
        Ok(())
    }));
    rows.push(row("the X server held for a moment", BOTH, |scene| {
        let rude = scene.rude()?;
        rude.grab_server()?;
        rude.pop_up(NONE, true)?;
        rude.ungrab_server()
    }));
    rows
}

fn cover_and_type(scene: &mut Scene) -> Result<()> {
    scene.cover()?;
    let typist = scene.typist()?;
    typist.wait_more(10)
}
