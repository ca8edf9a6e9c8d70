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

use crate::{
    badge::{Badge, BadgeMark},
    command::{Answer, Command, EndCause, FailClosedCause},
    ending,
    event::{ContactFault, Event, Refusal},
    ids::{AttemptId, SessionId, User},
    instant::Instant,
    secret::Secret,
    session::BadgeLine,
    state::{
        Challenge, Offer, Presented, Request, SignInBadge, SignedOut, SignedOutNotice, SigningIn, Stage,
    },
    states::request::RequestDue,
    step::Step,
    time_limits::{ENROLMENT_OFFER, GIVE_UP_AFTER, SECURING_LIMIT, TAP_GIVE_UP_AFTER, UNCOVER_LIMIT},
    trail,
};

impl SigningIn {
    /// By name and password. A badge that was offered becomes hers once she has signed in.
    pub(crate) fn begin(
        attempt: AttemptId,
        name: String,
        password: Secret,
        offered: Option<Offer>,
        now: Instant,
    ) -> Step {
        let request = Request::begin(attempt, now + GIVE_UP_AFTER, now);
        let presented = Presented::Password { name, password };
        let badge = offered.map(|offer| SignInBadge::ToEnrol(offer.badge));
        Self { stage: Stage::AskingFirstFactor { request, presented }, badge, left: Vec::new() }.ask()
    }

    /// By badge, which names her.
    pub(crate) fn begin_by_badge(attempt: AttemptId, badge: Badge, now: Instant) -> Step {
        let request = Request::begin(attempt, now + TAP_GIVE_UP_AFTER, now);
        let names = SignInBadge::Names { mark: badge.mark, user: None };
        let presented = Presented::Badge(badge);
        Self { stage: Stage::AskingFirstFactor { request, presented }, badge: Some(names), left: Vec::new() }
            .ask()
    }

    /// Of whoever has lost her badge: she proves herself as for a sign-in.
    pub(crate) fn begin_loss(attempt: AttemptId, name: String, password: Secret, now: Instant) -> Step {
        let request = Request::begin(attempt, now + GIVE_UP_AFTER, now);
        let presented = Presented::Password { name, password };
        Self {
            stage: Stage::AskingFirstFactor { request, presented },
            badge: Some(SignInBadge::Lost),
            left: Vec::new(),
        }
        .ask()
    }

    /// Whether this is the badge that names who signs in, or that is to be hers.
    pub(crate) fn has_part(&self, badge: BadgeMark) -> bool {
        match &self.badge {
            Some(SignInBadge::Names { mark, .. }) => *mark == badge,
            Some(SignInBadge::ToEnrol(offered)) => offered.mark == badge,
            Some(SignInBadge::Lost) | None => false,
        }
    }

    /// Whether a lost badge is reported by it, and nobody signed in.
    #[must_use]
    pub fn is_loss(&self) -> bool {
        self.badge == Some(SignInBadge::Lost)
    }

    /// Whether a session that was opened for `attempt` is what it waits for.
    pub(crate) fn awaits_session(&self, attempt: AttemptId) -> bool {
        self.awaits(attempt) && !self.is_loss()
    }

