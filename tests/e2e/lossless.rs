//! Whoever is signed out by force loses no character of what she typed into an app that saves.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;

use harness::{
    desktop::Button,
    launcher::Launcher,
    part::wait_for,
    ward::{Setup, short_policy},
};

use crate::{
    badges::prove,
    bedside::{Bedside, SOON},
};

#[test]
fn hand_over_and_other_forced_logoffs_lose_no_character() {
    let launcher = Launcher::start().unwrap();
    let bedside = Bedside::open(setup(&launcher));
    bedside.ward.wait_log("badge reader reads").unwrap();
    let saved = launcher.share().join("saved");
    let rounds = if std::env::var_os("TAPWARD_SOAK").is_some() { 200 } else { 4 };

    for round in 0..rounds {
        let _ = fs::remove_file(&saved);
        let nurse = bedside.ward.add_nurse(&format!("nurse{round}"), "Maria O.").unwrap();
        bedside.ward.sign_in(&nurse).unwrap();
        bedside.wait_visible();
        let text: String =
            (0..=round * 131 % 997).map(|at| char::from(b'a' + u8::try_from(at % 26).unwrap())).collect();
        let (first, last) = text.split_at(text.len() / 2);
        let mut keys = keys_of_editor(&launcher);
        type_text(&mut keys, first);

        match round % 4 {
            0 => {
                type_text(&mut keys, last);
                press(&bedside, Button::SignOut);
            }
            1 => {
                // Saved once as the warning begins, and again at the end.
                bedside.ward.wait_screen("inactivity_warning", SOON).unwrap();
                type_text(&mut keys, last);
            }
            2 => {
                type_text(&mut keys, last);
                // Another colleague each time: none has a grace by which a tap is enough, or a code that was used.
                let (john, his) = (format!("john{round}"), format!("04{round:08x}bb80"));
                let john = bedside.ward.add_nurse(&john, "John B.").unwrap();
                bedside.ward.admin(&["badge", "enrol", john.name()], &format!("uid:{his}")).unwrap();
                let card = bedside.tap(&his);
                bedside.ward.wait_screen("second_factor", SOON).unwrap();
                drop(card);
                prove(&bedside, &john);
                bedside.ward.wait_screen("active", SOON).unwrap();
                // His own has nothing to save yet.
                assert_eq!(fs::read_to_string(&saved).unwrap(), text, "round {round}");
                press(&bedside, Button::SignOut);
                bedside.ward.wait_screen("signed_out", SOON).unwrap();
                continue;
            }
            _ => {
                type_text(&mut keys, last);
                bedside.ward.end_all_sessions().unwrap();
            }
        }
        bedside.ward.wait_screen("signed_out", SOON).unwrap();
        assert_eq!(fs::read_to_string(&saved).unwrap(), text, "round {round}");
        assert_eq!(launcher.processes(), Vec::<u32>::new());
    }
}

fn setup(launcher: &Launcher) -> Setup {
    let command = [launcher.editor(), "to".into(), launcher.share()].map(|word| word.display().to_string());
    let policy = format!(
        "{}\n[apps]\nsave_grace = \"5s\"\nstart = [{{ id = \"editor\", command = {command:?}, contract = true }}]\n",
        short_policy("14s", "6s", "12h")
    );
    let socket = launcher.socket().display().to_string();
    Setup {
        policy,
        has_badge_reader: true,
        agent_environment: vec![("TAPWARD_APPS_SOCKET".to_owned(), socket)],
        ..Setup::default()
    }
}

/// Kept open, so that what is typed before the editor listens is in it all the same.
fn keys_of_editor(launcher: &Launcher) -> File {
    let keys = launcher.home().join("keys");
    wait_for("the editor", SOON, || keys.exists().then_some(())).unwrap();
    // For both, so that it waits for no reader.
    OpenOptions::new().read(true).write(true).open(keys).unwrap()
}

/// A few keys at a time, as they come.
fn type_text(keys: &mut File, text: &str) {
    for part in text.as_bytes().chunks(7) {
        keys.write_all(part).unwrap();
    }
}

fn press(bedside: &Bedside, button: Button) {
    let (x, y) = bedside.ward.button(button).unwrap();
    bedside.hand.click(x, y).unwrap();
}
