//! How the apps of a session are closed: asked or unwoken, then wiped; and what becomes of that.

use std::time::Duration;

use agent_core::{
    apps::{AppId, AppOutcome, AppsProgress, CloseHow, RunReason, SaveReason},
    event::Event,
    ids::SessionId,
};
use launch_contract::{Answer, CloseOutcome, Verb};
use tracing::error;

use super::{Desk, LinkState, Output, freezing::Freeze, within};
use crate::apps::NotCleared;

/// Apps that were asked to close have this long.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);
/// An answer is waited for so much longer than the time that the launcher was given.
const ANSWER_SLACK: Duration = Duration::from_secs(3);
/// Wiping takes at most this long.
const WIPE_WITHIN: Duration = Duration::from_secs(15);

#[derive(Debug, Clone, Copy)]
pub(super) struct Closing {
    pub(super) session: SessionId,
    step: Step,
    of: u32,
    /// The connection was lost meanwhile, and made anew.
    is_anew: bool,
    /// Her session goes on: they start once nothing is left.
    starts_anew: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Saving(u64),
    Closing(u64),
    Wiping,
}

impl Desk {
    pub(super) fn close(&mut self, session: SessionId, how: CloseHow, outputs: &mut Vec<Output>) {
        if let Some(closing) = self.closing.as_mut().filter(|closing| closing.session == session) {
            // They end already; now nothing follows.
            closing.starts_anew = false;
            return;
        }
        let of = self.session.as_ref().map_or(0, |at_hand| u32::try_from(at_hand.running.len()).unwrap_or(0));
        let closing = Closing { session, step: Step::Wiping, of, is_anew: false, starts_anew: false };
        if self.session.as_ref().is_none_or(|at_hand| at_hand.session != session) {
            self.closing = Some(Closing { of: 0, ..closing });
            return self.wipe(outputs);
        }
        outputs.push(Output::Tell(Event::AppsClosing { session, progress: AppsProgress { gone: 0, of } }));
        let step = match how {
            CloseHow::Unwoken => self.close_unwoken(session, outputs),
            CloseHow::Asked => {
                self.freeze(session, false, outputs);
                self.close_asked(session, outputs)
            }
        };
        self.closing = Some(Closing { step, ..closing });
    }

    /// The connection is made anew once, and what is left ended by force.
    pub(super) fn lost_while_closing(&mut self, closing: Closing, was_up: bool, outputs: &mut Vec<Output>) {
        if was_up && !closing.is_anew {
            self.closing = Some(Closing { step: Step::Wiping, is_anew: true, ..closing });
            return self.wipe(outputs);
        }
        error!("The launcher cannot be reached, and apps may be left");
        self.wiped(false, outputs);
    }

    /// They have overheard what is not theirs to know: none of them goes on.
    pub(super) fn begin_anew(&mut self, session: SessionId, outputs: &mut Vec<Output>) {
        if self.closing.is_some() {
            return;
        }
        let step = self.close_unwoken(session, outputs);
        self.closing = Some(Closing { session, step, of: 0, is_anew: false, starts_anew: true });
    }

    fn close_asked(&mut self, session: SessionId, outputs: &mut Vec<Output>) -> Step {
        if self.save_within.is_zero() {
            return Step::Closing(self.say_close(session, outputs));
        }
        let request = self.say_save(session, SaveReason::SigningOut, outputs);
        outputs.push(Output::Timer(Some(self.save_within + ANSWER_SLACK)));
        Step::Saving(request)
    }

    fn close_unwoken(&mut self, session: SessionId, outputs: &mut Vec<Output>) -> Step {
        let stands_still = self.link == LinkState::Up
            && self
                .session
                .as_ref()
                .is_some_and(|at_hand| at_hand.is_frozen && at_hand.freeze == Freeze::Done);
        if stands_still {
            return Step::Closing(self.say_close(session, outputs));
        }
        self.wipe(outputs);
        Step::Wiping
    }

    fn say_close(&mut self, session: SessionId, outputs: &mut Vec<Output>) -> u64 {
        outputs.push(Output::Timer(Some(CLOSE_WITHIN + ANSWER_SLACK)));
        self.say(Verb::Close { session: session.0, within_ms: within(CLOSE_WITHIN) }, outputs)
    }

