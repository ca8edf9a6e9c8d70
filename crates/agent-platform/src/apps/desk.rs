//! What is said to the launcher, and what its answers mean. Pure: no socket, no clock.
//!
//! ```text
//!   run ──► Start ─────────────► (the session's apps run) ◄── Freeze false ── run
//!   save ─► Save                                          ──► Freeze true ── freeze
//!   close ► Freeze false, Save ──► Close ──► Wipe ──► AppsGone
//!   close unwoken ───────────────► Close ──► Wipe ──► AppsGone (──► Start, where they begin anew)
//! ```
//! A `Close` of what stands still kills at once. Where that they stand still is not known, nothing but `Wipe` is sure to wake none.
//! That they stand still is believed when the launcher has said so, and only then. A freeze or a thaw that fails, or that is not
//! answered, is asked for once more, and then told to the core; after that whoever wants a freeze asks again, and a thaw is tried on and on.
//! A connection that is lost during `close` is made anew once, and then only `Wipe` is asked for: it ends what is left by force.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use agent_core::{
    apps::{AppId, AppOutcome, RunReason, SaveReason},
    event::Event,
    ids::SessionId,
};
use launch_contract::{
    AgentMessage, Answer, Apps, Code, Display, Hello, LauncherMessage, SaveOutcome, SaveWhy, VERSION, Verb,
    WithinMs,
};
use tokio::sync::oneshot;
use tracing::{error, info, warn};

use self::{
    closing::Closing,
    freezing::{FREEZE_TRIES, Freeze},
};
use super::{NotCleared, Order};

mod closing;
mod freezing;

/// What happened.
#[derive(Debug)]
pub(super) enum Input {
    /// The core, or start-up, wants something.
    Order(Order),
    /// The launcher said this.
    Heard(LauncherMessage),
    /// It cannot be reached, or closed the connection, or said what it may not say.
    Lost,
    /// The time that [`Output::Timer`] set is over.
    TimeUp,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// Connect.
    Connect,
    /// Close the connection; [`Input::Lost`] does not follow.
    HangUp,
    /// Say this.
    Say(AgentMessage),
    /// Tell the core.
    Tell(Event),
    /// Tell in so long that the time is over; `None`: never. The last one holds.
    Timer(Option<Duration>),
}

/// What is known of the launcher and of the apps at hand.
#[derive(Debug)]
pub(super) struct Desk {
    apps: Apps,
    display: Display,
    save_within: Duration,
    link: LinkState,
    requests: u64,
    /// Said once the launcher has said hello.
    waiting: Vec<Verb>,
    session: Option<AtHand>,
    /// What was asked to be saved, and is not answered wholly; but for the last, at sign-out.
    saving: BTreeMap<u64, SaveReason>,
    closing: Option<Closing>,
    clearing: Vec<oneshot::Sender<Result<(), NotCleared>>>,
    /// The request that starts, and the one that wipes.
    starting: Option<u64>,
    wiping: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LinkState {
    Down,
    Connecting,
    Up,
}

/// Whose apps run.
#[derive(Debug)]
struct AtHand {
    session: SessionId,
    /// Those that are not known to be gone.
    running: BTreeSet<String>,
    /// How it is to be.
    is_frozen: bool,
    /// How far that is known.
    freeze: Freeze,
    /// The screen was covered over them.
    is_covered: bool,
    /// The launcher is known to have begun them.
    is_started: bool,
    /// They were begun anew, by themselves.
    is_anew: bool,
}

impl Desk {
    pub(super) fn new(apps: Apps, display: Display, save_within: Duration) -> Self {
        Self {
            apps,
            display,
            save_within,
            link: LinkState::Down,
            requests: 0,
            waiting: Vec::new(),
            session: None,
            saving: BTreeMap::new(),
            closing: None,
            clearing: Vec::new(),
            starting: None,
            wiping: None,
        }
    }

