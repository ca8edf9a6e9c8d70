//! Programs that keep the input.

use anyhow::{Result, ensure};
use x11rb::{
    NONE,
    protocol::xproto::{ConnectionExt as _, GrabMode},
};

use crate::{
    bed::rude::Rude,
    scene::{Attempt, BOTH, OPEN, Scene, row},
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
