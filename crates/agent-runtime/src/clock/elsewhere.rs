//! A monotonic clock and a second look now and then, for systems whose own timers come later.

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use super::recheck;

/// The wall clock is looked at this often.
const WALL_CLOCK_LOOK_EVERY: Duration = Duration::from_secs(60);

static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Time since the process first asked.
pub(super) fn since_boot() -> Duration {
    STARTED.elapsed()
}

/// Completes once [`since_boot`] has reached `deadline`.
pub(super) async fn sleep_until(deadline: Duration) {
    recheck::sleep_until(deadline, since_boot).await;
}

/// Completes when it is time to look whether somebody set the wall clock.
pub(super) async fn wall_clock_was_set() {
    tokio::time::sleep(WALL_CLOCK_LOOK_EVERY).await;
}
