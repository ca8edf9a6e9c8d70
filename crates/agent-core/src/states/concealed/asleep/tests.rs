//! The lid closes over a session, and opens again.

use expect_test::expect;

use super::*;
use crate::{
    event::{ContactFault, Event, RecordKey},
    state::{ActiveScreen, ConcealedNotice, State},
    states::{
        concealed::tests::{asking, concealed, recording, resumed, tap, uncovering},
        ward::{
            ATTEMPT, HERS, OTHER, SESSION, active, at, badge, check, check_ignored, session_opened, warning,
        },
    },
    step::step,
};

const MINUTE: u64 = 60_000;

#[test]
fn the_lid_closes_the_screen_is_covered_and_then_the_machine_may_sleep() {
    let step = step(active().into(), Event::GoingToSleep, at(10));

    assert_eq!(step.commands[0], Command::CoverScreen);
    assert!(!step.commands.contains(&Command::AllowSleep));
    check(
        step.state,
        Event::ScreenCovered { input_held: true },
        20,
        expect![[r#"
            → Concealed(Suspend), asleep, at rest, last input 0ns, report at 60s
            AllowSleep"#]],
    );
}

#[test]
fn the_warning_gives_way_to_the_cover() {
    check(
        warning(),
        Event::GoingToSleep,
        14 * MINUTE,
        expect![[r#"
            → Concealed(Suspend), covering, awaited by sleep, at rest, last input 0ns, report at 900s
            CoverScreen
            AppendAudit(Concealed, 7, Suspend)
            TellConcealed { session: SessionId(7), cause: Suspend }
            SaveApps { session: SessionId(7), why: Concealed }
            UnwatchInput
            WithdrawNotice"#]],
    );
}

#[test]
fn a_short_sleep_leaves_the_session_hers_and_tells_the_server_at_once() {
    check(
        asleep(),
        Event::WokeUp,
        10 * MINUTE,
        expect![[r#"
            → Concealed(UserTap), at rest, last input 0ns, report at 660s
            ReportActivity { session: SessionId(7), idle: 600s }"#]],
    );
}

#[test]
fn a_sleep_past_the_limit_has_ended_it_whatever_is_told_first() {
    for event in [Event::WokeUp, Event::DeadlineReached, tap(HERS)] {
        let step = step(asleep().into(), event, at(20 * MINUTE));

        let State::SigningOut(signing_out) = step.state else { panic!("{:?}", step.state) };
        assert_eq!(signing_out.ending.cause, EndCause::Suspend);
    }
}

#[test]
fn the_absolute_limit_is_itself_when_it_is_slept_over() {
    let mut concealed = asleep();
    concealed.in_use.session.absolute_end = at(5 * MINUTE);

    let step = step(concealed.into(), Event::WokeUp, at(6 * MINUTE));

    let State::SigningOut(signing_out) = step.state else { panic!("{:?}", step.state) };
    assert_eq!(signing_out.ending.cause, EndCause::AbsoluteLimit);
}

#[test]
fn a_covered_screen_lets_the_machine_sleep_at_once_with_nothing_that_was_presented_in_memory() {
    for state in [concealed(), asking(HERS)] {
        check(
            state,
            Event::GoingToSleep,
            10,
            expect![[r#"
                → Concealed(UserTap), asleep, at rest, last input 0ns, report at 3600s
                AllowSleep"#]],
        );
    }
}

#[test]
fn an_answer_that_was_slept_over_opens_nothing() {
    check_ignored(asleep(), Event::AuditStored(RecordKey::Resumed(SESSION)), 10);
    check(
        asleep(),
        session_opened(ATTEMPT, OTHER),
        10,
        expect![[r#"
            → Concealed(UserTap), asleep, at rest, last input 0ns, report at 3600s
            EndSession { session: SessionId(8), cause: FailClosed }"#]],
    );
}

#[test]
fn a_screen_that_is_hers_again_for_server_and_record_is_covered_again_for_both_before_the_machine_sleeps() {
    for state in [recording(), uncovering()] {
        check(
            state,
            Event::GoingToSleep,
            10,
            expect![[r#"
                → Concealed(Suspend), covering, awaited by sleep, at rest, last input 0ns, report at 3600s
                CoverScreen
                AppendAudit(Concealed, 7, Suspend)
                TellConcealed { session: SessionId(7), cause: Suspend }
                SaveApps { session: SessionId(7), why: Concealed }"#]],
        );
    }
}

#[test]
fn out_of_contact_nothing_resumes_a_screen_that_she_left_for_another_as_it_was_about_to_be_hers() {
    for state in [recording(), uncovering()] {
        let mut left = left_and_slept(state);
        left.in_use.session.was_shown(badge(HERS).mark);
        left.in_use.session.grace_until = Some(at(5 * MINUTE));
        assert_eq!(left.notice, Some(ConcealedNotice::Elsewhere));

        let asked = step(left.into(), tap(HERS), at(30)).state;
        let fault = ContactFault::Unreachable;
        let unanswered = step(asked, Event::SignInUnanswered { attempt: ATTEMPT, fault }, at(40));

        assert_eq!(unanswered.commands, []);
        assert_eq!(unanswered.state.name(), "Concealed");
    }
}

#[test]
fn in_contact_she_resumes_what_she_had_left_for_another_before_it_slept_and_keeps_it() {
    for state in [recording(), uncovering()] {
        let mut now: State = left_and_slept(state).into();
        for event in [
            tap(HERS),
            resumed(),
            Event::AuditStored(RecordKey::Resumed(SESSION)),
            Event::ScreenUncovered { session: SESSION },
        ] {
            now = step(now, event, at(30)).state;
        }
        assert!(matches!(now, State::Active(_)), "{now:?}");
    }
}

#[test]
fn a_limit_that_was_slept_over_is_given_anew_once_where_it_is_told_before_the_word_that_the_machine_is_awake()
{
    let covering = Concealed { covering_since: Some(at(0)), machine: Machine::Waits, ..concealed() };

    let told = step(covering.into(), Event::DeadlineReached, at(10 * MINUTE));
    let State::Concealed(concealed) = &told.state else { panic!("{:?}", told.state) };
    assert_eq!(concealed.covering_since, Some(at(10 * MINUTE)));
    let late = step(told.state, Event::DeadlineReached, at(10 * MINUTE + 2_000));

    assert!(matches!(late.state, State::SigningOut(_)), "{:?}", late.state);
}

#[test]
fn a_session_that_ends_while_the_machine_waits_lets_it_go_when_that_is_on_record() {
    let waiting = Concealed { covering_since: None, machine: Machine::Waits, ..concealed() };

    let ended = step(waiting.into(), Event::DeadlineReached, at(15 * MINUTE));

    let State::SigningOut(signing_out) = ended.state else { panic!("{:?}", ended.state) };
    assert_eq!(signing_out.machine, Machine::Waits);
}

#[test]
fn a_screen_that_was_about_to_be_hers_is_covered_before_the_machine_sleeps() {
    let sleeping = step(uncovering().into(), Event::GoingToSleep, at(10));
    assert_eq!(sleeping.commands[0], Command::CoverScreen);

    let bared = step(sleeping.state, Event::ScreenUncovered { session: SESSION }, at(20));
    assert_eq!(bared.commands, [Command::CoverScreen]);
    let covered = step(bared.state, Event::ScreenCovered { input_held: true }, at(30));
    assert_eq!(covered.commands, [Command::AllowSleep]);
}

#[test]
fn a_machine_that_slept_without_a_word_wakes_covered_and_within_the_limits_the_session_is_kept() {
    for state in [State::from(active()), State::from(warning())] {
        let step = step(state, Event::WokeUp, at(14 * MINUTE));

        assert_eq!(step.commands[0], Command::CoverScreen);
        let State::Concealed(concealed) = step.state else { panic!("{:?}", step.state) };
        assert_eq!((concealed.cause, concealed.machine), (ConcealCause::Suspend, Machine::Awake));
    }
}

#[test]
fn a_machine_that_slept_without_a_word_past_the_limit_wakes_signed_out() {
    let active = crate::state::Active { screen: ActiveScreen::Uncovered, ..active() };

    let step = step(active.into(), Event::WokeUp, at(15 * MINUTE));

    let State::SigningOut(signing_out) = step.state else { panic!("{:?}", step.state) };
    assert_eq!((signing_out.ending.cause, signing_out.owes_cover), (EndCause::Suspend, true));
}

#[test]
fn a_cover_that_was_not_confirmed_before_the_sleep_gets_its_time_anew_and_no_more() {
    let covering = Concealed { covering_since: Some(at(0)), machine: Machine::Waits, ..concealed() };

    let woken = step(covering.into(), Event::WokeUp, at(10 * MINUTE));
    assert!(matches!(woken.state, State::Concealed(_)), "{:?}", woken.state);
    let late = step(woken.state, Event::DeadlineReached, at(10 * MINUTE + 2_000));

    assert!(matches!(late.state, State::SigningOut(_)), "{:?}", late.state);
}

/// She uncovered a screen elsewhere as this one was about to be hers, and then the lid closed and opened.
fn left_and_slept(concealed: Concealed) -> Concealed {
    let mut now = State::from(concealed);
    for event in [
        Event::CoveredElsewhere { session: SESSION },
        Event::GoingToSleep,
        Event::ScreenCovered { input_held: true },
        Event::WokeUp,
    ] {
        now = step(now, event, at(10)).state;
    }
    let State::Concealed(left) = now else { panic!("{now:?}") };
    left
}

fn asleep() -> Concealed {
    Concealed { machine: Machine::LetGo, ..concealed() }
}
