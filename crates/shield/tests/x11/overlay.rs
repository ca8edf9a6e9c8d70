//! Nothing comes above the cover, not for a moment.

use std::{process::Command, time::Instant};

use anyhow::Result;

use crate::{
    bed::{AGENT, BLACK, Bed, MARKER, SOON, Shield, agent::Agent, rude::MARKER_PIXEL},
    part::{Part, wait_for},
    x_server::Monitors,
};

/// Covered, with the agent's window up.
fn covered(monitors: Monitors) -> Result<(Bed, Shield, Agent)> {
    let bed = Bed::with(monitors)?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    agent.tell("show")?;
    agent.hear("shown")?;
    bed.witness.wait(0, Some(AGENT), "the agent's window")?;
    Ok((bed, shield, agent))
}

/// Everything is as it was: the agent's window on the first monitor, black on the others.
fn assert_covered_again(bed: &Bed) -> Result<()> {
    bed.witness.wait(0, Some(AGENT), "the agent's window")?;
    for point in 1..bed.witness.points() {
        bed.witness.wait(point, Some(BLACK), "the cover beside it")?;
    }
    Ok(())
}

#[test]
fn a_window_that_pops_up_above_all_others_is_never_seen() -> Result<()> {
    let (bed, _shield, _agent) = covered(Monitors::Two)?;
    let from = Instant::now();

    for _ in 0..20 {
        bed.rude()?.pop_up(x11rb::NONE, true)?;
        bed.witness.since(from)?;
    }

    bed.witness.assert_unseen_since(MARKER, from)?;
    assert_covered_again(&bed)
}

#[test]
fn a_window_that_raises_itself_for_ever_is_never_seen() -> Result<()> {
    let (bed, _shield, _agent) = covered(Monitors::Two)?;
    let from = Instant::now();
    let mut rude = bed.rude()?;
    let window = rude.pop_up(x11rb::NONE, true)?;

    rude.keep_raising(window);
    for _ in 0..200 {
        bed.witness.since(from)?;
    }

    assert!(rude.is_alive(), "nobody is ended for what nobody sees");
    bed.witness.assert_unseen_since(MARKER, from)?;
    assert_covered_again(&bed)
}

#[test]
fn a_monitor_that_is_plugged_in_is_never_bare() -> Result<()> {
    let (bed, _shield, _agent) = covered(Monitors::Two)?;
    let from = Instant::now();

    for _ in 0..10 {
        bed.x.set_second_monitor(false)?;
        bed.x.set_second_monitor(true)?;
        bed.witness.wait(1, Some(BLACK), "the cover on the new monitor")?;
    }

    bed.witness.assert_unseen_since(MARKER, from)?;
    let seen = bed.witness.since(from)?;
    let bare: Vec<_> = seen
        .iter()
        .filter(|seen| seen.point == 1 && seen.colour.is_some_and(|colour| colour != BLACK))
        .collect();
    assert!(bare.is_empty(), "{bare:?}");
    assert_covered_again(&bed)
}

#[test]
fn without_a_shield_anybody_can_draw_in_the_screen_saver_window() -> Result<()> {
    for monitors in [Monitors::One(1024, 768), Monitors::Two] {
        let bed = Bed::with(monitors)?;
        let rude = bed.rude()?;

        assert!(rude.show_screen_saver(0x0000_ff00)?);

        bed.witness.wait_all([0, 0xff, 0], "the screen saver")?;
        rude.end_screen_saver()?;
        bed.witness.wait_all(MARKER, "the app again")?;
    }
    Ok(())
}

#[test]
fn nobody_else_can_draw_in_the_screen_saver_window() -> Result<()> {
    let (bed, _shield, _agent) = covered(Monitors::Two)?;
    let from = Instant::now();
    let rude = bed.rude()?;

    assert!(!rude.show_screen_saver(MARKER_PIXEL)?);
    bed.witness.since(from)?;
    rude.end_screen_saver()?;

    assert_covered_again(&bed)?;
    bed.witness.assert_unseen_since(MARKER, from)
}

#[test]
fn a_screen_saver_window_that_was_taken_before_us_is_said_and_not_seen() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let rude = bed.rude()?;
    assert!(rude.show_screen_saver(MARKER_PIXEL)?);
    rude.end_screen_saver()?;

    let shield = bed.shield()?;
    let _agent = shield.ready_agent()?;
    bed.witness.wait_all(BLACK, "the cover")?;
    let from = Instant::now();
    for _ in 0..20 {
        rude.show_screen_saver(MARKER_PIXEL)?;
        bed.witness.since(from)?;
    }

    bed.witness.assert_unseen_since(MARKER, from)?;
    bed.witness.wait_all(BLACK, "the cover again")?;
    assert!(shield.part.printed().contains("another program owns the screen-saver window"));
    Ok(())
}

