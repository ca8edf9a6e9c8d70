//! A session server with a few people, as small as the port lets it be: it issues challenges, knows badges, keeps
//! sessions, lets them lapse and ends them by its own clock.

mod badges;
mod elsewhere;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use agent_core::{
    badge::Badge,
    command::{Answer, ConcealCause, EndCause, FailClosedCause, ResumeFactor, ResumeMethod},
    event::{ContactFault, Event, FactorWanted, Limits, Refusal, TapOut},
    ids::{AttemptId, ChallengeId, SessionId, User, UserId},
    instant::Instant,
    my_sessions::{Elsewhere, SessionElsewhere},
    secret::Secret,
};
use agent_runtime::ports::{Clock, SessionServer};
use uuid::Uuid;

use super::{Line, lock};

/// The server waits this much longer than the agent.
const SLACK: Duration = Duration::from_secs(5);
/// A challenge lives this long.
const CHALLENGE_LIFE: Duration = Duration::from_secs(120);
/// And takes this many wrong codes.
const CHALLENGE_TRIES: u32 = 5;
/// An unreachable server is given up after this long.
const UNREACHABLE_AFTER: Duration = Duration::from_secs(2);
/// A slow one after this long.
const SLOW_AFTER: Duration = Duration::from_secs(5);

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// What she types.
    pub name: String,
    /// What she types.
    pub password: String,
    /// What her phone shows; without one the password suffices.
    pub code: Option<String>,
    /// Numbers of her badges, as readers tell them.
    pub badges: Vec<String>,
    /// As the server tells it.
    pub user: User,
}

impl Person {
    /// A nurse with password and one-time code.
    #[must_use]
    pub fn maria() -> Self {
        Self {
            name: "maria".to_owned(),
            password: "correct horse".to_owned(),
            code: Some("123456".to_owned()),
            badges: vec!["uid:04a1b2c3d4e580".to_owned()],
            user: User {
                id: UserId(Uuid::from_u128(0xA11A)),
                display_name: "Maria O.".to_owned(),
                role: Some("RN".to_owned()),
            },
        }
    }

    /// A colleague with password and one-time code.
    #[must_use]
    pub fn john() -> Self {
        Self {
            name: "john".to_owned(),
            password: "battery staple".to_owned(),
            code: Some("654321".to_owned()),
            badges: vec!["uid:04ffeeddccbb80".to_owned()],
            user: User {
                id: UserId(Uuid::from_u128(0x1044)),
                display_name: "John B.".to_owned(),
                role: Some("MD".to_owned()),
            },
        }
    }
}

/// Whether it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It does, after this long.
    Answers(Duration),
    /// It does not.
    Away(ContactFault),
}

/// A session as the server holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerSession {
    /// In use.
    Open,
    /// Not heard in time.
    Lapsed,
    /// Over, for good.
    Ended(EndCause),
}

/// One server for one workstation.
#[derive(Debug, Clone)]
pub struct FakeSessionServer {
    line: Line,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    people: Vec<Person>,
    /// Badges that open nothing.
    revoked: Vec<String>,
    /// A badge alone opens nothing any more.
    is_grace_over: bool,
    /// Until then a badge alone is said to be enough for a person.
    grace_until: BTreeMap<UserId, Instant>,
    concealed: Vec<(SessionId, ConcealCause)>,
    /// Where everybody is signed in besides.
    elsewhere: Vec<SessionElsewhere>,
    limits: Limits,
    reach: Reach,
    was_reached: Option<bool>,
    refuses_everybody: Option<Refusal>,
    refuses_workstation: Option<FailClosedCause>,
    answered: BTreeMap<AttemptId, Event>,
    challenges: BTreeMap<ChallengeId, Challenge>,
    sessions: BTreeMap<SessionId, Session>,
    outbox: Vec<(SessionId, EndCause)>,
    held: Option<(SessionId, Secret)>,
    asked: Vec<&'static str>,
    reports: Vec<Duration>,
    seed: u128,
}

