//! Somebody is at the covered screen of a session whose apps go on under it.
//!
//! Apps of the same display can watch keys. While somebody may type there they are frozen, before whatever she types is worth
//! anything, and run again when the screen is hers or nobody is there any more. Where they cannot be, her session ends.

use crate::{
    apps::{AppsUnderCover, RunReason},
    command::{Command, EndCause},
    ids::SessionId,
    instant::Instant,
    state::{Concealed, ConcealedStage},
    step::Step,
    time_limits::APPROACH_OVER,
};

impl Concealed {
    pub(super) fn approached(mut self, now: Instant) -> Step {
        match self.stage {
            // It is she, and nothing more is asked of her.
            ConcealedStage::Recording { .. } | ConcealedStage::Uncovering { .. } => Step::stay(self),
            ConcealedStage::AtRest
            | ConcealedStage::Asking { .. }
            | ConcealedStage::AwaitingFactor { .. }
            | ConcealedStage::TakenOver { .. } => {
                let freeze = (self.apps == AppsUnderCover::Running)
                    .then_some(Command::FreezeApps { session: self.in_use.session.id });
                self.apps = AppsUnderCover::Frozen { until: now + APPROACH_OVER };
                Step::to(self, freeze.into_iter().collect())
            }
        }
    }

    /// Whoever types here would be watched: her session ends, and with it they do, before anything is asked of anybody.
    pub(super) fn not_frozen(mut self, session: SessionId, now: Instant) -> Step {
        if session != self.in_use.session.id {
            return Step::stay(self);
        }
        match (self.apps, &self.stage) {
            // They may go on: nobody is there any more.
            (AppsUnderCover::Running, _) => Step::stay(self),
            // It is she. Where her screen stays covered after all, the next touch freezes them.
            (
                AppsUnderCover::Frozen { .. },
                ConcealedStage::Recording { .. } | ConcealedStage::Uncovering { .. },
            ) => {
                self.apps = AppsUnderCover::Running;
                Step::stay(self)
            }
            (
                AppsUnderCover::Frozen { .. },
                ConcealedStage::AtRest
                | ConcealedStage::Asking { .. }
                | ConcealedStage::AwaitingFactor { .. }
                | ConcealedStage::TakenOver { .. },
            ) => self.end(EndCause::FailClosed, now),
        }
    }

    /// When nobody is there any more.
    pub(super) const fn alone_at(&self) -> Option<Instant> {
        match self.apps {
            AppsUnderCover::Running => None,
            AppsUnderCover::Frozen { until } => Some(until),
        }
    }

    pub(super) fn let_run_when_alone(&mut self, now: Instant) -> Option<Command> {
        if self.alone_at().is_none_or(|at| now < at) {
            return None;
        }
        if matches!(self.stage, ConcealedStage::AtRest) {
            self.apps = AppsUnderCover::Running;
            let why = RunReason::LeftAlone;
            return Some(Command::RunApps { session: self.in_use.session.id, why });
        }
        // A question is open, and may be answered by typing.
        self.apps = AppsUnderCover::Frozen { until: now + APPROACH_OVER };
        None
    }
}

#[cfg(test)]
mod tests;
