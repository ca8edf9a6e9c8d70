//! When failures slow down, lock out or suspend; pure. The numbers are `policy::lockout`'s.
//!
//! Failures are counted under the blind index of the name, so that a name nobody has behaves as one
//! that somebody has. First and second factor have counts of their own, and only a complete sign-in
//! clears them:
//!
//! - per (name, workstation): from the 5th on, 30 s doubling to 15 min, at that workstation;
//! - per name over all workstations: from the 50th on the same, only where the person is unknown,
//!   so that nobody can lock a colleague out of her ward;
//! - 100 in a row suspend that authenticator until the help desk resets it; of PINs, 10.

use std::time::Duration;

use policy::lockout::{
    FAILURES_EVERYWHERE_MAX, FAILURES_HERE_MAX, FAILURES_UNTIL_SUSPENDED, PIN_FAILURES_UNTIL_SUSPENDED,
    wait_here,
};

/// Which factor failed; each has counts of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// Name and password.
    First,
    /// One-time code.
    Second,
    /// The PIN that goes with a badge.
    Pin,
}

/// How long this workstation is locked after its `failures`th failure in a row.
#[must_use]
pub fn lock_here(failures: u32) -> Option<Duration> {
    wait_here(failures)
}

/// How long workstations where the person is unknown are locked after the `failures`th everywhere.
#[must_use]
pub fn lock_elsewhere(failures: u32) -> Option<Duration> {
    wait_here(failures.checked_sub(FAILURES_EVERYWHERE_MAX)?.saturating_add(FAILURES_HERE_MAX))
}

/// Whether the authenticator is suspended after `failures` in a row.
#[must_use]
pub const fn is_suspended(factor: Factor, failures: u32) -> bool {
    match factor {
        Factor::First | Factor::Second => failures >= FAILURES_UNTIL_SUSPENDED,
        Factor::Pin => failures >= PIN_FAILURES_UNTIL_SUSPENDED,
    }
}

/// Whether this failure is the one that an officer should hear of: the first that locks.
#[must_use]
pub const fn is_alarm(failures_here: u32) -> bool {
    failures_here == FAILURES_HERE_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_failures_everywhere_slow_strange_workstations() {
        let locks =
            [(0, None), (49, None), (50, Some(30)), (51, Some(60)), (60, Some(900)), (u32::MAX, Some(900))];

        for (failures, seconds) in locks {
            assert_eq!(lock_elsewhere(failures), seconds.map(Duration::from_secs), "{failures}");
        }
    }

    #[test]
    fn a_hundred_in_a_row_suspend_and_ten_of_a_pin() {
        for factor in [Factor::First, Factor::Second] {
            assert!(!is_suspended(factor, 99) && is_suspended(factor, 100));
        }
        assert!(!is_suspended(Factor::Pin, 9) && is_suspended(Factor::Pin, 10));
    }
}
