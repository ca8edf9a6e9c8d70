//! Tables of what is decided, and the invariants over random histories (more of them with `PROPTEST_CASES`).

use proptest::prelude::*;
use shield_contract::{BEAT_COVERED_MS, LEASE_MS};

use super::*;

const SESSION: [u8; 16] = [7; 16];
const WINDOW: u32 = 42;
/// Of itself.
const GONE: Event = Event::Exited { of_itself: true };
const LEAVING_MS: u64 = LEAVING.as_millis() as u64;
/// By the shield, or by whoever else kills.
const KILLED: Event = Event::Exited { of_itself: false };

const fn at(ms: u64) -> Moment {
    let time = Duration::from_millis(ms);
    Moment { boot: time, awake: time }
}

/// A supervisor and the time, so that a test reads as a history.
struct History {
    supervisor: Supervisor,
    now_ms: u64,
}

impl History {
    fn begun() -> Self {
        let mut history = Self { supervisor: Supervisor::new(), now_ms: 1_000 };
        let actions = history.on(Event::Begun);
        assert_eq!(actions, [Action::Cover, Action::HoldInput, Action::StartAgent]);
        history
    }

    fn started() -> Self {
        let mut history = Self::begun();
        assert_eq!(history.on(Event::Enforcement(Enforcement::ALWAYS)), []);
        history.on(Event::InputHeld(true));
        history.on(Event::Started);
        history
    }

    fn ready() -> Self {
        let mut history = Self::started();
        let actions = history.said(AgentMessage::Ready { window: WINDOW });
        assert_eq!(
            actions,
            [
                Action::Log(Word::AgentReady),
                Action::KeepAbove(WINDOW),
                Action::Say(ShieldMessage::Enforcement(Enforcement::ALWAYS)),
                Action::Say(ShieldMessage::Covered { seq: 0, input_held: true }),
            ]
        );
        history
    }

    fn agent_holds() -> Self {
        let mut history = Self::ready();
        let actions = history.said(AgentMessage::TakeInput);
        assert_eq!(actions, [Action::ReleaseInput, Action::Say(ShieldMessage::InputReleased)]);
        assert_eq!(history.said(AgentMessage::Holding), []);
        history
    }

    fn uncovered() -> Self {
        let mut history = Self::ready();
        let actions = history.said(uncover(1));
        assert_eq!(
            actions,
            [
                Action::ForgetPerson,
                Action::Uncover,
                Action::Say(ShieldMessage::Uncovered { seq: 1 }),
                Action::Log(Word::UncoveredAsAsked),
            ]
        );
        history
    }

    fn on(&mut self, event: Event) -> Vec<Action> {
        self.supervisor.on(event, at(self.now_ms))
    }

    fn said(&mut self, message: AgentMessage) -> Vec<Action> {
        self.on(Event::Said(message))
    }

    fn after(&mut self, ms: u64) -> Vec<Action> {
        self.now_ms += ms;
        self.on(Event::Tick)
    }
}

const fn uncover(seq: u64) -> AgentMessage {
    AgentMessage::Uncover { session: SESSION, seq, lease_ms: LEASE_MS }
}

fn covers(actions: &[Action]) -> bool {
    let cover = actions.iter().position(|action| *action == Action::Cover);
    let hold = actions.iter().position(|action| *action == Action::HoldInput);
    cover.is_some_and(|cover| hold.is_some_and(|hold| cover < hold))
}

fn ends_agent(actions: &[Action]) -> bool {
    actions.iter().any(|action| matches!(action, Action::EndAgent { .. }))
}

#[test]
fn the_screen_is_covered_before_the_agent_is_started() {
    let history = History::begun();

    assert!(history.supervisor.is_covered());
}

#[test]
fn the_agent_is_told_what_the_cover_is_worth_and_when_that_changes() {
    let mut history = History::ready();
    let drawn = Enforcement { agent_away: false, agent_shown: false };

    let told = [Action::Say(ShieldMessage::Enforcement(drawn))];
    assert_eq!(history.on(Event::Enforcement(drawn)), told);
    assert_eq!(history.on(Event::Enforcement(drawn)), []);

    let mut unanswered = History::begun();
    unanswered.on(Event::Started);
    let actions = unanswered.said(AgentMessage::Ready { window: WINDOW });
    assert!(actions.contains(&told[0]), "nothing is claimed before the display server answered");
}

