//! `Save`: each app by its line, else by its command.

use std::{collections::BTreeSet, io, time::Duration};

use launch_contract::{Answer, Code, SaveOutcome, SaveWhy, WithinMs};
use rustix::process::{Pid, WaitStatus};

use super::{Engine, Job};
use crate::{
    line::Line,
    saving::{Heard, Way},
};

impl Engine {
    /// Tells every app; what they answer comes later.
    pub(super) fn save(
        &mut self,
        request: u64,
        why: SaveWhy,
        within_ms: WithinMs,
        now: Duration,
    ) -> Option<Answer> {
        if matches!(self.job, Some(Job::Closing { .. })) {
            return Some(Answer::Failed { code: Code::Busy, left: 0 });
        }
        let session = self.session.as_ref()?;
        if session.is_frozen {
            return Some(Answer::Failed { code: Code::Frozen, left: 0 });
        }
        let count = session.apps.len();
        self.end_saving();
        let running = self.running();
        let mut waiting = BTreeSet::new();
        for at in 0..count {
            let known = if running.contains(&at) {
                self.tell_to_save(at, why, within_ms)
            } else {
                Some(SaveOutcome::Gone)
            };
            match known {
                None => {
                    waiting.insert(at);
                    if let Some(app) = self.app_id(at) {
                        self.say(request, Answer::AppSaving { app, percent: None });
                    }
                }
                Some(outcome) => self.say_saved(request, at, outcome),
            }
        }
        let deadline = now + Duration::from_millis(within_ms.get());
        self.job = Some(Job::Saving { request, deadline, waiting });
        None
    }

    /// An outcome, where it is known at once.
    fn tell_to_save(&mut self, at: usize, why: SaveWhy, within_ms: WithinMs) -> Option<SaveOutcome> {
        let app = self.session.as_mut()?.apps.get_mut(at)?;
        if app.saving.way(app.line.is_some(), app.save.is_some()) == Way::Line {
            if app.line.as_mut().is_some_and(|line| line.save(why, within_ms.get())) {
                app.saving.told();
                return None;
            }
            // It does not read: nothing more can be said to it.
            app.line = None;
        }
        match app.saving.way(app.line.is_some(), app.save.is_some()) {
            Way::Hook if app.hook.is_some() => {
                app.is_hook_due = true;
                None
            }
            Way::Hook => self.start_hook(at),
            Way::None | Way::Line => Some(SaveOutcome::NoHook),
        }
    }

    fn start_hook(&mut self, at: usize) -> Option<SaveOutcome> {
        let app = self.session.as_mut()?.apps.get_mut(at)?;
        let (leaf, argv) = (app.hook_leaf(), app.save.clone()?);
        match self.run(&leaf, &argv, None, None) {
            Ok(pid) => {
                self.session.as_mut()?.apps.get_mut(at)?.hook = Some(pid);
                None
            }
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Some(SaveOutcome::NoAnswer),
            Err(_) => Some(SaveOutcome::Refused),
        }
    }

    /// An app said something, or its line is gone.
    pub(crate) fn line_is_readable(&mut self, at: usize, now: Duration) {
        let Some(app) = self.session.as_mut().and_then(|session| session.apps.get_mut(at)) else { return };
        let Some((words, stands)) = app.line.as_mut().map(Line::hear) else { return };
        let heard: Vec<Heard> = words.into_iter().map(|word| app.saving.heard(word)).collect();
        if !stands {
            app.line = None;
        }
        for heard in heard {
            match heard {
                Heard::Nothing => {}
                Heard::Progress(percent) => self.say_progress(at, percent),
                Heard::Answered(outcome) => self.saved(at, outcome),
            }
        }
        self.passed(now);
    }

    /// A process of ours ended.
    pub(crate) fn child_ended(&mut self, pid: Pid, status: WaitStatus, now: Duration) {
        let apps = self.session.as_mut().map(|session| &mut session.apps);
        let hooked = apps.and_then(|apps| apps.iter_mut().enumerate().find(|(_, app)| app.hook == Some(pid)));
        if let Some((at, app)) = hooked {
            app.hook = None;
            let is_due = std::mem::take(&mut app.is_hook_due);
            let outcome = if is_due && self.awaits_saving(at) {
                self.start_hook(at)
            } else if status.exit_status() == Some(0) {
                Some(SaveOutcome::Saved)
            } else {
                Some(SaveOutcome::Refused)
            };
            if let Some(outcome) = outcome {
                self.saved(at, outcome);
            }
        }
        self.passed(now);
    }

    /// Whether somebody waits for an app to save, and it can.
    fn awaits_saving(&self, at: usize) -> bool {
        let is_awaited = matches!(&self.job, Some(Job::Saving { waiting, .. }) if waiting.contains(&at));
        is_awaited && self.session.as_ref().is_some_and(|session| !session.is_frozen)
    }

    fn say_progress(&mut self, at: usize, percent: u8) {
        let Some(Job::Saving { request, waiting, .. }) = &self.job else { return };
        let (request, is_awaited) = (*request, waiting.contains(&at));
        if let Some(app) = self.app_id(at).filter(|_| is_awaited) {
            self.say(request, Answer::AppSaving { app, percent: Some(percent) });
        }
    }

    fn saved(&mut self, at: usize, outcome: SaveOutcome) {
        let Some(Job::Saving { request, waiting, .. }) = &mut self.job else { return };
        let (request, was_awaited) = (*request, waiting.remove(&at));
        if was_awaited {
            self.say_saved(request, at, outcome);
        }
    }

    /// Apps that are gone answer no more, and at the limit none does.
    pub(super) fn look_after_saving(&mut self, now: Duration) {
        let Some(Job::Saving { deadline, waiting, .. }) = &self.job else { return };
        let (is_over, waiting) = (now >= *deadline, waiting.clone());
        let running = self.running();
        for at in waiting {
            if !running.contains(&at) && !self.has_unread_word(at) {
                self.saved(at, SaveOutcome::Gone);
            } else if is_over {
                self.saved(at, SaveOutcome::NoAnswer);
                self.kill_hook(at);
            }
        }
        if let Some(Job::Saving { request, waiting, .. }) = &self.job
            && waiting.is_empty()
        {
            let request = *request;
            self.job = None;
            self.say(request, Answer::Done { left: 0 });
        }
    }

    /// An app that said "saved" and ended has saved. Its hook's end is told by its process.
    fn has_unread_word(&self, at: usize) -> bool {
        let app = self.session.as_ref().and_then(|session| session.apps.get(at));
        app.is_some_and(|app| app.line.is_some() || app.hook.is_some())
    }

    /// Nobody waits for it any more: what has not answered did not answer.
    pub(super) fn end_saving(&mut self) {
        let Some(Job::Saving { request, waiting, .. }) =
            self.job.take_if(|job| matches!(job, Job::Saving { .. }))
        else {
            return;
        };
        self.forget_due_hooks();
        for at in waiting {
            self.say_saved(request, at, SaveOutcome::NoAnswer);
        }
        self.say(request, Answer::Done { left: 0 });
    }

    /// Whoever asked for them asks no more.
    pub(super) fn forget_due_hooks(&mut self) {
        for app in self.session.iter_mut().flat_map(|session| &mut session.apps) {
            app.is_hook_due = false;
        }
    }

    fn kill_hook(&mut self, at: usize) {
        let Some(app) = self.session.as_mut().and_then(|session| session.apps.get_mut(at)) else { return };
        if app.hook.take().is_some() {
            app.is_hook_due = false;
            let leaf = app.hook_leaf();
            self.service_manager.beat();
            let _ = self.containment.kill(&leaf);
        }
    }
}
