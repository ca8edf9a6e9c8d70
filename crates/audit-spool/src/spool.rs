//! The handle.

use std::{path::Path, time::Duration};

use audit::record::WorkstationRef;
use jiff::Timestamp;
use rusqlite::Connection;

use crate::{
    aside,
    bounds::{Bounds, Fill, Level, Use},
    error::{Fault, SpoolError},
    recovery,
    reserve::Reserve,
    schema::{self, PAGE_SIZE_BYTES},
    seal::{Sealer, SpoolKey},
    succession::Carried,
};

/// A missing reserve is taken anew at most this often: it is a large write on a disk that may be full.
const RESERVE_RETRY: Duration = Duration::from_mins(1);
/// Free pages that are given back to the file system when the spool is opened.
const FREE_PAGES_MIN: u64 = 1_024;

/// The spool of one workstation, opened by one process. Every call blocks on the disk: give it a
/// thread of its own.
#[derive(Debug)]
pub struct Spool {
    pub(crate) connection: Connection,
    pub(crate) sealer: Sealer,
    pub(crate) workstation: WorkstationRef,
    pub(crate) counts: Counts,
    pub(crate) carried: Carried,
    pub(crate) is_alarm_raised: bool,
    bounds: Bounds,
    reserve: Reserve,
    reserve_tried_at: Option<Timestamp>,
    /// When the alarm's look last found no reserve.
    pub(crate) reserve_missed_at: Option<Timestamp>,
    /// The time of the newest call that told one.
    pub(crate) last_now: Timestamp,
    is_poisoned: bool,
}

/// Kept beside the database so that no append counts rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) pending: u64,
    pub(crate) quarantined: u64,
}

impl Spool {
    /// Opens the spool at `path`, or makes it, and completes what a power cut left undone: see the
    /// crate's documentation, "Opening". `workstation` is named in the records the spool writes itself.
    ///
    /// # Errors
    /// Every [`SpoolError`] but `Record` and `Bound`; `Full` when the disk has no room for the file.
    pub fn open(
        path: &Path,
        key: &SpoolKey,
        workstation: WorkstationRef,
        bounds: Bounds,
        now: Timestamp,
    ) -> Result<Self, SpoolError> {
        let sealer = Sealer::new(key)?;
        aside::finish(path).map_err(|error| SpoolError::Unavailable(error.into()))?;
        let connection = schema::open(path, &sealer)?;
        let counts = recovery::count(&connection)?;
        let reserve = Reserve::beside(path, bounds.reserve_size_bytes);
        let mut spool = Self {
            connection,
            sealer,
            workstation,
            counts,
            carried: Carried::default(),
            is_alarm_raised: false,
            bounds,
            reserve,
            reserve_tried_at: None,
            reserve_missed_at: None,
            last_now: now,
            is_poisoned: false,
        };
        spool.give_back_free_pages()?;
        spool.limit_file()?;
        spool.take_reserve(now)?;
        spool.guarded_with_reserve(|spool| {
            schema::note_workstation(&spool.connection, &spool.sealer, spool.workstation.id)
        })?;
        spool.record_what_is_missing(now)?;
        spool.remember()?;
        spool.is_alarm_raised = spool.recall_alarm()?;
        // How long the reserve has been held is not known; a restart ends no alarm.
        spool.reserve_missed_at = spool.is_alarm_raised.then_some(now);
        Ok(spool)
    }

    /// How full the spool is. Takes the reserve anew where it was used up and there is room again.
    ///
    /// # Errors
    /// [`SpoolError::Unavailable`].
    pub fn fill(&mut self, now: Timestamp) -> Result<Fill, SpoolError> {
        self.guarded(|spool| {
            spool.take_reserve(now)?;
            spool.measure(now)
        })
    }

    /// Whether no record was ever appended to this file.
    ///
    /// # Errors
    /// [`SpoolError::Unavailable`].
    pub fn is_fresh(&mut self) -> Result<bool, SpoolError> {
        self.guarded(|spool| {
            let newest: i64 = spool.connection.query_row("SELECT seq FROM head", [], |row| row.get(0))?;
            Ok(newest == 0)
        })
    }

    /// Writes what is in the log to the database and closes both.
    ///
    /// # Errors
    /// [`SpoolError::Unavailable`]; nothing is lost by it.
    pub fn close(self) -> Result<(), SpoolError> {
        self.connection.close().map_err(|(_, error)| error.into())
    }

