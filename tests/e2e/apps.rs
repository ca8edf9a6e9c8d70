//! Her programs, run by the real launcher under an account of their own, from her sign-in to the next person's.

use harness::{
    desktop::Button,
    launcher::Launcher,
    part::{kill, wait_for},
    ward::{Setup, short_policy},
};

use crate::bedside::{Bedside, SOON, has_code};

const OUTCOME: &str = "urn:tapward:app-outcome";

#[test]
fn what_she_typed_is_saved_as_she_leaves_and_nothing_of_it_is_left_when_she_has_signed_out() {
    let launcher = Launcher::start().unwrap();
    let bedside = Bedside::signed_in(with_editor(&launcher, &[], "60s"));
    launcher.type_into_editor("potassium 3.9").unwrap();

    press(&bedside, Button::Cover);
    bedside.ward.wait_screen("concealed", SOON).unwrap();
    wait_for("what she typed on disk", SOON, || (launcher.saved() == "potassium 3.9").then_some(())).unwrap();
    assert!(!launcher.processes().is_empty(), "it goes on under the cover");
    on_record(&bedside, "saved-at-conceal");

    bedside.ward.resume(&bedside.maria).unwrap();
    let trace = launcher.shared_folder().join("trace");
    launcher.plant(&trace).unwrap();
    press(&bedside, Button::SignOut);
    bedside.assert_ended("user-button");

    assert_eq!(launcher.processes(), Vec::<u32>::new());
    assert!(!trace.exists(), "{}", launcher.log());
    assert_eq!(launcher.saved(), "");
    on_record(&bedside, "saved-at-sign-out");
    on_record(&bedside, "closed");
}

#[test]
fn while_somebody_types_at_her_covered_screen_none_of_her_programs_runs() {
    let launcher = Launcher::start().unwrap();
    let bedside = Bedside::signed_in(with_editor(&launcher, &[], "60s"));
    launcher.type_into_editor("before").unwrap();
    press(&bedside, Button::Cover);
    bedside.ward.wait_screen("concealed", SOON).unwrap();
    wait_for("what she typed on disk", SOON, || (launcher.saved() == "before").then_some(())).unwrap();
    assert!(!launcher.are_frozen());

    // Until the agent has the input, a key goes nowhere.
    wait_for("her programs frozen", SOON, || {
        bedside.hand.press("Escape").unwrap();
        launcher.are_frozen().then_some(())
    })
    .unwrap();

    bedside.ward.resume(&bedside.maria).unwrap();
    bedside.wait_visible();
    wait_for("her programs at work", SOON, || (!launcher.are_frozen()).then_some(())).unwrap();
}

#[test]
fn an_agent_that_is_killed_leaves_no_program_of_hers_for_the_next_person() {
    let launcher = Launcher::start().unwrap();
    let bedside = Bedside::signed_in(with_editor(&launcher, &[], "60s"));
    launcher.type_into_editor("unsaved").unwrap();
    let mark = bedside.ward.log_mark();

    kill(bedside.ward.agent_pid().unwrap());
    bedside.wait_covered();
    wait_for("a sign-in again", SOON, || {
        (bedside.ward.screen_since(mark).as_deref() == Some("signed_out")).then_some(())
    })
    .unwrap();

    assert_eq!(launcher.processes(), Vec::<u32>::new(), "{}", launcher.log());
    assert!(!launcher.home().join("keys").exists());
}

#[test]
fn one_that_hangs_is_ended_at_the_limit_and_the_record_says_so() {
    let launcher = Launcher::start().unwrap();
    let bedside = Bedside::signed_in(with_editor(&launcher, &["hang"], "60s"));
    wait_for("the editor", SOON, || launcher.home().join("keys").exists().then_some(())).unwrap();

    press(&bedside, Button::SignOut);

    bedside.ward.wait_screen("signing_out", SOON).unwrap();
    bedside.ward.wait_screen("signed_out", SOON).unwrap();
    assert_eq!(launcher.processes(), Vec::<u32>::new());
    on_record(&bedside, "killed");
}

#[test]
fn without_the_launcher_nobody_signs_in_and_the_screen_says_why_until_it_is_back() {
    let mut launcher = Launcher::start().unwrap();
    let bedside = Bedside::signed_in(with_editor(&launcher, &[], "60s"));
    launcher.type_into_editor("unsaved").unwrap();

    launcher.end();
    press(&bedside, Button::SignOut);
    bedside.ward.wait_screen("fail_closed", SOON).unwrap();
    bedside.wait_covered();

    launcher.start_again().unwrap();
    bedside.ward.wait_screen("signed_out", SOON * 2).unwrap();
    assert_eq!(launcher.processes(), Vec::<u32>::new());
}

fn with_editor(launcher: &Launcher, words: &[&str], after: &str) -> Setup {
    let editor = launcher.editor().display().to_string();
    let command: Vec<String> =
        std::iter::once(editor).chain(words.iter().map(|word| (*word).to_owned())).collect();
    let policy = format!(
        "{}\n[apps]\nsave_grace = \"2s\"\nstart = [{{ id = \"editor\", command = {command:?}, contract = true }}]\n",
        short_policy(after, "8s", "12h")
    );
    let socket = launcher.socket().display().to_string();
    Setup { policy, agent_environment: vec![("TAPWARD_APPS_SOCKET".to_owned(), socket)], ..Setup::default() }
}

fn press(bedside: &Bedside, button: Button) {
    let (x, y) = bedside.ward.button(button).unwrap();
    bedside.hand.click(x, y).unwrap();
}

fn on_record(bedside: &Bedside, outcome: &str) {
    bedside
        .ward
        .wait_audit(&bedside.token, outcome, SOON, |record| {
            record.iter().any(|event| has_code(event, OUTCOME, outcome))
        })
        .unwrap();
}