#[derive(Debug)]
struct Challenge {
    of: UserId,
    wants: FactorWanted,
    then: Then,
    until: Instant,
    tries_left: u32,
}

/// What follows on a right answer.
#[derive(Debug, Clone, Copy)]
enum Then {
    /// She is signed in, once nothing is missing.
    Opens,
    /// This session is resumed, in this way.
    Resumes(SessionId, ResumeMethod),
    /// Her badges are revoked.
    Revokes,
}

#[derive(Debug)]
struct Session {
    state: ServerSession,
    of: UserId,
    credential: Secret,
    /// When the answer that opened it is with the agent.
    told_at: Instant,
    last_input: Instant,
    absolute_at: Instant,
}

impl FakeSessionServer {
    /// It answers at once and knows [`Person::maria`] and [`Person::john`].
    #[must_use]
    pub fn new(line: Line) -> Self {
        let state = State {
            people: vec![Person::maria(), Person::john()],
            revoked: Vec::new(),
            is_grace_over: false,
            grace_until: BTreeMap::new(),
            concealed: Vec::new(),
            elsewhere: Vec::new(),
            limits: Limits {
                inactivity: Duration::from_secs(15 * 60),
                warning: Duration::from_secs(60),
                absolute_remaining: Duration::from_secs(12 * 60 * 60),
                heartbeat: Duration::from_secs(60),
                conceal_after: None,
                tap_out: TapOut::Cover,
            },
            reach: Reach::Answers(Duration::ZERO),
            was_reached: None,
            refuses_everybody: None,
            refuses_workstation: None,
            answered: BTreeMap::new(),
            challenges: BTreeMap::new(),
            sessions: BTreeMap::new(),
            outbox: Vec::new(),
            held: None,
            asked: Vec::new(),
            reports: Vec::new(),
            seed: 1,
        };
        Self { line, state: Arc::new(Mutex::new(state)) }
    }

    /// Changes what it knows of a person, or makes her known.
    pub fn knows(&self, person: Person) {
        let mut state = lock(&self.state);
        state.people.retain(|known| known.user.id != person.user.id);
        state.people.push(person);
    }

    /// The limits it gives to sessions opened from now on.
    pub fn limits(&self, limits: Limits) {
        lock(&self.state).limits = limits;
    }

    /// Whether it answers from now on. Coming back it is told what stood in the outbox.
    pub fn is(&self, reach: Reach) {
        lock(&self.state).reach = reach;
        if matches!(reach, Reach::Answers(_)) {
            self.hears_outbox();
        }
        self.contact_changed();
    }

    /// Refuses every sign-in, whoever it is, until told otherwise.
    pub fn refuses_everybody(&self, refusal: Option<Refusal>) {
        lock(&self.state).refuses_everybody = refusal;
    }

    /// Signs nobody in at this workstation.
    pub fn refuses_workstation(&self, cause: FailClosedCause) {
        lock(&self.state).refuses_workstation = Some(cause);
        self.line.tell(Event::WorkstationRefused(cause));
    }

    /// Serves this workstation again.
    pub fn takes_workstation_back(&self) {
        lock(&self.state).refuses_workstation = None;
    }

    /// Why this workstation is refused, if it is.
    #[must_use]
    pub fn workstation_refusal(&self) -> Option<FailClosedCause> {
        lock(&self.state).refuses_workstation
    }

    /// Ends a session by its own decision, and tells the workstation if it can.
    pub fn ends(&self, session: SessionId, cause: EndCause) {
        lock(&self.state).end(session, cause);
        if self.answers() {
            self.line.tell(Event::SessionEndedByServer { session, cause });
        }
    }

    /// Where a session stands now.
    #[must_use]
    pub fn session(&self, session: SessionId) -> Option<ServerSession> {
        let now = self.line.clock().now();
        let mut state = lock(&self.state);
        state.enforce(now);
        state.sessions.get(&session).map(|session| session.state.clone())
    }

    /// When the agent heard that a session was open.
    #[must_use]
    pub fn told_at(&self, session: SessionId) -> Option<Instant> {
        lock(&self.state).sessions.get(&session).map(|session| session.told_at)
    }

