//! What is known of each PC/SC reader, and what is to be told of it: pure.
//!
//! ```text
//!   card there ──► Reading ──► Presented or NotRead, told once ──► card gone: Removed
//!                     │
//!                     └─ no answer in NOT_READ_AFTER: NotRead; in MUTE_AFTER: the reader is Mute until it answers
//! ```
//!
//! A card that lies there while its reader or the service goes and comes back is read again in silence: the same card
//! is not told again. A reader that is back may say for a moment that it is empty, although a card lies on it:
//! [`SETTLES_WITHIN`].

use std::time::Duration;

use agent_core::{
    badge::{Badge, BadgeFault, BadgeMark, ReaderFact, ReaderFault, ReaderId},
    instant::Instant,
};

/// A card that has not answered by then is told as unreadable, …
pub(super) const NOT_READ_AFTER: Duration = Duration::from_secs(3);
/// … and its reader as mute by then.
pub(super) const MUTE_AFTER: Duration = Duration::from_millis(4_500);
/// A reader that has come back may take this long to see what lies on it.
pub(super) const SETTLES_WITHIN: Duration = Duration::from_millis(1_500);
/// More readers than this are not watched. pcsc-lite itself serves 16 at once.
pub(super) const READERS_MAX: usize = 64;
/// Readings under way at once, those included that nobody waits for any more.
const READINGS_MAX: usize = 16;

/// One reader at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sight {
    /// As the service calls it.
    pub(super) name: String,
    /// What is in its field.
    pub(super) field: Field,
}

/// What a reader's field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// Nothing.
    Empty,
    /// A card. Another one, or the same again, has another count.
    Card {
        /// Insertions and removals up to now.
        count: u32,
    },
    /// Something that does not answer to a reset.
    MuteCard {
        /// Insertions and removals up to now.
        count: u32,
    },
    /// The reader cannot say.
    Unknown,
}

/// What a reading came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A badge.
    Read(Badge),
    /// Not one that can be used.
    NotRead(BadgeFault),
}

/// Tells one reading from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    /// Tell the loop.
    Tell(ReaderFact),
    /// Read the card on this reader, and say what it came to with [`Desk::read`].
    Read {
        /// The reader's name.
        reader: String,
        /// To be handed back.
        ticket: Ticket,
    },
}

/// All readers that were ever seen.
#[derive(Debug, Default)]
pub(super) struct Desk {
    slots: Vec<Slot>,
    under_way: Vec<Ticket>,
    tickets: u64,
}

#[derive(Debug)]
struct Slot {
    id: ReaderId,
    /// `None` where some reader must be there and none was seen yet.
    name: Option<String>,
    /// `None` before anything was told.
    told: Option<Health>,
    /// `None` while it is not there.
    field: Option<Field>,
    lying: Lying,
    /// Since it is back, until it has settled.
    back_at: Option<Instant>,
    reading: Option<Reading>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    Ready,
    Faulty(ReaderFault),
}

/// What was told of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lying {
    /// That it is empty, or nothing.
    Nothing,
    /// This card; `mark` where it was read.
    Told { count: u32, mark: Option<BadgeMark> },
    /// This card, before the reader went; it may lie there still.
    Perhaps { mark: Option<BadgeMark> },
}

#[derive(Debug, Clone, Copy)]
struct Reading {
    ticket: Ticket,
    count: u32,
    since: Instant,
    /// It was told as unreadable meanwhile.
    is_given_up: bool,
}

impl Desk {
    /// A reader must be there: until one is seen, that is told of the reader `id`.
    pub(super) fn expect_one(&mut self, id: ReaderId) {
        self.slots.push(Slot::new(id, None));
    }

