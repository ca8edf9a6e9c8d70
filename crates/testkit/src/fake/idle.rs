//! Keyboard and mouse, moved by the test.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use agent_core::{event::Event, instant::Instant};
use agent_runtime::ports::{Clock, Idle};

use super::{Line, lock};

/// While watched, input is told at most this often.
const TOLD_EVERY: Duration = Duration::from_millis(250);

/// Last touched when it was made.
#[derive(Debug, Clone)]
pub struct FakeIdle {
    line: Line,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    last_input: Instant,
    told_at: Option<Instant>,
    is_watched: bool,
    is_unknown: bool,
    measured: usize,
}

impl FakeIdle {
    /// Touched just now.
    #[must_use]
    pub fn new(line: Line) -> Self {
        let last_input = line.clock().now();
        let state = State { last_input, told_at: None, is_watched: false, is_unknown: false, measured: 0 };
        Self { line, state: Arc::new(Mutex::new(state)) }
    }

    /// A person presses a key, clicks, scrolls, touches.
    pub fn input(&self) {
        let now = self.line.clock().now();
        let mut state = lock(&self.state);
        state.last_input = now;
        if !state.is_watched || state.is_unknown {
            return;
        }
        let due = state.told_at.map_or(now, |told_at| now.max(told_at + TOLD_EVERY));
        if state.told_at.is_some_and(|told_at| told_at > now) {
            return; // Already on its way.
        }
        state.told_at = Some(due);
        let idle = self.clone();
        self.line.after(due.since(now), move || {
            let state = lock(&idle.state);
            if state.is_watched {
                idle.line.tell(Event::InputSeen { at: state.last_input });
            }
        });
    }

    /// The last input cannot be known.
    pub fn goes_blind(&self) {
        lock(&self.state).is_unknown = true;
    }

    /// It can be known again.
    pub fn sees_again(&self) {
        lock(&self.state).is_unknown = false;
    }

    /// Whether it cannot be known.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        lock(&self.state).is_unknown
    }

    /// Whether the next input would be told.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        lock(&self.state).is_watched
    }

    /// How often the last input was asked for: an agent that polls shows here.
    #[must_use]
    pub fn measured(&self) -> usize {
        lock(&self.state).measured
    }
}

impl Idle for FakeIdle {
    fn measure(&self) {
        let mut state = lock(&self.state);
        state.measured += 1;
        self.line.tell(if state.is_unknown {
            Event::InactivityUnknown
        } else {
            Event::InputSeen { at: state.last_input }
        });
    }

    fn watch(&self) {
        lock(&self.state).is_watched = true;
    }

    fn unwatch(&self) {
        let mut state = lock(&self.state);
        state.is_watched = false;
        state.told_at = None;
    }
}
