//! A machine that sleeps when it is let.

use std::sync::{Arc, Mutex};

use agent_core::event::Event;
use agent_runtime::ports::Power;

use super::{Line, lock};

/// Awake.
#[derive(Debug, Clone)]
pub struct FakePower {
    line: Line,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    wants_to_sleep: bool,
    may_sleep: bool,
}

impl FakePower {
    /// Awake.
    #[must_use]
    pub fn new(line: Line) -> Self {
        Self { line, state: Arc::default() }
    }

    /// The lid closes: the machine waits to be let.
    pub fn goes_to_sleep(&self) {
        *lock(&self.state) = State { wants_to_sleep: true, may_sleep: false };
        self.line.tell(Event::GoingToSleep);
    }

    /// Whether the machine was let sleep since the lid closed.
    #[must_use]
    pub fn may_sleep(&self) -> bool {
        lock(&self.state).may_sleep
    }

    /// The lid opens.
    pub fn wakes(&self) {
        *lock(&self.state) = State::default();
        self.line.tell(Event::WokeUp);
    }

    /// Somebody shuts the machine down.
    pub fn shuts_down(&self) {
        self.line.tell(Event::ShuttingDown);
    }
}

impl Power for FakePower {
    fn allow_sleep(&self) {
        let mut state = lock(&self.state);
        state.may_sleep = state.wants_to_sleep;
    }
}
