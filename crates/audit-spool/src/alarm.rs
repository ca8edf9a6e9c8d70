//! Records that the spool writes itself, the alarm among them: once, when what waits comes near a bound or
//! the disk has no room for the reserve, until both are well over.

use std::time::Duration;

use audit::record::{Alert, AuditRecord, Source, What, WorkstationRef};
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, TransactionBehavior};
use uuid::Uuid;

use crate::{
    bounds::{ALARM_OVER_PERCENT, Fill, Level},
    error::SpoolError,
    seal::Place,
    spool::Spool,
    writer,
};

/// Meta value that stands while the alarm is raised, so that a restart raises it no second time.
const ALARM: &str = "alarm";
const RAISED: &[u8] = b"raised";
/// A reserve that comes and goes, on a disk that is about full, tells once: it must be held for this long.
const RESERVE_STEADY: Duration = Duration::from_mins(10);

/// An alert of the spool's own.
pub(crate) fn alert(workstation: &WorkstationRef, alert: Alert, now: Timestamp) -> AuditRecord {
    let what = What::SecurityAlert { alert };
    AuditRecord::other(Uuid::new_v4(), Source::Agent, now, Some(workstation.clone()), None, what)
}

impl Spool {
    /// Looks how full the spool is. Where the alarm is due and not raised yet, puts it on record
    /// (`SpoolFilling`) and returns the fill; otherwise `None`.
    ///
    /// # Errors
    /// [`SpoolError::Unavailable`]; `Full` when there is no room even for the alert.
    pub fn raise_alarm(&mut self, now: Timestamp) -> Result<Option<Fill>, SpoolError> {
        let fill = self.fill(now)?;
        if !fill.is_reserve_held {
            self.reserve_missed_at = Some(now);
        }
        if self.is_alarm_raised {
            if fill.percent < ALARM_OVER_PERCENT && self.is_reserve_steady(now) {
                self.guarded_with_reserve(Self::end_alarm)?;
            }
            return Ok(None);
        }
        if fill.level < Level::Alarm {
            return Ok(None);
        }
        self.guarded_with_reserve(|spool| spool.record_alarm(now))?;
        Ok(Some(fill))
    }

    fn is_reserve_steady(&self, now: Timestamp) -> bool {
        // A clock that was set back shows as a negative duration, which is no time to wait for.
        self.reserve_missed_at.is_none_or(|missed| {
            Duration::try_from(now.duration_since(missed)).map_or(true, |since| since >= RESERVE_STEADY)
        })
    }

    /// Whether the alarm was raised before this file was closed.
    pub(crate) fn recall_alarm(&self) -> Result<bool, SpoolError> {
        let sealed: Option<Vec<u8>> = self
            .connection
            .query_row("SELECT sealed FROM meta WHERE name = ?1", [ALARM], |row| row.get(0))
            .optional()?;
        let plain = sealed.and_then(|sealed| self.sealer.open(Place::Meta(ALARM), &sealed));
        Ok(plain.is_some_and(|plain| plain.as_slice() == RAISED))
    }

    fn record_alarm(&mut self, now: Timestamp) -> Result<(), SpoolError> {
        let alert = alert(&self.workstation, Alert::SpoolFilling, now);
        let sealed = self.sealer.seal(Place::Meta(ALARM), RAISED)?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        writer::insert(&transaction, &self.sealer, &alert, now)?;
        transaction.execute("INSERT OR REPLACE INTO meta (name, sealed) VALUES (?1, ?2)", (ALARM, sealed))?;
        transaction.commit()?;
        self.counts.pending += 1;
        self.is_alarm_raised = true;
        Ok(())
    }

    fn end_alarm(&mut self) -> Result<(), SpoolError> {
        self.connection.execute("DELETE FROM meta WHERE name = ?1", [ALARM])?;
        self.is_alarm_raised = false;
        Ok(())
    }
}
