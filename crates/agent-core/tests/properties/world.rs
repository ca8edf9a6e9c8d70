//! The world around the core: a person, a screen, a keychain, a spool, an inactivity port, a server, a
//! machine. Commands wait in a queue per port until they are worked off; each port can be broken.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use agent_core::{
    apps::RunReason,
    badge::{Badge, BadgeGrade, BadgeMark},
    command::{Command, EndCause, FailClosedCause},
    event::{Event, RecordKey},
    ids::{AttemptId, ChallengeId, SessionId, UserId},
    instant::Instant,
    my_sessions::{Elsewhere, MySessionsWish},
    secret::Secret,
    state::{Concealed, ConcealedStage, FailClosed, State},
    step::{self, Step},
};
use uuid::Uuid;

mod answers;
mod server;

pub(crate) const INACTIVITY: Duration = Duration::from_secs(300);
pub(crate) const WARNING: Duration = Duration::from_secs(60);
pub(crate) const ABSOLUTE: Duration = Duration::from_secs(3600);
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(60);
pub(crate) const CONCEAL: Duration = Duration::from_secs(150);
/// Where whoever is signed in here is signed in too.
const ELSEWHERE: SessionId = SessionId(Uuid::from_u128(0xE15E));
/// Who signs in by name.
const BY_NAME: u128 = 0;
const CHALLENGE_LIFETIME: Duration = Duration::from_secs(120);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Port {
    Screen,
    Server,
    Outbox,
    Keychain,
    Spool,
    Idle,
    StartUp,
    Apps,
}

pub(crate) const PORTS: [Port; 8] = [
    Port::Screen,
    Port::Server,
    Port::Outbox,
    Port::Keychain,
    Port::Spool,
    Port::Idle,
    Port::StartUp,
    Port::Apps,
];

/// What becomes of the answer once a command is worked off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Told,
    ToldTwice,
    Lost,
}

/// What the server knows of one session.
#[derive(Debug, Clone)]
pub(crate) struct ServerSession {
    pub(crate) ended: Option<EndCause>,
    pub(crate) user: UserId,
    is_lapsed: bool,
}

/// What a code was asked for.
#[derive(Debug, Clone, Copy)]
enum Asked {
    SignIn(UserId),
    Resume(SessionId),
    Loss,
}

/// What the apps of a session do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AppsRun {
    Running,
    Frozen,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) now: Instant,
    pub(crate) state: State,
    queues: BTreeMap<Port, VecDeque<Command>>,
    broken: BTreeSet<Port>,
    refused: Option<FailClosedCause>,
    needs_code: bool,
    conceals: bool,
    /// Whose each challenge is, and whether a session is to be resumed by it.
    asked: BTreeMap<ChallengeId, Asked>,
    /// Resumes on disk, of each session.
    pub(crate) resumes: BTreeMap<SessionId, u32>,
    /// Uncoverings asked for again after a resume, of each session.
    pub(crate) resumed: BTreeMap<SessionId, u32>,

    /// Whose the screen is; `None` while covered.
    pub(crate) screen: Option<SessionId>,
    pub(crate) keychain: Option<SessionId>,
    /// Over whose sessions somebody else typed a secret, and their apps are not known to have been told to end.
    pub(crate) overheard: BTreeSet<SessionId>,
    /// Whose apps are there, and whether they run.
    pub(crate) apps: Option<(SessionId, AppsRun)>,
    pub(crate) logins: BTreeMap<SessionId, u32>,
    pub(crate) logouts: BTreeMap<SessionId, BTreeSet<EndCause>>,
    pub(crate) sessions: BTreeMap<SessionId, ServerSession>,
    /// Sessions that the core took up.
    pub(crate) known: BTreeSet<SessionId>,
    attempts: BTreeMap<AttemptId, SessionId>,
    challenges: BTreeMap<AttemptId, ChallengeId>,
    history: Vec<Event>,
    watches: bool,
    /// What the inactivity port knows.
    last_input: Instant,
    /// The last input that came before the limit: nothing after it brings a session back.
    pub(crate) last_counted: Instant,
    /// Why the agent has failed closed since it last did, as it told.
    pub(crate) failed_closed: Vec<FailClosedCause>,
    /// The records of that on disk.
    pub(crate) failures_on_record: Vec<FailClosedCause>,
    /// When the session at hand was opened, as the core was told.
    pub(crate) opened_at: Instant,
    /// Every command so far, with the instant it was given.
    pub(crate) given: Vec<(Instant, Command)>,
    ids: u128,
}

