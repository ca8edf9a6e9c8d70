//! Covered; somebody proves who she is.
//!
//! ```text
//! AskingFirstFactor ──challenge──► AwaitingCode ──code──► AskingSecondFactor
//!        │    ▲ ask again                 ▲───wrong code──────┘  │   ▲ ask again
//!        └────┴────────session opened────────────────────────────┴───┘
//!                              ▼
//!                          Securing ──record and credential durable──► Uncovering ──► Active
//! ```
//!
//! The password is wiped when the server has taken it, the code likewise; leaving the state wipes both.
//! A request without an answer is sent again with the same id, so that an answer lost on the way costs
//! nothing but time. From `Securing` on there is a session, and every way out but `Active` ends it on record.
//!
//! Where the server opened a session and its answer never arrives, before the retries end or the person
//! cancels, that session can be opened by nobody: its credential was lost with the answer. The server
//! ends it when this workstation next signs in or starts.

mod opened;
mod request;

use self::request::RequestDue;
use crate::{
    command::{Command, EndCause, FailClosedCause},
    ending,
    event::{ContactFault, Event, Limits, Refusal},
    ids::{AttemptId, SessionId, User},
    instant::Instant,
    secret::Secret,
    session::Session,
    state::{Challenge, Request, SignedOut, SignedOutNotice, SigningIn, Stage},
    step::Step,
    time_limits::{GIVE_UP_AFTER, SECURING_LIMIT, UNCOVER_LIMIT},
    trail,
};

impl SigningIn {
    pub(crate) fn begin(attempt: AttemptId, name: String, password: Secret, now: Instant) -> Step {
        let request = Request::begin(attempt, now + GIVE_UP_AFTER, now);
        Self { stage: Stage::AskingFirstFactor { request, name, password } }.ask()
    }

    pub(crate) fn deadline(&self) -> Instant {
        match &self.stage {
            Stage::AskingFirstFactor { request, .. } | Stage::AskingSecondFactor { request, .. } => {
                request.deadline()
            }
            Stage::AwaitingCode { challenge, .. } => challenge.expires_at,
            Stage::Securing { since, .. } => *since + SECURING_LIMIT,
            Stage::Uncovering { since, .. } => *since + UNCOVER_LIMIT,
        }
    }

    pub(crate) fn on_event(self, event: Event, now: Instant) -> Step {
        match event {
            Event::DeadlineReached => self.due(now),

            Event::CodeSubmitted { attempt, code } => self.code_submitted(attempt, code, now),
            Event::SignInCancelled => self.cancel(now),
            Event::SignOutPressed => match self.stage {
                // The strip can already be on screen while the word of it is on its way.
                Stage::Uncovering { .. } => self.cancel(now),
                // No such button is on screen.
                Stage::AskingFirstFactor { .. }
                | Stage::AwaitingCode { .. }
                | Stage::AskingSecondFactor { .. }
                | Stage::Securing { .. } => Step::stay(self),
            },

            Event::ChallengeIssued { attempt, challenge, expires_in, tries_left } => {
                let challenge = Challenge { id: challenge, expires_at: now + expires_in, tries_left };
                self.challenge_issued(attempt, challenge)
            }
            Event::SessionOpened { attempt, session, user, credential, limits } => {
                self.session_opened(attempt, session, user, credential, limits, now)
            }
            Event::SignInRefused { attempt, refusal } => self.refused(attempt, refusal, now),
            Event::SignInUnanswered { attempt, fault } => self.unanswered(attempt, fault, now),
            Event::ServerReached => self.ask_again(now),
            Event::SessionEndedByServer { session, cause } => self.ended_by_server(session, cause, now),
            Event::WorkstationRefused(cause) => self.workstation_refused(cause, now),

            Event::AuditStored(key) => self.record_stored(key, now),
            Event::AuditFailed(key, cause) => self.record_failed(key, cause, now),
            Event::CredentialStored { session } => self.credential_stored(session, now),
            Event::KeychainFailed { session } => self.keychain_failed(session, now),

            Event::ScreenUncovered { session } => self.uncovered(session, now),
            Event::ScreenFailed => self.screen_failed(now),
            // A repeated word of the cover that was there before; a screen that covers again while it is
            // asked for never confirms, and that has a limit.
            Event::ScreenCovered { input_held: _ } => Step::stay(self),

            Event::GoingToSleep => self.leave_before_sleep(EndCause::Suspend, now),
            Event::ShuttingDown => self.leave_before_sleep(EndCause::Shutdown, now),
            // The machine slept without a word before it.
            Event::WokeUp => self.leave_after_sleep(now),
            Event::WallClockJumped => Step::to(self, vec![trail::clock_jumped(now)]),
            // The loop makes taps of these; none comes here.
            Event::ReaderTold(_) => Step::stay(self),

            // The first press counts, its inputs are disabled; what came a second time is wiped.
            Event::SignInSubmitted { .. } => Step::stay(self),
            // Nothing offers to stay before somebody is there.
            Event::StayPressed => Step::stay(self),
            // No inactivity is counted before the session is hers.
            Event::InputSeen { at: _ } | Event::InactivityUnknown => Step::stay(self),
            // A second answer to a start-up that was asked twice.
            Event::StartUpFinished | Event::StartUpFailed(_) => Step::stay(self),
            // The request at hand tells by itself whether it was answered.
            Event::ServerAway(_) => Step::stay(self),
            // Nothing was reported of this session yet; of another one, it is over.
            Event::ActivityAccepted { session: _ }
            | Event::SessionLapsed { session: _ }
            | Event::SessionAdopted { .. }
            | Event::SessionEndTold { session: _ } => Step::stay(self),
            // Of a session before this one.
            Event::CredentialDeleted { session: _ } => Step::stay(self),
        }
    }

