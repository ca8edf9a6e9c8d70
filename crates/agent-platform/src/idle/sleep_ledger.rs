//! From a clock that stops while the machine sleeps to one that does not.
//!
//! The X server counts idle time on a clock that stands still during sleep. Its "idle for 3 minutes" after
//! an hour's sleep may be 63 minutes. The ledger keeps when the machine slept and for how long, and puts
//! the last input where it belongs.

use std::{collections::VecDeque, time::Duration};

use agent_core::instant::Instant;

/// One reading of both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// Stands still during sleep.
    pub(super) awake: Duration,
    /// Does not.
    pub(super) since_boot: Duration,
}

/// A difference smaller than this is the time between two readings, not sleep.
const SLEEP_MIN: Duration = Duration::from_millis(100);
/// Older sleeps are forgotten; input between two of them counts as before both.
const SLEEPS_MAX: usize = 64;

/// Sleeps of this machine, as far as they were noticed.
#[derive(Debug, Default)]
pub(super) struct SleepLedger {
    /// From this awake time on, the machine had slept this long in all. Oldest first.
    slept: VecDeque<(Duration, Duration)>,
}

impl SleepLedger {
    /// Notes a sleep between the last call and this one. Called as soon as the machine wakes, it is
    /// exact; called later, input in between counts as before the sleep (on doubt, inactive).
    pub(super) fn observe(&mut self, now: Moment) {
        let slept = now.since_boot.saturating_sub(now.awake);
        let known = self.slept.back().map(|(_, slept)| *slept);
        match known {
            None => self.slept.push_back((Duration::ZERO, slept)),
            Some(known) if slept > known + SLEEP_MIN => {
                self.slept.push_back((now.awake, slept));
                if self.slept.len() > SLEEPS_MAX {
                    self.slept.remove(1);
                }
            }
            Some(_) => {}
        }
    }

    /// The instant of `awake`, a point on the clock that stands still during sleep.
    pub(super) fn instant(&self, awake: Duration) -> Instant {
        let slept = self
            .slept
            .iter()
            .rev()
            .find(|(from, _)| *from <= awake)
            .or_else(|| self.slept.front())
            .map_or(Duration::ZERO, |(_, slept)| *slept);
        Instant::from_boot(awake + slept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_sleep_both_clocks_agree() {
        let mut ledger = SleepLedger::default();
        ledger.observe(moment(100, 0));

        assert_eq!(ledger.instant(secs(90)), at(90));
    }

    #[test]
    fn sleep_before_we_started_is_in_every_instant() {
        let mut ledger = SleepLedger::default();
        ledger.observe(moment(100, 50));

        assert_eq!(ledger.instant(secs(90)), at(140));
    }

    #[test]
    fn an_hours_sleep_counts_as_inactivity() {
        let mut ledger = SleepLedger::default();
        ledger.observe(moment(100, 0));
        ledger.observe(moment(200, 3600));

        // Typed before the machine slept: the hour lies between.
        assert_eq!(ledger.instant(secs(150)), at(150));
        // Typed after it woke.
        assert_eq!(ledger.instant(secs(210)), at(3810));
    }

    #[test]
    fn several_sleeps_add_up_and_each_input_keeps_its_place() {
        let mut ledger = SleepLedger::default();
        ledger.observe(moment(10, 0));
        ledger.observe(moment(20, 100));
        ledger.observe(moment(30, 300));

        assert_eq!(ledger.instant(secs(15)), at(15));
        assert_eq!(ledger.instant(secs(25)), at(125));
        assert_eq!(ledger.instant(secs(35)), at(335));
    }

    #[test]
    fn input_before_a_sleep_noticed_late_is_never_moved_behind_it() {
        let mut ledger = SleepLedger::default();
        ledger.observe(moment(10, 0));
        ledger.observe(moment(500, 3600));

        assert_eq!(ledger.instant(secs(499)), at(499));
    }

    #[test]
    fn a_slow_reading_of_the_clocks_is_no_sleep() {
        let mut ledger = SleepLedger::default();
        ledger.observe(Moment { awake: secs(10), since_boot: secs(10) });
        ledger.observe(Moment { awake: secs(20), since_boot: secs(20) + Duration::from_millis(40) });

        assert_eq!(ledger.instant(secs(25)), at(25));
    }

    #[test]
    fn the_ledger_stays_small_and_what_is_older_counts_as_before() {
        let mut ledger = SleepLedger::default();
        for n in 0..1000 {
            ledger.observe(moment(n * 10, n * 100));
        }

        assert!(ledger.slept.len() <= SLEEPS_MAX);
        assert_eq!(ledger.instant(secs(9990)), at(9990 + 99_900));
        assert_eq!(ledger.instant(secs(5)), at(5));
    }

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn at(n: u64) -> Instant {
        Instant::from_boot(secs(n))
    }

    fn moment(awake: u64, slept: u64) -> Moment {
        Moment { awake: secs(awake), since_boot: secs(awake + slept) }
    }
}
