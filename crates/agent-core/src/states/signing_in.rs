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

mod request;

use self::request::RequestDue;
use crate::{
    command::{Command, EndCause, FailClosedCause},
    ending::{self, Ending},
    event::{ContactFault, Event, Limits, RecordKey, Refusal},
    ids::{AttemptId, SessionId, User},
    instant::Instant,
    secret::Secret,
    session::Session,
    state::{
        Active, Challenge, FailClosed, Request, SignedOut, SignedOutNotice, SigningIn, SigningOut, Stage,
        StartUpDebt,
    },
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
            Event::WallClockJumped => Step::to(self, vec![trail::clock_jumped()]),

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
                    Command::AppendAudit(trail::login(session.id, &session.user)),
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

    fn record_stored(mut self, key: RecordKey, now: Instant) -> Step {
        match &mut self.stage {
            Stage::Securing { session, is_login_stored, .. } if key == RecordKey::Login(session.id) => {
                *is_login_stored = true;
                self.uncover_once_secured(now)
            }
            // Of a session before, or of something that nothing waits for.
            Stage::Securing { .. }
            | Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. }
            | Stage::Uncovering { .. } => Step::stay(self),
        }
    }

    fn record_failed(self, key: RecordKey, cause: FailClosedCause, now: Instant) -> Step {
        match &self.stage {
            Stage::Securing { session, is_login_stored: false, .. }
                if key == RecordKey::Login(session.id) =>
            {
                self.not_possible(cause, now)
            }
            // Nothing here waits for it: of a session before, or a second answer after a good one.
            Stage::Securing { .. }
            | Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. }
            | Stage::Uncovering { .. } => Step::stay(self),
        }
    }

    fn credential_stored(mut self, stored: SessionId, now: Instant) -> Step {
        match &mut self.stage {
            Stage::Securing { session, is_credential_stored, .. } if session.id == stored => {
                *is_credential_stored = true;
                self.uncover_once_secured(now)
            }
            // A store of a session before has come through after all: take it out again.
            Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. } => {
                Step::to(self, vec![Command::DeleteCredential { session: stored }])
            }
            // The keychain answers in order, so this session's credential is the one it holds now.
            Stage::Securing { .. } | Stage::Uncovering { .. } => Step::stay(self),
        }
    }

    fn keychain_failed(self, failed: SessionId, now: Instant) -> Step {
        match &self.stage {
            Stage::Securing { session, .. } | Stage::Uncovering { session, .. } if session.id == failed => {
                self.not_possible(FailClosedCause::KeychainUnavailable, now)
            }
            // Of a session before this one; the credential at hand will tell for itself.
            Stage::Securing { .. }
            | Stage::Uncovering { .. }
            | Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. } => Step::stay(self),
        }
    }

    fn uncover_once_secured(self, now: Instant) -> Step {
        match self.stage {
            Stage::Securing { session, is_login_stored: true, is_credential_stored: true, .. } => {
                let command = Command::UncoverScreen { session: session.id };
                Step::to(Self { stage: Stage::Uncovering { session, since: now } }, vec![command])
            }
            Stage::Securing { .. }
            | Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. }
            | Stage::Uncovering { .. } => Step::stay(self),
        }
    }

    fn uncovered(self, uncovered: SessionId, now: Instant) -> Step {
        match self.stage {
            Stage::Uncovering { session, .. } if session.id == uncovered => Active::begin(session, now),
            // The screen is bare and nobody may see it.
            Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. }
            | Stage::Securing { .. }
            | Stage::Uncovering { .. } => self.screen_failed(now),
        }
    }

    fn screen_failed(self, now: Instant) -> Step {
        let cause = FailClosedCause::CoverUnconfirmed;
        match self.signing_out(EndCause::FailClosed, now) {
            Some(signing_out) => signing_out.bare().telling(SignedOutNotice::NotPossibleNow(cause)).enter(),
            None => FailClosed::because(cause, now).owing_cover(true).enter(),
        }
    }

    fn ended_by_server(self, ended: SessionId, cause: EndCause, now: Instant) -> Step {
        match &self.stage {
            Stage::Securing { session, .. } | Stage::Uncovering { session, .. } if session.id == ended => {
                self.end(cause, SigningOut::known_to_the_server, now)
            }
            // Of a session before this one.
            Stage::Securing { .. }
            | Stage::Uncovering { .. }
            | Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. } => Step::stay(self),
        }
    }

    fn workstation_refused(self, cause: FailClosedCause, now: Instant) -> Step {
        match self.signing_out(EndCause::of_refused_workstation(cause), now) {
            Some(signing_out) => signing_out.then_fail_closed(cause).enter(),
            None => FailClosed::because(cause, now).owing_start_up(StartUpDebt::Owed).enter(),
        }
    }

    /// The session was opened but cannot be made safe here.
    fn not_possible(self, cause: FailClosedCause, now: Instant) -> Step {
        let notice = SignedOutNotice::NotPossibleNow(cause);
        self.end(EndCause::FailClosed, |signing_out| signing_out.telling(notice), now)
    }

    fn cancel(self, now: Instant) -> Step {
        let awaited = match &self.stage {
            Stage::AskingFirstFactor { request, .. } | Stage::AskingSecondFactor { request, .. } => {
                Some(request.attempt)
            }
            Stage::AwaitingCode { .. } | Stage::Securing { .. } | Stage::Uncovering { .. } => None,
        };
        match self.signing_out(EndCause::UserButton, now) {
            Some(signing_out) => signing_out.enter(),
            None => Step::stay(SignedOut::after_cancelling(awaited)),
        }
    }

    /// The machine goes away: nothing typed stays in its memory.
    fn leave_before_sleep(self, cause: EndCause, now: Instant) -> Step {
        match self.signing_out(cause, now) {
            Some(signing_out) => signing_out.awaited_by_sleep().enter(),
            None => Step::to(SignedOut::default(), vec![Command::AllowSleep]),
        }
    }

    fn leave_after_sleep(self, now: Instant) -> Step {
        match self.signing_out(EndCause::Suspend, now) {
            Some(signing_out) => signing_out.enter(),
            None => Step::stay(SignedOut::default()),
        }
    }

    fn end(self, cause: EndCause, how: impl FnOnce(SigningOut) -> SigningOut, now: Instant) -> Step {
        match self.signing_out(cause, now) {
            Some(signing_out) => how(signing_out).enter(),
            // Asked only where there is one; covered and wiped in any case.
            None => Step::stay(SignedOut::default()),
        }
    }

    /// The end of the session, where there is one. What was typed is wiped in any case.
    fn signing_out(self, cause: EndCause, now: Instant) -> Option<SigningOut> {
        match self.stage {
            Stage::Securing { session, is_login_stored, .. } => {
                let ending = Ending { owes_login: !is_login_stored, ..Ending::of(session, cause) };
                Some(SigningOut::of(ending, now).under_cover())
            }
            Stage::Uncovering { session, .. } => Some(SigningOut::of(Ending::of(session, cause), now)),
            Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. } => None,
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
mod tests {
    use std::time::Duration;

    use expect_test::expect;

    use super::*;
    use crate::{
        state::State,
        states::ward::{
            ATTEMPT, CHALLENGE, OLD_ATTEMPT, OTHER, SESSION, at, challenge, check, check_ignored, limits,
            secret, securing, session, session_opened,
        },
    };

    #[test]
    fn the_server_may_ask_for_a_code_and_the_password_is_gone() {
        let issued = Event::ChallengeIssued {
            attempt: ATTEMPT,
            challenge: CHALLENGE,
            expires_in: Duration::from_secs(120),
            tries_left: 5,
        };

        check(
            first_factor(),
            issued.clone(),
            10,
            expect!["→ SigningIn, awaiting code, 5 tries left, refused: false"],
        );
        let State::SigningIn(after) = first_factor().on_event(issued, at(10)).state else {
            panic!("not asked")
        };
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
            AnswerChallenge { attempt: AttemptId(1), challenge: ChallengeId(3), code: Secret(…) }"#]],
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
            expect!["→ Active, last input 0ns, report at 60s"],
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
        let wrong =
            |tries_left| Event::SignInRefused { attempt: ATTEMPT, refusal: Refusal::Code { tries_left } };

        check(
            second_factor(),
            wrong(4),
            10,
            expect!["→ SigningIn, awaiting code, 4 tries left, refused: true"],
        );
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
            AppendAudit(Login of 7)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: FailClosed }"#]],
        );
        check(
            secured(false, true),
            Event::DeadlineReached,
            8_000,
            expect![[r#"
            → SigningOut, owes login logout deletion telling, next SignedOut(NotPossibleNow(SpoolUnavailable))
            AppendAudit(Login of 7)
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
                → FailClosed(CoverUnconfirmed), owes cover, start-up Settled, record Asked { at: Instant(10ms) }, retry at 1.01s
                CoverScreen
                AppendAudit(FailedClosed(CoverUnconfirmed))"#]],
        );
        check(
            awaiting_code(),
            Event::ScreenUncovered { session: OTHER },
            10,
            expect![[r#"
                → FailClosed(CoverUnconfirmed), owes cover, start-up Settled, record Asked { at: Instant(10ms) }, retry at 1.01s
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
                → FailClosed(WorkstationRevoked), owes, start-up Owed, record Asked { at: Instant(10ms) }, retry at 1.01s
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

    fn first_factor() -> SigningIn {
        let request = Request::begin(ATTEMPT, at(120_000), at(0));
        SigningIn {
            stage: Stage::AskingFirstFactor { request, name: "maria".to_owned(), password: secret() },
        }
    }

    fn awaiting_code() -> SigningIn {
        SigningIn { stage: Stage::AwaitingCode { challenge: challenge(), is_refused: false } }
    }

    fn second_factor() -> SigningIn {
        let request = Request::begin(ATTEMPT, at(120_000), at(0));
        SigningIn { stage: Stage::AskingSecondFactor { request, challenge: challenge(), code: secret() } }
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
            stage: Stage::Securing {
                session: session(),
                since: at(0),
                is_login_stored,
                is_credential_stored,
            },
        }
    }

    fn uncovering() -> SigningIn {
        SigningIn { stage: Stage::Uncovering { session: session(), since: at(0) } }
    }

    fn unanswered(fault: ContactFault) -> Event {
        Event::SignInUnanswered { attempt: ATTEMPT, fault }
    }
}
