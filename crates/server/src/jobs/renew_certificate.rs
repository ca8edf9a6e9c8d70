//! Renews the server's certificate in good time, and shows the new one to whoever connects next.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use axum_server::tls_rustls::RustlsConfig;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    clock::Clock,
    tls::{self, Renewal},
};

/// How often.
const EVERY: Duration = Duration::from_secs(24 * 3_600);

/// Runs until `stop`. The start has looked once.
pub async fn run(app: App, data: PathBuf, shown: RustlsConfig, stop: CancellationToken) {
    let mut is_owed = false;
    loop {
        let until = app.clock.now().saturating_add(EVERY).unwrap_or(Timestamp::MAX);
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.clock.sleep_until(until) => {}
        }
        is_owed |= renew(&data, app.clock.as_ref());
        if is_owed {
            match tls::load(&data) {
                Ok(identity) => {
                    shown.reload_from_config(identity.config);
                    is_owed = false;
                }
                Err(error) => tracing::error!("The renewed certificate cannot be used yet: {error:#}"),
            }
        }
    }
}

/// Renews the certificate below `data` if it is time, by whichever of the two times is later: workstations
/// check it by clocks of their own. Whether it is to be loaded: it was renewed, or may have been. What cannot
/// be renewed stays in use.
pub fn renew(data: &Path, clock: &dyn Clock) -> bool {
    match tls::renew(data, clock.now().max(clock.wall())) {
        Ok(Renewal::NotDue) => false,
        Ok(Renewal::Until(until)) => {
            tracing::info!(%until, "The server's certificate was renewed");
            true
        }
        Ok(Renewal::AuthorityEnds(at)) => {
            tracing::error!(%at, "The server's authority ends: make a new folder with `init` and enrol the workstations there");
            false
        }
        Err(error) => {
            tracing::error!("The server's certificate cannot be renewed: {error:#}");
            // It may have failed after the file was replaced.
            true
        }
    }
}
