//! Finishes lists of badges that were broken off, over the end of the server or a fault of the store
//! (`admin/badge_import/whole.rs`), in bursts, while people sign in.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    admin::badge_import::whole::finish_burst,
    app::App,
    store::{StoreError, badge_imports},
};

/// A list that cannot be finished is tried again after this, and then after twice as long each time.
const AGAIN_FIRST: Duration = Duration::from_secs(1);
/// But no longer.
const AGAIN_MAX: Duration = Duration::from_secs(60);

/// The lists that nobody but this job finishes any more.
#[derive(Debug, Default)]
pub struct Owed {
    lists: Mutex<BTreeSet<Uuid>>,
    added: Notify,
}

impl Owed {
    /// One more: it gets the records that it is owed, or is forgotten.
    pub fn add(&self, id: Uuid) {
        self.lists().insert(id);
        self.added.notify_one();
    }

    fn lists(&self) -> MutexGuard<'_, BTreeSet<Uuid>> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes on the lists that were under way at this server when it ended; to be done before anybody begins another.
///
/// # Errors
/// [`StoreError`].
pub async fn take_on(app: &App) -> Result<(), StoreError> {
    let mut read = app.store.read().await?;
    for id in badge_imports::unfinished(&mut read, app.store.node()).await? {
        app.owed_imports.add(id);
    }
    Ok(())
}

/// Runs until `stop`. What is left then is finished after the next start.
pub async fn run(app: App, stop: CancellationToken) {
    let mut again = AGAIN_FIRST;
    loop {
        let lists = app.owed_imports.lists().clone();
        for id in lists {
            match finish(&app, id, &stop).await {
                Ok(()) if stop.is_cancelled() => return,
                Ok(()) => {
                    app.owed_imports.lists().remove(&id);
                    tracing::info!(import.id = %id, "A list of badges that was broken off is finished");
                }
                Err(error) => {
                    tracing::error!(%error, import.id = %id, "A list of badges could not be finished yet");
                }
            }
        }
        let is_any_left = !app.owed_imports.lists().is_empty();
        let until = app.clock.now().saturating_add(again).unwrap_or(Timestamp::MAX);
        again = if is_any_left { again.saturating_mul(2).min(AGAIN_MAX) } else { AGAIN_FIRST };
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.owed_imports.added.notified() => {}
            () = app.clock.sleep_until(until), if is_any_left => {}
        }
    }
}

async fn finish(app: &App, id: Uuid, stop: &CancellationToken) -> Result<(), StoreError> {
    while !stop.is_cancelled() && finish_burst(app, id).await? {}
    Ok(())
}
