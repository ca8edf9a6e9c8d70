//! How often each reader failed since the agent started: for its log, and in a file for `tapward-agent doctor`, which is
//! another process. Of badges nothing is recorded.

use std::{collections::BTreeMap, io, path::Path, sync::mpsc, thread};

use agent_core::badge::{ReaderFact, ReaderFault, ReaderId};
use serde::{Deserialize, Serialize};
use tracing::debug;

use crate::durable_file;

/// In the state directory.
pub const READERS_FILE: &str = "readers.json";
/// More than all readers that are ever watched take.
const SIZE_BYTES_MAX: usize = 64 * 1024;

/// One reader since the agent started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaderRecord {
    /// Its number, as in the log.
    pub reader: u32,
    /// Whether it reads now.
    pub reads: bool,
    /// How often it failed.
    pub faults: u32,
    /// What was wrong last: `unplugged`, `unavailable` or `mute`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_fault: Option<String>,
}

/// What the agent that runs, or ran last, has recorded; `None` where none did yet.
///
/// # Errors
/// When the file is not private, or nothing that we wrote.
pub fn read(state_folder: &Path) -> Result<Option<Vec<ReaderRecord>>, durable_file::ReadError> {
    let Some(bytes) = durable_file::read_private(&state_folder.join(READERS_FILE), SIZE_BYTES_MAX)? else {
        return Ok(None);
    };
    let readers = serde_json::from_slice(&bytes).map_err(io::Error::from)?;
    Ok(Some(readers))
}

/// Counts.
#[derive(Debug, Default)]
pub(super) struct FaultRecord {
    readers: BTreeMap<ReaderId, ReaderRecord>,
    writer: Option<Writer>,
}

#[derive(Debug)]
struct Writer {
    snapshots: mpsc::Sender<Vec<ReaderRecord>>,
    thread: thread::JoinHandle<()>,
}

impl FaultRecord {
    /// Begins anew in `state_folder`, on a thread of its own: a slow disk keeps no badge waiting.
    pub(super) fn kept_in(state_folder: &Path) -> io::Result<Self> {
        let (snapshots, taken) = mpsc::channel();
        let path = state_folder.join(READERS_FILE);
        let thread =
            thread::Builder::new().name("readers-file".into()).spawn(move || write_newest(&path, &taken))?;
        let record = Self { readers: BTreeMap::new(), writer: Some(Writer { snapshots, thread }) };
        record.write();
        Ok(record)
    }

    fn write(&self) {
        if let Some(writer) = &self.writer {
            // The thread lives as long as we do.
            let _ = writer.snapshots.send(self.readers.values().cloned().collect());
        }
    }

    /// Takes note of it; how often that reader has failed.
    pub(super) fn note(&mut self, fact: &ReaderFact) -> u32 {
        let (reader, fault) = match fact {
            ReaderFact::Ready { reader } => (*reader, None),
            ReaderFact::Faulty { reader, fault } => (*reader, Some(*fault)),
            ReaderFact::Presented { .. } | ReaderFact::NotRead { .. } | ReaderFact::Removed { .. } => {
                return 0;
            }
        };
        let fresh = ReaderRecord { reader: reader.0, reads: true, faults: 0, last_fault: None };
        let record = self.readers.entry(reader).or_insert(fresh);
        if let Some(fault) = fault {
            // The service goes, and comes back without the reader: that is one fault.
            record.faults = record.faults.saturating_add(u32::from(record.reads));
            record.last_fault = Some(name(fault).to_owned());
        }
        record.reads = fault.is_none();
        let faults = record.faults;
        self.write();
        faults
    }
}

impl Drop for FaultRecord {
    fn drop(&mut self) {
        if let Some(Writer { snapshots, thread }) = self.writer.take() {
            drop(snapshots);
            // What it still had to write is written.
            let _ = thread.join();
        }
    }
}

fn write_newest(path: &Path, snapshots: &mpsc::Receiver<Vec<ReaderRecord>>) {
    while let Ok(mut newest) = snapshots.recv() {
        while let Ok(newer) = snapshots.try_recv() {
            newest = newer;
        }
        let written = serde_json::to_vec(&newest)
            .map_err(io::Error::from)
            .and_then(|bytes| durable_file::write_atomically(path, &bytes));
        if let Err(error) = written {
            debug!("The record of reader faults is not on disk: {error}");
        }
    }
}

const fn name(fault: ReaderFault) -> &'static str {
    match fault {
        ReaderFault::Unplugged => "unplugged",
        ReaderFault::Unavailable => "unavailable",
        ReaderFault::Mute => "mute",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: ReaderId = ReaderId(1);
    const SECOND: ReaderId = ReaderId(2);

    #[test]
    fn each_readers_faults_are_counted_once_however_many_names_one_has() {
        let mut record = FaultRecord::default();
        let faulty = |reader, fault| ReaderFact::Faulty { reader, fault };

        assert_eq!(record.note(&ReaderFact::Ready { reader: FIRST }), 0);
        assert_eq!(record.note(&faulty(FIRST, ReaderFault::Unavailable)), 1);
        assert_eq!(record.note(&faulty(FIRST, ReaderFault::Unplugged)), 1);
        assert_eq!(record.note(&ReaderFact::Ready { reader: FIRST }), 1);
        assert_eq!(record.note(&faulty(FIRST, ReaderFault::Mute)), 2);
        assert_eq!(record.note(&faulty(SECOND, ReaderFault::Unplugged)), 1, "it was never there");
    }

    #[test]
    fn what_was_counted_can_be_read_from_outside_and_begins_anew_with_the_agent() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), None);

        for _ in 0..2 {
            let mut record = FaultRecord::kept_in(folder.path()).unwrap();
            record.note(&ReaderFact::Ready { reader: FIRST });
            record.note(&ReaderFact::Faulty { reader: FIRST, fault: ReaderFault::Mute });
            record.note(&ReaderFact::Ready { reader: SECOND });
            let wanted = [
                ReaderRecord { reader: 1, reads: false, faults: 1, last_fault: Some("mute".to_owned()) },
                ReaderRecord { reader: 2, reads: true, faults: 0, last_fault: None },
            ];

            drop(record);
            assert_eq!(read(folder.path()).unwrap().unwrap(), wanted);
        }
    }

    #[test]
    fn a_file_that_is_not_ours_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        durable_file::write_atomically(&folder.path().join(READERS_FILE), b"{}").unwrap();

        assert!(read(folder.path()).is_err());
    }
}
