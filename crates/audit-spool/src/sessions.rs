//! Beside the records: the sessions that are open, the ends the server must be told, small values.

use audit::{
    codes::LogoutCause,
    record::{AuditRecord, UserRef, What},
};
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction, TransactionBehavior};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    error::{Fault, SpoolError},
    seal::{Place, Sealer},
    spool::Spool,
};

/// A small value is at most this many bytes.
pub const META_SIZE_BYTES_MAX: usize = 4_096;
/// The name of a small value is at most this many bytes.
pub const META_NAME_SIZE_BYTES_MAX: usize = 64;
/// Ends handed out by one call, at most: as many as one call to the server takes.
pub const SESSION_ENDS_MAX: usize = 100;

/// A session whose login is on record and whose logout is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// Which.
    pub session_id: Uuid,
    /// Whose.
    pub user: UserRef,
    /// When it began.
    pub opened_at: Timestamp,
}

/// An end that the server has not yet confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionEnd {
    /// Which session.
    pub session_id: Uuid,
    /// Why.
    pub cause: LogoutCause,
    /// When.
    pub ended_at: Timestamp,
}

impl Spool {
    /// The sessions to be ended on record (`crash-recovered`) before anyone signs in, oldest first. More
    /// than one means that a restore or a fault of ours doubled the file.
    ///
    /// # Errors
    /// [`SpoolError::Unavailable`]; `Corrupt` when one of them does not open.
    pub fn open_sessions(&mut self) -> Result<Vec<OpenSession>, SpoolError> {
        self.guarded(|spool| {
            let mut statement = spool.connection.prepare_cached(
                "SELECT session_id, opened_at, sealed FROM open_sessions ORDER BY opened_at",
            )?;
            let rows = statement.query_map([], |row| {
                Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?))
            })?;
            rows.map(|row| {
                let (session, opened_at, sealed) = row?;
                spool.open_session(Uuid::from_bytes(session), opened_at, &sealed)
            })
            .collect()
        })
    }

    /// The ends that the server has not yet confirmed, oldest first, at most [`SESSION_ENDS_MAX`].
    ///
    /// # Errors
    /// [`SpoolError::Unavailable`].
    pub fn session_ends(&mut self) -> Result<Vec<SessionEnd>, SpoolError> {
        self.guarded(|spool| {
            let mut statement = spool.connection.prepare_cached(
                "SELECT session_id, cause, ended_at FROM session_ends ORDER BY ended_at LIMIT ?1",
            )?;
            let rows = statement.query_map([i64::try_from(SESSION_ENDS_MAX).unwrap_or(i64::MAX)], |row| {
                Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
            })?;
            rows.map(|row| {
                let (session, cause, ended_at) = row?;
                Ok(SessionEnd {
                    session_id: Uuid::from_bytes(session),
                    cause: LogoutCause::from_code(&cause).ok_or_else(|| unreadable("session_ends.cause"))?,
                    ended_at: Timestamp::from_millisecond(ended_at)
                        .map_err(|_| unreadable("session_ends.ended_at"))?,
                })
            })
            .collect()
        })
    }

    /// Puts an end into the outbox without a record of ours, for a session whose logout someone else
    /// records. The cause that came first stands.
    ///
    /// # Errors
    /// [`SpoolError::Unavailable`].
    pub fn put_session_end(&mut self, end: SessionEnd) -> Result<(), SpoolError> {
        self.guarded_with_reserve(|spool| {
            let transaction = spool.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            put_end(&transaction, end.session_id, end.cause.code().code, end.ended_at)?;
            close_session(&transaction, end.session_id)?;
            Ok(transaction.commit()?)
        })
    }

    /// Takes an end out of the outbox: the server has it on record, whoever told it.
    ///
    /// # Errors
    /// [`SpoolError::Unavailable`].
    pub fn session_end_told(&mut self, session: Uuid) -> Result<(), SpoolError> {
        self.guarded_with_reserve(|spool| {
            spool
                .connection
                .execute("DELETE FROM session_ends WHERE session_id = ?1", [session.as_bytes()])?;
            Ok(())
        })
    }

    /// Keeps a small value under `name`, sealed.
    ///
    /// # Errors
    /// [`SpoolError::Bound`] over the bounds of this module; `Unavailable` and `Full`.
    pub fn put_meta(&mut self, name: &str, value: &[u8]) -> Result<(), SpoolError> {
        if name.is_empty() || name.len() > META_NAME_SIZE_BYTES_MAX {
            return Err(SpoolError::Bound("name"));
        }
        if value.len() > META_SIZE_BYTES_MAX {
            return Err(SpoolError::Bound("value"));
        }
        self.guarded_with_reserve(|spool| {
            let sealed = spool.sealer.seal(Place::Meta(&kept(name)), value)?;
            spool.connection.execute(
                "INSERT INTO meta (name, sealed) VALUES (?1, ?2) \
                 ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed",
                (kept(name), sealed),
            )?;
            Ok(())
        })
    }

    /// The value kept under `name`; `None` where there is none or it does not open.
    ///
    /// # Errors
    /// [`SpoolError::Unavailable`].
    pub fn meta(&mut self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SpoolError> {
        self.guarded(|spool| {
            let sealed: Option<Vec<u8>> = spool
                .connection
                .query_row("SELECT sealed FROM meta WHERE name = ?1", [kept(name)], |row| row.get(0))
                .optional()?;
            Ok(sealed.and_then(|sealed| spool.sealer.open(Place::Meta(&kept(name)), &sealed)))
        })
    }

    fn open_session(
        &self,
        session_id: Uuid,
        opened_at: i64,
        sealed: &[u8],
    ) -> Result<OpenSession, SpoolError> {
        let plain = self
            .sealer
            .open(Place::OpenSession(session_id), sealed)
            .ok_or_else(|| unreadable("open_sessions.sealed"))?;
        Ok(OpenSession {
            session_id,
            user: serde_json::from_slice(&plain).map_err(|_| unreadable("open_sessions.user"))?,
            opened_at: Timestamp::from_millisecond(opened_at)
                .map_err(|_| unreadable("open_sessions.opened_at"))?,
        })
    }
}

