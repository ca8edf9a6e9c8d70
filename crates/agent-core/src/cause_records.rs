//! Which safeguards failed during one stay in `FailClosed`, when, and which of them are on record.

use std::fmt;

use crate::{
    command::{Command, FailClosedCause},
    instant::Instant,
    trail,
};

/// Each cause owes a record of its own, once. One at a time is on its way: the spool's answer names no cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CauseRecords {
    asked: Option<Failure>,
    owed: Vec<Failure>,
    stored: Vec<FailClosedCause>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Failure {
    cause: FailClosedCause,
    at: Instant,
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {:?}", self.cause, self.at.since_boot())
    }
}

impl CauseRecords {
    /// That of the first cause.
    pub(crate) fn of(cause: FailClosedCause, now: Instant) -> Self {
        Self { asked: None, owed: vec![Failure { cause, at: now }], stored: Vec::new() }
    }

    /// One more cause.
    pub(crate) fn owe(&mut self, cause: FailClosedCause, now: Instant) {
        let mut unstored = self.asked.iter().chain(&self.owed);
        let is_known = unstored.any(|known| known.cause == cause) || self.stored.contains(&cause);
        if !is_known {
            self.owed.push(Failure { cause, at: now });
        }
    }

    /// Asks for the oldest that is owed, unless one is on its way: that is waited for, and is always answered.
    pub(crate) fn ask(&mut self) -> Option<Command> {
        if self.asked.is_some() || self.owed.is_empty() {
            return None;
        }
        let failure = self.owed.remove(0);
        self.asked = Some(failure);
        Some(trail::failed_closed(failure.cause, failure.at))
    }

    pub(crate) fn was_stored(&mut self) {
        self.stored.extend(self.asked.take().map(|failure| failure.cause));
    }

    /// Still owed, as what it was when it happened.
    pub(crate) fn has_failed(&mut self) {
        if let Some(failure) = self.asked.take() {
            self.owed.insert(0, failure);
        }
    }

    /// Every cause is on record.
    #[must_use]
    pub const fn is_paid(&self) -> bool {
        self.asked.is_none() && self.owed.is_empty()
    }
}
