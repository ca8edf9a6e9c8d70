//! A screen that can be seen by the test.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use agent_core::{event::Event, ids::SessionId};
use agent_runtime::ports::Screen;

use super::{Line, lock};

/// What the screen was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScreenAsk {
    /// To cover.
    Cover,
    /// To uncover for this session.
    Uncover(SessionId),
}

/// Covered at first, as a shield leaves it.
#[derive(Debug, Clone)]
pub struct FakeScreen {
    line: Line,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    is_covered: bool,
    mood: Mood,
    delay: Duration,
    is_input_held: bool,
    is_enforced: bool,
    asked: Vec<ScreenAsk>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Works,
    Fails,
    Mute,
}

impl FakeScreen {
    /// A covered screen that works.
    #[must_use]
    pub fn new(line: Line) -> Self {
        let state = State {
            is_covered: true,
            mood: Mood::Works,
            delay: Duration::ZERO,
            is_input_held: true,
            is_enforced: true,
            asked: Vec::new(),
        };
        Self { line, state: Arc::new(Mutex::new(state)) }
    }

    /// Whether a passer-by sees nothing.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        lock(&self.state).is_covered
    }

    /// Everything asked up to now.
    #[must_use]
    pub fn asked(&self) -> Vec<ScreenAsk> {
        lock(&self.state).asked.clone()
    }

    /// The shield or the display is gone; nothing changes on the screen any more.
    pub fn breaks(&self) {
        lock(&self.state).mood = Mood::Fails;
    }

    /// Neither does what it is asked nor says so.
    pub fn falls_silent(&self) {
        lock(&self.state).mood = Mood::Mute;
    }

    /// Works again.
    pub fn mends(&self) {
        lock(&self.state).mood = Mood::Works;
    }

    /// Does what it is asked after `delay`.
    pub fn takes(&self, delay: Duration) {
        lock(&self.state).delay = delay;
    }

    /// Another program's menu holds keyboard and pointer, or lets them go.
    pub fn input_is_held_by_us(&self, is_held: bool) {
        lock(&self.state).is_input_held = is_held;
        if self.is_covered() {
            self.line.tell(Event::ScreenCovered { input_held: is_held });
        }
    }

    /// Covers by itself, as a shield does whose lease ran out.
    pub fn covers_by_itself(&self) {
        let input_held = {
            let mut state = lock(&self.state);
            state.is_covered = true;
            state.is_input_held
        };
        self.line.tell(Event::ScreenCovered { input_held });
    }

    /// No shield holds it.
    pub fn is_not_enforced(&self) {
        lock(&self.state).is_enforced = false;
    }

    fn answer(&self, ask: ScreenAsk) {
        let (mood, delay) = {
            let mut state = lock(&self.state);
            state.asked.push(ask);
            (state.mood, state.delay)
        };
        match mood {
            Mood::Mute => {}
            Mood::Fails => self.line.tell_after(delay, Event::ScreenFailed),
            Mood::Works => {
                let screen = self.clone();
                self.line.after(delay, move || screen.obey(ask));
            }
        }
    }

    fn obey(&self, ask: ScreenAsk) {
        let event = {
            let mut state = lock(&self.state);
            match ask {
                ScreenAsk::Cover => {
                    state.is_covered = true;
                    Event::ScreenCovered { input_held: state.is_input_held }
                }
                ScreenAsk::Uncover(session) => {
                    state.is_covered = false;
                    Event::ScreenUncovered { session }
                }
            }
        };
        self.line.tell(event);
    }
}

impl Screen for FakeScreen {
    fn cover(&self) {
        self.answer(ScreenAsk::Cover);
    }

    fn uncover(&self, session: SessionId) {
        self.answer(ScreenAsk::Uncover(session));
    }

    fn is_enforced(&self) -> bool {
        lock(&self.state).is_enforced
    }
}
