//! The third act: two workstations of one nurse, a grace period that ends, and a badge that was lost.

use std::time::Duration;

use anyhow::{Context, Result};
use harness::{
    app::App,
    badge_reader::{Card, LyingCard},
    desktop::Button,
    hand::Whose,
    nurse::Nurse,
    picture::Eye,
    ward::{Setup, Ward, short_policy},
};
use rustix::process::Signal;

use crate::{badges::prove, keep::Keep};

const SOON: Duration = Duration::from_secs(10);
const HERS: &str = "04a1b2c3d4e580";

/// Plays it.
///
/// # Errors
/// When something did not go as it must.
pub(crate) fn play(keep: &mut Keep) -> Result<()> {
    println!("Another ward opens, with two workstations…");
    let mut ward = Ward::open_kept(&keep.folder().join("ward-with-two-workstations"), setup())?;
    let maria = ward.add_nurse("maria", "Maria O.")?;
    ward.admin(&["badge", "enrol", "maria"], &format!("uid:{HERS}"))?;
    let ana = ward.add_nurse("ana", "Ana R.")?;
    ward.admin(&["badge", "enrol", "ana"], "uid:04ffeeddccbb80")?;
    let mut beside = ward.open_beside("WS-08", setup())?;
    let eye = beside.eye()?;
    let _chart = App::start(beside.display())?;
    ward.start_kiosk()?;
    beside.start_kiosk()?;
    ward.wait_sign_in_drawn()?;
    beside.wait_log("badge reader reads")?;
    ward.sign_in(&maria)?;
    ward.wait_screen("active", SOON)?;
    let card = tap(&beside)?;
    beside.wait_screen("active", SOON)?;
    drop(card);
    ward.wait_screen("concealed", SOON)?;

    println!("Maria looks where else she is signed in…");
    click(&beside, &eye, Button::MySessions)?;
    eye.wait_still()?;
    keep.picture(&eye, "my-sessions", "\"My sessions\" tells where else she is signed in")?;
    click(&beside, &eye, Button::SignOutThere)?;
    ward.wait_screen("signed_out", SOON)?;
    let token = ward.auditor_token("besides")?;
    ward.wait_audit(&token, "ended from elsewhere", Duration::from_secs(30), |record| {
        record.iter().any(|event| event.to_string().contains("\"user-elsewhere\""))
    })?;
    keep.note("her other session ended at once, with its cause on record", "audit endpoint");
    eye.wait_still()?;
    keep.picture(&eye, "my-sessions-none", "and is gone from the list")?;
    click(&beside, &eye, Button::CloseMySessions)?;

    println!("…renews what her tap may do…");
    click(&beside, &eye, Button::Renew)?;
    beside.wait_screen("concealed", SOON)?;
    eye.wait_still()?;
    keep.picture(&eye, "renewing", "\"Renew\" asks for her password and a code; her session is kept")?;
    // The one that signed her in is spent.
    prove(&beside, &eye, &maria, &maria.next_code()?)?;
    beside.wait_screen("active", SOON)?;
    keep.note("she has proved herself anew, and her session goes on", "kiosk's log");

    println!("…and signs out. Ana, who has lost her badge, says so.");
    click(&beside, &eye, Button::SignOut)?;
    beside.wait_screen("signed_out", SOON)?;
    report_loss(&beside, &eye, &ana, keep)?;
    beside.stop_kiosk(Signal::TERM)?;
    ward.stop_kiosk(Signal::TERM)?;
    Ok(())
}

/// By keyboard alone.
fn report_loss(ward: &Ward, eye: &Eye, ana: &Nurse, keep: &mut Keep) -> Result<()> {
    let hand = ward.hand(Whose::Person)?;
    eye.wait_still()?;
    // Name, password, its eye, "Sign in", and what to do without a badge.
    for _ in 0..5 {
        hand.press("Tab")?;
    }
    hand.press("Return")?;
    eye.wait_still()?;
    keep.picture(eye, "without-a-badge", "what to do without badge or phone")?;
    hand.press("Tab")?;
    hand.press("Return")?;
    eye.wait_still()?;
    hand.press("Tab")?;
    hand.type_text(ana.name())?;
    hand.press("Tab")?;
    eye.wait_still()?;
    keep.picture(eye, "lost-badge", "\"I lost my badge\", at any covered screen")?;
    prove(ward, eye, ana, &ana.code()?)?;
    ward.wait_screen("signed_out", SOON)?;
    eye.wait_still()?;
    keep.picture(eye, "badge-revoked", "proved by password and code, and her badge opens nothing any more")
}

fn setup() -> Setup {
    let policy = short_policy("180s", "10s", "12h");
    let policy = format!("{policy}\n[grace.period]\nuid = \"20min\"\n");
    Setup { has_badge_reader: true, policy, ..Setup::default() }
}

fn tap(ward: &Ward) -> Result<LyingCard> {
    ward.cards().context("a card service")?.put(0, Card::with_uid(HERS))
}

fn click(ward: &Ward, eye: &Eye, button: Button) -> Result<()> {
    eye.wait_still()?;
    let (x, y) = ward.button(button)?;
    ward.hand(Whose::Person)?.click(x, y)
}