    pub(super) fn wipe(&mut self, outputs: &mut Vec<Output>) {
        outputs.push(Output::Timer(Some(WIPE_WITHIN)));
        self.wiping = Some(self.say(Verb::Wipe {}, outputs));
    }

    pub(super) fn on_close_answer(
        &mut self,
        closing: Closing,
        request: u64,
        answer: Answer,
        outputs: &mut Vec<Output>,
    ) {
        match (closing.step, answer) {
            (Step::Saving(saving), Answer::AppSaved { app, outcome }) if saving == request => {
                self.tell_saved(&app.to_string(), outcome, SaveReason::SigningOut, outputs);
            }
            (Step::Saving(saving), Answer::Done { .. } | Answer::Failed { .. }) if saving == request => {
                let step = Step::Closing(self.say_close(closing.session, outputs));
                self.closing = Some(Closing { step, ..closing });
            }
            (Step::Closing(asked), Answer::AppClosed { app, outcome }) if asked == request => {
                self.gone(app.as_str());
                match outcome {
                    CloseOutcome::Closed => self.tell(app.as_str(), AppOutcome::Closed, outputs),
                    CloseOutcome::Killed => self.tell(app.as_str(), AppOutcome::Killed, outputs),
                    // It had ended before, by itself or by her hand.
                    CloseOutcome::Gone => {}
                }
                self.tell_progress(closing, outputs);
            }
            (Step::Closing(asked), Answer::Done { .. } | Answer::Failed { .. }) if asked == request => {
                self.closing = Some(Closing { step: Step::Wiping, ..closing });
                self.wipe(outputs);
            }
            // Of what was asked before, or told twice.
            (Step::Saving(_) | Step::Closing(_) | Step::Wiping, _) => {}
        }
    }

    pub(super) fn on_wipe_answer(&mut self, answer: &Answer, outputs: &mut Vec<Output>) {
        match answer {
            Answer::Wiped => self.wiped(true, outputs),
            Answer::Failed { code, left } => {
                error!(
                    code = code.as_str(),
                    left,
                    "What apps left could not be taken away: {}",
                    code.as_str()
                );
                self.wiped(false, outputs);
            }
            Answer::AppStarted { .. }
            | Answer::AppNotStarted { .. }
            | Answer::AppSaving { .. }
            | Answer::AppSaved { .. }
            | Answer::AppClosed { .. }
            | Answer::Done { .. } => {}
        }
    }

    pub(super) fn wiped(&mut self, is_clean: bool, outputs: &mut Vec<Output>) {
        self.wiping = None;
        outputs.push(Output::Timer(None));
        for reply in self.clearing.drain(..) {
            // Start-up may have given it up.
            let _ = reply.send(if is_clean { Ok(()) } else { Err(NotCleared) });
        }
        let Some(Closing { session, starts_anew, .. }) = self.closing.take() else { return };
        if !is_clean {
            return outputs.push(Output::Tell(Event::AppsLeft { session }));
        }
        let at_hand = self.session.take();
        // Where she has left it meanwhile, they start when she comes back.
        let is_there = at_hand.as_ref().is_some_and(|at_hand| !at_hand.is_covered);
        for app in at_hand.map(|at_hand| at_hand.running).unwrap_or_default() {
            let app = AppId(app);
            outputs.push(Output::Tell(Event::AppTold { session, app, outcome: AppOutcome::Killed }));
        }
        outputs.push(Output::Tell(Event::AppsGone { session }));
        if starts_anew && is_there {
            self.run(session, RunReason::Uncovered, outputs);
        }
    }

    pub(super) fn tell_progress(&self, closing: Closing, outputs: &mut Vec<Output>) {
        if closing.starts_anew {
            return;
        }
        let left = self.session.as_ref().map_or(0, |at_hand| at_hand.running.len());
        let gone = closing.of.saturating_sub(u32::try_from(left).unwrap_or(u32::MAX));
        let progress = AppsProgress { gone, of: closing.of };
        outputs.push(Output::Tell(Event::AppsClosing { session: closing.session, progress }));
    }
}
