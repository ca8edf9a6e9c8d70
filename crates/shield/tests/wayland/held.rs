//! What a session lock holds, and what it does not.

use anyhow::Result;
use rustix::process::Signal;

use crate::{
    bed::{BLACK, Bed, MARKER, SOON},
    sway::Kind,
};

const LOCK: Kind = Kind::SessionLock;

#[test]
fn the_session_stays_locked_when_the_shield_is_killed_and_the_next_shield_takes_it_over() -> Result<()> {
    let bed = Bed::with(LOCK)?;
    let mut first = bed.shield()?;
    let _agent = first.ready_agent(LOCK.enforcement())?;

    first.part.signal(Signal::KILL);
    first.part.wait(SOON)?;
    bed.assert_app_unseen()?;
    bed.assert_nothing_typed_arrives()?;

    let second = bed.shield()?;
    let mut agent = second.ready_agent(LOCK.enforcement())?;
    bed.wait_all(BLACK, "the cover of the second shield")?;
    agent.uncover(1)?;
    bed.wait_all(MARKER, "the app")
}

#[test]
fn the_session_is_locked_while_the_shield_ends_as_asked_and_after() -> Result<()> {
    let bed = Bed::with(LOCK)?;
    let mut shield = bed.shield()?;
    let mut agent = shield.ready_agent(LOCK.enforcement())?;
    agent.uncover(1)?;
    bed.wait_all(MARKER, "the app")?;

    shield.part.signal(Signal::TERM);
    let ended = shield.part.wait(SOON)?;

    assert!(ended.success(), "{ended}");
    bed.assert_app_unseen()?;
    bed.assert_nothing_typed_arrives()
}

#[test]
fn the_compositors_own_key_bindings_do_nothing_while_locked() -> Result<()> {
    let bed = Bed::with(LOCK)?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent(LOCK.enforcement())?;

    for _ in 0..5 {
        bed.type_keys(&["-M", "logo", "-k", "t"])?;
    }
    bed.assert_nothing_typed_arrives()?;
    assert!(!bed.sway.has_run_binding());

    agent.uncover(1)?;
    bed.wait_all(MARKER, "the app")?;
    crate::part::wait_for("the binding, once uncovered", SOON, || {
        bed.type_keys(&["-M", "logo", "-k", "t"]).ok()?;
        bed.sway.has_run_binding().then_some(())
    })
}

#[test]
fn the_shield_says_so_where_another_program_has_locked() -> Result<()> {
    let bed = Bed::with(LOCK)?;
    let first = bed.shield()?;
    let _agent = first.ready_agent(LOCK.enforcement())?;

    let mut second = bed.shield()?;
    second.part.wait_printed("the compositor refuses the session lock", SOON)?;
    let _drawn = second.ready_agent("false false")?;

    bed.assert_app_unseen()
}

#[test]
fn the_shield_learns_that_the_lock_is_its_own_when_the_other_program_is_gone() -> Result<()> {
    let bed = Bed::with(LOCK)?;
    let mut first = bed.shield()?;
    let _agent = first.ready_agent(LOCK.enforcement())?;
    let second = bed.shield()?;
    let mut agent = second.ready_agent("false false")?;

    first.part.signal(Signal::KILL);
    first.part.wait(SOON)?;

    agent.hear("enforcement true false")?;
    bed.wait_all(BLACK, "the cover of the second shield")
}
