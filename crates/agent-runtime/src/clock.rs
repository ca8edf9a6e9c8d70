//! Time that keeps counting while the machine sleeps.
//!
//! A limit is a promise about the world's time, not about the time the processor was awake: a laptop
//! closed for an hour has been left alone for an hour. Deadlines are therefore kept on the boot clock,
//! which nobody can set; the wall clock is for records only, and its jumps are told.
//!
//! # Platform-specific behavior
//! - Linux: `CLOCK_BOOTTIME`; deadlines and jumps of the wall clock come from timer descriptors, so that
//!   nothing polls and a deadline slept over is told right after waking.
//! - Elsewhere: the time since the process started, by the system's own monotonic clock. Windows' and
//!   macOS' own sleep-counting clocks come with the installers issue; until then a deadline is looked at
//!   again every 15 s, and the wall clock every minute.

// The one place that asks what time it is.
#![allow(clippy::disallowed_methods, reason = "the one place that asks what time it is")]

use std::{future::Future, pin::Pin, time::Duration};

use agent_core::{event::Event, instant::Instant};
use jiff::Timestamp;

use crate::ports::{Clock, EventSink};

#[cfg_attr(target_os = "linux", path = "clock/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "clock/elsewhere.rs")]
mod imp;

#[cfg(all(feature = "e2e", target_os = "linux"))]
mod offset;
mod recheck;

/// The wall clock may differ from the boot clock by this much more or less than before without being told.
const WALL_CLOCK_JUMP_MIN: Duration = Duration::from_secs(2 * 60);

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    #[cfg(all(feature = "e2e", target_os = "linux"))]
    offset: offset::Offset,
}

impl SystemClock {
    /// The machine's clocks. Must be called within a tokio runtime.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "the e2e build has something to start")]
    pub fn new() -> Self {
        Self {
            #[cfg(all(feature = "e2e", target_os = "linux"))]
            offset: offset::Offset::from_environment(),
        }
    }

    /// Tells `WallClockJumped` each time the wall clock has moved by more than two minutes against the boot
    /// clock since it was last told. Never completes.
    pub async fn watch_wall_clock(&self, events: EventSink) {
        let mut jumps = Jumps::since(Readings::take());
        loop {
            imp::wall_clock_was_set().await;
            if jumps.has_jumped(Readings::take()) {
                events.send(Event::WallClockJumped);
            }
        }
    }
}

impl Clock for SystemClock {
    #[cfg(not(all(feature = "e2e", target_os = "linux")))]
    fn now(&self) -> Instant {
        Instant::from_boot(imp::since_boot())
    }

    #[cfg(all(feature = "e2e", target_os = "linux"))]
    fn now(&self) -> Instant {
        Instant::from_boot(imp::since_boot() + self.offset.current())
    }

    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }

    #[cfg(not(all(feature = "e2e", target_os = "linux")))]
    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(imp::sleep_until(deadline.since_boot()))
    }

    #[cfg(all(feature = "e2e", target_os = "linux"))]
    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.offset.sleep_until(deadline.since_boot()))
    }
}

/// Both clocks at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Readings {
    /// Since the machine started, sleep included.
    pub boot: Duration,
    /// What the wall clock says.
    pub wall: Timestamp,
}

/// Decides what is a jump of the wall clock, and tells each once.
#[derive(Debug)]
pub struct Jumps {
    told_at: Readings,
}

impl Jumps {
    /// Begins to watch.
    #[must_use]
    pub const fn since(begin: Readings) -> Self {
        Self { told_at: begin }
    }

    /// Whether the wall clock has moved by more than two minutes against the boot clock since that was last
    /// true; several small settings add up.
    pub fn has_jumped(&mut self, readings: Readings) -> bool {
        let has_jumped = readings.jumped_since(self.told_at);
        if has_jumped {
            self.told_at = readings;
        }
        has_jumped
    }
}

impl Readings {
    fn take() -> Self {
        Self { boot: imp::since_boot(), wall: Timestamp::now() }
    }

    /// Slewing and leap seconds are no jumps; many small settings that add up are one.
    fn jumped_since(self, earlier: Self) -> bool {
        let boot = i128::try_from(self.boot.saturating_sub(earlier.boot).as_nanos()).unwrap_or(i128::MAX);
        let wall = self.wall.as_nanosecond() - earlier.wall.as_nanosecond();
        (wall - boot).unsigned_abs() > WALL_CLOCK_JUMP_MIN.as_nanos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600;

    fn readings(boot: u64, wall: i64) -> Readings {
        Readings { boot: Duration::from_secs(boot), wall: Timestamp::from_second(wall).unwrap() }
    }

    #[test]
    fn an_hour_asleep_is_no_jump_because_both_clocks_counted_it() {
        assert!(!readings(2 * HOUR, 1_000_003_600).jumped_since(readings(HOUR, 1_000_000_000)));
    }

    #[test]
    fn two_minutes_are_borne_and_a_second_more_is_a_jump_in_either_direction() {
        let before = readings(HOUR, 1_000_000_000);

        assert!(!readings(HOUR + 10, 1_000_000_130).jumped_since(before));
        assert!(readings(HOUR + 10, 1_000_000_131).jumped_since(before));
        assert!(!readings(HOUR + 10, 999_999_890).jumped_since(before));
        assert!(readings(HOUR + 10, 999_999_889).jumped_since(before));
    }

    #[test]
    fn a_clock_set_back_to_1970_is_a_jump() {
        assert!(readings(HOUR, 0).jumped_since(readings(HOUR, 1_800_000_000)));
    }

    #[tokio::test]
    async fn the_clock_never_goes_back() {
        let clock = SystemClock::new();
        let mut last = clock.now();
        for _ in 0..1_000 {
            let now = clock.now();
            assert!(now >= last);
            last = now;
        }
    }

    #[tokio::test]
    async fn a_deadline_is_told_when_it_has_come_and_not_before() {
        let clock = SystemClock::new();
        let deadline = clock.now() + Duration::from_millis(20);

        clock.sleep_until(deadline).await;

        assert!(clock.now() >= deadline);
    }

    #[tokio::test]
    async fn a_deadline_already_past_is_told_at_once() {
        let clock = SystemClock::new();
        clock.sleep_until(clock.now()).await;
        clock.sleep_until(Instant::from_boot(Duration::ZERO)).await;
    }

    #[tokio::test]
    async fn a_clock_that_looks_again_tells_no_deadline_early() {
        let deadline = imp::since_boot() + Duration::from_millis(20);

        recheck::sleep_until(deadline, imp::since_boot).await;

        assert!(imp::since_boot() >= deadline);
    }
}