    /// Every session that is not over.
    #[must_use]
    pub fn sessions_not_over(&self) -> Vec<SessionId> {
        let state = lock(&self.state);
        let is_over = |session: &Session| matches!(session.state, ServerSession::Ended(_));
        state.sessions.iter().filter(|(_, session)| !is_over(session)).map(|(id, _)| *id).collect()
    }

    /// The names of the calls up to now.
    #[must_use]
    pub fn asked(&self) -> Vec<&'static str> {
        lock(&self.state).asked.clone()
    }

    /// Idle times reported up to now.
    #[must_use]
    pub fn reports(&self) -> Vec<Duration> {
        lock(&self.state).reports.clone()
    }

    /// Whether the adapter still has a credential in memory.
    #[must_use]
    pub fn holds_credential(&self) -> bool {
        lock(&self.state).held.is_some()
    }

    /// Whether it answers now.
    #[must_use]
    pub fn answers(&self) -> bool {
        matches!(lock(&self.state).reach, Reach::Answers(_))
    }

    /// What start-up asks: ends every session that is not over. `false` when it does not answer.
    pub fn recovers(&self) -> bool {
        if !self.answers() {
            return false;
        }
        self.hears_outbox();
        for session in self.sessions_not_over() {
            lock(&self.state).end(session, EndCause::CrashRecovered);
        }
        true
    }

    /// Ends of sessions that it has not been told yet.
    #[must_use]
    pub fn outbox(&self) -> Vec<(SessionId, EndCause)> {
        lock(&self.state).outbox.clone()
    }

    fn hears_outbox(&self) {
        let mut state = lock(&self.state);
        for (session, cause) in std::mem::take(&mut state.outbox) {
            state.end(session, cause);
        }
    }

    fn contact_changed(&self) {
        let mut state = lock(&self.state);
        let is_reached = matches!(state.reach, Reach::Answers(_));
        if state.was_reached.replace(is_reached) == Some(is_reached) {
            return;
        }
        match state.reach {
            Reach::Answers(_) => self.line.tell(Event::ServerReached),
            Reach::Away(fault) => {
                self.line.tell_after(given_up_after(fault), Event::ServerAway(fault));
            }
        }
    }

    /// Answers a sign-in call with what `decide` says, or gives it up.
    fn answer_sign_in(
        &self,
        call: &'static str,
        attempt: AttemptId,
        decide: impl FnOnce(&mut State, Instant) -> Event,
    ) {
        self.contact_changed();
        let now = self.line.clock().now();
        let mut state = lock(&self.state);
        state.asked.push(call);
        match state.reach {
            Reach::Away(fault) => {
                let event = Event::SignInUnanswered { attempt, fault };
                self.line.tell_after(given_up_after(fault), event);
            }
            Reach::Answers(delay) if delay >= SLOW_AFTER => {
                let event = Event::SignInUnanswered { attempt, fault: ContactFault::Slow };
                self.line.tell_after(SLOW_AFTER, event);
            }
            Reach::Answers(delay) => {
                let event = match (state.refuses_workstation, state.refuses_everybody) {
                    (Some(cause), _) => Event::WorkstationRefused(cause),
                    (None, Some(refusal)) => Event::SignInRefused { attempt, refusal },
                    (None, None) => state.answered.get(&attempt).cloned().unwrap_or_else(|| {
                        let answer = decide(&mut state, now);
                        state.answered.insert(attempt, answer.clone());
                        answer
                    }),
                };
                if let Event::SessionOpened { session, .. } = &event
                    && let Some(opened) = state.sessions.get_mut(session)
                {
                    opened.told_at = now + delay;
                }
                let grace = state.grace_after(&event, now);
                self.line.tell_after(delay, event);
                if let Some(grace) = grace {
                    self.line.tell_after(delay, grace);
                }
            }
        }
    }

    /// Answers a call about a session with what `decide` says, or not.
    fn answer_in_session(
        &self,
        call: &'static str,
        session: SessionId,
        decide: impl FnOnce(&mut State, Instant) -> Event,
    ) {
        self.contact_changed();
        let now = self.line.clock().now();
        let mut state = lock(&self.state);
        state.asked.push(call);
        match state.reach {
            Reach::Away(fault) => self.line.tell_after(given_up_after(fault), Event::ServerAway(fault)),
            Reach::Answers(delay) => {
                state.enforce(now);
                let event = state.refuses(session).unwrap_or_else(|| decide(&mut state, now));
                let grace = state.grace_after(&event, now);
                self.line.tell_after(delay, event);
                if let Some(grace) = grace {
                    self.line.tell_after(delay, grace);
                }
            }
        }
    }
}