impl World {
    pub(crate) fn new(needs_code: bool, conceals: bool) -> Self {
        let now = Instant::from_boot(Duration::from_secs(100));
        let Step { state, commands } = step::start(now);
        let mut world = Self {
            now,
            state,
            queues: BTreeMap::new(),
            broken: BTreeSet::new(),
            refused: None,
            needs_code,
            conceals,
            asked: BTreeMap::new(),
            resumes: BTreeMap::new(),
            resumed: BTreeMap::new(),
            screen: None,
            keychain: None,
            apps: None,
            overheard: BTreeSet::new(),
            logins: BTreeMap::new(),
            logouts: BTreeMap::new(),
            sessions: BTreeMap::new(),
            known: BTreeSet::new(),
            attempts: BTreeMap::new(),
            challenges: BTreeMap::new(),
            history: Vec::new(),
            watches: false,
            last_input: now,
            last_counted: now,
            failed_closed: Vec::new(),
            failures_on_record: Vec::new(),
            opened_at: now,
            given: Vec::new(),
            ids: 0,
        };
        world.give(commands);
        world
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.queues.values().all(VecDeque::is_empty)
    }

    pub(crate) fn is_queue_empty(&self, port: Port) -> bool {
        self.queues.get(&port).is_none_or(VecDeque::is_empty)
    }

    // -- the person

    fn input(&mut self) {
        self.last_input = self.now;
        // Nothing that is typed on a concealed screen is activity.
        if !matches!(self.state, State::Concealed(_)) && self.now < self.last_counted + INACTIVITY {
            self.last_counted = self.now;
        }
    }

    pub(crate) fn submit(&mut self) {
        self.input();
        let attempt = AttemptId(self.id());
        let (name, password) = ("nurse".to_owned(), Secret::new("canary password".to_owned()));
        self.tell(Event::SignInSubmitted { attempt, name, password });
    }

    pub(crate) fn report_loss(&mut self) {
        self.input();
        let attempt = AttemptId(self.id());
        let (name, password) = ("nurse".to_owned(), Secret::new("canary password".to_owned()));
        self.tell(Event::LossReported { attempt, name, password });
    }

    /// Pressed on the strip, or by a program where none is.
    pub(crate) fn my_sessions(&mut self, wish: u8) {
        let wish = match wish {
            0 => MySessionsWish::Show,
            1 => MySessionsWish::Close,
            2 => MySessionsWish::End(Elsewhere::At(ELSEWHERE)),
            _ => MySessionsWish::End(Elsewhere::Everywhere),
        };
        let attempt = AttemptId(self.id());
        self.tell(Event::MySessionsPressed { attempt, wish });
    }

    pub(crate) fn code(&mut self) {
        self.input();
        let attempt = AttemptId(self.id());
        self.tell(Event::CodeSubmitted { attempt, code: Secret::new("123456".to_owned()) });
    }

    pub(crate) fn password(&mut self) {
        self.input();
        let attempt = AttemptId(self.id());
        self.tell(Event::PasswordSubmitted { attempt, password: Secret::new("canary password".to_owned()) });
    }

    /// Badges 0 to 3 are of two people, 4 is nobody's, 5 is revoked.
    pub(crate) fn tap(&mut self, badge: u8) {
        let attempt = AttemptId(self.id());
        let badge = Badge {
            mark: BadgeMark([badge; 16]),
            number: Secret::new(badge.to_string()),
            grade: BadgeGrade::Uid,
        };
        self.tell(Event::BadgeTapped { attempt, badge });
    }

    pub(crate) fn covered_elsewhere(&mut self) {
        let Some(session) = self.session_in_use() else { return };
        self.tell(Event::CoveredElsewhere { session });
    }

    pub(crate) fn stay(&mut self) {
        // The button is drawn in the warning alone.
        if matches!(self.state, State::InactivityWarning(_)) {
            self.input();
        }
        self.tell(Event::StayPressed);
    }

    pub(crate) fn types(&mut self) {
        self.input();
        if self.watches {
            self.tell(Event::InputSeen { at: self.now });
        }
    }

