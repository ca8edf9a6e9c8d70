//! What follows from each event.

use expect_test::expect;

use super::*;
use crate::{
    command::FailClosedCause,
    event::{ContactFault, RecordKey},
    state::State,
    states::ward::{
        ATTEMPT, OTHER, SESSION, active, at, check, check_ignored, in_use, limits, secret, session_opened,
    },
};

const MINUTE: u64 = 60_000;

#[test]
fn nothing_is_asked_before_the_next_report_is_due() {
    assert_eq!(active().deadline(), at(MINUTE));
    check_ignored(active(), Event::DeadlineReached, MINUTE - 1);
}

#[test]
fn a_report_tells_what_the_inactivity_really_is() {
    check(
        active(),
        Event::DeadlineReached,
        MINUTE,
        expect![[r#"
        → Active, measuring, last input 0ns, report at 60s
        MeasureInactivity"#]],
    );
    check(
        measuring(MINUTE),
        Event::InputSeen { at: at(40_000) },
        MINUTE + 5,
        expect![[r#"
        → Active, last input 40s, report at 120.005s
        ReportActivity { session: SessionId(7), idle: 20.005s }"#]],
    );
    check(
        measuring(MINUTE),
        Event::InactivityUnknown,
        MINUTE + 5,
        expect![[r#"
            → Active, last input 0ns (unknown since), report at 120.005s
            ReportActivity { session: SessionId(7), idle: 60.005s }"#]],
    );
}

#[test]
fn an_inactivity_port_that_says_nothing_counts_as_no_input() {
    check_ignored(measuring(MINUTE), Event::DeadlineReached, MINUTE + 149);
    check(
        measuring(MINUTE),
        Event::DeadlineReached,
        MINUTE + 1_000,
        expect![[r#"
            → Active, last input 0ns (unknown since), report at 121s
            ReportActivity { session: SessionId(7), idle: 61s }"#]],
    );
}

#[test]
fn the_warning_begins_a_minute_before_the_limit() {
    check(
        quiet(),
        Event::DeadlineReached,
        14 * MINUTE,
        expect![[r#"
        → Active, measuring, last input 0ns, report at 900s
        MeasureInactivity"#]],
    );
    check(
        measuring_at_warning(),
        Event::InputSeen { at: at(0) },
        14 * MINUTE + 5,
        expect![[r#"
            → InactivityWarning, last input 0ns, report at 900s
            WatchForInput
            Notify(InactivityWarning { remaining: 59.995s })
            SaveApps { session: SessionId(7), why: Warned }"#]],
    );
    check(
        measuring_at_warning(),
        Event::InactivityUnknown,
        14 * MINUTE + 5,
        expect![[r#"
            → InactivityWarning, last input 0ns (unknown since), report at 900s
            WatchForInput
            Notify(InactivityWarning { remaining: 59.995s })
            SaveApps { session: SessionId(7), why: Warned }"#]],
    );
}

#[test]
fn input_that_nobody_had_asked_about_yet_keeps_the_warning_away() {
    check(
        measuring_at_warning(),
        Event::InputSeen { at: at(13 * MINUTE) },
        14 * MINUTE + 5,
        expect![[r#"
        → Active, last input 780s, report at 900.005s
        ReportActivity { session: SessionId(7), idle: 60.005s }"#]],
    );
}

#[test]
fn input_after_the_limit_comes_too_late() {
    check(
        measuring_at_warning(),
        Event::InputSeen { at: at(15 * MINUTE) },
        15 * MINUTE,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(Inactivity))
        CoverScreen
        AppendAudit(Logout of 7, Inactivity)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: Inactivity }"#]],
    );
    check(
        active(),
        Event::DeadlineReached,
        20 * MINUTE,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(Inactivity))
        CoverScreen
        AppendAudit(Logout of 7, Inactivity)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: Inactivity }"#]],
    );
}

#[test]
fn waking_late_from_a_sleep_that_nobody_announced_leaves_no_time_for_a_last_look() {
    check(
        quiet(),
        Event::DeadlineReached,
        15 * MINUTE + 999,
        expect![[r#"
        → Active, measuring, last input 0ns, report at 900s
        MeasureInactivity"#]],
    );
    // Only held up: it may have been typed meanwhile.
    for late in [1_000, 2_999] {
        check(
            quiet(),
            Event::DeadlineReached,
            15 * MINUTE + late,
            expect![[r#"
                → SigningOut, owes cover logout deletion telling apps, next FailClosed(InactivityUnknown)
                CoverScreen
                AppendAudit(Logout of 7, FailClosed)
                DeleteCredential { session: SessionId(7) }
                EndSession { session: SessionId(7), cause: FailClosed }"#]],
        );
    }
    for asleep in [quiet(), Active { measuring_since: Some(at(15 * MINUTE - 5)), ..quiet() }] {
        check(
            asleep,
            Event::DeadlineReached,
            15 * MINUTE + 3_000,
            expect![[r#"
                → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(Inactivity))
                CoverScreen
                AppendAudit(Logout of 7, Inactivity)
                DeleteCredential { session: SessionId(7) }
                EndSession { session: SessionId(7), cause: Inactivity }"#]],
        );
    }
}

#[test]
fn a_warning_that_begins_with_a_report_overdue_makes_it() {
    check(
        Active { measuring_since: Some(at(14 * MINUTE)), ..active() },
        Event::InactivityUnknown,
        14 * MINUTE,
        expect![[r#"
            → InactivityWarning, last input 0ns (unknown since), report at 900s
            WatchForInput
            Notify(InactivityWarning { remaining: 60s })
            SaveApps { session: SessionId(7), why: Warned }
            ReportActivity { session: SessionId(7), idle: 840s }"#]],
    );
}

#[test]
fn she_signs_out() {
    check(
        active(),
        Event::SignOutPressed,
        10,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(UserButton))
        CoverScreen
        AppendAudit(Logout of 7, UserButton)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: UserButton }"#]],
    );
}

#[test]
fn the_absolute_limit_is_announced_five_minutes_before_and_then_holds() {
    let twelve_hours = 12 * 60 * MINUTE;
    let in_use =
        InUse { last_input: at(twelve_hours - 6 * MINUTE), heartbeat_at: at(twelve_hours + 1), ..in_use() };
    let announced = InUse { is_absolute_warned: true, ..in_use.clone() };

    check(
        Active::resume(in_use),
        Event::DeadlineReached,
        twelve_hours - 5 * MINUTE,
        expect![[r#"
        → Active, last input 42840s, report at 43200.001s
        Notify(AbsoluteLimitWarning { remaining: 300s })"#]],
    );
    check(
        Active::resume(announced),
        Event::DeadlineReached,
        twelve_hours,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(AbsoluteLimit))
        CoverScreen
        AppendAudit(Logout of 7, AbsoluteLimit)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: AbsoluteLimit }
        WithdrawNotice"#]],
    );
}

#[test]
fn work_goes_on_while_the_server_is_away_and_it_hears_of_it_when_it_is_back() {
    check(
        active(),
        Event::ServerAway(ContactFault::Unreachable),
        10,
        expect!["→ Active, last input 0ns, report at 60s, server Unreachable"],
    );
    check(
        active(),
        Event::ServerReached,
        10,
        expect![[r#"
        → Active, measuring, last input 0ns, report at 10ms
        MeasureInactivity"#]],
    );
}

#[test]
fn a_lapsed_session_is_told_how_it_really_was_and_adopted() {
    let in_use = InUse { last_input: at(5 * MINUTE), idle_longest: at(4 * MINUTE).since(at(0)), ..in_use() };
    let lapsed = InUse { is_lapsed: true, ..in_use.clone() };

    check(
        Active::resume(in_use),
        Event::SessionLapsed { session: SESSION },
        6 * MINUTE,
        expect![[r#"
        → Active, last input 300s, report at 420s, lapsed
        AdoptSession { session: SessionId(7), idle: 60s, idle_longest: 240s }"#]],
    );
    check(
        Active::resume(lapsed.clone()),
        Event::SessionAdopted { session: SESSION, credential: secret(), limits: limits() },
        6 * MINUTE,
        expect![[r#"
            → Active, measuring, last input 300s, report at 60s
            StoreCredential { session: SessionId(7), credential: Secret(…) }
            MeasureInactivity"#]],
    );
    check(
        Active { measuring_since: Some(at(7 * MINUTE)), ..Active::resume(lapsed) },
        Event::InactivityUnknown,
        7 * MINUTE,
        expect![[r#"
            → Active, last input 300s (unknown since), report at 480s, lapsed
            AdoptSession { session: SessionId(7), idle: 120s, idle_longest: 240s }"#]],
    );
}

#[test]
fn one_adoption_is_asked_for_at_a_time_until_it_is_answered_or_given_up() {
    let asked = InUse {
        last_input: at(5 * MINUTE),
        is_lapsed: true,
        adoption_asked_at: Some(at(6 * MINUTE)),
        ..in_use()
    };

    check(
        Active::resume(InUse { heartbeat_at: at(7 * MINUTE), ..asked.clone() }),
        Event::SessionLapsed { session: SESSION },
        6 * MINUTE + 100,
        expect!["→ Active, last input 300s, report at 368s, lapsed"],
    );
    for (event, at_ms) in [
        (Event::ServerAway(ContactFault::Slow), 6 * MINUTE + 100),
        (Event::DeadlineReached, 6 * MINUTE + 8_000),
    ] {
        let waiting = Active::resume(InUse { heartbeat_at: at(7 * MINUTE), ..asked.clone() });
        let Step { state, .. } = waiting.on_event(event, at(at_ms));
        let Step { commands, .. } =
            crate::step::step(state, Event::SessionLapsed { session: SESSION }, at(at_ms));
        assert!(matches!(commands[..], [Command::AdoptSession { .. }]), "{commands:?}");
    }
}

#[test]
fn an_adoption_does_not_extend_the_absolute_limit() {
    let adopted = Event::SessionAdopted { session: SESSION, credential: secret(), limits: limits() };

    let step = active().on_event(adopted, at(30_000));

    let State::Active(after) = step.state else { panic!("{:?}", step.state) };
    assert_eq!(after.in_use.session.absolute_end, active().in_use.session.absolute_end);
}

#[test]
fn what_the_server_ended_is_over_with_the_servers_cause() {
    check(
        active(),
        Event::SessionEndedByServer { session: SESSION, cause: EndCause::Disabled },
        10,
        expect![[r#"
            → SigningOut, owes cover logout deletion apps, next SignedOut(SessionEnded(Disabled))
            CoverScreen
            AppendAudit(Logout of 7, Disabled)
            DeleteCredential { session: SessionId(7) }"#]],
    );
}

#[test]
fn a_revoked_workstation_ends_its_session_and_a_cloned_one_lets_it_finish() {
    check(
        active(),
        Event::WorkstationRefused(FailClosedCause::WorkstationRevoked),
        10,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next FailClosed(WorkstationRevoked)
        CoverScreen
        AppendAudit(Logout of 7, WorkstationRevoked)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: WorkstationRevoked }"#]],
    );
    check_ignored(active(), Event::WorkstationRefused(FailClosedCause::WorkstationCloned), 10);
}

#[test]
fn a_screen_that_covered_by_itself_is_asked_for_again() {
    check(
        active(),
        Event::ScreenCovered { input_held: true },
        10,
        expect![[r#"
        → Active, recovering its screen, last input 0ns, report at 60s
        UncoverScreen { session: SessionId(7) }"#]],
    );
    check_ignored(recovering(), Event::ScreenCovered { input_held: false }, 20);
    check(
        recovering(),
        Event::ScreenUncovered { session: SESSION },
        30,
        expect!["→ Active, last input 0ns, report at 60s"],
    );
}

#[test]
fn a_screen_that_does_not_come_back_or_does_not_stay_ends_the_session() {
    check(
        recovering(),
        Event::DeadlineReached,
        3_010,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(FailClosed))
        CoverScreen
        AppendAudit(Logout of 7, FailClosed)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: FailClosed }"#]],
    );
    check(
        Active { recoveries: RECOVERIES_MAX, ..active() },
        Event::ScreenCovered { input_held: true },
        10,
        expect![[r#"
            → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(FailClosed))
            CoverScreen
            AppendAudit(Logout of 7, FailClosed)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: FailClosed }"#]],
    );
    check(
        active(),
        Event::ScreenFailed,
        10,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(FailClosed))
        CoverScreen
        AppendAudit(Logout of 7, FailClosed)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: FailClosed }"#]],
    );
}

#[test]
fn a_screen_given_to_somebody_else_ends_the_session() {
    check(
        active(),
        Event::ScreenUncovered { session: OTHER },
        10,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(FailClosed))
        CoverScreen
        AppendAudit(Logout of 7, FailClosed)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: FailClosed }"#]],
    );
}

#[test]
fn a_shutdown_ends_the_session_on_record() {
    check(
        active(),
        Event::ShuttingDown,
        10,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(Shutdown))
        CoverScreen
        AppendAudit(Logout of 7, Shutdown)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: Shutdown }"#]],
    );
}

#[test]
fn a_fresh_credential_that_cannot_be_stored_ends_the_session() {
    check(
        active(),
        Event::KeychainFailed { session: SESSION },
        10,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(FailClosed))
        CoverScreen
        AppendAudit(Logout of 7, FailClosed)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: FailClosed }"#]],
    );
}

#[test]
fn a_second_session_is_ended_and_a_second_copy_of_the_answer_is_not() {
    check(
        active(),
        session_opened(ATTEMPT, OTHER),
        10,
        expect![[r#"
        → Active, last input 0ns, report at 60s
        EndSession { session: SessionId(8), cause: FailClosed }"#]],
    );
    check_ignored(active(), session_opened(ATTEMPT, SESSION), 10);
}

#[test]
fn news_of_others_and_stray_presses_change_nothing() {
    for event in [
        Event::SessionEndedByServer { session: OTHER, cause: EndCause::Admin },
        Event::SessionLapsed { session: OTHER },
        Event::SessionAdopted { session: OTHER, credential: secret(), limits: limits() },
        Event::KeychainFailed { session: OTHER },
        Event::CredentialStored { session: SESSION },
        Event::AuditFailed(RecordKey::Logout(OTHER), FailClosedCause::SpoolFull),
        Event::ScreenUncovered { session: SESSION },
        Event::StayPressed,
        Event::SignInCancelled,
        Event::StartUpFinished,
        Event::InactivityUnknown,
    ] {
        check_ignored(active(), event, 10);
    }
}

#[test]
fn at_the_limit_input_that_could_not_be_told_is_no_inactivity() {
    let mut asked = Active { measuring_since: Some(at(15 * MINUTE)), ..recovering() };
    asked.screen = ActiveScreen::Recovering { since: at(15 * MINUTE - 100) };
    // A busy machine's hiccup is asked about once more.
    check(
        asked.clone(),
        Event::InactivityUnknown,
        15 * MINUTE + 5,
        expect![[r#"
            → Active, recovering its screen, measuring, last input 0ns (unknown since), report at 60s
            MeasureInactivity"#]],
    );
    asked.in_use.is_input_unknown = true;
    check(
        asked.clone(),
        Event::InactivityUnknown,
        15 * MINUTE + 400,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next FailClosed(InactivityUnknown)
        CoverScreen
        AppendAudit(Logout of 7, FailClosed)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: FailClosed }"#]],
    );

    // Silent, and late with what was true long before: the first tells nothing.
    check(
        asked.clone(),
        Event::DeadlineReached,
        15 * MINUTE + 1_000,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next FailClosed(InactivityUnknown)
        CoverScreen
        AppendAudit(Logout of 7, FailClosed)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: FailClosed }"#]],
    );
    check(
        asked.clone(),
        Event::InputSeen { at: at(0) },
        15 * MINUTE + 400,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(Inactivity))
        CoverScreen
        AppendAudit(Logout of 7, Inactivity)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: Inactivity }"#]],
    );
    asked.in_use.session.absolute_end = at(15 * MINUTE);
    check(
        asked,
        Event::DeadlineReached,
        15 * MINUTE + 1_000,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(AbsoluteLimit))
        CoverScreen
        AppendAudit(Logout of 7, AbsoluteLimit)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: AbsoluteLimit }"#]],
    );
}

#[test]
fn a_source_that_stays_silent_is_not_known_rather_than_inactive() {
    check(
        measuring_at_warning(),
        Event::DeadlineReached,
        14 * MINUTE + 1_000,
        expect![[r#"
            → InactivityWarning, last input 0ns (unknown since), report at 900s
            WatchForInput
            Notify(InactivityWarning { remaining: 59s })
            SaveApps { session: SessionId(7), why: Warned }"#]],
    );
    let overdue = Active { measuring_since: Some(at(14 * MINUTE)), ..quiet() };
    check(
        overdue,
        Event::DeadlineReached,
        15 * MINUTE + 1_000,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling apps, next FailClosed(InactivityUnknown)
        CoverScreen
        AppendAudit(Logout of 7, FailClosed)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: FailClosed }"#]],
    );
}

fn measuring(since: u64) -> Active {
    Active { measuring_since: Some(at(since)), ..active() }
}

/// Nothing typed since the sign-in.
fn quiet() -> Active {
    Active::resume(InUse { heartbeat_at: at(15 * MINUTE), ..in_use() })
}

fn measuring_at_warning() -> Active {
    Active { measuring_since: Some(at(14 * MINUTE)), ..quiet() }
}

fn recovering() -> Active {
    Active { screen: ActiveScreen::Recovering { since: at(10) }, recoveries: 1, ..active() }
}
