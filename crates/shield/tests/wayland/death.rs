//! The agent dies or hangs, in each state: covered, no key leaked, and a new one is started.

use anyhow::Result;
use rustix::process::Signal;

use crate::{
    bed::{BLACK, Bed, MARKER, Shield, agent::Agent},
    part::{has_ended, wait_for},
    sway::Kind,
};

fn check(
    kind: Kind,
    reach: impl FnOnce(&Bed, &Shield, &mut Agent) -> Result<()>,
    signal: Signal,
) -> Result<()> {
    let bed = Bed::with(kind)?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent(kind.enforcement())?;
    reach(&bed, &shield, &mut agent)?;

    agent.signal(signal)?;
    wait_for("the agent's end", crate::bed::SOON, || has_ended(agent.pid).then_some(()))?;
    bed.wait_all(BLACK, "the cover")?;
    let mut next = shield.ready_agent(kind.enforcement())?;
    bed.assert_app_unseen()?;
    bed.assert_nothing_typed_arrives()?;

    next.uncover(1)?;
    bed.wait_all(MARKER, "the app for the next session")
}

fn holding(bed: &Bed, _: &Shield, agent: &mut Agent) -> Result<()> {
    agent.take()?;
    agent.tell("show")?;
    agent.hear("shown")?;
    bed.wait_agent_shown()
}

fn uncovered(bed: &Bed, _: &Shield, agent: &mut Agent) -> Result<()> {
    agent.uncover(1)?;
    bed.wait_all(MARKER, "the app")
}

#[test]
fn killed_while_it_is_shown_the_session_is_locked_again() -> Result<()> {
    check(Kind::SessionLock, holding, Signal::KILL)
}

#[test]
fn killed_while_uncovered_the_session_is_locked_again() -> Result<()> {
    check(Kind::SessionLock, uncovered, Signal::KILL)
}

#[test]
fn hung_while_uncovered_the_session_is_locked_again() -> Result<()> {
    check(Kind::SessionLock, uncovered, Signal::STOP)
}

#[test]
fn hung_while_it_is_shown_the_session_is_locked_again() -> Result<()> {
    check(Kind::SessionLock, holding, Signal::STOP)
}

#[test]
fn killed_while_it_is_shown_the_panes_are_above_everything_again() -> Result<()> {
    check(Kind::LayerShell, holding, Signal::KILL)
}

#[test]
fn killed_while_uncovered_the_panes_are_back() -> Result<()> {
    check(Kind::LayerShell, uncovered, Signal::KILL)
}

#[test]
fn a_lease_that_nobody_renews_locks_the_session() -> Result<()> {
    let kind = Kind::SessionLock;
    let bed = Bed::with(kind)?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent(kind.enforcement())?;
    agent.tell("quiet")?;
    agent.tell("uncover 1 700")?;
    agent.hear("uncovered 1")?;
    agent.tell("beating 0 2500 200")?;

    agent.hear("covered 1 true")?;

    bed.assert_app_unseen()?;
    bed.assert_nothing_typed_arrives()
}
