//! What the server tells workstations unasked. A hint: whoever missed it reads the truth.

use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock, PoisonError},
};

use protocol::v1::event::ServerEvent;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use uuid::Uuid;

/// Streams that one workstation may hold; the oldest gives way.
const STREAMS_PER_WORKSTATION_MAX: usize = 2;
/// Streams of all workstations together.
const STREAMS_MAX: usize = 20_000;
/// Events that may wait in one stream; a reader that is slower loses the stream and asks.
const WAITING_MAX: usize = 32;

/// What may wait to be said to other servers; beyond it a hint is lost.
const SAID_MAX: usize = 10_000;

/// The open streams, by workstation.
#[derive(Debug, Default)]
pub struct EventHub {
    streams: Mutex<HashMap<Uuid, Vec<mpsc::Sender<ServerEvent>>>>,
    /// To those who hold the streams that other servers have.
    elsewhere: OnceLock<(i64, mpsc::Sender<Told>)>,
}

/// What a workstation is told, as one server says it to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Number of the server that says it.
    pub from: i64,
    /// Which.
    pub workstation_id: Uuid,
    /// What.
    pub event: ServerEvent,
}

impl EventHub {
    /// Opens a stream; `None` when there are too many.
    #[must_use]
    pub fn subscribe(&self, workstation_id: Uuid) -> Option<mpsc::Receiver<ServerEvent>> {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.retain(|_, senders| {
            senders.retain(|sender| !sender.is_closed());
            !senders.is_empty()
        });
        if streams.values().map(Vec::len).sum::<usize>() >= STREAMS_MAX {
            return None;
        }
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let senders = streams.entry(workstation_id).or_default();
        if senders.len() >= STREAMS_PER_WORKSTATION_MAX {
            senders.remove(0);
        }
        senders.push(sender);
        Some(receiver)
    }

    /// From now on what workstations are told is also said to other servers, as the word of the one with this number, by
    /// whoever takes it from here.
    ///
    /// # Panics
    /// When somebody does already.
    pub fn say_elsewhere(&self, from: i64) -> mpsc::Receiver<Told> {
        let (sender, receiver) = mpsc::channel(SAID_MAX);
        self.elsewhere.set((from, sender)).expect("one server has one voice");
        receiver
    }

    /// Tells every stream of one workstation, here and at other servers.
    pub fn tell(&self, workstation_id: Uuid, event: &ServerEvent) {
        self.tell_here(workstation_id, event);
        if let Some((from, elsewhere)) = self.elsewhere.get() {
            let told = Told { from: *from, workstation_id, event: event.clone() };
            if elsewhere.try_send(told).is_err() {
                tracing::warn!(workstation.id = %workstation_id, "Other servers are not told: too much waits");
            }
        }
    }

    /// Tells every stream of one workstation that is open here; a full or closed one is dropped.
    pub fn tell_here(&self, workstation_id: Uuid, event: &ServerEvent) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(senders) = streams.get_mut(&workstation_id) {
            senders.retain(|sender| sender.try_send(event.clone()).is_ok());
        }
    }

    /// Ends every stream: the server drains, or something was not heard, and whoever opens one again learns the truth.
    pub fn close(&self) {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_workstation_is_told_what_concerns_it_and_nothing_else() {
        let hub = EventHub::default();
        let mut here = hub.subscribe(Uuid::from_u128(1)).unwrap();
        let mut there = hub.subscribe(Uuid::from_u128(2)).unwrap();

        hub.tell(Uuid::from_u128(1), &ServerEvent::WorkstationRevoked);

        assert_eq!(here.try_recv().unwrap(), ServerEvent::WorkstationRevoked);
        assert!(there.try_recv().is_err());
    }

    #[test]
    fn a_third_stream_closes_the_first() {
        let hub = EventHub::default();
        let mut streams: Vec<_> = (0..3).map(|_| hub.subscribe(Uuid::nil()).unwrap()).collect();

        assert!(matches!(streams[0].try_recv(), Err(mpsc::error::TryRecvError::Disconnected)));
        assert!(matches!(streams[1].try_recv(), Err(mpsc::error::TryRecvError::Empty)));
    }

    #[test]
    fn a_reader_that_does_not_read_loses_its_stream() {
        let hub = EventHub::default();
        let mut stream = hub.subscribe(Uuid::nil()).unwrap();
        for _ in 0..=WAITING_MAX {
            hub.tell(Uuid::nil(), &ServerEvent::Hello);
        }
        for _ in 0..WAITING_MAX {
            stream.try_recv().unwrap();
        }

        assert!(matches!(stream.try_recv(), Err(mpsc::error::TryRecvError::Disconnected)));
    }
}
