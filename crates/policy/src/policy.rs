//! The policy as a whole.

use std::time::Duration;

use crate::{
    Apps, BadgeEnrolment, Elsewhere, Grace, Limits, Refused, ResumeFactors, SignInFactors, duration,
    key::{self, Key},
    parse,
    value::{
        ABSOLUTE_RANGE, AbsoluteLimit, AutomaticLogoff, CONCEAL_RANGE, Conceal, HEARTBEAT_RANGE, Heartbeat,
        INACTIVITY_RANGE, InactivityLimit, Range, SpoolMax, TapOut, WARNING_RANGE,
    },
};

/// A session that the server has not heard of for this long is over, cause `contact-lost`.
pub const OFFLINE_AGE_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// Disk space reserved for the spool, so that a full disk cannot keep the session at hand from its end.
pub const SPOOL_RESERVE_SIZE_BYTES: u64 = 64 * 1024 * 1024;

/// What holds on a workstation, or on a server for all of them. `Default` holds where nothing was decided.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    pub(crate) automatic_logoff: AutomaticLogoff,
    pub(crate) absolute_limit: AbsoluteLimit,
    pub(crate) tap_out: TapOut,
    pub(crate) conceal: Conceal,
    pub(crate) heartbeat: Heartbeat,
    pub(crate) sign_in: SignInFactors,
    pub(crate) resume: ResumeFactors,
    pub(crate) elsewhere: Elsewhere,
    pub(crate) grace: Grace,
    pub(crate) badge_enrolment: BadgeEnrolment,
    pub(crate) apps: Apps,
    pub(crate) spool_max: SpoolMax,
    pub(crate) allows_short_limits: bool,
}

/// A safeguard that the policy weakens. Whoever loads a policy logs each at `warn` at every start, and
/// puts it on record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Weakened {
    /// The key that allows it stands in the file, used or not.
    #[error("`{}` is set: limits may be below their ranges", key::DANGER_ALLOW_SHORT_LIMITS.name)]
    ShortLimitsAllowed,
    /// A limit is below its range.
    #[error("`{key}` is {}, below its range, which begins at {}", duration::write(*.value), duration::write(*.range_min))]
    ShortLimit {
        /// Which.
        key: &'static str,
        /// What holds.
        value: Duration,
        /// What would be the least.
        range_min: Duration,
    },
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// Every problem that the text has.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        parse::policy(text)
    }

    /// What holds where a policy was refused and no good one is at hand: 5 minutes, password and
    /// one-time code, no grace, no badge enrolled at a workstation.
    #[must_use]
    pub fn strict() -> Self {
        let after = InactivityLimit(Duration::from_secs(5 * 60));
        Self {
            automatic_logoff: AutomaticLogoff::resolve(after, AutomaticLogoff::default().warning(), None),
            sign_in: SignInFactors::default(),
            grace: Grace::none(),
            badge_enrolment: BadgeEnrolment::Supervised,
            ..Self::default()
        }
    }

    /// When automatic logoff comes, and its warning.
    #[must_use]
    pub const fn automatic_logoff(&self) -> &AutomaticLogoff {
        &self.automatic_logoff
    }

    /// How long a session lasts at most.
    #[must_use]
    pub const fn absolute_limit(&self) -> AbsoluteLimit {
        self.absolute_limit
    }

    /// When the screen covers itself, the session kept.
    #[must_use]
    pub const fn conceal(&self) -> &Conceal {
        &self.conceal
    }

    /// What the holder's tap on her uncovered screen does.
    #[must_use]
    pub const fn tap_out(&self) -> TapOut {
        self.tap_out
    }

    /// How often a workstation in session reports at least.
    #[must_use]
    pub const fn heartbeat(&self) -> Heartbeat {
        self.heartbeat
    }

    /// What a sign-in asks for.
    #[must_use]
    pub const fn sign_in_factors(&self) -> &SignInFactors {
        &self.sign_in
    }

    /// What resumes a covered session.
    #[must_use]
    pub const fn resume_factors(&self) -> &ResumeFactors {
        &self.resume
    }

    /// What becomes of a person's other uncovered screens when she uncovers one.
    #[must_use]
    pub const fn elsewhere(&self) -> Elsewhere {
        self.elsewhere
    }

    /// How long, and where, a tap alone signs in after a strong sign-in.
    #[must_use]
    pub const fn grace(&self) -> &Grace {
        &self.grace
    }

    /// Who enrols a badge.
    #[must_use]
    pub const fn badge_enrolment(&self) -> BadgeEnrolment {
        self.badge_enrolment
    }

    /// What is started for whoever signs in.
    #[must_use]
    pub const fn apps(&self) -> &Apps {
        &self.apps
    }

    /// When the spool counts as full.
    #[must_use]
    pub const fn spool_max(&self) -> SpoolMax {
        self.spool_max
    }

    /// What bounds a session opened under this policy.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            inactivity: self.automatic_logoff.after().get(),
            warning: self.automatic_logoff.warning(),
            absolute: self.absolute_limit.get(),
            heartbeat: self.heartbeat.get(),
            conceal_after: self.conceal.after(),
            tap_out: self.tap_out,
        }
    }

    /// Every safeguard this policy weakens; empty for one that keeps to the ranges.
    #[must_use]
    pub fn weakened(&self) -> Vec<Weakened> {
        if !self.allows_short_limits {
            return Vec::new();
        }
        // A warning cut to half of its limit is as the rule wants it, not short by choice.
        let warning_min = WARNING_RANGE.min.min(self.automatic_logoff.after().get() / 2);
        [
            short(key::AUTOMATIC_LOGOFF_AFTER, self.automatic_logoff.after().get(), INACTIVITY_RANGE),
            short(
                key::AUTOMATIC_LOGOFF_WARNING,
                self.automatic_logoff.warning(),
                Range { min: warning_min, ..WARNING_RANGE },
            ),
            short(key::SESSION_ABSOLUTE_LIMIT, self.absolute_limit.get(), ABSOLUTE_RANGE),
            short(key::HEARTBEAT, self.heartbeat.get(), HEARTBEAT_RANGE),
            self.conceal.after().and_then(|after| {
                let min = CONCEAL_RANGE.min.min(self.automatic_logoff.after().get());
                short(key::CONCEAL_AFTER, after, Range { min, ..CONCEAL_RANGE })
            }),
        ]
        .into_iter()
        .flatten()
        .fold(vec![Weakened::ShortLimitsAllowed], |mut all, one| {
            all.push(one);
            all
        })
    }
}

fn short(key: Key, value: Duration, range: Range) -> Option<Weakened> {
    (value < range.min).then_some(Weakened::ShortLimit { key: key.name, value, range_min: range.min })
}
