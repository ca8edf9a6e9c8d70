//! What can go wrong, by what the caller can do about it.

use std::io;

use audit::record::RecordError;
use rusqlite::ErrorCode;

/// Why the spool did not do what it was asked. Nothing was stored, deleted or acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// No room for what may wait: sign nobody in, drain, try again. What ends a session still finds
    /// room until the reserve is used up.
    #[error("the spool is full")]
    Full,
    /// The disk refused. Drop this spool and open it again; until that succeeds nothing is durable.
    #[error("the spool's disk does not answer")]
    Unavailable(#[source] Fault),
    /// Another process, or another `Spool` of this one, has the file.
    #[error("another program has the spool")]
    InUse,
    /// The file is damaged, or is no spool: see [`crate::set_file_aside`].
    #[error("the spool's file is damaged")]
    Corrupt(#[source] Fault),
    /// The file was sealed with another key: the keychain lost or changed it.
    #[error("the spool was sealed with another key")]
    WrongKey,
    /// A newer program made the file.
    #[error("the spool has format {found}; this program knows up to {known}")]
    NewerFormat {
        /// In the file.
        found: i64,
        /// By this program.
        known: i64,
    },
    /// The record may not be stored: a fault of the caller.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// An argument is over its bound: a fault of the caller.
    #[error("`{0}` is over its bound")]
    Bound(&'static str),
}

/// Where an error came from.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// SQLite.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A file beside the database.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A write of this spool failed before, so what the disk holds is not known.
    #[error("an earlier write failed")]
    Poisoned,
    /// SQLite does not keep a promise this crate is built on.
    #[error("SQLite does not give `{0}`")]
    Safeguard(&'static str),
    /// SQLite's own check found this.
    #[error("the check of the file found: {0}")]
    Check(String),
    /// No randomness, or no cipher.
    #[error("the machine has no randomness")]
    Cryptography,
}

impl From<rusqlite::Error> for SpoolError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(error.into()),
            _ => Self::Unavailable(error.into()),
        }
    }
}
