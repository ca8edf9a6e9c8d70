//! What other servers of one database tell workstations whose streams are open here, and the other way round.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    events::Told,
    store::{Heard, Peers, SAID_SIZE_BYTES_MAX},
};

/// Wait this long when the database does not answer.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// So often something is said before it is given up.
const SAY_TRIES: u32 = 3;

/// Runs until `stop`.
pub async fn hear(app: App, mut peers: Peers, stop: CancellationToken) {
    loop {
        let heard = tokio::select! {
            () = stop.cancelled() => return,
            heard = peers.hear() => heard,
        };
        match heard {
            Ok(Heard::Said(text)) => match serde_json::from_str(&text) {
                Ok(Told { from, .. }) if from == app.store.node() => {}
                Ok(Told { workstation_id, event, .. }) => app.events.tell_here(workstation_id, &event),
                // Of a version that has more to say.
                Err(_) => tracing::debug!("Another server said what this one does not know"),
            },
            Ok(Heard::Missed) => {
                tracing::warn!(
                    "What other servers said was not heard for a while: every stream is opened again"
                );
                app.events.close();
                app.deadlines_changed.notify_one();
            }
            Err(error) => {
                tracing::warn!(%error, "Other servers cannot be heard");
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(RETRY_AFTER) => {}
                }
            }
        }
    }
}

/// Runs until `stop`, which comes once no request is under way, and then says what is left.
pub async fn say(app: App, mut told: mpsc::Receiver<Told>, stop: CancellationToken) {
    loop {
        let next = tokio::select! {
            biased;
            next = told.recv() => next,
            () = stop.cancelled() => told.try_recv().ok(),
        };
        let Some(next) = next else { return };
        let text = serde_json::to_string(&next).unwrap_or_else(|_| unreachable!("an event is plain data"));
        if text.len() > SAID_SIZE_BYTES_MAX {
            tracing::warn!(workstation.id = %next.workstation_id, "Other servers are not told: it is too long");
            continue;
        }
        for tries_left in (0..SAY_TRIES).rev() {
            match app.store.say(&text).await {
                Ok(()) => break,
                Err(error) if tries_left == 0 => {
                    tracing::error!(%error, workstation.id = %next.workstation_id, "Other servers could not be told");
                }
                Err(_) => tokio::time::sleep(RETRY_AFTER).await,
            }
        }
    }
}
