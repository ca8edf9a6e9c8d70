//! Reading what waits in a file that was set aside, damaged or not. Nothing in the file is ever changed.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use audit::record::AuditRecord;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use uuid::Uuid;

use crate::{
    aside::{LOG, with_suffix},
    drain::PendingRow,
    error::{Fault, SpoolError},
    schema,
    seal::{Sealer, SpoolKey},
};

/// Numbers looked at, at most; a file that claims more is damaged.
const ROWS_MAX: i64 = 10_000_000;
/// A larger file is no spool.
const FILE_SIZE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Hands out the records that wait in a file, one number after the other, so that damage at one costs no other.
///
/// SQLite cannot read a file together with its log without writing beside it, so a copy of both is what is read: it
/// lies in a folder of its own, as sealed as the file, and is deleted with this value.
#[derive(Debug)]
pub struct Salvage {
    connection: Connection,
    sealer: Sealer,
    next: i64,
    last: i64,
    hash_before: Option<Vec<u8>>,
    unreadable: u64,
    is_damaged: bool,
    _copy: Copy,
}

/// What a number holds.
enum Row {
    Waiting(PendingRow),
    Delivered { hash: Vec<u8> },
    SetAside,
}

impl Salvage {
    /// Opens a copy, in `folder`, of the spool at `path` and of its log.
    ///
    /// # Errors
    /// [`SpoolError::WrongKey`]; `Corrupt` when it is no spool, or so damaged that not even its extent can be told;
    /// `NewerFormat`; `Unavailable` when it cannot be copied.
    pub fn open(path: &Path, folder: &Path, key: &SpoolKey) -> Result<Self, SpoolError> {
        let copy = Copy::of(path, folder)?;
        let sealer = Sealer::new(key)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(copy.database(), flags)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        schema::assert_format(&connection)?;
        let mut is_damaged = schema::quick_check(&connection).is_err();
        match schema::assert_key(&connection, &sealer) {
            Ok(()) => {}
            Err(SpoolError::WrongKey) => return Err(SpoolError::WrongKey),
            // Each record tells by itself whether the key is its own.
            Err(_) => is_damaged = true,
        }
        let (before, last) = extent(&connection)?;
        let next = before + 1;
        Ok(Self { connection, sealer, next, last, hash_before: None, unreadable: 0, is_damaged, _copy: copy })
    }

    /// The next records that wait, at most `limit`, in their order. Empty means that there are no more.
    pub fn next_batch(&mut self, limit: usize) -> Vec<AuditRecord> {
        let mut batch = Vec::new();
        while self.next <= self.last && batch.len() < limit {
            let seq = self.next;
            self.next += 1;
            // Next to what cannot be read a record's own seal, which binds `prior`, has to suffice.
            let hash_before = self.hash_before.take();
            match self.row(seq) {
                Ok(Some(Row::Waiting(mut row))) => {
                    row.hash_before = hash_before;
                    match row.examine(&self.sealer) {
                        Ok(record) => {
                            self.hash_before = Some(row.hash);
                            batch.push(record);
                        }
                        Err(_) => self.unreadable += 1,
                    }
                }
                Ok(Some(Row::Delivered { hash })) => self.hash_before = Some(hash),
                Ok(Some(Row::SetAside)) => {}
                Ok(None) => self.unreadable += 1,
                Err(_) => {
                    self.unreadable += 1;
                    self.is_damaged = true;
                }
            }
        }
        batch
    }

    /// Numbers whose record was gone or could not be read so far.
    #[must_use]
    pub const fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Whether the file itself proved damaged so far: then what is missing may be more than is counted.
    #[must_use]
    pub const fn is_damaged(&self) -> bool {
        self.is_damaged
    }

    fn row(&self, seq: i64) -> Result<Option<Row>, rusqlite::Error> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT seq, id, prior, hash, sealed, NULL, state FROM records WHERE seq = ?1")?;
        statement
            .query_row([seq], |row| {
                let state: String = row.get(6)?;
                Ok(match state.as_str() {
                    "pending" => Row::Waiting(PendingRow::read(row)?),
                    "acknowledged" => Row::Delivered { hash: row.get(3)? },
                    _ => Row::SetAside,
                })
            })
            .optional()
    }
}

/// The number before the first row, and the last one: as the head says, else as the rows do.
fn extent(connection: &Connection) -> Result<(i64, i64), SpoolError> {
    let asked = ["SELECT pruned_through, seq FROM head", "SELECT MIN(seq) - 1, MAX(seq) FROM records"];
    for question in asked {
        let found = connection.query_row(question, [], |row| Ok((row.get(0)?, row.get(1)?)));
        if let Ok((before, last)) = found
            && 0 <= before
            && before <= last
            && last - before <= ROWS_MAX
        {
            return Ok((before, last));
        }
    }
    Err(SpoolError::Corrupt(Fault::Check("neither its head nor its records can be read".to_owned())))
}

/// Deleted with this value.
#[derive(Debug)]
struct Copy {
    folder: PathBuf,
}

impl Copy {
    fn of(path: &Path, folder: &Path) -> Result<Self, SpoolError> {
        let unavailable = |error: io::Error| SpoolError::Unavailable(error.into());
        let copy = Self { folder: folder.join(format!("salvage-{}", Uuid::new_v4())) };
        make_private_folder(&copy.folder).map_err(unavailable)?;
        copy_bounded(path, &copy.database())?;
        let log = with_suffix(path, LOG);
        if log.exists() {
            copy_bounded(&log, &with_suffix(&copy.database(), LOG))?;
        }
        Ok(copy)
    }

    fn database(&self) -> PathBuf {
        self.folder.join("copy")
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // What stays behind is as sealed as the file itself.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(false);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn copy_bounded(from: &Path, to: &Path) -> Result<(), SpoolError> {
    let unavailable = |error: io::Error| SpoolError::Unavailable(error.into());
    let facts = fs::metadata(from).map_err(unavailable)?;
    if !facts.is_file() || facts.len() > FILE_SIZE_BYTES_MAX {
        return Err(SpoolError::Corrupt(Fault::Check("this is no spool".to_owned())));
    }
    let mut source = fs::File::open(from).map_err(unavailable)?;
    let mut target = fs::File::create_new(to).map_err(unavailable)?;
    io::copy(&mut source, &mut target).map(drop).map_err(unavailable)
}
