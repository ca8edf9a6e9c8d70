//! The diagnostic log: standard error, for the people who run the server. The audit record is
//! elsewhere and shares no path with it.

use std::io::IsTerminal as _;

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

/// Starts the log. `TAPWARD_LOG` filters it, for example `debug` or `server=debug`; `json` writes it for
/// programs.
pub fn start(json: bool) {
    let filter = EnvFilter::try_from_env("TAPWARD_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    // A log that was started before stays.
    let _ = if json {
        registry.with(fmt::layer().json().with_writer(std::io::stderr)).try_init()
    } else {
        registry
            .with(fmt::layer().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr))
            .try_init()
    };
}
