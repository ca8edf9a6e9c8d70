//! What is known of each PC/SC reader, and what is to be told of it: pure.
//!
//! ```text
//!   card there ──► Reading ──► Presented or NotRead, told once ──► card gone: Removed
//!                     │
//!                     └─ no answer in NOT_READ_AFTER: NotRead; in MUTE_AFTER: the reader is Mute until it answers
//! ```
//!
//! What lies there before its reader is told as ready is nobody's tap: it is read first and told as presented before
//! `Ready`, which makes no tap of it ([`agent_core::taps`]). A card that lies there while its reader or the service goes
//! and comes back is read again in silence: the same card is not told again.
//!
//! A reader may say for a moment that it is empty, although a card lies on it: [`SETTLES_WITHIN`]. One that was never seen
//! before is told as ready only after that. One that is back is told at once, so that the next tap counts: if it sees
//! then the badge that lay there before, that is none; another one is a tap.

use std::time::Duration;

use agent_core::{
    badge::{Badge, BadgeFault, ReaderFact, ReaderFault, ReaderId},
    instant::Instant,
};

use self::slot::Slot;

mod slot;

/// A card that has not answered by then is told as unreadable, …
pub(super) const NOT_READ_AFTER: Duration = Duration::from_secs(3);
/// … and its reader as mute by then.
pub(super) const MUTE_AFTER: Duration = Duration::from_millis(4_500);
/// A reader that has come may take this long to see what lies on it.
pub(super) const SETTLES_WITHIN: Duration = Duration::from_millis(1_500);
/// More readers than this are not watched. pcsc-lite itself serves 16 at once.
pub(super) const READERS_MAX: usize = 64;
/// Readings under way at once in one service, those included that nobody waits for any more. With so many under way no
/// card can be read, and all readers are told as mute.
const READINGS_MAX: usize = 16;
/// Readings under way in all services that there were: each is a thread that may hang for ever.
const THREADS_MAX: usize = 64;

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
    /// Begun in a service that is gone, and not done.
    orphaned: Vec<Ticket>,
    tickets: u64,
}

impl Desk {
    /// A reader must be there: until one is seen, that is told of the reader `id`.
    pub(super) fn expect_one(&mut self, id: ReaderId) {
        self.slots.push(Slot::new(id));
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
            let known = self.slots.iter().position(|slot| slot.name() == Some(&sight.name));
            let known = known.or_else(|| self.slots.iter().position(|slot| slot.name().is_none()));
            let index = match known {
                Some(index) => index,
                None if self.slots.len() < READERS_MAX => {
                    self.slots.push(Slot::new(next_reader()));
                    self.slots.len() - 1
                }
                None => continue,
            };
            self.slots[index].holds(&sight.name, sight.field, now);
            self.reconcile(index, now, &mut acts);
        }
        for slot in &mut self.slots {
            if !sights.iter().any(|sight| slot.name() == Some(&sight.name)) {
                slot.is_gone(ReaderFault::Unplugged, &mut acts);
            }
        }
        self.tell_health(&mut acts);
        acts
    }

    /// The service is gone. What hangs in it keeps no card from being read in the next one.
    pub(super) fn away(&mut self) -> Vec<Act> {
        let mut acts = Vec::new();
        self.orphaned.append(&mut self.under_way);
        for slot in &mut self.slots {
            slot.is_gone(ReaderFault::Unavailable, &mut acts);
        }
        acts
    }

    /// A reading is done.
    pub(super) fn read(&mut self, ticket: Ticket, outcome: Outcome, now: Instant) -> Vec<Act> {
        let mut acts = Vec::new();
        self.under_way.retain(|under_way| *under_way != ticket);
        self.orphaned.retain(|orphaned| *orphaned != ticket);
        // Its reader went meanwhile where nobody waits for it.
        if let Some(index) = self.slots.iter().position(|slot| slot.awaits(ticket)) {
            self.slots[index].read(outcome, &mut acts);
            self.reconcile(index, now, &mut acts);
        }
        self.tell_health(&mut acts);
        acts
    }

    /// Time passes.
    pub(super) fn time(&mut self, now: Instant) -> Vec<Act> {
        let mut acts = Vec::new();
        for index in 0..self.slots.len() {
            self.slots[index].time(now, &mut acts);
            self.reconcile(index, now, &mut acts);
        }
        self.tell_health(&mut acts);
        acts
    }

    /// When [`Desk::time`] is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.slots.iter().filter_map(Slot::deadline).min()
    }

    /// Whether another card could be read.
    fn has_room(&self) -> bool {
        self.under_way.len() < READINGS_MAX && self.under_way.len() + self.orphaned.len() < THREADS_MAX
    }

    fn tell_health(&mut self, acts: &mut Vec<Act>) {
        let has_room = self.has_room();
        for slot in &mut self.slots {
            slot.tell_health(has_room, acts);
        }
    }

    /// Does what the field asks for.
    fn reconcile(&mut self, index: usize, now: Instant, acts: &mut Vec<Act>) {
        let has_room = self.has_room();
        let slot = &mut self.slots[index];
        let Some(count) = slot.reconcile(has_room, acts) else { return };
        let Some(reader) = slot.name().map(str::to_owned) else { return };
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        slot.begins(ticket, count, now);
        self.under_way.push(ticket);
        acts.push(Act::Read { reader, ticket });
    }
}

#[cfg(test)]
mod tests;
