//! From the core's state to what is on screen. Pure.
//!
//! Times are told from one instant (`from`) while what is told is decided at another (`now`). Told from
//! the instant at which the last view was emitted, an unchanged screen is an equal one, however long it stands:
//! that is how the loop knows that there is nothing to emit.

use std::time::Duration;

use agent_core::{
    command::{EndCause, FailClosedCause},
    event::{ContactFault, Refusal},
    instant::Instant,
    session::InUse,
    state::{
        ActiveScreen, Challenge, Request, RequestPhase, SignedOutNotice as CoreNotice, SigningIn, Stage,
        State,
    },
};

use super::{
    AskingStep, Contact, ContactFaultView, EndCauseView, FailClosedCode, ScreenView, SignedOutNotice,
};

/// The strip tells the time left from here on.
const SIGNS_OUT_SHOWN: Duration = Duration::from_secs(2 * 60);

/// What is on screen at `now`, its times told from `from`.
#[must_use]
pub fn screen(state: &State, contact: Contact, now: Instant, from: Instant) -> ScreenView {
    match state {
        State::Starting(_) => ScreenView::Starting,
        State::SignedOut(signed_out) => {
            ScreenView::SignedOut { notice: signed_out.notice.map(|told| notice(told, from)) }
        }
        State::SigningIn(signing_in) => signing_in_screen(signing_in, contact, from),
        State::Active(active) => match active.screen {
            ActiveScreen::Uncovered => strip(&active.in_use, now, from),
            // The screen covered by itself and has been asked for again: what is drawn is on the cover.
            ActiveScreen::Recovering { .. } => {
                ScreenView::Opening { display_name: active.in_use.session.user.display_name.clone() }
            }
        },
        State::InactivityWarning(warning) => ScreenView::InactivityWarning {
            display_name: warning.in_use.session.user.display_name.clone(),
            role: role(&warning.in_use),
            signs_out_in_ms: ms(warning.in_use.over_at().since(from)),
            inactive_for_ms: ms(from.since(warning.in_use.last_input)),
        },
        State::SigningOut(signing_out) => ScreenView::SigningOut {
            display_name: signing_out.ending.user.display_name.clone(),
            cause: end_cause(signing_out.ending.cause),
        },
        State::FailClosed(fail_closed) if fail_closed.cause == FailClosedCause::NotEnrolled => {
            ScreenView::NotEnrolled
        }
        State::FailClosed(fail_closed) => ScreenView::FailClosed {
            code: code(fail_closed.cause),
            since_ms: ms(from.since(fail_closed.since)),
            retry_in_ms: ms(fail_closed.retry_at.since(from)),
        },
    }
}

/// When [`screen`] will change by the passing of time alone, where the core has no deadline of its own.
#[must_use]
pub fn next_change(state: &State, now: Instant) -> Option<Instant> {
    let State::Active(active) = state else { return None };
    [signs_out_shown_at(&active.in_use), active.in_use.session.absolute_warning_at]
        .into_iter()
        .filter(|at| *at > now)
        .min()
}

fn signing_in_screen(signing_in: &SigningIn, contact: Contact, from: Instant) -> ScreenView {
    match &signing_in.stage {
        Stage::AskingFirstFactor { request, .. } => asking(AskingStep::FirstFactor, request, contact),
        Stage::AskingSecondFactor { request, .. } => asking(AskingStep::SecondFactor, request, contact),
        Stage::AwaitingCode { challenge, is_refused } => second_factor(challenge, *is_refused, from),
        Stage::Securing { session, .. } | Stage::Uncovering { session, .. } => {
            ScreenView::Opening { display_name: session.user.display_name.clone() }
        }
    }
}

fn asking(step: AskingStep, request: &Request, contact: Contact) -> ScreenView {
    match request.phase {
        // The first time round nothing has gone wrong yet.
        RequestPhase::Waiting { asked_at, is_slow } if asked_at == request.first_asked_at => {
            ScreenView::Asking { step, is_slow, fault: None }
        }
        // Asked again: the words of the fault stay, or they would come and go with each try.
        RequestPhase::Waiting { .. } => ScreenView::Asking { step, is_slow: true, fault: fault_of(contact) },
        RequestPhase::Resting { fault, .. } => {
            ScreenView::Asking { step, is_slow: true, fault: Some(contact_fault(fault)) }
        }
    }
}

fn second_factor(challenge: &Challenge, is_refused: bool, from: Instant) -> ScreenView {
    ScreenView::SecondFactor {
        expires_in_ms: ms(challenge.expires_at.since(from)),
        tries_left: challenge.tries_left,
        is_refused,
    }
}