/// What a record means for the open sessions and the outbox, in the transaction that stores it.
pub(crate) fn follow(
    transaction: &Transaction<'_>,
    sealer: &Sealer,
    record: &AuditRecord,
) -> Result<(), SpoolError> {
    let (Some(session), Some(user)) = (record.session_id, &record.user) else { return Ok(()) };
    match &record.what {
        What::Login { .. } => {
            let sealed = sealer.seal(Place::OpenSession(session), &user_json(user))?;
            transaction.execute(
                "INSERT INTO open_sessions (session_id, opened_at, sealed) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (session_id) DO NOTHING",
                (session.as_bytes(), record.recorded_at.as_millisecond(), sealed),
            )?;
            Ok(())
        }
        What::Logout { cause } => {
            close_session(transaction, session)?;
            put_end(transaction, session, cause, record.recorded_at)
        }
        What::LoginRefused { .. }
        | What::ApplicationStarted
        | What::ApplicationStopped
        | What::Enrolment { .. }
        | What::SecurityAlert { .. }
        | What::FailedClosed { .. }
        | What::Administration { .. }
        | What::TrailRead { .. } => Ok(()),
    }
}

fn user_json(user: &UserRef) -> Vec<u8> {
    serde_json::to_vec(user).expect("a user is a struct of strings")
}

fn close_session(transaction: &Transaction<'_>, session: Uuid) -> Result<(), SpoolError> {
    transaction.execute("DELETE FROM open_sessions WHERE session_id = ?1", [session.as_bytes()])?;
    Ok(())
}

fn put_end(
    transaction: &Transaction<'_>,
    session: Uuid,
    cause: &str,
    ended_at: Timestamp,
) -> Result<(), SpoolError> {
    transaction.execute(
        "INSERT INTO session_ends (session_id, cause, ended_at) VALUES (?1, ?2, ?3) \
         ON CONFLICT (session_id) DO NOTHING",
        (session.as_bytes(), cause, ended_at.as_millisecond()),
    )?;
    Ok(())
}

/// Callers' names stand apart from the spool's own.
fn kept(name: &str) -> String {
    format!("kept.{name}")
}

fn unreadable(what: &'static str) -> SpoolError {
    SpoolError::Corrupt(Fault::Check(format!("`{what}` cannot be read")))
}
