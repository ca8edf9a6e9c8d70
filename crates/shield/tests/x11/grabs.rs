//! Programs that keep keyboard or pointer for themselves: the screen is black at once, and the input ours soon.

use anyhow::Result;
use x11rb::{
    connection::Connection as _,
    protocol::{
        Event,
        xproto::{ConnectionExt as _, EventMask, GrabMode},
    },
};

use crate::{
    bed::{BLACK, Bed, MARKER, SOON, Shield, agent::Agent, rude::Rude},
    part::wait_for,
    x_server::Monitors,
};

/// The first pair of masters, and the keyboard of Xvfb itself.
const MASTER_POINTER: u16 = 2;
const MASTER_KEYBOARD: u16 = 3;

fn uncovered() -> Result<(Bed, Shield, Agent)> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    agent.uncover(1)?;
    bed.witness.wait_all(MARKER, "the app")?;
    Ok((bed, shield, agent))
}

/// Covers although somebody has the input, and looks that it is ours in the end and nothing typed then leaks.
fn assert_taken(bed: &Bed, agent: &mut Agent) -> Result<()> {
    agent.tell("quiet")?;
    agent.tell("cover 2")?;
    let covered = agent.hear("covered 2 false")?;
    agent.tell("beating 2 0 500")?;
    bed.witness.wait_all(BLACK, "the cover")?;
    agent.hear("covered 2 true")?;
    bed.witness.assert_unseen_since(MARKER, covered)?;
    let typist = bed.typist()?;
    bed.assert_nothing_typed_arrives(&typist)
}

/// A program with a window that no window manager touches, as a menu has.
fn with_a_menu(bed: &Bed) -> Result<Rude> {
    let rude = bed.rude()?;
    rude.pop_up(x11rb::NONE, true)?;
    Ok(rude)
}

#[test]
fn a_menu_that_closes_with_escape_is_closed_and_its_program_lives() -> Result<()> {
    let (bed, shield, mut agent) = uncovered()?;
    let rude = with_a_menu(&bed)?;
    assert!(rude.grab_keyboard()? && rude.grab_pointer()?);
    let menu = std::thread::scope(|scope| -> Result<()> {
        let menu = scope.spawn(|| -> Result<()> {
            // 9 is Escape on every keyboard of these servers.
            while !matches!(rude.connection().wait_for_event()?, Event::KeyPress(key) if key.detail == 9) {}
            rude.ungrab()
        });
        assert_taken(&bed, &mut agent)?;
        menu.join().unwrap()
    });
    menu?;

    assert!(rude.is_alive());
    let said = shield.part.printed();
    assert!(said.contains("Escape is pressed for it") && !said.contains("ended is"), "{said}");
    Ok(())
}

#[test]
fn a_full_screen_program_that_lets_go_without_the_focus_lives() -> Result<()> {
    let (bed, shield, mut agent) = uncovered()?;
    let rude = bed.rude()?;
    let window = rude.pop_up(x11rb::NONE, true)?;
    let watched = x11rb::protocol::xproto::ChangeWindowAttributesAux::new();
    let watched = watched.event_mask(EventMask::FOCUS_CHANGE);
    rude.connection().change_window_attributes(window, &watched)?;
    bed.victim.focus(window)?;
    assert!(rude.grab_keyboard()?);
    std::thread::scope(|scope| -> Result<()> {
        let program = scope.spawn(|| -> Result<()> {
            // The grab itself is told by events of the kind `Grab`.
            while !matches!(rude.connection().wait_for_event()?, Event::FocusOut(out)
                if out.mode == x11rb::protocol::xproto::NotifyMode::WHILE_GRABBED)
            {}
            rude.ungrab()
        });
        assert_taken(&bed, &mut agent)?;
        program.join().unwrap()
    })?;

    assert!(rude.is_alive());
    assert!(!shield.part.printed().contains("ended is"));
    Ok(())
}