fn strip(in_use: &InUse, now: Instant, from: Instant) -> ScreenView {
    let told_from = |shown_at: Instant, at: Instant| (now >= shown_at).then(|| ms(at.since(from)));
    ScreenView::Active {
        display_name: in_use.session.user.display_name.clone(),
        role: role(in_use),
        signs_out_in_ms: told_from(signs_out_shown_at(in_use), in_use.logoff_at()),
        absolute_limit_in_ms: told_from(in_use.session.absolute_warning_at, in_use.session.absolute_end),
    }
}

/// Two minutes before automatic logoff, or at half of a shorter limit: a strip that always counted down
/// would be looked at by nobody.
fn signs_out_shown_at(in_use: &InUse) -> Instant {
    let shown = SIGNS_OUT_SHOWN.min(in_use.session.inactivity / 2);
    in_use.last_input + in_use.session.inactivity.saturating_sub(shown)
}

fn role(in_use: &InUse) -> String {
    in_use.session.user.role.clone().unwrap_or_default()
}

fn notice(told: CoreNotice, from: Instant) -> SignedOutNotice {
    match told {
        CoreNotice::Refused(refusal) => refused(refusal),
        CoreNotice::LockedOut { until } => {
            SignedOutNotice::LockedOut { retry_after_ms: ms(until.since(from)) }
        }
        CoreNotice::Unanswered(fault) => {
            SignedOutNotice::Unanswered { fault: contact_fault(fault), is_retrying: false }
        }
        CoreNotice::NotPossibleNow(cause) => SignedOutNotice::NotPossibleNow { code: code(cause) },
        CoreNotice::SessionEnded(cause) => SignedOutNotice::SessionEnded { cause: end_cause(cause) },
    }
}

fn refused(refusal: Refusal) -> SignedOutNotice {
    match refusal {
        Refusal::NameOrPassword => SignedOutNotice::Refused,
        // On the signed-out screen there is no challenge left to give another code to.
        Refusal::Code { .. } => SignedOutNotice::ChallengeOver,
        Refusal::ChallengeOver => SignedOutNotice::ChallengeOver,
        Refusal::LockedOut { retry_after } => SignedOutNotice::LockedOut { retry_after_ms: ms(retry_after) },
        Refusal::Disabled => SignedOutNotice::Disabled,
        Refusal::Busy => SignedOutNotice::Busy,
        Refusal::Malformed => SignedOutNotice::Malformed,
    }
}

const fn contact_fault(fault: ContactFault) -> ContactFaultView {
    match fault {
        ContactFault::Unreachable => ContactFaultView::Unreachable,
        ContactFault::Slow => ContactFaultView::Slow,
        ContactFault::NotOurServer => ContactFaultView::NotOurServer,
        ContactFault::ClockWrong => ContactFaultView::ClockWrong,
        ContactFault::Unavailable => ContactFaultView::Unavailable,
    }
}

const fn fault_of(contact: Contact) -> Option<ContactFaultView> {
    match contact {
        Contact::Unknown => None,
        Contact::Online => None,
        Contact::Away => Some(ContactFaultView::Unreachable),
        Contact::NotOurServer => Some(ContactFaultView::NotOurServer),
        Contact::ClockWrong => Some(ContactFaultView::ClockWrong),
    }
}

pub(crate) const fn code(cause: FailClosedCause) -> FailClosedCode {
    match cause {
        FailClosedCause::NotEnrolled => FailClosedCode::NotEnrolled,
        FailClosedCause::WorkstationUnknown => FailClosedCode::WorkstationUnknown,
        FailClosedCause::WorkstationRevoked => FailClosedCode::WorkstationRevoked,
        FailClosedCause::WorkstationCloned => FailClosedCode::WorkstationCloned,
        FailClosedCause::KeychainUnavailable => FailClosedCode::KeychainUnavailable,
        FailClosedCause::SpoolUnavailable => FailClosedCode::SpoolUnavailable,
        FailClosedCause::SpoolFull => FailClosedCode::SpoolFull,
        FailClosedCause::CoverUnconfirmed => FailClosedCode::CoverUnconfirmed,
        FailClosedCause::InactivityUnknown => FailClosedCode::InactivityUnknown,
        FailClosedCause::ConfigInvalid => FailClosedCode::ConfigInvalid,
    }
}

