//! Two workstations and what lies between a hand and a screen: ports that do at once what they are told.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use agent_core::{
    apps::RunReason,
    badge::{Badge, BadgeGrade, BadgeMark, ReaderFact, ReaderId},
    command::{Command, OwedRecord},
    event::{ContactFault, Event},
    ids::{AttemptId, SessionId, UserId},
    instant::Instant,
    secret::Secret,
    state::State,
    step::{self, Step},
    taps::{Tap, Taps},
};
use uuid::Uuid;

use crate::server::{Server, Session, Told, person};

pub(crate) const DESKS: usize = 2;
const READER: ReaderId = ReaderId(1);

#[derive(Debug)]
struct Desk {
    state: State,
    taps: Taps,
    /// Whose the screen is; `None` while covered.
    screen: Option<SessionId>,
    is_in_contact: bool,
    last_input: Instant,
    /// Who did something here last that proves who it is.
    actor: Option<UserId>,
}

#[derive(Debug)]
pub(crate) struct Ward {
    now: Instant,
    desks: Vec<Desk>,
    server: Server,
    waiting: VecDeque<(usize, Event)>,
    ids: u128,
}

impl Ward {
    pub(crate) fn new(needs_code: bool) -> Self {
        let now = Instant::from_boot(Duration::from_secs(100));
        let mut ward = Self {
            now,
            desks: Vec::new(),
            server: Server::new(needs_code),
            waiting: VecDeque::new(),
            ids: 0,
        };
        for desk in 0..DESKS {
            let Step { state, commands } = step::start(now);
            let taps = Taps::default();
            ward.desks.push(Desk {
                state,
                taps,
                screen: None,
                is_in_contact: true,
                last_input: now,
                actor: None,
            });
            ward.run(desk, commands);
            ward.reader_tells(desk, ReaderFact::Ready { reader: READER });
        }
        ward.settle();
        ward
    }

    // -- what people do

    pub(crate) fn tap(&mut self, desk: usize, badge: u8) {
        self.leave(desk, badge);
        self.lift(desk);
    }

    pub(crate) fn leave(&mut self, desk: usize, number: u8) {
        let mark = BadgeMark([number; 16]);
        let badge = Badge { mark, number: Secret::new(number.to_string()), grade: BadgeGrade::Uid };
        let who = self.server.owner(&badge).ok();
        self.acts(desk, who, |ward| {
            ward.reader_tells(desk, ReaderFact::Presented { reader: READER, badge });
        });
    }

    pub(crate) fn lift(&mut self, desk: usize) {
        self.reader_tells(desk, ReaderFact::Removed { reader: READER });
    }

    pub(crate) fn sign_in(&mut self, desk: usize, who: u8) {
        let (name, password) = (who.to_string(), Secret::new(who.to_string()));
        let attempt = self.attempt();
        self.types_secret(desk, who, Event::SignInSubmitted { attempt, name, password });
    }

    pub(crate) fn code(&mut self, desk: usize, who: u8) {
        let attempt = self.attempt();
        self.types_secret(desk, who, Event::CodeSubmitted { attempt, code: Secret::new(who.to_string()) });
    }

    pub(crate) fn password(&mut self, desk: usize, who: u8) {
        let attempt = self.attempt();
        let password = Secret::new(who.to_string());
        self.types_secret(desk, who, Event::PasswordSubmitted { attempt, password });
    }

    pub(crate) fn cancel(&mut self, desk: usize) {
        self.tell(desk, Event::SignInCancelled);
    }

    pub(crate) fn cover(&mut self, desk: usize) {
        self.tell(desk, Event::ConcealPressed);
    }

    pub(crate) fn renew(&mut self, desk: usize) {
        self.tell(desk, Event::RenewPressed);
    }

    pub(crate) fn sign_out(&mut self, desk: usize) {
        self.tell(desk, Event::SignOutPressed);
    }