#[test]
fn covered_is_said_once_it_is_known_who_has_the_input() {
    let mut history = History::uncovered();

    let actions = history.said(AgentMessage::Cover { seq: 2 });
    assert_eq!(
        actions,
        [Action::Cover, Action::HoldInput, Action::PutKeysBack, Action::Log(Word::CoveredAsAsked)]
    );

    let covered = |input_held| [Action::Say(ShieldMessage::Covered { seq: 2, input_held })];
    assert_eq!(history.on(Event::InputHeld(false)), covered(false), "another program's menu is open");
    assert_eq!(history.on(Event::InputHeld(true)), covered(true), "it was closed");
    assert_eq!(history.on(Event::InputHeld(true)), [], "no news");
}

#[test]
fn a_cover_on_a_covered_screen_is_answered_at_once() {
    let mut history = History::ready();

    let actions = history.said(AgentMessage::Cover { seq: 1 });

    assert_eq!(actions, [Action::Say(ShieldMessage::Covered { seq: 1, input_held: true })]);
}

#[test]
fn a_cover_while_the_agent_has_the_input_does_not_take_it_away() {
    let mut history = History::agent_holds();

    let actions = history.said(AgentMessage::Cover { seq: 1 });

    assert_eq!(actions, [Action::Say(ShieldMessage::Covered { seq: 1, input_held: true })]);
}

#[test]
fn the_input_is_taken_back_before_that_is_said() {
    let mut history = History::agent_holds();

    assert_eq!(history.said(AgentMessage::GiveBack), [Action::HoldInput]);
    assert_eq!(history.on(Event::InputHeld(false)), [], "the agent's grab is still on its way out");
    assert_eq!(history.on(Event::InputHeld(true)), [Action::Say(ShieldMessage::InputTaken)]);
    assert!(history.said(uncover(1)).contains(&Action::Uncover));
}

#[test]
fn an_agent_that_is_given_the_input_and_does_not_get_it_is_helped_until_it_has_it() {
    let mut history = History::ready();
    let beat = AgentMessage::Beat { seq: 0, lease_ms: 0 };
    history.said(AgentMessage::TakeInput);

    for what in ["somebody else was quicker", "and is again"] {
        assert_eq!(history.after(1_000), []);
        assert_eq!(history.said(beat), []);
        assert_eq!(history.after(1_999), []);
        assert_eq!(history.after(1), [Action::FreeInput], "{what}");
    }
    assert_eq!(history.said(AgentMessage::Holding), [Action::ReleaseInput]);
    assert_eq!(history.after(4_000), []);
    assert_eq!(history.said(AgentMessage::Holding), [], "nothing is freed any more");
}

#[test]
fn an_agent_that_hangs_while_it_takes_the_input_is_not_helped_at_the_cost_of_others() {
    let mut history = History::ready();
    history.said(AgentMessage::TakeInput);

    assert_eq!(history.after(SILENCE_COVERED_MS - 1), []);
    assert!(ends_agent(&history.after(1)));
}

#[test]
fn a_lease_ends_to_the_millisecond_and_every_beat_renews_it() {
    let mut history = History::uncovered();

    assert_eq!(history.after(LEASE_MS - 1), []);
    assert_eq!(history.said(AgentMessage::Beat { seq: 1, lease_ms: LEASE_MS }), []);
    assert_eq!(history.after(LEASE_MS - 1), []);
    let actions = history.after(1);

    assert!(covers(&actions), "{actions:?}");
    assert!(actions.contains(&Action::Log(Word::LeaseEnded)));
}

#[test]
fn a_beat_that_comes_after_the_end_of_its_lease_renews_nothing() {
    let mut history = History::uncovered();
    history.now_ms += LEASE_MS;

    let actions = history.said(AgentMessage::Beat { seq: 1, lease_ms: LEASE_MS });

    assert!(covers(&actions), "{actions:?}");
    assert!(history.supervisor.is_covered());
}

#[test]
fn a_lease_counts_machine_sleep_and_silence_does_not() {
    let mut supervisor = History::uncovered().supervisor;
    let woken = Moment { boot: Duration::from_secs(8 * 3_600), awake: Duration::from_millis(1_001) };

    let actions = supervisor.on(Event::Tick, woken);

    assert!(covers(&actions), "{actions:?}");
    assert!(!ends_agent(&actions), "nobody beats asleep: {actions:?}");
}

#[test]
fn a_lease_that_ends_is_told_to_an_agent_that_lives() {
    let mut history = History::ready();
    history.said(AgentMessage::Uncover { session: SESSION, seq: 1, lease_ms: 100 });
    history.after(100);

    let told = history.on(Event::InputHeld(true));

    assert_eq!(told, [Action::Say(ShieldMessage::Covered { seq: 1, input_held: true })]);
}

