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

const fn code(cause: FailClosedCause) -> FailClosedCode {
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