    /// Does what follows from `input`, and from what comes of that.
    pub(super) fn work_off(&mut self, input: Input, mut perform: impl FnMut(Output) -> Option<Input>) {
        let mut outputs = self.on(input);
        while !outputs.is_empty() {
            let mut follow = Vec::new();
            let mut is_lost = false;
            for output in outputs {
                // What was to be said over a connection that is gone is not said over the next one; the core is told all.
                if is_lost && !matches!(output, Output::Tell(_)) {
                    continue;
                }
                if let Some(input) = perform(output) {
                    is_lost |= matches!(input, Input::Lost);
                    follow.append(&mut self.on(input));
                }
            }
            outputs = follow;
        }
    }

    pub(super) fn on(&mut self, input: Input) -> Vec<Output> {
        let mut outputs = Vec::new();
        match input {
            Input::Order(order) => self.on_order(order, &mut outputs),
            Input::Heard(LauncherMessage::Hello(hello)) => self.on_hello(&hello, &mut outputs),
            Input::Heard(LauncherMessage::Answer { request, answer }) => {
                self.on_answer(request, answer, &mut outputs);
            }
            Input::Lost => self.on_lost(&mut outputs),
            Input::TimeUp => self.on_time_up(&mut outputs),
        }
        outputs
    }

    fn on_order(&mut self, order: Order, outputs: &mut Vec<Output>) {
        match order {
            Order::Run(session, why) => self.run(session, why, outputs),
            Order::Save(session, why) => self.save(session, why, outputs),
            Order::Freeze(session) => self.freeze(session, true, outputs),
            Order::Close(session, how) => self.close(session, how, outputs),
            Order::Clear(reply) => {
                self.clearing.push(reply);
                // What runs is nobody's: the agent has only begun.
                self.session = None;
                if self.clearing.len() == 1 && self.wiping.is_none() {
                    self.wipe(outputs);
                }
            }
        }
    }

    fn run(&mut self, session: SessionId, why: RunReason, outputs: &mut Vec<Output>) {
        if let Some(at_hand) = self.session.as_mut().filter(|at_hand| at_hand.session == session) {
            match why {
                RunReason::LeftAlone => {}
                RunReason::Uncovered | RunReason::Anew => at_hand.is_covered = false,
            }
            return match why {
                RunReason::LeftAlone | RunReason::Uncovered => self.freeze(session, false, outputs),
                RunReason::Anew => self.begin_anew(session, outputs),
            };
        }
        match why {
            RunReason::LeftAlone => return,
            RunReason::Uncovered => {}
            RunReason::Anew => outputs.push(Output::Tell(Event::AppsGone { session })),
        }
        if self.apps.as_slice().is_empty() || self.closing.is_some() {
            return;
        }
        let running = self.apps.as_slice().iter().map(|app| app.id.to_string()).collect();
        self.session = Some(AtHand {
            session,
            running,
            is_frozen: false,
            freeze: Freeze::Done,
            is_covered: false,
            is_started: false,
            is_anew: false,
        });
        let verb = Verb::Start { session: session.0, display: self.display.clone(), apps: self.apps.clone() };
        self.starting = Some(self.say(verb, outputs));
    }

    fn save(&mut self, session: SessionId, why: SaveReason, outputs: &mut Vec<Output>) {
        if let (SaveReason::Concealed, Some(at_hand)) =
            (why, self.session.as_mut().filter(|at_hand| at_hand.session == session))
        {
            at_hand.is_covered = true;
        }
        let is_running =
            self.session.as_ref().is_some_and(|at_hand| at_hand.session == session && !at_hand.is_frozen);
        if is_running && self.closing.is_none() && !self.save_within.is_zero() {
            let request = self.say_save(session, why, outputs);
            self.saving.insert(request, why);
        }
    }

    fn say_save(&mut self, session: SessionId, why: SaveReason, outputs: &mut Vec<Output>) -> u64 {
        let within_ms = within(self.save_within);
        self.say(Verb::Save { session: session.0, why: save_why(why), within_ms }, outputs)
    }

