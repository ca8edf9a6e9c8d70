//! Whatever breaks the contract covers, and ends the agent that said it.

use anyhow::Result;

use crate::{
    bed::{BLACK, Bed, MARKER, agent::Agent, wait_dead},
    x_server::Monitors,
};

fn check(reach: impl FnOnce(&mut Agent) -> Result<()>, breach: &str) -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    reach(&mut agent)?;

    agent.tell(breach)?;

    wait_dead(agent.pid)?;
    bed.witness.wait_all(BLACK, "the cover")?;
    let _next = shield.ready_agent()?;
    bed.witness.wait_all(BLACK, "the cover still")?;
    Ok(())
}

fn uncovered(agent: &mut Agent) -> Result<()> {
    agent.uncover(1)
}

fn holding(agent: &mut Agent) -> Result<()> {
    agent.tell("show")?;
    agent.take()
}

fn covered(_: &mut Agent) -> Result<()> {
    Ok(())
}

#[test]
fn a_packet_that_is_no_message() -> Result<()> {
    check(uncovered, "raw 44 255")
}

#[test]
fn a_packet_that_is_too_long() -> Result<()> {
    check(uncovered, "raw 4096 0")
}

#[test]
fn a_packet_that_is_too_short() -> Result<()> {
    check(uncovered, "raw 1 7")
}

#[test]
fn the_socket_closed_by_an_agent_that_lives() -> Result<()> {
    check(uncovered, "close")
}

#[test]
fn the_input_asked_for_on_an_uncovered_screen() -> Result<()> {
    check(uncovered, "take")
}

#[test]
fn a_second_session_on_an_uncovered_screen() -> Result<()> {
    check(uncovered, "uncover 2 2500")
}

#[test]
fn a_lease_of_more_than_five_seconds() -> Result<()> {
    check(covered, "uncover 1 5001")
}

#[test]
fn a_lease_that_is_renewed_for_more_than_five_seconds() -> Result<()> {
    check(uncovered, "beat 1 5001")
}

#[test]
fn a_lease_of_no_time() -> Result<()> {
    check(covered, "uncover 1 0")
}

#[test]
fn uncovering_while_the_agent_has_the_input() -> Result<()> {
    check(holding, "uncover 1 2500")
}

#[test]
fn a_beat_for_a_word_that_was_never_said() -> Result<()> {
    check(covered, "beat 9 2500")
}

#[test]
fn uncovering_before_being_ready() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let shield = bed.shield()?;
    bed.witness.wait_all(BLACK, "the cover")?;
    let from = std::time::Instant::now();
    let mut agent = shield.agent()?;

    agent.tell("uncover 1 2500")?;

    wait_dead(agent.pid)?;
    bed.witness.assert_unseen_since(MARKER, from)
}

#[test]
fn an_older_word_never_uncovers_again() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    agent.uncover(5)?;
    let covered = agent.cover(6)?;

    for seq in 0..=6 {
        agent.tell(&format!("uncover {seq} 2500"))?;
    }
    agent.cover(7)?;

    bed.witness.assert_unseen_since(MARKER, covered)?;
    assert!(shield.has_no_other_agent());
    Ok(())
}

#[test]
fn an_older_cover_covers_all_the_same() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    agent.uncover(5)?;
    bed.witness.wait_all(MARKER, "the app")?;

    agent.tell("cover 1")?;

    let covered = agent.hear("covered 5 true")?;
    bed.witness.assert_unseen_since(MARKER, covered)
}