#[test]
fn whoever_keeps_the_input_is_ended() -> Result<()> {
    type Grab = fn(&Rude) -> Result<bool>;
    let ways: [(&str, Grab); 5] = [
        ("the keyboard", |rude| rude.grab_keyboard()),
        ("the pointer", |rude| rude.grab_pointer()),
        ("both", |rude| Ok(rude.grab_keyboard()? && rude.grab_pointer()?)),
        ("the keyboard by XInput 2", |rude| rude.grab_device(MASTER_KEYBOARD)),
        ("the pointer by XInput 2", |rude| rude.grab_device(MASTER_POINTER)),
    ];
    for (what, grab) in ways {
        let (bed, shield, mut agent) = uncovered()?;
        let rude = with_a_menu(&bed)?;
        assert!(grab(&rude)?, "{what}");

        assert_taken(&bed, &mut agent).inspect_err(|_| eprintln!("{what}"))?;

        assert!(!rude.is_alive(), "{what}");
        assert!(bed.victim.keys().is_ok(), "{what}: the app lives");
        let said = shield.part.printed();
        assert!(said.contains("it shows a window above the others"), "{what}: {said}");
    }
    Ok(())
}

#[test]
fn a_program_that_grabs_again_at_once_is_ended() -> Result<()> {
    let (bed, _shield, mut agent) = uncovered()?;
    let mut rude = with_a_menu(&bed)?;
    assert!(rude.grab_keyboard()?);
    let root = rude.connection_root();
    rude.keep_doing(move |conn| {
        let mode = GrabMode::ASYNC;
        let _ = conn.ungrab_keyboard(x11rb::CURRENT_TIME);
        conn.grab_keyboard(true, root, x11rb::CURRENT_TIME, mode, mode).is_ok_and(|grab| grab.reply().is_ok())
    });

    agent.tell("quiet")?;
    agent.tell("cover 2")?;
    agent.hear("covered 2 true")?;

    let typist = bed.typist()?;
    bed.assert_nothing_typed_arrives(&typist)
}

#[test]
fn a_program_without_a_window_is_found_and_ended() -> Result<()> {
    let (bed, _shield, mut agent) = uncovered()?;
    let rude = bed.rude()?;
    assert!(rude.grab_keyboard()?);

    agent.tell("quiet")?;
    agent.tell("cover 2")?;
    agent.hear("covered 2 false")?;
    agent.hear("covered 2 true")?;

    assert!(!rude.is_alive());
    Ok(())
}

#[test]
fn keys_that_a_program_grabs_when_they_are_pressed_are_ours_while_covered() -> Result<()> {
    let (bed, _shield, mut agent) = uncovered()?;
    let rude = with_a_menu(&bed)?;
    rude.grab_passively()?;
    let typist = bed.typist()?;
    typist.wait_more(5)?;

    agent.cover(2)?;
    while rude.connection().poll_for_event()?.is_some() {}
    typist.wait_more(50)?;

    let mut leaked = 0;
    while let Some(event) = rude.connection().poll_for_event()? {
        leaked += u32::from(matches!(event, Event::KeyPress(_)));
    }
    assert_eq!(leaked, 0);
    Ok(())
}

#[test]
fn a_keyboard_that_a_program_took_for_itself_is_taken_back() -> Result<()> {
    let (bed, _shield, mut agent) = uncovered()?;
    let rude = with_a_menu(&bed)?;
    let keyboard = bed.device("Xvfb keyboard")?;
    assert!(rude.grab_device(keyboard)?);

    agent.tell("quiet")?;
    agent.tell("cover 2")?;
    agent.hear("covered 2 false")?;
    agent.hear("covered 2 true")?;

    assert!(!rude.is_alive());
    wait_for("the keyboard where it was", SOON, || {
        bed.attached().ok()?.contains("Xvfb keyboard").then_some(())
    })
}

#[test]
fn that_the_input_was_lost_while_it_was_held_is_told() -> Result<()> {
    let (bed, _shield, mut agent) = uncovered()?;
    agent.cover(2)?;
    let rude = with_a_menu(&bed)?;
    assert!(rude.grab_device(bed.device("Xvfb keyboard")?)?);
    // Only now does the X server tell of a change.
    bed.xinput(&["create-master", "second"])?;

    agent.hear("covered 2 false")?;
    agent.hear("covered 2 true")?;

    assert!(!rude.is_alive());
    Ok(())
}

