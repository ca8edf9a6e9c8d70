//! The limits of one session.

use std::time::Duration;

/// What bounds one session. Agent and server each have theirs; the session gets the stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Automatic logoff after this much inactivity.
    pub inactivity: Duration,
    /// The warning begins this long before it; at most half of it.
    pub warning: Duration,
    /// The session is over after this long, counted from its opening.
    pub absolute: Duration,
    /// A report is due at least this often.
    pub heartbeat: Duration,
}

impl Limits {
    /// The shorter of each limit. The warning is that of whichever gives the inactivity limit (the longer
    /// one where both do), bounded by half of that limit.
    #[must_use]
    pub fn stricter_of(self, other: Self) -> Self {
        let inactivity = self.inactivity.min(other.inactivity);
        let warning = match self.inactivity.cmp(&other.inactivity) {
            std::cmp::Ordering::Less => self.warning,
            std::cmp::Ordering::Equal => self.warning.max(other.warning),
            std::cmp::Ordering::Greater => other.warning,
        };
        Self {
            inactivity,
            warning: warning.min(inactivity / 2),
            absolute: self.absolute.min(other.absolute),
            heartbeat: self.heartbeat.min(other.heartbeat),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limits() -> impl Strategy<Value = Limits> {
        (1..4000_u64, 0..4000_u64, 1..90_000_u64, 1..400_u64).prop_map(
            |(inactivity, warning, absolute, heartbeat)| Limits {
                inactivity: Duration::from_secs(inactivity),
                warning: Duration::from_secs(warning.min(inactivity / 2)),
                absolute: Duration::from_secs(absolute),
                heartbeat: Duration::from_secs(heartbeat),
            },
        )
    }

    proptest! {
        #[test]
        fn neither_side_can_lengthen_what_the_other_allows(a in limits(), b in limits()) {
            let both = a.stricter_of(b);

            prop_assert!(both.inactivity <= a.inactivity && both.inactivity <= b.inactivity);
            prop_assert!(both.absolute <= a.absolute && both.absolute <= b.absolute);
            prop_assert!(both.heartbeat <= a.heartbeat && both.heartbeat <= b.heartbeat);
            prop_assert!(both.warning <= both.inactivity / 2);
        }

        #[test]
        fn it_does_not_matter_who_is_asked_first(a in limits(), b in limits()) {
            prop_assert_eq!(a.stricter_of(b), b.stricter_of(a));
            prop_assert_eq!(a.stricter_of(a), a);
        }
    }
}
