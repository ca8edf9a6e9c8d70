//! What a person waits for: the screen after her last key, and the cover after her last second.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;
use harness::{
    app::App,
    hand::Whose,
    ward::{Setup, Ward, short_policy},
};

use crate::{
    figure::{Figure, percentile_ms},
    sight::{SOON, wait_visible},
};

const SIGN_INS: u32 = 20;
const LOGOFFS: u32 = 20;

/// From the last digit of the code to her app's first pixel. The password was checked a step before, so the
/// server's Argon2 is not in it.
pub(crate) fn sign_in() -> Result<Vec<Figure>> {
    let mut ward = Ward::open(Setup { policy: short_policy("60s", "20s", "12h"), ..Setup::default() })?;
    let _chart = App::start(ward.display())?;
    let (eye, hand) = (ward.eye()?, ward.hand(Whose::Person)?);
    ward.start_kiosk()?;
    ward.wait_screen("signed_out", SOON)?;
    let mut samples = Vec::new();
    for number in 0..SIGN_INS {
        let nurse = ward.add_nurse(&format!("nurse{number}"), "Maria O.")?;
        ward.give_password(&hand, &nurse)?;
        ward.wait_code_asked(SOON)?;
        eye.wait_still()?;
        let code = nurse.code()?;
        hand.type_text(&code[..5])?;
        thread::sleep(Duration::from_millis(200));
        let start = Instant::now();
        hand.type_text(&code[5..])?;
        wait_visible(&eye, true)?;
        samples.push(start.elapsed());
        ward.wait_screen("active", SOON)?;
        ward.end_all_sessions()?;
        ward.wait_screen("signed_out", SOON)?;
        eye.wait_still()?;
    }
    let p95 = percentile_ms(&mut samples, 95);
    Ok(vec![Figure::at_most(
        "sign_in.last_key_to_uncovered.p95",
        "ms",
        p95,
        150.0,
        &format!(
            "{SIGN_INS} sign-ins, so the worst but one; from the sixth digit's key to the app's first pixel"
        ),
    )])
}

/// From the instant of the limit to the cover.
pub(crate) fn automatic_logoff() -> Result<Vec<Figure>> {
    const LIMIT: Duration = Duration::from_secs(4);
    let mut ward = Ward::open(Setup { policy: short_policy("4s", "2s", "12h"), ..Setup::default() })?;
    let _chart = App::start(ward.display())?;
    let (eye, hand) = (ward.eye()?, ward.hand(Whose::Person)?);
    ward.start_kiosk()?;
    ward.wait_screen("signed_out", SOON)?;
    let mut samples = Vec::new();
    for number in 0..LOGOFFS {
        let nurse = ward.add_nurse(&format!("nurse{number}"), "Maria O.")?;
        ward.sign_in(&nurse)?;
        wait_visible(&eye, true)?;
        let last_input = Instant::now();
        hand.press("space")?;
        wait_visible(&eye, false)?;
        let signed_out_after = last_input.elapsed();
        anyhow::ensure!(signed_out_after >= LIMIT, "signed out {signed_out_after:?} after the last key");
        samples.push(signed_out_after.saturating_sub(LIMIT));
        ward.wait_screen("signed_out", SOON)?;
        eye.wait_still()?;
    }
    let p99 = percentile_ms(&mut samples, 99);
    Ok(vec![Figure::at_most(
        "automatic_logoff.lateness.p99",
        "ms",
        p99,
        250.0,
        &format!(
            "{LOGOFFS} sessions, so the worst of them; from the limit after the last key to the app's pixel gone"
        ),
    )])
}
