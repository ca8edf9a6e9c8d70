//! What follows from each event.

use expect_test::expect;

use super::*;
use crate::{
    command::FailClosedCause,
    event::ContactFault,
    states::ward::{
        ATTEMPT, OTHER, SESSION, at, check, check_ignored, limits, secret, session_opened, warning,
    },
};

const MINUTE: u64 = 60_000;
const LIMIT: u64 = 15 * MINUTE;

#[test]
fn any_key_keeps_her_signed_in_and_the_server_hears_at_once() {
    check(
        warning(),
        Event::InputSeen { at: at(LIMIT - 1_000) },
        LIMIT - 990,
        expect![[r#"
        → Active, last input 899s, report at 959.01s
        ReportActivity { session: SessionId(7), idle: 10ms }
        UnwatchInput
        WithdrawNotice"#]],
    );
}

#[test]
fn the_button_has_the_inactivity_port_asked_and_extends_nothing_by_itself() {
    check(
        warning(),
        Event::StayPressed,
        LIMIT - 1_001,
        expect![[r#"
            → InactivityWarning, last input 0ns, report at 900s
            MeasureInactivity"#]],
    );
    check_ignored(warning(), Event::InputSeen { at: at(0) }, LIMIT - 1);
    // Its answer could pass for that of the last look, which sees the press anyway.
    check_ignored(warning(), Event::StayPressed, LIMIT - 1_000);
    check_ignored(last_look(), Event::StayPressed, LIMIT + 1);
}

#[test]
fn a_key_pressed_just_before_the_warning_counts_too() {
    check(
        warning(),
        Event::InputSeen { at: at(14 * MINUTE - 1) },
        14 * MINUTE + 1,
        expect![[r#"
        → Active, last input 839.999s, report at 900.001s
        ReportActivity { session: SessionId(7), idle: 2ms }
        UnwatchInput
        WithdrawNotice"#]],
    );
}

#[test]
fn at_the_limit_there_is_one_last_look() {
    assert_eq!(warning().deadline(), at(LIMIT));
    check(
        warning(),
        Event::DeadlineReached,
        LIMIT,
        expect![[r#"
            → InactivityWarning, last look, last input 0ns, report at 900s
            MeasureInactivity"#]],
    );
    assert_eq!(last_look().deadline(), at(LIMIT + 1_000));
}

#[test]
fn a_key_pressed_at_the_last_moment_counts() {
    check(
        last_look(),
        Event::InputSeen { at: at(LIMIT - 1) },
        LIMIT + 90,
        expect![[r#"
        → Active, last input 899.999s, report at 960.09s
        ReportActivity { session: SessionId(7), idle: 91ms }
        UnwatchInput
        WithdrawNotice"#]],
    );
}

#[test]
fn a_key_pressed_at_the_limit_or_none_at_all_signs_her_out() {
    check(
        last_look(),
        Event::InputSeen { at: at(LIMIT) },
        LIMIT + 1,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(Inactivity))
        CoverScreen
        AppendAudit(Logout of 7, Inactivity)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: Inactivity }
        UnwatchInput
        WithdrawNotice"#]],
    );
    check(
        last_look(),
        Event::InputSeen { at: at(0) },
        LIMIT + 1,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(Inactivity))
        CoverScreen
        AppendAudit(Logout of 7, Inactivity)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: Inactivity }
        UnwatchInput
        WithdrawNotice"#]],
    );
}

#[test]
fn who_was_held_up_at_the_limit_does_not_say_that_she_was_away_and_who_slept_does() {
    for held_up in [warning(), last_look()] {
        check(
            held_up,
            Event::DeadlineReached,
            LIMIT + 2_999,
            expect![[r#"
                → SigningOut, owes cover logout deletion telling apps, next FailClosed(InactivityUnknown)
                CoverScreen
                AppendAudit(Logout of 7, FailClosed)
                DeleteCredential { session: SessionId(7) }
                EndSession { session: SessionId(7), cause: FailClosed }
                UnwatchInput
                WithdrawNotice"#]],
        );
    }
    for asleep in [warning(), last_look()] {
        check(
            asleep,
            Event::DeadlineReached,
            LIMIT + 3_000,
            expect![[r#"
                → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(Inactivity))
                CoverScreen
                AppendAudit(Logout of 7, Inactivity)
                DeleteCredential { session: SessionId(7) }
                EndSession { session: SessionId(7), cause: Inactivity }
                UnwatchInput
                WithdrawNotice"#]],
        );
    }
}

#[test]
fn she_signs_out_by_herself() {
    check(
        warning(),
        Event::SignOutPressed,
        LIMIT - 1_000,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(UserButton))
        CoverScreen
        AppendAudit(Logout of 7, UserButton)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: UserButton }
        UnwatchInput
        WithdrawNotice"#]],
    );
}

#[test]
fn the_absolute_limit_holds_whichever_is_nearer() {
    let mut ends_soon = warning();
    ends_soon.in_use.session.absolute_end = at(LIMIT - 10_000);
    ends_soon.in_use.session.absolute_warning_at = at(14 * MINUTE);

    check(
        ends_soon.clone(),
        Event::DeadlineReached,
        14 * MINUTE,
        expect!["→ InactivityWarning, last input 0ns, report at 900s"],
    );
    check(
        ends_soon,
        Event::DeadlineReached,
        LIMIT - 10_000,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(AbsoluteLimit))
        CoverScreen
        AppendAudit(Logout of 7, AbsoluteLimit)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: AbsoluteLimit }
        UnwatchInput
        WithdrawNotice"#]],
    );
}

#[test]
fn back_at_work_she_is_told_of_the_absolute_limit_again() {
    let mut announced = warning();
    announced.in_use.is_absolute_warned = true;

    check(
        announced,
        Event::InputSeen { at: at(LIMIT - 1_000) },
        LIMIT - 1_000,
        expect![[r#"
        → Active, last input 899s, report at 959s
        ReportActivity { session: SessionId(7), idle: 0ns }
        UnwatchInput
        Notify(AbsoluteLimitWarning { remaining: 42301s })"#]],
    );
}

#[test]
fn a_report_that_falls_due_is_made() {
    let mut due = warning();
    due.in_use.heartbeat_at = at(LIMIT - 1_000);

    check(
        due,
        Event::DeadlineReached,
        LIMIT - 1_000,
        expect![[r#"
        → InactivityWarning, last input 0ns, report at 959s
        ReportActivity { session: SessionId(7), idle: 899s }"#]],
    );
}

#[test]
fn a_screen_that_covered_by_itself_takes_the_warning_with_it() {
    check(
        warning(),
        Event::ScreenCovered { input_held: true },
        LIMIT - 1_000,
        expect![[r#"
        → Active, recovering its screen, last input 0ns, report at 900s
        UnwatchInput
        WithdrawNotice
        UncoverScreen { session: SessionId(7) }"#]],
    );
}

#[test]
fn shutdown_and_the_server_end_it_as_they_do_without_a_warning() {
    check(
        warning(),
        Event::ShuttingDown,
        LIMIT - 1_000,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(Shutdown))
        CoverScreen
        AppendAudit(Logout of 7, Shutdown)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: Shutdown }
        UnwatchInput
        WithdrawNotice"#]],
    );
    check(
        warning(),
        Event::SessionEndedByServer { session: SESSION, cause: EndCause::Admin },
        LIMIT - 1_000,
        expect![[r#"
            → SigningOut, owes cover logout deletion apps, next SignedOut(SessionEnded(Admin))
            CoverScreen
            AppendAudit(Logout of 7, Admin)
            DeleteCredential { session: SessionId(7) }
            UnwatchInput
            WithdrawNotice"#]],
    );
}

#[test]
fn the_server_may_come_back_and_adopt_during_the_warning() {
    check(
        warning(),
        Event::ServerReached,
        LIMIT - 1_000,
        expect![[r#"
        → InactivityWarning, last input 0ns, report at 959s
        ReportActivity { session: SessionId(7), idle: 899s }"#]],
    );
    check(
        warning(),
        Event::SessionLapsed { session: SESSION },
        LIMIT - 1_000,
        expect![[r#"
        → InactivityWarning, last input 0ns, report at 959s, lapsed
        AdoptSession { session: SessionId(7), idle: 899s, idle_longest: 899s }"#]],
    );
    check(
        warning(),
        Event::SessionAdopted { session: SESSION, credential: secret(), limits: limits() },
        LIMIT - 1_000,
        expect![[r#"
            → InactivityWarning, last input 0ns, report at 900s
            StoreCredential { session: SessionId(7), credential: Secret(…) }"#]],
    );
}

#[test]
fn news_of_others_and_stray_presses_change_nothing() {
    for event in [
        Event::InputSeen { at: at(0) },
        Event::SessionEndedByServer { session: OTHER, cause: EndCause::Admin },
        Event::KeychainFailed { session: OTHER },
        Event::SignInCancelled,
        Event::WorkstationRefused(FailClosedCause::WorkstationCloned),
        session_opened(ATTEMPT, SESSION),
    ] {
        check_ignored(warning(), event, LIMIT - 1_000);
    }
    check(
        warning(),
        Event::ServerAway(ContactFault::Slow),
        LIMIT - 1_000,
        expect!["→ InactivityWarning, last input 0ns, report at 900s, server Slow"],
    );
}

#[test]
fn input_that_could_not_be_told_twice_running_is_no_inactivity() {
    check(
        warning(),
        Event::InactivityUnknown,
        LIMIT - 1_000,
        expect!["→ InactivityWarning, last input 0ns (unknown since), report at 900s"],
    );
    let mut blind = last_look();
    blind.in_use.is_input_unknown = true;
    check(
        blind.clone(),
        Event::InactivityUnknown,
        LIMIT + 1,
        expect![[r#"
            → SigningOut, owes cover logout deletion telling apps, next FailClosed(InactivityUnknown)
            CoverScreen
            AppendAudit(Logout of 7, FailClosed)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: FailClosed }
            UnwatchInput
            WithdrawNotice"#]],
    );
    // Once, in an answer that comes in time, is a hiccup, and asked about once more; an answer that does not come in time
    // tells nothing.
    check(
        last_look(),
        Event::InactivityUnknown,
        LIMIT + 1,
        expect![[r#"
            → InactivityWarning, last look, last input 0ns (unknown since), report at 960s
            MeasureInactivity"#]],
    );
    check(
        last_look(),
        Event::InactivityUnknown,
        LIMIT + 1_000,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next FailClosed(InactivityUnknown)
        CoverScreen
        AppendAudit(Logout of 7, FailClosed)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: FailClosed }
        UnwatchInput
        WithdrawNotice"#]],
    );
    check(
        last_look(),
        Event::DeadlineReached,
        LIMIT + 1_000,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next FailClosed(InactivityUnknown)
        CoverScreen
        AppendAudit(Logout of 7, FailClosed)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: FailClosed }
        UnwatchInput
        WithdrawNotice"#]],
    );
    check(
        last_look(),
        Event::ScreenCovered { input_held: true },
        LIMIT + 1_000,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next FailClosed(InactivityUnknown)
        CoverScreen
        AppendAudit(Logout of 7, FailClosed)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: FailClosed }
        UnwatchInput
        WithdrawNotice"#]],
    );
    // It can be told again: she was away.
    check(
        blind,
        Event::InputSeen { at: at(0) },
        LIMIT + 1,
        expect![[r#"
            → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(Inactivity))
            CoverScreen
            AppendAudit(Logout of 7, Inactivity)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: Inactivity }
            UnwatchInput
            WithdrawNotice"#]],
    );
}

fn last_look() -> InactivityWarning {
    let mut warning = InactivityWarning { last_look_at: Some(at(LIMIT)), ..warning() };
    warning.in_use.heartbeat_at = at(LIMIT + MINUTE);
    warning
}
