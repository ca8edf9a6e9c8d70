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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc::UnboundedReceiver;
    use uuid::Uuid;

    use super::*;
    use crate::screen::Done;

    const SESSION: SessionId = SessionId(Uuid::from_u128(7));

    #[test]
    fn it_never_claims_to_be_enforced() {
        assert!(!screen(&FakeWindow::default()).0.is_enforced());
    }

    #[test]
    fn it_covers_first_and_tells_when_the_input_is_held() {
        let window = FakeWindow::default();
        let (screen, mut events) = screen(&window);

        screen.cover();
        window.answer("show", true);
        assert_eq!(events.try_recv(), Ok(Event::ScreenCovered { input_held: false }));
        window.answer("take", true);

        assert_eq!(events.try_recv(), Ok(Event::ScreenCovered { input_held: true }));
    }

    #[test]
    fn it_gives_the_screen_to_the_session_and_takes_no_late_answer_for_a_cover() {
        let window = FakeWindow::default();
        let (screen, mut events) = screen(&window);

        screen.cover();
        screen.uncover(SESSION);
        window.answer("show", true);
        window.answer("take", false);
        window.answer("give back", true);
        assert!(events.try_recv().is_err());
        window.answer("hide", true);

        assert_eq!(events.try_recv(), Ok(Event::ScreenUncovered { session: SESSION }));
    }

    #[test]
    fn a_window_that_cannot_is_told() {
        let window = FakeWindow::default();
        let (screen, mut events) = screen(&window);

        screen.cover();
        window.answer("show", false);

        assert_eq!(events.try_recv(), Ok(Event::ScreenFailed));
    }

    fn screen(window: &FakeWindow) -> (Unenforced, UnboundedReceiver<Event>) {
        let (sink, events) = EventSink::channel();
        (Unenforced::new(Box::new(window.clone()), sink), events)
    }

    /// Keeps what it was asked until the test lets it answer.
    #[derive(Clone, Default)]
    struct FakeWindow(Arc<Mutex<Vec<(&'static str, Done)>>>);

    impl FakeWindow {
        fn ask(&self, what: &'static str, done: Done) {
            self.0.lock().unwrap().push((what, done));
        }

        /// The oldest question must be this one.
        fn answer(&self, what: &str, ok: bool) {
            let (asked, done) = self.0.lock().unwrap().remove(0);
            assert_eq!(asked, what);
            done(ok);
        }
    }

    impl Window for FakeWindow {
        fn xid(&self) -> u32 {
            0
        }

        fn show_covered(&self, done: Done) {
            self.ask("show", done);
        }

        fn take_input(&self, done: Done) {
            self.ask("take", done);
        }

        fn on_input_lost(&self, _lost: Box<dyn Fn() + Send>) {
            unreachable!("nobody takes it back without a shield");
        }

        fn give_back_input(&self, done: Done) {
            self.ask("give back", done);
        }

        fn hide_covered(&self, done: Done) {
            self.ask("hide", done);
        }

        fn after(&self, _delay: Duration, _then: Box<dyn FnOnce() + Send>) {
            unreachable!("nobody hears a beat without a shield");
        }
    }
}