    pub(crate) fn types(&mut self, desk: usize) {
        self.desks[desk].last_input = self.now;
        if matches!(self.desks[desk].state, State::InactivityWarning(_)) {
            self.tell(desk, Event::InputSeen { at: self.now });
        }
    }

    // -- what happens

    pub(crate) fn contact(&mut self, desk: usize, is_in_contact: bool) {
        if self.desks[desk].is_in_contact == is_in_contact {
            return;
        }
        self.desks[desk].is_in_contact = is_in_contact;
        if is_in_contact {
            self.waiting.push_back((desk, Event::ServerReached));
            let missed = self.server.back(desk);
            self.deliver(missed);
        } else {
            self.waiting.push_back((desk, Event::ServerAway(ContactFault::Unreachable)));
        }
        self.settle();
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        let target = self.now + time;
        loop {
            let due = |desk: &Desk| desk.state.deadline().filter(|deadline| *deadline <= target);
            let next = (0..DESKS).filter_map(|desk| Some((due(&self.desks[desk])?, desk))).min();
            let Some((deadline, desk)) = next else { break };
            self.now = self.now.max(deadline);
            self.tell(desk, Event::DeadlineReached);
        }
        self.now = target;
    }

    // -- what must hold

    pub(crate) fn sessions(&self) -> BTreeMap<SessionId, Session> {
        self.server.sessions.clone()
    }

    pub(crate) fn check_one_desktop_each(&self) {
        let uncovered: Vec<_> = self
            .desks
            .iter()
            .filter(|desk| desk.is_in_contact)
            .filter_map(|desk| Some(self.server.sessions[&desk.screen?].user))
            .collect();
        if let [one, other] = uncovered[..] {
            assert_ne!(one, other, "two uncovered desktops of one person");
        }
    }

    /// What a tap ended, whoever tapped had taken over.
    pub(crate) fn check_nothing_lost_by_a_tap(&self, before: &BTreeMap<SessionId, Session>) {
        for (id, session) in before.iter().filter(|(_, session)| session.ended.is_none()) {
            if self.server.sessions[id].ended.is_none() {
                continue;
            }
            let desk = &self.desks[session.desk];
            let next = desk.state.session().expect("a tap ended a session and opened none");
            assert!(!before.contains_key(&next.id), "a tap ended a session and opened none");
            assert_ne!(next.user.id, session.user, "her own tap ended her session");
        }
    }

    // -- between

    fn types_secret(&mut self, desk: usize, who: u8, event: Event) {
        self.acts(desk, Some(person(who)), |ward| ward.waiting.push_back((desk, event)));
    }

    /// Somebody does something that proves who it is; what the workstation passes over was never done.
    fn acts(&mut self, desk: usize, who: Option<UserId>, act: impl FnOnce(&mut Self)) {
        let (state, actor) = (self.desks[desk].state.clone(), self.desks[desk].actor);
        if who.is_some() {
            self.desks[desk].actor = who;
        }
        act(self);
        self.settle();
        if is_passed_over(&state, &self.desks[desk].state) {
            self.desks[desk].actor = actor;
        }
    }

    fn reader_tells(&mut self, desk: usize, fact: ReaderFact) {
        match self.desks[desk].taps.take(fact, self.now) {
            Some(Tap::Badge(badge)) => {
                let attempt = self.attempt();
                self.waiting.push_back((desk, Event::BadgeTapped { attempt, badge }));
            }
            Some(Tap::NotRead(fault)) => self.waiting.push_back((desk, Event::BadgeNotRead(fault))),
            None => {}
        }
    }

    fn tell(&mut self, desk: usize, event: Event) {
        self.waiting.push_back((desk, event));
        self.settle();
    }

