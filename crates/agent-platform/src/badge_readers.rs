//! Badge readers, by technology: PC/SC and keyboard wedges.
//!
//! A badge is read by a thread of the reader's technology and told into the loop's sink; no badge number is kept here
//! once it is told. All technologies share the numbering of readers and the key of the badges' marks
//! ([`marking::Marking`]). How each fails and heals stands with it.

pub mod fault_record;
pub mod marking;
pub mod pcsc;
mod teller;
mod wedge;

use std::{
    fmt, io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use agent_runtime::{
    config::{PcscUse, ReadersConfig},
    ports::{BadgeReaders, Clock, EventSink},
};
use tracing::error;

use self::{
    fault_record::FaultRecord,
    marking::Marking,
    pcsc::{
        Expected, Pcsc,
        card::{CardReading, UidReading},
    },
    teller::Teller,
};
use crate::{idle::SyntheticInput, screen::DeviceTeller};

/// Which readers there are, and how their badges are read.
pub struct ReaderSettings {
    /// As `agent.toml` says.
    pub config: ReadersConfig,
    /// Ways to read a card, the strongest first.
    pub readings: Vec<Box<dyn CardReading>>,
    /// Whether a device that a program can type on may be a reader; it may not by default.
    pub synthetic_input: SyntheticInput,
    /// Who is told of the devices that the agent takes from the X server; nobody by default.
    pub devices: DeviceTeller,
    /// Where faults are recorded for `tapward-agent doctor`; nowhere by default.
    pub state_folder: Option<PathBuf>,
}

impl ReaderSettings {
    /// Cards are read by their serial number.
    #[must_use]
    pub fn of(config: ReadersConfig) -> Self {
        Self {
            config,
            readings: vec![Box::new(UidReading)],
            synthetic_input: SyntheticInput::Ignored,
            devices: DeviceTeller::default(),
            state_folder: None,
        }
    }
}

impl fmt::Debug for ReaderSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReaderSettings").field("config", &self.config).finish_non_exhaustive()
    }
}

/// [`BadgeReaders`] of this machine.
pub struct SystemBadgeReaders {
    /// Until it watches.
    waiting: Mutex<Vec<Waiting>>,
}

/// Begins to watch the readers of one technology.
type Waiting = Box<dyn FnOnce() -> io::Result<()> + Send>;

impl SystemBadgeReaders {
    /// Readers that are not watched yet, and tell into `sink`.
    ///
    /// # Errors
    /// When the system gives no randomness or no thread.
    pub fn new(settings: ReaderSettings, clock: Arc<dyn Clock>, sink: EventSink) -> io::Result<Self> {
        let ReaderSettings { config, readings, synthetic_input, devices, state_folder } = settings;
        let record = state_folder
            .map_or_else(|| Ok(FaultRecord::default()), |folder| FaultRecord::kept_in(&folder))?;
        let (marking, teller) = (Marking::new()?, Teller::new(sink, record));
        let wedges = wedge::Shared {
            teller: teller.clone(),
            marking: marking.clone(),
            clock: Arc::clone(&clock),
            synthetic: synthetic_input,
            devices,
        };
        let mut waiting: Vec<Waiting> = vec![Box::new(move || wedge::watch(config.wedges, &wedges))];
        let expected = match config.pcsc {
            PcscUse::WhenPresent => Some(Expected::Any),
            PcscUse::Required => Some(Expected::One),
            PcscUse::Off => None,
        };
        if let Some(expected) = expected {
            let pcsc = Pcsc::new(expected, readings, marking, clock, teller);
            waiting.push(Box::new(|| pcsc.watch()));
        }
        Ok(Self { waiting: Mutex::new(waiting) })
    }
}

impl BadgeReaders for SystemBadgeReaders {
    fn watch(&self) {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        for begin in waiting {
            if let Err(error) = begin() {
                error!("Badge readers of one technology are not watched: {error}");
            }
        }
    }
}

impl fmt::Debug for SystemBadgeReaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemBadgeReaders").finish_non_exhaustive()
    }
}
