//! Delivering: what is pending, what was acknowledged, what is set aside.

use audit::record::{Alert, AuditRecord, What};
use jiff::Timestamp;
use rusqlite::{
    OptionalExtension as _, Row, Transaction, TransactionBehavior, params_from_iter, types::Value,
};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    alarm::alert,
    error::SpoolError,
    seal::{HASH_SIZE, Hash, Place, Sealer, chain_hash},
    spool::Spool,
    writer,
};

/// Records handed out or acknowledged by one call, at most.
pub const BATCH_RECORDS_MAX: usize = 500;

/// A record that was not yet acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its place.
    pub seq: u64,
    /// The record.
    pub record: AuditRecord,
}

impl Pending {
    /// By which it is acknowledged or set aside.
    #[must_use]
    pub const fn reference(&self) -> RecordRef {
        RecordRef { seq: self.seq, id: self.record.id }
    }
}

/// One record of one file. Its number alone would not do: in a fresh file, begun since, another has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordRef {
    /// Its place.
    pub seq: u64,
    /// Its id.
    pub id: Uuid,
}

/// Why a record was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// The sealed bytes do not open at their place with this key: changed, cut, or moved.
    SealBroken,
    /// The hashes of the chain do not fit.
    LinkBroken,
    /// It opens, and is no record that may be stored.
    Unreadable,
    /// The endpoint refuses it for good.
    Refused,
}

impl Flaw {
    const ALL: [Self; 4] = [Self::SealBroken, Self::LinkBroken, Self::Unreadable, Self::Refused];

    /// As the file spells it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SealBroken => "seal-broken",
            Self::LinkBroken => "link-broken",
            Self::Unreadable => "unreadable",
            Self::Refused => "refused",
        }
    }
}

/// A record that was set aside; its bytes stay in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quarantined {
    /// Its place.
    pub seq: u64,
    /// Why.
    pub flaw: Flaw,
    /// When that was found.
    pub found_at: Timestamp,
}

impl Spool {
    /// The oldest records not yet acknowledged, at most `limit` and [`BATCH_RECORDS_MAX`], in their
    /// order. Each is checked; a broken one is set aside and an alert takes its turn at the end. Where there
    /// is no room for that, it stays and is passed over. Empty means that nothing is pending.
    ///
    /// # Errors
    /// [`SpoolError::Unavailable`]; `Full` when nothing but broken records is pending, and no room to set
    /// them aside.
    pub fn pending(&mut self, limit: usize, now: Timestamp) -> Result<Vec<Pending>, SpoolError> {
        self.pending_behind(0, limit, now)
    }

