//! What follows from each event, stage by stage.

use std::time::Duration;

use expect_test::expect;

use super::*;
use crate::{
    event::{FactorWanted, RecordKey},
    state::State,
    states::ward::{
        ATTEMPT, OLD_ATTEMPT, OTHER, SESSION, at, challenge, check, check_ignored, limits, secret, securing,
        session, session_opened, wants,
    },
    step::step,
};

#[test]
fn the_server_may_ask_for_a_code_and_the_password_is_gone() {
    let issued = wants(FactorWanted::Totp);

    check(
        first_factor(),
        issued.clone(),
        10,
        expect!["→ SigningIn, awaiting code, 5 tries left, refused: false"],
    );
    let State::SigningIn(after) = first_factor().on_event(issued, at(10)).state else { panic!("not asked") };
    assert!(!format!("{after:?}").contains("Secret"));
}

#[test]
fn a_code_is_sent_as_soon_as_it_is_complete() {
    check(
        awaiting_code(),
        Event::CodeSubmitted { attempt: ATTEMPT, code: secret() },
        20,
        expect![[r#"
            → SigningIn, second factor, Waiting { asked_at: Instant(20ms), is_slow: false }
            AnswerChallenge { attempt: AttemptId(1), challenge: ChallengeId(3), answer: Totp(Secret(…)) }"#]],
    );
}

#[test]
fn an_open_session_is_recorded_and_its_credential_stored_before_anything_is_seen() {
    check(
        first_factor(),
        session_opened(ATTEMPT, SESSION),
        10,
        expect![[r#"
        → SigningIn, securing, login: false, credential: false
        AppendAudit(Login of 7)
        StoreCredential { session: SessionId(7), credential: Secret(…) }"#]],
    );
    check(
        second_factor(),
        session_opened(ATTEMPT, SESSION),
        10,
        expect![[r#"
        → SigningIn, securing, login: false, credential: false
        AppendAudit(Login of 7)
        StoreCredential { session: SessionId(7), credential: Secret(…) }"#]],
    );
    check(
        securing(),
        Event::AuditStored(RecordKey::Login(SESSION)),
        20,
        expect!["→ SigningIn, securing, login: true, credential: false"],
    );
    check(
        securing(),
        Event::CredentialStored { session: SESSION },
        20,
        expect!["→ SigningIn, securing, login: false, credential: true"],
    );
}

#[test]
fn the_screen_is_asked_for_when_both_are_durable_in_either_order() {
    check(
        secured(true, false),
        Event::CredentialStored { session: SESSION },
        20,
        expect![[r#"
        → SigningIn, uncovering
        UncoverScreen { session: SessionId(7) }"#]],
    );
    check(
        secured(false, true),
        Event::AuditStored(RecordKey::Login(SESSION)),
        20,
        expect![[r#"
        → SigningIn, uncovering
        UncoverScreen { session: SessionId(7) }"#]],
    );
}

#[test]
fn she_sees_it_when_the_screen_says_so() {
    check(
        uncovering(),
        Event::ScreenUncovered { session: SESSION },
        30,
        expect![[r#"
            → Active, last input 0ns, report at 60s
            RunApps { session: SessionId(7), why: Uncovered }"#]],
    );
}

#[test]
fn refusals_are_told_and_she_begins_again() {
    for refusal in [
        Refusal::NameOrPassword,
        Refusal::Disabled,
        Refusal::Busy,
        Refusal::Malformed,
        Refusal::ChallengeOver,
    ] {
        let step = first_factor().on_event(Event::SignInRefused { attempt: ATTEMPT, refusal }, at(10));
        assert_eq!(step, Step::stay(SignedOut::telling(SignedOutNotice::Refused(refusal))));
    }
    let locked_out = Refusal::LockedOut { retry_after: Duration::from_secs(30) };
    check(
        first_factor(),
        Event::SignInRefused { attempt: ATTEMPT, refusal: locked_out },
        10,
        expect!["→ SignedOut, telling LockedOut { until: Instant(30.01s) }"],
    );
}

#[test]
fn a_wrong_code_may_be_given_again_while_tries_are_left() {
    let wrong = |tries_left| Event::SignInRefused { attempt: ATTEMPT, refusal: Refusal::Code { tries_left } };

    check(second_factor(), wrong(4), 10, expect!["→ SigningIn, awaiting code, 4 tries left, refused: true"]);
    check(second_factor(), wrong(0), 10, expect!["→ SignedOut, telling Refused(ChallengeOver)"]);
}

#[test]
fn a_busy_server_does_not_cost_her_a_second_code() {
    check(
        second_factor(),
        Event::SignInRefused { attempt: ATTEMPT, refusal: Refusal::Busy },
        10,
        expect!["→ SigningIn, second factor, Resting { fault: Unavailable, retry_at: Instant(3.01s) }"],
    );
}

#[test]
fn a_challenge_ends_when_its_time_is_over() {
    check_ignored(awaiting_code(), Event::DeadlineReached, 119_999);
    check(
        awaiting_code(),
        Event::DeadlineReached,
        120_000,
        expect!["→ SignedOut, telling Refused(ChallengeOver)"],
    );
}

#[test]
fn a_slow_answer_is_called_slow_at_two_seconds() {
    check(
        first_factor(),
        Event::DeadlineReached,
        1_999,
        expect!["→ SigningIn, first factor, Waiting { asked_at: Instant(0ns), is_slow: false }"],
    );
    check(
        first_factor(),
        Event::DeadlineReached,
        2_000,
        expect!["→ SigningIn, first factor, Waiting { asked_at: Instant(0ns), is_slow: true }"],
    );
}

#[test]
fn silence_is_asked_again_by_itself_with_the_same_id() {
    check(
        first_factor(),
        unanswered(ContactFault::Unreachable),
        2_000,
        expect!["→ SigningIn, first factor, Resting { fault: Unreachable, retry_at: Instant(5s) }"],
    );
    check(
        resting(),
        Event::DeadlineReached,
        5_000,
        expect![[r#"
        → SigningIn, first factor, Waiting { asked_at: Instant(5s), is_slow: false }
        OpenSession { attempt: AttemptId(1), name: "maria", password: Secret(…) }"#]],
    );
    check(
        resting(),
        Event::ServerReached,
        4_000,
        expect![[r#"
        → SigningIn, first factor, Waiting { asked_at: Instant(4s), is_slow: false }
        OpenSession { attempt: AttemptId(1), name: "maria", password: Secret(…) }"#]],
    );
    check_ignored(resting(), unanswered(ContactFault::Slow), 4_000);
}

#[test]
fn a_server_port_that_never_answers_is_not_waited_for() {
    check(
        first_factor(),
        Event::DeadlineReached,
        8_000,
        expect!["→ SigningIn, first factor, Resting { fault: Slow, retry_at: Instant(11s) }"],
    );
}

#[test]
fn after_two_minutes_of_silence_it_is_given_up_in_words() {
    check(
        resting(),
        Event::DeadlineReached,
        120_000,
        expect!["→ SignedOut, telling Unanswered(Unreachable)"],
    );
    check(
        first_factor(),
        unanswered(ContactFault::Slow),
        120_000,
        expect!["→ SignedOut, telling Unanswered(Slow)"],
    );
}

#[test]
fn a_code_is_not_asked_again_longer_than_its_challenge_lasts() {
    let begun =
        awaiting_code().on_event(Event::CodeSubmitted { attempt: ATTEMPT, code: secret() }, at(100_000));
    let State::SigningIn(asking) = begun.state else { panic!("{:?}", begun.state) };

    let step = asking.on_event(unanswered(ContactFault::Unavailable), at(120_000));

    let notice = SignedOutNotice::Unanswered(ContactFault::Unavailable);
    assert_eq!(step, Step::stay(SignedOut::telling(notice)));
}

#[test]
fn an_impostor_is_not_asked_twice_and_a_wrong_clock_is_named() {
    check(
        first_factor(),
        unanswered(ContactFault::NotOurServer),
        10,
        expect!["→ SignedOut, telling Unanswered(NotOurServer)"],
    );
    check(
        second_factor(),
        unanswered(ContactFault::ClockWrong),
        10,
        expect!["→ SignedOut, telling Unanswered(ClockWrong)"],
    );
}

#[test]
fn she_may_cancel_and_what_the_server_opens_then_is_hers_to_end() {
    let step = first_factor().on_event(Event::SignInCancelled, at(10));

    assert_eq!(step, Step::stay(SignedOut::after_cancelling(Some(ATTEMPT))));
    check(awaiting_code(), Event::SignInCancelled, 10, expect!["→ SignedOut"]);
    check(
        secured(true, false),
        Event::SignInCancelled,
        10,
        expect![[r#"
        → SigningOut, owes logout deletion telling, next SignedOut(SessionEnded(UserButton))
        AppendAudit(Logout of 7, UserButton)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: UserButton }"#]],
    );
    check(
        uncovering(),
        Event::SignOutPressed,
        10,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(UserButton))
        CoverScreen
        AppendAudit(Logout of 7, UserButton)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: UserButton }"#]],
    );
    check_ignored(securing(), Event::SignOutPressed, 10);
}

#[test]
fn a_login_that_cannot_be_recorded_is_no_login() {
    let full = Event::AuditFailed(RecordKey::Login(SESSION), FailClosedCause::SpoolFull);

    check(
        securing(),
        full,
        10,
        expect![[r#"
            → SigningOut, owes login logout deletion telling, next SignedOut(NotPossibleNow(SpoolFull))
            AppendAudit(Login of 7 at 0ns)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: FailClosed }"#]],
    );
    check(
        secured(false, true),
        Event::DeadlineReached,
        8_000,
        expect![[r#"
            → SigningOut, owes login logout deletion telling, next SignedOut(NotPossibleNow(SpoolUnavailable))
            AppendAudit(Login of 7 at 0ns)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: FailClosed }"#]],
    );
}

#[test]
fn a_credential_that_cannot_be_kept_is_no_session() {
    check(
        secured(true, false),
        Event::KeychainFailed { session: SESSION },
        10,
        expect![[r#"
        → SigningOut, owes logout deletion telling, next SignedOut(NotPossibleNow(KeychainUnavailable))
        AppendAudit(Logout of 7, FailClosed)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: FailClosed }"#]],
    );
    check(
        secured(true, false),
        Event::DeadlineReached,
        8_000,
        expect![[r#"
        → SigningOut, owes logout deletion telling, next SignedOut(NotPossibleNow(KeychainUnavailable))
        AppendAudit(Logout of 7, FailClosed)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: FailClosed }"#]],
    );
}

#[test]
fn a_screen_that_does_not_uncover_ends_the_session() {
    check(
        uncovering(),
        Event::ScreenFailed,
        10,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling, next SignedOut(NotPossibleNow(CoverUnconfirmed))
        CoverScreen
        AppendAudit(Logout of 7, FailClosed)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: FailClosed }"#]],
    );
    check(
        uncovering(),
        Event::DeadlineReached,
        3_000,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling, next SignedOut(NotPossibleNow(CoverUnconfirmed))
        CoverScreen
        AppendAudit(Logout of 7, FailClosed)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: FailClosed }"#]],
    );
}

#[test]
fn a_screen_that_fails_or_bares_itself_while_she_types_fails_closed() {
    check(
        first_factor(),
        Event::ScreenFailed,
        10,
        expect![[r#"
            → FailClosed(CoverUnconfirmed), owes cover, start-up Settled, CauseRecords { asked: Some(CoverUnconfirmed at 10ms), owed: [], stored: [] }, retry at 1.01s
            CoverScreen
            AppendAudit(FailedClosed(CoverUnconfirmed))"#]],
    );
    check(
        awaiting_code(),
        Event::ScreenUncovered { session: OTHER },
        10,
        expect![[r#"
            → FailClosed(CoverUnconfirmed), owes cover, start-up Settled, CauseRecords { asked: Some(CoverUnconfirmed at 10ms), owed: [], stored: [] }, retry at 1.01s
            CoverScreen
            AppendAudit(FailedClosed(CoverUnconfirmed))"#]],
    );
    check(
        secured(true, false),
        Event::ScreenUncovered { session: SESSION },
        10,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling, next SignedOut(NotPossibleNow(CoverUnconfirmed))
        CoverScreen
        AppendAudit(Logout of 7, FailClosed)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: FailClosed }"#]],
    );
}

#[test]
fn a_session_ended_before_it_was_seen_is_recorded_and_over() {
    let disabled = |session| Event::SessionEndedByServer { session, cause: EndCause::Disabled };

    check(
        secured(true, false),
        disabled(SESSION),
        10,
        expect![[r#"
        → SigningOut, owes logout deletion, next SignedOut(SessionEnded(Disabled))
        AppendAudit(Logout of 7, Disabled)
        DeleteCredential { session: SessionId(7) }"#]],
    );
    check_ignored(securing(), disabled(OTHER), 10);
}

#[test]
fn a_workstation_refused_meanwhile_signs_nobody_in() {
    let revoked = Event::WorkstationRefused(FailClosedCause::WorkstationRevoked);

    check(
        first_factor(),
        revoked.clone(),
        10,
        expect![[r#"
            → FailClosed(WorkstationRevoked), owes, start-up Owed, CauseRecords { asked: Some(WorkstationRevoked at 10ms), owed: [], stored: [] }, retry at 1.01s
            AppendAudit(FailedClosed(WorkstationRevoked))"#]],
    );
    check(
        uncovering(),
        revoked,
        10,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling, next FailClosed(WorkstationRevoked)
        CoverScreen
        AppendAudit(Logout of 7, WorkstationRevoked)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: WorkstationRevoked }"#]],
    );
}

#[test]
fn nothing_typed_stays_in_the_memory_of_a_sleeping_machine() {
    check(
        first_factor(),
        Event::GoingToSleep,
        10,
        expect![[r#"
        → SignedOut
        AllowSleep"#]],
    );
    check(second_factor(), Event::WokeUp, 10, expect!["→ SignedOut"]);
    check(
        awaiting_code(),
        Event::ShuttingDown,
        10,
        expect![[r#"
        → SignedOut
        AllowSleep"#]],
    );
    check(
        secured(true, false),
        Event::GoingToSleep,
        10,
        expect![[r#"
        → SigningOut, owes logout deletion telling, next SignedOut(SessionEnded(Suspend))
        AppendAudit(Logout of 7, Suspend)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: Suspend }"#]],
    );
    check(
        uncovering(),
        Event::WokeUp,
        10,
        expect![[r#"
        → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(Suspend))
        CoverScreen
        AppendAudit(Logout of 7, Suspend)
        DeleteCredential { session: SessionId(7) }
        EndSession { session: SessionId(7), cause: Suspend }"#]],
    );
}

#[test]
fn a_session_opened_for_another_attempt_is_ended() {
    check(
        first_factor(),
        session_opened(OLD_ATTEMPT, OTHER),
        10,
        expect![[r#"
        → SigningIn, first factor, Waiting { asked_at: Instant(0ns), is_slow: false }
        EndSession { session: SessionId(8), cause: FailClosed }"#]],
    );
    check(
        awaiting_code(),
        session_opened(ATTEMPT, OTHER),
        10,
        expect![[r#"
        → SigningIn, awaiting code, 5 tries left, refused: false
        EndSession { session: SessionId(8), cause: FailClosed }"#]],
    );
    check(
        securing(),
        session_opened(ATTEMPT, OTHER),
        10,
        expect![[r#"
        → SigningIn, securing, login: false, credential: false
        EndSession { session: SessionId(8), cause: FailClosed }"#]],
    );
    check_ignored(securing(), session_opened(ATTEMPT, SESSION), 10);
    check_ignored(uncovering(), session_opened(ATTEMPT, SESSION), 10);
}

#[test]
fn the_credential_of_the_person_before_is_taken_out_again() {
    check(
        first_factor(),
        Event::CredentialStored { session: OTHER },
        10,
        expect![[r#"
        → SigningIn, first factor, Waiting { asked_at: Instant(0ns), is_slow: false }
        DeleteCredential { session: SessionId(8) }"#]],
    );
    check_ignored(securing(), Event::CredentialStored { session: OTHER }, 10);
    check_ignored(securing(), Event::KeychainFailed { session: OTHER }, 10);
}

#[test]
fn second_presses_and_late_answers_change_nothing() {
    let presses = [
        Event::SignInSubmitted { attempt: OLD_ATTEMPT, name: "joe".to_owned(), password: secret() },
        Event::StayPressed,
        Event::InputSeen { at: at(5) },
        Event::ScreenCovered { input_held: true },
        Event::ServerAway(ContactFault::Slow),
        Event::SignInRefused { attempt: OLD_ATTEMPT, refusal: Refusal::Disabled },
        Event::SignInUnanswered { attempt: OLD_ATTEMPT, fault: ContactFault::NotOurServer },
        Event::SessionAdopted { session: OTHER, credential: secret(), limits: limits() },
        Event::AuditFailed(RecordKey::Other, FailClosedCause::SpoolFull),
    ];
    for state in [first_factor(), awaiting_code(), second_factor(), securing(), uncovering()] {
        for event in &presses {
            check_ignored(state.clone(), event.clone(), 10);
        }
    }
    check_ignored(first_factor(), Event::CodeSubmitted { attempt: ATTEMPT, code: secret() }, 10);
}

#[test]
fn a_screen_that_she_left_for_another_before_its_session_was_known_is_covered_as_it_becomes_hers() {
    for asking in [first_factor(), second_factor()] {
        for left in [vec![SESSION], vec![SESSION, OTHER]] {
            let told = left.iter().fold(State::from(asking.clone()), |state, session| {
                step(state, Event::CoveredElsewhere { session: *session }, at(10)).state
            });
            assert!(is_covered_at_once(told));
        }
        let other = step(asking.into(), Event::CoveredElsewhere { session: OTHER }, at(10)).state;
        assert!(!is_covered_at_once(other));
    }
}

/// Once the session is opened and secured, and the screen hers.
fn is_covered_at_once(state: State) -> bool {
    let hers = [
        session_opened(ATTEMPT, SESSION),
        Event::AuditStored(RecordKey::Login(SESSION)),
        Event::CredentialStored { session: SESSION },
        Event::ScreenUncovered { session: SESSION },
    ];
    let state = hers.into_iter().fold(state, |state, event| step(state, event, at(20)).state);
    matches!(state, State::Concealed(_))
}

fn first_factor() -> SigningIn {
    let request = Request::begin(ATTEMPT, at(120_000), at(0));
    SigningIn {
        stage: Stage::AskingFirstFactor {
            request,
            presented: Presented::Password { name: "maria".to_owned(), password: secret() },
        },
        badge: None,
        left: Vec::new(),
    }
}

fn awaiting_code() -> SigningIn {
    SigningIn {
        stage: Stage::AwaitingCode { challenge: challenge(), is_refused: false },
        badge: None,
        left: Vec::new(),
    }
}

fn second_factor() -> SigningIn {
    let request = Request::begin(ATTEMPT, at(120_000), at(0));
    SigningIn {
        stage: Stage::AskingSecondFactor { request, challenge: challenge(), answer: Answer::Totp(secret()) },
        badge: None,
        left: Vec::new(),
    }
}

/// Unanswered at 2 s, to be asked again at 5 s.
fn resting() -> SigningIn {
    let State::SigningIn(resting) =
        first_factor().on_event(unanswered(ContactFault::Unreachable), at(2_000)).state
    else {
        panic!("given up at once");
    };
    resting
}

fn secured(is_login_stored: bool, is_credential_stored: bool) -> SigningIn {
    SigningIn {
        stage: Stage::Securing { session: session(), since: at(0), is_login_stored, is_credential_stored },
        badge: None,
        left: Vec::new(),
    }
}

fn uncovering() -> SigningIn {
    SigningIn { stage: Stage::Uncovering { session: session(), since: at(0) }, badge: None, left: Vec::new() }
}

fn unanswered(fault: ContactFault) -> Event {
    Event::SignInUnanswered { attempt: ATTEMPT, fault }
}
