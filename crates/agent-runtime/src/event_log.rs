//! What a site would recognise in the log: refusals, contact, adoption, told as they happen.
//!
//! Codes are those of the wire (`protocol::v1::problem`), so that one search finds both sides. Names,
//! passwords and codes are in no event's line.

use agent_core::{
    badge::ReaderFact,
    event::{ContactFault, Event, Refusal},
};
use tracing::{info, warn};

pub(crate) fn tell(event: &Event) {
    match event {
        Event::SignInRefused { refusal, .. } => {
            let code = refusal_code(*refusal);
            info!(code, "A sign-in was refused: {code}");
        }
        Event::SignInUnanswered { fault, .. } => {
            let fault = fault_code(*fault);
            warn!(fault, "A sign-in was not answered: {fault}");
        }
        Event::SessionLapsed { session } => {
            info!(session.id = %session, "The server had not heard of session {session} in time");
        }
        Event::SessionAdopted { session, .. } => {
            info!(session.id = %session, "The server goes on with session {session}");
        }
        Event::SessionEndedByServer { session, cause } => {
            info!(session.id = %session, ?cause, "The server has ended session {session}");
        }
        Event::ServerReached => info!("The session server answers"),
        Event::ServerAway(fault) => {
            let fault = fault_code(*fault);
            warn!(fault, "The session server does not answer: {fault}");
        }
        Event::WorkstationRefused(cause) => {
            warn!(?cause, "The server signs nobody in at this workstation");
        }
        Event::StartUpFailed(cause) => warn!(?cause, "The workstation is not fit to sign anybody in"),
        Event::KeychainFailed { session } => {
            warn!(session.id = %session, "The keychain failed for session {session}");
        }
        Event::AuditFailed(_, cause) => warn!(?cause, "A record is not on disk"),
        Event::BadgeNotRead(fault) => info!(?fault, "What was presented cannot be used as a badge"),
        Event::BadgeNotEnrolled { session, because } => {
            info!(session.id = %session, ?because, "A badge was not enrolled in session {session}");
        }
        Event::BadgesRevoked { count, .. } => info!(count, "Badges were revoked by their holder"),
        Event::MySessionsTold { session, elsewhere: None, .. } => {
            info!(session.id = %session, "The server did not say where else the person of session {session} is signed in");
        }
        Event::CoveredElsewhere { session } => {
            info!(session.id = %session, "The person of session {session} uncovered a screen elsewhere");
        }
        Event::ReaderTold(ReaderFact::Ready { reader }) => {
            info!(reader.id = reader.0, "A badge reader reads")
        }
        Event::ReaderTold(ReaderFact::Faulty { reader, fault }) => {
            warn!(reader.id = reader.0, ?fault, "A badge reader does not read");
        }
        Event::AppTold { session, app, outcome } => {
            info!(session.id = %session, app.id = app.0, ?outcome, "An app of session {session}: {outcome:?}");
        }
        Event::AppsLeft { session } => {
            warn!(session.id = %session, "The apps of session {session} could not be ended, or left something");
        }
        Event::AppsNotFrozen { session } => {
            warn!(session.id = %session, "The apps of session {session} could not be frozen while somebody is there");
        }
        Event::AppsNotThawed { session } => {
            warn!(session.id = %session, "The apps of session {session} could not be let go on");
        }
        Event::ScreenFailed => warn!("The screen could not be covered or uncovered"),
        Event::InactivityUnknown => warn!("The last input cannot be known; it counts as none"),
        Event::GoingToSleep => info!("The machine goes to sleep"),
        Event::WokeUp => info!("The machine woke"),
        Event::WallClockJumped => warn!("The wall clock jumped"),
        Event::ShuttingDown => info!("The machine or its session shuts down"),
        // Each of these shows in a change of state or of the view, or is routine.
        Event::DeadlineReached
        | Event::StartUpFinished
        | Event::ScreenCovered { .. }
        | Event::ScreenUncovered { .. }
        | Event::SignInSubmitted { .. }
        | Event::CodeSubmitted { .. }
        | Event::PasswordSubmitted { .. }
        | Event::PinSubmitted { .. }
        | Event::SignInCancelled
        | Event::SignOutPressed
        | Event::StayPressed
        | Event::ConcealPressed
        | Event::RenewPressed
        | Event::MySessionsPressed { .. }
        | Event::LossReported { .. }
        | Event::MySessionsTold { elsewhere: Some(_), .. }
        | Event::ReaderTold(
            ReaderFact::Presented { .. } | ReaderFact::NotRead { .. } | ReaderFact::Removed { .. },
        )
        | Event::BadgeTapped { .. }
        | Event::BadgeIdentified { .. }
        | Event::BadgeEnrolled { .. }
        | Event::GraceTold { .. }
        | Event::SessionResumed { .. }
        | Event::InputSeen { .. }
        | Event::ChallengeIssued { .. }
        | Event::SessionOpened { .. }
        | Event::ActivityAccepted { .. }
        | Event::SessionEndTold { .. }
        | Event::Approached
        | Event::AppsClosing { .. }
        | Event::AppsGone { .. }
        | Event::CredentialStored { .. }
        | Event::CredentialDeleted { .. }
        | Event::AuditStored(_) => {}
    }
}

const fn refusal_code(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NameOrPassword => "sign_in.refused",
        Refusal::Code { .. } => "second_factor.refused",
        Refusal::ChallengeOver => "challenge.over",
        Refusal::LockedOut { .. } => "sign_in.locked_out",
        Refusal::Disabled => "user.disabled",
        Refusal::Busy => "server.busy",
        Refusal::Malformed => "request.invalid",
        Refusal::BadgeUnknown => "badge.unknown",
        Refusal::BadgeUnlisted => "badge.unlisted",
        Refusal::BadgeWait => "badge.wait",
        Refusal::BadgeRefused => "badge.refused",
        Refusal::BadgeUnusable => "badge.unusable",
        Refusal::BadgeOfAnother => "badge.of_another",
    }
}

const fn fault_code(fault: ContactFault) -> &'static str {
    match fault {
        ContactFault::Unreachable => "unreachable",
        ContactFault::Slow => "slow",
        ContactFault::NotOurServer => "not_our_server",
        ContactFault::ClockWrong => "clock_wrong",
        ContactFault::Unavailable => "unavailable",
    }
}
