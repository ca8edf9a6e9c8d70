//! The agent dies, hangs or vanishes, in each state: covered, no key leaked, and a new one is started.

use anyhow::{Context, Result};
use rustix::process::Signal;

use crate::{
    bed::{BLACK, Bed, MARKER, Shield, agent::Agent, is_dead, wait_dead},
    x_server::Monitors,
};

/// Kills the agent in a state, and looks that the screen is covered for good and a new agent is usable.
fn check(
    reach: impl FnOnce(&Bed, &Shield) -> Result<Agent>,
    end: impl FnOnce(&Agent) -> Result<()>,
) -> Result<()> {
    let bed = Bed::with(Monitors::Two)?;
    let shield = bed.shield()?;
    let typist = bed.typist()?;
    let agent = reach(&bed, &shield)?;

    end(&agent)?;
    wait_dead(agent.pid)?;
    bed.witness.wait_all(BLACK, "the cover on every monitor")?;
    let mut next = shield.ready_agent()?;

    bed.assert_nothing_typed_arrives(&typist)?;
    bed.witness.wait_all(BLACK, "the cover still")?;
    next.uncover(1)?;
    bed.witness.wait_all(MARKER, "the app for the next session")?;
    Ok(())
}

fn kill(agent: &Agent) -> Result<()> {
    agent.signal(Signal::KILL)
}

fn stop(agent: &Agent) -> Result<()> {
    agent.signal(Signal::STOP)
}

fn raw(_: &Bed, shield: &Shield) -> Result<Agent> {
    shield.agent()
}

fn ready(_: &Bed, shield: &Shield) -> Result<Agent> {
    shield.ready_agent()
}

fn asking(_: &Bed, shield: &Shield) -> Result<Agent> {
    let mut agent = shield.ready_agent()?;
    agent.tell("take")?;
    agent.hear("released")?;
    Ok(agent)
}

fn holding(_: &Bed, shield: &Shield) -> Result<Agent> {
    let mut agent = shield.ready_agent()?;
    agent.tell("show")?;
    agent.take()?;
    Ok(agent)
}

fn uncovered(bed: &Bed, shield: &Shield) -> Result<Agent> {
    let mut agent = shield.ready_agent()?;
    agent.uncover(1)?;
    bed.witness.wait_all(MARKER, "the app")?;
    Ok(agent)
}

/// As the kernel does it to one that takes too much memory.
fn starve(agent: &Agent) -> Result<()> {
    let limit = rustix::process::Rlimit { current: Some(1 << 20), maximum: Some(1 << 20) };
    let pid = rustix::process::Pid::from_raw(agent.pid.cast_signed());
    rustix::process::prlimit(pid, rustix::process::Resource::As, limit)?;
    agent.tell_again("allocate")
}

#[test]
fn out_of_memory_while_uncovered() -> Result<()> {
    check(uncovered, starve)
}

#[test]
fn out_of_memory_while_it_holds_the_input() -> Result<()> {
    check(holding, starve)
}

#[test]
fn killed_before_it_is_ready() -> Result<()> {
    check(raw, kill)
}

#[test]
fn killed_while_the_shield_holds_the_input() -> Result<()> {
    check(ready, kill)
}

#[test]
fn killed_while_the_input_is_on_its_way() -> Result<()> {
    check(asking, kill)
}

#[test]
fn killed_while_it_holds_the_input() -> Result<()> {
    check(holding, kill)
}

#[test]
fn killed_while_uncovered() -> Result<()> {
    check(uncovered, kill)
}

#[test]
fn hung_while_uncovered() -> Result<()> {
    check(uncovered, stop)
}

#[test]
fn hung_while_it_holds_the_input() -> Result<()> {
    check(holding, stop)
}

#[test]
fn no_key_leaks_when_it_is_killed_while_it_holds_the_input() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    agent.tell("show")?;
    agent.take()?;
    let typist = bed.typist()?;
    typist.wait_more(1)?;
    let before = bed.victim.keys()?;

    for _ in 0..5 {
        agent.signal(Signal::KILL)?;
        agent = shield.ready_agent()?;
        agent.tell("show")?;
        agent.take()?;
        typist.wait_more(10)?;
    }

    assert_eq!(bed.victim.keys()?, before);
    Ok(())
}

#[test]
fn a_lease_that_nobody_renews_ends_and_the_agent_lives_on() -> Result<()> {
    let bed = Bed::with(Monitors::Two)?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    agent.tell("quiet")?;
    agent.tell("uncover 1 700")?;
    agent.hear("uncovered 1")?;
    bed.witness.wait_all(MARKER, "the app")?;

    // It speaks, but of a lease that is not this one.
    agent.tell("beating 0 2500 200")?;
    let covered = agent.hear("covered 1 true")?;

    bed.witness.assert_unseen_since(MARKER, covered)?;
    // The lease that ended uncovers nothing again, by whatever word.
    agent.tell("quiet")?;
    agent.tell("beat 1 2500")?;
    agent.tell("uncover 1 2500")?;
    agent.tell("cover 2")?;
    agent.hear("covered 2 true")?;
    bed.witness.assert_unseen_since(MARKER, covered)?;
    assert!(shield.has_no_other_agent());
    Ok(())
}

#[test]
fn what_the_agent_started_ends_with_it() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    let grandchild: u32 = agent.ask("fork", "forked ")?.parse()?;

    // The contract is broken: the agent is ended by force.
    agent.tell("raw 44 255")?;

    wait_dead(agent.pid)?;
    wait_dead(grandchild)
}

#[test]
fn what_the_agent_started_ends_when_it_exits_of_itself() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    let grandchild: u32 = agent.ask("fork", "forked ")?.parse()?;

    agent.signal(Signal::KILL)?;

    wait_dead(agent.pid)?;
    wait_dead(grandchild)
}

#[test]
fn what_the_sessions_script_started_outlives_an_agent() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let (shield, before) = bed.shield_after_a_script()?;
    let agent = shield.ready_agent()?;

    agent.signal(Signal::KILL)?;
    wait_dead(agent.pid)?;
    shield.ready_agent()?;

    let pid = rustix::process::Pid::from_raw(before.cast_signed()).context("a process")?;
    assert!(!is_dead(before));
    Ok(rustix::process::kill_process(pid, Signal::KILL)?)
}
