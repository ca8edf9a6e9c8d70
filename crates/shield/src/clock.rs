//! The two clocks of the machine.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::supervise::Moment;

/// Now, on both.
pub(crate) fn now() -> Moment {
    Moment { boot: read(ClockId::Boottime), awake: read(ClockId::Monotonic) }
}

fn read(clock: ClockId) -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
    // Neither clock is ever negative; if one were, every deadline would be far off, so it counts as the start.
    Duration::new(u64::try_from(tv_sec).unwrap_or(0), u32::try_from(tv_nsec).unwrap_or(0))
}
