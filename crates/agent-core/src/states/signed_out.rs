//! Covered; anybody may sign in.
//!
//! Entered only with the cover confirmed, nothing owed and no credential in the keychain. At rest it has
//! no deadline: a workstation that nobody touches does nothing.

use crate::{
    command::{Command, EndCause, FailClosedCause},
    ending,
    event::Event,
    ids::{AttemptId, SessionId},
    instant::Instant,
    state::{FailClosed, SignedOut, SignedOutNotice, SigningIn, StartUpDebt},
    step::Step,
    trail,
};

impl SignedOut {
    pub(crate) const fn telling(notice: SignedOutNotice) -> Self {
        Self { notice: Some(notice), cancelled: None }
    }

    pub(crate) const fn after_cancelling(attempt: Option<AttemptId>) -> Self {
        Self { notice: None, cancelled: attempt }
    }

    pub(crate) const fn deadline(&self) -> Option<Instant> {
        match self.notice {
            Some(SignedOutNotice::LockedOut { until }) => Some(until),
            Some(
                SignedOutNotice::Refused(_)
                | SignedOutNotice::Unanswered(_)
                | SignedOutNotice::NotPossibleNow(_)
                | SignedOutNotice::SessionEnded(_),
            )
            | None => None,
        }
    }

    pub(crate) fn on_event(mut self, event: Event, now: Instant) -> Step {
        match event {
            Event::DeadlineReached => {
                if self.deadline().is_some_and(|deadline| now >= deadline) {
                    self.notice = None;
                }
                Step::stay(self)
            }

            Event::SignInSubmitted { attempt, name, password } => {
                SigningIn::begin(attempt, name, password, now)
            }

            // Still covered; the shield tells again when it holds the input as well.
            Event::ScreenCovered { input_held: _ } => Step::stay(self),
            // Nobody may see it: cover, and let nobody in until that is confirmed.
            Event::ScreenUncovered { session: _ } | Event::ScreenFailed => {
                FailClosed::because(FailClosedCause::CoverUnconfirmed, now).owing_cover(true).enter()
            }

            Event::SessionOpened { attempt, session, .. } => {
                let end = self.end_stray(attempt, session);
                Step::to(self, vec![end])
            }
            Event::WorkstationRefused(cause) => {
                FailClosed::because(cause, now).owing_start_up(StartUpDebt::Owed).enter()
            }

            // A store that was given up has come through after all: take it out again.
            Event::CredentialStored { session } => {
                Step::to(self, vec![Command::DeleteCredential { session }])
            }
            // Whether a credential is left is not known: start-up finds out, and deletes it.
            Event::KeychainFailed { session: _ } => {
                FailClosed::because(FailClosedCause::KeychainUnavailable, now)
                    .owing_start_up(StartUpDebt::Owed)
                    .enter()
            }

            Event::GoingToSleep | Event::ShuttingDown => Step::to(self, vec![Command::AllowSleep]),
            Event::WallClockJumped => Step::to(self, vec![trail::clock_jumped()]),

            // Covered before the sleep, covered after it.
            Event::WokeUp => Step::stay(self),
            // A second answer to a start-up that was asked twice. What failed shows at the next sign-in.
            Event::StartUpFinished | Event::StartUpFailed(_) => Step::stay(self),
            // The screen offers none of these; a press may have crossed the change of screens.
            Event::CodeSubmitted { .. }
            | Event::SignInCancelled
            | Event::SignOutPressed
            | Event::StayPressed => Step::stay(self),
            // There is no session that input could prolong; a late answer.
            Event::InputSeen { at: _ } | Event::InactivityUnknown => Step::stay(self),
            // Answers to a sign-in that was cancelled or given up. A challenge ends by itself.
            Event::ChallengeIssued { .. } | Event::SignInRefused { .. } | Event::SignInUnanswered { .. } => {
                Step::stay(self)
            }
            // News of a session that is over, told and on record. A fresh credential for it opens nothing.
            Event::ActivityAccepted { session: _ }
            | Event::SessionLapsed { session: _ }
            | Event::SessionAdopted { .. }
            | Event::SessionEndedByServer { .. }
            | Event::SessionEndTold { session: _ } => Step::stay(self),
            // Drawn by the shell; the next sign-in tries in any case.
            Event::ServerReached | Event::ServerAway(_) => Step::stay(self),
            // Second answers: the first is what brought us here.
            Event::CredentialDeleted { session: _ } | Event::AuditStored(_) => Step::stay(self),
            // Only a record that nothing waits for is under way here. A spool that stays broken shows at
            // the next sign-in, which waits for its record.
            Event::AuditFailed(..) => Step::stay(self),
        }
    }

    /// The person who cancelled is who ends what the server opened meanwhile.
    fn end_stray(&self, attempt: AttemptId, session: SessionId) -> Command {
        if self.cancelled == Some(attempt) {
            return Command::EndSession { session, cause: EndCause::UserButton };
        }
        ending::end_stray(session)
    }
}
