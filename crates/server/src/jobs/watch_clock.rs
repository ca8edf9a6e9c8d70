//! Puts jumps of the wall clock on record. The server's own time does not follow them (`clock/slewed.rs`).

use std::time::Duration;

use audit::record::Alert;
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    clock::slewed::JUMPS_MAX,
    store::{StoreError, transact},
    trail::{self, About},
};

/// How often.
const EVERY: Duration = Duration::from_secs(60);

/// Runs until `stop`, and records what came since the last look before it returns: the next server begins with the
/// wall clock as it finds it.
pub async fn run(app: App, stop: CancellationToken) {
    let mut owed = 0;
    loop {
        let until = app.clock.now().saturating_add(EVERY).unwrap_or(jiff::Timestamp::MAX);
        for by in app.clock.take_jumps() {
            tracing::warn!(
                by_s = by.as_secs(),
                "The wall clock jumped; the server's time does not follow it. If this is a virtual machine that was \
                 paused, restart the server: its time is behind by the pause"
            );
            owed = JUMPS_MAX.min(owed + 1);
        }
        if owed > 0 {
            match record(&app, owed).await {
                Ok(()) => owed = 0,
                Err(error) => tracing::error!(%error, "A jump of the wall clock could not be recorded yet"),
            }
        }
        if stop.is_cancelled() {
            return;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = app.clock.sleep_until(until) => {}
        }
    }
}

async fn record(app: &App, times: usize) -> Result<(), StoreError> {
    transact!(app.store, |write| {
        for _ in 0..times {
            trail::alert(write, About::default(), Alert::ClockJumped, app.clock.now()).await?;
        }
        Ok::<_, StoreError>(())
    })
}