    /// Runs `action`; after a failure whose effect on the disk is unknown nothing more is promised by
    /// this handle.
    pub(crate) fn guarded<T>(
        &mut self,
        action: impl FnOnce(&mut Self) -> Result<T, SpoolError>,
    ) -> Result<T, SpoolError> {
        if self.is_poisoned {
            return Err(SpoolError::Unavailable(Fault::Poisoned));
        }
        let outcome = action(self);
        if matches!(outcome, Err(SpoolError::Unavailable(_) | SpoolError::Corrupt(_))) {
            self.is_poisoned = true;
        }
        outcome
    }

    /// Like [`Self::guarded`], and where the disk has no room, once more with the room of the reserve.
    pub(crate) fn guarded_with_reserve<T>(
        &mut self,
        action: impl Fn(&mut Self) -> Result<T, SpoolError>,
    ) -> Result<T, SpoolError> {
        self.guarded(|spool| match action(spool) {
            Err(SpoolError::Full) if spool.give_up_reserve()? => action(spool),
            outcome => outcome,
        })
    }

    pub(crate) fn measure(&self, now: Timestamp) -> Result<Fill, SpoolError> {
        let oldest: Option<i64> = self.connection.query_row(
            "SELECT (SELECT appended_at FROM records WHERE state = 'pending' ORDER BY seq LIMIT 1)",
            [],
            |row| row.get(0),
        )?;
        let oldest_appended_at = oldest.and_then(|at| Timestamp::from_millisecond(at).ok());
        let is_reserve_held = self.reserve.is_held();
        let used = Use {
            records: self.counts.pending + self.counts.quarantined,
            age: oldest_appended_at
                .and_then(|oldest| Duration::try_from(now.duration_since(oldest)).ok())
                .unwrap_or_default(),
            file_size_bytes: self.file_size_bytes()?,
        };
        let percent = self.bounds.percent(used);
        Ok(Fill {
            level: Level::of(percent, is_reserve_held),
            percent,
            pending: self.counts.pending,
            quarantined: self.counts.quarantined,
            oldest_appended_at,
            is_reserve_held,
        })
    }

    pub(crate) fn records_max(&self) -> u64 {
        self.bounds.records_max
    }

    /// Whether there was a reserve to give up.
    fn give_up_reserve(&mut self) -> Result<bool, SpoolError> {
        if !self.reserve.is_held() {
            return Ok(false);
        }
        self.reserve.release().map_err(|error| SpoolError::Unavailable(error.into()))?;
        self.reserve_tried_at = Some(self.last_now);
        self.limit_file()?;
        Ok(true)
    }

    /// Takes a missing reserve where there is room for it. Failing to is a level, not an error.
    fn take_reserve(&mut self, now: Timestamp) -> Result<(), SpoolError> {
        self.last_now = now;
        let is_tried = self.reserve_tried_at.is_some_and(|tried| is_recent(tried, now));
        if self.reserve.is_held() || is_tried || self.file_size_bytes()? >= self.bounds.file_size_bytes_max {
            return Ok(());
        }
        self.reserve_tried_at = Some(now);
        if self.reserve.hold().is_ok() {
            self.limit_file()?;
        }
        Ok(())
    }

    /// Pages in use, in bytes.
    fn file_size_bytes(&self) -> Result<u64, SpoolError> {
        let pages = self.pragma("page_count")?.saturating_sub(self.pragma("freelist_count")?);
        Ok(pages * PAGE_SIZE_BYTES)
    }

    /// While the reserve is given up its size is the file's to use.
    fn limit_file(&self) -> Result<(), SpoolError> {
        let extra = if self.reserve.is_held() { 0 } else { self.bounds.reserve_size_bytes };
        let pages = (self.bounds.file_size_bytes_max + extra) / PAGE_SIZE_BYTES;
        let pages = i64::try_from(pages).unwrap_or(i64::MAX);
        self.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
        Ok(())
    }

    fn give_back_free_pages(&self) -> Result<(), SpoolError> {
        if self.pragma("freelist_count")? >= FREE_PAGES_MIN {
            self.connection.execute_batch("PRAGMA incremental_vacuum")?;
        }
        Ok(())
    }

    fn pragma(&self, name: &str) -> Result<u64, SpoolError> {
        let count: i64 = self.connection.pragma_query_value(None, name, |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// The level alone.
    pub(crate) fn level(&mut self, now: Timestamp) -> Result<Level, SpoolError> {
        self.take_reserve(now)?;
        Ok(self.measure(now)?.level)
    }
}

fn is_recent(tried: Timestamp, now: Timestamp) -> bool {
    Duration::try_from(now.duration_since(tried)).is_ok_and(|since| since < RESERVE_RETRY)
}
