//! What the server answers, and what it knows then.

use agent_core::{
    badge::Badge,
    command::{EndCause, ResumeFactor, ResumeMethod},
    event::{Event, FactorWanted, Limits, Refusal, TapOut},
    ids::{AttemptId, ChallengeId, SessionId, User, UserId},
    secret::Secret,
};
use uuid::Uuid;

use super::{
    ABSOLUTE, Asked, CHALLENGE_LIFETIME, CONCEAL, HEARTBEAT, INACTIVITY, ServerSession, WARNING, World,
};

impl World {
    pub(super) fn sign_in(&mut self, attempt: AttemptId, user: UserId) -> Event {
        if self.needs_code { self.challenge(attempt, Asked::SignIn(user)) } else { self.open(attempt, user) }
    }

    pub(super) fn challenge(&mut self, attempt: AttemptId, asked: Asked) -> Event {
        let fresh = ChallengeId(self.id());
        let challenge = *self.challenges.entry(attempt).or_insert(fresh);
        self.asked.insert(challenge, asked);
        Event::ChallengeIssued {
            attempt,
            challenge,
            wants: FactorWanted::Totp,
            user: None,
            expires_in: CHALLENGE_LIFETIME,
            tries_left: 5,
        }
    }

    pub(super) fn resume(
        &mut self,
        attempt: AttemptId,
        session: SessionId,
        factor: &ResumeFactor,
        renews_grace: bool,
    ) -> Event {
        let holder = self.sessions[&session].user;
        let refused = |refusal| Event::SignInRefused { attempt, refusal };
        match factor {
            _ if self.sessions[&session].ended.is_some() => refused(Refusal::ChallengeOver),
            ResumeFactor::Badge(badge) => match owner(badge) {
                Ok(user) if user != holder => refused(Refusal::BadgeOfAnother),
                Ok(_) if self.needs_code => self.challenge(attempt, Asked::Resume(session)),
                Ok(_) => self.resumed(attempt, session, ResumeMethod::Badge),
                Err(refusal) => refused(refusal),
            },
            ResumeFactor::Password(_) if self.needs_code || renews_grace => {
                self.challenge(attempt, Asked::Resume(session))
            }
            ResumeFactor::Password(_) => self.resumed(attempt, session, ResumeMethod::Password),
        }
    }

    pub(super) fn resumed(&self, attempt: AttemptId, session: SessionId, method: ResumeMethod) -> Event {
        Event::SessionResumed { attempt, session, method, limits: self.limits() }
    }

    pub(super) fn open(&mut self, attempt: AttemptId, user: UserId) -> Event {
        let fresh = SessionId(self.id());
        let session = *self.attempts.entry(attempt).or_insert(fresh);
        self.sessions.entry(session).or_insert(ServerSession { ended: None, user, is_lapsed: false });
        Event::SessionOpened {
            attempt,
            session,
            user: User { id: user, display_name: "Maria O.".to_owned(), role: None },
            credential: Secret::new("canary credential".to_owned()),
            limits: self.limits(),
        }
    }

    pub(super) fn end_at_server(&mut self, session: SessionId, cause: EndCause) {
        // `ended` is final, and the first cause stands.
        self.sessions.get_mut(&session).unwrap().ended.get_or_insert(cause);
    }

    pub(super) fn limits(&self) -> Limits {
        Limits {
            inactivity: INACTIVITY,
            warning: WARNING,
            absolute_remaining: ABSOLUTE,
            heartbeat: HEARTBEAT,
            conceal_after: self.conceals.then_some(CONCEAL),
            tap_out: if self.conceals { TapOut::Cover } else { TapOut::SignOut },
        }
    }
}

/// Who is named by a badge.
pub(super) fn owner(badge: &Badge) -> Result<UserId, Refusal> {
    match badge.mark.0[0] {
        number @ 0..4 => Ok(UserId(Uuid::from_u128(u128::from(number / 2)))),
        4 => Err(Refusal::BadgeUnknown),
        _ => Err(Refusal::BadgeRefused),
    }
}
