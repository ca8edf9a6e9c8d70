//! A session server with three people, five badges and the rule of one uncovered desktop (`follow`).

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use agent_core::{
    badge::{Badge, BadgeMark},
    command::{Answer, Command, EndCause, ResumeFactor, ResumeMethod},
    event::{Event, FactorWanted, Limits, NotEnrolled, Refusal, TapOut, Whose},
    ids::{AttemptId, ChallengeId, SessionId, User, UserId},
    secret::Secret,
};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) user: UserId,
    pub(crate) desk: usize,
    pub(crate) ended: Option<EndCause>,
    /// She uncovered a screen elsewhere since, and this workstation has not said that it is covered.
    is_to_cover: bool,
}

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) needs_code: bool,
    pub(crate) sessions: BTreeMap<SessionId, Session>,
    challenges: BTreeMap<ChallengeId, (UserId, Option<SessionId>)>,
    /// What resumed a session: asked again it is answered the same, where the screen is still hers.
    resumes: BTreeSet<AttemptId>,
    /// Badges 0 and 1 are of the first person, 2 and 3 of the second; 4 is nobody's until somebody enrols it.
    owners: BTreeMap<BadgeMark, UserId>,
    ids: u128,
}

/// What goes where.
pub(crate) type Told = Vec<(usize, Event)>;

impl Server {
    pub(crate) fn new(needs_code: bool) -> Self {
        let owners = (0..4).map(|number| (BadgeMark([number; 16]), person(number / 2))).collect();
        Self {
            needs_code,
            sessions: BTreeMap::new(),
            challenges: BTreeMap::new(),
            resumes: BTreeSet::new(),
            owners,
            ids: 1_000,
        }
    }

    pub(crate) fn owner(&self, badge: &Badge) -> Result<UserId, Refusal> {
        self.owners.get(&badge.mark).copied().ok_or(Refusal::BadgeUnknown)
    }

    /// What a workstation in contact is answered, and others are told.
    pub(crate) fn asked(&mut self, desk: usize, command: &Command) -> Told {
        let answer = match command {
            Command::OpenSession { attempt, name, .. } => {
                let user = person(name.parse().unwrap());
                return self.sign_in(desk, *attempt, user, self.needs_code);
            }
            // A tap is enough within the grace period, which nothing ends here.
            Command::OpenSessionByBadge { attempt, badge } => match self.owner(badge) {
                Ok(user) => return self.sign_in(desk, *attempt, user, false),
                Err(refusal) => Event::SignInRefused { attempt: *attempt, refusal },
            },
            Command::AnswerChallenge { attempt, challenge, answer } => {
                let Some((user, resumes)) = self.challenges.get(challenge).copied() else {
                    return vec![(desk, refused(*attempt, Refusal::ChallengeOver))];
                };
                if !is_hers(user, answer) {
                    return vec![(desk, refused(*attempt, Refusal::Code { tries_left: 4 }))];
                }
                return match resumes {
                    None => self.open(desk, *attempt, user),
                    Some(session) => self.resumed(desk, *attempt, session, ResumeMethod::PasswordTotp),
                };
            }
            Command::IdentifyBadge { attempt, session, badge } => {
                let whose = match self.owner(badge) {
                    Ok(user) if user == self.sessions[session].user => Whose::Holder,
                    Ok(_) => Whose::Other,
                    Err(_) => Whose::Unknown,
                };
                Event::BadgeIdentified { attempt: *attempt, whose: Some(whose) }
            }
            Command::ResumeSession { attempt, session, factor, renews_grace } => {
                return self.resume(desk, (*attempt, *session), factor, *renews_grace);
            }
            Command::TellConcealed { session, .. } => {
                self.sessions.get_mut(session).unwrap().is_to_cover = false;
                return Vec::new();
            }
            Command::EnrolBadge { session, badge } => {
                let session = *session;
                let user = self.sessions[&session].user;
                if *self.owners.entry(badge.mark).or_insert(user) == user {
                    Event::BadgeEnrolled { session, badge: badge.mark }
                } else {
                    Event::BadgeNotEnrolled { session, because: NotEnrolled::Taken }
                }
            }
            Command::ReportActivity { session, .. } => self.status(*session),
            Command::AdoptSession { session, .. } => match self.sessions[session].ended {
                Some(cause) => Event::SessionEndedByServer { session: *session, cause },
                None => {
                    let credential = Secret::new("fresh".to_owned());
                    Event::SessionAdopted { session: *session, credential, limits: limits() }
                }
            },
            other => panic!("{other:?} is not for the server"),
        };
        vec![(desk, answer)]
    }

    pub(crate) fn ends(&mut self, session: SessionId, cause: EndCause) {
        self.sessions.get_mut(&session).unwrap().ended.get_or_insert(cause);
    }

