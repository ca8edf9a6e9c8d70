//! How much a spool holds, and how full it is.

use std::time::Duration;

use jiff::Timestamp;

/// What a spool holds at most. The default is the product's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Records not yet acknowledged, and those set aside.
    pub records_max: u64,
    /// Age of the oldest record not yet acknowledged.
    pub age_max: Duration,
    /// Size of the database file.
    pub file_size_bytes_max: u64,
    /// Size of the file that keeps room for the session at hand.
    pub reserve_size_bytes: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            records_max: 100_000,
            age_max: Duration::from_hours(30 * 24),
            file_size_bytes_max: 256 * 1024 * 1024,
            reserve_size_bytes: 64 * 1024 * 1024,
        }
    }
}

/// Records beyond `records_max` that the session at hand may still write.
pub const RECORDS_OF_THE_SESSION_AT_HAND_MAX: u64 = 1_000;
/// From this share of a bound on it is an alarm.
pub const ALARM_PERCENT: u64 = 80;

/// How full a spool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    /// The worst of all bounds.
    pub level: Level,
    /// Records not yet acknowledged.
    pub pending: u64,
    /// Records set aside because they are broken or were refused.
    pub quarantined: u64,
    /// When the oldest record not yet acknowledged was appended.
    pub oldest_appended_at: Option<Timestamp>,
    /// Whether the reserve stands ready; while it does not, no session may begin.
    pub is_reserve_held: bool,
}

/// Whether there is room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Enough.
    Ample,
    /// [`ALARM_PERCENT`] of a bound is reached: someone should look why records do not leave.
    Alarm,
    /// No session may begin; the one at hand reaches its end.
    Full,
}

/// What is compared with [`Bounds`].
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Use {
    pub(crate) records: u64,
    pub(crate) age: Duration,
    pub(crate) file_size_bytes: u64,
}

impl Bounds {
    pub(crate) fn level(&self, used: Use, is_reserve_held: bool) -> Level {
        let shares = [
            percent(used.records, self.records_max),
            percent(used.age.as_secs(), self.age_max.as_secs()),
            percent(used.file_size_bytes, self.file_size_bytes_max),
        ];
        let worst = shares.into_iter().max().unwrap_or(0);
        if worst >= 100 || !is_reserve_held {
            Level::Full
        } else if worst >= ALARM_PERCENT {
            Level::Alarm
        } else {
            Level::Ample
        }
    }
}

fn percent(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100) / whole.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarm_at_eighty_percent_of_any_bound_and_full_at_all_of_it() {
        let bounds = Bounds::default();
        let days = |days: u64| Duration::from_hours(24 * days);
        for (used, level) in [
            (Use::default(), Level::Ample),
            (Use { records: 79_999, ..Use::default() }, Level::Ample),
            (Use { records: 80_000, ..Use::default() }, Level::Alarm),
            (Use { records: 99_999, ..Use::default() }, Level::Alarm),
            (Use { records: 100_000, ..Use::default() }, Level::Full),
            (Use { age: days(23), ..Use::default() }, Level::Ample),
            (Use { age: days(24), ..Use::default() }, Level::Alarm),
            (Use { age: days(30), ..Use::default() }, Level::Full),
            (Use { file_size_bytes: 256 * 1024 * 1024, ..Use::default() }, Level::Full),
        ] {
            assert_eq!(bounds.level(used, true), level, "{used:?}");
        }
        assert_eq!(bounds.level(Use::default(), false), Level::Full);
    }
}
