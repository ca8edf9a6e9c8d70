//! What a fresh file takes over from the one that was set aside.

use audit::record::Alert;
use jiff::Timestamp;
use rusqlite::TransactionBehavior;

use crate::{
    alarm::alert,
    error::SpoolError,
    sessions::{self, OpenSession, SessionEnd},
    spool::Spool,
    writer,
};

/// Ends carried over, at most; the server finds out about the sessions of the others by itself, a day later.
const SESSION_ENDS_CARRIED_MAX: usize = 1_000;

/// The sessions that are open and the ends to be told, as whoever had the file open remembers them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Carried {
    /// [`Spool::open_sessions`].
    pub open_sessions: Vec<OpenSession>,
    /// [`Spool::session_ends`].
    pub session_ends: Vec<SessionEnd>,
}

impl Spool {
    /// What a fresh file would have to take over, should this one be damaged.
    ///
    /// # Errors
    /// [`SpoolError::Unavailable`].
    pub fn to_carry(&mut self) -> Result<Carried, SpoolError> {
        let session_ends = self.oldest_session_ends(SESSION_ENDS_CARRIED_MAX)?;
        Ok(Carried { open_sessions: self.open_sessions()?, session_ends })
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
                sessions::put_end(&transaction, end.session_id, end.cause.code().code, end.ended_at)?;
            }
            transaction.commit()?;
            spool.counts.pending += 1;
            Ok(())
        })
    }
}
