//! How long to wait before trying again: longer each time, and never all workstations at once.

use std::time::Duration;

/// Exponential back-off with full jitter: the n-th pause lies anywhere between nothing and `first` × 2ⁿ,
/// at most `longest`.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    /// Begins with pauses up to `first` and grows to `longest`.
    #[must_use]
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, failures: 0 }
    }

    /// The next pause.
    #[must_use]
    pub fn pause(&mut self) -> Duration {
        self.pause_with(random_fraction())
    }

    /// It went well: the next pause is a short one again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    fn pause_with(&mut self, fraction: f64) -> Duration {
        let bound = self.first.saturating_mul(1 << self.failures.min(20)).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        bound.mul_f64(fraction.clamp(0.0, 1.0))
    }
}

/// Between 0 and 1. Without randomness the whole pause is taken.
fn random_fraction() -> f64 {
    let mut bytes = [0; 4];
    match aws_lc_rs::rand::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_ne_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_start_over_after_success() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(10));
        let pauses: Vec<_> = (0..6).map(|_| backoff.pause_with(1.0).as_secs()).collect();
        backoff.reset();

        assert_eq!(pauses, [1, 2, 4, 8, 10, 10]);
        assert_eq!(backoff.pause_with(1.0), Duration::from_secs(1));
    }

    #[test]
    fn a_thousand_failures_do_not_overflow() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        for _ in 0..1000 {
            assert!(backoff.pause() <= Duration::from_secs(60));
        }
    }

    #[test]
    fn workstations_do_not_come_back_all_at_once() {
        let pauses: std::collections::BTreeSet<_> =
            (0..20).map(|_| Backoff::new(Duration::from_secs(60), Duration::from_secs(60)).pause()).collect();

        assert!(pauses.len() > 10);
    }
}
