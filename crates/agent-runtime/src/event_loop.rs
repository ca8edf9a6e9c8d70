//! The one loop: the next event or the next deadline, one step of the core, its commands, the view.
//!
//! One task owns the state. Nothing here waits for a port: ports answer by events. While nothing is due
//! the loop sleeps, and nothing polls.

use std::{collections::VecDeque, fmt, mem, sync::Arc, time::Duration};

use agent_core::{
    event::{Event, Limits, TapOut},
    ids::AttemptId,
    instant::Instant,
    state::State,
    step::{self, Step},
    taps::{Tap, Taps},
};
use audit::record::{Alert, What};
use tokio::sync::{
    mpsc::{self, UnboundedReceiver},
    watch,
};
use tracing::{debug, error, info};
use uuid::Uuid;

use crate::{
    contact, event_log,
    intent::{Intent, Malformed, Meaning},
    interpreter::Interpreter,
    language::Language,
    policy_file::PolicyInForce,
    ports::{Clock, EventSink, Ports},
    stage::Stage,
    view::ViewModel,
};

/// More intents than a person can make at once; what is over it falls away.
const INTENTS_MAX: usize = 32;
/// The core never leaves a deadline standing once it was told that it has come. Should it, it is told
/// again after this: a busy loop would be the worse fault.
const DEADLINE_TOLD_AGAIN_AFTER: Duration = Duration::from_millis(100);
/// The record of the agent's stop is waited for at most this long.
const LAST_RECORD_LIMIT: Duration = Duration::from_secs(2);

/// The running agent, as one future.
pub struct EventLoop {
    state: State,
    interpreter: Interpreter,
    clock: Arc<dyn Clock>,
    events: UnboundedReceiver<Event>,
    /// Received, and not yet taken up.
    waiting: VecDeque<Event>,
    intents: mpsc::Receiver<Intent>,
    policy: PolicyInForce,
    taps: Taps,
    stage: Stage,
    has_recorded_start: bool,
    is_stopping: bool,
    /// When the core was last told that its deadline has come.
    deadline_told_at: Option<Instant>,
}

enum Next {
    /// The first that waits.
    Event,
    Intent(Intent),
    Deadline,
}

/// What the program around the loop holds of it: intents in, views out.
#[derive(Debug, Clone)]
pub struct Remote {
    intents: mpsc::Sender<Intent>,
    views: watch::Receiver<ViewModel>,
}

impl Remote {
    /// Hands over what the person did. Never blocks; falls away when the loop is far behind or has ended.
    pub fn send(&self, intent: Intent) {
        if self.intents.try_send(intent).is_err() {
            debug!("An intent fell away: there are too many, or the loop has ended");
        }
    }

    /// What is on screen, now and whenever it changes.
    #[must_use]
    pub fn views(&self) -> watch::Receiver<ViewModel> {
        self.views.clone()
    }
}

impl EventLoop {
    /// A loop on `ports`, which put their events into `events`' other end, `sink`; the workstation's own language is
    /// `language`.
    #[must_use]
    pub fn new(
        ports: Ports,
        (sink, events): (EventSink, UnboundedReceiver<Event>),
        policy: PolicyInForce,
        language: Language,
    ) -> (Self, Remote) {
        let clock = Arc::clone(&ports.clock);
        let now = clock.now();
        let mut interpreter = Interpreter::new(ports, sink);
        let Step { state, commands } = step::start(now);
        interpreter.ports().badge_readers.watch();
        let (stage, views) = Stage::new(&state, policy.notice(), language, interpreter.ports(), now);
        for command in commands {
            interpreter.run(command, language);
        }
        let (intent_sender, intents) = mpsc::channel(INTENTS_MAX);
        let event_loop = Self {
            state,
            interpreter,
            clock,
            events,
            waiting: VecDeque::new(),
            intents,
            policy,
            taps: Taps::default(),
            stage,
            has_recorded_start: false,
            is_stopping: false,
            deadline_told_at: None,
        };
        (event_loop, Remote { intents: intent_sender, views })
    }

    /// Runs until the machine or the OS session shuts down and nothing is owed any more.
    pub async fn run(mut self) {
        while !self.may_stop() {
            self.turn().await;
        }
        self.record_stop().await;
        info!("The agent has stopped");
    }