    /// Now, or as soon as it is connected.
    fn say(&mut self, verb: Verb, outputs: &mut Vec<Output>) -> u64 {
        self.requests += 1;
        let request = self.requests;
        match self.link {
            LinkState::Up => outputs.push(Output::Say(AgentMessage { request, verb })),
            LinkState::Down => {
                self.link = LinkState::Connecting;
                self.waiting.push(verb);
                outputs.push(Output::Connect);
            }
            LinkState::Connecting => self.waiting.push(verb),
        }
        request
    }

    fn on_hello(&mut self, hello: &Hello, outputs: &mut Vec<Output>) {
        if self.link != LinkState::Connecting || hello.version != VERSION {
            error!(version = hello.version, "The launcher does not speak our contract");
            outputs.push(Output::HangUp);
            return self.on_lost(outputs);
        }
        info!(account = ?hello.account, containment = ?hello.containment, hello.can_freeze, "The launcher answers");
        if let Some(problem) = hello.problem {
            warn!(code = problem.as_str(), "The launcher cannot start apps: {}", problem.as_str());
        }
        self.link = LinkState::Up;
        // Numbered in the order in which they were asked for; nothing was said in between.
        let first = self.requests + 1 - u64::try_from(self.waiting.len()).unwrap_or(0);
        for (request, verb) in (first..).zip(std::mem::take(&mut self.waiting)) {
            outputs.push(Output::Say(AgentMessage { request, verb }));
        }
    }

    fn on_answer(&mut self, request: u64, answer: Answer, outputs: &mut Vec<Output>) {
        if self.wiping == Some(request) {
            return self.on_wipe_answer(&answer, outputs);
        }
        if self.starting == Some(request) {
            return self.on_start_answer(&answer, outputs);
        }
        if let Some(why) = self.saving.get(&request).copied() {
            return self.on_save_answer(request, why, answer, outputs);
        }
        if let Some(closing) = self.closing {
            return self.on_close_answer(closing, request, answer, outputs);
        }
        match answer {
            Answer::Failed { code: Code::WrongSession, left: _ } if self.is_freezing(request) => {
                self.lost(outputs)
            }
            Answer::Failed { code, left: _ } if self.is_freezing(request) => {
                error!(code = code.as_str(), "The launcher neither froze nor thawed: {}", code.as_str());
                self.not_frozen(outputs);
            }
            Answer::Done { left: _ } if self.is_freezing(request) => self.froze(outputs),
            Answer::Failed { code, left } => {
                error!(
                    code = code.as_str(),
                    left,
                    "The launcher did not do what it was asked: {}",
                    code.as_str()
                );
            }
            // What else comes tells nothing that is waited for.
            Answer::AppStarted { .. }
            | Answer::AppNotStarted { .. }
            | Answer::AppSaving { .. }
            | Answer::AppSaved { .. }
            | Answer::AppClosed { .. }
            | Answer::Done { .. }
            | Answer::Wiped => {}
        }
    }

    /// Also while they are closed already: an app that was not started is gone.
    fn on_start_answer(&mut self, answer: &Answer, outputs: &mut Vec<Output>) {
        match answer {
            Answer::AppNotStarted { app, because } => {
                warn!(app.id = %app, code = because.as_str(), "An app was not started: {}", because.as_str());
                self.gone(app.as_str());
                self.tell(app.as_str(), AppOutcome::NotStarted, outputs);
            }
            Answer::Failed { code, left: _ } => {
                self.starting = None;
                self.not_started(code.as_str(), outputs);
            }
            Answer::Done { left: _ } => {
                self.starting = None;
                if let Some(at_hand) = &mut self.session {
                    at_hand.is_started = true;
                }
                return;
            }
            Answer::AppStarted { .. }
            | Answer::AppSaving { .. }
            | Answer::AppSaved { .. }
            | Answer::AppClosed { .. }
            | Answer::Wiped => return,
        }
        if let Some(closing) = self.closing {
            self.tell_progress(closing, outputs);
        }
    }

