//! What the readers of all technologies share: their numbers, and whom they tell.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use agent_core::{
    badge::{ReaderFact, ReaderId},
    event::Event,
};
use agent_runtime::ports::EventSink;
use tracing::{info, warn};

use super::fault_record::FaultRecord;

/// Numbers readers and tells of them.
#[derive(Debug, Clone)]
pub(super) struct Teller {
    sink: EventSink,
    /// Numbers given.
    numbers: Arc<AtomicU32>,
    record: Arc<Mutex<FaultRecord>>,
}

impl Teller {
    pub(super) fn new(sink: EventSink, record: FaultRecord) -> Self {
        Self { sink, numbers: Arc::default(), record: Arc::new(Mutex::new(record)) }
    }

    /// A number that no reader had before.
    pub(super) fn next_reader(&self) -> ReaderId {
        ReaderId(self.numbers.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Tells the loop, and the log where somebody may have to act.
    pub(super) fn tell(&self, fact: ReaderFact) {
        let faults = self.record.lock().unwrap_or_else(PoisonError::into_inner).note(&fact);
        match &fact {
            ReaderFact::Ready { reader } => info!(reader.id = reader.0, "Reader {} reads", reader.0),
            ReaderFact::Faulty { reader, fault } => {
                let id = reader.0;
                warn!(
                    reader.id = id,
                    reader.fault = ?fault,
                    reader.faults = faults,
                    "Reader {id} does not read: fault {faults} of it since the agent started"
                );
            }
            ReaderFact::NotRead { reader, fault } => {
                info!(reader.id = reader.0, badge.fault = ?fault, "A badge could not be read");
            }
            ReaderFact::Presented { .. } | ReaderFact::Removed { .. } => {}
        }
        self.sink.send(Event::ReaderTold(fact));
    }
}
