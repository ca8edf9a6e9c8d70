//! Time, asked for in this file alone.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::sync::watch;

/// A future a clock hands out.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where the server's time comes from.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time that limits, lockouts and expiries are counted by. Never goes back while the process
    /// lives: a wall clock that is set back does not lengthen a session.
    fn now(&self) -> Timestamp;

    /// The wall clock, for what others compare with theirs: one-time codes.
    fn wall(&self) -> Timestamp;

    /// Resolves once [`Clock::now`] has reached `at`, or earlier.
    fn sleep_until(&self, at: Timestamp) -> Sleep;
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    anchor: Mutex<Anchor>,
}

#[derive(Debug)]
struct Anchor {
    told: Timestamp,
    boot: Duration,
}

impl SystemClock {
    /// A clock that never tells less than `floor`, for example the newest time in the store.
    #[must_use]
    pub fn not_before(floor: Timestamp) -> Self {
        let told = wall_clock().max(floor);
        Self { anchor: Mutex::new(Anchor { told, boot: since_boot() }) }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let mut anchor = self.anchor.lock().unwrap_or_else(PoisonError::into_inner);
        let boot = since_boot();
        let counted = anchor.told.saturating_add(boot.saturating_sub(anchor.boot)).unwrap_or(anchor.told);
        anchor.told = counted.max(wall_clock());
        anchor.boot = boot;
        anchor.told
    }

    fn wall(&self) -> Timestamp {
        wall_clock()
    }

    fn sleep_until(&self, at: Timestamp) -> Sleep {
        let wait = at.duration_since(self.now()).try_into().unwrap_or(Duration::ZERO);
        Box::pin(tokio::time::sleep(wait))
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks the wall clock")]
fn wall_clock() -> Timestamp {
    Timestamp::now()
}

/// Time since boot; sleep of the machine counts.
fn since_boot() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}

/// A clock that a test moves by hand. Clones share the time.
#[derive(Debug, Clone)]
pub struct ManualClock {
    time: Arc<watch::Sender<Timestamp>>,
}

impl ManualClock {
    /// Stands at `start` until it is moved.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        Self { time: Arc::new(watch::Sender::new(start)) }
    }

    /// Moves the clock on and wakes whoever waits for the new time.
    pub fn advance(&self, by: Duration) {
        self.time.send_modify(|time| *time = time.saturating_add(by).unwrap_or(Timestamp::MAX));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.time.borrow()
    }

    fn wall(&self) -> Timestamp {
        self.now()
    }

    fn sleep_until(&self, at: Timestamp) -> Sleep {
        let mut changes = self.time.subscribe();
        Box::pin(async move {
            // An error means that the clock is gone, and with it whoever could move it.
            let _ = changes.wait_for(|time| *time >= at).await;
        })
    }
}