    fn due(self, now: Instant) -> Step {
        match self.stage {
            Stage::AskingFirstFactor { request, name, password } => match request.due(now) {
                RequestDue::Nothing(request) => {
                    Step::stay(Self { stage: Stage::AskingFirstFactor { request, name, password } })
                }
                RequestDue::Ask(request) => {
                    Self { stage: Stage::AskingFirstFactor { request, name, password } }.ask()
                }
                RequestDue::GiveUp(fault) => {
                    Step::stay(SignedOut::telling(SignedOutNotice::Unanswered(fault)))
                }
            },
            Stage::AwaitingCode { challenge, .. } if now >= challenge.expires_at => challenge_over(),
            Stage::AwaitingCode { .. } => Step::stay(self),
            Stage::AskingSecondFactor { request, challenge, code } => match request.due(now) {
                RequestDue::Nothing(request) => {
                    Step::stay(Self { stage: Stage::AskingSecondFactor { request, challenge, code } })
                }
                RequestDue::Ask(request) => {
                    Self { stage: Stage::AskingSecondFactor { request, challenge, code } }.ask()
                }
                RequestDue::GiveUp(fault) => {
                    Step::stay(SignedOut::telling(SignedOutNotice::Unanswered(fault)))
                }
            },
            Stage::Securing { since, is_login_stored, .. } if now >= since + SECURING_LIMIT => {
                let cause = if is_login_stored {
                    FailClosedCause::KeychainUnavailable
                } else {
                    FailClosedCause::SpoolUnavailable
                };
                self.not_possible(cause, now)
            }
            Stage::Uncovering { since, .. } if now >= since + UNCOVER_LIMIT => {
                self.not_possible(FailClosedCause::CoverUnconfirmed, now)
            }
            Stage::Securing { .. } | Stage::Uncovering { .. } => Step::stay(self),
        }
    }

    /// Sends what the stage asks.
    fn ask(self) -> Step {
        let command = match &self.stage {
            Stage::AskingFirstFactor { request, name, password } => Some(Command::OpenSession {
                attempt: request.attempt,
                name: name.clone(),
                password: password.clone(),
            }),
            Stage::AskingSecondFactor { request, challenge, code } => Some(Command::AnswerChallenge {
                attempt: request.attempt,
                challenge: challenge.id,
                code: code.clone(),
            }),
            Stage::AwaitingCode { .. } | Stage::Securing { .. } | Stage::Uncovering { .. } => None,
        };
        Step::to(self, command.into_iter().collect())
    }

    /// The server answers again: whoever rests need not rest any longer.
    fn ask_again(mut self, now: Instant) -> Step {
        match &mut self.stage {
            Stage::AskingFirstFactor { request, .. } | Stage::AskingSecondFactor { request, .. } => {
                if request.wake(now) { self.ask() } else { Step::stay(self) }
            }
            Stage::AwaitingCode { .. } | Stage::Securing { .. } | Stage::Uncovering { .. } => {
                Step::stay(self)
            }
        }
    }