    /// These readers are there, and no others.
    pub(super) fn seen(
        &mut self,
        sights: &[Sight],
        now: Instant,
        mut next_reader: impl FnMut() -> ReaderId,
    ) -> Vec<Act> {
        let mut acts = Vec::new();
        for sight in sights {
            let known = self.slots.iter().position(|slot| slot.name.as_deref() == Some(&sight.name));
            let known = known.or_else(|| self.slots.iter().position(|slot| slot.name.is_none()));
            let index = match known {
                Some(index) => index,
                None if self.slots.len() < READERS_MAX => {
                    self.slots.push(Slot::new(next_reader(), None));
                    self.slots.len() - 1
                }
                None => continue,
            };
            self.slots[index].name = Some(sight.name.clone());
            self.slots[index].holds(sight.field, now);
            self.slots[index].reads(&mut acts);
            self.reconcile(index, now, &mut acts);
        }
        for slot in &mut self.slots {
            if !sights.iter().any(|sight| slot.name.as_deref() == Some(&sight.name)) {
                slot.is_gone(ReaderFault::Unplugged, &mut acts);
            }
        }
        acts
    }

    /// The service is gone.
    pub(super) fn away(&mut self) -> Vec<Act> {
        let mut acts = Vec::new();
        for slot in &mut self.slots {
            slot.is_gone(ReaderFault::Unavailable, &mut acts);
        }
        acts
    }

    /// A reading is done.
    pub(super) fn read(&mut self, ticket: Ticket, outcome: Outcome, now: Instant) -> Vec<Act> {
        let mut acts = Vec::new();
        self.under_way.retain(|under_way| *under_way != ticket);
        // Its reader went meanwhile where nobody waits for it.
        let waits = |slot: &Slot| slot.reading.is_some_and(|reading| reading.ticket == ticket);
        if let Some(index) = self.slots.iter().position(waits) {
            self.slots[index].read(outcome, &mut acts);
            self.slots[index].reads(&mut acts);
            self.reconcile(index, now, &mut acts);
        }
        acts
    }

    /// Time passes.
    pub(super) fn time(&mut self, now: Instant) -> Vec<Act> {
        let mut acts = Vec::new();
        for index in 0..self.slots.len() {
            self.slots[index].time(now, &mut acts);
            self.reconcile(index, now, &mut acts);
        }
        acts
    }

    /// When [`Desk::time`] is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.slots.iter().filter_map(Slot::deadline).min()
    }

    /// Does what the field asks for where no reading is under way.
    fn reconcile(&mut self, index: usize, now: Instant, acts: &mut Vec<Act>) {
        let slot = &mut self.slots[index];
        if let Some(reading) = slot.reading {
            if reading.is_given_up && slot.field == Some(Field::Empty) {
                slot.becomes_empty(acts);
            }
            return;
        }
        match slot.field {
            None | Some(Field::Unknown) => {}
            Some(Field::Empty) if slot.back_at.is_some() => {}
            Some(Field::Empty) => slot.becomes_empty(acts),
            Some(Field::MuteCard { count }) => {
                if !slot.was_told_of(count) {
                    slot.cannot_be_used(count, BadgeFault::Unreadable, acts);
                }
            }
            Some(Field::Card { count }) => {
                if slot.was_told_of(count) {
                    return;
                }
                if self.under_way.len() >= READINGS_MAX {
                    slot.cannot_be_used(count, BadgeFault::Unreadable, acts);
                    return;
                }
                let Some(reader) = slot.name.clone() else { return };
                self.tickets += 1;
                let ticket = Ticket(self.tickets);
                self.under_way.push(ticket);
                slot.reading = Some(Reading { ticket, count, since: now, is_given_up: false });
                acts.push(Act::Read { reader, ticket });
            }
        }
    }
}

impl Slot {
    const fn new(id: ReaderId, name: Option<String>) -> Self {
        Self { id, name, told: None, field: None, lying: Lying::Nothing, back_at: None, reading: None }
    }

    /// It is there. What is told depends on whether it answers.
    fn reads(&mut self, acts: &mut Vec<Act>) {
        let is_stuck = self.reading.is_some_and(|reading| reading.is_given_up);
        if self.field == Some(Field::Unknown) {
            self.is(Health::Faulty(ReaderFault::Mute), acts);
        } else if !is_stuck {
            self.is(Health::Ready, acts);
        }
    }

