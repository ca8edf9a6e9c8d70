//! The X server's clock.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Time since boot without the machine's sleep, which is how the X server counts.
pub(super) fn awake() -> Duration {
    let time = clock_gettime(ClockId::Monotonic);
    // This clock is never negative.
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
