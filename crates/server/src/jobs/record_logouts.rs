//! Writes the logout that a workstation owes and never delivered: each session that ended has one.
//!
//! What the server ends itself it records in the same transaction (`ending.rs`). What ends by its
//! workstation's word is the workstation's to record, for it knows best when and why; its spool delivers
//! within moments, or once it is back. A workstation that was lost, reset or revoked first never does. A
//! day after the end the server writes what it was told, under the id that both give the record: one that
//! comes later finds it there and is taken as delivered.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    store::{StoreError, transact, unsettled_ends},
    trail,
};

/// How often.
const EVERY: Duration = Duration::from_secs(600);
/// A workstation has this long to deliver the record itself.
pub const WAITED_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Sessions that one transaction takes.
const BATCH: i64 = 100;

/// Runs until `stop`.
pub async fn run(app: App, stop: CancellationToken) {
    loop {
        let until = app.clock.now().saturating_add(EVERY).unwrap_or(Timestamp::MAX);
        if let Err(error) = settle(&app).await {
            tracing::error!(%error, "Logouts that were never delivered could not be recorded yet");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.clock.sleep_until(until) => {}
        }
    }
}

/// Records what is owed by now.
///
/// # Errors
/// [`StoreError`].
pub async fn settle(app: &App) -> Result<(), StoreError> {
    loop {
        let now = app.clock.now();
        let before = now.saturating_sub(WAITED_FOR).unwrap_or(Timestamp::MIN);
        if unsettled_ends::due(&mut app.store.read().await?, before, 1).await?.is_empty() {
            return Ok(());
        }
        transact!(app.store, |write| {
            for ended in unsettled_ends::due(write, before, BATCH).await? {
                if trail::logout(write, &ended.row, ended.cause, ended.at, now).await? {
                    let session = &ended.row;
                    tracing::warn!(
                        session.id = %session.id,
                        workstation.id = %session.workstation_id,
                        "Logout recorded by the server: its workstation never delivered it"
                    );
                }
                unsettled_ends::settle(write, ended.row.id).await?;
            }
            Ok::<_, StoreError>(())
        })?;
    }
}