    /// Takes up one thing: the next event, what the person did, or a deadline.
    ///
    /// A deadline that has come goes before anything else that is there, however it was woken for: after a
    /// sleep of the machine an answer asked for long ago must not find the state of long ago. Input alone goes before
    /// it: it tells when it was.
    async fn turn(&mut self) {
        let next = self.next().await;
        if self.is_deadline_due() {
            self.take_input();
            self.tell_deadline();
        }
        match next {
            Next::Event => {
                if let Some(event) = self.waiting.pop_front() {
                    self.take(event);
                }
            }
            Next::Intent(intent) => self.take_intent(intent),
            // The core has been told, if it was its own; or the view changes.
            Next::Deadline => self.show(),
        }
    }

    async fn next(&mut self) -> Next {
        if !self.waiting.is_empty() {
            return Next::Event;
        }
        let deadline = self.deadline();
        let deadline_comes = async {
            match deadline {
                Some(deadline) => self.clock.sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = deadline_comes => Next::Deadline,
            Some(event) = self.events.recv() => {
                self.waiting.push_back(event);
                Next::Event
            }
            Some(intent) = self.intents.recv() => Next::Intent(intent),
        }
    }

    /// The core's deadline, or the view's own where that is earlier.
    fn deadline(&self) -> Option<Instant> {
        let core = self.core_deadline();
        let view = self.stage.next_change(&self.state, self.clock.now());
        core.into_iter().chain(view).min()
    }

    fn core_deadline(&self) -> Option<Instant> {
        let deadline = self.state.deadline()?;
        match self.deadline_told_at {
            Some(told_at) if deadline <= told_at => Some(told_at + DEADLINE_TOLD_AGAIN_AFTER),
            _ => Some(deadline),
        }
    }

    fn is_deadline_due(&self) -> bool {
        self.core_deadline().is_some_and(|deadline| deadline <= self.clock.now())
    }

    /// Takes up the input that has been told: whoever typed in time is not signed out because we were held up.
    fn take_input(&mut self) {
        while let Ok(event) = self.events.try_recv() {
            self.waiting.push_back(event);
        }
        let (input, others): (VecDeque<_>, _) = mem::take(&mut self.waiting)
            .into_iter()
            .partition(|event| matches!(event, Event::InputSeen { .. }));
        self.waiting = others;
        for event in input {
            self.take(event);
        }
    }

    /// Tells the core that its deadline has come, if it has.
    fn tell_deadline(&mut self) {
        if !self.is_deadline_due() {
            return;
        }
        let now = self.clock.now();
        if self.state.deadline() <= self.deadline_told_at {
            error!(state = self.state.name(), "The core leaves a deadline standing that has come");
        }
        self.deadline_told_at = Some(now);
        self.take(Event::DeadlineReached);
    }

    fn take_intent(&mut self, intent: Intent) {
        debug!(?intent, "The person did something");
        match intent.into_meaning() {
            Ok(Meaning::Event(event)) => {
                self.stage.forget_malformed();
                self.take(*event);
            }
            Ok(Meaning::Language(language)) => {
                self.stage.choose_language(language);
                self.show();
            }
            Err(Malformed) => {
                self.stage.refuse_malformed();
                self.show();
            }
        }
    }

    fn take(&mut self, event: Event) {
        let now = self.clock.now();
        event_log::tell(&event);
        match self.tap(event, now) {
            Some(event) => self.step(event, now),
            None => self.show(),
        }
    }

    /// What a reader told becomes a tap, or nothing but a word on screen.
    fn tap(&mut self, event: Event, now: Instant) -> Option<Event> {
        let Event::ReaderTold(fact) = event else { return Some(event) };
        let tap = self.taps.take(fact, now);
        self.stage.reader = self.taps.readers().into();
        Some(match tap? {
            Tap::Badge(badge) => Event::BadgeTapped { attempt: AttemptId(Uuid::new_v4()), badge },
            Tap::NotRead(fault) => Event::BadgeNotRead(fault),
        })
    }

    fn step(&mut self, mut event: Event, now: Instant) {
        self.interpreter.note_answer(&event);
        self.stage.contact = contact::after(self.stage.contact, &event);
        self.is_stopping |= event == Event::ShuttingDown;
        let starts_up = event == Event::StartUpFinished;
        self.tighten(&mut event);

        let before = self.state.name();
        // The core takes the state by value and hands the next one back.
        let state = std::mem::replace(&mut self.state, step::start(now).state);
        let Step { state, commands } = step::step(state, event, now);
        self.state = state;
        if self.state.name() != before {
            log_change(before, &self.state);
        }

        for command in commands {
            self.interpreter.run(command, self.stage.language());
        }
        if starts_up && !self.has_recorded_start {
            self.has_recorded_start = true;
            self.record_start();
        }
        self.show();
    }

    /// The session gets the stricter of what the server gives and what this workstation's policy allows.
    fn tighten(&self, event: &mut Event) {
        if let Event::SessionOpened { limits, .. }
        | Event::SessionAdopted { limits, .. }
        | Event::SessionResumed { limits, .. } = event
        {
            *limits = self.stricter(*limits);
        }
    }

    fn stricter(&self, server: Limits) -> Limits {
        let strict = self.policy.policy.limits().stricter_of(policy::Limits {
            inactivity: server.inactivity,
            warning: server.warning,
            absolute: server.absolute_remaining,
            heartbeat: server.heartbeat,
            conceal_after: server.conceal_after,
            tap_out: match server.tap_out {
                TapOut::Cover => policy::TapOut::Cover,
                TapOut::SignOut => policy::TapOut::SignOut,
            },
        });
        Limits {
            inactivity: strict.inactivity,
            warning: strict.warning,
            absolute_remaining: strict.absolute,
            heartbeat: strict.heartbeat,
            conceal_after: strict.conceal_after,
            tap_out: match strict.tap_out {
                policy::TapOut::Cover => TapOut::Cover,
                policy::TapOut::SignOut => TapOut::SignOut,
            },
        }
    }

    fn show(&mut self) {
        self.stage.show(&self.state, self.interpreter.ports(), self.clock.now());
    }

    /// Once per process, when the spool takes records: that the agent runs, whether its policy is the one that
    /// was meant, and what weakens it.
    fn record_start(&mut self) {
        self.interpreter.append_other(What::ApplicationStarted);
        if self.policy.is_fallback() {
            self.interpreter.append_other(What::SecurityAlert { alert: Alert::PolicyRefused });
        }
        for _ in self.policy.weakened() {
            self.interpreter.append_other(What::SecurityAlert { alert: Alert::SafeguardWeakened });
        }
    }

    fn may_stop(&self) -> bool {
        let is_at_rest = match &self.state {
            State::Starting(_) | State::SignedOut(_) => true,
            State::FailClosed(fail_closed) => fail_closed.ending.is_none() && !fail_closed.owes_cover,
            State::SigningIn(_)
            | State::Active(_)
            | State::InactivityWarning(_)
            | State::Concealed(_)
            | State::SigningOut(_) => false,
        };
        self.is_stopping && is_at_rest
    }

    async fn record_stop(&mut self) {
        if !self.has_recorded_start {
            return;
        }
        for event in mem::take(&mut self.waiting) {
            self.interpreter.note_answer(&event);
        }
        self.interpreter.append_other(What::ApplicationStopped);
        let clock = Arc::clone(&self.clock);
        let limit = clock.sleep_until(clock.now() + LAST_RECORD_LIMIT);
        tokio::pin!(limit);
        // The answer to an earlier one is not the answer to this.
        while self.interpreter.awaits_others() {
            tokio::select! {
                biased;
                event = self.events.recv() => match event {
                    Some(event) => self.interpreter.note_answer(&event),
                    None => return,
                },
                () = &mut limit => return,
            }
        }
    }
}

fn log_change(from: &'static str, state: &State) {
    let to = state.name();
    let ending = || state.ending().map(|ending| ending.session);
    match state.session().map(|session| session.id).or_else(ending) {
        Some(session) => info!(session.id = %session, from, to, "The agent went from {from} to {to}"),
        None => info!(from, to, "The agent went from {from} to {to}"),
    }
}

impl fmt::Debug for EventLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventLoop").field("state", &self.state.name()).finish_non_exhaustive()
    }
}