    /// Like [`Self::pending`], of those behind the number `behind`: the ones before are passed over for now.
    ///
    /// # Errors
    /// Like [`Self::pending`].
    pub fn pending_behind(
        &mut self,
        behind: u64,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Pending>, SpoolError> {
        let mut behind = i64::try_from(behind).unwrap_or(i64::MAX);
        let limit = limit.clamp(1, BATCH_RECORDS_MAX);
        let mut last_broken = None;
        let mut has_room = true;
        loop {
            let mut sound = Vec::new();
            let mut broken: Vec<(i64, Flaw)> = Vec::new();
            for mut row in self.guarded(|spool| spool.pending_rows(behind, limit))? {
                // Next to a broken record its own seal, which binds `prior`, has to suffice.
                if last_broken == Some(row.seq - 1) {
                    row.hash_before = None;
                }
                match row.examine(&self.sealer) {
                    Ok(record) => sound.push(Pending { seq: row.seq.unsigned_abs(), record }),
                    Err(flaw) => {
                        last_broken = Some(row.seq);
                        broken.push((row.seq, flaw));
                    }
                }
            }
            has_room = has_room && self.set_broken_aside(&broken, now)?;
            match broken.last() {
                _ if !sound.is_empty() => return Ok(sound),
                None if has_room => return Ok(sound),
                None => return Err(SpoolError::Full),
                Some(_) if has_room => {}
                // What is behind them may leave, and make room.
                Some((seq, _)) => behind = *seq,
            }
        }
    }

    /// Whether there was room for it.
    fn set_broken_aside(&mut self, broken: &[(i64, Flaw)], now: Timestamp) -> Result<bool, SpoolError> {
        for (seq, flaw) in broken {
            match self.guarded_with_reserve(|spool| spool.quarantine(*seq, *flaw, now)) {
                Err(SpoolError::Full) => return Ok(false),
                is_set_aside => is_set_aside?,
            };
        }
        Ok(true)
    }

    /// Deletes the records that the endpoint has stored; what this file does not hold is passed over. Returns how
    /// many were deleted. On return the deletion is durable; a power cut before it means that they are
    /// delivered again.
    ///
    /// # Errors
    /// [`SpoolError::Unavailable`]; `Bound` for more than [`BATCH_RECORDS_MAX`] at once.
    pub fn acknowledge(&mut self, records: &[RecordRef]) -> Result<u64, SpoolError> {
        if records.len() > BATCH_RECORDS_MAX {
            return Err(SpoolError::Bound("records"));
        }
        self.guarded_with_reserve(|spool| {
            let transaction = spool.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut deleted = 0;
            for RecordRef { seq, id } in records {
                let Ok(seq) = i64::try_from(*seq) else { continue };
                deleted += transaction
                    .prepare_cached(
                        "UPDATE records SET state = 'acknowledged', sealed = NULL \
                         WHERE seq = ?1 AND id = ?2 AND state = 'pending'",
                    )?
                    .execute((seq, id.as_bytes()))? as u64;
            }
            prune(&transaction)?;
            transaction.commit()?;
            spool.counts.pending -= deleted;
            Ok(deleted)
        })
    }

    /// Sets aside a record that the endpoint refuses for good, so that those behind it are delivered.
    /// It becomes an alert on record, unless it is itself such an alert. `false` when it was not pending.
    ///
    /// # Errors
    /// [`SpoolError::Unavailable`] and `Full`.
    pub fn set_aside(&mut self, record: RecordRef, now: Timestamp) -> Result<bool, SpoolError> {
        let Ok(seq) = i64::try_from(record.seq) else { return Ok(false) };
        self.guarded_with_reserve(|spool| {
            if spool.place_of(record.id)? != Some(record.seq) {
                return Ok(false);
            }
            spool.quarantine(seq, Flaw::Refused, now)
        })
    }

    /// What was set aside, oldest first, at most `limit` and [`BATCH_RECORDS_MAX`].
    ///
    /// # Errors
    /// [`SpoolError::Unavailable`].
    pub fn quarantined(&mut self, limit: usize) -> Result<Vec<Quarantined>, SpoolError> {
        let limit = i64::try_from(limit.min(BATCH_RECORDS_MAX)).unwrap_or(i64::MAX);
        self.guarded(|spool| {
            let mut statement = spool
                .connection
                .prepare_cached("SELECT seq, flaw, found_at FROM quarantine ORDER BY seq LIMIT ?1")?;
            let rows = statement.query_map([limit], |row| {
                let flaw: String = row.get(1)?;
                Ok(Quarantined {
                    seq: row.get::<_, i64>(0)?.unsigned_abs(),
                    flaw: Flaw::ALL
                        .into_iter()
                        .find(|known| known.code() == flaw)
                        .unwrap_or(Flaw::Unreadable),
                    found_at: Timestamp::from_millisecond(row.get(2)?).unwrap_or(Timestamp::UNIX_EPOCH),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn pending_rows(&self, behind: i64, limit: usize) -> Result<Vec<PendingRow>, SpoolError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT this.seq, this.id, this.prior, this.hash, this.sealed, before.hash \
             FROM records AS this \
             LEFT JOIN records AS before ON before.seq = this.seq - 1 AND before.state <> 'quarantined' \
             WHERE this.state = 'pending' AND this.seq > ?1 ORDER BY this.seq LIMIT ?2",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map([behind, limit], PendingRow::read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn quarantine(&mut self, seq: i64, flaw: Flaw, now: Timestamp) -> Result<bool, SpoolError> {
        let is_alert = flaw == Flaw::Refused && self.is_quarantine_alert(seq)?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let moved = transaction
            .query_row(
                "SELECT id, appended_at, prior, hash, sealed FROM records WHERE seq = ?1 AND state = 'pending'",
                [seq],
                |row| (0..5).map(|column| row.get(column)).collect::<Result<Vec<Value>, _>>(),
            )
            .optional()?;
        let Some(moved) = moved else { return Ok(false) };
        transaction
            .execute("UPDATE records SET state = 'quarantined', sealed = NULL WHERE seq = ?1", [seq])?;
        // First: what lies behind it and was acknowledged leaves room in a full file.
        prune(&transaction)?;
        let found: [Value; 3] = [seq.into(), flaw.code().to_owned().into(), now.as_millisecond().into()];
        transaction.execute(
            "INSERT INTO quarantine (seq, flaw, found_at, id, appended_at, prior, hash, sealed) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params_from_iter(found.into_iter().chain(moved)),
        )?;
        if !is_alert {
            let alert = alert(&self.workstation, Alert::RecordQuarantined, now);
            writer::insert(&transaction, &self.sealer, &alert, now)?;
        }
        prune(&transaction)?;
        transaction.commit()?;
        self.counts.quarantined += 1;
        if is_alert {
            self.counts.pending -= 1;
        }
        Ok(true)
    }

    /// A refused alert about a refused record must not breed another one.
    fn is_quarantine_alert(&self, seq: i64) -> Result<bool, SpoolError> {
        let row = self
            .connection
            .query_row(
                "SELECT seq, id, prior, hash, sealed, NULL FROM records WHERE seq = ?1 AND state = 'pending'",
                [seq],
                PendingRow::read,
            )
            .optional()?;
        let record = row.and_then(|row| row.examine(&self.sealer).ok());
        let alert = What::SecurityAlert { alert: Alert::RecordQuarantined };
        Ok(record.is_some_and(|record| record.what == alert))
    }
}

/// A row as it stands; nothing in it is trusted.
pub(crate) struct PendingRow {
    pub(crate) seq: i64,
    id: Vec<u8>,
    prior: Vec<u8>,
    pub(crate) hash: Vec<u8>,
    sealed: Vec<u8>,
    pub(crate) hash_before: Option<Vec<u8>>,
}

impl PendingRow {
    /// `seq`, `id`, `prior`, `hash`, `sealed` and, where it is known, the hash of the row before.
    pub(crate) fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            seq: row.get(0)?,
            id: row.get(1)?,
            prior: row.get(2)?,
            hash: row.get(3)?,
            sealed: row.get(4)?,
            hash_before: row.get(5)?,
        })
    }

    /// The record, if all of it is sound.
    pub(crate) fn examine(&self, sealer: &Sealer) -> Result<AuditRecord, Flaw> {
        let Opened { id, prior, plain } = self.open(sealer)?;
        let is_linked = self.hash == chain_hash(self.seq, id, prior, &self.sealed)
            && self.hash_before.as_ref().is_none_or(|before| before.as_slice() == &prior[..HASH_SIZE]);
        if !is_linked {
            return Err(Flaw::LinkBroken);
        }
        let record: AuditRecord = serde_json::from_slice(&plain).map_err(|_| Flaw::Unreadable)?;
        if record.id == id && record.check().is_ok() { Ok(record) } else { Err(Flaw::Unreadable) }
    }

    /// What its seal alone says: that it was sealed here with this key.
    pub(crate) fn open(&self, sealer: &Sealer) -> Result<Opened<'_>, Flaw> {
        let id = Uuid::from_slice(&self.id).map_err(|_| Flaw::SealBroken)?;
        let prior: &Hash =
            self.prior.as_slice().try_into().map_err(|_: std::array::TryFromSliceError| Flaw::LinkBroken)?;
        let place = Place::Record { seq: self.seq, id, prior };
        let plain = sealer.open(place, &self.sealed).ok_or(Flaw::SealBroken)?;
        Ok(Opened { id, prior, plain })
    }
}

/// A row whose seal is whole.
pub(crate) struct Opened<'a> {
    id: Uuid,
    prior: &'a Hash,
    plain: Zeroizing<Vec<u8>>,
}

/// Forgets what lies before the oldest pending record. The newest row stays: the next is chained to it.
fn prune(transaction: &Transaction<'_>) -> Result<(), SpoolError> {
    let keep_from: i64 = transaction.query_row(
        "SELECT COALESCE((SELECT seq FROM records WHERE state = 'pending' ORDER BY seq LIMIT 1), seq) \
         FROM head",
        [],
        |row| row.get(0),
    )?;
    transaction.prepare_cached("DELETE FROM records WHERE seq < ?1")?.execute([keep_from])?;
    transaction
        .prepare_cached("UPDATE head SET pruned_through = MAX(pruned_through, ?1 - 1)")?
        .execute([keep_from])?;
    transaction.prepare_cached("DELETE FROM missing WHERE last_seq < ?1")?.execute([keep_from])?;
    Ok(())
}
