//! `CLOCK_BOOTTIME` and timer descriptors (`timerfd_create(2)`).

use std::{future::pending, io, os::fd::OwnedFd, time::Duration};

use rustix::{
    io::Errno,
    time::{
        ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
        timerfd_create, timerfd_settime,
    },
};
use tokio::io::{Interest, unix::AsyncFd};
use tracing::warn;

use super::recheck;

const NEVER: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
/// Some far day: the timer is there to be cancelled, not to fire.
const FAR_DAY: Timespec = Timespec { tv_sec: 1 << 40, tv_nsec: 0 };

/// Time since boot, sleep included.
pub(super) fn since_boot() -> Duration {
    // The boot clock is never negative.
    Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default()
}

/// Completes once [`since_boot`] has reached `deadline`, right after waking when the machine slept over it.
pub(super) async fn sleep_until(deadline: Duration) {
    if since_boot() >= deadline {
        return;
    }
    if let Err(error) = timer_reaches(deadline).await {
        warn!(%error, "No timer descriptor is to be had; looking at the clock every few seconds instead");
        recheck::sleep_until(deadline, since_boot).await;
    }
}

/// Completes when somebody set the wall clock; may also complete without, for example after resume.
pub(super) async fn wall_clock_was_set() {
    match wall_clock_timer_is_cancelled().await {
        Ok(()) => {}
        Err(error) => {
            warn!(%error, "Jumps of the wall clock cannot be seen");
            pending::<()>().await;
        }
    }
}

async fn timer_reaches(deadline: Duration) -> io::Result<()> {
    let timer = timerfd_create(TimerfdClockId::Boottime, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
    let at = Timespec::try_from(deadline).map_err(|_| Errno::OVERFLOW)?;
    timerfd_settime(&timer, TimerfdTimerFlags::ABSTIME, &Itimerspec { it_interval: NEVER, it_value: at })?;
    let timer = watched(timer)?;
    let _ready = timer.readable().await?;
    Ok(())
}

async fn wall_clock_timer_is_cancelled() -> io::Result<()> {
    let timer = timerfd_create(TimerfdClockId::Realtime, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
    let armed = timerfd_settime(
        &timer,
        TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET,
        &Itimerspec { it_interval: NEVER, it_value: FAR_DAY },
    );
    match armed {
        Ok(_) => {}
        // The clock was set between the two calls.
        Err(Errno::CANCELED) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    let timer = watched(timer)?;
    loop {
        let mut ready = timer.readable().await?;
        match ready.try_io(read_once) {
            // The far day has come, or `ECANCELED`: the clock was set.
            Ok(_) => return Ok(()),
            Err(_would_block) => {}
        }
    }
}

#[expect(unsafe_code, reason = "tokio's registration asks for a promise about the descriptor")]
fn watched(timer: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` keeps one descriptor open and the same until it is dropped, and `AsyncFd`
    // deregisters it before it drops it; nobody takes it out.
    unsafe { AsyncFd::register_with_interest(timer, Interest::READABLE) }.map_err(io::Error::from)
}

fn read_once(timer: &AsyncFd<OwnedFd>) -> io::Result<usize> {
    Ok(rustix::io::read(timer.get_ref(), &mut [0_u8; 8])?)
}
