//! What a fresh file takes over from the one that was set aside.

use audit::record::Alert;
use jiff::Timestamp;
use rusqlite::TransactionBehavior;
use uuid::Uuid;

use crate::{
    alarm::alert,
    error::SpoolError,
    sessions::{self, Change, OpenSession, SessionEnd},
    spool::Spool,
    writer,
};

/// Ends remembered, at most; the server finds out about the sessions of the others by itself, a day later.
pub(crate) const SESSION_ENDS_REMEMBERED_MAX: usize = 1_000;

/// The sessions that are open and the ends to be told, remembered beside the file: read when it was opened, and kept
/// up with each change since, so that a file that proves damaged need not be read again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Carried {
    /// [`Spool::open_sessions`], but for those that cannot be read.
    pub open_sessions: Vec<OpenSession>,
    /// [`Spool::session_ends`], but for those that cannot be read.
    pub session_ends: Vec<SessionEnd>,
}

impl Carried {
    /// What was just committed.
    pub(crate) fn follow(&mut self, change: Change) {
        match change {
            Change::Opened(open) => {
                if self.open_sessions.iter().all(|known| known.session_id != open.session_id) {
                    self.open_sessions.push(open);
                }
            }
            Change::Ended(end) => {
                self.open_sessions.retain(|open| open.session_id != end.session_id);
                self.learn(end);
            }
        }
    }

    /// The cause that came first stands.
    pub(crate) fn learn(&mut self, end: SessionEnd) {
        let is_known = self.session_ends.iter().any(|known| known.session_id == end.session_id);
        if !is_known && self.session_ends.len() < SESSION_ENDS_REMEMBERED_MAX {
            self.session_ends.push(end);
        }
    }

    pub(crate) fn forget_end(&mut self, session: Uuid) {
        self.session_ends.retain(|end| end.session_id != session);
    }
}

impl Spool {
    /// What a fresh file has to take over, should this one prove damaged. Reads nothing, and says the same of a handle
    /// that nothing more is promised by.
    #[must_use]
    pub fn into_carried(self) -> Carried {
        self.carried
    }

    /// Begins this file, a fresh one, with the record that the one before was set aside (`SpoolSetAside`), and
    /// with what is remembered of that one: all of it or nothing.
    ///
    /// # Errors
    /// [`SpoolError::Unavailable`] and `Full`.
    pub fn succeed(&mut self, carried: &Carried, now: Timestamp) -> Result<(), SpoolError> {
        self.guarded_with_reserve(|spool| {
            let transaction = spool.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let alert = alert(&spool.workstation, Alert::SpoolSetAside, now);
            writer::insert(&transaction, &spool.sealer, &alert, now)?;
            for open in &carried.open_sessions {
                sessions::put_open(&transaction, &spool.sealer, open)?;
            }
            for end in &carried.session_ends {
                sessions::put_end(&transaction, end)?;
            }
            transaction.commit()?;
            spool.counts.pending += 1;
            spool.carried.clone_from(carried);
            Ok(())
        })
    }
}
