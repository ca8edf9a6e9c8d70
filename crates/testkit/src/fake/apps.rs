//! A launcher with one app.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use agent_core::{
    apps::{AppId, AppOutcome, AppsProgress, CloseHow, RunReason, SaveReason},
    event::Event,
    ids::SessionId,
};
use agent_runtime::ports::Apps;

use super::{Line, lock};

/// One app, `records`, that saves and closes as it is told.
#[derive(Debug, Clone)]
pub struct FakeApps {
    line: Line,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    running: Option<SessionId>,
    is_frozen: bool,
    closing_takes: Duration,
    works: bool,
    freezes: bool,
    save: SaveAnswer,
    asked: Vec<AppsAsk>,
}

/// What the app says when it is told to save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaveAnswer {
    /// That it has.
    Saves,
    /// That it cannot.
    Refuses,
    /// Nothing.
    IsMute,
}

/// What the port was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppsAsk {
    /// To run them.
    Run(SessionId, RunReason),
    /// To have them save.
    Save(SessionId, SaveReason),
    /// To freeze them.
    Freeze(SessionId),
    /// To close them.
    Close(SessionId, CloseHow),
}

impl FakeApps {
    /// None runs.
    #[must_use]
    pub fn new(line: Line) -> Self {
        let state = State {
            running: None,
            is_frozen: false,
            closing_takes: Duration::ZERO,
            works: true,
            freezes: true,
            save: SaveAnswer::Saves,
            asked: Vec::new(),
        };
        Self { line, state: Arc::new(Mutex::new(state)) }
    }

    /// Saving at the end, and closing, take this long.
    pub fn closing_takes(&self, time: Duration) {
        lock(&self.state).closing_takes = time;
    }

    /// The launcher cannot be reached, or can again.
    pub fn works(&self, works: bool) {
        lock(&self.state).works = works;
    }

    /// They can be frozen, or cannot.
    pub fn freezes(&self, freezes: bool) {
        lock(&self.state).freezes = freezes;
    }

    /// What the app says from now on when it is told to save.
    pub fn answers_saving(&self, save: SaveAnswer) {
        lock(&self.state).save = save;
    }

    /// Whose apps are there.
    #[must_use]
    pub fn running(&self) -> Option<SessionId> {
        lock(&self.state).running
    }

    /// Whether they stand still.
    #[must_use]
    pub fn are_frozen(&self) -> bool {
        lock(&self.state).is_frozen
    }

    /// What was asked, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<AppsAsk> {
        lock(&self.state).asked.clone()
    }

    /// Whether everything could be taken away, as start-up wants it.
    pub(crate) fn clear(&self) -> bool {
        let mut state = lock(&self.state);
        if state.works {
            state.running = None;
            state.is_frozen = false;
        }
        state.works
    }

    fn ask(&self, ask: AppsAsk) {
        lock(&self.state).asked.push(ask);
    }

    fn tell(&self, session: SessionId, outcome: AppOutcome) {
        self.line.tell(Event::AppTold { session, app: AppId("records".to_owned()), outcome });
    }

    /// Those that are there end, before they begin anew. Whether they are gone.
    fn ends_unwoken(&self, session: SessionId) -> bool {
        if self.running() == Some(session) {
            if !lock(&self.state).works {
                self.line.tell(Event::AppsLeft { session });
                return false;
            }
            self.tell(session, AppOutcome::Killed);
            lock(&self.state).running = None;
        }
        self.line.tell(Event::AppsGone { session });
        true
    }

    fn saved(&self, session: SessionId, why: SaveReason) {
        let save = lock(&self.state).save;
        self.tell(
            session,
            match save {
                SaveAnswer::Saves => AppOutcome::Saved(why),
                SaveAnswer::Refuses => AppOutcome::SaveRefused(why),
                SaveAnswer::IsMute => AppOutcome::SaveUnanswered(why),
            },
        );
    }
}

impl Apps for FakeApps {
    fn run(&self, session: SessionId, why: RunReason) {
        self.ask(AppsAsk::Run(session, why));
        if why == RunReason::Anew && !self.ends_unwoken(session) {
            return;
        }
        let works = {
            let mut state = lock(&self.state);
            if why == RunReason::LeftAlone && state.running != Some(session) {
                return;
            }
            if state.works {
                state.running = Some(session);
                state.is_frozen = false;
            }
            state.works
        };
        if !works {
            self.tell(session, AppOutcome::NotStarted);
        }
    }

    fn save(&self, session: SessionId, why: SaveReason) {
        self.ask(AppsAsk::Save(session, why));
        if self.running() == Some(session) && !self.are_frozen() {
            self.saved(session, why);
        }
    }

    fn freeze(&self, session: SessionId) {
        self.ask(AppsAsk::Freeze(session));
        let mut state = lock(&self.state);
        let is_there = state.running == Some(session);
        state.is_frozen = is_there && state.freezes;
        if is_there && !state.freezes {
            drop(state);
            self.line.tell(Event::AppsNotFrozen { session });
        }
    }

    fn close(&self, session: SessionId, how: CloseHow) {
        self.ask(AppsAsk::Close(session, how));
        let takes = lock(&self.state).closing_takes;
        if self.running() != Some(session) {
            return self.line.tell(Event::AppsGone { session });
        }
        let progress = AppsProgress { gone: 0, of: 1 };
        self.line.tell(Event::AppsClosing { session, progress });
        let apps = self.clone();
        self.line.after(takes, move || {
            if !lock(&apps.state).works {
                return apps.line.tell(Event::AppsLeft { session });
            }
            let answered = match how {
                CloseHow::Asked => {
                    apps.saved(session, SaveReason::SigningOut);
                    lock(&apps.state).save != SaveAnswer::IsMute
                }
                CloseHow::Unwoken => false,
            };
            apps.tell(session, if answered { AppOutcome::Closed } else { AppOutcome::Killed });
            lock(&apps.state).running = None;
            apps.line.tell(Event::AppsGone { session });
        });
    }
}
