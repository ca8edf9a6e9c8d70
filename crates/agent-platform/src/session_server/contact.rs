//! Whether the server answers: told when it changes.

use std::sync::{Arc, Mutex, PoisonError};

use agent_core::event::{ContactFault, Event};
use agent_runtime::ports::EventSink;
use tokio::sync::Notify;

use super::translate;
use crate::server_link::CallFault;

/// Tells what changes, and passes events on.
#[derive(Debug, Clone)]
pub(crate) struct Contact {
    sink: EventSink,
    /// `None` before the first answer or failure.
    last: Arc<Mutex<Option<Result<(), ContactFault>>>>,
    back: Arc<Notify>,
}

impl Contact {
    pub(crate) fn new(sink: EventSink) -> Self {
        Self { sink, last: Arc::default(), back: Arc::default() }
    }

    pub(crate) fn send(&self, event: Event) {
        self.sink.send(event);
    }

    /// Takes the outcome of a request: a refusal is an answer, too.
    pub(crate) fn note(&self, fault: Option<&CallFault>) {
        match fault {
            None => self.note_reached(),
            Some(CallFault::Contact(fault)) => {
                if self.becomes(Err(*fault)) {
                    self.sink.send(Event::ServerAway(*fault));
                }
            }
            Some(CallFault::Refused(problem)) => {
                self.note_reached();
                if let Some(cause) = translate::workstation_refused(problem.code) {
                    self.sink.send(Event::WorkstationRefused(cause));
                }
            }
        }
    }

    /// For a caller that tells `ServerAway` as its own answer.
    pub(crate) fn note_away(&self, fault: ContactFault) {
        self.becomes(Err(fault));
    }

    fn note_reached(&self) {
        if self.becomes(Ok(())) {
            self.sink.send(Event::ServerReached);
            self.back.notify_one();
        }
    }

    /// Waits until the server answers again; at once where it has since this was waited for last. One waits.
    pub(crate) async fn back(&self) {
        self.back.notified().await;
    }

    fn becomes(&self, state: Result<(), ContactFault>) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.replace(state) != Some(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changes_are_told() {
        let (sink, mut events) = EventSink::channel();
        let contact = Contact::new(sink);
        let away = CallFault::Contact(ContactFault::Unreachable);

        contact.note(None);
        contact.note(None);
        contact.note(Some(&away));
        contact.note(Some(&away));
        contact.note(Some(&CallFault::Contact(ContactFault::NotOurServer)));
        contact.note(None);

        let told: Vec<_> = std::iter::from_fn(|| events.try_recv().ok()).collect();
        assert_eq!(
            told,
            [
                Event::ServerReached,
                Event::ServerAway(ContactFault::Unreachable),
                Event::ServerAway(ContactFault::NotOurServer),
                Event::ServerReached,
            ]
        );
    }
}
