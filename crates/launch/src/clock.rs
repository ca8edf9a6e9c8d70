//! The clock: it counts sleep, so that a frozen session does not wait out a night.

use std::time::Duration;

use rustix::{
    event::{PollFd, Timespec, poll},
    time::{ClockId, clock_gettime},
};

/// Since boot.
pub(crate) fn now() -> Duration {
    let at = clock_gettime(ClockId::Boottime);
    // The clock is never negative; if it were, every deadline would be far off, so it counts as the start.
    Duration::new(u64::try_from(at.tv_sec).unwrap_or(0), u32::try_from(at.tv_nsec).unwrap_or(0))
}

/// Asks `is_done` every few milliseconds until it says so or the time is over; tells whether it did.
pub(crate) fn wait(at_most: Duration, mut is_done: impl FnMut() -> bool) -> bool {
    let deadline = now() + at_most;
    loop {
        if is_done() {
            return true;
        }
        if now() >= deadline {
            return false;
        }
        let _ = poll(&mut [] as &mut [PollFd<'_>], Some(&Timespec { tv_sec: 0, tv_nsec: 3_000_000 }));
    }
}
