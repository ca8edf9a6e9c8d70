//! Puts a jump of the wall clock on record. The server's own time does not follow it (`clock/slewed.rs`).

use std::time::Duration;

use audit::record::Alert;
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    store::StoreError,
    trail::{self, About},
};

/// How often.
const EVERY: Duration = Duration::from_secs(60);

/// Runs until `stop`.
pub async fn run(app: App, stop: CancellationToken) {
    let mut is_owed = false;
    loop {
        let until = app.clock.now().saturating_add(EVERY).unwrap_or(jiff::Timestamp::MAX);
        if let Some(by) = app.clock.take_jump() {
            tracing::warn!(
                by_s = by.as_secs(),
                "The wall clock jumped; the server's time does not follow it"
            );
            is_owed = true;
        }
        if is_owed {
            match record(&app).await {
                Ok(()) => is_owed = false,
                Err(error) => tracing::error!(%error, "A jump of the wall clock could not be recorded yet"),
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.clock.sleep_until(until) => {}
        }
    }
}

async fn record(app: &App) -> Result<(), StoreError> {
    let mut write = app.store.write().await?;
    trail::alert(&mut write, About::default(), Alert::ClockJumped, app.clock.now()).await?;
    write.commit().await
}