    // -- time

    /// Time passes and the loop is on time.
    pub(crate) fn advance(&mut self, by: Duration) {
        let target = self.now + by;
        while let Some(deadline) = self.state.deadline().filter(|deadline| *deadline <= target) {
            self.now = self.now.max(deadline);
            self.tell(Event::DeadlineReached);
            assert!(
                self.state.deadline().is_none_or(|next| next > self.now),
                "a deadline that was met is due again at once: {:?}",
                self.state
            );
        }
        self.now = target;
    }

    /// Time passes and nobody looks at the clock.
    pub(crate) fn jump(&mut self, by: Duration) {
        self.now = self.now + by;
    }

    // -- faults

    pub(crate) fn set_broken(&mut self, port: Port, is_broken: bool) {
        if is_broken {
            self.broken.insert(port);
        } else if self.broken.remove(&port) && port == Port::Server {
            self.tell(Event::ServerReached);
        }
    }

    pub(crate) fn refuse_workstation(&mut self, cause: FailClosedCause) {
        self.refused = Some(cause);
        self.tell(Event::WorkstationRefused(cause));
    }

    pub(crate) fn heal(&mut self) {
        self.refused = None;
        for port in PORTS {
            self.set_broken(port, false);
        }
    }

    /// The shield covers by itself.
    pub(crate) fn cover_by_itself(&mut self) {
        if self.screen.take().is_some() {
            self.tell(Event::ScreenCovered { input_held: true });
        }
    }

    pub(crate) fn server_ends(&mut self, cause: EndCause) {
        let Some(session) = self.session_in_use() else { return };
        self.end_at_server(session, cause);
        self.tell(Event::SessionEndedByServer { session, cause });
    }

    pub(crate) fn server_lapses(&mut self) {
        let Some(session) = self.session_in_use() else { return };
        self.sessions.get_mut(&session).unwrap().is_lapsed = true;
    }

    /// An answer of the server, the keychain or the spool comes a second time, late.
    pub(crate) fn echo(&mut self, which: usize) {
        if !self.history.is_empty() {
            let event = self.history[which % self.history.len()].clone();
            self.tell(event);
        }
    }

    // -- the ports

    /// Works off one command of a port; the server's in any order, the others' in theirs.
    pub(crate) fn work_off(&mut self, port: Port, which: usize, answer: Answer) {
        let Some(queue) = self.queues.get_mut(&port).filter(|queue| !queue.is_empty()) else { return };
        let index = if port == Port::Server { which % queue.len() } else { 0 };
        let command = queue.remove(index).unwrap();
        let Some(event) = self.result(port, command) else { return };
        // A screen tells things once, and in order; a record without a name of its own is told of exactly once.
        let is_nameless = matches!(
            event,
            Event::AuditStored(RecordKey::FailedClosed) | Event::AuditFailed(RecordKey::FailedClosed, _)
        );
        if !is_nameless && port != Port::Screen && port != Port::Idle && port != Port::StartUp {
            self.history.push(event.clone());
        }
        match answer {
            Answer::Told => self.tell(event),
            Answer::ToldTwice | Answer::Lost if is_nameless => self.tell(event),
            Answer::ToldTwice => {
                self.tell(event.clone());
                self.tell(event);
            }
            Answer::Lost => {}
        }
    }

    /// Works everything off, with what follows from it.
    pub(crate) fn work_off_all(&mut self) {
        self.work_off_but(None);
    }

    /// The same, but one port is slow.
    pub(crate) fn work_off_but(&mut self, slow: Option<Port>) {
        for _ in 0..1_000 {
            let mut ports = PORTS.into_iter().filter(|port| Some(*port) != slow);
            let Some(port) = ports.find(|port| !self.is_queue_empty(*port)) else { return };
            self.work_off(port, 0, Answer::Told);
        }
        panic!("commands without end: {:?}", self.queues);
    }

