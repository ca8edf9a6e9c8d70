//! What is covered, and when.

use anyhow::Result;

use crate::{
    bed::{AGENT, BLACK, Bed, MARKER},
    x_server::Monitors,
};

#[test]
fn the_screen_is_covered_before_there_is_an_agent() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let typist = bed.typist()?;
    bed.wait_typed_arrives()?;

    let _shield = bed.shield()?;

    bed.witness.wait_all(BLACK, "the cover")?;
    bed.assert_nothing_typed_arrives(&typist)
}

#[test]
fn every_monitor_is_covered() -> Result<()> {
    let bed = Bed::with(Monitors::Two)?;
    let typist = bed.typist()?;

    let shield = bed.shield()?;

    bed.witness.wait_all(BLACK, "the cover on both monitors")?;
    let _agent = shield.ready_agent()?;
    bed.assert_nothing_typed_arrives(&typist)
}

#[test]
fn uncovered_for_a_session_and_covered_at_the_agents_word() -> Result<()> {
    let bed = Bed::with(Monitors::Two)?;
    let shield = bed.shield()?;
    let typist = bed.typist()?;
    let mut agent = shield.ready_agent()?;

    for round in 0..5 {
        agent.uncover(2 * round + 1)?;
        bed.witness.wait_all(MARKER, "the app")?;
        bed.wait_typed_arrives()?;

        let covered = agent.cover(2 * round + 2)?;
        bed.witness.assert_unseen_since(MARKER, covered)?;
        bed.assert_nothing_typed_arrives(&typist)?;
    }
    Ok(())
}

#[test]
fn the_app_that_had_the_focus_has_it_again() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    assert_ne!(bed.victim.focused()?, bed.victim.window);

    agent.uncover(1)?;

    assert_eq!(bed.victim.focused()?, bed.victim.window);
    Ok(())
}

#[test]
fn the_agents_window_is_above_the_cover_and_the_other_monitor_stays_black() -> Result<()> {
    let bed = Bed::with(Monitors::Two)?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;

    agent.tell("show")?;
    agent.hear("shown")?;

    bed.witness.wait(0, Some(AGENT), "the agent's window")?;
    bed.witness.wait(1, Some(BLACK), "the cover beside it")?;
    Ok(())
}

#[test]
fn a_monitor_that_is_plugged_in_again_is_covered_and_the_first_one_is_not_touched() -> Result<()> {
    let bed = Bed::with(Monitors::Two)?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    agent.tell("show")?;
    agent.take()?;
    bed.witness.wait(0, Some(AGENT), "the agent's window")?;
    let from = std::time::Instant::now();

    bed.x.set_second_monitor(false)?;
    bed.witness.wait(1, None, "a screen without the second monitor").or_else(|_| {
        // The framebuffer may keep its size; then the point shows what is underneath.
        bed.witness.wait(1, Some(BLACK), "the underneath")
    })?;
    bed.x.set_second_monitor(true)?;

    bed.witness.wait(1, Some(BLACK), "the cover on the new monitor")?;
    bed.witness.wait(0, Some(AGENT), "the agent's window")?;
    bed.witness.assert_unseen_since(MARKER, from)?;
    let first = bed.witness.since(from)?.into_iter().filter(|seen| seen.point == 0);
    assert!(first.clone().all(|seen| seen.colour == Some(AGENT)), "the first monitor changed: {first:?}");
    Ok(())
}

#[test]
fn the_screen_says_in_words_that_the_agent_does_not_start() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let mut command = bed.command();
    command.args(["--agent", "/nonexistent/agent"]);
    let _shield = crate::part::Part::start("shield", &mut command, bed.folder.path())?;
    bed.witness.wait_all(BLACK, "the cover")?;

    let words = crate::part::wait_for("words on the screen", crate::bed::SOON, || {
        let white = bed.victim.count_white_pixels().ok()?;
        (white > 2_000).then_some(white)
    });

    assert!(words.is_ok(), "{words:?}");
    Ok(())
}
