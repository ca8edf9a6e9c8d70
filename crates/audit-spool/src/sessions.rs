//! Beside the records: the sessions that are open, the ends the server must be told, small values.

use audit::{
    codes::LogoutCause,
    record::{Alert, AuditRecord, UserRef, What},
};
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction, TransactionBehavior};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    alarm::alert,
    error::SpoolError,
    seal::{Place, Sealer},
    spool::Spool,
    succession::{Carried, SESSION_ENDS_REMEMBERED_MAX},
    writer,
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
    /// than one means that a restore or a fault of ours doubled the file. One that cannot be read is taken
    /// out, on record, and its end put into the outbox.
    ///
    /// # Errors
    /// [`SpoolError::Unavailable`]; `Full` when there is no room to take one out.
    pub fn open_sessions(&mut self) -> Result<Vec<OpenSession>, SpoolError> {
        let (sessions, unreadable) = self.read_open_sessions()?;
        self.take_out("DELETE FROM open_sessions WHERE rowid = ?1", &unreadable)?;
        Ok(sessions)
    }

    /// The ends that the server has not yet confirmed, oldest first, at most [`SESSION_ENDS_MAX`]. One that
    /// cannot be read is told as `crash-recovered`, and that is on record.
    ///
    /// # Errors
    /// [`SpoolError::Unavailable`]; `Full` when there is no room to put that on record.
    pub fn session_ends(&mut self) -> Result<Vec<SessionEnd>, SpoolError> {
        let (mut ends, unreadable) = self.read_session_ends(SESSION_ENDS_MAX)?;
        if !unreadable.is_empty() {
            self.take_out("DELETE FROM session_ends WHERE rowid = ?1", &unreadable)?;
            ends = self.read_session_ends(SESSION_ENDS_MAX)?.0;
        }
        // There may be more in the file than were remembered when it was opened.
        ends.iter().for_each(|end| self.carried.learn(*end));
        Ok(ends)
    }

    /// What can be read of both, and nothing is done about the rest: a look while a session is in use ends none.
    pub(crate) fn remember(&mut self) -> Result<(), SpoolError> {
        let (open_sessions, _) = self.read_open_sessions()?;
        let (session_ends, _) = self.read_session_ends(SESSION_ENDS_REMEMBERED_MAX)?;
        self.carried = Carried { open_sessions, session_ends };
        Ok(())
    }

    fn read_open_sessions(&mut self) -> Result<(Vec<OpenSession>, Vec<Unreadable>), SpoolError> {
        self.guarded(|spool| {
            let mut statement = spool.connection.prepare_cached(
                "SELECT rowid, session_id, opened_at, sealed FROM open_sessions ORDER BY opened_at",
            )?;
            let rows = statement.query_map([], |row| {
                let session = Uuid::from_slice(row.get_ref(1)?.as_bytes()?).ok();
                let sealed: Vec<u8> = row.get(3)?;
                let open = session.and_then(|session| spool.open_session(session, row.get(2).ok()?, &sealed));
                Ok(open.ok_or(Unreadable { row: row.get(0)?, session }))
            })?;
            apart(rows)
        })
    }

    fn read_session_ends(&mut self, limit: usize) -> Result<(Vec<SessionEnd>, Vec<Unreadable>), SpoolError> {
        self.guarded(|spool| {
            let mut statement = spool.connection.prepare_cached(
                "SELECT rowid, session_id, cause, ended_at FROM session_ends ORDER BY ended_at LIMIT ?1",
            )?;
            let rows = statement.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
                let session = Uuid::from_slice(row.get_ref(1)?.as_bytes()?).ok();
                let cause = std::str::from_utf8(row.get_ref(2)?.as_bytes()?).ok();
                let cause = cause.and_then(LogoutCause::from_code);
                let ended_at = Timestamp::from_millisecond(row.get(3)?).ok();
                let end = session.zip(cause).zip(ended_at);
                let end =
                    end.map(|((session_id, cause), ended_at)| SessionEnd { session_id, cause, ended_at });
                Ok(end.ok_or(Unreadable { row: row.get(0)?, session }))
            })?;
            apart(rows)
        })
    }

    /// Each becomes an alert on record; where the session's id can be read, the server is told its end.
    fn take_out(&mut self, delete: &str, unreadable: &[Unreadable]) -> Result<(), SpoolError> {
        if unreadable.is_empty() {
            return Ok(());
        }
        let now = self.last_now;
        self.guarded_with_reserve(|spool| {
            let transaction = spool.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for Unreadable { row, session } in unreadable {
                transaction.execute(delete, [row])?;
                if let Some(session) = session {
                    put_end(&transaction, &crash_recovered(*session, now))?;
                }
                let alert = alert(&spool.workstation, Alert::RecordQuarantined, now);
                writer::insert(&transaction, &spool.sealer, &alert, now)?;
            }
            transaction.commit()?;
            spool.counts.pending += unreadable.len() as u64;
            for session in unreadable.iter().filter_map(|unreadable| unreadable.session) {
                spool.carried.follow(Change::Ended(crash_recovered(session, now)));
            }
            Ok(())
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
            let change = Change::Ended(end);
            change.write(&transaction, &spool.sealer)?;
            transaction.commit()?;
            spool.carried.follow(change);
            Ok(())
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
            spool.carried.forget_end(session);
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

    fn open_session(&self, session_id: Uuid, opened_at: i64, sealed: &[u8]) -> Option<OpenSession> {
        let plain = self.sealer.open(Place::OpenSession(session_id), sealed)?;
        Some(OpenSession {
            session_id,
            user: serde_json::from_slice(&plain).ok()?,
            opened_at: Timestamp::from_millisecond(opened_at).ok()?,
        })
    }
}

/// A row that cannot be read.
struct Unreadable {
    row: i64,
    /// Whose; ids are in the clear.
    session: Option<Uuid>,
}

fn apart<T>(
    rows: impl Iterator<Item = rusqlite::Result<Result<T, Unreadable>>>,
) -> Result<(Vec<T>, Vec<Unreadable>), SpoolError> {
    let (mut readable, mut unreadable) = (Vec::new(), Vec::new());
    for row in rows {
        match row? {
            Ok(row) => readable.push(row),
            Err(row) => unreadable.push(row),
        }
    }
    Ok((readable, unreadable))
}

const fn crash_recovered(session_id: Uuid, ended_at: Timestamp) -> SessionEnd {
    SessionEnd { session_id, cause: LogoutCause::CrashRecovered, ended_at }
}

/// What becomes of the open sessions and the outbox: in the file first, and once that is committed, in what is
/// remembered of it.
pub(crate) enum Change {
    /// A session is open.
    Opened(OpenSession),
    /// It is not, and its end is to be told.
    Ended(SessionEnd),
}

impl Change {
    /// `None` when the record changes nothing there.
    pub(crate) fn by(record: &AuditRecord) -> Option<Self> {
        let (session_id, user) = (record.session_id?, record.user.as_ref()?);
        match &record.what {
            What::Login { .. } => {
                let (user, opened_at) = (user.clone(), record.recorded_at);
                Some(Self::Opened(OpenSession { session_id, user, opened_at }))
            }
            What::Logout { cause } => {
                let (cause, ended_at) = (LogoutCause::from_code(cause)?, record.recorded_at);
                Some(Self::Ended(SessionEnd { session_id, cause, ended_at }))
            }
            What::LoginRefused { .. }
            | What::Concealed { .. }
            | What::Resumed { .. }
            | What::App { .. }
            | What::ApplicationStarted
            | What::ApplicationStopped
            | What::Enrolment { .. }
            | What::SecurityAlert { .. }
            | What::FailedClosed { .. }
            | What::Administration { .. }
            | What::TrailRead { .. } => None,
        }
    }

    /// In the transaction that stores what brings it about.
    pub(crate) fn write(&self, transaction: &Transaction<'_>, sealer: &Sealer) -> Result<(), SpoolError> {
        match self {
            Self::Opened(open) => put_open(transaction, sealer, open),
            Self::Ended(end) => {
                close_session(transaction, end.session_id)?;
                put_end(transaction, end)
            }
        }
    }
}

pub(crate) fn put_open(
    transaction: &Transaction<'_>,
    sealer: &Sealer,
    open: &OpenSession,
) -> Result<(), SpoolError> {
    let sealed = sealer.seal(Place::OpenSession(open.session_id), &user_json(&open.user))?;
    transaction.execute(
        "INSERT INTO open_sessions (session_id, opened_at, sealed) VALUES (?1, ?2, ?3) \
         ON CONFLICT (session_id) DO NOTHING",
        (open.session_id.as_bytes(), open.opened_at.as_millisecond(), sealed),
    )?;
    Ok(())
}

fn user_json(user: &UserRef) -> Vec<u8> {
    serde_json::to_vec(user).expect("a user is a struct of strings")
}

fn close_session(transaction: &Transaction<'_>, session: Uuid) -> Result<(), SpoolError> {
    transaction.execute("DELETE FROM open_sessions WHERE session_id = ?1", [session.as_bytes()])?;
    Ok(())
}

/// The cause that came first stands.
pub(crate) fn put_end(transaction: &Transaction<'_>, end: &SessionEnd) -> Result<(), SpoolError> {
    transaction.execute(
        "INSERT INTO session_ends (session_id, cause, ended_at) VALUES (?1, ?2, ?3) \
         ON CONFLICT (session_id) DO NOTHING",
        (end.session_id.as_bytes(), end.cause.code().code, end.ended_at.as_millisecond()),
    )?;
    Ok(())
}

/// Callers' names stand apart from the spool's own.
fn kept(name: &str) -> String {
    format!("kept.{name}")
}
