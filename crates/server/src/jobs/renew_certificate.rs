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
    tls::{self, Renewal},
};

/// How often.
const EVERY: Duration = Duration::from_secs(24 * 3_600);

/// Runs until `stop`. The start has looked once.
pub async fn run(app: App, data: PathBuf, shown: RustlsConfig, stop: CancellationToken) {
    loop {
        let until = app.clock.now().saturating_add(EVERY).unwrap_or(Timestamp::MAX);
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.clock.sleep_until(until) => {}
        }
        if renew(&data, app.clock.now()) {
            match tls::load(&data) {
                Ok(identity) => shown.reload_from_config(identity.config),
                Err(error) => tracing::error!("The renewed certificate cannot be used: {error:#}"),
            }
        }
    }
}

/// Renews the certificate below `data` if it is time; whether it did. What cannot be renewed stays in use.
pub fn renew(data: &Path, now: Timestamp) -> bool {
    match tls::renew(data, now) {
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
            tracing::error!("The server's certificate ends soon and cannot be renewed: {error:#}");
            false
        }
    }
}
