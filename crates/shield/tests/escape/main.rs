//! What a curious visitor, a busy desktop and a rude program can try against the cover, one after the other on a real X
//! server. After each attempt no pixel of the app was seen, on any monitor, and no key or click reached it.
//!
//! Each row of the table is tried in each of its states. `TAPWARD_SOAK=1` goes through it many times.
#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::disallowed_methods,
    clippy::print_stderr,
    unreachable_pub,
    reason = "tests fail by panicking and wait in real time"
)]

#[path = "../x11/bed/mod.rs"]
#[allow(dead_code, reason = "shared with the tests of the shield, which use more of it")]
mod bed;
#[path = "../../../../tests/harness/part.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the acceptance tests, which use more of it")]
mod part;
#[path = "../../../../tests/harness/x_server.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the acceptance tests, which use more of it")]
mod x_server;

mod grabs;
mod keys;
mod mouse;
mod processes;
mod scene;
mod screens;
mod timing;
mod windows;

use anyhow::{Context, Result};

use scene::{Attempt, Manager, Scene};
use x_server::Monitors;

const ONE: Monitors = Monitors::One(1024, 768);
/// Rows times states, at the least: a table that lost some is no table.
const ATTEMPTS_MIN: usize = 200;

/// A sample, or what `cargo xtask soak` asks for.
fn rounds() -> usize {
    if std::env::var_os("TAPWARD_SOAK").is_some() { 20 } else { 1 }
}

/// Everything that somebody without the workstation's programs can do: cheap, so tried under each window manager.
fn from_outside() -> Vec<Attempt> {
    [keys::table(), mouse::table(), windows::table()].into_iter().flatten().collect()
}

/// What takes longer.
fn from_inside() -> Vec<Attempt> {
    [timing::table(), grabs::table(), screens::table()].into_iter().flatten().collect()
}

fn check(monitors: Monitors, manager: Manager, table: &[Attempt]) -> Result<usize> {
    let mut scene = Scene::set(monitors, manager)?;
    let mut count = 0;
    for attempt in (0..rounds()).flat_map(|_| table) {
        for &state in attempt.states {
            if !attempt.needs.are_met(monitors) {
                continue;
            }
            let what = format!("{} ({state:?}, {monitors:?}, {manager:?})", attempt.name);
            scene.attempt(attempt, state).with_context(|| what.clone())?;
            count += 1;
        }
    }
    eprintln!("{count} attempts on {monitors:?} under {manager:?}");
    Ok(count)
}

#[test]
fn nobody_gets_around_the_cover_from_outside_on_one_monitor_under_any_window_manager() -> Result<()> {
    let mut count = 0;
    for manager in [Manager::None, Manager::Openbox, Manager::Matchbox] {
        count += check(ONE, manager, &from_outside())?;
    }
    assert!(count >= ATTEMPTS_MIN, "{count} attempts");
    Ok(())
}

#[test]
fn nobody_gets_around_the_cover_from_outside_on_two_monitors() -> Result<()> {
    let count = check(Monitors::Two, Manager::Openbox, &from_outside())?;
    assert!(count >= ATTEMPTS_MIN / 3, "{count} attempts");
    Ok(())
}

#[test]
fn no_program_gets_around_the_cover_on_one_monitor() -> Result<()> {
    let table: Vec<_> = from_inside().into_iter().chain(processes::table()).collect();
    let count = check(ONE, Manager::Openbox, &table)?;
    assert!(count >= 45, "{count} attempts");
    Ok(())
}

#[test]
fn no_program_gets_around_the_cover_on_two_monitors() -> Result<()> {
    let count = check(Monitors::Two, Manager::Openbox, &from_inside())?;
    assert!(count >= 40, "{count} attempts");
    Ok(())
}