impl State {
    /// What the server does by itself, whatever the agent does.
    fn enforce(&mut self, now: Instant) {
        for session in self.sessions.values_mut() {
            if session.state != ServerSession::Open {
                continue;
            }
            if now >= session.absolute_at {
                session.state = ServerSession::Ended(EndCause::AbsoluteLimit);
            } else if now.since(session.last_input) > self.limits.inactivity + SLACK {
                session.state = ServerSession::Lapsed;
            }
        }
    }

    /// Without the credential of this session nothing is asked of the server; with one that is void the session is
    /// not the workstation's.
    fn refuses(&self, session: SessionId) -> Option<Event> {
        let held = self.held.as_ref().filter(|(of, _)| *of == session);
        let Some((_, credential)) = held else { return Some(Event::ServerAway(ContactFault::Unavailable)) };
        let is_void = self.sessions.get(&session).is_some_and(|known| known.credential != *credential);
        is_void.then_some(Event::SessionEndedByServer { session, cause: EndCause::ContactLost })
    }

    /// The cause that came first stands.
    fn end(&mut self, session: SessionId, cause: EndCause) {
        if let Some(session) = self.sessions.get_mut(&session)
            && !matches!(session.state, ServerSession::Ended(_))
        {
            session.state = ServerSession::Ended(cause);
        }
    }

    /// One workstation has one session: what it opened before and never heard of is over.
    fn open(&mut self, attempt: AttemptId, of: UserId, now: Instant) -> Event {
        let before: Vec<_> = self.sessions.keys().copied().collect();
        for session in before {
            self.end(session, EndCause::CrashRecovered);
        }
        let session = SessionId(self.fresh());
        let credential = Secret::new(format!("credential-{session}"));
        self.sessions.insert(
            session,
            Session {
                state: ServerSession::Open,
                of,
                credential: credential.clone(),
                told_at: now,
                last_input: now,
                absolute_at: now + self.limits.absolute_remaining,
            },
        );
        let (user, limits) = (self.person(of).user.clone(), self.limits);
        Event::SessionOpened { attempt, session, user, credential, limits }
    }

    fn who_types(&self, name: &str, password: &Secret) -> Option<&Person> {
        let typed = name.trim().to_lowercase();
        let named = self.people.iter().find(|person| person.name == typed);
        named.filter(|person| password.expose() == person.password)
    }

    fn fresh(&mut self) -> Uuid {
        self.seed += 1;
        Uuid::from_u128(self.seed)
    }
}

impl SessionServer for FakeSessionServer {
    fn open_session(&self, attempt: AttemptId, name: String, password: Secret) {
        self.answer_sign_in("open_session", attempt, |state, now| {
            let Some(person) = state.who_types(&name, &password) else {
                return Event::SignInRefused { attempt, refusal: Refusal::NameOrPassword };
            };
            let (of, needs_code) = (person.user.id, person.code.is_some());
            if needs_code {
                return state.challenge(attempt, of, FactorWanted::Totp, Then::Opens, now);
            }
            state.open(attempt, of, now)
        });
    }

    fn open_session_by_badge(&self, attempt: AttemptId, badge: Badge) {
        self.answer_sign_in("open_session_by_badge", attempt, |state, now| {
            state.open_by_badge(attempt, &badge, now)
        });
    }

    fn answer_challenge(&self, attempt: AttemptId, challenge: ChallengeId, answer: Answer) {
        self.answer_sign_in("answer_challenge", attempt, |state, now| {
            state.answered(attempt, challenge, &answer, now)
        });
    }

