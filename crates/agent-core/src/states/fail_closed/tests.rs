//! What it owes, and what pays it.

use expect_test::expect;

use super::*;
use crate::{
    apps::{AppId, AppOutcome, AppsDebt, CloseHow},
    command::EndCause,
    state::{StartUpDebt, State},
    states::ward::{
        ATTEMPT, OTHER, SESSION, at, check, check_ignored, limits, secret, session, session_opened,
    },
    step::step,
};

#[test]
fn it_goes_on_paying_further_and_further_apart() {
    check(
        owing_ending(),
        Event::DeadlineReached,
        999,
        expect![
            "→ FailClosed(SpoolUnavailable), owes logout deletion telling, start-up Settled, recorded, retry at 1s"
        ],
    );
    check(
        owing_ending(),
        Event::DeadlineReached,
        1_000,
        expect![[r#"
            → FailClosed(SpoolUnavailable), owes logout deletion telling, start-up Settled, recorded, retry at 3s
            AppendAudit(Logout of 7, Inactivity at 0ns)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: Inactivity }"#]],
    );
    let waits: Vec<_> = (0..8).map(|retries| back_off(retries).as_secs()).collect();
    assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
    assert_eq!(back_off(u32::MAX), BACK_OFF_MAX);
}

#[test]
fn it_is_left_when_the_last_debt_is_paid() {
    check(
        owing_ending(),
        Event::AuditStored(RecordKey::Logout(SESSION)),
        10,
        expect![
            "→ FailClosed(SpoolUnavailable), owes deletion telling, start-up Settled, recorded, retry at 1s"
        ],
    );
    check(
        owing_ending(),
        Event::CredentialDeleted { session: SESSION },
        10,
        expect![
            "→ FailClosed(SpoolUnavailable), owes logout telling, start-up Settled, recorded, retry at 1s"
        ],
    );
    check(
        owing_ending(),
        Event::SessionEndTold { session: SESSION },
        10,
        expect![
            "→ FailClosed(SpoolUnavailable), owes logout deletion, start-up Settled, recorded, retry at 1s"
        ],
    );
    check(owing_logout(), Event::AuditStored(RecordKey::Logout(SESSION)), 10, expect!["→ SignedOut"]);
    check(owing_cover(), Event::ScreenCovered { input_held: true }, 10, expect!["→ SignedOut"]);
}

#[test]
fn start_up_waits_for_the_ending_and_follows_it_at_once() {
    let refused = owing_logout().owing_start_up(StartUpDebt::Owed);

    check(
        refused.clone(),
        Event::DeadlineReached,
        1_000,
        expect![[r#"
            → FailClosed(SpoolUnavailable), owes logout, start-up Owed, recorded, retry at 3s
            AppendAudit(Logout of 7, Inactivity at 0ns)"#]],
    );
    check(
        refused,
        Event::AuditStored(RecordKey::Logout(SESSION)),
        10,
        expect![[r#"
            → FailClosed(SpoolUnavailable), owes, start-up Asked { at: Instant(10ms) }, recorded, retry at 1s
            StartUp"#]],
    );
}

#[test]
fn start_up_decides_whether_the_cause_is_gone() {
    check(
        owing_start_up(),
        Event::DeadlineReached,
        1_000,
        expect![[r#"
            → FailClosed(WorkstationRevoked), owes, start-up Asked { at: Instant(1s) }, recorded, retry at 3s
            StartUp"#]],
    );
    check(starting_up(), Event::StartUpFinished, 1_010, expect!["→ SignedOut"]);
    check(
        starting_up(),
        Event::StartUpFailed(FailClosedCause::KeychainUnavailable),
        1_010,
        expect![[r#"
            → FailClosed(KeychainUnavailable), owes, start-up Owed, CauseRecords { asked: Some(KeychainUnavailable at 1.01s), owed: [], stored: [WorkstationRevoked] }, retry at 1s
            AppendAudit(FailedClosed(KeychainUnavailable))"#]],
    );
    check_ignored(owing_start_up(), Event::StartUpFailed(FailClosedCause::SpoolFull), 10);
}

#[test]
fn start_up_at_work_is_not_disturbed_but_for_its_limit() {
    check(
        starting_up(),
        Event::DeadlineReached,
        20_999,
        expect![
            "→ FailClosed(WorkstationRevoked), owes, start-up Asked { at: Instant(1s) }, recorded, retry at 22.999s"
        ],
    );
    check(
        starting_up(),
        Event::DeadlineReached,
        21_000,
        expect![[r#"
        → FailClosed(WorkstationRevoked), owes, start-up Asked { at: Instant(21s) }, recorded, retry at 23s
        StartUp"#]],
    );
}

#[test]
fn a_server_that_answers_again_is_asked_at_once() {
    check(
        owing_start_up(),
        Event::ServerReached,
        10,
        expect![[r#"
            → FailClosed(WorkstationRevoked), owes, start-up Asked { at: Instant(10ms) }, recorded, retry at 2.01s
            StartUp"#]],
    );
    check_ignored(owing_cover(), Event::ServerReached, 10);
}

#[test]
fn it_is_not_left_before_it_is_on_record() {
    let covered = asked(FailClosedCause::CoverUnconfirmed);

    check(
        covered.clone(),
        Event::ScreenCovered { input_held: true },
        20,
        expect![
            "→ FailClosed(CoverUnconfirmed), owes, start-up Settled, CauseRecords { asked: Some(CoverUnconfirmed at 0ns), owed: [], stored: [] }, retry at 1s"
        ],
    );
    check(covered, Event::AuditStored(RecordKey::FailedClosed), 20, expect!["→ SignedOut"]);
}

#[test]
fn a_record_of_it_that_could_not_be_stored_is_appended_again() {
    let failed = Event::AuditFailed(RecordKey::FailedClosed, FailClosedCause::SpoolUnavailable);
    check(
        asked(FailClosedCause::CoverUnconfirmed).owing_cover(true),
        failed,
        10,
        expect![[r#"
            → FailClosed(CoverUnconfirmed), owes cover, start-up Settled, CauseRecords { asked: None, owed: [CoverUnconfirmed at 0ns], stored: [] }, retry at 1s"#]],
    );
    check(
        unrecorded(),
        Event::DeadlineReached,
        1_000,
        expect![[r#"
            → FailClosed(SpoolUnavailable), owes, start-up Settled, CauseRecords { asked: Some(SpoolUnavailable at 0ns), owed: [], stored: [] }, retry at 3s
            AppendAudit(FailedClosed(SpoolUnavailable) at 0ns)"#]],
    );
    check(
        unrecorded().owing_start_up(StartUpDebt::Asked { at: at(0) }),
        Event::StartUpFinished,
        1_000,
        expect![[r#"
            → FailClosed(SpoolUnavailable), owes, start-up Settled, CauseRecords { asked: Some(SpoolUnavailable at 0ns), owed: [], stored: [] }, retry at 1s
            AppendAudit(FailedClosed(SpoolUnavailable) at 0ns)"#]],
    );
}

#[test]
fn a_record_that_is_merely_slow_is_not_appended_twice() {
    let slow = asked(FailClosedCause::CoverUnconfirmed).owing_cover(true);

    check(
        slow.clone(),
        Event::DeadlineReached,
        4_999,
        expect![[r#"
            → FailClosed(CoverUnconfirmed), owes cover, start-up Settled, CauseRecords { asked: Some(CoverUnconfirmed at 0ns), owed: [], stored: [] }, retry at 6.999s
            CoverScreen"#]],
    );
    check(
        slow,
        Event::DeadlineReached,
        60_000,
        expect![[r#"
            → FailClosed(CoverUnconfirmed), owes cover, start-up Settled, CauseRecords { asked: Some(CoverUnconfirmed at 0ns), owed: [], stored: [] }, retry at 62s
            CoverScreen"#]],
    );
}

#[test]
fn the_newest_trouble_is_what_it_tells() {
    check(
        owing_ending(),
        Event::AuditFailed(RecordKey::Logout(SESSION), FailClosedCause::SpoolFull),
        10,
        expect![[r#"
            → FailClosed(SpoolFull), owes logout deletion telling, start-up Settled, CauseRecords { asked: Some(SpoolFull at 10ms), owed: [], stored: [SpoolUnavailable] }, retry at 1s
            AppendAudit(FailedClosed(SpoolFull))"#]],
    );
    check(
        owing_ending(),
        Event::ScreenFailed,
        10,
        expect![[r#"
            → FailClosed(CoverUnconfirmed), owes cover logout deletion telling, start-up Settled, CauseRecords { asked: Some(CoverUnconfirmed at 10ms), owed: [], stored: [SpoolUnavailable] }, retry at 1s
            AppendAudit(FailedClosed(CoverUnconfirmed))"#]],
    );
    check(
        owing_cover(),
        Event::WorkstationRefused(FailClosedCause::WorkstationCloned),
        10,
        expect![[r#"
            → FailClosed(WorkstationCloned), owes cover, start-up Owed, CauseRecords { asked: Some(WorkstationCloned at 10ms), owed: [], stored: [CoverUnconfirmed] }, retry at 1s
            AppendAudit(FailedClosed(WorkstationCloned))"#]],
    );
}

#[test]
fn each_safeguard_that_fails_is_on_record_as_itself_and_once() {
    let failed = Event::AuditFailed(RecordKey::FailedClosed, FailClosedCause::SpoolUnavailable);
    let stored = Event::AuditStored(RecordKey::FailedClosed);
    let revoked = Event::WorkstationRefused(FailClosedCause::WorkstationRevoked);
    let ending = Ending::of(session(), EndCause::UserButton, at(0));
    let mut state = State::from(asked(FailClosedCause::SpoolUnavailable).owing_ending(ending));
    let mut appended = Vec::new();
    // The spool does not take the first; a second safeguard fails, and the first one again, before it does.
    let again = Event::AuditFailed(RecordKey::Logout(SESSION), FailClosedCause::SpoolUnavailable);
    let events = [failed, revoked.clone(), again, stored.clone(), stored.clone(), revoked, stored];
    for (event, at_ms) in events.into_iter().zip(10..) {
        let Step { state: after, commands } = step(state, event, at(at_ms));
        state = after;
        appended.extend(commands);
    }

    let of = trail::failed_closed;
    assert_eq!(
        appended,
        [of(FailClosedCause::SpoolUnavailable, at(0)), of(FailClosedCause::WorkstationRevoked, at(11))],
        "the second one when the first is stored, and each as of when it failed"
    );
}

#[test]
fn it_is_not_left_before_each_cause_is_on_record() {
    let mut two = asked(FailClosedCause::KeychainUnavailable);
    two.records.owe(FailClosedCause::CoverUnconfirmed, at(10));

    check(
        two,
        Event::AuditStored(RecordKey::FailedClosed),
        20,
        expect![[r#"
            → FailClosed(KeychainUnavailable), owes, start-up Settled, CauseRecords { asked: Some(CoverUnconfirmed at 10ms), owed: [], stored: [KeychainUnavailable] }, retry at 1s
            AppendAudit(FailedClosed(CoverUnconfirmed) at 10ms)"#]],
    );
}

#[test]
fn a_bare_screen_is_covered() {
    check(
        owing_logout(),
        Event::ScreenUncovered { session: SESSION },
        10,
        expect![[r#"
            → FailClosed(SpoolUnavailable), owes cover logout, start-up Settled, recorded, retry at 1s
            CoverScreen"#]],
    );
}

#[test]
fn a_credential_that_comes_late_is_taken_out_again() {
    check(
        owing_logout(),
        Event::CredentialStored { session: SESSION },
        10,
        expect![[r#"
            → FailClosed(SpoolUnavailable), owes logout deletion, start-up Settled, recorded, retry at 1s
            DeleteCredential { session: SessionId(7) }"#]],
    );
    check(
        owing_cover(),
        Event::CredentialStored { session: SESSION },
        10,
        expect![[r#"
            → FailClosed(CoverUnconfirmed), owes cover, start-up Settled, recorded, retry at 1s
            DeleteCredential { session: SessionId(7) }"#]],
    );
    check(
        owing_cover(),
        Event::KeychainFailed { session: SESSION },
        10,
        expect!["→ FailClosed(CoverUnconfirmed), owes cover, start-up Owed, recorded, retry at 1s"],
    );
}

#[test]
fn a_session_opened_for_nobody_is_ended() {
    check(
        owing_cover(),
        session_opened(ATTEMPT, OTHER),
        10,
        expect![[r#"
            → FailClosed(CoverUnconfirmed), owes cover, start-up Settled, recorded, retry at 1s
            EndSession { session: SessionId(8), cause: FailClosed }"#]],
    );
    check(
        owing_logout(),
        session_opened(ATTEMPT, OTHER),
        10,
        expect![[r#"
            → FailClosed(SpoolUnavailable), owes logout, start-up Settled, recorded, retry at 1s
            EndSession { session: SessionId(8), cause: FailClosed }"#]],
    );
    check_ignored(owing_logout(), session_opened(ATTEMPT, SESSION), 10);
}

#[test]
fn the_machine_may_sleep_once_it_is_covered() {
    check(
        owing_logout(),
        Event::GoingToSleep,
        10,
        expect![[r#"
            → FailClosed(SpoolUnavailable), owes logout, start-up Settled, recorded, retry at 1s
            AllowSleep"#]],
    );
    check(
        owing_cover().awaited_by_sleep(true).owing_start_up(StartUpDebt::Owed),
        Event::ScreenCovered { input_held: true },
        10,
        expect![[r#"
            → FailClosed(CoverUnconfirmed), owes, start-up Owed, recorded, retry at 1s
            AllowSleep"#]],
    );
    check(
        owing_cover(),
        Event::WokeUp,
        500,
        expect![[r#"
            → FailClosed(CoverUnconfirmed), owes cover, start-up Settled, recorded, retry at 2.5s
            CoverScreen"#]],
    );
}

#[test]
fn apps_are_closed_once_the_logout_is_on_disk_and_the_screen_covered_and_asked_for_again_until_they_are_gone()
{
    let on_disk = step(owing_apps().into(), Event::AuditStored(RecordKey::Logout(SESSION)), at(10));
    assert_eq!(on_disk.commands, []);
    let covered = step(on_disk.state, Event::ScreenCovered { input_held: true }, at(20));
    assert_eq!(covered.commands, [Command::CloseApps { session: SESSION, how: CloseHow::Asked }]);

    let left = step(covered.state, Event::AppsLeft { session: SESSION }, at(30));
    assert!(matches!(&left.state, State::FailClosed(closed) if closed.cause == FailClosedCause::AppsLeft));
    let again = step(left.state, Event::DeadlineReached, at(1_000));
    assert!(
        again.commands.contains(&Command::CloseApps { session: SESSION, how: CloseHow::Asked }),
        "{:?}",
        again.commands
    );
    let recorded = step(again.state, Event::AuditStored(RecordKey::FailedClosed), at(1_010));

    let gone = step(recorded.state, Event::AppsGone { session: SESSION }, at(1_020));
    assert_eq!(gone.state.name(), "SignedOut");
}

#[test]
fn what_became_of_an_app_is_on_record_here_too() {
    let app = || AppId("records".to_owned());
    let told = |session| Event::AppTold { session, app: app(), outcome: AppOutcome::Killed };

    let step = step(owing_apps().into(), told(SESSION), at(10));
    assert_eq!(step.commands, [trail::app(SESSION, &session().user, app(), AppOutcome::Killed, at(10))]);
    check_ignored(owing_apps(), told(OTHER), 10);
}

#[test]
fn nobody_signs_in() {
    for event in [
        Event::SignInSubmitted { attempt: ATTEMPT, name: "maria".to_owned(), password: secret() },
        Event::CodeSubmitted { attempt: ATTEMPT, code: secret() },
        Event::StayPressed,
        Event::SignOutPressed,
        Event::InputSeen { at: at(5) },
        Event::SessionAdopted { session: SESSION, credential: secret(), limits: limits() },
        Event::SessionEndTold { session: OTHER },
        Event::AuditStored(RecordKey::Other),
        Event::AuditFailed(RecordKey::Logout(OTHER), FailClosedCause::SpoolFull),
    ] {
        check_ignored(owing_logout(), event, 10);
    }
}

fn owing_ending() -> FailClosed {
    let ending = Ending::before_apps(session(), EndCause::Inactivity, at(0));
    recorded(FailClosedCause::SpoolUnavailable).owing_ending(ending)
}

fn owing_logout() -> FailClosed {
    let ending = Ending {
        owes_deletion: false,
        owes_telling: false,
        ..Ending::before_apps(session(), EndCause::Inactivity, at(0))
    };
    recorded(FailClosedCause::SpoolUnavailable).owing_ending(ending)
}

/// And the cover, and the logout.
fn owing_apps() -> FailClosed {
    let ending = Ending { apps: AppsDebt::Owed, ..owing_logout().ending.unwrap() };
    recorded(FailClosedCause::SpoolUnavailable).owing_ending(ending).owing_cover(true)
}

fn owing_cover() -> FailClosed {
    recorded(FailClosedCause::CoverUnconfirmed).owing_cover(true)
}

/// Its record is on its way.
fn asked(cause: FailClosedCause) -> FailClosed {
    let mut asked = FailClosed::because(cause, at(0));
    asked.records.ask();
    asked
}

fn recorded(cause: FailClosedCause) -> FailClosed {
    let mut recorded = asked(cause);
    recorded.records.was_stored();
    recorded
}

fn unrecorded() -> FailClosed {
    FailClosed::because(FailClosedCause::SpoolUnavailable, at(0))
}

fn owing_start_up() -> FailClosed {
    recorded(FailClosedCause::WorkstationRevoked).owing_start_up(StartUpDebt::Owed)
}

fn starting_up() -> FailClosed {
    owing_start_up().owing_start_up(StartUpDebt::Asked { at: at(1_000) })
}
