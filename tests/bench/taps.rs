//! What a person waits for with a badge in her hand: a real card service, a virtual reader, a real server, and the screen.
//!
//! Every figure counts from the moment the card service notices the card. How long that takes is the virtual reader's own
//! 400 ms poll, which a real reader does not have; it is a row of its own.

use anyhow::Result;

use crate::{
    effort::Effort,
    figure::{Figure, percentile_ms},
    journey::{POLL, Question, figures},
    place::{Badge, Place, noticed_at, with_policy},
    sight::{SOON, wait_visible},
};

const TIMES: usize = 40;
/// Three of each person's, so that none has to be away for long.
const HERS: [&str; 3] = ["04a1b2c3d4e580", "04a1b2c3d4e581", "04a1b2c3d4e582"];
const HIS: [&str; 3] = ["04ffeeddccbb80", "04ffeeddccbb81", "04ffeeddccbb82"];

/// A tap on a signed-out screen, within the grace period.
pub(crate) fn sign_in(effort: Effort) -> Result<Vec<Figure>> {
    let place = Place::open(with_policy(""))?;
    let maria = place.add("maria", "Maria O.", HERS)?;
    place.begin_grace(&maria)?;
    let mut badges = HERS.map(Badge::new);
    let journeys = effort.repeat(TIMES, |number| {
        let question = Question { command: "OpenSessionByBadge", route: "/v1/sessions" };
        let journey = place.travel(number, &mut badges[number % 3], question)?;
        place.end_session()?;
        Ok(journey)
    })?;
    Ok(figures("tap_to_uncovered", &journeys, &[(50, 300.0), (95, 600.0)]))
}

/// Her tap on her own covered screen.
pub(crate) fn resume(effort: Effort) -> Result<Vec<Figure>> {
    let place = Place::open(with_policy("[conceal]\nafter = \"2s\""))?;
    let maria = place.add("maria", "Maria O.", HERS)?;
    place.ward.sign_in(&maria)?;
    let mut badges = HERS.map(Badge::new);
    let journeys = effort.repeat(TIMES, |number| {
        place.ward.wait_screen("concealed", SOON)?;
        let question = Question { command: "ResumeSession", route: "/v1/session/resume" };
        place.travel(number, &mut badges[number % 3], question)
    })?;
    Ok(figures("resume", &journeys, &[(95, 250.0)]))
}

/// A colleague's tap on her uncovered screen, within his grace period.
pub(crate) fn tap_over(effort: Effort) -> Result<Vec<Figure>> {
    let place = Place::open(with_policy(""))?;
    let people = [place.add("john", "John B.", HIS)?, place.add("maria", "Maria O.", HERS)?];
    place.begin_grace(&people[0])?;
    place.ward.sign_in(&people[1])?;
    wait_visible(&place.eye, true)?;
    let mut badges = [HIS.map(Badge::new), HERS.map(Badge::new)];
    let mut samples = effort.repeat(TIMES, |number| {
        let badge = &mut badges[number % 2][(number / 2) % 3];
        badge.wait_until_it_counts();
        place.eye.wait_still()?;
        let card = place.put(number, badge)?;
        wait_visible(&place.eye, false)?;
        let visible_at = wait_visible(&place.eye, true)?;
        let sample = visible_at.duration_since(noticed_at(&card)?)?;
        badge.is_taken_away(card);
        place.ward.wait_screen("active", SOON)?;
        Ok(sample)
    })?;
    let count = samples.len();
    Ok(vec![Figure::at_most(
        "tap_over.p95",
        "ms",
        percentile_ms(&mut samples, 95),
        800.0,
        &format!(
            "{count} times, from his badge noticed on her uncovered screen to the app's first pixel in his session; \
             hers is ended and on record by then, and the app has nothing to save; {POLL}"
        ),
    )])
}

/// Her tap at one workstation, and the cover at the other.
pub(crate) fn elsewhere(effort: Effort) -> Result<Vec<Figure>> {
    let here = Place::open(with_policy(""))?;
    let maria = here.add("maria", "Maria O.", HERS)?;
    let there = Place::at(here.ward.open_beside("WS-08", with_policy(""))?)?;
    here.ward.sign_in(&maria)?;
    wait_visible(&here.eye, true)?;
    let mut badges = HERS.map(Badge::new);
    let mut samples = effort.repeat(TIMES, |number| {
        let (to, from) = if number % 2 == 0 { (&there, &here) } else { (&here, &there) };
        let badge = &mut badges[number % 3];
        badge.wait_until_it_counts();
        let card = to.put(0, badge)?;
        let covered_at = wait_visible(&from.eye, false)?;
        let noticed_at = noticed_at(&card)?;
        wait_visible(&to.eye, true)?;
        badge.is_taken_away(card);
        to.ward.wait_screen("active", SOON)?;
        from.ward.wait_screen("concealed", SOON)?;
        Ok(covered_at.duration_since(noticed_at)?)
    })?;
    let count = samples.len();
    Ok(vec![Figure::at_most(
        "cover_elsewhere.p95",
        "ms",
        percentile_ms(&mut samples, 95),
        2000.0,
        &format!(
            "{count} times back and forth, from her badge noticed at one workstation to the app's pixel gone at the other; \
             {POLL}"
        ),
    )])
}
