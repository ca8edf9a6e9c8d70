//! Somebody is at the covered screen of a session whose apps go on under it.
//!
//! Apps of the same display can watch keys. While somebody may type there they are frozen, before whatever she types is worth
//! anything, and run again when the screen is hers or nobody is there any more. Where they cannot be, her session ends.
//!
//! Frozen is not deaf: the display keeps each key for whoever wants to be told of it, until he reads. Once somebody else has typed
//! what is secret for longer than a moment, her apps are not woken any more, but ended as they stand.

use crate::{
    apps::{AppsUnderCover, Overheard, RunReason},
    command::{Command, EndCause},
    event::Event,
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

    /// Where somebody else has typed what a third person could use, her apps stay frozen from here on until they are ended.
    pub(super) fn overhears(&mut self, event: &Event, now: Instant) -> Vec<Command> {
        if !self.is_somebody_elses_secret(event) {
            return Vec::new();
        }
        self.in_use.session.overheard = Overheard::Secret;
        match self.apps {
            AppsUnderCover::Frozen { until: _ } => Vec::new(),
            AppsUnderCover::Running => {
                self.apps = AppsUnderCover::Frozen { until: now + APPROACH_OVER };
                vec![Command::FreezeApps { session: self.in_use.session.id }]
            }
        }
    }

    /// A one-time code is spent as it is submitted, and a badge types nothing. What is submitted twice, or too late, was typed all
    /// the same.
    const fn is_somebody_elses_secret(&self, event: &Event) -> bool {
        let is_his = matches!(self.stage, ConcealedStage::TakenOver { .. });
        matches!(event, Event::SignInSubmitted { .. } | Event::LossReported { .. })
            || (is_his && matches!(event, Event::PasswordSubmitted { .. } | Event::PinSubmitted { .. }))
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

    /// When nobody is there any more, and they may go on.
    pub(super) fn alone_at(&self) -> Option<Instant> {
        match self.apps {
            AppsUnderCover::Frozen { until } if self.in_use.session.may_wake_apps() => Some(until),
            AppsUnderCover::Running | AppsUnderCover::Frozen { until: _ } => None,
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
