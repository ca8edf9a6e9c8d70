//! How often something may be done at most, so that a fight with another program costs bounded CPU.

use std::time::Duration;

/// A budget of acts that refills with time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    burst: u32,
    every: Duration,
    left: u32,
    refilled_at: Duration,
}

impl Pace {
    /// `burst` acts at once, then one `every` so long.
    pub(crate) const fn new(burst: u32, every: Duration) -> Self {
        Self { burst, every, left: burst, refilled_at: Duration::ZERO }
    }

    /// Whether one more may be done now; `Err` tells when the next may.
    pub(crate) fn spend(&mut self, now: Duration) -> Result<(), Duration> {
        let earned = now.saturating_sub(self.refilled_at).as_nanos() / self.every.as_nanos().max(1);
        if earned > 0 {
            let earned = u32::try_from(earned).unwrap_or(u32::MAX);
            self.left = self.left.saturating_add(earned).min(self.burst);
            self.refilled_at =
                if self.left == self.burst { now } else { self.refilled_at + self.every * earned };
        }
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(self.refilled_at + self.every),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_burst_is_free_and_then_one_at_a_time() {
        let mut pace = Pace::new(2, ms(10));

        assert_eq!(pace.spend(ms(100)), Ok(()));
        assert_eq!(pace.spend(ms(100)), Ok(()));
        assert_eq!(pace.spend(ms(100)), Err(ms(110)));
        assert_eq!(pace.spend(ms(110)), Ok(()));
        assert_eq!(pace.spend(ms(111)), Err(ms(120)));
    }

    #[test]
    fn a_second_of_fighting_costs_what_the_pace_allows() {
        let mut pace = Pace::new(20, ms(10));

        let done =
            (0..1_000_000).filter(|us| pace.spend(Duration::from_micros(5_000_000 + us)).is_ok()).count();

        assert_eq!(done, 20 + 99);
    }

    #[test]
    fn rest_refills_the_burst_and_no_more() {
        let mut pace = Pace::new(3, ms(10));
        for _ in 0..3 {
            assert_eq!(pace.spend(ms(50)), Ok(()));
        }

        assert_eq!((0..10).filter(|_| pace.spend(ms(90_000)).is_ok()).count(), 3);
    }
}
