//! In a world where everything answers at once, limits hold to the instant.

use std::time::Duration;

use agent_core::{
    command::{Command, EndCause, Notice, OwedRecord},
    event::Event,
    instant::Instant,
    state::State,
};
use proptest::prelude::*;

use crate::world::{ABSOLUTE, HEARTBEAT, INACTIVITY, WARNING, World};

proptest! {
    #![proptest_config(crate::config())]

    #[test]
    fn the_session_ends_at_the_limit_after_the_last_input_and_not_an_instant_sooner(
        pauses in prop::collection::vec((0..320_000_u64, prop::bool::weighted(0.2)), 1..30)
    ) {
        let mut world = signed_in();
        let mut last_input = world.now;

        for (pause, lapses) in pauses {
            if lapses {
                // What it then grants is more than is left.
                world.server_lapses();
            }
            wait(&mut world, Duration::from_millis(pause));
            if world.now >= last_input + INACTIVITY || world.now >= world.opened_at + ABSOLUTE {
                break;
            }
            prop_assert!(world.state.session().is_some(), "signed out {:?} after the last input", world.now.since(last_input));
            world.types();
            last_input = world.now;
        }
        wait(&mut world, INACTIVITY);

        let (at, cause) = logout(&world);
        let expected = if world.opened_at + ABSOLUTE <= last_input + INACTIVITY {
            (world.opened_at + ABSOLUTE, EndCause::AbsoluteLimit)
        } else {
            (last_input + INACTIVITY, EndCause::Inactivity)
        };
        prop_assert_eq!((at, cause), expected);
    }

    #[test]
    fn the_server_hears_of_every_input_before_its_own_limit(pauses in prop::collection::vec(0..299_000_u64, 1..20)) {
        let mut world = signed_in();
        let mut input_known_to_server = world.opened_at;
        let mut told_before = 0;

        for pause in pauses {
            wait(&mut world, Duration::from_millis(pause));
            for (at, command) in &world.given[told_before..] {
                if let Command::ReportActivity { idle, .. } = command {
                    prop_assert!(*at < input_known_to_server + INACTIVITY, "the server had given up by then");
                    input_known_to_server = Instant::from_boot(at.since_boot() - *idle);
                }
            }
            told_before = world.given.len();
            world.types();
        }
    }
}

#[test]
fn the_warning_comes_its_time_before_the_limit_and_any_key_takes_it_away() {
    let mut world = signed_in();

    wait(&mut world, INACTIVITY - WARNING);
    assert!(matches!(world.state, State::InactivityWarning(_)));

    world.types();
    world.work_off_all();
    assert!(matches!(world.state, State::Active(_)));
    assert!(matches!(
        last_of(&world, "ReportActivity"),
        Command::ReportActivity { idle: Duration::ZERO, .. }
    ));
}

#[test]
fn a_key_pressed_at_the_last_moment_counts() {
    let mut world = signed_in();

    wait(&mut world, INACTIVITY - Duration::from_millis(1));
    world.types();
    wait(&mut world, WARNING);

    assert!(matches!(world.state, State::Active(_)));
}

#[test]
fn a_nurse_who_never_pauses_is_warned_once_and_signed_out_at_the_absolute_limit() {
    let mut world = signed_in();
    let opened_at = world.opened_at;

    while world.now < opened_at + ABSOLUTE {
        world.types();
        wait(&mut world, Duration::from_secs(30));
    }

    let announced: Vec<_> = world
        .given
        .iter()
        .filter_map(|(at, command)| match command {
            Command::Notify(Notice::AbsoluteLimitWarning { remaining }) => {
                Some((at.since(opened_at), *remaining))
            }
            _ => None,
        })
        .collect();
    let five_minutes = Duration::from_secs(300);
    assert_eq!(announced, [(ABSOLUTE - five_minutes, five_minutes)]);
    assert_eq!(logout(&world), (opened_at + ABSOLUTE, EndCause::AbsoluteLimit));
}

#[test]
fn a_nurse_who_types_is_asked_for_her_input_once_a_heartbeat_and_no_more() {
    let mut world = signed_in();
    let asked_before = world.given.len();

    for _ in 0..600 {
        world.types();
        wait(&mut world, Duration::from_secs(1));
    }

    let asked = world.given[asked_before..].iter().filter(|(_, c)| *c == Command::MeasureInactivity).count();
    assert_eq!(asked, 600 / usize::try_from(HEARTBEAT.as_secs()).unwrap());
}

#[test]
fn a_workstation_nobody_touches_has_nothing_to_wake_up_for() {
    let mut world = World::new(true, false);

    world.work_off_all();

    assert!(matches!(world.state, State::SignedOut(_)));
    assert_eq!(world.state.deadline(), None);
}

#[test]
fn a_session_that_lapsed_while_the_server_was_away_is_adopted_and_goes_on() {
    let mut world = signed_in();
    world.tell(Event::ServerAway(agent_core::event::ContactFault::Unreachable));
    world.server_lapses();
    for _ in 0..5 {
        world.types();
        wait(&mut world, Duration::from_secs(20));
    }

    world.tell(Event::ServerReached);
    world.work_off_all();

    assert!(matches!(last_of(&world, "AdoptSession"), Command::AdoptSession { .. }));
    assert!(matches!(last_of(&world, "StoreCredential"), Command::StoreCredential { .. }));
    let State::Active(active) = &world.state else { panic!("{:?}", world.state) };
    assert!(!active.in_use.is_lapsed);
}

fn signed_in() -> World {
    let mut world = World::new(true, false);
    world.work_off_all();
    world.submit();
    world.work_off_all();
    world.code();
    world.work_off_all();
    assert!(matches!(world.state, State::Active(_)), "{:?}", world.state);
    world
}

/// Time passes in small steps, everything answers at once.
fn wait(world: &mut World, duration: Duration) {
    let target = world.now + duration;
    while world.now < target {
        let next = world.state.deadline().map_or(target, |deadline| deadline.min(target));
        world.advance(next.since(world.now));
        world.work_off_all();
    }
}

fn logout(world: &World) -> (Instant, EndCause) {
    let logouts: Vec<_> = world
        .given
        .iter()
        .filter_map(|(at, command)| match command {
            Command::AppendAudit { owed: OwedRecord::Logout { cause, .. }, .. } => Some((*at, *cause)),
            _ => None,
        })
        .collect();
    let [logout] = logouts[..] else { panic!("not one logout: {logouts:?}") };
    logout
}

fn last_of<'w>(world: &'w World, name: &str) -> &'w Command {
    let found = world.given.iter().rev().find(|(_, command)| format!("{command:?}").starts_with(name));
    &found.unwrap_or_else(|| panic!("no {name}")).1
}