#[test]
fn one_uncover_is_good_for_one_uncovering() {
    let mut history = History::uncovered();
    history.said(AgentMessage::Cover { seq: 2 });
    history.on(Event::InputHeld(true));

    for seq in [0, 1, 2] {
        assert_eq!(history.said(uncover(seq)), [], "seq {seq}");
    }
    assert!(history.said(uncover(3)).contains(&Action::Uncover));
}

#[test]
fn what_breaks_the_contract_covers_and_ends_the_agent() {
    let breaches: [(&str, History, Event); 11] = [
        ("garbage", History::uncovered(), Event::Garbled),
        ("end of file", History::uncovered(), Event::Closed),
        ("input asked for while uncovered", History::uncovered(), Event::Said(AgentMessage::TakeInput)),
        ("input given back while uncovered", History::uncovered(), Event::Said(AgentMessage::GiveBack)),
        ("input held while uncovered", History::uncovered(), Event::Said(AgentMessage::Holding)),
        ("uncovered twice", History::uncovered(), Event::Said(uncover(2))),
        ("uncovered while it has the input", History::agent_holds(), Event::Said(uncover(1))),
        ("uncovered before it is ready", History::started(), Event::Said(uncover(1))),
        (
            "a lease of more than the most",
            History::ready(),
            Event::Said(AgentMessage::Uncover { session: SESSION, seq: 1, lease_ms: LEASE_MS_MAX + 1 }),
        ),
        (
            "a session without an id",
            History::ready(),
            Event::Said(AgentMessage::Uncover { session: [0; 16], seq: 1, lease_ms: LEASE_MS }),
        ),
        (
            "a beat of the future",
            History::uncovered(),
            Event::Said(AgentMessage::Beat { seq: 2, lease_ms: 1 }),
        ),
    ];
    for (what, mut history, breach) in breaches {
        let was_covered = history.supervisor.is_covered();

        let actions = history.on(breach);

        assert!(ends_agent(&actions), "{what}: {actions:?}");
        assert!(was_covered || covers(&actions), "{what}: {actions:?}");
        assert!(history.supervisor.is_covered(), "{what}");
        assert_eq!(history.said(uncover(9)), [], "{what}: nothing it says counts any more");
    }
}

#[test]
fn an_agent_that_is_ended_loses_its_x_client_before_the_input_is_taken() {
    let mut history = History::agent_holds();

    let actions = history.on(Event::Garbled);

    let end = actions.iter().position(|action| *action == Action::EndAgent { window: Some(WINDOW) });
    let hold = actions.iter().position(|action| *action == Action::HoldInput);
    assert!(end.is_some() && end < hold, "{actions:?}");
}

#[test]
fn an_agent_that_is_silent_too_long_is_ended() {
    for (what, mut history, patience_ms) in [
        ("covered", History::ready(), SILENCE_COVERED_MS),
        ("covered, agent holds", History::agent_holds(), SILENCE_COVERED_MS),
        ("uncovered", History::uncovered(), SILENCE_UNCOVERED_MS),
    ] {
        assert!(!ends_agent(&history.after(patience_ms - 1)), "{what}");
        assert!(ends_agent(&history.after(1)), "{what}");
    }
}

#[test]
fn an_agent_that_beats_is_left_alone_and_its_input_looked_at() {
    let mut history = History::agent_holds();
    for _ in 0..1_000 {
        assert_eq!(history.after(BEAT_COVERED_MS), []);
        assert_eq!(history.said(AgentMessage::Beat { seq: 0, lease_ms: 0 }), [Action::LookAtInput]);
    }
}

#[test]
fn an_agent_that_is_never_ready_is_ended() {
    let mut history = History::started();

    assert!(!ends_agent(&history.after(START_MS - 1)));
    assert!(ends_agent(&history.after(1)));
}

#[test]
fn an_agent_that_dies_is_started_again_at_once_and_covered() {
    for (what, mut history) in [
        ("raw", History::started()),
        ("ready", History::ready()),
        ("holding", History::agent_holds()),
        ("uncovered", History::uncovered()),
    ] {
        let was_covered = history.supervisor.is_covered();

        let actions = history.on(GONE);

        assert!(actions.contains(&Action::StartAgent), "{what}: {actions:?}");
        assert!(was_covered || covers(&actions), "{what}: {actions:?}");
        assert!(history.supervisor.is_covered(), "{what}");
    }
}

#[test]
fn an_agent_that_took_the_input_with_it_leaves_it_to_the_shield() {
    let mut history = History::agent_holds();

    assert!(history.on(GONE).contains(&Action::HoldInput));
}

