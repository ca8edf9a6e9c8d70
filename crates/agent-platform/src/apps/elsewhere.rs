//! Where there is no launcher.

use agent_runtime::ports::EventSink;
use tokio::sync::mpsc::UnboundedSender;
use tracing::warn;

use super::{AppsSettings, LauncherFacts, Order};

pub(super) fn start(settings: AppsSettings, _sink: EventSink) -> Option<UnboundedSender<Order>> {
    if !settings.apps.start().as_slice().is_empty() {
        warn!("Policy lists apps, and this system has no launcher to start them");
    }
    None
}

/// No launcher answers here.
///
/// # Errors
/// Never.
pub fn look(_settings: &AppsSettings) -> Result<Option<LauncherFacts>, String> {
    Ok(None)
}
