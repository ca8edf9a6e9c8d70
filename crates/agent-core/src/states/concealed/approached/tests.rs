//! Who types at a covered screen, and who could watch.

use expect_test::expect;

use super::*;
use crate::{
    apps::CloseHow,
    event::{Event, FactorWanted, RecordKey},
    state::State,
    states::{
        concealed::tests::{asking, concealed, recording, tap, uncovering},
        ward::{ATTEMPT, HERS, HIS, OTHER, SESSION, at, badge, check, check_ignored, secret, wants},
    },
    step::step,
};

const MINUTE: u64 = 60_000;

#[test]
fn the_first_touch_of_a_covered_screen_freezes_her_apps_and_a_second_one_only_keeps_them_so() {
    let touched = step(concealed().into(), Event::Approached, at(MINUTE));
    assert_eq!(touched.commands, [Command::FreezeApps { session: SESSION }]);

    check(
        touched.state,
        Event::Approached,
        MINUTE + 30_000,
        expect!["→ Concealed(UserTap), apps frozen, at rest, last input 0ns, report at 3600s"],
    );
}

#[test]
fn a_minute_after_the_last_touch_they_go_on() {
    let frozen = Concealed { apps: AppsUnderCover::Frozen { until: at(MINUTE) }, ..concealed() };
    assert_eq!(frozen.deadline(), at(MINUTE));

    check(
        frozen,
        Event::DeadlineReached,
        MINUTE,
        expect![[r#"
            → Concealed(UserTap), at rest, last input 0ns, report at 3600s
            RunApps { session: SessionId(7), why: LeftAlone }"#]],
    );
}

#[test]
fn they_stay_frozen_as_long_as_something_is_asked_that_may_be_typed() {
    let mut colleague = step(concealed().into(), tap(HIS), at(0)).state;
    let State::Concealed(concealed) = &mut colleague else { panic!("{colleague:?}") };
    concealed.apps = AppsUnderCover::Frozen { until: at(1_000) };

    let later = step(colleague, Event::DeadlineReached, at(1_000));

    assert!(
        !later.commands.iter().any(|command| matches!(command, Command::RunApps { .. })),
        "{:?}",
        later.commands
    );
    let State::Concealed(concealed) = later.state else { panic!("{:?}", later.state) };
    assert_eq!(concealed.apps, AppsUnderCover::Frozen { until: at(1_000 + MINUTE) });
}

#[test]
fn they_go_on_when_the_screen_is_hers_again() {
    let frozen = Concealed { apps: AppsUnderCover::Frozen { until: at(MINUTE) }, ..uncovering() };

    let hers = step(frozen.into(), Event::ScreenUncovered { session: SESSION }, at(10));

    assert!(matches!(hers.state, State::Active(_)), "{:?}", hers.state);
    assert_eq!(
        hers.commands.first(),
        Some(&Command::RunApps { session: SESSION, why: RunReason::Uncovered })
    );
}

#[test]
fn a_touch_while_it_is_known_to_be_she_freezes_nothing() {
    check_ignored(recording(), Event::Approached, 10);
    check_ignored(uncovering(), Event::Approached, 10);
}

#[test]
fn a_touch_is_nobodys_activity() {
    let before = asking(HERS);

    let touched = step(before.clone().into(), Event::Approached, at(MINUTE));

    let State::Concealed(after) = touched.state else { panic!("{:?}", touched.state) };
    assert_eq!(after.in_use, before.in_use);
}

#[test]
fn where_they_cannot_be_frozen_while_somebody_is_there_her_session_ends_and_nothing_is_asked() {
    for before in [concealed(), asking(HERS), asking(HIS)] {
        let touched = step(before.into(), Event::Approached, at(MINUTE));

        let over = step(touched.state, Event::AppsNotFrozen { session: SESSION }, at(MINUTE + 1_000));
        let State::SigningOut(signing_out) = &over.state else { panic!("{:?}", over.state) };
        assert_eq!(signing_out.ending.cause, EndCause::FailClosed);

        let on_disk = step(over.state, Event::AuditStored(RecordKey::Logout(SESSION)), at(MINUTE + 1_000));
        assert!(
            on_disk.commands.contains(&Command::CloseApps { session: SESSION, how: CloseHow::Asked }),
            "{:?}",
            on_disk.commands
        );
    }
}

#[test]
fn that_they_are_not_frozen_ends_nothing_where_they_may_run() {
    check_ignored(concealed(), Event::AppsNotFrozen { session: SESSION }, MINUTE);
    let frozen = Concealed { apps: AppsUnderCover::Frozen { until: at(2 * MINUTE) }, ..concealed() };
    check_ignored(frozen.clone(), Event::AppsNotFrozen { session: OTHER }, MINUTE);
    check_ignored(frozen, Event::AppsNotThawed { session: SESSION }, MINUTE);
}

#[test]
fn where_they_were_not_frozen_while_she_came_back_they_are_at_the_first_touch_after_a_sleep() {
    for before in [recording(), uncovering()] {
        let frozen = Concealed { apps: AppsUnderCover::Frozen { until: at(2 * MINUTE) }, ..before };
        let told = step(frozen.into(), Event::AppsNotFrozen { session: SESSION }, at(MINUTE));
        assert!(matches!(told.state, State::Concealed(_)), "{:?}", told.state);
        assert_eq!(told.commands, []);

        let slept = step(told.state, Event::GoingToSleep, at(MINUTE)).state;
        let touched = step(slept, Event::Approached, at(MINUTE));

        assert_eq!(touched.commands, [Command::FreezeApps { session: SESSION }]);
    }
}

#[test]
fn a_session_whose_apps_are_frozen_ends_like_any_other() {
    let frozen = Concealed { apps: AppsUnderCover::Frozen { until: at(16 * MINUTE) }, ..concealed() };

    let over = step(frozen.into(), Event::DeadlineReached, at(15 * MINUTE));
    let on_disk = step(over.state, Event::AuditStored(RecordKey::Logout(SESSION)), at(15 * MINUTE));

    assert_eq!(on_disk.commands, [Command::CloseApps { session: SESSION, how: CloseHow::Asked }]);
}

#[test]
fn apps_that_heard_somebody_elses_password_are_not_let_run_when_he_has_gone() {
    for typed in somebody_elses_secrets() {
        let touched = step(concealed().into(), Event::Approached, at(0)).state;
        let typed = step(touched, typed, at(10)).state;
        let given_up = step(typed, Event::SignInCancelled, at(20)).state;

        let alone = step(given_up, Event::DeadlineReached, at(2 * MINUTE));

        assert!(!wakes(&alone.commands), "{:?}", alone.commands);
    }
}

fn somebody_elses_secrets() -> [Event; 2] {
    let name = || "john".to_owned();
    [
        Event::SignInSubmitted { attempt: ATTEMPT, name: name(), password: secret() },
        Event::LossReported { attempt: ATTEMPT, name: name(), password: secret() },
    ]
}

/// Whether any of them would go on, and read what waits for it.
fn wakes(commands: &[Command]) -> bool {
    commands.iter().any(|command| matches!(command, Command::RunApps { .. } | Command::SaveApps { .. }))
}

#[test]
fn what_somebody_else_typed_outlasts_each_end_of_his_try_and_a_sleep() {
    let State::Concealed(hers) = overheard() else { panic!("covered") };

    for then in [Event::SignInCancelled, Event::GoingToSleep, Event::CoveredElsewhere { session: SESSION }] {
        let after = step(hers.clone().into(), then, at(MINUTE)).state;
        let touched = step(after, Event::Approached, at(2 * MINUTE)).state;
        let alone = step(touched, Event::DeadlineReached, at(10 * MINUTE));
        assert!(!wakes(&alone.commands), "{:?}", alone.commands);
        assert_ends_unwoken(alone.state);
    }
}

#[test]
fn a_badge_and_a_one_time_code_are_worth_nothing_to_them_and_a_password_and_a_pin_are() {
    for (factor, typed, is_worth) in [
        (FactorWanted::Totp, Event::CodeSubmitted { attempt: ATTEMPT, code: secret() }, false),
        (FactorWanted::Password, Event::PasswordSubmitted { attempt: ATTEMPT, password: secret() }, true),
        (FactorWanted::Pin, Event::PinSubmitted { attempt: ATTEMPT, pin: secret() }, true),
    ] {
        let touched = step(concealed().into(), Event::Approached, at(0)).state;
        let State::Concealed(hers) = touched else { panic!("covered") };
        let his = hers.take_over_by_badge(ATTEMPT, badge(HIS), at(0)).state;
        let asked = step(his, wants(factor), at(10)).state;
        let typed = step(asked, typed, at(20)).state;
        let given_up = step(typed, Event::SignInCancelled, at(30)).state;

        let alone = step(given_up, Event::DeadlineReached, at(2 * MINUTE));

        assert_eq!(wakes(&alone.commands), !is_worth, "{factor:?}: {:?}", alone.commands);
    }
}

#[test]
fn a_password_that_comes_as_her_session_ends_was_typed_all_the_same() {
    for typed in somebody_elses_secrets() {
        let touched = step(concealed().into(), Event::Approached, at(15 * MINUTE - 1)).state;

        let over = step(touched, typed, at(15 * MINUTE)).state;

        assert_eq!(closed(over), CloseHow::Unwoken);
    }
}

#[test]
fn those_that_run_as_somebody_elses_password_comes_are_frozen_at_once() {
    let [typed, _] = somebody_elses_secrets();

    let step = step(concealed().into(), typed, at(0));

    assert_eq!(step.commands.first(), Some(&Command::FreezeApps { session: SESSION }));
}

#[test]
fn where_they_have_overheard_something_they_end_as_she_comes_back_and_begin_anew() {
    let Step { state, commands } = she_comes_back();

    assert_eq!(commands.first(), Some(&Command::RunApps { session: SESSION, why: RunReason::Anew }));

    let gone = step(state, Event::AppsGone { session: SESSION }, at(MINUTE)).state;
    let signed_out = step(gone, Event::SignOutPressed, at(MINUTE)).state;
    assert_eq!(closed(signed_out), CloseHow::Asked, "those that began anew have heard nothing");
}

#[test]
fn where_they_are_not_known_to_be_gone_her_session_ends_unwoken() {
    let hers = she_comes_back().state;
    assert_ends_unwoken(hers.clone());

    let elsewhere = step(hers.clone(), Event::AppsLeft { session: OTHER }, at(MINUTE));
    assert!(matches!(elsewhere.state, State::Active(_)), "{:?}", elsewhere.state);

    let left = step(hers, Event::AppsLeft { session: SESSION }, at(MINUTE)).state;
    let State::SigningOut(signing_out) = &left else { panic!("{left:?}") };
    assert_eq!(signing_out.ending.cause, EndCause::FailClosed);
    let covered = step(left, Event::ScreenCovered { input_held: true }, at(MINUTE)).state;
    assert_eq!(closed(covered), CloseHow::Unwoken);
}

#[test]
fn what_comes_late_of_those_that_went_before_says_nothing_of_those_that_overheard() {
    let gone = step(overheard(), Event::AppsGone { session: SESSION }, at(MINUTE)).state;
    let left = step(gone, Event::AppsLeft { session: SESSION }, at(MINUTE)).state;

    assert!(matches!(left, State::Concealed(_)), "{left:?}");
    assert_ends_unwoken(left);
}

#[test]
fn where_she_has_left_for_another_screen_they_are_not_woken_under_the_cover_either() {
    let elsewhere = Event::CoveredElsewhere { session: SESSION };
    for stage in [ConcealedStage::Recording { since: at(0) }, ConcealedStage::Uncovering { since: at(0) }] {
        let State::Concealed(hers) = overheard() else { panic!("covered") };
        let told = step(Concealed { stage, ..hers }.into(), elsewhere.clone(), at(0)).state;
        let stored = step(told, Event::AuditStored(RecordKey::Resumed(SESSION)), at(0)).state;
        let covered = step(stored, Event::ScreenUncovered { session: SESSION }, at(0));
        assert!(!wakes(&covered.commands), "{:?}", covered.commands);
        assert_ends_unwoken(covered.state);
    }
}

#[test]
fn a_sleep_as_she_comes_back_wakes_none_that_has_overheard_something() {
    for stage in [ConcealedStage::Recording { since: at(0) }, ConcealedStage::Uncovering { since: at(0) }] {
        let State::Concealed(hers) = overheard() else { panic!("covered") };
        let slept = step(Concealed { stage, ..hers }.into(), Event::GoingToSleep, at(0));
        assert!(!wakes(&slept.commands), "{:?}", slept.commands);
        let touched = step(slept.state, Event::Approached, at(MINUTE)).state;
        assert_ends_unwoken(touched);
    }
}

#[test]
fn where_they_have_overheard_something_and_are_not_frozen_her_session_ends_as_ever() {
    let over = step(overheard(), Event::AppsNotFrozen { session: SESSION }, at(MINUTE)).state;

    let State::SigningOut(signing_out) = &over else { panic!("{over:?}") };
    assert_eq!(signing_out.ending.cause, EndCause::FailClosed);
    assert_eq!(closed(over), CloseHow::Unwoken);
}

/// Somebody else has submitted name and password over her session.
fn overheard() -> State {
    let touched = step(concealed().into(), Event::Approached, at(0)).state;
    let [typed, _] = somebody_elses_secrets();
    step(touched, typed, at(10)).state
}

/// After that it is she, and her screen is hers.
fn she_comes_back() -> Step {
    let State::Concealed(hers) = overheard() else { panic!("covered") };
    let uncovering = Concealed { stage: ConcealedStage::Uncovering { since: at(20) }, ..hers };
    step(uncovering.into(), Event::ScreenUncovered { session: SESSION }, at(30))
}

fn assert_ends_unwoken(state: State) {
    let event = Event::SessionEndedByServer { session: SESSION, cause: EndCause::Admin };
    let ended = step(state, event, at(11 * MINUTE)).state;
    let covered = step(ended, Event::ScreenCovered { input_held: true }, at(11 * MINUTE)).state;
    assert_eq!(closed(covered), CloseHow::Unwoken);
}

/// How they are closed once the logout is on disk.
fn closed(state: State) -> CloseHow {
    let covered = step(state, Event::ScreenCovered { input_held: true }, at(11 * MINUTE)).state;
    let stored = step(covered, Event::AuditStored(RecordKey::Logout(SESSION)), at(11 * MINUTE));
    let [Command::CloseApps { session: SESSION, how }] = stored.commands[..] else {
        panic!("{:?}", stored.commands)
    };
    how
}
