//! `Close`: asked first, killed at the limit.

use std::{collections::BTreeSet, time::Duration};

use launch_contract::{Answer, CloseOutcome, Code, WithinMs};
use rustix::process::Signal;

use super::{Engine, Job};
use crate::{
    containment::{SETTLE, processes},
    saving::closed,
};

impl Engine {
    /// Asks every app; that they are gone comes later.
    pub(super) fn close(&mut self, request: u64, within_ms: WithinMs, now: Duration) -> Option<Answer> {
        if matches!(self.job, Some(Job::Closing { .. })) {
            return Some(Answer::Failed { code: Code::Busy, left: 0 });
        }
        self.end_saving();
        let session = self.session.as_ref()?;
        let (count, is_frozen) = (session.apps.len(), session.is_frozen);
        let running = self.running();
        let mut waiting = BTreeSet::new();
        for at in 0..count {
            if !running.contains(&at) {
                self.say_closed(request, at, closed(false, false));
                continue;
            }
            waiting.insert(at);
            if !is_frozen {
                self.ask_to_close(at, within_ms);
            }
        }
        let limit = if is_frozen { Duration::ZERO } else { Duration::from_millis(within_ms.get()) };
        self.job = Some(Job::Closing { request, deadline: now + limit, waiting, is_killed: false });
        None
    }

    fn ask_to_close(&mut self, at: usize, within_ms: WithinMs) {
        let Some(app) = self.session.as_ref().and_then(|session| session.apps.get(at)) else { return };
        let is_told =
            app.saving.is_ready() && app.line.as_ref().is_some_and(|line| line.close(within_ms.get()));
        if !is_told {
            let leaf = app.id.as_str().to_owned();
            let _ = processes::signal_members(|| self.containment.members(&leaf), Signal::TERM);
        }
    }

    pub(super) fn look_after_closing(&mut self, now: Duration) {
        let Some(Job::Closing { request, deadline, waiting, is_killed }) = &self.job else { return };
        let (request, is_over, is_killed) = (*request, now >= *deadline, *is_killed);
        let waiting = waiting.clone();
        let running = self.running();
        for at in waiting {
            if !running.contains(&at) {
                self.has_closed(request, at, closed(true, is_killed));
            } else if is_over && !is_killed {
                self.kill_app(at);
            } else if is_over {
                // Killed, and yet there: it will be when the system lets go of it.
                self.has_closed(request, at, CloseOutcome::Killed);
            }
        }
        if let Some(Job::Closing { waiting, deadline, is_killed, .. }) = &mut self.job {
            if waiting.is_empty() {
                self.finish_closing(request);
            } else if is_over && !*is_killed {
                *is_killed = true;
                *deadline = now + SETTLE;
            }
        }
    }

    fn has_closed(&mut self, request: u64, at: usize, outcome: CloseOutcome) {
        if let Some(Job::Closing { waiting, .. }) = &mut self.job {
            waiting.remove(&at);
        }
        self.say_closed(request, at, outcome);
    }

    fn kill_app(&mut self, at: usize) {
        let Some(app) = self.session.as_ref().and_then(|session| session.apps.get(at)) else { return };
        let leaves = [app.hook_leaf(), app.id.as_str().to_owned()];
        for leaf in leaves {
            // It can take as long as what was killed is given to be gone.
            self.service_manager.beat();
            let _ = self.containment.kill(&leaf);
        }
    }

    /// What is left besides the apps goes too: the bus, and whatever could not be told whose it is.
    fn finish_closing(&mut self, request: u64) {
        self.job = None;
        let answer = match self.containment.clear() {
            Ok(0) => Answer::Done { left: 0 },
            Ok(left) => Answer::Failed { code: Code::ProcessesLeft, left },
            Err(_) => Answer::Failed { code: Code::ProcessesLeft, left: 1 },
        };
        self.say(request, answer);
    }
}
