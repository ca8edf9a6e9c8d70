//! The machine sleeps over a session that is kept.
//!
//! It may sleep once the screen is covered, and whoever wakes it meets the cover. The session's limits go on meanwhile, by
//! a clock that counts sleep: one that passed ends it as `suspend`. Nothing that was typed stays in a memory that goes to disk.

use crate::{
    command::{Command, ConcealCause, EndCause},
    instant::Instant,
    session::InUse,
    state::{Concealed, ConcealedStage, Machine},
    states::concealed::save,
    step::Step,
};

impl Concealed {
    /// The machine waits for the cover before it sleeps.
    pub(crate) fn begin_sleeping(in_use: InUse, now: Instant) -> Step {
        let (concealed, commands) = Self::covering(in_use, ConcealCause::Suspend, now);
        Self { machine: Machine::Waits, ..concealed }.due(now).after(commands)
    }

    pub(super) fn goes_to_sleep(mut self, now: Instant) -> Step {
        match self.stage {
            // The server has it for hers again, the record says or will say so, and the screen may be bare at any moment.
            ConcealedStage::Recording { .. } | ConcealedStage::Uncovering { .. } => {
                let apps = self.apps;
                let save = self.in_use.session.may_wake_apps().then(|| save(&self.in_use));
                let (concealed, mut commands) =
                    Self::covering_unsaved(self.in_use, ConcealCause::Suspend, now);
                commands.extend(save);
                return Step::to(Self { machine: Machine::Waits, apps, ..concealed }, commands);
            }
            ConcealedStage::AtRest
            | ConcealedStage::Asking { .. }
            | ConcealedStage::AwaitingFactor { .. }
            | ConcealedStage::TakenOver { .. } => {}
        }
        self.stage = ConcealedStage::AtRest;
        self.offered = None;
        self.machine = Machine::Waits;
        if self.covering_since.is_none() {
            return self.covered();
        }
        Step::stay(self)
    }

    pub(super) fn woke_up(mut self, now: Instant) -> Step {
        self.machine = Machine::Awake;
        // What was asked before the sleep gets its time anew.
        self.covering_since = self.covering_since.map(|_| now);
        // The server has not heard of us for as long as it lasted.
        self.in_use.heartbeat_at = now;
        self.due(now)
    }

    /// The cover is confirmed: a machine that waited for it may sleep.
    pub(super) fn covered(mut self) -> Step {
        self.covering_since = None;
        if self.machine != Machine::Waits {
            return Step::stay(self);
        }
        self.machine = Machine::LetGo;
        Step::to(self, vec![Command::AllowSleep])
    }

    /// Why the session is over where its inactivity limit has come.
    pub(super) const fn cause_at_the_limit(&self) -> EndCause {
        match self.machine {
            Machine::Awake => EndCause::Inactivity,
            Machine::Waits | Machine::LetGo => EndCause::Suspend,
        }
    }
}

#[cfg(test)]
mod tests;