#[test]
fn whoever_tampers_with_the_cover_itself_sees_what_is_behind_it_which_is_black_too() -> Result<()> {
    type Tampering = fn(&crate::bed::rude::Rude, u32, u32) -> Result<()>;
    let ways: [(&str, Tampering); 9] = [
        ("the overlay shaped away", |rude, overlay, _| rude.shape_away(overlay)),
        ("the cover shaped away", |rude, _, cover| rude.shape_away(cover)),
        ("the overlay unmapped", |rude, overlay, _| rude.unmap(overlay)),
        ("the cover unmapped", |rude, _, cover| rude.unmap(cover)),
        ("the overlay lowered", |rude, overlay, _| rude.lower(overlay)),
        ("the overlay moved", |rude, overlay, _| rude.move_away(overlay)),
        ("the cover moved", |rude, _, cover| rude.move_away(cover)),
        ("the cover destroyed", |rude, _, cover| rude.destroy(cover)),
        ("the overlay emptied", |rude, overlay, _| rude.destroy_children(overlay)),
    ];
    let bed = Bed::with(Monitors::Two)?;
    let shield = bed.shield()?;
    let _agent = shield.ready_agent()?;
    bed.witness.wait_all(BLACK, "the cover")?;
    let rude = bed.rude()?;
    let overlay = rude.overlay()?;
    for (what, tamper) in ways {
        let from = Instant::now();
        let cover = wait_for("the focus on the cover", SOON, || {
            Some(rude.focused().ok()?).filter(|window| *window != bed.victim.window && *window > 1)
        })?;

        tamper(&rude, overlay, cover)?;

        bed.witness.wait_all(BLACK, what)?;
        bed.witness.assert_unseen_since(MARKER, from).inspect_err(|_| eprintln!("{what}"))?;
        // Put right: a window of a stranger's is under it.
        wait_for(what, SOON, || {
            let window = rude.pop_up(x11rb::NONE, true).ok()?;
            bed.witness.since(from).ok()?;
            let is_black = bed.witness.wait_all(BLACK, what).ok();
            rude.destroy(window).ok()?;
            is_black
        })?;
    }
    Ok(())
}

#[test]
fn a_window_put_into_the_overlay_or_the_cover_is_taken_out() -> Result<()> {
    let (bed, shield, _agent) = covered(Monitors::Two)?;
    let rude = bed.rude()?;

    for parent in [rude.overlay()?, rude.focused()?] {
        for is_override_redirect in [true, false] {
            rude.pop_up(parent, is_override_redirect)?;
            assert_covered_again(&bed)?;
        }
    }

    wait_for("the shield's word", SOON, || {
        shield.part.printed().contains("put a window where the cover is").then_some(())
    })
}

#[test]
fn the_agents_window_stays_above_the_cover_whoever_moves_it() -> Result<()> {
    let (bed, _shield, mut agent) = covered(Monitors::One(1024, 768))?;
    let window: u32 = agent.ask("window", "window ")?.parse()?;
    let rude = bed.rude()?;

    rude.reparent_to_root(window)?;
    bed.witness.wait(0, Some(AGENT), "the agent's window again")?;
    rude.lower(window)?;
    bed.witness.wait(0, Some(AGENT), "the agent's window again")?;

    // It hides and shows itself there as it did at the root.
    agent.tell("hide")?;
    agent.hear("hidden")?;
    bed.witness.wait(0, Some(BLACK), "the cover")?;
    agent.tell("show")?;
    agent.hear("shown")?;
    bed.witness.wait(0, Some(AGENT), "the agent's window")?;
    agent.take()?;
    let typist = bed.typist()?;
    typist.wait_more(20)?;
    assert!(agent.typed()? > 10);
    Ok(())
}

#[test]
fn the_agents_window_can_be_moved_and_resized_where_it_stands() -> Result<()> {
    let (bed, _shield, mut agent) = covered(Monitors::Two)?;

    agent.tell("place 1024 0 800 600")?;
    bed.witness.wait(1, Some(AGENT), "the agent's window on the other monitor")?;
    bed.witness.wait(0, Some(BLACK), "the cover where it was")?;
    agent.tell("place 0 0 1024 768")?;

    assert_covered_again(&bed)
}

#[test]
fn without_composite_it_pushes_back_and_says_that_this_is_all() -> Result<()> {
    let bed = Bed::on_server_with(Monitors::One(1024, 768), &["-extension", "Composite"])?;
    let check = bed.command().arg("--check").output()?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    agent.tell("show")?;
    agent.hear("shown")?;

    bed.victim.pop_up()?;
    bed.witness.wait(0, Some(AGENT), "the agent's window again")?;

    let words = "not enforced against programs that come above";
    assert!(String::from_utf8(check.stdout)?.contains(words));
    assert!(shield.part.printed().contains(words));
    agent.tell("hide")?;
    agent.hear("hidden")?;
    agent.uncover(1)?;
    bed.witness.wait_all(MARKER, "the app")?;
    Ok(())
}

