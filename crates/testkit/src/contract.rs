//! What every implementation of a port must do: one file per port, one function per promise.
//!
//! A function is handed the port, what it tells ([`Told`]) and, where the promise needs it, a hand that
//! brings something about in the world behind the port. What must hold before is in the function's doc. The
//! fakes run all of them in `testkit/tests/contract.rs`, the real adapters in `tests/os_contract`.
#![allow(clippy::wildcard_enum_match_arm, reason = "one event is waited for, whatever others there are")]

pub mod audit_trail;
pub mod badge_readers;
pub mod clock;
pub mod idle;
pub mod keychain;
pub mod notifier;
pub mod power;
pub mod screen;
pub mod session_server;
pub mod start_up;

use std::{future::Future, time::Duration};

use agent_core::{event::Event, instant::Instant};
use agent_runtime::ports::Clock;
use anyhow::{Context, bail};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::clock::ManualClock;

/// What a port tells, one event after the other.
pub trait Told {
    /// The next event, if it comes within `within`.
    fn next(&mut self, within: Duration) -> impl Future<Output = Option<Event>>;
}

/// A real adapter's events, in real time.
#[derive(Debug)]
pub struct Live(pub UnboundedReceiver<Event>);

/// A fake's events, in the time of its clock.
#[derive(Debug)]
pub struct Staged {
    /// The fake's clock.
    pub clock: ManualClock,
    /// The fake's events.
    pub events: UnboundedReceiver<Event>,
}

impl Told for Live {
    async fn next(&mut self, within: Duration) -> Option<Event> {
        tokio::time::timeout(within, self.0.recv()).await.ok().flatten()
    }
}

impl Told for Staged {
    async fn next(&mut self, within: Duration) -> Option<Event> {
        let target: Instant = self.clock.now() + within;
        loop {
            self.clock.do_what_is_due();
            if let Ok(event) = self.events.try_recv() {
                return Some(event);
            }
            if !self.clock.step_towards(target) {
                return None;
            }
        }
    }
}

/// Waits for an event that `pick` wants; others are passed over.
///
/// # Errors
/// When it does not come within `within`; tells which events came.
pub async fn wait_for<T>(
    told: &mut impl Told,
    within: Duration,
    what: &str,
    mut pick: impl FnMut(&Event) -> Option<T>,
) -> anyhow::Result<T> {
    let mut others = Vec::new();
    while let Some(event) = told.next(within).await {
        if let Some(picked) = pick(&event) {
            return Ok(picked);
        }
        others.push(event);
        // An adapter that talks without end would keep us for ever.
        if others.len() > 1_000 {
            break;
        }
    }
    bail!("{what} was not told within {within:?}; told was {others:?}")
}

/// Passes over everything that comes until `quiet` has passed without anything.
pub async fn until_quiet(told: &mut impl Told, quiet: Duration) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(event) = told.next(quiet).await {
        events.push(event);
        if events.len() > 1_000 {
            break;
        }
    }
    events
}

/// Looks at the world again and again, with `told` passing the time, until it is as wanted.
///
/// # Errors
/// When it is not so in time.
pub async fn eventually(
    told: &mut impl Told,
    within: Duration,
    what: &str,
    mut is_so: impl FnMut() -> bool,
) -> anyhow::Result<()> {
    const LOOK_EVERY: Duration = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    while !is_so() {
        if waited >= within {
            bail!("{what} did not come about within {within:?}");
        }
        told.next(LOOK_EVERY).await;
        waited += LOOK_EVERY;
    }
    Ok(())
}

/// The same error with the promise it broke.
fn promise<T>(result: anyhow::Result<T>, promise: &'static str) -> anyhow::Result<T> {
    result.context(promise)
}
