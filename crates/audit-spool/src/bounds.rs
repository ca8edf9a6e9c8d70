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
/// Below this share of every bound the alarm is over. Lower, so that a spool that hovers tells once.
pub const ALARM_OVER_PERCENT: u64 = 60;

/// How full a spool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    /// The worst of all bounds.
    pub level: Level,
    /// Its share of that bound.
    pub percent: u64,
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
    /// The share of the bound that is nearest.
    pub(crate) fn percent(&self, used: Use) -> u64 {
        let shares = [
            percent(used.records, self.records_max),
            percent(used.age.as_secs(), self.age_max.as_secs()),
            percent(used.file_size_bytes, self.file_size_bytes_max),
        ];
        shares.into_iter().max().unwrap_or(0)
    }
}

impl Level {
    pub(crate) const fn of(percent: u64, is_reserve_held: bool) -> Self {
        if percent >= 100 || !is_reserve_held {
            Self::Full
        } else if percent >= ALARM_PERCENT {
            Self::Alarm
        } else {
            Self::Ample
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
            assert_eq!(Level::of(bounds.percent(used), true), level, "{used:?}");
        }
        assert_eq!(Level::of(bounds.percent(Use::default()), false), Level::Full);
    }
}
