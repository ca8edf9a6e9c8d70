//! The file: how it is opened, made, locked and checked.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, TransactionBehavior};
use uuid::Uuid;

use crate::{
    drain::PendingRow,
    error::{Fault, SpoolError},
    seal::{CHAIN_START, Place, Sealer},
};

/// `TWSP`.
const APPLICATION_ID: i64 = 0x5457_5350;
/// `user_version` of the file.
pub(crate) const FORMAT: i64 = 1;
/// Bytes of a page; bounds in bytes become pages with it.
pub(crate) const PAGE_SIZE_BYTES: u64 = 4096;
/// Before 3.51.3 two connections that write and checkpoint at one instant can corrupt a WAL database.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
/// Meta value that tells whether the key is the file's.
const KEY_CHECK: &str = "key-check";
const KEY_CHECK_PLAIN: &[u8] = b"tapward-spool";
/// Meta value that tells whose records the file holds: its id.
const WORKSTATION: &str = "workstation";

const TABLES: &str = "
CREATE TABLE head (
    only           INTEGER PRIMARY KEY CHECK (only = 1),
    seq            INTEGER NOT NULL,
    hash           BLOB NOT NULL,
    pruned_through INTEGER NOT NULL
) STRICT;
CREATE TABLE records (
    seq         INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE,
    state       TEXT NOT NULL CHECK (state IN ('pending', 'acknowledged', 'quarantined')),
    appended_at INTEGER NOT NULL,
    prior       BLOB NOT NULL,
    hash        BLOB NOT NULL,
    sealed      BLOB,
    CHECK ((state = 'pending') = (sealed IS NOT NULL))
) STRICT;
CREATE INDEX records_pending ON records (seq) WHERE state = 'pending';
CREATE TABLE quarantine (
    seq         INTEGER PRIMARY KEY,
    flaw        TEXT NOT NULL,
    found_at    INTEGER NOT NULL,
    id          BLOB NOT NULL,
    appended_at INTEGER NOT NULL,
    prior       BLOB NOT NULL,
    hash        BLOB NOT NULL,
    sealed      BLOB NOT NULL
) STRICT;
CREATE TABLE missing (
    first_seq INTEGER PRIMARY KEY,
    last_seq  INTEGER NOT NULL,
    found_at  INTEGER NOT NULL
) STRICT;
CREATE TABLE open_sessions (
    session_id BLOB PRIMARY KEY,
    opened_at  INTEGER NOT NULL,
    sealed     BLOB NOT NULL
) STRICT;
CREATE TABLE session_ends (
    session_id BLOB PRIMARY KEY,
    cause      TEXT NOT NULL,
    ended_at   INTEGER NOT NULL
) STRICT;
CREATE TABLE meta (
    name   TEXT PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;
";

/// Opens or makes the file, alone, with every safeguard, and everything in it durable.
pub(crate) fn open(path: &Path, sealer: &Sealer) -> Result<Connection, SpoolError> {
    let is_new = make_file(path).map_err(|error| SpoolError::Unavailable(error.into()))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::ZERO)?;
    // Only an empty file takes these two.
    connection.pragma_update(None, "page_size", i64::try_from(PAGE_SIZE_BYTES).unwrap_or(4096))?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    assert_safeguards(&connection)?;
    bring_to_format(&mut connection, sealer)?;
    quick_check(&connection)?;
    assert_head(&connection)?;
    // Rewrites and syncs what an earlier process may have left in the log without a completed sync.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    if is_new {
        sync_folder(path).map_err(|error| SpoolError::Unavailable(error.into()))?;
    }
    assert_key(&connection, sealer)?;
    Ok(connection)
}

/// Whether the file was made. It is its owner's alone from the first moment.
fn make_file(path: &Path) -> io::Result<bool> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes the names in a folder durable; where folders cannot be opened, the file system does it itself.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = fs::canonicalize(folder.unwrap_or(Path::new(".")))?;
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn assert_safeguards(connection: &Connection) -> Result<(), SpoolError> {
    let pragma_is = |name: &str, wanted: &str| {
        connection
            .query_row(&format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"), [], |row| {
                row.get::<_, String>(0)
            })
            .map(|found| found == wanted)
    };
    let missing = if rusqlite::version_number() < SQLITE_VERSION_MIN {
        "version 3.51.3"
    } else if !pragma_is("journal_mode", "wal")? {
        "journal_mode=WAL"
    } else if !pragma_is("synchronous", "2")? {
        "synchronous=FULL"
    } else if !pragma_is("locking_mode", "exclusive")? {
        "locking_mode=EXCLUSIVE"
    } else {
        return Ok(());
    };
    Err(SpoolError::Unavailable(Fault::Safeguard(missing)))
}