    /// Each save is answered by itself, also when a later one has ended it.
    fn on_save_answer(&mut self, request: u64, why: SaveReason, answer: Answer, outputs: &mut Vec<Output>) {
        match answer {
            Answer::AppSaved { app, outcome } => self.tell_saved(app.as_str(), outcome, why, outputs),
            Answer::Done { left: _ } => {
                self.saving.remove(&request);
            }
            Answer::Failed { code, left: _ } => {
                self.saving.remove(&request);
                error!(code = code.as_str(), "Apps were not told to save: {}", code.as_str());
            }
            Answer::AppStarted { .. }
            | Answer::AppNotStarted { .. }
            | Answer::AppSaving { .. }
            | Answer::AppClosed { .. }
            | Answer::Wiped => {}
        }
    }

    fn on_lost(&mut self, outputs: &mut Vec<Output>) {
        let was_up = self.link == LinkState::Up;
        self.link = LinkState::Down;
        self.waiting.clear();
        self.saving.clear();
        // What was said before may have been done: that is asked for below.
        if self.starting.take().is_some() && !was_up {
            self.not_started("launcher-lost", outputs);
        }
        match self.closing {
            Some(closing) => self.lost_while_closing(closing, was_up, outputs),
            None if self.wiping.is_some() => {
                error!("The launcher cannot be reached");
                self.wiped(false, outputs);
            }
            None => {
                warn!("The launcher closed the connection");
                // It froze what runs, and ends it unless somebody comes back.
                let tries = self.freezing().map_or(0, |(_, tries)| tries);
                if was_up && tries < FREEZE_TRIES {
                    self.ask_freeze(tries + 1, outputs);
                } else {
                    self.not_frozen(outputs);
                }
            }
        }
    }

    fn on_time_up(&mut self, outputs: &mut Vec<Output>) {
        let is_at_rest = self.closing.is_none() && self.wiping.is_none();
        if is_at_rest && self.session.as_ref().is_some_and(AtHand::is_owed_a_thaw) {
            return self.ask_freeze(1, outputs);
        }
        warn!("The launcher does not answer in time");
        if is_at_rest {
            return self.not_frozen(outputs);
        }
        outputs.push(Output::HangUp);
        self.on_lost(outputs);
    }

    /// None of the apps that were to be started runs.
    fn not_started(&mut self, code: &'static str, outputs: &mut Vec<Output>) {
        error!(code, "The apps of a session were not started: {code}");
        let Some(at_hand) = &mut self.session else { return };
        let session = at_hand.session;
        for app in std::mem::take(&mut at_hand.running) {
            let app = AppId(app);
            outputs.push(Output::Tell(Event::AppTold { session, app, outcome: AppOutcome::NotStarted }));
        }
    }

    fn gone(&mut self, app: &str) {
        if let Some(at_hand) = &mut self.session {
            at_hand.running.remove(app);
        }
    }

    fn tell_saved(&self, app: &str, outcome: SaveOutcome, why: SaveReason, outputs: &mut Vec<Output>) {
        let outcome = match outcome {
            SaveOutcome::Saved => AppOutcome::Saved(why),
            SaveOutcome::Refused => AppOutcome::SaveRefused(why),
            SaveOutcome::NoAnswer => AppOutcome::SaveUnanswered(why),
            // It cannot be told, or has nothing to save any more.
            SaveOutcome::NoHook | SaveOutcome::Gone => return,
        };
        self.tell(app, outcome, outputs);
    }

    fn tell(&self, app: &str, outcome: AppOutcome, outputs: &mut Vec<Output>) {
        if let Some(at_hand) = &self.session {
            let (session, app) = (at_hand.session, AppId(app.to_owned()));
            outputs.push(Output::Tell(Event::AppTold { session, app, outcome }));
        }
    }
}

fn within(limit: Duration) -> WithinMs {
    let ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX).min(launch_contract::WITHIN_MS_MAX);
    WithinMs::try_from(ms).expect("it was bounded just now")
}

const fn save_why(why: SaveReason) -> SaveWhy {
    match why {
        SaveReason::Concealed => SaveWhy::Conceal,
        SaveReason::Warned => SaveWhy::Warning,
        SaveReason::SigningOut => SaveWhy::SignOut,
    }
}

#[cfg(test)]
mod tests;
