//! A forced sign-out loses no character of an app that saves, and one that hangs is killed and said to be.

use std::{fs, fs::OpenOptions, io::Write};

use launch_contract::{Answer, App, CloseOutcome, SaveOutcome, SaveWhy, Verb};

use crate::ward::{Ward, eventually};

/// `cargo xtask soak` sets it.
const SOAK: &str = "TAPWARD_SOAK";

fn rounds() -> u32 {
    if std::env::var_os(SOAK).is_some() { 200 } else { 20 }
}

/// Types into an editor, signs out, and tells what was typed and what was saved.
fn forced_logoff(ward: &mut Ward, editor: App, typed: &str) -> (Vec<Answer>, String) {
    ward.started(vec![editor]);
    let keys = ward.home().join("keys");
    eventually("the editor is there", || keys.exists());
    // For both, so that it waits for no reader: what was typed before the editor listens is in it all the same.
    let mut keys = OpenOptions::new().read(true).write(true).open(keys).unwrap();
    for part in typed.as_bytes().chunks(7) {
        keys.write_all(part).unwrap();
    }
    let answers = ward.save(SaveWhy::SignOut, 15_000);
    let closed = ward.close(5_000);
    let saved = fs::read_to_string(ward.home().join("saved")).unwrap_or_default();
    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);
    (answers.into_iter().chain(closed).collect(), saved)
}

#[test]
fn forced_logoffs_lose_no_character() {
    let mut ward = Ward::ready(&[]);
    let (mut typed, mut lost) = (0, 0);
    for round in 0..rounds() {
        let text: String =
            (0..=round * 13 % 400).map(|at| char::from(b'a' + u8::try_from(at % 26).unwrap())).collect();
        let editor = ward.editor("editor", round % 2 == 0, round % 2 == 1);

        let (answers, saved) = forced_logoff(&mut ward, editor, &text);

        typed += text.len();
        lost += text.len() - saved.len();
        assert_eq!(saved, text, "round {round}");
        let app = || "editor".parse().unwrap();
        assert!(
            answers.contains(&Answer::AppSaved { app: app(), outcome: SaveOutcome::Saved }),
            "{answers:?}"
        );
        assert!(
            answers.contains(&Answer::AppClosed { app: app(), outcome: CloseOutcome::Closed }),
            "{answers:?}"
        );
    }
    assert!(typed > 0);
    assert_eq!(lost, 0);
}

#[test]
fn an_editor_that_hangs_is_killed_at_the_limit_and_said_to_be() {
    for (save, contract) in [(true, false), (false, true)] {
        let mut ward = Ward::ready(&[]);
        let mut editor = ward.editor("editor", save, contract);
        editor.argv = vec![editor.argv.program().to_owned(), "hang".to_owned()].try_into().unwrap();
        ward.started(vec![editor]);
        eventually("the editor is there", || ward.home().join("keys").exists());

        let saved = ward.save(SaveWhy::SignOut, 300);
        let closed = ward.close(300);

        let app = || "editor".parse().unwrap();
        assert!(
            saved.contains(&Answer::AppSaved { app: app(), outcome: SaveOutcome::NoAnswer }),
            "{saved:?}"
        );
        assert_eq!(
            closed,
            [Answer::AppClosed { app: app(), outcome: CloseOutcome::Killed }, Answer::Done { left: 0 }]
        );
    }
}

/// The app that `docs/APPS.md` shows, saving to this directory.
fn documented(share: &str) -> String {
    let page = include_str!("../../../../docs/APPS.md");
    let app = page.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    app.replace("/srv/notes", share)
}

#[test]
fn the_app_that_the_documentation_shows_saves_and_closes_as_it_says() {
    assert!(std::path::Path::new("/usr/bin/python3").exists(), "NOT RUN: no python3 here");
    let mut ward = Ward::ready(&[]);
    let (share, program) = (ward.path("share"), ward.path("notes.py"));
    fs::create_dir(&share).unwrap();
    std::os::unix::fs::chown(&share, Some(ward.uid), Some(ward.uid)).unwrap();
    fs::write(&program, documented(share.to_str().unwrap())).unwrap();
    fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let notes = App {
        id: "notes".parse().unwrap(),
        argv: vec![program.to_str().unwrap().to_owned()].try_into().unwrap(),
        save: None,
        contract: true,
    };
    ward.started(vec![notes]);

    let saved = ward.save(SaveWhy::Conceal, 15_000);
    let closed = ward.close(15_000);

    let app = || "notes".parse().unwrap();
    assert!(saved.contains(&Answer::AppSaved { app: app(), outcome: SaveOutcome::Saved }), "{saved:?}");
    assert_eq!(
        closed,
        [Answer::AppClosed { app: app(), outcome: CloseOutcome::Closed }, Answer::Done { left: 0 }]
    );
    assert!(share.join("notes.txt").exists());
}
