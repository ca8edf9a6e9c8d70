//! What opening finds: counts, and records that are gone.

use audit::record::Alert;
use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use crate::{
    alarm::alert,
    error::SpoolError,
    spool::{Counts, Spool},
    writer,
};

/// Counts the rows once.
pub(crate) fn count(connection: &Connection) -> Result<Counts, SpoolError> {
    let count = |query: &str| -> Result<u64, SpoolError> {
        let count: i64 = connection.query_row(query, [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    };
    Ok(Counts {
        pending: count("SELECT COUNT(*) FROM records WHERE state = 'pending'")?,
        quarantined: count("SELECT COUNT(*) FROM quarantine")?,
    })
}

impl Spool {
    /// Every number between what was pruned and the head has a row. Those without one were not deleted
    /// by this crate: each gap is noted once and becomes an alert on record.
    pub(crate) fn record_what_is_missing(&mut self, now: Timestamp) -> Result<(), SpoolError> {
        let gaps = self.unknown_gaps()?;
        if gaps.is_empty() {
            return Ok(());
        }
        self.guarded_with_reserve(|spool| {
            let transaction = spool.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for (first, last) in &gaps {
                transaction.execute(
                    "INSERT INTO missing (first_seq, last_seq, found_at) VALUES (?1, ?2, ?3)",
                    (first, last, now.as_millisecond()),
                )?;
                let alert = alert(&spool.workstation, Alert::RecordQuarantined, now);
                writer::insert(&transaction, &spool.sealer, &alert, now)?;
            }
            transaction.commit()?;
            spool.counts.pending += gaps.len() as u64;
            Ok(())
        })
    }

    fn unknown_gaps(&self) -> Result<Vec<(i64, i64)>, SpoolError> {
        let mut statement = self.connection.prepare(
            "WITH marks (seq) AS ( \
                 SELECT pruned_through FROM head \
                 UNION SELECT seq FROM records \
                 UNION SELECT seq + 1 FROM head), \
             steps (seq, next) AS (SELECT seq, LEAD(seq) OVER (ORDER BY seq) FROM marks) \
             SELECT seq + 1, next - 1 FROM steps \
             WHERE next > seq + 1 \
               AND NOT EXISTS (SELECT 1 FROM missing WHERE first_seq <= seq + 1 AND last_seq >= next - 1)",
        )?;
        let gaps = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(gaps.collect::<Result<_, _>>()?)
    }
}
