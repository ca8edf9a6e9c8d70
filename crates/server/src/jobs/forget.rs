//! Deletes what is over: spent proofs, attempts, challenges, old failures, dead codes. Never a record.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{app::App, store};

/// How often.
const EVERY: Duration = Duration::from_secs(600);

/// Runs until `stop`.
pub async fn run(app: App, stop: CancellationToken) {
    loop {
        let until = app.clock.now().saturating_add(EVERY).unwrap_or(jiff::Timestamp::MAX);
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.clock.sleep_until(until) => {}
        }
        if let Err(error) = store::forget(&app.store, &app.keys.index, app.clock.now()).await {
            tracing::error!(%error, "What is over could not be deleted");
        }
    }
}
