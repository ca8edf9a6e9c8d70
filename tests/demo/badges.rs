//! The second act: a tap flips the cover.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{
    app::{App, MARKER},
    badge_reader::{Card, LyingCard, wait_until_it_counts_again},
    hand::Whose,
    nurse::Nurse,
    part::wait_for,
    picture::Eye,
    ward::{Setup, Ward, short_policy},
};
use rustix::process::Signal;
use serde_json::Value;

use crate::keep::Keep;

const SOON: Duration = Duration::from_secs(10);
const HERS: &str = "04a1b2c3d4e580";
const HIS: &str = "04ffeeddccbb80";

/// Plays it.
///
/// # Errors
/// When something did not go as it must.
pub(crate) fn play(keep: &mut Keep) -> Result<()> {
    println!("Another ward opens, with a badge reader…");
    let setup =
        Setup { has_badge_reader: true, policy: short_policy("180s", "10s", "12h"), ..Setup::default() };
    let mut ward = Ward::open_kept(&keep.folder().join("ward-with-badges"), setup)?;
    let maria = ward.add_nurse("maria", "Maria O.")?;
    let jonas = ward.add_nurse("jonas", "Jonas B.")?;
    ward.admin(&["badge", "enrol", "jonas"], &format!("uid:{HIS}"))?;
    let eye = ward.eye()?;
    let _chart = App::start(ward.display())?;
    ward.start_kiosk()?;
    ward.wait_sign_in_drawn()?;
    ward.wait_log("A badge reader reads")?;
    eye.wait_still()?;
    keep.picture(&eye, "tap-your-badge", "a badge reader is there, and the screen says what a tap does")?;

    println!("Maria taps a badge that nobody has…");
    let card = tap(&ward, HERS)?;
    ward.wait_log("badge.unknown")?;
    keep.picture(&eye, "badge-unknown", "an unknown badge is offered to whoever signs in within 30 s")?;
    drop(card);
    ward.sign_in(&maria)?;
    keep.picture(&eye, "tap-once-more", "her sign-in alone makes it nobody's: she taps it once more")?;
    wait_until_it_counts_again();
    let card = tap(&ward, HERS)?;
    wait_for("her badge at the server", SOON, || {
        ward.admin(&["badge", "list"], "").ok()?.to_string().contains("\"maria\"").then_some(())
    })?;
    keep.picture(
        &eye,
        "badge-enrolled",
        "it is hers; its number is stored as a keyed hash, and shown nowhere",
    )?;
    drop(card);

    println!("…covers with it, and comes back with it.");
    wait_until_it_counts_again();
    let card = tap(&ward, HERS)?;
    ward.wait_screen("concealed", SOON)?;
    ensure!(!eye.sees(MARKER)?, "her app can be seen on a concealed screen");
    ensure!(ward.has_session_credential()?, "her session was not kept");
    eye.wait_still()?;
    keep.picture(&eye, "concealed", "her tap covers at once; her session is kept")?;
    drop(card);
    wait_until_it_counts_again();
    let card = tap(&ward, HERS)?;
    ward.wait_screen("active", SOON)?;
    keep.picture(&eye, "resumed", "her next tap resumes; that was on record before the screen uncovered")?;
    drop(card);

    println!("Jonas taps at her workstation…");
    wait_until_it_counts_again();
    let card = tap(&ward, HIS)?;
    ward.wait_screen("second_factor", SOON)?;
    ensure!(!eye.sees(MARKER)?, "he sees her screen");
    eye.wait_still()?;
    keep.picture(&eye, "tap-over", "a colleague's tap covers hers; only what is missing is asked of him")?;
    drop(card);
    prove(&ward, &eye, &jonas, &jonas.code()?)?;
    ward.wait_screen("active", SOON)?;
    keep.picture(&eye, "taken-over", "his sign-in has succeeded, and only then has hers ended")?;

    let token = ward.auditor_token("demo")?;
    let record = ward.wait_audit(&token, "her session taken over", Duration::from_secs(30), |record| {
        let text = Value::from(record.to_vec()).to_string();
        ["\"tap-over\"", "\"user-tap\"", "urn:tapward:resume-method"].iter().all(|code| text.contains(code))
    })?;
    ensure!(!Value::from(record).to_string().contains(HERS), "a badge number in the audit record");
    keep.note("covered, resumed and taken over are on record, and no badge number is", "audit endpoint");
    ward.stop_kiosk(Signal::TERM)?;
    Ok(())
}

fn tap(ward: &Ward, number: &str) -> Result<LyingCard> {
    ward.cards().context("a card service")?.put(0, Card::with_uid(number))
}

/// Password and one-time code, one after the other.
pub(crate) fn prove(ward: &Ward, eye: &Eye, nurse: &Nurse, code: &str) -> Result<()> {
    let hand = ward.hand(Whose::Person)?;
    hand.type_text(nurse.password())?;
    let asked = ward.log_mark();
    hand.press("Return")?;
    wait_for("the code asked", SOON, || {
        ward.kiosk_log().get(asked..)?.contains("The screen shows `second_factor`").then_some(())
    })?;
    eye.wait_still()?;
    eye.wait_still()?;
    hand.type_text(code)
}
