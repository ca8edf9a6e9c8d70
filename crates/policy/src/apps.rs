//! The apps of a session. What an app may be is the launcher's to say: `launch_contract`.

use std::time::Duration;

/// What is started for whoever signs in, and how long it may take to save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apps {
    pub(crate) start: launch_contract::Apps,
    pub(crate) save_grace: Duration,
}

impl Apps {
    /// In the order in which they are started; the launcher takes them as they are.
    #[must_use]
    pub const fn start(&self) -> &launch_contract::Apps {
        &self.start
    }

    /// How long they may take to save before they are closed.
    #[must_use]
    pub const fn save_grace(&self) -> Duration {
        self.save_grace
    }
}

impl Default for Apps {
    fn default() -> Self {
        Self { start: launch_contract::Apps::default(), save_grace: Duration::from_secs(10) }
    }
}