#[test]
fn an_agent_that_keeps_failing_is_started_ever_later_and_for_ever() {
    let mut history = History::begun();
    let mut delays_ms = Vec::new();
    for _ in 0..12 {
        history.on(Event::Started);
        let actions = history.on(GONE);
        let mut delay_ms = 0;
        let mut is_started = actions.contains(&Action::StartAgent);
        while !is_started {
            delay_ms += 50;
            is_started = history.after(50).contains(&Action::StartAgent);
        }
        delays_ms.push(delay_ms);
    }

    assert_eq!(delays_ms, [0, 250, 500, 1_000, 2_000, 3_000, 3_000, 3_000, 3_000, 3_000, 3_000, 3_000]);
}

#[test]
fn an_agent_that_was_usable_for_a_while_is_started_again_at_once() {
    let mut history = History::started();
    for _ in 0..5 {
        history.said(AgentMessage::Ready { window: WINDOW });
        history.after(u64::try_from(FAILURES_FORGOTTEN_AFTER.as_millis()).unwrap_or(u64::MAX));

        let actions = history.on(GONE);

        assert!(actions.contains(&Action::StartAgent), "{actions:?}");
        history.on(Event::Started);
    }
}

#[test]
fn an_agent_that_cannot_be_started_is_tried_again() {
    let mut history = History::begun();

    assert_eq!(history.on(Event::NotStarted), [Action::Log(Word::AgentNotStarted)]);
    assert_eq!(history.after(249), []);
    assert_eq!(history.after(1), [Action::StartAgent]);
}

#[test]
fn words_are_shown_after_three_seconds_without_an_agent_and_go_when_it_is_ready() {
    let mut history = History::started();

    assert_eq!(history.after(2_999), []);
    let trouble = Trouble { cause: Cause::Starting, is_lasting: false, since: at(1_000).awake };
    assert_eq!(history.after(1), [Action::ShowNotice(trouble)]);
    assert_eq!(history.after(1_000), [], "once");
    assert!(history.said(AgentMessage::Ready { window: WINDOW }).contains(&Action::HideNotice));
}

#[test]
fn words_are_shown_too_while_an_agent_takes_long_to_die() {
    let mut history = History::ready();
    assert!(ends_agent(&history.on(Event::Garbled)));

    assert_eq!(history.supervisor.deadline(), Some(at(history.now_ms).awake + NOTICE_AFTER));
    assert_eq!(history.after(2_999), []);
    let trouble = Trouble { cause: Cause::ContractBroken, is_lasting: false, since: at(1_000).awake };
    assert_eq!(history.after(1), [Action::ShowNotice(trouble)]);
    assert_eq!(history.after(60_000), [], "once");
}

fn shown(actions: &[Action]) -> Option<Trouble> {
    actions
        .iter()
        .find_map(|action| if let Action::ShowNotice(trouble) = action { Some(*trouble) } else { None })
}

#[test]
fn an_agent_that_closes_its_end_before_it_is_ready_may_end_by_itself_and_is_ended_if_it_does_not() {
    let mut history = History::started();

    assert!(!ends_agent(&history.on(Event::Closed)));
    assert!(!ends_agent(&history.after(LEAVING_MS - 1)));
    assert_eq!(history.said(AgentMessage::Ready { window: WINDOW }), [], "nothing it says counts");
    assert_eq!(history.supervisor.deadline(), Some(Duration::from_millis(history.now_ms + 1)));
    assert!(ends_agent(&history.after(1)));
}

#[test]
fn three_failures_in_a_minute_are_told_at_once_with_their_cause() {
    type Fail = fn(&mut History) -> Vec<Action>;
    let causes: [(&str, Fail, Cause); 7] = [
        ("not started", |history| history.on(Event::NotStarted), Cause::NotStarted),
        (
            "never ready",
            |history| {
                history.on(Event::Started);
                history.after(START_MS);
                history.on(GONE)
            },
            Cause::NeverReady,
        ),
        (
            "silent",
            |history| {
                history.on(Event::Started);
                history.said(AgentMessage::Ready { window: WINDOW });
                history.after(SILENCE_COVERED_MS);
                history.on(KILLED)
            },
            Cause::Silent,
        ),
        (
            "a breach",
            |history| {
                history.on(Event::Started);
                history.on(Event::Garbled);
                history.on(KILLED)
            },
            Cause::ContractBroken,
        ),
        (
            "closed",
            |history| {
                history.on(Event::Started);
                history.on(Event::Closed);
                history.after(LEAVING_MS);
                history.on(KILLED)
            },
            Cause::Closed,
        ),
        (
            "closed by its end",
            |history| {
                history.on(Event::Started);
                history.on(Event::Closed);
                history.on(GONE)
            },
            Cause::Gone,
        ),
        (
            "gone",
            |history| {
                history.on(Event::Started);
                history.on(GONE)
            },
            Cause::Gone,
        ),
    ];
    for (what, fail, cause) in causes {
        let mut history = History::begun();
        let mut told = None;
        for _ in 0..3 {
            told = shown(&fail(&mut history));
            while !history.after(50).contains(&Action::StartAgent)
                && history.supervisor.agent != Agent::Starting
            {}
        }

        assert_eq!(told.map(|told| (told.cause, told.is_lasting)), Some((cause, true)), "{what}");
    }
}

