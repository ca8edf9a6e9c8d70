//! The apps of a session, by `tapward-launch`.
//!
//! The launcher runs them as another OS user and is reached at a socket that systemd made (`launch_contract::SOCKET_PATH`). On
//! a machine where agent and apps share one OS account the agent starts a launcher of its own; then nothing keeps apps and
//! agent apart, which `doctor` says.
//!
//! `desk` decides what is said to it; here and in `link` is only how.
//!
//! # Platform-specific behavior
//! - **Linux**: as above.
//! - **Windows, macOS**: there is no launcher; no app is started, whatever policy lists.

#[cfg(target_os = "linux")]
mod desk;

#[cfg_attr(target_os = "linux", path = "apps/link.rs")]
#[cfg_attr(not(target_os = "linux"), path = "apps/elsewhere.rs")]
mod imp;

use std::{path::PathBuf, time::Duration};

use agent_core::{
    apps::{CloseHow, RunReason, SaveReason},
    event::Event,
    ids::SessionId,
};
use agent_runtime::{
    config::AppsAccount,
    ports::{Apps, EventSink},
};
use tokio::sync::{mpsc, oneshot};

pub use imp::look;

/// Which apps there are, and how the launcher is reached.
#[derive(Debug, Clone)]
pub struct AppsSettings {
    /// What policy lists.
    pub apps: policy::Apps,
    /// Whose account they run in.
    pub account: AppsAccount,
    /// Where the launcher of a separate account listens.
    pub socket: PathBuf,
    /// The launcher's program, for a shared account.
    pub program: PathBuf,
    /// The X display; `$DISPLAY` by default.
    pub display: Option<String>,
}

impl Default for AppsSettings {
    fn default() -> Self {
        Self {
            apps: policy::Apps::default(),
            account: AppsAccount::Separate,
            socket: PathBuf::from(launch_contract::SOCKET_PATH),
            program: PathBuf::from("/usr/lib/tapward/tapward-launch"),
            display: None,
        }
    }
}

/// What the launcher says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LauncherFacts {
    /// Apps run in an account of their own.
    pub is_separate: bool,
    /// What holds the processes of a session together, in words.
    pub containment: &'static str,
    /// Whether apps can be frozen while somebody else types.
    pub can_freeze: bool,
    /// Why none can be started, as a code.
    pub problem: Option<&'static str>,
}

/// What is left of an earlier session could not be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what is left of an earlier session's apps could not be taken away")]
pub struct NotCleared;

/// One wish of the core, or of start-up.
#[derive(Debug)]
enum Order {
    Run(SessionId, RunReason),
    Save(SessionId, SaveReason),
    Freeze(SessionId),
    Close(SessionId, CloseHow),
    Clear(oneshot::Sender<Result<(), NotCleared>>),
}

/// [`Apps`] by the launcher.
#[derive(Debug, Clone)]
pub struct LaunchedApps {
    /// `None` where there is neither a launcher nor an app.
    orders: Option<mpsc::UnboundedSender<Order>>,
    sink: EventSink,
}

impl LaunchedApps {
    /// Connects when it is first needed, and again whenever the connection was lost. To be called within a tokio runtime.
    #[must_use]
    pub fn start(settings: AppsSettings, sink: EventSink) -> Self {
        let orders = imp::start(settings, sink.clone());
        Self { orders, sink }
    }

    /// Has everything that is left of an earlier session's apps ended and taken away.
    ///
    /// # Errors
    /// [`NotCleared`] where the launcher does not answer within `limit`, or says that something is left.
    pub async fn clear(&self, limit: Duration) -> Result<(), NotCleared> {
        let Some(orders) = &self.orders else { return Ok(()) };
        let (reply, cleared) = oneshot::channel();
        orders.send(Order::Clear(reply)).map_err(|_| NotCleared)?;
        match tokio::time::timeout(limit, cleared).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(NotCleared),
        }
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // The task lives as long as the process.
            let _ = orders.send(order);
        }
    }
}

impl Apps for LaunchedApps {
    fn run(&self, session: SessionId, why: RunReason) {
        if self.orders.is_none() && why == RunReason::Anew {
            self.sink.send(Event::AppsGone { session });
        }
        self.order(Order::Run(session, why));
    }

    fn save(&self, session: SessionId, why: SaveReason) {
        self.order(Order::Save(session, why));
    }

    fn freeze(&self, session: SessionId) {
        self.order(Order::Freeze(session));
    }

    fn close(&self, session: SessionId, how: CloseHow) {
        if self.orders.is_none() {
            return self.sink.send(Event::AppsGone { session });
        }
        self.order(Order::Close(session, how));
    }
}
