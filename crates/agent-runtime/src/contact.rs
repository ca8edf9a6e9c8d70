//! What the events say of the server's whereabouts. The core needs this only within a session; the screen
//! shows it always.

use agent_core::event::{ContactFault, Event};

use crate::view::Contact;

/// Whether the server answers, after `event`.
pub(crate) const fn after(before: Contact, event: &Event) -> Contact {
    match event {
        // It answered: whatever it said.
        Event::ServerReached
        | Event::ChallengeIssued { .. }
        | Event::SessionOpened { .. }
        | Event::SignInRefused { .. }
        | Event::ActivityAccepted { .. }
        | Event::SessionLapsed { .. }
        | Event::SessionAdopted { .. }
        | Event::SessionResumed { .. }
        | Event::BadgeIdentified { whose: Some(_), .. }
        | Event::BadgeEnrolled { .. }
        | Event::BadgesRevoked { .. }
        | Event::MySessionsTold { elsewhere: Some(_), .. }
        | Event::CoveredElsewhere { .. }
        | Event::WorkstationRefused(_) => Contact::Online,

        Event::ServerAway(fault) | Event::SignInUnanswered { fault, .. } => match fault {
            ContactFault::Unreachable => Contact::Away,
            ContactFault::Slow => Contact::Away,
            ContactFault::Unavailable => Contact::Away,
            ContactFault::NotOurServer => Contact::NotOurServer,
            ContactFault::ClockWrong => Contact::ClockWrong,
        },

        // An end can be told by a durable outbox too; the rest is not about the server.
        Event::SessionEndedByServer { .. }
        | Event::SessionEndTold { .. }
        | Event::DeadlineReached
        | Event::StartUpFinished
        | Event::StartUpFailed(_)
        | Event::ScreenCovered { .. }
        | Event::ScreenUncovered { .. }
        | Event::ScreenFailed
        | Event::SignInSubmitted { .. }
        | Event::CodeSubmitted { .. }
        | Event::PasswordSubmitted { .. }
        | Event::PinSubmitted { .. }
        | Event::SignInCancelled
        | Event::SignOutPressed
        | Event::StayPressed
        | Event::ReaderTold(_)
        | Event::BadgeTapped { .. }
        | Event::BadgeNotRead(_)
        | Event::BadgeIdentified { whose: None, .. }
        | Event::BadgeNotEnrolled { .. }
        | Event::MySessionsTold { elsewhere: None, .. }
        | Event::RenewPressed
        | Event::MySessionsPressed { .. }
        | Event::LossReported { .. }
        | Event::GraceTold { .. }
        | Event::ConcealPressed
        | Event::InputSeen { .. }
        | Event::InactivityUnknown
        | Event::Approached
        | Event::AppTold { .. }
        | Event::AppsClosing { .. }
        | Event::AppsGone { .. }
        | Event::AppsLeft { .. }
        | Event::AppsNotFrozen { .. }
        | Event::AppsNotThawed { .. }
        | Event::CredentialStored { .. }
        | Event::CredentialDeleted { .. }
        | Event::KeychainFailed { .. }
        | Event::AuditStored(_)
        | Event::AuditFailed(..)
        | Event::GoingToSleep
        | Event::WokeUp
        | Event::WallClockJumped
        | Event::ShuttingDown => before,
    }
}
