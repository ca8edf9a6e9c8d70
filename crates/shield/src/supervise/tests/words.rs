//! What is told on the cover where no agent is usable.

use super::*;

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
