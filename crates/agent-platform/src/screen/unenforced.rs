//! The agent covers itself with its own window: honest, and not enforced.

use std::sync::{Arc, Mutex, PoisonError};

use agent_core::{event::Event, ids::SessionId};
use agent_runtime::ports::{EventSink, Screen};

use super::Window;

/// A screen that nobody but the agent holds.
pub(super) struct Unenforced {
    shared: Arc<Shared>,
}

struct Shared {
    window: Box<dyn Window>,
    events: EventSink,
    /// What was asked last, counted, so that an answer to an overtaken question is dropped.
    asked: Mutex<u64>,
}

impl Unenforced {
    pub(super) fn new(window: Box<dyn Window>, events: EventSink) -> Self {
        Self { shared: Arc::new(Shared { window, events, asked: Mutex::new(0) }) }
    }
}

impl Screen for Unenforced {
    fn cover(&self) {
        let asked = self.shared.ask();
        let (shown, taken) = (Arc::clone(&self.shared), Arc::clone(&self.shared));
        self.shared.window.show_covered(Box::new(move |ok| {
            shown.answer(
                asked,
                if ok { Event::ScreenCovered { input_held: false } } else { Event::ScreenFailed },
            );
        }));
        self.shared.window.take_input(Box::new(move |held| {
            if held {
                taken.answer(asked, Event::ScreenCovered { input_held: true });
            }
        }));
    }

    fn uncover(&self, session: SessionId) {
        let asked = self.shared.ask();
        let hidden = Arc::clone(&self.shared);
        self.shared.window.give_back_input(Box::new(|_| ()));
        self.shared.window.hide_covered(Box::new(move |ok| {
            hidden.answer(asked, if ok { Event::ScreenUncovered { session } } else { Event::ScreenFailed });
        }));
    }

    fn is_enforced(&self) -> bool {
        false
    }
}

impl Shared {
    fn ask(&self) -> u64 {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        *asked += 1;
        *asked
    }

    fn answer(&self, asked: u64, event: Event) {
        if *self.asked.lock().unwrap_or_else(PoisonError::into_inner) == asked {
            self.events.send(event);
        }
    }
}
