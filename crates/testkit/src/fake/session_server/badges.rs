//! What the server makes of badges, and of a concealed session.

use std::time::Duration;

use agent_core::{
    badge::Badge,
    command::{Answer, ConcealCause, EndCause, ResumeFactor, ResumeMethod},
    event::{Event, FactorWanted, Limits, NotEnrolled, Refusal, Whose},
    ids::{AttemptId, ChallengeId, SessionId, UserId},
    instant::Instant,
    secret::Secret,
};

use super::{
    CHALLENGE_LIFE, CHALLENGE_TRIES, Challenge, FakeSessionServer, Person, Reach, ServerSession, State, Then,
    given_up_after,
};
use crate::fake::lock;

/// A tap alone is enough for so long.
const GRACE: Duration = Duration::from_secs(8 * 60 * 60);
/// A person has at most this many.
const BADGES_MAX: usize = 3;

impl FakeSessionServer {
    /// From now on a badge alone opens and resumes nothing, or does again.
    pub fn grace_is_over(&self, is_over: bool) {
        lock(&self.state).is_grace_over = is_over;
    }

    /// This badge opens nothing any more.
    pub fn revokes(&self, number: &str) {
        lock(&self.state).revoked.push(number.to_owned());
    }

    /// Tells the workstation that the person of `session` uncovered a screen elsewhere.
    pub fn covers_elsewhere(&self, session: SessionId) {
        if self.answers() {
            self.line.tell(Event::CoveredElsewhere { session });
        }
    }

    /// Which sessions were concealed, as far as it was told.
    #[must_use]
    pub fn concealed(&self) -> Vec<(SessionId, ConcealCause)> {
        lock(&self.state).concealed.clone()
    }

    /// The badges of a person.
    #[must_use]
    pub fn badges_of(&self, person: UserId) -> Vec<String> {
        lock(&self.state).person(person).badges.clone()
    }

    pub(super) fn identify(&self, attempt: AttemptId, session: SessionId, badge: &Badge) {
        let mut state = lock(&self.state);
        state.asked.push("identify_badge");
        let (delay, whose) = match state.reach {
            Reach::Away(fault) => (given_up_after(fault), None),
            Reach::Answers(delay) => (delay, state.whose(session, badge)),
        };
        self.line.tell_after(delay, Event::BadgeIdentified { attempt, whose });
    }

    pub(super) fn enrol(&self, session: SessionId, badge: &Badge) {
        let mut state = lock(&self.state);
        state.asked.push("enrol_badge");
        let (delay, result) = match state.reach {
            Reach::Away(fault) => (given_up_after(fault), Err(NotEnrolled::Unanswered)),
            Reach::Answers(delay) => (delay, state.enrol(session, badge)),
        };
        self.line.tell_after(
            delay,
            match result {
                Ok(()) => Event::BadgeEnrolled { session, badge: badge.mark },
                Err(because) => Event::BadgeNotEnrolled { session, because },
            },
        );
    }
}

impl State {
    /// # Panics
    /// When nobody is known by this id.
    pub(super) fn person(&self, id: UserId) -> &Person {
        self.people.iter().find(|person| person.user.id == id).expect("a session is somebody's")
    }

    pub(super) fn challenge(
        &mut self,
        attempt: AttemptId,
        of: UserId,
        wants: FactorWanted,
        then: Then,
        now: Instant,
    ) -> Event {
        let challenge = ChallengeId(self.fresh());
        let asked = Challenge { of, wants, then, until: now + CHALLENGE_LIFE, tries_left: CHALLENGE_TRIES };
        self.challenges.insert(challenge, asked);
        Event::ChallengeIssued {
            attempt,
            challenge,
            wants,
            user: Some(self.person(of).user.clone()),
            expires_in: CHALLENGE_LIFE,
            tries_left: CHALLENGE_TRIES,
        }
    }

    pub(super) fn open_by_badge(&mut self, attempt: AttemptId, badge: &Badge, now: Instant) -> Event {
        match self.holder(badge) {
            Ok(of) if self.is_grace_over => {
                self.challenge(attempt, of, FactorWanted::Password, Then::Opens, now)
            }
            Ok(of) => self.open(attempt, of, now),
            Err(refusal) => Event::SignInRefused { attempt, refusal },
        }
    }

    pub(super) fn answered(
        &mut self,
        attempt: AttemptId,
        challenge: ChallengeId,
        answer: &Answer,
        now: Instant,
    ) -> Event {
        let over = Event::SignInRefused { attempt, refusal: Refusal::ChallengeOver };
        let Some(asked) = self.challenges.get(&challenge) else { return over };
        if asked.until <= now || asked.tries_left == 0 {
            return over;
        }
        let (of, wants, then) = (asked.of, asked.wants, asked.then);
        let person = self.person(of);
        let needs_code = person.code.is_some();
        let is_right = match answer {
            Answer::Totp(code) => {
                wants == FactorWanted::Totp && person.code.as_deref() == Some(code.expose())
            }
            Answer::Password(password) => {
                wants == FactorWanted::Password && person.password == password.expose()
            }
            Answer::Pin(_) => false,
        };
        if !is_right {
            let Some(asked) = self.challenges.get_mut(&challenge) else { return over };
            asked.tries_left -= 1;
            let refusal = match asked.tries_left {
                0 => Refusal::ChallengeOver,
                tries_left => Refusal::Code { tries_left },
            };
            return Event::SignInRefused { attempt, refusal };
        }
        self.challenges.remove(&challenge);
        match then {
            Then::Resumes(session, method) => {
                if matches!(answer, Answer::Totp(_)) {
                    self.grace_until.insert(of, now + GRACE);
                }
                self.resumed(attempt, session, method, now)
            }
            Then::Revokes => self.revoke_all_of(attempt, of),
            Then::Opens if wants == FactorWanted::Password && needs_code => {
                self.challenge(attempt, of, FactorWanted::Totp, Then::Opens, now)
            }
            Then::Opens => self.open(attempt, of, now),
        }
    }