    /// Whether the answer to `attempt` is what it waits for.
    pub(crate) fn awaits(&self, attempt: AttemptId) -> bool {
        match &self.stage {
            Stage::AskingFirstFactor { request, .. } | Stage::AskingSecondFactor { request, .. } => {
                request.attempt == attempt
            }
            Stage::AwaitingCode { .. } | Stage::Securing { .. } | Stage::Uncovering { .. } => false,
        }
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

            Event::CodeSubmitted { attempt, code } => self.answer(attempt, Answer::Totp(code), now),
            Event::PasswordSubmitted { attempt, password } => {
                self.answer(attempt, Answer::Password(password), now)
            }
            Event::PinSubmitted { attempt, pin } => self.answer(attempt, Answer::Pin(pin), now),
            Event::BadgeTapped { attempt, badge } => self.tapped(attempt, badge, now),
            // What is under way is not disturbed by a badge that cannot be read.
            Event::BadgeNotRead(_) => Step::stay(self),
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

            Event::ChallengeIssued { attempt, challenge, wants, user, expires_in, tries_left } => {
                let challenge = Challenge { id: challenge, wants, expires_at: now + expires_in, tries_left };
                self.challenge_issued(attempt, challenge, user)
            }
            Event::SessionOpened { attempt, session, user, credential, limits }
                if self.awaits_session(attempt) =>
            {
                Self::secure(self.opened(session, user, credential, limits, now), now)
            }
            Event::SessionOpened { session, .. } => self.opened_again(session),
            Event::BadgesRevoked { attempt, count } => self.badges_revoked(attempt, count),
            Event::GraceTold { session, remaining } => {
                self.with_session(|ours| ours.note_grace(session, remaining, now))
            }
            Event::CoveredElsewhere { session } => Step::stay(self.was_left(session)),
            Event::BadgeEnrolled { session, badge } => {
                self.with_session(|ours| ours.was_enrolled(session, badge, now))
            }
            Event::BadgeNotEnrolled { session, because } => {
                self.with_session(|ours| ours.was_not_enrolled(session, because, now))
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
            Event::SignInSubmitted { .. } | Event::LossReported { .. } => Step::stay(self),
            // No app runs yet; second answers about a session before, whose apps are gone.
            Event::Approached
            | Event::AppTold { .. }
            | Event::AppsClosing { .. }
            | Event::AppsGone { session: _ }
            | Event::AppsLeft { session: _ }
            | Event::AppsNotFrozen { session: _ }
            | Event::AppsNotThawed { session: _ } => Step::stay(self),
            // Nothing offers to stay, or to cover, before somebody is there.
            Event::StayPressed
            | Event::ConcealPressed
            | Event::RenewPressed
            | Event::MySessionsPressed { .. } => Step::stay(self),
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
            | Event::SessionResumed { .. }
            | Event::BadgeIdentified { .. }
            | Event::MySessionsTold { .. }
            | Event::SessionEndTold { session: _ } => Step::stay(self),
            // Of a session before this one.
            Event::CredentialDeleted { session: _ } => Step::stay(self),
        }
    }

