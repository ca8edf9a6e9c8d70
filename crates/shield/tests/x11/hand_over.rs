//! Passing the input between shield and agent while somebody types.

use anyhow::Result;

use crate::{bed::Bed, x_server::Monitors};

/// A sample, or what `cargo xtask soak` asks for.
fn rounds() -> u64 {
    if std::env::var_os("TAPWARD_SOAK").is_some() { 1_000 } else { 20 }
}

#[test]
fn no_key_reaches_an_app_while_the_input_changes_hands() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    agent.tell("show")?;
    let typist = bed.typist()?;
    typist.wait_more(1)?;
    let before = bed.victim.keys()?;

    for _ in 0..rounds() {
        agent.take()?;
        typist.wait_more(4)?;
        agent.give_back()?;
        typist.wait_more(4)?;
    }

    assert_eq!(bed.victim.keys()?, before);
    assert!(agent.typed()? >= rounds(), "the agent got what was typed while it held the input");
    Ok(())
}

#[test]
fn the_agent_gets_what_is_typed_without_the_focus() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    agent.tell("show")?;
    agent.take()?;
    let focused = bed.victim.focused()?;
    assert_ne!(focused, bed.victim.window);

    let typist = bed.typist()?;
    typist.wait_more(20)?;

    assert!(agent.typed()? > 10);
    assert_eq!(bed.victim.focused()?, focused, "the focus never left the shield");
    Ok(())
}

#[test]
fn a_whole_sign_in_and_out_leaks_no_key_under_the_cover() -> Result<()> {
    let bed = Bed::with(Monitors::Two)?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    let typist = bed.typist()?;

    for round in 0..3 {
        agent.tell("show")?;
        agent.take()?;
        bed.assert_nothing_typed_arrives(&typist)?;
        agent.give_back()?;
        agent.tell("hide")?;
        agent.hear("hidden")?;
        agent.uncover(2 * round + 1)?;
        bed.wait_typed_arrives()?;
        agent.cover(2 * round + 2)?;
        bed.assert_nothing_typed_arrives(&typist)?;
    }
    Ok(())
}
