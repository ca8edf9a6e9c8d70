//! Lets sessions lapse, and gives lapsed ones up, when their time has come. It sleeps until then.
//!
//! Requests apply the same rules to the session they concern, so nothing depends on how soon this runs.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    ending,
    session::{State, expiry},
    store::{StoreError, sessions, transact},
};

/// Sessions that one transaction takes.
const BATCH: i64 = 100;
/// Sleep at most this long: a deadline may have come up without word.
const SLEEP_MAX: Duration = Duration::from_secs(3_600);
/// And at most this long where other servers open sessions too: they do not say so, and may be gone.
const SLEEP_MAX_SHARED: Duration = Duration::from_secs(5);
/// Wait this long when the database does not answer.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Runs until `stop`.
pub async fn run(app: App, stop: CancellationToken) {
    let sleep_max = if app.store.is_shared() { SLEEP_MAX_SHARED } else { SLEEP_MAX };
    loop {
        let now = app.clock.now();
        let bound = now.saturating_add(sleep_max).unwrap_or(jiff::Timestamp::MAX);
        let until = match expire(&app).await {
            Ok(next) => next.map_or(bound, |next| next.min(bound)),
            Err(error) => {
                tracing::error!(%error, "Sessions could not be checked for their limits");
                now.saturating_add(RETRY_AFTER).unwrap_or(bound)
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.clock.sleep_until(until) => {}
            () = app.deadlines_changed.notified() => {}
        }
    }
}

/// Applies what is due, and returns when something is due next.
///
/// # Errors
/// [`StoreError`].
pub async fn expire(app: &App) -> Result<Option<jiff::Timestamp>, StoreError> {
    loop {
        let now = app.clock.now();
        let due = {
            let mut read = app.store.read().await?;
            let next = sessions::next_due(&mut read).await?;
            if next.is_none_or(|next| next > now) {
                return Ok(next);
            }
            sessions::due(&mut read, now, BATCH).await?
        };
        let all_ended = transact!(app.store, |write| {
            let mut all_ended = Vec::new();
            for seen in &due {
                // It may have moved on since it was read without the write lock.
                let Some(mut row) = sessions::find(write, seen.id).await? else {
                    continue;
                };
                match expiry::due(&row.session, now) {
                    Some(expiry::Due::Lapse) => {
                        row.session.state = State::Lapsed { since: now };
                        sessions::update(write, row.id, &row.session).await?;
                        tracing::info!(session.id = %row.id, workstation.id = %row.workstation_id, "Session lapsed");
                    }
                    Some(expiry::Due::End(cause)) => {
                        all_ended.extend(ending::end(write, &row, cause, now).await?);
                    }
                    None => {}
                }
            }
            Ok::<_, StoreError>(all_ended)
        })?;
        all_ended.into_iter().for_each(|ended| ended.tell(app));
    }
}