#[test]
fn a_reader_that_the_agent_took_for_itself_is_left_to_it() -> Result<()> {
    let (bed, shield, mut agent) = uncovered()?;
    let bystander = with_a_menu(&bed)?;
    let reader = bed.device("Xvfb keyboard")?;
    agent.tell(&format!("reader {reader} true"))?;
    assert_eq!(agent.ask(&format!("take-device {reader}"), "device ")?, "true");

    agent.tell("quiet")?;
    agent.cover(2)?;
    agent.uncover(3)?;
    agent.cover(4)?;

    assert!(bystander.is_alive());
    let said = shield.part.printed();
    assert!(!said.contains("are detached from it meanwhile") && !said.contains("ended is"), "{said}");
    Ok(())
}

#[test]
fn a_device_that_an_agent_had_is_taken_back_from_whoever_has_it_after_that_agent() -> Result<()> {
    let (bed, shield, mut agent) = uncovered()?;
    let reader = bed.device("Xvfb keyboard")?;
    agent.tell(&format!("reader {reader} true"))?;
    agent.tell("close")?;
    let mut next = shield.ready_agent()?;
    next.uncover(1)?;
    let rude = with_a_menu(&bed)?;
    assert!(rude.grab_device(reader)?);

    next.tell("quiet")?;
    next.tell("cover 2")?;
    next.hear("covered 2 false")?;
    next.hear("covered 2 true")?;

    assert!(!rude.is_alive());
    Ok(())
}

#[test]
fn a_second_cursor_and_focus_is_removed() -> Result<()> {
    let (bed, _shield, mut agent) = uncovered()?;
    bed.xinput(&["create-master", "second"])?;
    bed.xinput(&["reattach", "Xvfb keyboard", "second keyboard"])?;
    assert!(bed.xinput(&["list"])?.contains("second keyboard"));

    agent.cover(2)?;

    wait_for("one pair of masters", SOON, || {
        let list = bed.xinput(&["list"]).ok()?;
        (!list.contains("second keyboard") && bed.attached().ok()?.contains("Xvfb keyboard")).then_some(())
    })
}

#[test]
fn what_is_typed_while_a_program_keeps_the_keyboard_reaches_it_no_more() -> Result<()> {
    let (bed, shield, mut agent) = uncovered()?;
    let before = bed.attached()?;
    let rude = with_a_menu(&bed)?;
    assert!(rude.grab_keyboard()?);

    agent.tell("quiet")?;
    agent.tell("cover 2")?;
    agent.hear("covered 2 false")?;
    wait_for("the keyboards detached", SOON, || {
        shield.part.printed().contains("are detached from it meanwhile").then_some(())
    })?;
    agent.hear("covered 2 true")?;

    wait_for("the keyboards where they were", SOON, || (bed.attached().ok()? == before).then_some(()))?;
    assert!(shield.part.printed().contains("2 keyboards and mice are attached again"));
    Ok(())
}

#[test]
fn keyboards_that_a_killed_shield_left_detached_are_attached_by_the_next() -> Result<()> {
    let (bed, mut shield, mut agent) = uncovered()?;
    let before = bed.attached()?;
    let rude = with_a_menu(&bed)?;
    assert!(rude.grab_keyboard()?);
    agent.tell("quiet")?;
    agent.tell("cover 2")?;
    wait_for("the keyboards detached", SOON, || (bed.attached().ok()? != before).then_some(()))?;
    shield.part.signal(rustix::process::Signal::KILL);
    shield.part.wait(SOON)?;
    drop(rude);
    assert_ne!(bed.attached()?, before);

    let next = bed.shield()?;
    let _agent = next.ready_agent()?;

    wait_for("the keyboards where they were", SOON, || (bed.attached().ok()? == before).then_some(()))
}

#[test]
fn whoever_is_quicker_than_the_agent_when_the_input_changes_hands_loses_it() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    agent.tell("show")?;
    let rude = with_a_menu(&bed)?;
    agent.tell("take")?;
    agent.hear("released")?;
    // Slower than any agent, which tries each millisecond.
    assert!(rude.grab_keyboard()?);
    agent.tell("grab")?;

    agent.hear("grabbed")?;
    agent.tell("holding")?;

    let typist = bed.typist()?;
    typist.wait_more(10)?;
    assert!(agent.typed()? > 5);
    assert!(shield.part.printed().contains("took keyboard or pointer before the agent"));
    Ok(())
}