#[test]
fn without_composite_a_window_that_fights_back_is_ended() -> Result<()> {
    let bed = Bed::on_server_with(Monitors::One(1024, 768), &["-extension", "Composite"])?;
    let shield = bed.shield()?;
    let _agent = shield.ready_agent()?;
    let mut rude = bed.rude()?;
    let window = rude.pop_up(x11rb::NONE, true)?;

    rude.keep_raising(window);

    wait_for("the end of the one who fights", SOON, || (!rude.is_alive()).then_some(()))?;
    bed.witness.wait_all(BLACK, "the cover")?;
    assert!(shield.part.printed().contains("fights for the top of the screen; ended is"));
    Ok(())
}

/// Covers and uncovers while a compositor runs, and once more when it has ended.
fn check_with_compositor<C>(start: impl FnOnce(&Bed) -> Result<C>) -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    let compositor = start(&bed)?;
    let words = "a compositor paints the screen";
    wait_for("the word about it", SOON, || shield.part.printed().contains(words).then_some(()))?;

    let typist = bed.typist()?;
    for round in 0..3 {
        agent.uncover(2 * round + 1)?;
        bed.witness.wait_all(MARKER, "the app")?;
        bed.wait_typed_arrives()?;
        agent.cover(2 * round + 2)?;
        bed.witness.wait_all(BLACK, "the cover")?;
        bed.assert_nothing_typed_arrives(&typist)?;
    }
    agent.tell("show")?;
    bed.witness.wait(0, Some(AGENT), "the agent's window")?;
    bed.victim.pop_up()?;
    bed.witness.wait(0, Some(AGENT), "the agent's window again")?;

    drop(compositor);
    wait_for("the word about its end", SOON, || {
        shield.part.printed().contains("nothing can come above the cover").then_some(())
    })?;
    bed.witness.wait(0, Some(AGENT), "the agent's window without it")?;
    let from = Instant::now();
    bed.rude()?.pop_up(x11rb::NONE, true)?;
    bed.witness.assert_unseen_since(MARKER, from)?;
    bed.witness.wait(0, Some(AGENT), "the agent's window still")?;
    Ok(())
}

#[test]
fn nobody_gets_the_overlay_by_saying_under_the_cover_that_it_composes_the_screen() -> Result<()> {
    let (bed, shield, mut agent) = covered(Monitors::Two)?;
    agent.tell("hide")?;
    agent.hear("hidden")?;
    agent.uncover(1)?;
    bed.witness.wait_all(MARKER, "the app")?;
    agent.cover(2)?;
    bed.witness.wait_all(BLACK, "the cover")?;
    let from = Instant::now();

    for _ in 0..3 {
        let rude = bed.rude()?;
        // Each of these may be the one at which it is ended.
        let _ = rude.own_selection("_NET_WM_CM_S0").and_then(|()| rude.compose_and_paint());
        wait_for("the end of the one who composes", SOON, || (!rude.is_alive()).then_some(()))?;
    }

    bed.witness.assert_unseen_since(MARKER, from)?;
    let said = shield.part.printed();
    assert!(said.contains("that it composes it; ended is"), "{said}");
    assert!(!said.contains("a compositor paints the screen"), "{said}");
    // The cover is where it was: above everybody.
    let from = Instant::now();
    bed.rude()?.pop_up(x11rb::NONE, true)?;
    bed.witness.assert_unseen_since(MARKER, from)?;
    bed.witness.wait_all(BLACK, "the cover still")?;
    Ok(())
}

#[test]
fn a_compositor_that_starts_while_a_person_has_the_screen_is_followed_and_told() -> Result<()> {
    let (bed, _shield, mut agent) = covered(Monitors::One(1024, 768))?;
    agent.tell("hide")?;
    agent.hear("hidden")?;
    agent.uncover(1)?;
    let compositor = bed.rude()?;

    compositor.own_selection("_NET_WM_CM_S0")?;
    agent.hear("enforcement false false")?;
    agent.cover(2)?;

    bed.witness.wait_all(BLACK, "the cover")?;
    assert!(compositor.is_alive());
    compositor.end()?;
    agent.hear("enforcement true true")?;
    Ok(())
}

#[test]
fn while_a_program_says_that_it_composes_the_screen_the_cover_is_where_that_paints() -> Result<()> {
    check_with_compositor(|bed| {
        let rude = bed.rude()?;
        rude.own_selection("_NET_WM_CM_S0")?;
        Ok(rude)
    })
}

#[test]
fn under_a_real_compositor_the_screen_is_covered_and_what_is_not_held_is_said() -> Result<()> {
    if Command::new("xcompmgr").arg("-h").output().is_err() {
        eprintln!("NOT RUN: xcompmgr is not installed");
        return Ok(());
    }
    check_with_compositor(|bed| {
        let mut command = Command::new("xcompmgr");
        Part::start("compositor", command.env("DISPLAY", bed.x.display()), bed.folder.path())
    })
}
