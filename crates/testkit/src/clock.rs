//! A clock that a test moves.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use agent_core::instant::Instant;
use agent_runtime::ports::Clock;
use jiff::{SignedDuration, Timestamp};

/// Time stands still until [`ManualClock::step_towards`] or [`ManualClock::jump`] moves it. Clones share it.
#[derive(Clone)]
pub struct ManualClock(Arc<Mutex<Inner>>);

struct Inner {
    now: Instant,
    wall: Timestamp,
    due: BTreeMap<(Instant, u64), Due>,
    next_key: u64,
}

enum Due {
    Wake(Waker),
    Do(Box<dyn FnOnce() + Send>),
}

impl ManualClock {
    /// One hour after boot, on a morning in November.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Inner {
            now: Instant::from_boot(Duration::from_secs(3_600)),
            wall: Timestamp::from_second(1_795_244_520).unwrap(),
            due: BTreeMap::new(),
            next_key: 0,
        })))
    }

    /// Does `act` once `delay` has passed; with no delay, when the test next lets things happen.
    pub fn after(&self, delay: Duration, act: impl FnOnce() + Send + 'static) {
        let mut inner = self.inner();
        let at = inner.now + delay;
        inner.insert(at, Due::Do(Box::new(act)));
    }

    /// Does what is due now. Tells whether there was anything.
    pub fn do_what_is_due(&self) -> bool {
        let mut any = false;
        while let Some(due) = self.take_due() {
            any = true;
            match due {
                Due::Wake(waker) => waker.wake(),
                Due::Do(act) => act(),
            }
        }
        any
    }

    /// Moves to the next moment at which something is due, at most to `target`; `false` once it is there.
    pub fn step_towards(&self, target: Instant) -> bool {
        let mut inner = self.inner();
        let next = inner.due.keys().next().map(|(at, _)| *at);
        let stop = next.filter(|at| *at <= target).unwrap_or(target).max(inner.now);
        inner.move_to(stop);
        next.is_some_and(|at| at <= target)
    }

    /// Moves over everything that is due, as a machine does that sleeps.
    pub fn jump(&self, by: Duration) {
        let mut inner = self.inner();
        let target = inner.now + by;
        inner.move_to(target);
    }

    /// Sets the wall clock, as somebody does who is up to something.
    pub fn set_wall(&self, wall: Timestamp) {
        self.inner().wall = wall;
    }

    fn take_due(&self) -> Option<Due> {
        let mut inner = self.inner();
        let now = inner.now;
        let first = inner.due.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn insert(&mut self, at: Instant, due: Due) -> (Instant, u64) {
        let key = (at, self.next_key);
        self.next_key += 1;
        self.due.insert(key, due);
        key
    }

    fn move_to(&mut self, target: Instant) {
        let passed = target.since(self.now);
        self.wall += SignedDuration::try_from(passed).unwrap();
        self.now = target;
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner();
        f.debug_struct("ManualClock")
            .field("now", &inner.now)
            .field("wall", &inner.wall)
            .finish_non_exhaustive()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        self.inner().now
    }

    fn wall(&self) -> Timestamp {
        self.inner().wall
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(Sleep { clock: self, deadline, key: None })
    }
}

struct Sleep<'a> {
    clock: &'a ManualClock,
    deadline: Instant,
    key: Option<(Instant, u64)>,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.clock.inner();
        if let Some(key) = self.key {
            inner.due.remove(&key);
        }
        if inner.now >= self.deadline {
            return Poll::Ready(());
        }
        let key = inner.insert(self.deadline, Due::Wake(context.waker().clone()));
        drop(inner);
        self.key = Some(key);
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.clock.inner().due.remove(&key);
        }
    }
}
