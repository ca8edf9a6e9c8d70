//! [`Clock`].

use std::time::Duration;

use agent_core::instant::Instant;
use agent_runtime::ports::Clock;
use anyhow::ensure;

/// Time never goes back.
///
/// # Errors
/// The broken promise.
pub fn never_goes_back(clock: &impl Clock) -> anyhow::Result<()> {
    let mut last = clock.now();
    for _ in 0..1_000 {
        let now = clock.now();
        ensure!(now >= last, "{now:?} came after {last:?}");
        last = now;
    }
    Ok(())
}

/// A deadline that is past, or now, is reached at once.
pub async fn a_past_deadline_is_reached(clock: &impl Clock) {
    clock.sleep_until(Instant::from_boot(Duration::ZERO)).await;
    clock.sleep_until(clock.now()).await;
}

/// A deadline is reached when it has come and not before, the nearer of two first. `pass` lets that much time
/// pass, by waiting or by moving the clock.
///
/// # Errors
/// The broken promise.
pub async fn a_deadline_is_reached_when_it_comes(
    clock: &impl Clock,
    pass: impl AsyncFnOnce(Duration),
) -> anyhow::Result<()> {
    let near = clock.now() + Duration::from_millis(20);
    let far = clock.now() + Duration::from_millis(60);
    let sleeps = async {
        let first = tokio::select! {
            () = clock.sleep_until(far) => far,
            () = clock.sleep_until(near) => near,
        };
        (first, clock.now())
    };
    let ((first, reached_at), ()) = tokio::join!(sleeps, pass(Duration::from_millis(20)));
    ensure!(first == near, "the later deadline was reached first");
    ensure!(reached_at >= near, "{near:?} was reached at {reached_at:?}");
    Ok(())
}
