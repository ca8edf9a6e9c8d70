//! org.freedesktop.login1, by D-Bus.

use std::{sync::Arc, time::Duration};

use agent_core::event::Event;
use agent_runtime::ports::EventSink;
use futures_util::StreamExt;
use tokio::{sync::Notify, task::JoinHandle};
use tracing::{info, warn};
use zbus::{Connection, OwnedFd, connection, fdo::DBusProxy, proxy};

use crate::backoff::Backoff;

/// A bus that is gone is looked for again after at most this long, then twice as long, …
const RETRY_FIRST: Duration = Duration::from_secs(1);
/// … up to this.
const RETRY_MAX: Duration = Duration::from_secs(60);
/// A login1 that has not answered by then is taken not to answer: what else it tells must not wait longer.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Well-known name of the service.
const LOGIN1: &str = "org.freedesktop.login1";

#[proxy(
    interface = "org.freedesktop.login1.Manager",
    default_service = "org.freedesktop.login1",
    default_path = "/org/freedesktop/login1"
)]
trait Manager {
    fn inhibit(&self, what: &str, who: &str, why: &str, mode: &str) -> zbus::Result<OwnedFd>;

    #[zbus(signal)]
    fn prepare_for_sleep(&self, is_beginning: bool) -> zbus::Result<()>;

    #[zbus(signal)]
    fn prepare_for_shutdown(&self, is_beginning: bool) -> zbus::Result<()>;
}

/// The task that listens; it ends with this.
#[derive(Debug)]
pub(super) struct Watch {
    allowed: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Watch {
    pub(super) fn start(bus: Option<String>, sink: EventSink) -> Self {
        let allowed = Arc::new(Notify::new());
        let listener =
            Listener { bus, sink, allowed: Arc::clone(&allowed), inhibitor: None, is_waited_for: false };
        Self { allowed, task: tokio::spawn(listener.run()) }
    }

    pub(super) fn allow_sleep(&self) {
        self.allowed.notify_one();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Listener {
    bus: Option<String>,
    sink: EventSink,
    allowed: Arc<Notify>,
    /// While we hold this, the machine waits for us, as long as login1 lets it (5 s by default).
    inhibitor: Option<OwnedFd>,
    /// The machine has said that it will sleep or shut down. A leave given at another time is for nothing.
    is_waited_for: bool,
}

impl Listener {
    async fn run(mut self) {
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
        let mut is_told = false;
        loop {
            let Err(error) = self.listen(&mut backoff, &mut is_told).await else { continue };
            if !is_told {
                warn!("Sleep and shutdown of the machine are not told: {error}");
                is_told = true;
            }
            self.inhibitor = None;
            tokio::time::sleep(backoff.pause()).await;
        }
    }

    /// Until the bus is gone.
    async fn listen(&mut self, backoff: &mut Backoff, is_told: &mut bool) -> zbus::Result<()> {
        let connection = self.connect().await?;
        let manager = ManagerProxy::new(&connection).await?;
        let mut sleep = manager.receive_prepare_for_sleep().await?;
        let mut shutdown = manager.receive_prepare_for_shutdown().await?;
        let bus = DBusProxy::new(&connection).await?;
        let mut owner = bus.receive_name_owner_changed_with_args(&[(0, LOGIN1)]).await?;
        backoff.reset();
        if *is_told {
            info!("Sleep and shutdown of the machine are told again");
            *is_told = false;
        }
        self.inhibit(&manager, is_told).await;
        loop {
            tokio::select! {
                signal = sleep.next() => {
                    self.is_waited_for = signal.ok_or_else(gone)?.args()?.is_beginning;
                    self.sink.send(if self.is_waited_for { Event::GoingToSleep } else { Event::WokeUp });
                    if !self.is_waited_for {
                        self.inhibit(&manager, is_told).await;
                    }
                }
                signal = shutdown.next() => {
                    self.is_waited_for = signal.ok_or_else(gone)?.args()?.is_beginning;
                    if self.is_waited_for {
                        self.sink.send(Event::ShuttingDown);
                    } else {
                        self.inhibit(&manager, is_told).await;
                    }
                }
                changed = owner.next() => {
                    let changed = changed.ok_or_else(gone)?;
                    if changed.args()?.new_owner().is_some() {
                        self.inhibit(&manager, is_told).await;
                    } else {
                        self.inhibitor = None;
                    }
                }
                () = self.allowed.notified() => {
                    if self.is_waited_for {
                        self.inhibitor = None;
                    }
                }
            }
        }
    }

    async fn connect(&self) -> zbus::Result<Connection> {
        match &self.bus {
            Some(address) => connection::Builder::address(address.as_str()).build().await,
            None => Connection::system().await,
        }
    }

    /// Holds the machine awake for the moment it takes to cover the screen.
    async fn inhibit(&mut self, manager: &ManagerProxy<'_>, is_told: &mut bool) {
        let why = "Cover the screen and end the session on record";
        let answer = manager.inhibit("sleep:shutdown", "Tapward", why, "delay");
        match tokio::time::timeout(ANSWER_LIMIT, answer).await.unwrap_or_else(|_| Err(silent())) {
            Ok(inhibitor) => self.inhibitor = Some(inhibitor),
            Err(error) if *is_told => drop(error),
            Err(error) => {
                warn!("The machine may sleep before its screen is covered: {error}");
                *is_told = true;
            }
        }
    }
}

fn silent() -> zbus::Error {
    zbus::Error::InputOutput(Arc::new(std::io::ErrorKind::TimedOut.into()))
}

fn gone() -> zbus::Error {
    zbus::Error::InputOutput(Arc::new(std::io::ErrorKind::NotConnected.into()))
}