const fn end_cause(cause: EndCause) -> EndCauseView {
    match cause {
        EndCause::UserButton => EndCauseView::UserButton,
        EndCause::UserTap => EndCauseView::UserTap,
        EndCause::Inactivity => EndCauseView::Inactivity,
        EndCause::AbsoluteLimit => EndCauseView::AbsoluteLimit,
        EndCause::TapOver => EndCauseView::TapOver,
        EndCause::Moved => EndCauseView::Moved,
        EndCause::UserElsewhere => EndCauseView::UserElsewhere,
        EndCause::Admin => EndCauseView::Admin,
        EndCause::Disabled => EndCauseView::Disabled,
        EndCause::CredentialChanged => EndCauseView::CredentialChanged,
        EndCause::Policy => EndCauseView::Policy,
        EndCause::Suspend => EndCauseView::Suspend,
        EndCause::Shutdown => EndCauseView::Shutdown,
        EndCause::CrashRecovered => EndCauseView::CrashRecovered,
        EndCause::ContactLost => EndCauseView::ContactLost,
        EndCause::WorkstationRevoked => EndCauseView::WorkstationRevoked,
        EndCause::FailClosed => EndCauseView::FailClosed,
        EndCause::Update => EndCauseView::Update,
        EndCause::OfflineExpired => EndCauseView::OfflineExpired,
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use agent_core::{
        event::{ContactFault, Event, Limits, RecordKey},
        ids::{AttemptId, ChallengeId, SessionId, User, UserId},
        secret::Secret,
        step,
    };
    use uuid::Uuid;

    use super::*;

    const CANARY: &str = "canary";
    const SESSION: SessionId = SessionId(Uuid::from_u128(7));
    const ATTEMPT: AttemptId = AttemptId(Uuid::from_u128(1));
    const MINUTE: u64 = 60_000;

    #[test]
    fn starting() {
        check(&starting_at_zero(), 0, &ScreenView::Starting);
    }

    #[test]
    fn signed_out_says_nothing_at_first() {
        check(&signed_out_at_zero(), 0, &ScreenView::SignedOut { notice: None });
    }

    #[test]
    fn asking_is_slow_after_two_seconds_and_names_the_fault_once_there_is_one() {
        let asking = |is_slow, fault| ScreenView::Asking { step: AskingStep::FirstFactor, is_slow, fault };
        let state = asking_first_factor();
        check(&state, 1_999, &asking(false, None));

        let slow = after(state.clone(), Event::DeadlineReached, 2_000);
        check(&slow, 2_000, &asking(true, None));

        let unanswered = Event::SignInUnanswered { attempt: ATTEMPT, fault: ContactFault::Slow };
        let resting = after(state, unanswered, 2_500);
        check(&resting, 2_500, &asking(true, Some(ContactFaultView::Slow)));
    }

    #[test]
    fn a_question_asked_again_keeps_the_words_of_its_fault() {
        let unanswered = Event::SignInUnanswered { attempt: ATTEMPT, fault: ContactFault::Unreachable };
        let resting = after(asking_first_factor(), unanswered, 2_500);
        let retry_at = resting.deadline().unwrap();
        let again = step::step(resting, Event::DeadlineReached, retry_at).state;

        let shown = screen(&again, Contact::Away, retry_at, retry_at);

        let fault = Some(ContactFaultView::Unreachable);
        assert_eq!(shown, ScreenView::Asking { step: AskingStep::FirstFactor, is_slow: true, fault });
    }

    #[test]
    fn the_second_factor_tells_the_time_and_the_tries_left() {
        let state = awaiting_code();
        let expected = |expires_in_ms, tries_left, is_refused| ScreenView::SecondFactor {
            expires_in_ms,
            tries_left,
            is_refused,
        };
        check(&state, 20_000, &expected(100_000, 5, false));

        let asked = after(state, code_submitted(), 30_000);
        let asking = ScreenView::Asking { step: AskingStep::SecondFactor, is_slow: false, fault: None };
        check(&asked, 30_000, &asking);

        let refusal = Refusal::Code { tries_left: 4 };
        let refused = after(asked, Event::SignInRefused { attempt: ATTEMPT, refusal }, 31_000);
        check(&refused, 31_000, &expected(89_000, 4, true));
    }

    #[test]
    fn opening_names_her_and_nothing_else() {
        check(&securing(), 31_000, &ScreenView::Opening { display_name: "Maria O.".to_owned() });
    }

    #[test]
    fn the_strip_counts_down_in_the_last_two_minutes_and_in_the_last_five_of_the_absolute_limit() {
        let state = active(12 * 60 * MINUTE);
        check(&state, 13 * MINUTE - 1, &strip_of(None, None));
        check(&state, 13 * MINUTE, &strip_of(Some(2 * MINUTE), None));

        let state = active(30 * MINUTE);
        check(&state, 25 * MINUTE, &strip_of(Some(0), Some(5 * MINUTE)));
    }

    #[test]
    fn a_short_limit_is_counted_down_in_its_second_half_only() {
        let state = active_with(Limits { inactivity: Duration::from_secs(40), ..limits(12 * 60 * MINUTE) });
        check(&state, 20_000 - 1, &strip_of(None, None));
        check(&state, 20_000, &strip_of(Some(20_000), None));
    }

    #[test]
    fn the_views_own_changes_are_known_beforehand_and_only_those_still_to_come() {
        let state = active(30 * MINUTE);
        assert_eq!(next_change(&state, ms_at(0)), Some(ms_at(13 * MINUTE)));
        assert_eq!(next_change(&state, ms_at(13 * MINUTE)), Some(ms_at(25 * MINUTE)));
        assert_eq!(next_change(&state, ms_at(25 * MINUTE)), None);
        assert_eq!(next_change(&signed_out_at_zero(), ms_at(0)), None);
    }

    #[test]
    fn a_screen_that_covered_by_itself_shows_no_strip() {
        let covered = after(active(12 * 60 * MINUTE), Event::ScreenCovered { input_held: true }, 1_000);
        check(&covered, 1_000, &ScreenView::Opening { display_name: "Maria O.".to_owned() });
    }

    #[test]
    fn the_warning_tells_both_how_long_it_was_and_how_long_it_still_is() {
        let expected = |signs_out_in_ms, inactive_for_ms| ScreenView::InactivityWarning {
            display_name: "Maria O.".to_owned(),
            role: "RN".to_owned(),
            signs_out_in_ms,
            inactive_for_ms,
        };
        check(&warned(12 * 60 * MINUTE), 14 * MINUTE + 1_000, &expected(59_000, 14 * MINUTE + 1_000));
        // Whichever limit is nearer.
        check(&warned(14 * MINUTE + 30_000), 14 * MINUTE, &expected(30_000, 14 * MINUTE));
    }

    #[test]
    fn signing_out_names_her_and_the_cause() {
        let state = after(active(12 * 60 * MINUTE), Event::SignOutPressed, 1_000);
        let display_name = "Maria O.".to_owned();
        check(&state, 1_000, &ScreenView::SigningOut { display_name, cause: EndCauseView::UserButton });
    }

    #[test]
    fn failing_closed_says_what_since_when_and_when_it_tries_again() {
        let failed = Event::StartUpFailed(FailClosedCause::SpoolFull);
        let state = after(starting_at_zero(), failed, 5_000);
        let State::FailClosed(fail_closed) = &state else { panic!("{}", state.name()) };
        let retry_in_ms = u64::try_from(fail_closed.retry_at.since(ms_at(5_100)).as_millis()).unwrap();

        check(
            &state,
            5_100,
            &ScreenView::FailClosed { code: FailClosedCode::SpoolFull, since_ms: 100, retry_in_ms },
        );
    }

    #[test]
    fn a_workstation_that_is_not_enrolled_has_a_screen_of_its_own() {
        let failed = Event::StartUpFailed(FailClosedCause::NotEnrolled);
        check(&after(starting_at_zero(), failed, 0), 0, &ScreenView::NotEnrolled);
    }

    #[test]
    fn every_notice_of_the_core_has_its_words() {
        for (told, expected) in [
            (CoreNotice::Refused(Refusal::NameOrPassword), SignedOutNotice::Refused),
            (CoreNotice::Refused(Refusal::Code { tries_left: 0 }), SignedOutNotice::ChallengeOver),
            (CoreNotice::Refused(Refusal::ChallengeOver), SignedOutNotice::ChallengeOver),
            (CoreNotice::Refused(Refusal::Disabled), SignedOutNotice::Disabled),
            (CoreNotice::Refused(Refusal::Busy), SignedOutNotice::Busy),
            (CoreNotice::Refused(Refusal::Malformed), SignedOutNotice::Malformed),
            (
                CoreNotice::LockedOut { until: ms_at(30_000) },
                SignedOutNotice::LockedOut { retry_after_ms: 29_000 },
            ),
            (
                CoreNotice::Unanswered(ContactFault::Slow),
                SignedOutNotice::Unanswered { fault: ContactFaultView::Slow, is_retrying: false },
            ),
            (
                CoreNotice::NotPossibleNow(FailClosedCause::KeychainUnavailable),
                SignedOutNotice::NotPossibleNow { code: FailClosedCode::KeychainUnavailable },
            ),
            (
                CoreNotice::SessionEnded(EndCause::ContactLost),
                SignedOutNotice::SessionEnded { cause: EndCauseView::ContactLost },
            ),
        ] {
            assert_eq!(notice(told, ms_at(1_000)), expected);
        }
    }

    #[test]
    fn told_from_the_same_instant_an_unchanged_screen_is_an_equal_one() {
        for state in
            [signed_out_at_zero(), awaiting_code(), active(12 * 60 * MINUTE), warned(12 * 60 * MINUTE)]
        {
            let (now, later) = (ms_at(14 * MINUTE), ms_at(14 * MINUTE + 5_000));
            assert_eq!(
                screen(&state, Contact::Online, now, now),
                screen(&state, Contact::Online, later, now)
            );
        }
    }

    #[test]
    fn nothing_typed_and_no_credential_is_ever_told() {
        for state in [asking_first_factor(), after(awaiting_code(), code_submitted(), 30_000), securing()] {
            let shown = screen(&state, Contact::Online, ms_at(31_000), ms_at(31_000));
            assert!(!format!("{shown:?}").contains(CANARY));
            assert!(!serde_json::to_string(&shown).unwrap().contains(CANARY));
        }
    }

    #[track_caller]
    fn check(state: &State, at_ms: u64, expected: &ScreenView) {
        assert_eq!(&screen(state, Contact::Online, ms_at(at_ms), ms_at(at_ms)), expected);
    }

    fn starting_at_zero() -> State {
        step::start(ms_at(0)).state
    }

    fn signed_out_at_zero() -> State {
        let covered = after(starting_at_zero(), Event::ScreenCovered { input_held: true }, 0);
        after(covered, Event::StartUpFinished, 0)
    }

    fn asking_first_factor() -> State {
        let name = CANARY.to_owned();
        let password = Secret::new(CANARY.to_owned());
        after(signed_out_at_zero(), Event::SignInSubmitted { attempt: ATTEMPT, name, password }, 0)
    }

    fn awaiting_code() -> State {
        let issued = Event::ChallengeIssued {
            attempt: ATTEMPT,
            challenge: ChallengeId(Uuid::from_u128(3)),
            expires_in: Duration::from_secs(120),
            tries_left: 5,
        };
        after(asking_first_factor(), issued, 0)
    }

    fn code_submitted() -> Event {
        Event::CodeSubmitted { attempt: ATTEMPT, code: Secret::new(CANARY.to_owned()) }
    }

    fn securing() -> State {
        securing_with(limits(12 * 60 * MINUTE))
    }

    fn securing_with(limits: Limits) -> State {
        let opened = Event::SessionOpened {
            attempt: ATTEMPT,
            session: SESSION,
            user: User {
                id: UserId(Uuid::from_u128(9)),
                display_name: "Maria O.".to_owned(),
                role: Some("RN".to_owned()),
            },
            credential: Secret::new(CANARY.to_owned()),
            limits,
        };
        after(asking_first_factor(), opened, 0)
    }

    fn active(absolute_ms: u64) -> State {
        active_with(limits(absolute_ms))
    }

    fn active_with(limits: Limits) -> State {
        let secured = after(securing_with(limits), Event::AuditStored(RecordKey::Login(SESSION)), 0);
        let uncovering = after(secured, Event::CredentialStored { session: SESSION }, 0);
        after(uncovering, Event::ScreenUncovered { session: SESSION }, 0)
    }

    fn warned(absolute_ms: u64) -> State {
        let measuring = after(active(absolute_ms), Event::DeadlineReached, 14 * MINUTE);
        after(measuring, Event::InputSeen { at: ms_at(0) }, 14 * MINUTE)
    }

    fn limits(absolute_ms: u64) -> Limits {
        Limits {
            inactivity: Duration::from_secs(15 * 60),
            warning: Duration::from_secs(60),
            absolute_remaining: Duration::from_millis(absolute_ms),
            heartbeat: Duration::from_secs(60),
        }
    }

    fn strip_of(signs_out_in_ms: Option<u64>, absolute_limit_in_ms: Option<u64>) -> ScreenView {
        ScreenView::Active {
            display_name: "Maria O.".to_owned(),
            role: "RN".to_owned(),
            signs_out_in_ms,
            absolute_limit_in_ms,
        }
    }

    fn after(state: State, event: Event, at_ms: u64) -> State {
        step::step(state, event, ms_at(at_ms)).state
    }

    const fn ms_at(ms: u64) -> Instant {
        Instant::from_boot(Duration::from_millis(ms))
    }
}
