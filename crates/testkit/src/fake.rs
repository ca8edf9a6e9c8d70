//! One fake per port. Clones share what they know, so that a test keeps one in hand.

mod audit_trail;
mod idle;
mod keychain;
mod notifier;
mod power;
mod screen;
mod session_server;
mod start_up;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use agent_core::event::Event;
use agent_runtime::ports::EventSink;

pub use audit_trail::FakeAuditTrail;
pub use idle::FakeIdle;
pub use keychain::FakeKeychain;
pub use notifier::FakeNotifier;
pub use power::FakePower;
pub use screen::{FakeScreen, ScreenAsk};
pub use session_server::{FakeSessionServer, Person, Reach, ServerSession};
pub use start_up::FakeStartUp;

use crate::clock::ManualClock;

/// The way from a fake to the loop. The loop can be replaced (an agent that crashed and came back): what
/// was under way to the one before falls away.
#[derive(Debug, Clone)]
pub struct Line {
    clock: ManualClock,
    events: Arc<Mutex<EventSink>>,
}

impl Line {
    /// A line to `events`.
    #[must_use]
    pub fn new(clock: ManualClock, events: EventSink) -> Self {
        Self { clock, events: Arc::new(Mutex::new(events)) }
    }

    /// From now on tells `events` instead.
    pub fn reconnect(&self, events: EventSink) {
        *lock(&self.events) = events;
    }

    /// Tells `event` once `delay` has passed, if the loop is still the same.
    pub fn tell_after(&self, delay: Duration, event: Event) {
        let events = lock(&self.events).clone();
        self.clock.after(delay, move || events.send(event));
    }

    /// Tells `event` as soon as the test lets things happen.
    pub fn tell(&self, event: Event) {
        self.tell_after(Duration::ZERO, event);
    }

    /// The clock this line's delays are measured by.
    #[must_use]
    pub const fn clock(&self) -> &ManualClock {
        &self.clock
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
