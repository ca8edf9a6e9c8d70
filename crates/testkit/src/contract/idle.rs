//! [`Idle`].

use std::time::Duration;

use agent_core::{event::Event, instant::Instant};
use agent_runtime::ports::{Clock, Idle};
use anyhow::ensure;

use super::{Told, promise, until_quiet, wait_for};

const WITHIN: Duration = Duration::from_secs(2);
/// Longer than the port holds input back.
const QUIET: Duration = Duration::from_millis(500);

/// The last input is told when asked for, never later than now, and is later after more input.
/// Before: a display with an input device that `touch` moves as a person would.
///
/// # Errors
/// The broken promise.
pub async fn measures(
    idle: &impl Idle,
    told: &mut impl Told,
    clock: &impl Clock,
    mut touch: impl FnMut(),
) -> anyhow::Result<()> {
    touch();
    until_quiet(told, QUIET).await;
    idle.measure();
    let first = promise(input_seen(told).await, "the last input is told when it is asked for")?;
    ensure!(first <= clock.now(), "input is never in the future");

    touch();
    until_quiet(told, QUIET).await;
    idle.measure();
    let second = input_seen(told).await?;
    ensure!(second > first, "later input is later: {first:?}, then {second:?}");
    ensure!(second <= clock.now(), "input is never in the future");
    Ok(())
}

/// Nobody touching anything, the same input is told again. Before: as for [`measures`], and nobody near it.
///
/// # Errors
/// The broken promise.
pub async fn asking_is_no_input(
    idle: &impl Idle,
    told: &mut impl Told,
    clock: &impl Clock,
) -> anyhow::Result<()> {
    // What a counter in whole milliseconds and two readings of a clock may differ by.
    const SLACK: Duration = Duration::from_millis(50);
    idle.measure();
    let first = input_seen(told).await?;
    until_quiet(told, QUIET).await;
    idle.measure();
    let second = input_seen(told).await?;
    ensure!(second.since(first) <= SLACK, "asking counted as input: {first:?}, then {second:?}");
    ensure!(clock.now().since(second) >= QUIET - SLACK, "time alone counted as input");
    Ok(())
}

/// While watched, input is told unasked, and no more than four times a second; not watched, it is not told.
/// Before: as for [`measures`].
///
/// # Errors
/// The broken promise.
pub async fn watches(idle: &impl Idle, told: &mut impl Told, mut touch: impl FnMut()) -> anyhow::Result<()> {
    until_quiet(told, QUIET).await;
    idle.watch();
    touch();
    promise(input_seen(told).await, "input is told while it is watched for")?;
    until_quiet(told, QUIET).await;
    touch();
    promise(input_seen(told).await, "input is told again and again while it is watched for")?;

    until_quiet(told, QUIET).await;
    for _ in 0..20 {
        touch();
    }
    let burst = until_quiet(told, QUIET).await;
    ensure!((1..=4).contains(&burst.len()), "a burst of input is told {} times", burst.len());

    idle.unwatch();
    idle.unwatch();
    until_quiet(told, QUIET).await;
    touch();
    let unwatched = until_quiet(told, QUIET).await;
    ensure!(unwatched.is_empty(), "told although nobody watches: {unwatched:?}");
    Ok(())
}

/// Where the last input cannot be known, that is what is told. Before: the display or its counter is gone.
///
/// # Errors
/// The broken promise.
pub async fn says_that_it_is_unknown(idle: &impl Idle, told: &mut impl Told) -> anyhow::Result<()> {
    idle.measure();
    let unknown = |event: &Event| (*event == Event::InactivityUnknown).then_some(());
    promise(
        wait_for(told, WITHIN, "InactivityUnknown", unknown).await,
        "an unknown last input is told as unknown",
    )
}

async fn input_seen(told: &mut impl Told) -> anyhow::Result<Instant> {
    wait_for(told, WITHIN, "InputSeen", |event| match event {
        Event::InputSeen { at } => Some(*at),
        _ => None,
    })
    .await
}
