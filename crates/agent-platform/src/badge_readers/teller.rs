//! What the readers of all technologies share: their numbers, and whom they tell.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use agent_core::{
    badge::{ReaderFact, ReaderId},
    event::Event,
};
use agent_runtime::ports::EventSink;
use tracing::{info, warn};

/// Numbers readers and tells of them.
#[derive(Debug, Clone)]
pub(super) struct Teller {
    sink: EventSink,
    /// Numbers given.
    numbers: Arc<AtomicU32>,
}

impl Teller {
    pub(super) fn new(sink: EventSink) -> Self {
        Self { sink, numbers: Arc::default() }
    }

    /// A number that no reader had before.
    pub(super) fn next_reader(&self) -> ReaderId {
        ReaderId(self.numbers.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Tells the loop, and the log where somebody may have to act.
    pub(super) fn tell(&self, fact: ReaderFact) {
        match &fact {
            ReaderFact::Ready { reader } => info!(reader.id = reader.0, "Reader {} reads", reader.0),
            ReaderFact::Faulty { reader, fault } => {
                warn!(reader.id = reader.0, reader.fault = ?fault, "Reader {} does not read", reader.0);
            }
            ReaderFact::NotRead { reader, fault } => {
                info!(reader.id = reader.0, badge.fault = ?fault, "A badge could not be read");
            }
            ReaderFact::Presented { .. } | ReaderFact::Removed { .. } => {}
        }
        self.sink.send(Event::ReaderTold(fact));
    }
}