    pub(super) fn resume(
        &mut self,
        attempt: AttemptId,
        session: SessionId,
        factor: &ResumeFactor,
        renews_grace: bool,
        now: Instant,
    ) -> Event {
        let refused = |refusal| Event::SignInRefused { attempt, refusal };
        self.enforce(now);
        let Some(held) = self.sessions.get(&session) else { return refused(Refusal::ChallengeOver) };
        if let ServerSession::Ended(cause) = held.state {
            return Event::SessionEndedByServer { session, cause };
        }
        let of = held.of;
        match factor {
            ResumeFactor::Badge(badge) => match self.holder(badge) {
                Ok(holder) if holder != of => refused(Refusal::BadgeOfAnother),
                Ok(_) if self.is_grace_over => {
                    let then = Then::Resumes(session, ResumeMethod::BadgePassword);
                    self.challenge(attempt, of, FactorWanted::Password, then, now)
                }
                Ok(_) => self.resumed(attempt, session, ResumeMethod::Badge, now),
                Err(refusal) => refused(refusal),
            },
            ResumeFactor::Password(password) if self.person(of).password == password.expose() => {
                if renews_grace {
                    let then = Then::Resumes(session, ResumeMethod::PasswordTotp);
                    return self.challenge(attempt, of, FactorWanted::Totp, then, now);
                }
                self.resumed(attempt, session, ResumeMethod::Password, now)
            }
            ResumeFactor::Password(_) => refused(Refusal::NameOrPassword),
        }
    }

    pub(super) fn report_lost(
        &mut self,
        attempt: AttemptId,
        name: &str,
        password: &Secret,
        now: Instant,
    ) -> Event {
        let Some(person) = self.who_types(name, password) else {
            return Event::SignInRefused { attempt, refusal: Refusal::NameOrPassword };
        };
        let of = person.user.id;
        self.challenge(attempt, of, FactorWanted::Totp, Then::Revokes, now)
    }

    fn revoke_all_of(&mut self, attempt: AttemptId, of: UserId) -> Event {
        let mut lost = self.person(of).badges.clone();
        lost.retain(|badge| !self.revoked.contains(badge));
        let count = u32::try_from(lost.len()).unwrap_or(u32::MAX);
        self.revoked.append(&mut lost);
        self.grace_until.insert(of, Instant::from_boot(Duration::ZERO));
        Event::BadgesRevoked { attempt, count }
    }

    /// What follows on an answer that opens or resumes a session, or says how it stands.
    pub(super) fn grace_after(&mut self, answer: &Event, now: Instant) -> Option<Event> {
        let (Event::SessionOpened { session, .. }
        | Event::SessionResumed { session, .. }
        | Event::ActivityAccepted { session }) = answer
        else {
            return None;
        };
        let of = self.sessions.get(session)?.of;
        let until = *self.grace_until.entry(of).or_insert(now + GRACE);
        let remaining = Some(until.since(now)).filter(|left| !self.is_grace_over && !left.is_zero());
        Some(Event::GraceTold { session: *session, remaining })
    }

    fn resumed(
        &mut self,
        attempt: AttemptId,
        session: SessionId,
        method: ResumeMethod,
        now: Instant,
    ) -> Event {
        let limits = self.limits;
        let Some(held) = self.sessions.get_mut(&session) else {
            return Event::SessionEndedByServer { session, cause: EndCause::ContactLost };
        };
        held.last_input = now;
        let limits = Limits { absolute_remaining: held.absolute_at.since(now), ..limits };
        Event::SessionResumed { attempt, session, method, limits }
    }

    fn holder(&self, badge: &Badge) -> Result<UserId, Refusal> {
        let number = badge.number.expose();
        if self.revoked.iter().any(|revoked| revoked == number) {
            return Err(Refusal::BadgeRefused);
        }
        let holds = |person: &&Person| person.badges.iter().any(|own| own == number);
        self.people.iter().find(holds).map(|person| person.user.id).ok_or(Refusal::BadgeUnknown)
    }

    fn whose(&self, session: SessionId, badge: &Badge) -> Option<Whose> {
        let of = self.sessions.get(&session)?.of;
        Some(match self.holder(badge) {
            Ok(holder) if holder == of => Whose::Holder,
            Ok(_) => Whose::Other,
            Err(Refusal::BadgeUnknown) => Whose::Unknown,
            Err(_) => Whose::Refused,
        })
    }

    fn enrol(&mut self, session: SessionId, badge: &Badge) -> Result<(), NotEnrolled> {
        let of = self.sessions.get(&session).ok_or(NotEnrolled::Refused)?.of;
        match self.holder(badge) {
            Ok(holder) if holder == of => return Ok(()),
            Ok(_) => return Err(NotEnrolled::Taken),
            Err(Refusal::BadgeUnknown) => {}
            Err(_) => return Err(NotEnrolled::Refused),
        }
        let holder =
            self.people.iter_mut().find(|person| person.user.id == of).ok_or(NotEnrolled::Refused)?;
        if holder.badges.len() >= BADGES_MAX {
            return Err(NotEnrolled::TooMany);
        }
        holder.badges.push(badge.number.expose().to_owned());
        Ok(())
    }
}