fn bring_to_format(connection: &mut Connection, sealer: &Sealer) -> Result<(), SpoolError> {
    // Exclusive at once: of two that open the file at one instant, one is refused here.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let tables: i64 = transaction.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if (kind(&transaction)?, tables) == ((0, 0), 0) {
        transaction.execute_batch(TABLES)?;
        transaction.execute(
            "INSERT INTO head (only, seq, hash, pruned_through) VALUES (1, 0, ?1, 0)",
            [CHAIN_START],
        )?;
        let check = sealer.seal(Place::Meta(KEY_CHECK), KEY_CHECK_PLAIN)?;
        transaction.execute("INSERT INTO meta (name, sealed) VALUES (?1, ?2)", (KEY_CHECK, check))?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", FORMAT)?;
    } else {
        assert_format(&transaction)?;
    }
    Ok(transaction.commit()?)
}

/// Refuses what is no spool, or a newer program's.
pub(crate) fn assert_format(connection: &Connection) -> Result<(), SpoolError> {
    match kind(connection)? {
        (APPLICATION_ID, FORMAT) => Ok(()),
        (APPLICATION_ID, found) if found > FORMAT => Err(SpoolError::NewerFormat { found, known: FORMAT }),
        _ => Err(damaged("this is no spool")),
    }
}

/// `application_id` and `user_version`.
fn kind(connection: &Connection) -> Result<(i64, i64), SpoolError> {
    let application = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    Ok((application, connection.pragma_query_value(None, "user_version", |row| row.get(0))?))
}

pub(crate) fn quick_check(connection: &Connection) -> Result<(), SpoolError> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(damaged(&found)) }
}

/// Behind its rows, the head would give a number a second time, and every append would fail. Rows that are gone before
/// it are another matter: they become alerts.
fn assert_head(connection: &Connection) -> Result<(), SpoolError> {
    let question = "SELECT seq >= COALESCE((SELECT MAX(seq) FROM records), 0) FROM head";
    let is_sound: Option<bool> = connection.query_row(question, [], |row| row.get(0)).optional()?;
    if is_sound == Some(true) { Ok(()) } else { Err(damaged("a head behind its records")) }
}

/// A key-check that does not open is damaged where anything else does.
pub(crate) fn assert_key(connection: &Connection, sealer: &Sealer) -> Result<(), SpoolError> {
    let Some(sealed) = meta(connection, KEY_CHECK)? else { return Err(damaged("no key-check")) };
    let plain = sealer.open(Place::Meta(KEY_CHECK), &sealed);
    if plain.is_some_and(|plain| plain.as_slice() == KEY_CHECK_PLAIN) {
        return Ok(());
    }
    let is_own = workstation(connection, sealer)?.is_some() || opens_newest(connection, sealer)?;
    Err(if is_own { damaged("a key-check that does not open") } else { SpoolError::WrongKey })
}

fn opens_newest(connection: &Connection, sealer: &Sealer) -> Result<bool, SpoolError> {
    let question = "SELECT seq, id, prior, hash, sealed, NULL FROM records \
                    WHERE state = 'pending' ORDER BY seq DESC LIMIT 1";
    let newest = connection.query_row(question, [], PendingRow::read).optional()?;
    Ok(newest.is_some_and(|row| row.open(sealer).is_ok()))
}

/// Whose records the file holds, where that stands in it and opens.
pub(crate) fn workstation(connection: &Connection, sealer: &Sealer) -> Result<Option<Uuid>, SpoolError> {
    let Some(sealed) = meta(connection, WORKSTATION)? else { return Ok(None) };
    let plain = sealer.open(Place::Meta(WORKSTATION), &sealed);
    Ok(plain.and_then(|plain| Uuid::from_slice(&plain).ok()))
}

/// Notes whose records the file holds, where that does not stand in it yet.
pub(crate) fn note_workstation(connection: &Connection, sealer: &Sealer, id: Uuid) -> Result<(), SpoolError> {
    if workstation(connection, sealer)?.is_none() {
        let sealed = sealer.seal(Place::Meta(WORKSTATION), id.as_bytes())?;
        connection
            .execute("INSERT OR REPLACE INTO meta (name, sealed) VALUES (?1, ?2)", (WORKSTATION, sealed))?;
    }
    Ok(())
}

fn meta(connection: &Connection, name: &str) -> Result<Option<Vec<u8>>, SpoolError> {
    let question = "SELECT sealed FROM meta WHERE name = ?1";
    Ok(connection.query_row(question, [name], |row| row.get(0)).optional()?)
}

fn damaged(what: &str) -> SpoolError {
    SpoolError::Corrupt(Fault::Check(what.to_owned()))
}
