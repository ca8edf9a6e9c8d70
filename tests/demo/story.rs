//! The story: from an unknown machine to a record that a stranger can read.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{
    app::{App, MARKER},
    hand::Whose,
    part::wait_for,
    ward::{Setup, Ward, short_policy},
};
use rustix::process::Signal;
use serde_json::Value;

use crate::keep::Keep;

const SOON: Duration = Duration::from_secs(10);
/// Automatic logoff in the demo; on a ward it is 15 minutes.
const LIMIT: Duration = Duration::from_secs(20);

/// Plays it.
///
/// # Errors
/// When something did not go as it must.
pub(crate) fn play(keep: &mut Keep, is_interactive: bool) -> Result<()> {
    println!("A ward opens: display, bus, keyring, notifications, server, enrolment…");
    let setup = Setup { policy: short_policy("20s", "10s", "12h"), ..Setup::default() };
    let mut ward = Ward::open_kept(&keep.folder().join("ward"), setup)?;
    keep.note("the server made its keys and its own authority", "ward/data");
    keep.note("the workstation enrolled with a one-use code", "ward/state/workstation.json");
    let maria = ward.add_nurse("maria", "Maria O.")?;
    let jonas = ward.add_nurse("jonas", "Jonas B.")?;
    let eye = ward.eye()?;
    let hand = ward.hand(Whose::Person)?;

    let chart = App::start(ward.display())?;
    ward.start_kiosk()?;
    ward.wait_sign_in_drawn()?;
    keep.picture(&eye, "signed-out", "every monitor is covered; the workstation waits for somebody")?;
    ensure!(!eye.sees(MARKER)?, "the app can be seen before anybody signed in");

    println!("Maria mistypes her password…");
    hand.type_text("maria\tnot her password\n")?;
    ward.wait_log("sign_in.refused")?;
    keep.picture(&eye, "refused", "a wrong password is refused in words that tell nothing more")?;

    println!("…and signs in.");
    // Her name still stands there, and the cursor is in the password.
    hand.type_text(maria.password())?;
    hand.press("Return")?;
    ward.wait_screen("second_factor", SOON)?;
    keep.picture(&eye, "second-factor", "name and password were right; her one-time code is asked")?;
    hand.type_text("000000")?;
    ward.wait_log("second_factor.refused")?;
    keep.picture(&eye, "code-refused", "a wrong code is refused; the tries left are said")?;
    hand.type_text(&maria.code()?)?;
    ward.wait_screen("active", SOON)?;
    ensure!(ward.has_session_credential()?, "no credential in the keychain while the session is open");
    keep.picture(
        &eye,
        "active",
        "her login was on disk first; now the workstation is hers, under a slim strip",
    )?;
    ensure!(eye.sees(MARKER)?, "her app cannot be seen");
    hand.click(640, 500)?;
    hand.type_text("charting")?;
    let typed = chart.received();
    ensure!(typed.keys.len() >= 8, "her app got {} of 8 keys", typed.keys.len());
    keep.note("her keys reach her app, and nothing typed before did", "8 keys of 8");

    println!("She stops typing; {} s without input…", LIMIT.as_secs());
    ward.wait_screen("inactivity_warning", LIMIT)?;
    keep.picture(&eye, "warning", "the warning counts down without taking the keyboard from her app")?;
    hand.type_text("1")?;
    ward.wait_screen("active", SOON)?;
    ensure!(chart.received().keys.len() > typed.keys.len(), "the key that extends did not reach her app");
    keep.note("one key extended the session, and reached her app too", "ward/kiosk.log");

    println!("…and walks away.");
    ward.wait_screen("inactivity_warning", LIMIT)?;
    ward.wait_screen("signed_out", LIMIT)?;
    ensure!(!eye.sees(MARKER)?, "her app can be seen after the automatic logoff");
    ensure!(!ward.has_session_credential()?, "her credential is still in the keychain");
    keep.picture(
        &eye,
        "logged-off",
        "nobody answered: covered, signed out, credential gone from the keychain",
    )?;
    wait_for("the end at the server", SOON, || {
        ward.sessions().ok()?.iter().all(|session| session["state"] == "ended").then_some(())
    })?;
    keep.note("the server has ended the session", "`tapward-server session list`");

    println!("The network goes while Jonas signs in…");
    ward.stop_server(Signal::TERM)?;
    ward.give_password(&hand, &jonas)?;
    ward.wait_log("A sign-in was not answered")?;
    keep.picture(&eye, "server-away", "the server is away: said in words, and tried again by itself")?;
    ward.start_server()?;
    ward.wait_screen("second_factor", Duration::from_secs(30))?;
    hand.type_text(&jonas.code()?)?;
    ward.wait_screen("active", SOON)?;
    keep.picture(&eye, "active-again", "the server came back and the same attempt went on")?;

    println!("…and the power fails under him.");
    let agent = ward.agent_pid()?;
    kill(agent)?;
    wait_for("a cover after the agent's death", SOON, || {
        eye.sees(MARKER).ok().filter(|is_visible| !is_visible).map(drop)
    })?;
    keep.picture(&eye, "agent-killed", "the agent was killed: the shield covered every monitor at once")?;
    ward.wait_screen("signed_out", Duration::from_secs(20))?;
    keep.picture(&eye, "recovered", "a usable sign-in again; what was open is ended on record")?;

    let token = ward.auditor_token("demo")?;
    let record =
        ward.wait_audit(&token, "two logins and their logouts", Duration::from_secs(30), |record| {
            moments(record, "110122", "0").len() == 2 && moments(record, "110123", "0").len() == 2
        })?;
    keep.record(&record)?;
    for event in &record {
        keep.note(&format!("  {}", told(event)), event["id"].as_str().unwrap_or_default());
    }
    if is_interactive {
        invite(&ward, &maria)?;
    }
    ward.stop_kiosk(Signal::TERM)?;
    Ok(())
}

fn kill(pid: u32) -> Result<()> {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).context("a process id")?;
    rustix::process::kill_process(pid, Signal::KILL)?;
    Ok(())
}

fn moments<'a>(record: &'a [Value], subtype: &str, outcome: &str) -> Vec<&'a Value> {
    record
        .iter()
        .filter(|event| event["subtype"][0]["code"] == subtype && event["outcome"] == outcome)
        .collect()
}

fn told(event: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!(
        "{} {} outcome {}",
        text(&event["recorded"]),
        text(&event["subtype"][0]["display"]),
        text(&event["outcome"])
    )
}

fn invite(ward: &Ward, nurse: &harness::nurse::Nurse) -> Result<()> {
    println!("\nIt is yours, on display {}.", ward.display());
    println!("  look:    import -display {} -window root picture.png", ward.display());
    println!("  name:    {}\n  password: {}", nurse.name(), nurse.password());
    println!("  a code:  printed here whenever it changes; end with Ctrl-C");
    let mut shown = String::new();
    loop {
        let code = wait_for("another code", Duration::from_secs(60), || {
            nurse.code().ok().filter(|code| *code != shown)
        })?;
        println!("  code now: {code}");
        shown = code;
    }
}