    fn settle(&mut self) {
        for _ in 0..10_000 {
            let Some((desk, event)) = self.waiting.pop_front() else { return };
            let state = std::mem::replace(&mut self.desks[desk].state, step::start(self.now).state);
            let Step { state, commands } = step::step(state, event, self.now);
            self.desks[desk].state = state;
            self.run(desk, commands);
        }
        panic!("events without end: {:?}", self.waiting);
    }

    fn run(&mut self, desk: usize, commands: Vec<Command>) {
        for command in commands {
            let answer = match &command {
                Command::StartUp => Some(Event::StartUpFinished),
                Command::CoverScreen => {
                    self.desks[desk].screen = None;
                    Some(Event::ScreenCovered { input_held: true })
                }
                Command::UncoverScreen { session } => {
                    self.uncover(desk, *session);
                    Some(Event::ScreenUncovered { session: *session })
                }
                Command::StoreCredential { session, .. } => {
                    Some(Event::CredentialStored { session: *session })
                }
                Command::DeleteCredential { session } => Some(Event::CredentialDeleted { session: *session }),
                Command::AppendAudit { owed, .. } => Some(Event::AuditStored(OwedRecord::key(owed))),
                Command::MeasureInactivity => Some(Event::InputSeen { at: self.desks[desk].last_input }),
                Command::EndSession { session, cause } => {
                    self.server.ends(*session, *cause);
                    Some(Event::SessionEndTold { session: *session })
                }
                Command::CloseApps { session, how: _ } => Some(Event::AppsGone { session: *session }),
                Command::RunApps { session, why: RunReason::Anew } => {
                    Some(Event::AppsGone { session: *session })
                }
                Command::RunApps { session: _, why: RunReason::Uncovered | RunReason::LeftAlone }
                | Command::SaveApps { .. }
                | Command::FreezeApps { .. }
                | Command::WatchForInput
                | Command::UnwatchInput
                | Command::Notify(_)
                | Command::WithdrawNotice
                | Command::AllowSleep => None,
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
                | Command::AdoptSession { .. } => {
                    self.ask(desk, &command);
                    None
                }
            };
            self.waiting.extend(answer.map(|event| (desk, event)));
        }
    }

    fn ask(&mut self, desk: usize, command: &Command) {
        if self.desks[desk].is_in_contact {
            let told = self.server.asked(desk, command);
            self.deliver(told);
            return;
        }
        let fault = ContactFault::Unreachable;
        let unanswered = match command {
            Command::OpenSession { attempt, .. }
            | Command::OpenSessionByBadge { attempt, .. }
            | Command::AnswerChallenge { attempt, .. }
            | Command::ResumeSession { attempt, .. } => Event::SignInUnanswered { attempt: *attempt, fault },
            Command::IdentifyBadge { attempt, .. } => {
                Event::BadgeIdentified { attempt: *attempt, whose: None }
            }
            _ => Event::ServerAway(fault),
        };
        self.waiting.push_back((desk, unanswered));
    }

    /// A workstation out of contact hears nothing; it is told again when it is back.
    fn deliver(&mut self, told: Told) {
        for (desk, event) in told {
            if self.desks[desk].is_in_contact {
                self.waiting.push_back((desk, event));
            }
        }
    }

    fn uncover(&mut self, desk: usize, session: SessionId) {
        let user = self.server.sessions[&session].user;
        assert_eq!(self.desks[desk].actor, Some(user), "the screen of one person is shown to another");
        self.desks[desk].screen = Some(session);
    }

    fn attempt(&mut self) -> AttemptId {
        self.ids += 2;
        AttemptId(Uuid::from_u128(self.ids))
    }
}

/// Whether nothing came of what was done, but for what it means to the apps under the cover that somebody typed at all.
fn is_passed_over(before: &State, after: &State) -> bool {
    let mut after = after.clone();
    if let (State::Concealed(before), State::Concealed(after)) = (before, &mut after) {
        after.apps = before.apps;
        after.in_use.session.overheard = before.in_use.session.overheard;
    }
    after == *before
}
