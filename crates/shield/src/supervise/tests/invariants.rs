//! The invariants over random histories (more of them with `PROPTEST_CASES`).

use proptest::prelude::*;

use super::*;

fn message() -> impl Strategy<Value = AgentMessage> {
    let lease = prop_oneof![Just(0), 1..=LEASE_MS_MAX + 1];
    prop_oneof![
        1 => Just(AgentMessage::Ready { window: WINDOW }),
        2 => Just(AgentMessage::TakeInput),
        2 => Just(AgentMessage::Holding),
        2 => Just(AgentMessage::GiveBack),
        4 => (0_u64..12, lease.clone())
            .prop_map(|(seq, lease_ms)| AgentMessage::Uncover { session: SESSION, seq, lease_ms }),
        2 => (0_u64..12).prop_map(|seq| AgentMessage::Cover { seq }),
        4 => (0_u64..12, lease).prop_map(|(seq, lease_ms)| AgentMessage::Beat { seq, lease_ms }),
        1 => any::<(u16, bool)>().prop_map(|(device, is_taken)| AgentMessage::Reader { device, is_taken }),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        12 => message().prop_map(Event::Said),
        3 => any::<bool>().prop_map(Event::InputHeld),
        2 => Just(Event::Tick),
        2 => Just(Event::Started),
        1 => Just(Event::NotStarted),
        1 => any::<bool>().prop_map(|of_itself| Event::Exited { of_itself }),
        1 => prop_oneof![Just(Event::Garbled), Just(Event::Closed)],
    ]
}

/// What the world looks like to somebody who carries out the actions, without knowing the supervisor.
#[derive(Default)]
struct World {
    is_uncovered: bool,
    wants_input: bool,
    is_running: bool,
    is_starting: bool,
    highest_uncovered: Option<u64>,
}

#[expect(clippy::wildcard_enum_match_arm, reason = "of all events and actions these change the world")]
mod whatever_happens {
    use super::*;

    proptest! {
        /// The numbered invariants of the module, over any history of events, with sleep of any length in between.
        #[test]
        fn the_screen_is_uncovered_only_on_a_lease(
            history in prop::collection::vec((event(), 0_u64..6_000, prop_oneof![9 => Just(0_u64), 1 => 0_u64..10_000_000]), 1..120)
        ) {
            let mut supervisor = Supervisor::new();
            let mut world = World::default();
            let (mut boot_ms, mut awake_ms) = (0, 0);
            let events = std::iter::once((Event::Begun, 0, 0)).chain(history);
            for (event, passed_ms, slept_ms) in events {
                awake_ms += passed_ms;
                boot_ms += passed_ms + slept_ms;
                let now = Moment { boot: Duration::from_millis(boot_ms), awake: Duration::from_millis(awake_ms) };
                let lease_before = supervisor.lease_ends();
                // Only what can happen to a process happens to it.
                let event = match event {
                    Event::Started | Event::NotStarted if !world.is_starting => Event::Tick,
                    Event::Exited { .. } | Event::Said(_) | Event::Garbled | Event::Closed if !world.is_running => Event::Tick,
                    other => other,
                };
                match event {
                    Event::Started => (world.is_starting, world.is_running) = (false, true),
                    Event::NotStarted => world.is_starting = false,
                    Event::Exited { .. } => {
                        world.is_running = false;
                        world.highest_uncovered = None;
                    }
                    _ => {}
                }

                let (mut covered, mut keys_put_back) = (0, 0);
                let actions = supervisor.on(event, now);

                for action in &actions {
                    match action {
                        Action::Cover => {
                            covered += u32::from(world.is_uncovered);
                            world.is_uncovered = false;
                        }
                        Action::PutKeysBack => keys_put_back += 1,
                        Action::HoldInput => world.wants_input = true,
                        Action::ReleaseInput => world.wants_input = false,
                        Action::FreeInput => prop_assert!(!world.wants_input && !world.is_uncovered),
                        Action::Uncover => {
                            let Event::Said(AgentMessage::Uncover { seq, lease_ms, .. }) = event else {
                                return Err(TestCaseError::fail(format!("uncovered by {event:?}")));
                            };
                            // Invariant 2.
                            prop_assert!(world.highest_uncovered.is_none_or(|highest| seq > highest));
                            prop_assert!((1..=LEASE_MS_MAX).contains(&lease_ms));
                            world.highest_uncovered = Some(seq);
                            world.is_uncovered = true;
                            world.wants_input = false;
                        }
                        Action::StartAgent => {
                            prop_assert!(!world.is_running && !world.is_starting, "two agents");
                            world.is_starting = true;
                        }
                        _ => {}
                    }
                }
                // Invariant 1.
                prop_assert_eq!(world.is_uncovered, !supervisor.is_covered());
                prop_assert_eq!(world.is_uncovered, supervisor.lease_ends().is_some());
                if world.is_uncovered {
                    prop_assert!(world.is_running);
                    prop_assert!(supervisor.lease_ends() > Some(now.boot));
                    prop_assert!(supervisor.lease_ends() <= Some(now.boot + Duration::from_millis(LEASE_MS_MAX)));
                    let is_lost = matches!(event, Event::Garbled | Event::Closed | Event::Exited { .. });
                    prop_assert!(!is_lost);
                }
                if lease_before.is_some_and(|ends| ends <= now.boot) && !actions.contains(&Action::Uncover) {
                    prop_assert!(!world.is_uncovered, "the lease was over");
                }
                // Invariant 3: covered, and nobody is given the input but by InputReleased.
                if !world.is_uncovered && !world.wants_input {
                    let is_agents = matches!(supervisor.screen, Screen::Covered(Holder::Agent { .. }));
                    prop_assert!(is_agents, "nobody holds the input");
                    prop_assert!(world.is_running);
                }
                // Nobody types at a covered screen with the keys of whoever had it, also where it was covered and
                // uncovered in one step.
                prop_assert_eq!(covered, keys_put_back);
                // Invariant 4.
                if !world.is_running && !world.is_starting {
                    let next = supervisor.deadline();
                    prop_assert!(next.is_some_and(|next| next <= now.awake + RESTART_DELAY_MAX), "{next:?}");
                }
            }
        }
    }
}
