//! Lockout: fixed numbers, no keys. Too few tries lock wards out, too many let guessers in; both have
//! been measured by others, and a site gains nothing by choosing (NIST SP 800-63B-4, 3.2.2).

use std::time::Duration;

/// Failures of one name at one workstation before it must wait there.
pub const FAILURES_HERE_MAX: u32 = 5;
/// The first wait; each further failure doubles it.
pub const WAIT_FIRST: Duration = Duration::from_secs(30);
/// No wait is longer.
pub const WAIT_MAX: Duration = Duration::from_secs(15 * 60);
/// Failures of one name over all workstations, after which it must wait at workstations where the
/// person is unknown.
pub const FAILURES_EVERYWHERE_MAX: u32 = 50;
/// Consecutive failures after which an authenticator is suspended until the help desk resets it.
pub const FAILURES_UNTIL_SUSPENDED: u32 = 100;
/// The same for PINs, which are short.
pub const PIN_FAILURES_UNTIL_SUSPENDED: u32 = 10;
/// A challenge for a second factor is over after this long.
pub const CHALLENGE_LIFETIME: Duration = Duration::from_secs(120);
/// Wrong answers that one challenge takes.
pub const CHALLENGE_TRIES_MAX: u32 = 5;

/// Different badges that nobody has, presented at one workstation, before such ones must wait there.
pub const UNKNOWN_BADGES_MAX: u32 = 20;
/// So many within this time; a ward on the day it is handed new cards does not come near it.
pub const UNKNOWN_BADGES_WITHIN: Duration = Duration::from_secs(10 * 60);

/// How long a name must wait at a workstation after `failures` consecutive ones there; `None` while it
/// need not.
#[must_use]
pub fn wait_here(failures: u32) -> Option<Duration> {
    let over = failures.checked_sub(FAILURES_HERE_MAX)?;
    let doubled = 2_u32.checked_pow(over).and_then(|factor| WAIT_FIRST.checked_mul(factor));
    Some(doubled.unwrap_or(WAIT_MAX).min(WAIT_MAX))
}

/// How long badges that nobody has must wait at a workstation after this many there.
#[must_use]
pub fn wait_of_unknown_badges(count: u32) -> Option<Duration> {
    wait_here(count.checked_sub(UNKNOWN_BADGES_MAX)?.saturating_add(FAILURES_HERE_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_mistakes_are_free_and_the_fifth_costs_half_a_minute_then_double() {
        let waits: Vec<_> = [0, 4, 5, 6, 7, 9, 10, 40, u32::MAX]
            .map(|failures| wait_here(failures).map(|wait| wait.as_secs()))
            .into();

        assert_eq!(
            waits,
            [None, None, Some(30), Some(60), Some(120), Some(480), Some(900), Some(900), Some(900)]
        );
    }
}
