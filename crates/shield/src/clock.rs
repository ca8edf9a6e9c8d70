//! The clocks of the machine.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::supervise::Moment;

/// Now, on the two that are counted with.
pub(crate) fn now() -> Moment {
    Moment { boot: read(ClockId::Boottime), awake: read(ClockId::Monotonic) }
}

/// The time of day, so long ago, as a clock on the wall shows it: `14:32`.
#[expect(unsafe_code, reason = "only the C library knows the time zone")]
pub(crate) fn time_of_day(ago: Duration) -> String {
    let Timespec { tv_sec, .. } = clock_gettime(ClockId::Realtime);
    let at: libc::time_t = tv_sec.saturating_sub_unsigned(ago.as_secs());
    // SAFETY: both point to values of ours; the structure is plain numbers and a pointer that is not read.
    let local = unsafe {
        let mut local: libc::tm = std::mem::zeroed();
        if libc::localtime_r(&raw const at, &raw mut local).is_null() {
            return String::new();
        }
        local
    };
    format!("{:02}:{:02}", local.tm_hour, local.tm_min)
}

fn read(clock: ClockId) -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
    // Neither clock is ever negative; if one were, every deadline would be far off, so it counts as the start.
    Duration::new(u64::try_from(tv_sec).unwrap_or(0), u32::try_from(tv_nsec).unwrap_or(0))
}
