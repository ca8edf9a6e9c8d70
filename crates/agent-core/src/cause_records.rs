//! Which safeguards failed during one stay in `FailClosed`, and which of them are on record.

use crate::{
    command::{Command, FailClosedCause},
    trail,
};

/// Each cause owes a record of its own, once. One at a time is on its way: the spool's answer names no cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CauseRecords {
    asked: Option<FailClosedCause>,
    owed: Vec<FailClosedCause>,
    stored: Vec<FailClosedCause>,
}

impl CauseRecords {
    /// That of the first cause.
    pub(crate) fn of(cause: FailClosedCause) -> Self {
        Self { asked: None, owed: vec![cause], stored: Vec::new() }
    }

    /// One more cause.
    pub(crate) fn owe(&mut self, cause: FailClosedCause) {
        let is_known =
            self.asked == Some(cause) || self.owed.contains(&cause) || self.stored.contains(&cause);
        if !is_known {
            self.owed.push(cause);
        }
    }

    /// Asks for the oldest that is owed, unless one is on its way: that is waited for. It is always answered, and
    /// appended again it would stand there twice.
    pub(crate) fn ask(&mut self) -> Option<Command> {
        if self.asked.is_some() || self.owed.is_empty() {
            return None;
        }
        let cause = self.owed.remove(0);
        self.asked = Some(cause);
        Some(trail::failed_closed(cause))
    }

    pub(crate) fn was_stored(&mut self) {
        self.stored.extend(self.asked.take());
    }

    /// Still owed, as what it was.
    pub(crate) fn has_failed(&mut self) {
        if let Some(cause) = self.asked.take() {
            self.owed.insert(0, cause);
        }
    }

    /// Every cause is on record.
    #[must_use]
    pub const fn is_paid(&self) -> bool {
        self.asked.is_none() && self.owed.is_empty()
    }
}
