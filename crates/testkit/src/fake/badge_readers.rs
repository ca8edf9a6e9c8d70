//! Badge readers in the hands of a test.

use std::sync::{Arc, Mutex};

use agent_core::{
    badge::{Badge, BadgeFault, BadgeGrade, BadgeMark, ReaderFact, ReaderFault, ReaderId},
    event::Event,
    secret::Secret,
};
use agent_runtime::ports::BadgeReaders;
use uuid::Uuid;

use super::{Line, lock};

/// No reader yet.
#[derive(Debug, Clone)]
pub struct FakeBadgeReaders {
    line: Line,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    is_watched: bool,
    readers: Vec<Fake>,
}

#[derive(Debug, Default)]
struct Fake {
    fault: Option<ReaderFault>,
    /// What lies on it, until it is told.
    untold: Option<ReaderFact>,
    /// Whether something lies on it.
    is_lain_on: bool,
    /// Whether something was told to lie on it.
    is_told: bool,
}

impl FakeBadgeReaders {
    /// A workstation without a reader.
    #[must_use]
    pub fn new(line: Line) -> Self {
        Self { line, state: Arc::default() }
    }

    /// A reader is plugged in.
    #[must_use]
    pub fn plug_in(&self) -> ReaderId {
        self.plug_in_as(Fake::default())
    }

    /// A reader is plugged in on which the badge of this number lies.
    #[must_use]
    pub fn plug_in_with(&self, number: &str) -> ReaderId {
        let reader = ReaderId(u32::try_from(lock(&self.state).readers.len() + 1).unwrap_or(u32::MAX));
        let untold = Some(ReaderFact::Presented { reader, badge: badge(number, BadgeGrade::Uid) });
        self.plug_in_as(Fake { untold, is_lain_on: true, ..Fake::default() })
    }

    fn plug_in_as(&self, fake: Fake) -> ReaderId {
        let mut state = lock(&self.state);
        state.readers.push(fake);
        let reader = ReaderId(u32::try_from(state.readers.len()).unwrap_or(u32::MAX));
        if state.is_watched
            && let Some(fake) = state.readers.last_mut()
        {
            self.tell_found(fake);
            self.tell(ReaderFact::Ready { reader });
        }
        reader
    }

    /// The badge whose number this is (`technology:number`) is put on `reader` and lies there.
    pub fn present(&self, reader: ReaderId, number: &str) {
        self.put(reader, ReaderFact::Presented { reader, badge: badge(number, BadgeGrade::Uid) });
    }

    /// The same for a badge that answers a challenge.
    pub fn present_cryptographic(&self, reader: ReaderId, number: &str) {
        self.put(reader, ReaderFact::Presented { reader, badge: badge(number, BadgeGrade::Cryptographic) });
    }

    /// Something that cannot be used is put on `reader` and lies there.
    pub fn present_useless(&self, reader: ReaderId, fault: BadgeFault) {
        self.put(reader, ReaderFact::NotRead { reader, fault });
    }

    /// What lies on `reader` is taken away.
    pub fn take_away(&self, reader: ReaderId) {
        self.with(reader, |fake| {
            let is_to_be_told = fake.is_told && fake.fault.is_none();
            fake.is_lain_on = false;
            fake.untold = None;
            if is_to_be_told {
                fake.is_told = false;
                self.tell(ReaderFact::Removed { reader });
            }
        });
    }

    /// A wedge reader types: there and gone.
    pub fn types(&self, reader: ReaderId, number: &str) {
        self.present(reader, number);
        self.take_away(reader);
    }

    /// `reader` fails.
    pub fn breaks(&self, reader: ReaderId, fault: ReaderFault) {
        self.with(reader, |fake| fake.fault = Some(fault));
        if lock(&self.state).is_watched {
            self.tell(ReaderFact::Faulty { reader, fault });
        }
    }

    /// `reader` reads again. What lay on it through the fault is not told again; a badge that was put on it meanwhile is
    /// told before that, as one that lies there.
    pub fn heals(&self, reader: ReaderId) {
        self.with(reader, |fake| {
            fake.fault = None;
            if fake.is_told && (!fake.is_lain_on || fake.untold.is_some()) {
                fake.is_told = false;
                self.tell(ReaderFact::Removed { reader });
            }
            self.tell_found(fake);
            self.tell(ReaderFact::Ready { reader });
        });
    }

    /// Tells the badge that lies on a reader that is not ready yet. Nobody has presented it: what cannot be used is not told.
    fn tell_found(&self, fake: &mut Fake) {
        if let Some(fact @ ReaderFact::Presented { .. }) = fake.untold.take() {
            fake.is_told = true;
            self.tell(fact);
        }
    }

    fn put(&self, reader: ReaderId, fact: ReaderFact) {
        self.with(reader, |fake| {
            fake.is_lain_on = true;
            if fake.fault.is_some() {
                fake.untold = Some(fact);
            } else {
                fake.is_told = true;
                self.tell(fact);
            }
        });
    }

    fn with(&self, reader: ReaderId, act: impl FnOnce(&mut Fake)) {
        let mut state = lock(&self.state);
        let index = usize::try_from(reader.0).unwrap_or(usize::MAX);
        let fake = index.checked_sub(1).and_then(|index| state.readers.get_mut(index));
        act(fake.expect("a reader that was plugged in"));
    }

    fn tell(&self, fact: ReaderFact) {
        self.line.tell(Event::ReaderTold(fact));
    }
}

impl BadgeReaders for FakeBadgeReaders {
    fn watch(&self) {
        let mut state = lock(&self.state);
        if state.is_watched {
            return;
        }
        state.is_watched = true;
        for (reader, fake) in (1..).map(ReaderId).zip(&mut state.readers) {
            if fake.fault.is_none() {
                self.tell_found(fake);
            }
            self.tell(match fake.fault {
                None => ReaderFact::Ready { reader },
                Some(fault) => ReaderFact::Faulty { reader, fault },
            });
        }
    }
}

fn badge(number: &str, grade: BadgeGrade) -> Badge {
    // Different for different numbers; a fake's numbers are nobody's secret.
    let mark = BadgeMark(Uuid::new_v5(&Uuid::NAMESPACE_OID, number.as_bytes()).into_bytes());
    Badge { mark, number: Secret::new(number.to_owned()), grade }
}
