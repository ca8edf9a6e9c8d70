//! What follows from each event.

use expect_test::expect;

use super::*;
use crate::{
    command::EndCause,
    state::Opened,
    states::ward::{
        ATTEMPT, HIS, OTHER, SESSION, at, badge, check, check_ignored, limits, secret, session,
        session_opened, signing_out,
    },
    step::step,
};

#[test]
fn it_covers_then_records_then_deletes_then_tells() {
    let commands: Vec<_> =
        signing_out().enter().commands.iter().map(|command| format!("{command:?}")).collect();

    let order = ["CoverScreen", "AppendAudit { owed: Logout", "DeleteCredential", "EndSession"];
    assert_eq!(commands.len(), order.len());
    for (command, name) in commands.iter().zip(order) {
        assert!(command.starts_with(name), "{command}");
    }
}

#[test]
fn the_safeguard_that_failed_first_goes_on_record_first() {
    let unmeasured = signing_out().then_fail_closed(FailClosedCause::InactivityUnknown);

    check(
        unmeasured.clone(),
        Event::ScreenFailed,
        10,
        expect![[r#"
            → FailClosed(CoverUnconfirmed), owes cover logout deletion telling, start-up Owed, CauseRecords { asked: Some(InactivityUnknown at 10ms), owed: [CoverUnconfirmed at 10ms], stored: [] }, retry at 1.01s
            CoverScreen
            AppendAudit(FailedClosed(InactivityUnknown))"#]],
    );
    check_ignored(unmeasured, Event::WorkstationRefused(FailClosedCause::WorkstationRevoked), 10);
}

#[test]
fn each_debt_is_paid_for_itself_and_the_last_one_opens_the_sign_in() {
    check(
        signing_out(),
        Event::ScreenCovered { input_held: true },
        10,
        expect!["→ SigningOut, owes logout deletion telling, next SignedOut(SessionEnded(UserButton))"],
    );
    check(
        signing_out(),
        Event::AuditStored(RecordKey::Logout(SESSION)),
        10,
        expect!["→ SigningOut, owes cover deletion telling, next SignedOut(SessionEnded(UserButton))"],
    );
    check(
        signing_out(),
        Event::CredentialDeleted { session: SESSION },
        10,
        expect!["→ SigningOut, owes cover logout telling, next SignedOut(SessionEnded(UserButton))"],
    );
    check(
        signing_out(),
        Event::SessionEndTold { session: SESSION },
        10,
        expect!["→ SigningOut, owes cover logout deletion, next SignedOut(SessionEnded(UserButton))"],
    );
    check(
        almost_done(),
        Event::AuditStored(RecordKey::Logout(SESSION)),
        10,
        expect!["→ SignedOut, telling SessionEnded(UserButton)"],
    );
}

#[test]
fn a_login_not_known_to_be_on_disk_goes_before_its_logout() {
    let mut signing_out = almost_done();
    signing_out.ending.owes_login = true;

    check(
        signing_out,
        Event::AuditStored(RecordKey::Login(SESSION)),
        10,
        expect![[r#"
            → SigningOut, owes logout, next SignedOut(SessionEnded(UserButton))
            AppendAudit(Logout of 7, UserButton at 0ns)"#]],
    );
}

#[test]
fn whoever_waits_for_sleep_is_let_go_when_all_is_done() {
    check(
        almost_done().awaited_by_sleep(),
        Event::AuditStored(RecordKey::Logout(SESSION)),
        10,
        expect![[r#"
        → SignedOut, telling SessionEnded(UserButton)
        AllowSleep"#]],
    );
}

#[test]
fn what_fails_is_carried_into_fail_closed() {
    check(
        signing_out(),
        Event::ScreenFailed,
        10,
        expect![[r#"
            → FailClosed(CoverUnconfirmed), owes cover logout deletion telling, start-up Settled, CauseRecords { asked: Some(CoverUnconfirmed at 10ms), owed: [], stored: [] }, retry at 1.01s
            CoverScreen
            AppendAudit(FailedClosed(CoverUnconfirmed))"#]],
    );
    check(
        almost_done(),
        Event::AuditFailed(RecordKey::Logout(SESSION), FailClosedCause::SpoolFull),
        10,
        expect![[r#"
            → FailClosed(SpoolFull), owes logout, start-up Settled, CauseRecords { asked: Some(SpoolFull at 10ms), owed: [], stored: [] }, retry at 1.01s
            AppendAudit(FailedClosed(SpoolFull))"#]],
    );
    check(
        signing_out(),
        Event::KeychainFailed { session: SESSION },
        10,
        expect![[r#"
            → FailClosed(KeychainUnavailable), owes cover logout deletion telling, start-up Settled, CauseRecords { asked: Some(KeychainUnavailable at 10ms), owed: [], stored: [] }, retry at 1.01s
            CoverScreen
            AppendAudit(FailedClosed(KeychainUnavailable))"#]],
    );
}

#[test]
fn what_takes_too_long_is_carried_into_fail_closed() {
    check_ignored(signing_out(), Event::DeadlineReached, 1_999);
    check(
        signing_out(),
        Event::DeadlineReached,
        2_000,
        expect![[r#"
            → FailClosed(CoverUnconfirmed), owes cover logout deletion telling, start-up Settled, CauseRecords { asked: Some(CoverUnconfirmed at 2s), owed: [], stored: [] }, retry at 3s
            CoverScreen
            AppendAudit(FailedClosed(CoverUnconfirmed))"#]],
    );
    check_ignored(almost_done(), Event::DeadlineReached, 4_999);
    check(
        almost_done(),
        Event::DeadlineReached,
        5_000,
        expect![[r#"
            → FailClosed(SpoolUnavailable), owes logout, start-up Settled, CauseRecords { asked: Some(SpoolUnavailable at 5s), owed: [], stored: [] }, retry at 6s
            AppendAudit(FailedClosed(SpoolUnavailable))"#]],
    );
}

#[test]
fn a_screen_that_was_still_being_uncovered_is_covered_again() {
    let covered = SigningOut { owes_cover: false, ..signing_out() };

    check(
        covered,
        Event::ScreenUncovered { session: SESSION },
        10,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(UserButton))
        CoverScreen"#]],
    );
}

#[test]
fn a_store_that_comes_through_after_its_deletion_is_deleted_again() {
    let mut deleted = signing_out();
    deleted.ending.owes_deletion = false;

    check(
        deleted,
        Event::CredentialStored { session: SESSION },
        10,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(UserButton))
        DeleteCredential { session: SessionId(7) }"#]],
    );
    check_ignored(signing_out(), Event::CredentialStored { session: SESSION }, 10);
}

#[test]
fn a_workstation_refused_meanwhile_fails_closed_afterwards() {
    check(
        signing_out(),
        Event::WorkstationRefused(FailClosedCause::WorkstationRevoked),
        10,
        expect!["→ SigningOut, owes cover logout deletion telling, next FailClosed(WorkstationRevoked)"],
    );
    check(
        almost_done().then_fail_closed(FailClosedCause::WorkstationRevoked),
        Event::AuditStored(RecordKey::Logout(SESSION)),
        10,
        expect![[r#"
            → FailClosed(WorkstationRevoked), owes, start-up Owed, CauseRecords { asked: Some(WorkstationRevoked at 10ms), owed: [], stored: [] }, retry at 1.01s
            AppendAudit(FailedClosed(WorkstationRevoked))"#]],
    );
}

#[test]
fn a_session_opened_for_nobody_is_ended_and_the_one_at_hand_is_not_ended_twice() {
    check(
        signing_out(),
        session_opened(ATTEMPT, OTHER),
        10,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(UserButton))
        EndSession { session: SessionId(8), cause: FailClosed }"#]],
    );
    check_ignored(signing_out(), session_opened(ATTEMPT, SESSION), 10);
}

#[test]
fn after_a_sleep_everything_has_its_time_anew() {
    check(
        signing_out(),
        Event::WokeUp,
        60_000,
        expect!["→ SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(UserButton))"],
    );
    let woken = SigningOut { since: at(60_000), ..signing_out() };
    assert_eq!(woken.deadline(), at(62_000));
}

#[test]
fn the_first_cause_stands_and_nobody_signs_in_before() {
    for event in [
        Event::SignInSubmitted { attempt: ATTEMPT, name: "joe".to_owned(), password: secret() },
        Event::SignOutPressed,
        Event::StayPressed,
        Event::InputSeen { at: at(5) },
        Event::SessionAdopted { session: SESSION, credential: secret(), limits: limits() },
        Event::SessionEndTold { session: OTHER },
        Event::SessionEndedByServer { session: OTHER, cause: EndCause::Admin },
        Event::KeychainFailed { session: OTHER },
        Event::AuditFailed(RecordKey::Login(SESSION), FailClosedCause::SpoolFull),
        Event::AuditStored(RecordKey::Other),
        Event::ServerReached,
    ] {
        check_ignored(signing_out(), event, 10);
    }
}

#[test]
fn who_took_over_is_signed_in_once_nothing_is_owed_of_her_session() {
    check(
        taken_over(),
        Event::AuditStored(RecordKey::Logout(SESSION)),
        10,
        expect![[r#"
        → SigningIn, securing, login: false, credential: false
        AppendAudit(Login of 8 at 0ns)
        StoreCredential { session: SessionId(8), credential: Secret(…) }"#]],
    );
    check_ignored(taken_over(), session_opened(ATTEMPT, OTHER), 10);
}

#[test]
fn who_was_to_be_next_is_not_when_the_machine_sleeps_or_the_end_cannot_be_paid() {
    for event in [
        Event::GoingToSleep,
        Event::WokeUp,
        Event::ShuttingDown,
        Event::WorkstationRefused(FailClosedCause::WorkstationRevoked),
        Event::AuditFailed(RecordKey::Logout(SESSION), FailClosedCause::SpoolFull),
    ] {
        let step = step(taken_over().into(), event.clone(), at(10));
        let ended = Command::EndSession { session: OTHER, cause: EndCause::FailClosed };
        assert!(step.commands.contains(&ended), "{event:?}: {step:?}");
        assert!(!format!("{:?}", step.state).contains("Secret("), "{event:?}: {step:?}");
    }
}

#[test]
fn a_next_session_that_the_server_has_ended_is_nobodys() {
    let event = Event::SessionEndedByServer { session: OTHER, cause: EndCause::Admin };

    let step = step(taken_over().into(), event, at(10));
    let step = crate::step::step(step.state, Event::AuditStored(RecordKey::Logout(SESSION)), at(11));
    assert_eq!(step.state, SignedOut::telling(SignedOutNotice::SessionEnded(EndCause::Admin)).into());
}

#[test]
fn a_badge_presented_meanwhile_is_next() {
    let tapped =
        step(almost_done().into(), Event::BadgeTapped { attempt: ATTEMPT, badge: badge(HIS) }, at(5)).state;

    check(
        tapped,
        Event::AuditStored(RecordKey::Logout(SESSION)),
        10,
        expect![[r#"
        → SigningIn, by badge, first factor, Waiting { asked_at: Instant(10ms), is_slow: false }
        OpenSessionByBadge { attempt: AttemptId(1), badge: Badge { mark: BadgeMark(…), number: Secret(…), grade: Uid } }"#]],
    );
}

#[test]
fn a_badge_presented_while_the_machine_goes_away_lets_nobody_in() {
    for event in [Event::GoingToSleep, Event::ShuttingDown] {
        let going = step(almost_done().into(), event, at(1)).state;
        let tapped = step(going, Event::BadgeTapped { attempt: ATTEMPT, badge: badge(HIS) }, at(5)).state;
        let done = step(tapped, Event::AuditStored(RecordKey::Logout(SESSION)), at(10));
        assert_eq!(done.state.name(), "SignedOut");
        assert_eq!(done.commands, [Command::AllowSleep]);
    }
}

#[test]
fn how_long_a_tap_is_enough_for_who_took_over_is_not_lost_meanwhile() {
    let grace = Event::GraceTold { session: OTHER, remaining: Some(std::time::Duration::from_secs(60)) };
    let told = step(taken_over().into(), grace, at(5)).state;

    let next = step(told, Event::AuditStored(RecordKey::Logout(SESSION)), at(10)).state;

    assert_eq!(next.session().and_then(|session| session.grace_until), Some(at(60_005)));
}

/// Only the logout record is missing, and somebody has taken over.
fn taken_over() -> SigningOut {
    let mut session = session();
    session.id = OTHER;
    almost_done().then(AfterSignOut::SignIn(Box::new(Opened { session, credential: secret() })))
}

/// Only the logout record is missing.
fn almost_done() -> SigningOut {
    let mut signing_out = signing_out().under_cover().known_to_the_server();
    signing_out.ending.owes_deletion = false;
    signing_out
}
