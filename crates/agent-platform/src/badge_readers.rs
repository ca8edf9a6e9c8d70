//! Badge readers, by technology: PC/SC and keyboard wedges.
//!
//! A badge is read by a thread of the reader's technology and told into the loop's sink; no badge number is kept here
//! once it is told. All technologies share the numbering of readers and the key of the badges' marks
//! ([`marking::Marking`]). How each fails and heals stands with it.

pub mod marking;
pub mod pcsc;
mod teller;

use std::{
    fmt, io,
    sync::{Arc, Mutex, PoisonError},
};

use agent_runtime::{
    config::{PcscUse, ReadersConfig},
    ports::{BadgeReaders, Clock, EventSink},
};
use tracing::error;

use self::{
    marking::Marking,
    pcsc::{
        Expected, Pcsc,
        card::{CardReading, UidReading},
    },
    teller::Teller,
};

/// [`BadgeReaders`] of this machine.
pub struct SystemBadgeReaders {
    /// Until it watches.
    waiting: Mutex<Vec<Waiting>>,
}

/// Begins to watch the readers of one technology.
type Waiting = Box<dyn FnOnce() -> io::Result<()> + Send>;

impl SystemBadgeReaders {
    /// The readers of `config`, not watched yet, which tell into `sink`. Cards are read by their serial number.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new(config: ReadersConfig, clock: Arc<dyn Clock>, sink: EventSink) -> io::Result<Self> {
        Self::reading_cards_by(vec![Box::new(UidReading)], config, clock, sink)
    }

    /// The same, with other ways to read a card, the strongest first.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn reading_cards_by(
        readings: Vec<Box<dyn CardReading>>,
        config: ReadersConfig,
        clock: Arc<dyn Clock>,
        sink: EventSink,
    ) -> io::Result<Self> {
        let marking = Marking::new()?;
        let teller = Teller::new(sink);
        let mut waiting: Vec<Waiting> = Vec::new();
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
