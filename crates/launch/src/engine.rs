//! What is done for the agent, one session at a time.
//!
//! Each verb is a file below; here they are chosen, and time passes. What takes time (apps that save, apps that close) is
//! the one [`Job`]; the rest is done when it is asked for. Invariants:
//!
//! 1. An app is started only where nothing of an earlier session is: no home, no process of the account.
//! 2. A session without an agent is frozen, and after a while gone.
//! 3. Each request has exactly one last answer, unless the agent is gone.

mod close;
mod save;
mod start;

use std::{collections::BTreeSet, ffi::OsString, path::PathBuf, time::Duration};

use daemon::service_manager::ServiceManager;
use launch_contract::{
    AgentMessage, Answer, AppId, Argv, CloseOutcome, Code, Hello, LauncherMessage, SaveOutcome, VERSION, Verb,
};
use rustix::process::Pid;
use uuid::Uuid;

use crate::{
    containment::{Containment, processes},
    line::Line,
    log,
    saving::Saving,
    wipe::{Left, Wipe},
};

/// While something is awaited that no descriptor tells, it is looked for this often.
const LOOK_AGAIN: Duration = Duration::from_millis(15);

/// Programs of one request that were stopped before they ran; after so many no more are tried. One can be the fault of a slow
/// disk; more are somebody's doing, who could have the agent wait for as long as it takes to try them all.
const STOPPED_MAX: u32 = 3;

/// Does what the agent asks for.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) wipe: Wipe,
    pub(crate) skeleton: PathBuf,
    pub(crate) containment: Box<dyn Containment>,
    /// How long a session without an agent stays frozen.
    pub(crate) orphan_after: Duration,
    pub(crate) service_manager: ServiceManager,
    /// Why the last wipe was not one.
    problem: Option<Code>,
    session: Option<Session>,
    job: Option<Job>,
    orphaned_until: Option<Duration>,
    /// Programs that were stopped before they ran, since the agent last asked for something.
    stopped: u32,
    said: Vec<LauncherMessage>,
}

/// What runs.
#[derive(Debug)]
struct Session {
    id: Uuid,
    apps: Vec<App>,
    environment: Vec<(OsString, OsString)>,
    is_frozen: bool,
}

/// One app of it.
#[derive(Debug)]
struct App {
    id: AppId,
    save: Option<Argv>,
    line: Option<Line>,
    saving: Saving,
    /// Its `save` command, while that runs.
    hook: Option<Pid>,
    /// Somebody asked for it meanwhile.
    is_hook_due: bool,
}

/// What takes time.
#[derive(Debug)]
enum Job {
    Saving { request: u64, deadline: Duration, waiting: BTreeSet<usize> },
    Closing { request: u64, deadline: Duration, waiting: BTreeSet<usize>, is_killed: bool },
}

impl App {
    /// The leaf of its `save` command; no id has a dot.
    fn hook_leaf(&self) -> String {
        format!("{}.save", self.id)
    }
}

impl Engine {
    pub(crate) fn new(
        wipe: Wipe,
        skeleton: PathBuf,
        containment: Box<dyn Containment>,
        orphan_after: Duration,
        service_manager: ServiceManager,
    ) -> Self {
        Self {
            wipe,
            skeleton,
            containment,
            orphan_after,
            service_manager,
            problem: None,
            session: None,
            job: None,
            orphaned_until: None,
            stopped: 0,
            said: Vec::new(),
        }
    }

    /// An agent is there.
    pub(crate) fn greet(&mut self) {
        self.orphaned_until = None;
        let hello = self.hello();
        self.said.push(hello);
    }

    /// What we are.
    pub(crate) fn hello(&self) -> LauncherMessage {
        let places = [&self.wipe.home, &self.wipe.runtime];
        let is_fit = places.iter().all(|place| place.check(&self.wipe.account).is_ok());
        let are_seen = !self.wipe.account.is_separate() || processes::are_seen().is_ok();
        LauncherMessage::Hello(Hello {
            version: VERSION,
            account: self.wipe.account.kind,
            containment: self.containment.kind(),
            can_freeze: self.containment.can_freeze(),
            // Where processes are hidden, that is why the last wipe was not one.
            problem: (!are_seen)
                .then_some(Code::ProcessesHidden)
                .or(self.problem)
                .or((!is_fit).then_some(Code::HomeUnfit)),
        })
    }

    /// What there is to say to it.
    pub(crate) fn take_said(&mut self) -> Vec<LauncherMessage> {
        std::mem::take(&mut self.said)
    }

    /// It asked for something.
    pub(crate) fn asked(&mut self, message: AgentMessage, now: Duration) {
        let request = message.request;
        self.stopped = 0;
        let answer = match message.verb {
            Verb::Start { session, display, apps } => Some(self.start(request, session, &display, &apps)),
            Verb::Save { session, why, within_ms } => {
                self.of(session).err().or_else(|| self.save(request, why, within_ms, now))
            }
            Verb::Freeze { session, frozen } => {
                Some(self.of(session).err().unwrap_or_else(|| self.freeze(frozen)))
            }
            Verb::Close { session, within_ms } => {
                self.of(session).err().or_else(|| self.close(request, within_ms, now))
            }
            Verb::Wipe {} => Some(self.wipe_all()),
        };
        if let Some(answer) = answer {
            self.say(request, answer);
        }
        self.passed(now);
    }

