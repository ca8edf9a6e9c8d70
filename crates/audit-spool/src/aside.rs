//! Files set aside: kept under another name, so that a fresh one can be begun.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

#[cfg(doc)]
use crate::Spool;
use crate::{
    error::SpoolError,
    schema,
    seal::{Sealer, SpoolKey},
    sealed_key::{SEALED_KEY, sealed_key_beside},
};

/// Between the name of a spool and the time at which its file was set aside.
const ASIDE_MARK: &str = ".aside-";
/// What SQLite appends to the name of a database for its log.
pub(crate) const LOG: &str = "-wal";
/// A database written to this long after a log was set aside is not the one that the log belongs to. A while,
/// because closing a damaged one may still write to it.
const IN_USE_SINCE: SignedDuration = SignedDuration::from_mins(1);

/// Moves a damaged spool (`Corrupt`), or one sealed with a lost key (`WrongKey`), out of the way and
/// returns where to; a copy of its sealed key goes along, so that it can be opened by itself. Nothing is deleted. Then [`Spool::open`] makes a fresh one, in which the caller puts on record
/// that it did: what was not yet acknowledged stays behind in the file.
///
/// # Errors
/// Any of the file system.
pub fn set_file_aside(path: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let mut number = now.as_millisecond();
    loop {
        let aside = with_suffix(path, &format!("{ASIDE_MARK}{number}"));
        // By a clock that was set back, another has the name.
        if !aside.exists() && !with_suffix(&aside, LOG).exists() {
            move_to(path, &aside)?;
            return Ok(aside);
        }
        number += 1;
    }
}

/// Tells whether nobody has the spool at `path`; what else is the matter with it is not asked.
///
/// # Errors
/// [`SpoolError::InUse`] while an agent has it.
pub fn assert_free(path: &Path) -> Result<(), SpoolError> {
    if !path.exists() {
        return Ok(());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let read = Connection::open_with_flags(path, flags).and_then(|connection| {
        connection.busy_timeout(Duration::ZERO)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))
    });
    match read.map_err(SpoolError::from) {
        Err(SpoolError::InUse) => Err(SpoolError::InUse),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Sets the spool at `path` aside, and returns where to, where `key` does not open it, because its own was lost or it
/// is damaged, and where it is not `workstation`'s: that one could deliver nothing of what waits in it, for each record
/// names another. Whatever lies beside it as its sealed key must still be its own.
///
/// # Errors
/// [`SpoolError::InUse`] while an agent has it, `NewerFormat`, `Unavailable`: then it stays where it is.
pub fn set_aside_unless_own(
    path: &Path,
    key: &SpoolKey,
    workstation: Uuid,
    now: Timestamp,
) -> Result<Option<PathBuf>, SpoolError> {
    let unavailable = |error: io::Error| SpoolError::Unavailable(error.into());
    finish(path).map_err(unavailable)?;
    if !path.exists() {
        return Ok(None);
    }
    let sealer = Sealer::new(key)?;
    let is_own = match schema::open(path, &sealer) {
        Ok(connection) => schema::workstation(&connection, &sealer)? == Some(workstation),
        Err(SpoolError::WrongKey | SpoolError::Corrupt(_)) => false,
        Err(error) => return Err(error),
    };
    if is_own { Ok(None) } else { set_file_aside(path, now).map(Some).map_err(unavailable) }
}

/// Finishes what a power cut left half done: a log that was set aside, and its database that was not. Opened without
/// its log it would lack records and not show it. A database in use since then is another one: of the log's own, a
/// person took the database away.
pub(crate) fn finish(path: &Path) -> io::Result<()> {
    if !path.exists() || with_suffix(path, LOG).exists() {
        return Ok(());
    }
    let written_at = Timestamp::try_from(fs::metadata(path)?.modified()?).unwrap_or(Timestamp::MAX);
    for name in names_aside(path)? {
        let Some(aside) = name.to_str().and_then(|name| name.strip_suffix(LOG)) else { continue };
        let Some(set_aside_at) = time_of(aside) else { continue };
        let aside = path.with_file_name(aside);
        if !aside.exists() && written_at.duration_since(set_aside_at) < IN_USE_SINCE {
            return move_to(path, &aside);
        }
    }
    Ok(())
}

/// When the file of this name was set aside.
fn time_of(name: &str) -> Option<Timestamp> {
    let (_, milliseconds) = name.rsplit_once(ASIDE_MARK)?;
    Timestamp::from_millisecond(milliseconds.parse().ok()?).ok()
}

/// The key first: a copy without its file is nothing. Then the log: without its database it is nothing, while a
/// database without its log lost records.
fn move_to(path: &Path, aside: &Path) -> io::Result<()> {
    let key = sealed_key_beside(path);
    if key.exists() {
        let copy = sealed_key_beside(aside);
        fs::copy(&key, &copy)?;
        fs::File::open(copy)?.sync_all()?;
    }
    for suffix in [LOG, "-shm", ""] {
        let from = with_suffix(path, suffix);
        if from.exists() {
            fs::rename(&from, with_suffix(aside, suffix))?;
        }
    }
    schema::sync_folder(path)
}

/// How many files set aside lie beside the spool at `path`.
///
/// # Errors
/// Any of the file system.
pub fn files_set_aside(path: &Path) -> io::Result<usize> {
    let is_database = |name: &OsString| {
        ![LOG, "-shm", SEALED_KEY].iter().any(|end| name.as_encoded_bytes().ends_with(end.as_bytes()))
    };
    Ok(names_aside(path)?.iter().filter(|name| is_database(name)).count())
}

/// The files set aside that lie beside the spool at `path`, logs and sealed keys among them.
fn names_aside(path: &Path) -> io::Result<Vec<OsString>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mark = with_suffix(Path::new(path.file_name().unwrap_or_default()), ASIDE_MARK);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if name.as_encoded_bytes().starts_with(mark.as_os_str().as_encoded_bytes()) {
            names.push(name);
        }
    }
    Ok(names)
}

pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}
