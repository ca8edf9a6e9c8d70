//! Agents that failed, and how long the next one waits for it.

use std::time::Duration;

use super::Moment;

/// An agent that fails [`LASTING_FAILURES`] times within this time needs more than a moment's wait.
const LASTING_WITHIN: Duration = Duration::from_secs(60);
/// How often that is.
const LASTING_FAILURES: usize = 3;
/// The longest wait before an agent that keeps failing is started again.
pub(super) const RESTART_DELAY_MAX: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Default)]
pub(super) struct Failures {
    /// Agents that ended in a row before they had been usable for long.
    in_a_row: u32,
    /// When the last ones failed, the newest last.
    at: [Option<Duration>; LASTING_FAILURES],
}

impl Failures {
    pub(super) fn count(&mut self, now: Moment) {
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.at.rotate_left(1);
        self.at[LASTING_FAILURES - 1] = Some(now.awake);
    }

    /// An agent was usable for long.
    pub(super) fn are_made_up_for(&mut self) {
        self.in_a_row = 0;
    }

    /// Whether they call for more than a moment's wait.
    pub(super) fn are_lasting(&self, now: Moment) -> bool {
        self.at.iter().all(|at| at.is_some_and(|at| at + LASTING_WITHIN > now.awake))
    }

    /// When the first of the last ones was.
    pub(super) fn first(&self) -> Option<Duration> {
        self.at.iter().flatten().next().copied()
    }

    /// At once after the first failure, then later and later, never later than [`RESTART_DELAY_MAX`].
    pub(super) fn delay(&self) -> Duration {
        let doublings = self.in_a_row.saturating_sub(1).min(8);
        match self.in_a_row {
            0 => Duration::ZERO,
            _ => (Duration::from_millis(250) * (1 << doublings)).min(RESTART_DELAY_MAX),
        }
    }
}
