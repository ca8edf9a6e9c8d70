//! Finishes lists of badges over which the server ended (`admin/badge_import/whole.rs`), in bursts, while people sign in.

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    admin::badge_import::whole::finish_burst,
    app::App,
    store::{StoreError, badge_imports},
};

/// The lists that were under way when the server ended; to be asked before anybody begins another.
///
/// # Errors
/// [`StoreError`].
pub async fn unfinished(app: &App) -> Result<Vec<Uuid>, StoreError> {
    let mut read = app.store.read().await?;
    badge_imports::unfinished(&mut read).await
}

/// Finishes these, or runs until `stop`. What is left then is finished after the next start.
pub async fn run(app: App, unfinished: Vec<Uuid>, stop: CancellationToken) {
    for id in unfinished {
        loop {
            if stop.is_cancelled() {
                return;
            }
            match finish_burst(&app, id).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::error!(%error, "A list of badges that was broken off could not be finished yet");
                    return;
                }
            }
        }
        tracing::info!(import.id = %id, "A list of badges that was broken off is finished");
    }
}