    fn identify_badge(&self, attempt: AttemptId, session: SessionId, badge: Badge) {
        self.identify(attempt, session, &badge);
    }

    fn enrol_badge(&self, session: SessionId, badge: Badge) {
        self.enrol(session, &badge);
    }

    fn tell_concealed(&self, session: SessionId, cause: ConcealCause) {
        if self.answers() {
            lock(&self.state).concealed.push((session, cause));
        }
    }

    fn report_badges_lost(&self, attempt: AttemptId, name: String, password: Secret) {
        self.answer_sign_in("report_badges_lost", attempt, |state, now| {
            state.report_lost(attempt, &name, &password, now)
        });
    }

    fn list_my_sessions(&self, attempt: AttemptId, session: SessionId) {
        self.list_mine(attempt, session);
    }

    fn end_elsewhere(&self, attempt: AttemptId, session: SessionId, which: Elsewhere) {
        self.end_mine(attempt, session, which);
    }

    fn resume_session(
        &self,
        attempt: AttemptId,
        session: SessionId,
        factor: ResumeFactor,
        renews_grace: bool,
    ) {
        self.answer_sign_in("resume_session", attempt, |state, now| {
            state.resume(attempt, session, &factor, renews_grace, now)
        });
    }

    fn hold_credential(&self, session: SessionId, credential: Secret) {
        lock(&self.state).held = Some((session, credential));
    }

    fn forget_credential(&self) {
        lock(&self.state).held = None;
    }

    fn report_activity(&self, session: SessionId, idle: Duration) {
        lock(&self.state).reports.push(idle);
        self.answer_in_session("report_activity", session, |state, now| {
            match state.sessions.get_mut(&session) {
                Some(held) => match held.state {
                    ServerSession::Open => {
                        let seen = Instant::from_boot(now.since_boot().saturating_sub(idle));
                        held.last_input = held.last_input.max(seen);
                        Event::ActivityAccepted { session }
                    }
                    ServerSession::Lapsed => Event::SessionLapsed { session },
                    ServerSession::Ended(cause) => Event::SessionEndedByServer { session, cause },
                },
                // A session the server does not know is not valid.
                None => Event::SessionEndedByServer { session, cause: EndCause::ContactLost },
            }
        });
    }

    fn adopt_session(&self, session: SessionId, idle: Duration, idle_longest: Duration) {
        self.answer_in_session("adopt_session", session, |state, now| {
            let limits = state.limits;
            let Some(held) = state.sessions.get_mut(&session) else {
                return Event::SessionEndedByServer { session, cause: EndCause::ContactLost };
            };
            if let ServerSession::Ended(cause) = held.state {
                return Event::SessionEndedByServer { session, cause };
            }
            if idle.max(idle_longest) >= limits.inactivity {
                held.state = ServerSession::Ended(EndCause::Inactivity);
                return Event::SessionEndedByServer { session, cause: EndCause::Inactivity };
            }
            held.state = ServerSession::Open;
            held.last_input = Instant::from_boot(now.since_boot().saturating_sub(idle));
            held.credential = Secret::new(format!("{}-again", held.credential.expose()));
            let limits = Limits { absolute_remaining: held.absolute_at.since(now), ..limits };
            Event::SessionAdopted { session, credential: held.credential.clone(), limits }
        });
    }

    fn end_session(&self, session: SessionId, cause: EndCause) {
        {
            let mut state = lock(&self.state);
            state.asked.push("end_session");
            state.outbox.push((session, cause));
        }
        if self.answers() {
            self.hears_outbox();
        }
        self.line.tell(Event::SessionEndTold { session });
    }
}

const fn given_up_after(fault: ContactFault) -> Duration {
    match fault {
        ContactFault::Slow => SLOW_AFTER,
        ContactFault::Unreachable => UNREACHABLE_AFTER,
        ContactFault::NotOurServer | ContactFault::ClockWrong | ContactFault::Unavailable => Duration::ZERO,
    }
}