    pub(crate) fn tell(&mut self, event: Event) {
        let before = self.state.clone();
        let Step { state, commands } = step::step(before.clone(), event.clone(), self.now);
        if self.state.session().is_none() && state.session().is_some() {
            self.opened_at = self.now;
            self.last_counted = self.now;
        }
        if let State::FailClosed(FailClosed { cause, .. }) = &state {
            if !matches!(before, State::FailClosed(_)) {
                self.failed_closed.clear();
                self.failures_on_record.clear();
            }
            if !self.failed_closed.contains(cause) {
                self.failed_closed.push(*cause);
            }
        }
        let is_hers = matches!(
            event,
            Event::BadgeTapped { .. }
                | Event::BadgeIdentified { .. }
                | Event::SessionResumed { .. }
                | Event::SignInUnanswered { .. }
                | Event::DeadlineReached
        );
        if is_hers && last_input(&state) == Some(self.now) {
            self.last_counted = self.now;
        }
        if let (
            State::Concealed(Concealed { stage: ConcealedStage::Recording { .. }, in_use, .. }),
            State::Concealed(Concealed { stage: ConcealedStage::Uncovering { .. }, .. }),
        ) = (&before, &state)
        {
            *self.resumed.entry(in_use.session.id).or_default() += 1;
        }
        self.known.extend(state.session().map(|session| session.id));
        self.state = state;
        self.overheard.extend(overheard(&before, &event));
        crate::invariants::check_step(self, &before, &event, &commands);
        self.give(commands);
        crate::invariants::check_world(self);
    }

    fn give(&mut self, commands: Vec<Command>) {
        for command in commands {
            self.given.push((self.now, command.clone()));
            if let Command::RunApps { session, why: RunReason::Anew } = &command {
                self.overheard.remove(session);
            }
            let port = match command {
                Command::StartUp => Port::StartUp,
                Command::CoverScreen | Command::UncoverScreen { .. } => Port::Screen,
                Command::OpenSession { .. }
                | Command::OpenSessionByBadge { .. }
                | Command::AnswerChallenge { .. }
                | Command::IdentifyBadge { .. }
                | Command::EnrolBadge { .. }
                | Command::ReportBadgesLost { .. }
                | Command::ListMySessions { .. }
                | Command::EndElsewhere { .. }
                | Command::TellConcealed { .. }
                | Command::ResumeSession { .. }
                | Command::ReportActivity { .. }
                | Command::AdoptSession { .. } => Port::Server,
                Command::EndSession { .. } => Port::Outbox,
                Command::StoreCredential { .. } | Command::DeleteCredential { .. } => Port::Keychain,
                Command::AppendAudit { .. } => Port::Spool,
                Command::MeasureInactivity => Port::Idle,
                Command::WatchForInput => {
                    self.watches = true;
                    continue;
                }
                Command::UnwatchInput => {
                    self.watches = false;
                    continue;
                }
                Command::RunApps { .. }
                | Command::SaveApps { .. }
                | Command::FreezeApps { .. }
                | Command::CloseApps { .. } => Port::Apps,
                Command::Notify(_) | Command::WithdrawNotice | Command::AllowSleep => continue,
            };
            let queue = self.queues.entry(port).or_default();
            // A start-up that is at work is not begun a second time; its one answer answers both.
            if port != Port::StartUp || queue.is_empty() {
                queue.push_back(command);
            }
        }
    }

    fn session_in_use(&self) -> Option<SessionId> {
        self.sessions.iter().rfind(|(_, session)| session.ended.is_none()).map(|(id, _)| *id)
    }

    fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }
}

/// Over whose session somebody else has just typed a secret.
fn overheard(before: &State, event: &Event) -> Option<SessionId> {
    let State::Concealed(concealed) = before else { return None };
    let is_his = matches!(concealed.stage, ConcealedStage::TakenOver { .. });
    let is_secret = match event {
        Event::SignInSubmitted { .. } | Event::LossReported { .. } => true,
        Event::PasswordSubmitted { .. } | Event::PinSubmitted { .. } => is_his,
        _ => false,
    };
    is_secret.then_some(concealed.in_use.session.id)
}

fn last_input(state: &State) -> Option<Instant> {
    match state {
        State::Active(active) => Some(active.in_use.last_input),
        State::InactivityWarning(warning) => Some(warning.in_use.last_input),
        State::Concealed(concealed) => Some(concealed.in_use.last_input),
        State::Starting(_)
        | State::SignedOut(_)
        | State::SigningIn(_)
        | State::SigningOut(_)
        | State::FailClosed(_) => None,
    }
}
