//! Values that have been checked: whoever holds one need not check again.

use std::time::Duration;

use crate::duration;

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

const fn hours(count: u64) -> Duration {
    minutes(count * 60)
}

const fn days(count: u64) -> Duration {
    hours(count * 24)
}

/// What a duration may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    pub(crate) min: Duration,
    pub(crate) max: Duration,
    /// Below `min`, where `danger_allow_short_limits` stands.
    pub(crate) min_in_danger: Duration,
}

impl Range {
    /// The duration that `text` writes, if it lies within.
    pub(crate) fn holding(self, text: &str, allows_short_limits: bool) -> Option<Duration> {
        let min = if allows_short_limits { self.min_in_danger } else { self.min };
        duration::parse(text).filter(|duration| (min..=self.max).contains(duration))
    }
}

pub(crate) const INACTIVITY_RANGE: Range =
    Range { min: minutes(1), max: minutes(60), min_in_danger: Duration::from_secs(2) };
/// Longer than this needs a reason.
pub(crate) const INACTIVITY_WITHOUT_REASON_MAX: Duration = minutes(15);
pub(crate) const WARNING_RANGE: Range =
    Range { min: Duration::from_secs(20), max: minutes(30), min_in_danger: Duration::from_secs(1) };
pub(crate) const ABSOLUTE_RANGE: Range =
    Range { min: minutes(15), max: hours(24), min_in_danger: Duration::from_secs(2) };
pub(crate) const HEARTBEAT_RANGE: Range =
    Range { min: Duration::from_secs(15), max: minutes(5), min_in_danger: Duration::from_millis(200) };
pub(crate) const CONCEAL_RANGE: Range =
    Range { min: Duration::from_secs(30), max: minutes(60), min_in_danger: Duration::from_secs(1) };
pub(crate) const SAVE_GRACE_RANGE: Range =
    Range { min: Duration::ZERO, max: Duration::from_secs(60), min_in_danger: Duration::ZERO };
pub(crate) const SPOOL_AGE_RANGE: Range = Range { min: days(1), max: days(365), min_in_danger: days(1) };
pub(crate) const SPOOL_RECORDS_RANGE: std::ops::RangeInclusive<u64> = 1_000..=1_000_000;
/// Of `session.elsewhere = "allow(n)"`.
pub(crate) const ALLOWED_AT_ONCE_RANGE: std::ops::RangeInclusive<u32> = 2..=10;
pub(crate) const REASON_CHARS_RANGE: std::ops::RangeInclusive<usize> = 10..=500;

/// Time without input after which a session ends (45 CFR 164.312(a)(2)(iii)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct InactivityLimit(pub(crate) Duration);

impl InactivityLimit {
    /// As a plain duration.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }
}

/// When automatic logoff comes, and its warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutomaticLogoff {
    after: InactivityLimit,
    warning: Duration,
    reason: Option<String>,
}

impl AutomaticLogoff {
    pub(crate) fn resolve(after: InactivityLimit, warning: Duration, reason: Option<String>) -> Self {
        Self { after, warning: warning.min(after.0 / 2), reason }
    }

    /// Time without input after which the session ends.
    #[must_use]
    pub const fn after(&self) -> InactivityLimit {
        self.after
    }

    /// How long before that the warning begins; at most half of it.
    #[must_use]
    pub const fn warning(&self) -> Duration {
        self.warning
    }

    /// Why it may take longer than 15 minutes; there whenever it does.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

impl Default for AutomaticLogoff {
    fn default() -> Self {
        Self { after: InactivityLimit(minutes(15)), warning: minutes(1), reason: None }
    }
}

/// When the screen covers itself, the session kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conceal {
    after: Option<Duration>,
    reason: Option<String>,
}

impl Conceal {
    pub(crate) fn resolve(after: Option<Duration>, reason: Option<String>, limit: InactivityLimit) -> Self {
        Self { after: after.map(|after| after.min(limit.0)), reason }
    }

    /// Time without input after which it does; `None`: never by itself.
    #[must_use]
    pub const fn after(&self) -> Option<Duration> {
        self.after
    }

    /// Why it never does; there whenever it does not.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

impl Default for Conceal {
    fn default() -> Self {
        Self { after: Some(minutes(5)), reason: None }
    }
}

/// What the holder's tap on her uncovered screen does; the stricter is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum TapOut {
    /// Covers it and keeps the session.
    #[default]
    Cover,
    /// Covers it and ends the session, unless she taps again at once.
    SignOut,
}

/// How long a session lasts at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AbsoluteLimit(pub(crate) Duration);

impl AbsoluteLimit {
    /// As a plain duration.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl Default for AbsoluteLimit {
    fn default() -> Self {
        Self(hours(12))
    }
}

/// How often a workstation in session reports at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Heartbeat(pub(crate) Duration);

impl Heartbeat {
    /// As a plain duration.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self(minutes(1))
    }
}

/// When the spool of undelivered audit records counts as full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpoolMax {
    pub(crate) age: Duration,
    pub(crate) records: u64,
}

impl SpoolMax {
    /// Age of the oldest undelivered record.
    #[must_use]
    pub const fn age(self) -> Duration {
        self.age
    }

    /// Number of undelivered records.
    #[must_use]
    pub const fn records(self) -> u64 {
        self.records
    }
}

impl Default for SpoolMax {
    fn default() -> Self {
        Self { age: days(30), records: 100_000 }
    }
}