    fn holds(&mut self, field: Field, now: Instant) {
        let is_back = self.field.is_none() && matches!(self.lying, Lying::Perhaps { .. });
        if matches!(field, Field::Card { .. } | Field::MuteCard { .. }) {
            self.back_at = None;
        } else if is_back {
            self.back_at = Some(now);
        }
        self.field = Some(field);
    }

    fn is_gone(&mut self, fault: ReaderFault, acts: &mut Vec<Act>) {
        self.field = None;
        self.back_at = None;
        self.reading = None;
        if let Lying::Told { mark, .. } = self.lying {
            self.lying = Lying::Perhaps { mark };
        }
        self.is(Health::Faulty(fault), acts);
    }

    fn is(&mut self, health: Health, acts: &mut Vec<Act>) {
        if self.told != Some(health) {
            self.told = Some(health);
            let reader = self.id;
            acts.push(Act::Tell(match health {
                Health::Ready => ReaderFact::Ready { reader },
                Health::Faulty(fault) => ReaderFact::Faulty { reader, fault },
            }));
        }
    }

    fn was_told_of(&self, card: u32) -> bool {
        matches!(self.lying, Lying::Told { count, .. } if count == card)
    }

    fn becomes_empty(&mut self, acts: &mut Vec<Act>) {
        if self.lying != Lying::Nothing {
            self.lying = Lying::Nothing;
            acts.push(Act::Tell(ReaderFact::Removed { reader: self.id }));
        }
    }

    fn cannot_be_used(&mut self, count: u32, fault: BadgeFault, acts: &mut Vec<Act>) {
        if self.lying != (Lying::Perhaps { mark: None }) {
            self.becomes_empty(acts);
            acts.push(Act::Tell(ReaderFact::NotRead { reader: self.id, fault }));
        }
        self.lying = Lying::Told { count, mark: None };
    }

    fn read(&mut self, outcome: Outcome, acts: &mut Vec<Act>) {
        let Some(Reading { count, is_given_up, .. }) = self.reading.take() else { return };
        if is_given_up {
            // It was told as unreadable: a badge that is told after that would be nobody's tap.
            return;
        }
        match outcome {
            Outcome::Read(badge) => {
                let mark = Some(badge.mark);
                let lay_there = self.lying == Lying::Perhaps { mark };
                if !lay_there {
                    self.becomes_empty(acts);
                    acts.push(Act::Tell(ReaderFact::Presented { reader: self.id, badge }));
                }
                self.lying = Lying::Told { count, mark };
            }
            Outcome::NotRead(fault) => self.cannot_be_used(count, fault, acts),
        }
    }

    fn time(&mut self, now: Instant, acts: &mut Vec<Act>) {
        if self.back_at.is_some_and(|back_at| now.since(back_at) >= SETTLES_WITHIN) {
            self.back_at = None;
        }
        let Some(reading) = &mut self.reading else { return };
        let waited = now.since(reading.since);
        let count = reading.count;
        if waited >= NOT_READ_AFTER && !reading.is_given_up {
            reading.is_given_up = true;
            self.cannot_be_used(count, BadgeFault::Unreadable, acts);
        }
        if waited >= MUTE_AFTER {
            self.is(Health::Faulty(ReaderFault::Mute), acts);
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let settled = self.back_at.map(|back_at| back_at + SETTLES_WITHIN);
        [settled, self.reading_deadline()].into_iter().flatten().min()
    }

    fn reading_deadline(&self) -> Option<Instant> {
        let reading = self.reading?;
        if !reading.is_given_up {
            Some(reading.since + NOT_READ_AFTER)
        } else if self.told != Some(Health::Faulty(ReaderFault::Mute)) {
            Some(reading.since + MUTE_AFTER)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests;
