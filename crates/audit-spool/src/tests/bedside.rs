//! A workstation with a spool, for the tests.

use std::path::PathBuf;

use audit::{
    codes::LogoutCause,
    record::{AuditRecord, Factors, Source, UserRef, What, WorkstationRef},
};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{Bounds, RecordRef, Spool, SpoolError, SpoolKey};

/// A folder with one spool in it.
pub(super) struct Bedside {
    pub(super) folder: TempDir,
    pub(super) bounds: Bounds,
    pub(super) key: SpoolKey,
}

impl Bedside {
    pub(super) fn new() -> Self {
        Self::with_bounds(Bounds { reserve_size_bytes: 64 * 1024, ..Bounds::default() })
    }

    pub(super) fn with_bounds(bounds: Bounds) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), bounds, key: SpoolKey::new([7; 32]) }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("spool.db")
    }

    pub(super) fn open(&self) -> Result<Spool, SpoolError> {
        Spool::open(&self.path(), &self.key, workstation(), self.bounds, noon())
    }

    /// The file as someone with a SQLite shell sees it; the spool must be closed.
    pub(super) fn shell(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }
}

pub(super) fn noon() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}

pub(super) fn days_later(days: i64) -> Timestamp {
    noon() + SignedDuration::from_hours(24 * days)
}

pub(super) fn workstation() -> WorkstationRef {
    WorkstationRef { id: Uuid::from_u128(7), name: "WS-07".to_owned() }
}

pub(super) fn maria() -> UserRef {
    UserRef { id: Uuid::from_u128(1), display_name: "Maria O.".to_owned() }
}

pub(super) fn login(session: u128) -> AuditRecord {
    let session = Uuid::from_u128(session);
    AuditRecord::login(Source::Agent, noon(), workstation(), maria(), session, Factors::PasswordTotp)
}

pub(super) fn logout(session: u128) -> AuditRecord {
    let session = Uuid::from_u128(session);
    AuditRecord::logout(Source::Agent, noon(), workstation(), maria(), session, LogoutCause::Inactivity)
}

/// A record that begins something and so waits when there is no room.
pub(super) fn started(n: u128) -> AuditRecord {
    let id = uuid::Builder::from_random_bytes(n.to_be_bytes()).into_uuid();
    AuditRecord::other(id, Source::Agent, noon(), Some(workstation()), None, What::ApplicationStarted)
}

/// Every pending record, in order, with none acknowledged.
pub(super) fn all_pending(spool: &mut Spool) -> Vec<AuditRecord> {
    spool
        .pending(crate::BATCH_RECORDS_MAX, noon())
        .unwrap()
        .into_iter()
        .map(|pending| pending.record)
        .collect()
}

/// The records at these numbers; where there is none, one that nobody has.
pub(super) fn at(spool: &Spool, seqs: &[u64]) -> Vec<RecordRef> {
    let id_of = |seq: u64| {
        let query = "SELECT id FROM records WHERE seq = ?1";
        let id =
            spool.connection.query_row(query, [i64::try_from(seq).ok()], |row| row.get::<_, [u8; 16]>(0));
        id.map_or(Uuid::nil(), Uuid::from_bytes)
    };
    seqs.iter().map(|seq| RecordRef { seq: *seq, id: id_of(*seq) }).collect()
}