#[test]
fn an_agent_that_is_usable_again_takes_the_words_away_and_a_single_failure_later_is_no_lasting_one() {
    let mut history = History::started();
    for _ in 0..3 {
        history.on(GONE);
        history.after(3_000);
        history.on(Event::Started);
    }
    assert!(history.supervisor.trouble().is_some_and(|trouble| trouble.is_lasting));

    assert!(history.said(AgentMessage::Ready { window: WINDOW }).contains(&Action::HideNotice));
    assert_eq!(history.supervisor.trouble(), None);
    for _ in 0..20 {
        history.after(6_000);
        history.said(AgentMessage::Beat { seq: 0, lease_ms: 0 });
    }

    assert_eq!(shown(&history.on(GONE)), None);
    history.on(Event::Started);
    let later = history.after(3_000);
    assert_eq!(shown(&later).map(|trouble| trouble.is_lasting), Some(false));
}

#[test]
fn what_a_person_left_on_the_display_goes_before_the_next_one_sees_it() {
    let mut history = History::uncovered();
    let resumed = |history: &mut History, session, seq| {
        history.said(AgentMessage::Cover { seq: seq - 1 });
        history.on(Event::InputHeld(true));
        history.said(AgentMessage::Uncover { session, seq, lease_ms: LEASE_MS })
    };

    assert!(!resumed(&mut history, SESSION, 3).contains(&Action::ForgetPerson), "she came back");
    let next = resumed(&mut history, [8; 16], 5);

    let forget = next.iter().position(|action| *action == Action::ForgetPerson);
    let uncover = next.iter().position(|action| *action == Action::Uncover);
    assert!(forget.is_some() && forget < uncover, "{next:?}");
}

#[test]
fn asked_to_end_covers_lets_the_agent_end_and_leaves() {
    let mut history = History::uncovered();

    let actions = history.on(Event::EndAsked);

    assert!(covers(&actions), "{actions:?}");
    assert!(actions.contains(&Action::AskAgentToEnd));
    history.on(Event::InputHeld(true));
    assert_eq!(history.said(uncover(2)), [], "too late");
    assert!(history.on(GONE).contains(&Action::Exit));
}

#[test]
fn asked_to_end_waits_for_last_words_only_so_long() {
    let mut history = History::ready();
    history.on(Event::EndAsked);

    // It may have the apps of a session save: it lives and says so.
    for _ in 0..14 {
        assert_eq!(history.after(1_000), []);
        history.said(AgentMessage::Beat { seq: 0, lease_ms: 0 });
    }
    assert_eq!(history.after(999), []);
    assert!(ends_agent(&history.after(1)));
    assert_eq!(history.after(60_000), [], "killed once");
    assert!(history.on(GONE).contains(&Action::Exit));
}

#[test]
fn asked_to_end_without_an_agent_leaves_at_once() {
    let mut history = History::begun();
    history.on(Event::NotStarted);

    assert_eq!(history.on(Event::EndAsked), [Action::Log(Word::Ending), Action::Exit]);
}

#[test]
fn asked_to_end_leaves_when_the_agent_then_cannot_be_started() {
    let mut history = History::begun();

    assert_eq!(history.on(Event::EndAsked), [Action::Log(Word::Ending), Action::AskAgentToEnd]);
    assert_eq!(history.on(Event::NotStarted), [Action::Log(Word::AgentNotStarted), Action::Exit]);
}

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

                let was_uncovered = world.is_uncovered;
                let actions = supervisor.on(event, now);

                for action in &actions {
                    match action {
                        Action::Cover => world.is_uncovered = false,
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
                // Nobody types at a covered screen with the keys of whoever had it.
                prop_assert_eq!(was_uncovered && !world.is_uncovered, actions.contains(&Action::PutKeysBack));
                // Invariant 4.
                if !world.is_running && !world.is_starting {
                    let next = supervisor.deadline();
                    prop_assert!(next.is_some_and(|next| next <= now.awake + RESTART_DELAY_MAX), "{next:?}");
                }
            }
        }
    }
}
