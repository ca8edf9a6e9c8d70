//! Time, asked for in this file alone.
//!
//! Two times, for two kinds of question:
//! - [`Clock::now`] for how long something has lasted and when something happened: limits, lockouts,
//!   nonces, expiries, records. Within a run it counts with the boot clock ([`slewed`]), so that no setting
//!   of the wall clock ends a session early or keeps one open.
//! - [`Clock::wall`] for what others compare with clocks of their own: one-time codes. There the wall
//!   clock is taken at its word, for a telephone has no other; while it is wrong, right codes are refused.

pub mod slewed;

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use self::slewed::{Readings, Slewed};

/// A future a clock hands out.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where the server's time comes from.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time that limits, lockouts and expiries are counted by, and records are dated with. Never goes
    /// back while the process lives, and does not follow a wall clock that jumps.
    fn now(&self) -> Timestamp;

    /// The wall clock, for what others compare with theirs: one-time codes.
    fn wall(&self) -> Timestamp;

    /// By how much the wall clock jumped against the boot clock, over two minutes, each time that it was seen
    /// to; each jump is told once, and at most [`slewed::JUMPS_MAX`] at a time.
    fn take_jumps(&self) -> Vec<SignedDuration>;

    /// Resolves once [`Clock::now`] has reached `at`, or earlier.
    fn sleep_until(&self, at: Timestamp) -> Sleep;
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    slewed: Mutex<Slewed>,
}

impl SystemClock {
    /// A clock that never tells less than `floor`, for example the newest time in the store.
    #[must_use]
    pub fn not_before(floor: Timestamp) -> Self {
        Self { slewed: Mutex::new(Slewed::starting(readings(), floor)) }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        lock(&self.slewed).tell(readings())
    }

    fn wall(&self) -> Timestamp {
        wall_clock()
    }

    fn take_jumps(&self) -> Vec<SignedDuration> {
        let mut slewed = lock(&self.slewed);
        slewed.tell(readings());
        slewed.take_jumps()
    }

    fn sleep_until(&self, at: Timestamp) -> Sleep {
        let wait = {
            let mut slewed = lock(&self.slewed);
            slewed.tell(readings());
            slewed.wait(at)
        };
        Box::pin(tokio::time::sleep(wait))
    }
}

fn lock(slewed: &Mutex<Slewed>) -> MutexGuard<'_, Slewed> {
    slewed.lock().unwrap_or_else(PoisonError::into_inner)
}

fn readings() -> Readings {
    Readings { boot: since_boot(), wall: wall_clock() }
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

/// A clock whose two halves a test moves by hand. Clones share the time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Hands>);

#[derive(Debug)]
struct Hands {
    readings: watch::Sender<Readings>,
    slewed: Mutex<Slewed>,
}

impl ManualClock {
    /// Stands at `start` until it is moved.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        let readings = Readings { boot: Duration::ZERO, wall: start };
        let slewed = Mutex::new(Slewed::starting(readings, Timestamp::MIN));
        Self(Arc::new(Hands { readings: watch::Sender::new(readings), slewed }))
    }

    /// Moves time on and wakes whoever waits for the new one.
    pub fn advance(&self, by: Duration) {
        self.0.readings.send_modify(|readings| {
            readings.boot = readings.boot.saturating_add(by);
            readings.wall = readings.wall.saturating_add(by).unwrap_or(Timestamp::MAX);
        });
    }

    /// Sets the wall clock forward or back; no time passes.
    pub fn set_wall_by(&self, by: SignedDuration) {
        self.0.readings.send_modify(|readings| {
            readings.wall = readings.wall.saturating_add(by).unwrap_or(readings.wall);
        });
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let readings = *self.0.readings.borrow();
        lock(&self.0.slewed).tell(readings)
    }

    fn wall(&self) -> Timestamp {
        self.0.readings.borrow().wall
    }

    fn take_jumps(&self) -> Vec<SignedDuration> {
        self.now();
        lock(&self.0.slewed).take_jumps()
    }

    fn sleep_until(&self, at: Timestamp) -> Sleep {
        let hands = Arc::clone(&self.0);
        let mut changes = hands.readings.subscribe();
        Box::pin(async move {
            // An error means that the clock is gone, and with it whoever could move it.
            let _ = changes.wait_for(|readings| lock(&hands.slewed).tell(*readings) >= at).await;
        })
    }
}