    /// A workstation that is back in contact is told what it has missed.
    pub(crate) fn back(&self, desk: usize) -> Told {
        self.sessions
            .iter()
            .filter(|(_, session)| session.desk == desk && session.ended.is_none() && session.is_to_cover)
            .map(|(id, _)| (desk, Event::CoveredElsewhere { session: *id }))
            .collect()
    }

    fn sign_in(&mut self, desk: usize, attempt: AttemptId, user: UserId, needs_code: bool) -> Told {
        if needs_code {
            return vec![(desk, self.challenge(attempt, user, None))];
        }
        self.open(desk, attempt, user)
    }

    fn challenge(&mut self, attempt: AttemptId, user: UserId, resumes: Option<SessionId>) -> Event {
        let challenge = ChallengeId(self.id());
        self.challenges.insert(challenge, (user, resumes));
        Event::ChallengeIssued {
            attempt,
            challenge,
            wants: FactorWanted::Totp,
            user: None,
            expires_in: Duration::from_secs(120),
            tries_left: 5,
        }
    }

    fn open(&mut self, desk: usize, attempt: AttemptId, user: UserId) -> Told {
        let session = SessionId(self.id());
        self.sessions.insert(session, Session { user, desk, ended: None, is_to_cover: false });
        let opened = Event::SessionOpened {
            attempt,
            session,
            user: User { id: user, display_name: "somebody".to_owned(), role: None },
            credential: Secret::new("credential".to_owned()),
            limits: limits(),
        };
        let remaining = Some(Duration::from_secs(8 * 60 * 60));
        let mut told = vec![(desk, opened), (desk, Event::GraceTold { session, remaining })];
        told.extend(self.cover_elsewhere(session));
        told
    }

    fn resume(
        &mut self,
        desk: usize,
        (attempt, session): (AttemptId, SessionId),
        factor: &ResumeFactor,
        renews_grace: bool,
    ) -> Told {
        let Session { user, ended, .. } = self.sessions[&session].clone();
        if let Some(cause) = ended {
            return vec![(desk, Event::SessionEndedByServer { session, cause })];
        }
        match factor {
            ResumeFactor::Badge(badge) => match self.owner(badge) {
                Ok(holder) if holder == user => self.resumed(desk, attempt, session, ResumeMethod::Badge),
                Ok(_) => vec![(desk, refused(attempt, Refusal::BadgeOfAnother))],
                Err(refusal) => vec![(desk, refused(attempt, refusal))],
            },
            ResumeFactor::Password(password) if password.expose() != user.0.as_u128().to_string() => {
                vec![(desk, refused(attempt, Refusal::NameOrPassword))]
            }
            ResumeFactor::Password(_) if self.needs_code || renews_grace => {
                vec![(desk, self.challenge(attempt, user, Some(session)))]
            }
            ResumeFactor::Password(_) => self.resumed(desk, attempt, session, ResumeMethod::Password),
        }
    }

    fn resumed(&mut self, desk: usize, attempt: AttemptId, session: SessionId, method: ResumeMethod) -> Told {
        let is_repeat = !self.resumes.insert(attempt);
        if is_repeat && self.sessions[&session].is_to_cover {
            return vec![(desk, refused(attempt, Refusal::ChallengeOver))];
        }
        self.sessions.get_mut(&session).unwrap().is_to_cover = false;
        let mut told = vec![(desk, Event::SessionResumed { attempt, session, method, limits: limits() })];
        told.extend(self.cover_elsewhere(session));
        told
    }

    /// Told at once where the workstation is in contact, else when it is back.
    fn cover_elsewhere(&mut self, uncovered: SessionId) -> Told {
        let user = self.sessions[&uncovered].user;
        let others = self
            .sessions
            .iter_mut()
            .filter(|(id, session)| **id != uncovered && session.user == user && session.ended.is_none());
        others
            .map(|(id, session)| {
                session.is_to_cover = true;
                (session.desk, Event::CoveredElsewhere { session: *id })
            })
            .collect()
    }

    fn status(&self, session: SessionId) -> Event {
        match self.sessions[&session].ended {
            Some(cause) => Event::SessionEndedByServer { session, cause },
            None => Event::ActivityAccepted { session },
        }
    }

    fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }
}

pub(crate) const fn person(number: u8) -> UserId {
    UserId(Uuid::from_u128(number as u128))
}

fn is_hers(user: UserId, answer: &Answer) -> bool {
    let (Answer::Totp(given) | Answer::Password(given) | Answer::Pin(given)) = answer;
    given.expose() == user.0.as_u128().to_string()
}

const fn refused(attempt: AttemptId, refusal: Refusal) -> Event {
    Event::SignInRefused { attempt, refusal }
}

const fn limits() -> Limits {
    Limits {
        inactivity: Duration::from_secs(15 * 60),
        warning: Duration::from_secs(60),
        absolute_remaining: Duration::from_secs(12 * 60 * 60),
        heartbeat: Duration::from_secs(60),
        conceal_after: Some(Duration::from_secs(5 * 60)),
        tap_out: TapOut::Cover,
    }
}
