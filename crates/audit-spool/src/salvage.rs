//! Reading what waits in a file that was set aside, damaged or not. Nothing in the file is ever changed.

use std::{io, path::Path};

use audit::record::AuditRecord;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, types::ValueRef};

use crate::{
    drain::PendingRow,
    error::{Fault, SpoolError},
    schema,
    seal::{Sealer, SpoolKey},
};
use copy::Copy;

mod copy;

/// Numbers looked at, at most; a file that claims more is damaged.
const ROWS_MAX: i64 = 10_000_000;

/// Hands out the records that wait in a file, one number after the other, so that damage at one costs no other.
///
/// SQLite cannot read a file together with its log without writing beside it, so a copy of both is what is read: it
/// lies in a folder of its own, as sealed as the file, and is deleted with this value. What a process that was killed
/// left there, [`Salvage::remove_left_copies`] deletes.
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
    Delivered {
        hash: Vec<u8>,
    },
    SetAside,
    /// There is a row, and nothing of a record in it.
    Unknown,
}

impl Salvage {
    /// Opens a copy, in `folder`, of the spool at `path` and of its log.
    ///
    /// # Errors
    /// [`SpoolError::WrongKey`] when nothing in it opens; `Corrupt` when it is no spool, or so damaged that not even
    /// its extent can be told; `NewerFormat`; `Unavailable` when it cannot be copied.
    pub fn open(path: &Path, folder: &Path, key: &SpoolKey) -> Result<Self, SpoolError> {
        let copy = Copy::of(path, folder)?;
        let sealer = Sealer::new(key)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(copy.database(), flags)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        schema::assert_format(&connection)?;
        let key = schema::assert_key(&connection, &sealer);
        let Extent { before, last, is_certain } = extent(&connection)?;
        let is_damaged = schema::quick_check(&connection).is_err() || key.is_err() || !is_certain;
        let next = before + 1;
        let salvage = Self {
            connection,
            sealer,
            next,
            last,
            hash_before: None,
            unreadable: 0,
            is_damaged,
            _copy: copy,
        };
        // The mark of the key may be all that is damaged: each record tells by itself whether the key is its own.
        let is_wrong = matches!(key, Err(SpoolError::WrongKey)) && !salvage.opens_any();
        if is_wrong { Err(SpoolError::WrongKey) } else { Ok(salvage) }
    }

    /// Deletes the copies that were left in `folder` by processes that ended without. No [`Salvage`] may be at work
    /// there meanwhile: that is the caller's to know.
    ///
    /// # Errors
    /// Any of the file system.
    pub fn remove_left_copies(folder: &Path) -> io::Result<()> {
        copy::remove_left(folder)
    }

    fn opens_any(&self) -> bool {
        (self.next..=self.last)
            .any(|seq| matches!(self.row(seq), Ok(Some(Row::Waiting(row))) if row.open(&self.sealer).is_ok()))
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
                Ok(Some(Row::Unknown) | None) => self.unreadable += 1,
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
                // Only what waits has sealed bytes, whatever else became of the row.
                if row.get_ref(4)? != ValueRef::Null {
                    return Ok(Row::Waiting(PendingRow::read(row)?));
                }
                Ok(match row.get_ref(6)?.as_bytes() {
                    Ok(b"acknowledged") => Row::Delivered { hash: row.get(3)? },
                    Ok(b"quarantined") => Row::SetAside,
                    Ok(_) | Err(_) => Row::Unknown,
                })
            })
            .optional()
    }
}

/// Which numbers there are to look at.
struct Extent {
    /// The number before the first.
    before: i64,
    last: i64,
    /// Whether the head and the rows say the same.
    is_certain: bool,
}

/// Where head and rows say different things one of them is damaged, and whatever either names is looked at.
fn extent(connection: &Connection) -> Result<Extent, SpoolError> {
    let asked = |question| {
        let found = connection.query_row(question, [], |row| Ok((row.get(0)?, row.get(1)?)));
        found.ok().filter(|(before, last)| is_possible(*before, *last))
    };
    let head = asked("SELECT pruned_through, seq FROM head");
    let rows = asked("SELECT MIN(seq) - 1, MAX(seq) FROM records");
    let (before, last) = match (head, rows) {
        (Some(head), Some(rows)) => {
            let (before, last) = (head.0.min(rows.0), head.1.max(rows.1));
            // So far apart, the head names next to nothing that is there.
            if is_possible(before, last) { (before, last) } else { rows }
        }
        (Some(found), None) | (None, Some(found)) => found,
        (None, None) => {
            let nothing = "neither its head nor its records can be read".to_owned();
            return Err(SpoolError::Corrupt(Fault::Check(nothing)));
        }
    };
    // A spool that nothing was ever appended to has no rows.
    let is_certain = head == rows || (head == Some((0, 0)) && rows.is_none());
    Ok(Extent { before, last, is_certain })
}

fn is_possible(before: i64, last: i64) -> bool {
    0 <= before && before <= last && last - before <= ROWS_MAX
}
