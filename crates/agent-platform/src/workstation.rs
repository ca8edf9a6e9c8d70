//! What the adapters share once this workstation is known to be fit: start-up fills it, the others read it.

use std::sync::{Arc, OnceLock};

use agent_runtime::ports::Enrolment;
use tokio::sync::Notify;

use crate::{server_link::ServerLink, spool::SpoolThread};

/// An enrolled workstation, its key in hand and its spool open.
#[derive(Debug)]
pub struct FitWorkstation {
    /// Who it is.
    pub enrolment: Enrolment,
    /// To its server.
    pub link: Arc<ServerLink>,
    /// Its records.
    pub spool: SpoolThread,
}

/// Nothing until start-up went well for the first time; then the same for the life of the process.
#[derive(Debug, Clone, Default)]
pub struct Workstation(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    fit: OnceLock<Arc<FitWorkstation>>,
    became_fit: Notify,
}

impl Workstation {
    /// The workstation, once it is fit.
    #[must_use]
    pub fn fit(&self) -> Option<Arc<FitWorkstation>> {
        self.0.fit.get().cloned()
    }

    /// Waits until it is.
    pub async fn until_fit(&self) -> Arc<FitWorkstation> {
        loop {
            let became_fit = self.0.became_fit.notified();
            if let Some(fit) = self.fit() {
                return fit;
            }
            became_fit.await;
        }
    }

    /// Start-up went well; what was told first stands.
    pub(crate) fn become_fit(&self, fit: Arc<FitWorkstation>) -> Arc<FitWorkstation> {
        let fit = Arc::clone(self.0.fit.get_or_init(|| fit));
        self.0.became_fit.notify_waiters();
        fit
    }
}