    fn due(self, now: Instant) -> Step {
        match self.stage {
            Stage::AskingFirstFactor { request, presented } => match request.due(now) {
                RequestDue::Nothing(request) => {
                    Step::stay(Self { stage: Stage::AskingFirstFactor { request, presented }, ..self })
                }
                RequestDue::Ask(request) => {
                    Self { stage: Stage::AskingFirstFactor { request, presented }, ..self }.ask()
                }
                RequestDue::GiveUp(fault) => {
                    Step::stay(SignedOut::telling(SignedOutNotice::Unanswered(fault)))
                }
            },
            Stage::AwaitingCode { challenge, .. } if now >= challenge.expires_at => challenge_over(),
            Stage::AwaitingCode { .. } => Step::stay(self),
            Stage::AskingSecondFactor { request, challenge, answer } => match request.due(now) {
                RequestDue::Nothing(request) => Step::stay(Self {
                    stage: Stage::AskingSecondFactor { request, challenge, answer },
                    ..self
                }),
                RequestDue::Ask(request) => {
                    Self { stage: Stage::AskingSecondFactor { request, challenge, answer }, ..self }.ask()
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
            Stage::AskingFirstFactor { request, presented: Presented::Password { name, password } }
                if self.is_loss() =>
            {
                Some(Command::ReportBadgesLost {
                    attempt: request.attempt,
                    name: name.clone(),
                    password: password.clone(),
                })
            }
            Stage::AskingFirstFactor { request, presented: Presented::Password { name, password } } => {
                Some(Command::OpenSession {
                    attempt: request.attempt,
                    name: name.clone(),
                    password: password.clone(),
                })
            }
            Stage::AskingFirstFactor { request, presented: Presented::Badge(badge) } => {
                Some(Command::OpenSessionByBadge { attempt: request.attempt, badge: badge.clone() })
            }
            Stage::AskingSecondFactor { request, challenge, answer } => Some(Command::AnswerChallenge {
                attempt: request.attempt,
                challenge: challenge.id,
                answer: answer.clone(),
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

    fn answer(self, attempt: AttemptId, answer: Answer, now: Instant) -> Step {
        match self.stage {
            Stage::AwaitingCode { challenge, .. } if answer.is_for(challenge.wants) => {
                // Nobody waits longer than the challenge itself lasts.
                let give_up_at = challenge.expires_at.min(now + GIVE_UP_AFTER);
                let request = Request::begin(attempt, give_up_at, now);
                Self { stage: Stage::AskingSecondFactor { request, challenge, answer }, ..self }.ask()
            }
            // It is not what is asked for; it is wiped.
            Stage::AwaitingCode { .. }
            | Stage::AskingFirstFactor { .. }
            | Stage::AskingSecondFactor { .. }
            | Stage::Securing { .. }
            | Stage::Uncovering { .. } => Step::stay(self),
        }
    }

    /// The badge that began this changes nothing; another one begins anew, and what was typed is wiped.
    fn tapped(self, attempt: AttemptId, badge: Badge, now: Instant) -> Step {
        let is_the_same = self.has_part(badge.mark);
        match self.stage {
            Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. }
                if !is_the_same =>
            {
                Self::begin_by_badge(attempt, badge, now)
            }
            // A moment, and the screen is the person's who was first.
            Stage::Securing { .. }
            | Stage::Uncovering { .. }
            | Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. } => Step::stay(self),
        }
    }

    /// The answer to what was presented, or to an answer that was right: still more is asked.
    fn challenge_issued(mut self, attempt: AttemptId, challenge: Challenge, named: Option<User>) -> Step {
        if !self.awaits(attempt) {
            // A second copy of an answer, or the answer to a sign-in that was cancelled.
            return Step::stay(self);
        }
        if let (Some(SignInBadge::Names { user, .. }), Some(named)) = (&mut self.badge, named) {
            *user = Some(named);
        }
        Step::stay(Self { stage: Stage::AwaitingCode { challenge, is_refused: false }, ..self })
    }

    /// An answer that was not waited for.
    fn opened_again(self, session: SessionId) -> Step {
        match &self.stage {
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
            Stage::AskingFirstFactor { request, presented } if request.attempt == attempt => {
                let offered = match (refusal, presented, self.badge) {
                    (Refusal::BadgeUnknown, Presented::Badge(badge), _)
                    | (_, Presented::Password { .. }, Some(SignInBadge::ToEnrol(badge))) => Some(badge),
                    (_, Presented::Badge(_) | Presented::Password { .. }, _) => None,
                };
                let offered = offered.map(|badge| Offer { badge, until: now + ENROLMENT_OFFER });
                Step::stay(SignedOut { offered, ..SignedOut::telling(told_refusal(refusal, now)) })
            }
            Stage::AskingSecondFactor { request, challenge, answer } if request.attempt == attempt => {
                match refusal {
                    Refusal::Code { tries_left: 0 } => challenge_over(),
                    Refusal::Code { tries_left } => {
                        let challenge = Challenge { tries_left, ..challenge };
                        let stage = Stage::AwaitingCode { challenge, is_refused: true };
                        Step::stay(Self { stage, ..self })
                    }
                    // The code was not looked at: she need not type another one.
                    Refusal::Busy => {
                        let stage = Stage::AskingSecondFactor { request, challenge, answer };
                        Self { stage, ..self }.unanswered(attempt, ContactFault::Unavailable, now)
                    }
                    Refusal::NameOrPassword
                    | Refusal::ChallengeOver
                    | Refusal::LockedOut { .. }
                    | Refusal::Disabled
                    | Refusal::Malformed
                    | Refusal::BadgeUnknown
                    | Refusal::BadgeUnlisted
                    | Refusal::BadgeWait
                    | Refusal::BadgeRefused
                    | Refusal::BadgeUnusable
                    | Refusal::BadgeOfAnother => Step::stay(SignedOut::telling(told_refusal(refusal, now))),
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

    /// What was reported is done; nobody is signed in by it.
    fn badges_revoked(self, attempt: AttemptId, count: u32) -> Step {
        if self.is_loss() && self.awaits(attempt) {
            Step::stay(SignedOut::telling(SignedOutNotice::BadgesRevoked(count)))
        } else {
            // A second copy, or the answer to what was cancelled.
            Step::stay(self)
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

/// A refusal, as the covered screen says it.
pub(in crate::states) fn told_refusal(refusal: Refusal, now: Instant) -> SignedOutNotice {
    match refusal {
        Refusal::LockedOut { retry_after } => SignedOutNotice::LockedOut { until: now + retry_after },
        Refusal::BadgeUnknown => SignedOutNotice::Badge(BadgeLine::Unknown),
        Refusal::BadgeUnlisted => SignedOutNotice::Badge(BadgeLine::Unlisted),
        Refusal::BadgeWait => SignedOutNotice::Badge(BadgeLine::Wait),
        // Whose it is instead is nobody's business here.
        Refusal::BadgeRefused | Refusal::BadgeOfAnother => SignedOutNotice::Badge(BadgeLine::Refused),
        Refusal::BadgeUnusable => SignedOutNotice::Badge(BadgeLine::Unusable),
        Refusal::NameOrPassword
        | Refusal::Code { .. }
        | Refusal::ChallengeOver
        | Refusal::Disabled
        | Refusal::Busy
        | Refusal::Malformed => SignedOutNotice::Refused(refusal),
    }
}

#[cfg(test)]
mod by_badge_tests;
#[cfg(test)]
mod loss_tests;
#[cfg(test)]
mod tests;