    fn code_submitted(self, attempt: AttemptId, code: Secret, now: Instant) -> Step {
        match self.stage {
            Stage::AwaitingCode { challenge, .. } => {
                // Nobody waits longer than the challenge itself lasts.
                let give_up_at = challenge.expires_at.min(now + GIVE_UP_AFTER);
                let request = Request::begin(attempt, give_up_at, now);
                Self { stage: Stage::AskingSecondFactor { request, challenge, code } }.ask()
            }
            // No code is asked for; it is wiped.
            Stage::AskingFirstFactor { .. }
            | Stage::AskingSecondFactor { .. }
            | Stage::Securing { .. }
            | Stage::Uncovering { .. } => Step::stay(self),
        }
    }

    fn challenge_issued(self, attempt: AttemptId, challenge: Challenge) -> Step {
        match &self.stage {
            Stage::AskingFirstFactor { request, .. } if request.attempt == attempt => {
                Step::stay(Self { stage: Stage::AwaitingCode { challenge, is_refused: false } })
            }
            // A second copy of an answer, or the answer to a sign-in that was cancelled.
            Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. }
            | Stage::Securing { .. }
            | Stage::Uncovering { .. } => Step::stay(self),
        }
    }

    fn session_opened(
        self,
        attempt: AttemptId,
        session: SessionId,
        user: User,
        credential: Secret,
        limits: Limits,
        now: Instant,
    ) -> Step {
        match &self.stage {
            Stage::AskingFirstFactor { request, .. } | Stage::AskingSecondFactor { request, .. }
                if request.attempt == attempt =>
            {
                let session = Session::new(session, user, limits, now);
                let commands = vec![
                    trail::login(session.id, &session.user, now),
                    Command::StoreCredential { session: session.id, credential },
                ];
                let stage = Stage::Securing {
                    session,
                    since: now,
                    is_login_stored: false,
                    is_credential_stored: false,
                };
                Step::to(Self { stage }, commands)
            }
            // A second copy of the answer that is being acted on.
            Stage::Securing { session: ours, .. } | Stage::Uncovering { session: ours, .. }
                if ours.id == session =>
            {
                Step::stay(self)
            }
            Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. }
            | Stage::Securing { .. }
            | Stage::Uncovering { .. } => Step::to(self, vec![ending::end_stray(session)]),
        }
    }

    fn refused(self, attempt: AttemptId, refusal: Refusal, now: Instant) -> Step {
        match self.stage {
            Stage::AskingFirstFactor { request, .. } if request.attempt == attempt => {
                signed_out(refusal, now)
            }
            Stage::AskingSecondFactor { request, challenge, code } if request.attempt == attempt => {
                match refusal {
                    Refusal::Code { tries_left: 0 } => challenge_over(),
                    Refusal::Code { tries_left } => {
                        let challenge = Challenge { tries_left, ..challenge };
                        Step::stay(Self { stage: Stage::AwaitingCode { challenge, is_refused: true } })
                    }
                    // The code was not looked at: she need not type another one.
                    Refusal::Busy => Self { stage: Stage::AskingSecondFactor { request, challenge, code } }
                        .unanswered(attempt, ContactFault::Unavailable, now),
                    Refusal::NameOrPassword
                    | Refusal::ChallengeOver
                    | Refusal::LockedOut { .. }
                    | Refusal::Disabled
                    | Refusal::Malformed => signed_out(refusal, now),
                }
            }
            // The answer to a sign-in that was cancelled, or a second copy of one.
            Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. }
            | Stage::Securing { .. }
            | Stage::Uncovering { .. } => Step::stay(self),
        }
    }

    fn unanswered(mut self, attempt: AttemptId, fault: ContactFault, now: Instant) -> Step {
        match &mut self.stage {
            Stage::AskingFirstFactor { request, .. } | Stage::AskingSecondFactor { request, .. }
                if request.attempt == attempt =>
            {
                if request.rest(fault, now) {
                    Step::stay(self)
                } else {
                    Step::stay(SignedOut::telling(SignedOutNotice::Unanswered(fault)))
                }
            }
            // Of a request that nobody waits for any more.
            Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. }
            | Stage::Securing { .. }
            | Stage::Uncovering { .. } => Step::stay(self),
        }
    }
}

fn challenge_over() -> Step {
    Step::stay(SignedOut::telling(SignedOutNotice::Refused(Refusal::ChallengeOver)))
}

fn signed_out(refusal: Refusal, now: Instant) -> Step {
    Step::stay(SignedOut::telling(match refusal {
        Refusal::LockedOut { retry_after } => SignedOutNotice::LockedOut { until: now + retry_after },
        Refusal::NameOrPassword
        | Refusal::Code { .. }
        | Refusal::ChallengeOver
        | Refusal::Disabled
        | Refusal::Busy
        | Refusal::Malformed => SignedOutNotice::Refused(refusal),
    }))
}

#[cfg(test)]
mod tests;
