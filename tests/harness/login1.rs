//! A login1 of our own: sleep and shutdown of a machine that only says so.

use std::{
    os::fd::OwnedFd,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    pipe::{PipeFlags, pipe_with},
};
use zbus::{Connection, connection, object_server::SignalEmitter};

use crate::part::wait_for;

/// How long an inhibitor may be waited for.
const SOON: Duration = Duration::from_secs(10);

/// Our ends of the inhibitors given out: one reads as hung up when its holder lets go.
type Given = Arc<Mutex<Vec<OwnedFd>>>;

/// A login1 on a bus.
#[derive(Debug)]
pub struct Login1 {
    connection: Connection,
    given: Given,
    mood: Arc<Mood>,
}

#[derive(Debug)]
struct Manager {
    given: Given,
    mood: Arc<Mood>,
}

#[derive(Debug, Default)]
struct Mood {
    is_mute: AtomicBool,
    asked: AtomicUsize,
}

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Manager {
    async fn inhibit(&self, what: &str, _who: &str, _why: &str, mode: &str) -> zbus::OwnedFd {
        assert_eq!((what, mode), ("sleep:shutdown", "delay"));
        self.mood.asked.fetch_add(1, Ordering::SeqCst);
        if self.mood.is_mute.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let (ours, theirs) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        self.given.lock().unwrap().push(ours);
        theirs.into()
    }

    #[zbus(signal)]
    async fn prepare_for_sleep(emitter: &SignalEmitter<'_>, is_beginning: bool) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn prepare_for_shutdown(emitter: &SignalEmitter<'_>, is_beginning: bool) -> zbus::Result<()>;
}

impl Login1 {
    /// On the bus of this address.
    ///
    /// # Panics
    /// When there is none, or it has a login1.
    pub async fn on(bus: &str) -> Self {
        let (given, mood) = (Given::default(), Arc::<Mood>::default());
        let connection = connection::Builder::address(bus)
            .serve_at(
                "/org/freedesktop/login1",
                Manager { given: Arc::clone(&given), mood: Arc::clone(&mood) },
            )
            .name("org.freedesktop.login1")
            .build()
            .await
            .unwrap();
        Self { connection, given, mood }
    }

    /// The machine will sleep as soon as nobody holds it, or has woken.
    ///
    /// # Panics
    /// When the bus is gone.
    pub async fn prepare_for_sleep(&self, is_beginning: bool) {
        let emitter = SignalEmitter::new(&self.connection, "/org/freedesktop/login1").unwrap();
        Manager::prepare_for_sleep(&emitter, is_beginning).await.unwrap();
    }

    /// It will shut down as soon as nobody holds it.
    ///
    /// # Panics
    /// When the bus is gone.
    pub async fn prepare_for_shutdown(&self) {
        let emitter = SignalEmitter::new(&self.connection, "/org/freedesktop/login1").unwrap();
        Manager::prepare_for_shutdown(&emitter, true).await.unwrap();
    }

    /// Whether the newest inhibitor is still held.
    #[must_use]
    pub fn is_held(&self) -> bool {
        let given = self.given.lock().unwrap();
        let Some(newest) = given.last() else { return false };
        let mut fds = [PollFd::new(newest, PollFlags::IN)];
        poll(&mut fds, Some(&Timespec::default())).unwrap();
        !fds[0].revents().contains(PollFlags::HUP)
    }

    /// Waits until as many inhibitors were given, and the newest is held.
    ///
    /// # Panics
    /// When that does not come about.
    pub fn wait_until_held(&self, count: usize) {
        wait_for("an inhibitor", SOON, || {
            (self.given.lock().unwrap().len() >= count && self.is_held()).then_some(())
        })
        .unwrap();
    }

    /// Waits until nobody holds the machine.
    ///
    /// # Panics
    /// When somebody does all along.
    pub fn wait_until_released(&self) {
        wait_for("the inhibitor's release", SOON, || (!self.is_held()).then_some(())).unwrap();
    }

    /// How many inhibitors were given.
    #[must_use]
    pub fn given(&self) -> usize {
        self.given.lock().unwrap().len()
    }

    /// From now on it answers nobody who asks for one.
    pub fn falls_silent(&self) {
        self.mood.is_mute.store(true, Ordering::SeqCst);
    }

    /// How often one was asked for.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.mood.asked.load(Ordering::SeqCst)
    }
}
