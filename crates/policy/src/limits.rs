//! The limits of one session.

use std::time::Duration;

use crate::value::TapOut;

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
    /// The screen covers itself, the session kept, after this much inactivity; `None`: it never does by itself.
    /// At most [`Limits::inactivity`].
    pub conceal_after: Option<Duration>,
    /// What the holder's tap on her uncovered screen does.
    pub tap_out: TapOut,
}

impl Limits {
    /// The shorter of each limit. The warning is that of whichever gives the inactivity limit (the longer
    /// one where both do), bounded by half of that limit. Never covering by itself is laxer than any time; a tap
    /// that ends the session is stricter than one that covers.
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
            conceal_after: shorter(self.conceal_after, other.conceal_after)
                .map(|after| after.min(inactivity)),
            tap_out: self.tap_out.max(other.tap_out),
        }
    }
}

fn shorter(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limits() -> impl Strategy<Value = Limits> {
        let tap_out = prop_oneof![Just(TapOut::Cover), Just(TapOut::SignOut)];
        let conceal_after = proptest::option::of(1..4000_u64);
        (1..4000_u64, 0..4000_u64, 1..90_000_u64, 1..400_u64, conceal_after, tap_out).prop_map(
            |(inactivity, warning, absolute, heartbeat, conceal_after, tap_out)| Limits {
                inactivity: Duration::from_secs(inactivity),
                warning: Duration::from_secs(warning.min(inactivity / 2)),
                absolute: Duration::from_secs(absolute),
                heartbeat: Duration::from_secs(heartbeat),
                conceal_after: conceal_after.map(|after| Duration::from_secs(after.min(inactivity))),
                tap_out,
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
            for one in [a, b] {
                let is_no_later = one.conceal_after.is_none_or(|one| both.conceal_after.is_some_and(|both| both <= one));
                prop_assert!(is_no_later && both.tap_out >= one.tap_out);
            }
            prop_assert!(both.conceal_after.is_none_or(|after| after <= both.inactivity));
        }

        #[test]
        fn it_does_not_matter_who_is_asked_first(a in limits(), b in limits()) {
            prop_assert_eq!(a.stricter_of(b), b.stricter_of(a));
            prop_assert_eq!(a.stricter_of(a), a);
        }
    }
}