    /// The agent is gone, or has said what it may not.
    pub(crate) fn orphaned(&mut self, now: Duration) {
        self.job = None;
        self.forget_due_hooks();
        self.said.clear();
        let Some(session) = &mut self.session else { return };
        log::line("the agent is gone: the apps are frozen");
        session.is_frozen = true;
        if self.containment.can_freeze() && self.containment.freeze(true).is_ok() {
            self.orphaned_until = Some(now + self.orphan_after);
        } else {
            log::line("they cannot be frozen, and are ended");
            self.end();
        }
    }

    /// Kills and wipes, with nobody to answer to.
    pub(crate) fn end(&mut self) {
        let left = self.wipe_now();
        self.said.clear();
        log::line(if left.is_empty() { "wiped" } else { "wiped, not wholly" });
    }

    /// Whether something of a session is there, ours or of a launcher before us.
    pub(crate) fn has_something(&self) -> bool {
        self.session.is_some() || self.wipe.is_needed()
    }

    /// Time has passed, or an app may have ended.
    pub(crate) fn passed(&mut self, now: Duration) {
        match &self.job {
            Some(Job::Saving { .. }) => self.look_after_saving(now),
            Some(Job::Closing { .. }) => self.look_after_closing(now),
            None => {}
        }
        if self.orphaned_until.is_some_and(|until| now >= until) {
            self.orphaned_until = None;
            log::line("no agent came back");
            self.end();
        }
    }

    /// When [`Engine::passed`] is to be called again, if nothing happens before.
    pub(crate) fn next_look(&self, now: Duration) -> Option<Duration> {
        let job = self.job.as_ref().map(|_| LOOK_AGAIN);
        let orphaned = self.orphaned_until.map(|until| until.saturating_sub(now));
        job.into_iter().chain(orphaned).min()
    }

    /// The lines of the apps, by their place.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &Line)> {
        let apps = self.session.iter().flat_map(|session| &session.apps);
        apps.enumerate().filter_map(|(at, app)| Some((at, app.line.as_ref()?)))
    }

    fn freeze(&mut self, is_frozen: bool) -> Answer {
        if matches!(self.job, Some(Job::Closing { .. })) {
            return Answer::Failed { code: Code::Busy, left: 0 };
        }
        if is_frozen {
            self.end_saving();
        }
        if !self.containment.can_freeze() || self.containment.freeze(is_frozen).is_err() {
            return Answer::Failed { code: Code::FreezeFailed, left: 0 };
        }
        if let Some(session) = &mut self.session {
            session.is_frozen = is_frozen;
        }
        Answer::Done { left: 0 }
    }

    fn wipe_all(&mut self) -> Answer {
        let left = self.wipe_now();
        match left.first() {
            None => Answer::Wiped,
            Some((code, _)) => {
                Answer::Failed { code: *code, left: left.iter().map(|(_, count)| *count).sum() }
            }
        }
    }

    fn wipe_now(&mut self) -> Left {
        self.end_saving();
        if let Some(Job::Closing { request, waiting, .. }) = self.job.take() {
            for app in waiting {
                self.say_closed(request, app, CloseOutcome::Killed);
            }
            self.say(request, Answer::Failed { code: Code::Busy, left: 0 });
        }
        self.session = None;
        self.orphaned_until = None;
        let service_manager = &self.service_manager;
        let left = self.wipe.run(&mut *self.containment, &|| service_manager.beat());
        self.problem = left.first().map(|(code, _)| *code);
        left
    }

    /// Whether the session is the one that runs.
    fn of(&self, id: Uuid) -> Result<(), Answer> {
        match &self.session {
            Some(session) if session.id == id => Ok(()),
            Some(_) | None => Err(Answer::Failed { code: Code::WrongSession, left: 0 }),
        }
    }

    fn say(&mut self, request: u64, answer: Answer) {
        self.said.push(LauncherMessage::Answer { request, answer });
    }

    fn say_saved(&mut self, request: u64, app: usize, outcome: SaveOutcome) {
        if let Some(app) = self.app_id(app) {
            self.say(request, Answer::AppSaved { app, outcome });
        }
    }

    fn say_closed(&mut self, request: u64, app: usize, outcome: CloseOutcome) {
        if let Some(app) = self.app_id(app) {
            self.say(request, Answer::AppClosed { app, outcome });
        }
    }

    fn app_id(&self, app: usize) -> Option<AppId> {
        Some(self.session.as_ref()?.apps.get(app)?.id.clone())
    }

    /// The apps of which anything runs, their `save` commands among it.
    fn running(&mut self) -> BTreeSet<usize> {
        // Who cannot be looked for runs.
        let populated = self.containment.populated().ok();
        let apps = self.session.iter().flat_map(|session| session.apps.iter().enumerate());
        let runs = |app: &App| {
            populated.as_ref().is_none_or(|populated| {
                populated.contains(app.id.as_str()) || populated.contains(&app.hook_leaf())
            })
        };
        apps.filter(|(_, app)| runs(app)).map(|(at, _)| at).collect()
    }
}
