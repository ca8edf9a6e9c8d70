//! Who has the screen and the input, and how long.

use super::*;

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

/// An agent that lives and does not say that it holds the input; what comes of it in the end.
fn alive_for_three_seconds(history: &mut History) -> Vec<Action> {
    assert_eq!(history.after(1_000), []);
    history.said(AgentMessage::Beat { seq: 0, lease_ms: 0 });
    history.after(2_000)
}

#[test]
fn input_that_was_taken_from_the_agent_is_freed_for_it_at_once() {
    let mut history = History::agent_holds();

    let freed = [Action::FreeInput, Action::Say(ShieldMessage::InputReleased)];
    assert_eq!(history.said(AgentMessage::TakeInput), freed);
    assert_eq!(history.said(AgentMessage::TakeInput), freed, "and no try for it is given up meanwhile");
    assert_eq!(history.said(AgentMessage::Holding), [Action::ReleaseInput]);
}

#[test]
fn an_agent_is_helped_as_often_as_the_one_before_it() {
    let mut history = History::ready();
    for _ in 0..2 {
        history.said(AgentMessage::TakeInput);
        for _ in 0..4 {
            assert_eq!(alive_for_three_seconds(&mut history), [Action::FreeInput]);
        }
        // It ends by itself.
        assert!(history.on(GONE).contains(&Action::StartAgent));
        history.on(Event::InputHeld(true));
        history.on(Event::Started);
        history.said(AgentMessage::Ready { window: WINDOW });
    }
}

#[test]
fn an_agent_that_never_takes_the_input_is_replaced_and_the_screen_says_why() {
    let mut history = History::ready();
    history.said(AgentMessage::TakeInput);

    let mut freeings = 0;
    let actions = loop {
        let actions = alive_for_three_seconds(&mut history);
        if actions != [Action::FreeInput] {
            break actions;
        }
        freeings += 1;
        assert!(freeings < 10, "it is helped for ever");
    };

    assert_eq!(freeings, 4);
    assert!(ends_agent(&actions), "{actions:?}");
    assert!(actions.contains(&Action::Log(Word::AgentDeaf)));
    history.on(KILLED);
    assert!(history.supervisor.trouble().is_none());
    let told = history.after(3_000);
    assert!(
        told.iter()
            .any(|action| matches!(action, Action::ShowNotice(trouble) if trouble.cause == Cause::Deaf)),
        "{told:?}"
    );
}

#[test]
fn an_agent_that_takes_the_input_at_last_is_helped_as_often_the_next_time() {
    let mut history = History::ready();
    for _ in 0..3 {
        history.said(AgentMessage::TakeInput);
        for _ in 0..4 {
            assert_eq!(alive_for_three_seconds(&mut history), [Action::FreeInput]);
        }
        assert_eq!(history.said(AgentMessage::Holding), [Action::ReleaseInput]);
        history.said(AgentMessage::GiveBack);
        history.on(Event::InputHeld(true));
    }
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
