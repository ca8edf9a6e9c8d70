//! Sleeping by a timer that may stop while the machine sleeps, with a second look now and then.

use std::time::Duration;

/// A machine that slept over a deadline is late by at most this much after it woke.
const SECOND_LOOK_EVERY: Duration = Duration::from_secs(15);

/// Completes once `now` has reached `deadline`.
pub(super) async fn sleep_until(deadline: Duration, now: impl Fn() -> Duration + Send) {
    loop {
        let remaining = deadline.saturating_sub(now());
        if remaining.is_zero() {
            return;
        }
        tokio::time::sleep(remaining.min(SECOND_LOOK_EVERY)).await;
    }
}
