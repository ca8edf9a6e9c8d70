//! Appending.

use audit::record::{AuditRecord, What};
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction, TransactionBehavior};
use uuid::Uuid;

use crate::{
    bounds::{Level, RECORDS_OF_THE_SESSION_AT_HAND_MAX},
    error::SpoolError,
    seal::{Hash, Sealer, chain_hash},
    sessions::Change,
    spool::Spool,
};

/// Where a record stands. It would survive a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Its place in the spool.
    pub seq: u64,
    /// `false` when a record with its id was there before and stands.
    pub is_new: bool,
}

impl Spool {
    /// Puts `record` on disk; on return it would survive a power cut. Idempotent by record id: what came
    /// first stands. A login enters its session among the open ones in the same transaction; a logout
    /// takes it out and puts the end into the outbox.
    ///
    /// # Errors
    /// [`SpoolError::Full`] for what may wait when there is no room; the other variants as documented.
    pub fn append(&mut self, record: &AuditRecord, now: Timestamp) -> Result<Appended, SpoolError> {
        record.check()?;
        self.guarded(|spool| spool.admit(record, now))?;
        if is_of_the_session_at_hand(&record.what) {
            self.guarded_with_reserve(|spool| spool.write(record, now))
        } else {
            self.guarded(|spool| spool.write(record, now))
        }
    }

    /// Whether there is room, by what the record is for.
    fn admit(&mut self, record: &AuditRecord, now: Timestamp) -> Result<(), SpoolError> {
        if self.level(now)? < Level::Full || self.place_of(record.id)?.is_some() {
            return Ok(());
        }
        let held = self.counts.pending + self.counts.quarantined;
        let held_max = self.records_max() + RECORDS_OF_THE_SESSION_AT_HAND_MAX;
        if is_of_the_session_at_hand(&record.what) && held < held_max {
            Ok(())
        } else {
            Err(SpoolError::Full)
        }
    }

    fn write(&mut self, record: &AuditRecord, now: Timestamp) -> Result<Appended, SpoolError> {
        if let Some(seq) = self.place_of(record.id)? {
            return Ok(Appended { seq, is_new: false });
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let seq = insert(&transaction, &self.sealer, record, now)?;
        let change = Change::by(record);
        if let Some(change) = &change {
            change.write(&transaction, &self.sealer)?;
        }
        transaction.commit()?;
        self.counts.pending += 1;
        if let Some(change) = change {
            self.carried.follow(change);
        }
        Ok(Appended { seq, is_new: true })
    }

    /// Its number, where this file holds it.
    pub(crate) fn place_of(&self, id: Uuid) -> Result<Option<u64>, SpoolError> {
        let seq: Option<i64> = self
            .connection
            .prepare_cached("SELECT seq FROM records WHERE id = ?1")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .optional()?;
        Ok(seq.and_then(|seq| u64::try_from(seq).ok()))
    }
}

/// Seals `record`, chains it to the one before and makes it the head.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    sealer: &Sealer,
    record: &AuditRecord,
    now: Timestamp,
) -> Result<u64, SpoolError> {
    let (last, prior): (i64, Hash) =
        transaction.query_row("SELECT seq, hash FROM head", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let seq = last + 1;
    let sealed = sealer.seal_record(seq, &prior, record)?;
    let hash = chain_hash(seq, record.id, &prior, &sealed);
    transaction
        .prepare_cached(
            "INSERT INTO records (seq, id, state, appended_at, prior, hash, sealed) \
             VALUES (?1, ?2, 'pending', ?3, ?4, ?5, ?6)",
        )?
        .execute((seq, record.id.as_bytes(), now.as_millisecond(), prior, hash, sealed))?;
    transaction.prepare_cached("UPDATE head SET seq = ?1, hash = ?2")?.execute((seq, hash))?;
    Ok(u64::try_from(seq).unwrap_or(0))
}

/// What a session needs to reach its end on record draws on the reserve; what begins something waits.
fn is_of_the_session_at_hand(what: &What) -> bool {
    match what {
        What::Logout { .. }
        | What::Concealed { .. }
        | What::Resumed { .. }
        | What::App { .. }
        | What::ApplicationStopped
        | What::SecurityAlert { .. }
        | What::FailedClosed { .. } => true,
        What::Login { .. }
        | What::LoginRefused { .. }
        | What::ApplicationStarted
        | What::Enrolment { .. }
        | What::Administration { .. }
        | What::TrailRead { .. } => false,
    }
}
