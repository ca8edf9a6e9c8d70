//! Her apps are closed before anybody else comes in.

use expect_test::expect;

use super::*;
use crate::{
    apps::{AppId, AppOutcome, AppsDebt, AppsProgress, CloseHow, SaveReason},
    command::EndCause,
    event::Event,
    state::State,
    states::ward::{
        ATTEMPT, HIS, OTHER, SESSION, at, badge, check, check_ignored, secret, securing, session,
    },
    step::step,
};

const LIMIT_MS: u64 = 105_000;

#[test]
fn no_app_is_touched_before_the_screen_is_covered_and_the_logout_on_disk() {
    let covered = step(owing_logout().into(), Event::ScreenCovered { input_held: true }, at(10));
    assert_eq!(covered.commands, []);
    let on_disk = step(covered.state, Event::AuditStored(RecordKey::Logout(SESSION)), at(20));
    assert_eq!(on_disk.commands, [Command::CloseApps { session: SESSION, how: CloseHow::Asked }]);

    let on_disk = step(owing_logout().into(), Event::AuditStored(RecordKey::Logout(SESSION)), at(10));
    assert_eq!(on_disk.commands, []);
    let covered = step(on_disk.state, Event::ScreenCovered { input_held: true }, at(20));
    assert_eq!(covered.commands, [Command::CloseApps { session: SESSION, how: CloseHow::Asked }]);
}

#[test]
fn nobody_comes_in_before_they_are_gone() {
    check(
        closing(),
        Event::AppsGone { session: SESSION },
        30,
        expect!["→ SignedOut, telling SessionEnded(UserButton)"],
    );
    check_ignored(closing(), Event::AppsGone { session: OTHER }, 30);
    check_ignored(
        closing(),
        Event::SignInSubmitted { attempt: ATTEMPT, name: "john".to_owned(), password: secret() },
        30,
    );
}

#[test]
fn whose_badge_was_presented_meanwhile_is_next() {
    let tapped = step(closing().into(), Event::BadgeTapped { attempt: ATTEMPT, badge: badge(HIS) }, at(30));

    let gone = step(tapped.state, Event::AppsGone { session: SESSION }, at(40));

    assert!(matches!(gone.state, State::SigningIn(_)), "{:?}", gone.state);
}

#[test]
fn what_became_of_each_app_is_on_record() {
    let outcome = AppOutcome::Saved(SaveReason::SigningOut);
    check(
        closing(),
        Event::AppTold { session: SESSION, app: AppId("records".to_owned()), outcome },
        30,
        expect![[r#"
            → SigningOut, owes apps that are being closed, next SignedOut(SessionEnded(UserButton))
            AppendAudit(App records of 7, Saved(SigningOut))"#]],
    );
    check_ignored(
        closing(),
        Event::AppTold { session: OTHER, app: AppId("records".to_owned()), outcome },
        30,
    );
}

#[test]
fn how_far_it_is_can_be_told() {
    let progress = AppsProgress { gone: 1, of: 3 };

    let told = step(closing().into(), Event::AppsClosing { session: SESSION, progress }, at(30));

    let State::SigningOut(signing_out) = told.state else { panic!("{:?}", told.state) };
    assert_eq!(signing_out.apps, Some(progress));
}

#[test]
fn apps_that_cannot_be_closed_let_nobody_in() {
    for (event, at_ms) in [(Event::AppsLeft { session: SESSION }, 30), (Event::DeadlineReached, LIMIT_MS)] {
        check(
            closing(),
            event,
            at_ms,
            if at_ms == 30 {
                expect![[r#"
                    → FailClosed(AppsLeft), owes apps, start-up Settled, CauseRecords { asked: Some(AppsLeft at 30ms), owed: [], stored: [] }, retry at 1.03s
                    AppendAudit(FailedClosed(AppsLeft))"#]]
            } else {
                expect![[r#"
                    → FailClosed(AppsLeft), owes apps, start-up Settled, CauseRecords { asked: Some(AppsLeft at 105s), owed: [], stored: [] }, retry at 106s
                    AppendAudit(FailedClosed(AppsLeft))"#]]
            },
        );
    }
    check_ignored(closing(), Event::AppsLeft { session: OTHER }, 30);
}

#[test]
fn slow_apps_hold_up_neither_sleep_nor_shutdown() {
    let mut signing_out = closing();
    signing_out.ending.owes_deletion = true;
    let leaving = step(signing_out.into(), Event::ShuttingDown, at(30));
    assert_eq!(leaving.commands, []);

    let paid = step(leaving.state, Event::CredentialDeleted { session: SESSION }, at(40));

    assert_eq!(paid.commands, [Command::AllowSleep]);
    assert!(matches!(paid.state, State::SigningOut(_)), "{:?}", paid.state);
}

#[test]
fn a_sleep_takes_nothing_of_the_time_they_are_given() {
    let slept = step(closing().into(), Event::WokeUp, at(LIMIT_MS));

    assert!(matches!(slept.state, State::SigningOut(_)), "{:?}", slept.state);
    assert_eq!(slept.state.deadline(), Some(at(2 * LIMIT_MS)));
}

#[test]
fn a_sleep_that_is_told_after_the_limit_takes_nothing_either() {
    let closing = SigningOut { machine: Machine::LetGo, ..closing() };

    let slept = step(closing.into(), Event::DeadlineReached, at(40 * LIMIT_MS));
    assert!(matches!(slept.state, State::SigningOut(_)), "{:?}", slept.state);
    let late = step(slept.state, Event::DeadlineReached, at(41 * LIMIT_MS));

    assert!(matches!(late.state, State::FailClosed(_)), "{:?}", late.state);
}

#[test]
fn a_session_whose_screen_was_never_hers_has_none() {
    let signing_in = securing();

    let ended = step(
        signing_in.into(),
        Event::SessionEndedByServer { session: SESSION, cause: EndCause::Admin },
        at(10),
    );

    let State::SigningOut(signing_out) = ended.state else { panic!("{:?}", ended.state) };
    assert_eq!(signing_out.ending.apps, AppsDebt::Settled);
}

/// The cover too.
fn owing_logout() -> SigningOut {
    let ending = Ending { owes_logout: true, apps: AppsDebt::Owed, ..closing().ending };
    SigningOut::of(ending, at(0))
}

/// Nothing else is owed; asked at 0.
fn closing() -> SigningOut {
    let ending = Ending {
        owes_logout: false,
        owes_deletion: false,
        owes_telling: false,
        apps: AppsDebt::Asked { at: at(0) },
        ..Ending::of(session(), EndCause::UserButton, at(0))
    };
    SigningOut::of(ending, at(0)).under_cover()
}
