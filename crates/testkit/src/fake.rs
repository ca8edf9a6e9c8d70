//! One fake per port. Clones share what they know, so that a test keeps one in hand.

mod apps;
mod audit_trail;
mod badge_readers;
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

pub use apps::{AppsAsk, FakeApps, SaveAnswer};
pub use audit_trail::FakeAuditTrail;
pub use badge_readers::FakeBadgeReaders;
pub use idle::FakeIdle;
pub use keychain::FakeKeychain;
pub use notifier::FakeNotifier;
pub use power::FakePower;
pub use screen::{FakeScreen, ScreenAsk};
pub use session_server::{FakeSessionServer, Person, Reach, ServerSession};
pub use start_up::{FakeStartUp, On};

use crate::clock::ManualClock;

/// The way from a fake to the loop. The loop can be replaced (an agent that crashed and came back): what
/// was under way in or to the one before falls away.
#[derive(Debug, Clone)]
pub struct Line {
    clock: ManualClock,
    agent: Arc<Mutex<Agent>>,
}

/// The agent at the other end.
#[derive(Debug)]
struct Agent {
    events: EventSink,
    /// Grows with each agent.
    generation: u64,
}

impl Line {
    /// A line to `events`.
    #[must_use]
    pub fn new(clock: ManualClock, events: EventSink) -> Self {
        Self { clock, agent: Arc::new(Mutex::new(Agent { events, generation: 0 })) }
    }

    /// From now on tells `events` instead.
    pub fn reconnect(&self, events: EventSink) {
        let mut agent = lock(&self.agent);
        let generation = agent.generation + 1;
        *agent = Agent { events, generation };
    }

    /// The agent is gone.
    pub fn disconnect(&self) {
        self.reconnect(EventSink::channel().0);
    }

    /// Does `act` once `delay` has passed, if the agent still lives then.
    pub fn after(&self, delay: Duration, act: impl FnOnce() + Send + 'static) {
        let generation = lock(&self.agent).generation;
        let agent = Arc::clone(&self.agent);
        self.clock.after(delay, move || {
            if lock(&agent).generation == generation {
                act();
            }
        });
    }

    /// Tells `event` once `delay` has passed, if the agent still lives then.
    pub fn tell_after(&self, delay: Duration, event: Event) {
        let events = lock(&self.agent).events.clone();
        self.after(delay, move || events.send(event));
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
