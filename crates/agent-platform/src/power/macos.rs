//! Nothing is told yet: sleep is seen by the clock that counts it, when the machine is awake again.

use agent_runtime::ports::EventSink;

/// Holds nothing.
#[derive(Debug)]
pub(super) struct Watch;

impl Watch {
    pub(super) fn start(_bus: Option<String>, _sink: EventSink) -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "the same on every system")]
    pub(super) fn allow_sleep(&self) {}
}
