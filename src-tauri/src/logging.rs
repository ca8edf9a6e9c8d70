//! The diagnostic log: standard error (the journal), as text or JSON.
//!
//! Other people's crates log what they handle: header values, URLs, keys. They are heard from `warn` up only,
//! whatever is configured, so that no setting can bring a credential into the log.

use std::{
    io::IsTerminal as _,
    panic::{self, PanicHookInfo},
};

use clap::ValueEnum;
use tracing::{Level, Metadata, error};
use tracing_subscriber::{Layer as _, filter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Crates of ours, as log targets.
const OURS: &[&str] = &[
    "tapward_agent",
    "agent_core",
    "agent_runtime",
    "agent_platform",
    "audit",
    "audit_spool",
    "policy",
    "protocol",
    "shield_contract",
];

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging at `level` and has panics logged; text on a terminal and JSON elsewhere, unless said. Once
/// per process.
///
/// # Errors
/// When something else took the log before.
pub fn start(level: Level, format: Option<Format>) -> anyhow::Result<()> {
    let ours_only = filter::filter_fn(move |metadata| is_logged(metadata, level)).with_max_level_hint(level);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    let by_default = if std::io::stderr().is_terminal() { Format::Text } else { Format::Json };
    let lines = match format.unwrap_or(by_default) {
        Format::Text => lines.with_ansi(false).boxed(),
        Format::Json => lines.json().boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(ours_only)).try_init()?;
    panic::set_hook(Box::new(log_panic));
    Ok(())
}

fn is_logged(metadata: &Metadata<'_>, level: Level) -> bool {
    let most = if is_ours(metadata.target()) { level } else { level.min(Level::WARN) };
    *metadata.level() <= most
}

fn is_ours(target: &str) -> bool {
    let name = target.split("::").next().unwrap_or(target);
    OURS.contains(&name)
}

/// A formatted panic message can hold anything; only literal ones are logged, and where it was.
fn log_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let message = info.payload().downcast_ref::<&'static str>().copied().unwrap_or("(withheld)");
    error!(panic.place = place, panic.message = message, "The agent gave up; the screen is covered");
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        sync::{Arc, Mutex, PoisonError},
    };

    use super::*;

    #[test]
    fn our_own_crates_are_heard_at_the_configured_level() {
        assert!(is_ours("agent_runtime::event_loop"));
        assert!(is_ours("tapward_agent"));
    }

    #[test]
    fn a_crate_with_a_name_like_ours_is_not_ours() {
        for target in ["audit_evil", "agent_runtime_x::y", "hyper::client", "reqwest", "h2", "zbus", ""] {
            assert!(!is_ours(target), "{target}");
        }
    }

    #[test]
    fn no_level_lets_another_crate_log_what_it_handles() {
        let logged = logged_at(Level::TRACE, || {
            tracing::trace!(target: "agent_platform::session_server", "ours");
            tracing::trace!(target: "hyper::proto", "authorization: DPoP canary");
            tracing::debug!(target: "reqwest::connect", "canary");
            tracing::info!(target: "zbus", "canary");
            tracing::warn!(target: "tao", "theirs");
        });

        assert!(logged.contains("ours") && logged.contains("theirs"), "{logged}");
        assert!(!logged.contains("canary"), "{logged}");
    }

    #[test]
    fn a_stricter_level_holds_for_everyone() {
        let logged = logged_at(Level::ERROR, || {
            tracing::warn!(target: "tapward_agent", "canary");
            tracing::warn!(target: "tao", "canary");
            tracing::error!(target: "tapward_agent", "ours");
        });

        assert!(logged.contains("ours") && !logged.contains("canary"), "{logged}");
    }

    fn logged_at(level: Level, then: impl FnOnce()) -> String {
        let written = Written::default();
        let writer = written.clone();
        let lines = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
        let lines = lines.with_filter(filter::filter_fn(move |metadata| is_logged(metadata, level)));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), then);
        String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
    }

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
}
