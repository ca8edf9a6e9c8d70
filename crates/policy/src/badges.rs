//! Badges: how long a tap alone is enough, who enrols one, and what becomes of a screen left behind.

use std::time::Duration;

const fn hours(count: u64) -> Duration {
    Duration::from_secs(count * 3_600)
}

/// No grace is longer.
pub(crate) const GRACE_MAX: Duration = hours(14);
/// Longer than this for a badge whose number alone is read needs a reason.
pub(crate) const GRACE_UID_WITHOUT_REASON_MAX: Duration = hours(8);

/// How long after a strong sign-in a tap alone signs in. It is fixed from that sign-in; no tap extends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grace {
    pub(crate) cryptographic: Duration,
    pub(crate) uid: Duration,
    pub(crate) reach: Reach,
    pub(crate) reason: Option<String>,
}

impl Grace {
    /// None at all: a tap names, and never signs in.
    pub(crate) fn none() -> Self {
        Self { cryptographic: Duration::ZERO, uid: Duration::ZERO, reach: Reach::Unit, reason: None }
    }

    /// With a badge that proved a key of its own.
    #[must_use]
    pub const fn cryptographic(&self) -> Duration {
        self.cryptographic
    }

    /// With a badge whose number alone was read. Whoever copied the number has the same; NIST SP 800-63B-4 does not
    /// count it as an authenticator.
    #[must_use]
    pub const fn uid(&self) -> Duration {
        self.uid
    }

    /// Where it holds.
    #[must_use]
    pub const fn reach(&self) -> Reach {
        self.reach
    }

    /// Why it is over 8 hours for badges whose number alone is read; there whenever it is.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

impl Default for Grace {
    fn default() -> Self {
        Self {
            cryptographic: hours(12),
            uid: GRACE_UID_WITHOUT_REASON_MAX,
            reach: Reach::default(),
            reason: None,
        }
    }
}

/// Where a grace holds; the narrower is the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Reach {
    /// At workstations of the unit where the strong sign-in was.
    Unit,
    /// At workstations of its site.
    #[default]
    Site,
    /// Everywhere.
    Tenant,
}

/// What becomes of a person's other uncovered screens when she uncovers one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Elsewhere {
    /// They are covered and keep their sessions until their own limits.
    #[default]
    Follow,
    /// Their sessions end.
    Move,
    /// This many may be uncovered at once; of more, those uncovered longest ago are covered.
    Allow(u32),
}

/// Who enrols a badge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BadgeEnrolment {
    /// Its holder, at any workstation, after a strong sign-in.
    #[default]
    SelfService,
    /// Nobody at a workstation: badges come from the list an administrator imports.
    Listed,
    /// Nobody at a workstation: an administrator enrols each.
    Supervised,
}
