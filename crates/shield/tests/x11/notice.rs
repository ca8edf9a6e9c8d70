//! The screen without an agent: in words, for whoever stands before it.

use anyhow::Result;

use crate::{
    bed::{AGENT, BLACK, Bed, SOON},
    part::wait_for,
    x_server::Monitors,
};

const ONE: Monitors = Monitors::One(1024, 768);

fn wait_words(bed: &Bed, pixels: usize) -> Result<usize> {
    wait_for("words on the screen", SOON, || {
        let white = bed.victim.count_white_pixels().ok()?;
        (white > pixels).then_some(white)
    })
}

#[test]
fn an_agent_that_cannot_be_started_is_said_with_code_and_place_and_tried_for_ever() -> Result<()> {
    let bed = Bed::with(ONE)?;
    let file = bed.folder.path().join("notice");
    std::fs::write(&file, "workstation = ICU 3\nhelp-line = 555 1234\n")?;
    let shield = bed.shield_running("/nonexistent/agent", |command| {
        command.arg("--notice-file").arg(&file);
    })?;

    wait_words(&bed, 4_000)?;

    let tries = || shield.part.printed().matches("the agent cannot be started").count();
    let said = tries();
    wait_for("more tries", SOON, || (tries() > said + 1).then_some(()))?;
    let printed = shield.part.printed();
    assert!(printed.contains("SHIELD-1, the sign-in program cannot be started"), "{printed}");
    assert!(bed.witness.wait_all(BLACK, "the cover").is_ok());
    Ok(())
}

#[test]
fn an_agent_that_fails_three_times_is_said_at_once_and_one_that_is_usable_again_takes_the_words_away()
-> Result<()> {
    let bed = Bed::with(ONE)?;
    let shield = bed.shield()?;
    for _ in 0..3 {
        let mut agent = shield.agent()?;
        agent.tell("raw 44 255")?;
        crate::bed::wait_dead(agent.pid)?;
    }
    wait_words(&bed, 4_000)?;
    assert!(shield.part.printed().contains("SHIELD-4"));

    let mut agent = shield.ready_agent()?;

    agent.tell("show")?;
    bed.witness.wait(0, Some(AGENT), "the agent's window")?;
    agent.tell("hide")?;
    wait_for("no more words", SOON, || (bed.victim.count_white_pixels().ok()? == 0).then_some(()))
}

#[test]
fn the_words_are_on_every_monitor_and_come_back_on_one_that_is_plugged_in() -> Result<()> {
    let bed = Bed::with(Monitors::Two)?;
    let _shield = bed.shield_running("/nonexistent/agent", |_| {})?;
    let both = wait_words(&bed, 6_000)?;

    bed.x.set_second_monitor(false)?;
    wait_for("words on one monitor", SOON, || {
        let white = bed.victim.count_white_pixels().ok()?;
        (white > 1_000 && white < both).then_some(())
    })?;
    bed.x.set_second_monitor(true)?;

    wait_words(&bed, both - 1_000).map(drop)
}
