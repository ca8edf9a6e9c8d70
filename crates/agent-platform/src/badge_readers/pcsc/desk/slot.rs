//! One reader: what is there, what was told of it, and what follows from the next look or answer.

use agent_core::{
    badge::{BadgeFault, BadgeMark, ReaderFact, ReaderFault, ReaderId},
    instant::Instant,
};

use super::{Act, Field, MUTE_AFTER, NOT_READ_AFTER, Outcome, SETTLES_WITHIN, Ticket};

/// A reader that was seen, or that must be there.
#[derive(Debug)]
pub(super) struct Slot {
    id: ReaderId,
    /// `None` where some reader must be there and none was seen yet.
    name: Option<String>,
    /// `None` before anything was told.
    told: Option<Health>,
    /// `None` while it is not there.
    field: Option<Field>,
    lying: Lying,
    /// Since it is there, until it has settled.
    settling_since: Option<Instant>,
    /// It has been told as ready once.
    was_ready: bool,
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
    /// The card lay there before its reader was ready: nobody's tap.
    is_found: bool,
    /// Nobody waits for it any more.
    is_given_up: bool,
}

impl Slot {
    /// Not seen yet.
    pub(super) const fn new(id: ReaderId) -> Self {
        Self {
            id,
            name: None,
            told: None,
            field: None,
            lying: Lying::Nothing,
            settling_since: None,
            was_ready: false,
            reading: None,
        }
    }

    /// As the service calls it; `None` where some reader must be there and none was seen yet.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether this reading is waited for here.
    pub(super) fn awaits(&self, ticket: Ticket) -> bool {
        self.reading.is_some_and(|reading| reading.ticket == ticket)
    }

    /// Does what the field asks for where no reading is under way; the card that is to be read, if there is one.
    pub(super) fn reconcile(&mut self, has_room: bool, acts: &mut Vec<Act>) -> Option<u32> {
        if let Some(reading) = self.reading {
            if reading.is_given_up && self.field == Some(Field::Empty) {
                self.becomes_empty(acts);
            }
            return None;
        }
        match self.field {
            None | Some(Field::Unknown) => None,
            Some(Field::Empty) => {
                if self.settling_since.is_none() {
                    self.becomes_empty(acts);
                }
                None
            }
            Some(Field::MuteCard { count } | Field::Card { count }) if self.was_told_of(count) => None,
            Some(Field::Card { count }) if has_room => Some(count),
            Some(Field::MuteCard { count } | Field::Card { count }) => {
                self.cannot_be_used(count, BadgeFault::Unreadable, acts);
                None
            }
        }
    }

    /// Its card is being read from now on.
    pub(super) fn begins(&mut self, ticket: Ticket, count: u32, now: Instant) {
        let is_found = self.told != Some(Health::Ready);
        self.reading = Some(Reading { ticket, count, since: now, is_found, is_given_up: false });
    }

    /// Whether it reads, told once what lay there is known.
    pub(super) fn tell_health(&mut self, has_room: bool, acts: &mut Vec<Act>) {
        let Some(field) = self.field else { return };
        let (is_found, is_stuck) =
            self.reading.map_or((false, false), |reading| (reading.is_found, reading.is_given_up));
        let is_new = !self.was_ready && self.settling_since.is_some();
        if field == Field::Unknown || (!has_room && self.reading.is_none()) {
            self.is(Health::Faulty(ReaderFault::Mute), acts);
        } else if !is_found && !is_stuck && !is_new {
            self.is(Health::Ready, acts);
        }
    }

    /// It is there, calls itself this and holds that.
    pub(super) fn holds(&mut self, name: &str, field: Field, now: Instant) {
        if self.name.as_deref() != Some(name) {
            self.name = Some(name.to_owned());
        }
        let comes = self.field.is_none();
        if comes && (!self.was_ready || matches!(self.lying, Lying::Perhaps { .. })) {
            self.settling_since = Some(now);
        }
        if self.was_ready && matches!(field, Field::Card { .. } | Field::MuteCard { .. }) {
            self.settling_since = None;
        }
        self.field = Some(field);
    }

    /// It is not there any more, or nobody can tell.
    pub(super) fn is_gone(&mut self, fault: ReaderFault, acts: &mut Vec<Act>) {
        self.field = None;
        self.settling_since = None;
        self.reading = None;
        if let Lying::Told { mark, .. } = self.lying {
            self.lying = Lying::Perhaps { mark };
        }
        self.is(Health::Faulty(fault), acts);
    }

    fn is(&mut self, health: Health, acts: &mut Vec<Act>) {
        if self.told != Some(health) {
            self.told = Some(health);
            self.was_ready |= health == Health::Ready;
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
            // Nobody has presented what lay there before.
            if self.told == Some(Health::Ready) {
                acts.push(Act::Tell(ReaderFact::NotRead { reader: self.id, fault }));
            }
        }
        self.lying = Lying::Told { count, mark: None };
    }

    /// The reading that is waited for is done.
    pub(super) fn read(&mut self, outcome: Outcome, acts: &mut Vec<Act>) {
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

    /// Time passes.
    pub(super) fn time(&mut self, now: Instant, acts: &mut Vec<Act>) {
        if self.settling_since.is_some_and(|since| now.since(since) >= SETTLES_WITHIN) {
            self.settling_since = None;
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

    /// When [`Slot::time`] is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let settled = self.settling_since.map(|since| since + SETTLES_WITHIN);
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
