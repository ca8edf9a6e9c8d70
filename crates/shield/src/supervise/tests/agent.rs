//! An agent that is silent, ends, or cannot be started, and its last words.

use super::*;

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
fn an_agent_that_closes_its_end_before_it_is_ready_may_end_by_itself_and_is_ended_if_it_does_not() {
    let mut history = History::started();

    assert!(!ends_agent(&history.on(Event::Closed)));
    assert!(!ends_agent(&history.after(LEAVING_MS - 1)));
    assert_eq!(history.said(AgentMessage::Ready { window: WINDOW }), [], "nothing it says counts");
    assert_eq!(history.supervisor.deadline(), Some(Duration::from_millis(history.now_ms + 1)));
    assert!(ends_agent(&history.after(1)));
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
