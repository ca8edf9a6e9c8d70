//! Other programs of the same desktop, rude ones and merely busy ones.

use anyhow::Result;

use crate::{
    bed::{AGENT, BLACK, Bed, MARKER, SOON},
    part::{Part, wait_for},
    x_server::Monitors,
};

#[test]
fn an_open_menu_delays_the_input_and_not_the_cover() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    agent.uncover(1)?;
    bed.witness.wait_all(MARKER, "the app")?;
    assert!(bed.victim.grab_as_a_menu()?);

    agent.tell("quiet")?;
    agent.tell("cover 2")?;
    let covered = agent.hear("covered 2 false")?;
    bed.witness.assert_unseen_since(MARKER, covered)?;
    bed.victim.close_the_menu()?;

    agent.hear("covered 2 true")?;
    let typist = bed.typist()?;
    bed.assert_nothing_typed_arrives(&typist)
}

#[test]
fn a_menu_that_is_open_at_the_start_delays_the_input_and_not_the_cover() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    assert!(bed.victim.grab_as_a_menu()?);

    let shield = bed.shield()?;

    bed.witness.wait_all(BLACK, "the cover")?;
    let mut agent = shield.agent()?;
    agent.tell("ready")?;
    agent.hear("covered 0 false")?;
    bed.victim.close_the_menu()?;
    agent.hear("covered 0 true")?;
    Ok(())
}

#[test]
fn a_window_that_comes_up_over_the_cover_is_pushed_back() -> Result<()> {
    let bed = Bed::with(Monitors::Two)?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    agent.tell("show")?;
    agent.hear("shown")?;
    bed.witness.wait(0, Some(AGENT), "the agent's window")?;

    for _ in 0..5 {
        bed.victim.pop_up()?;
        bed.witness.wait(0, Some(AGENT), "the agent's window again")?;
        bed.witness.wait(1, Some(BLACK), "the cover again")?;
    }
    Ok(())
}

#[test]
fn an_agents_window_that_comes_after_its_word_is_kept_above_too() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let shield = bed.shield()?;
    let mut agent = shield.agent()?;
    agent.tell("promise")?;
    agent.hear("covered 0 true")?;
    agent.tell("fulfil")?;
    agent.hear("shown")?;
    bed.witness.wait(0, Some(AGENT), "the agent's window")?;

    bed.victim.pop_up()?;

    bed.witness.wait(0, Some(AGENT), "the agent's window again")?;
    Ok(())
}

#[test]
fn the_focus_cannot_be_taken_from_the_cover() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let shield = bed.shield()?;
    let _agent = shield.ready_agent()?;
    let focused = bed.victim.focused()?;
    assert_ne!(focused, bed.victim.window);
    let typist = bed.typist()?;

    for _ in 0..10 {
        bed.victim.focus(bed.victim.window)?;
        wait_for("the focus on the shield", SOON, || (bed.victim.focused().ok()? == focused).then_some(()))?;
    }

    bed.assert_nothing_typed_arrives(&typist)
}

#[test]
fn a_program_that_fights_for_the_focus_costs_bounded_work() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let shield = bed.shield()?;
    let _agent = shield.ready_agent()?;

    wait_for("the shield's word about the fight", SOON, || {
        for _ in 0..20 {
            bed.victim.focus(bed.victim.window).ok()?;
        }
        shield.part.printed().contains("keeps coming above the cover or takes the focus").then_some(())
    })?;

    let typist = bed.typist()?;
    bed.assert_nothing_typed_arrives(&typist)
}

#[test]
fn under_a_window_manager_that_focuses_each_new_window_no_key_gets_through() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let mut openbox = std::process::Command::new("openbox");
    openbox.env("DISPLAY", bed.x.display()).env("HOME", bed.folder.path());
    let _openbox = Part::start("openbox", &mut openbox, bed.folder.path())?;
    bed.victim.wait_managed()?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    let cover = bed.victim.focused()?;
    let typist = bed.typist()?;

    for _ in 0..3 {
        bed.victim.open_another_window()?;
        wait_for("the focus on the shield", SOON, || (bed.victim.focused().ok()? == cover).then_some(()))?;
        bed.assert_nothing_typed_arrives(&typist)?;
    }

    // The newest window is the one that gets the keys once the screen is the person's.
    agent.uncover(1)?;
    bed.wait_typed_arrives()?;
    agent.cover(2)?;
    bed.assert_nothing_typed_arrives(&typist)
}
