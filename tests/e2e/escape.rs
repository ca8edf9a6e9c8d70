//! What a curious visitor, a busy desktop and a rude program can try against the covered screen of a real workstation, one
//! attempt after the other. After each, nothing of the app was seen on any monitor, no key and no click reached it, no window
//! of ours came, and the page is as it was and takes keys; after all of them somebody signs in.
//!
//! `TAPWARD_SOAK=1` makes every attempt in each of its states, else it is a sample of them in all states but the first.

mod keys;
mod mouse;
mod processes;
mod programs;
mod scene;
mod screens;
mod timing;

use anyhow::{Context as _, Result};
use harness::x_server::Monitors;

use scene::{Attempt, OPEN, Scene, State};

const ONE: Monitors = Monitors::One(1280, 800);

fn is_soak() -> bool {
    std::env::var_os("TAPWARD_SOAK").is_some()
}

/// Everything that can be tried on one monitor.
fn all() -> Vec<Attempt> {
    let tables = [keys::table(), mouse::table(), timing::table(), programs::table(), processes::table()];
    tables.into_iter().flatten().collect()
}

/// Makes those that can be made in this state, of which a sample takes one in `every`, and of the slow ones with an uncovered
/// screen one in three; and signs in.
fn check(monitors: Monitors, state: State, table: Vec<Attempt>, every: usize) -> Result<usize> {
    let mut scene = Scene::set(monitors, state)?;
    let can_be_made = |attempt: &&Attempt| {
        attempt.states.contains(&state) || (state == State::Concealed && attempt.states == OPEN)
    };
    let is_taken = |at: usize, attempt: &Attempt| {
        is_soak() || at.is_multiple_of(if attempt.states == OPEN { 3 } else { every })
    };
    let mut count = 0;
    for (at, attempt) in table.iter().filter(can_be_made).enumerate() {
        if is_taken(at, attempt) {
            scene.attempt(attempt).with_context(|| {
                format!("{} ({state:?}, {monitors:?}); {}", attempt.name, scene.what_is_left())
            })?;
            count += 1;
        }
    }
    scene.sign_in().with_context(|| format!("after all of them ({state:?}, {monitors:?})"))?;
    Ok(count)
}

#[test]
fn nobody_gets_around_the_sign_in() {
    let count = check(ONE, State::SignedOut, all(), 1).unwrap();

    assert!(count >= 195, "{count} attempts");
}

#[test]
fn nobody_gets_around_a_concealed_screen_nor_sees_it_being_covered() {
    let count = check(ONE, State::Concealed, all(), 8).unwrap();

    assert!(count >= if is_soak() { 210 } else { 30 }, "{count} attempts");
}

#[test]
fn nobody_gets_around_a_screen_that_failed_closed() {
    let count = check(ONE, State::FailClosed, all(), 16).unwrap();

    assert!(count >= if is_soak() { 180 } else { 11 }, "{count} attempts");
}

#[test]
fn nobody_gets_around_the_sign_in_on_two_monitors_that_come_and_go() {
    let table = screens::table().into_iter().chain(programs::table()).collect();
    let count = check(Monitors::Two, State::SignedOut, table, 3).unwrap();

    assert!(count >= if is_soak() { 37 } else { 12 }, "{count} attempts");
}
