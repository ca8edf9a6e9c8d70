//! From what readers tell to taps that count.
//!
//! A badge that lies on a reader is one tap, however long it lies there. The same badge again, at whichever reader,
//! counts once it has been away for [`AWAY_MIN`]: cards bounce, and a hand that lingers means nothing. A badge that a
//! reader tells before it is ready lay there when it was plugged in, or healed: that is nobody's tap either.

use std::collections::BTreeMap;

use crate::{
    badge::{Badge, BadgeFault, BadgeMark, ReaderFact, ReaderFault, ReaderId},
    instant::Instant,
    time_limits::AWAY_MIN,
};

/// A presentation that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tap {
    /// Of a badge.
    Badge(Badge),
    /// Of something that cannot be used.
    NotRead(BadgeFault),
}

/// Every reader, and what lies on it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Taps {
    readers: BTreeMap<ReaderId, Reader>,
    /// When each badge was taken away, for as long as that matters.
    away_since: BTreeMap<BadgeMark, Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Reader {
    /// `None` before either was told.
    reads: Option<bool>,
    has_read: bool,
    is_unplugged: bool,
    /// It was unplugged, and another one stands in its place.
    is_replaced: bool,
    lying: Option<BadgeMark>,
}

impl Taps {
    /// Takes note of what a reader told, and tells whether it is a tap.
    pub fn take(&mut self, fact: ReaderFact, now: Instant) -> Option<Tap> {
        match fact {
            ReaderFact::Ready { reader } => {
                if self.readers.get(&reader).is_none_or(|reader| reader.reads.is_none()) {
                    self.replace_one();
                }
                let ready = self.readers.entry(reader).or_default();
                *ready = Reader {
                    reads: Some(true),
                    has_read: true,
                    is_unplugged: false,
                    is_replaced: false,
                    lying: ready.lying,
                };
                None
            }
            // What lay there may lie there still; the reader tells when it is back.
            ReaderFact::Faulty { reader, fault } => {
                let faulty = self.readers.entry(reader).or_default();
                faulty.is_unplugged = fault == ReaderFault::Unplugged;
                faulty.reads = Some(false);
                None
            }
            ReaderFact::Removed { reader } => {
                self.emptied(reader, now);
                None
            }
            ReaderFact::NotRead { reader, fault } => {
                self.emptied(reader, now);
                Some(Tap::NotRead(fault))
            }
            ReaderFact::Presented { reader, badge } => {
                self.emptied(reader, now);
                let counts = self.counts(badge.mark, now);
                let at = self.readers.entry(reader).or_default();
                at.lying = Some(badge.mark);
                (counts && at.reads == Some(true)).then_some(Tap::Badge(badge))
            }
        }
    }

    /// Whether there is a reader, and whether one reads.
    #[must_use]
    pub fn readers(&self) -> Readers {
        let told =
            || self.readers.values().filter(|reader| !reader.is_replaced).filter_map(|reader| reader.reads);
        match (told().any(|reads| reads), told().any(|reads| !reads)) {
            (false, false) => Readers::None,
            (true, false) => Readers::Ready,
            (true, true) => Readers::SomeFaulty,
            (false, true) => Readers::Faulty,
        }
    }

    /// A reader that was never there before has come: where one was unplugged, it stands in its place, and that one is
    /// missed no more.
    fn replace_one(&mut self) {
        let is_free = |reader: &&mut Reader| reader.is_unplugged && reader.has_read && !reader.is_replaced;
        if let Some(unplugged) = self.readers.values_mut().find(is_free) {
            unplugged.is_replaced = true;
        }
    }

    fn counts(&self, mark: BadgeMark, now: Instant) -> bool {
        let lies_elsewhere =
            self.readers.values().any(|reader| reader.reads != Some(false) && reader.lying == Some(mark));
        let was_just_here = self.away_since.get(&mark).is_some_and(|since| now < *since + AWAY_MIN);
        !lies_elsewhere && !was_just_here
    }

    fn emptied(&mut self, reader: ReaderId, now: Instant) {
        self.away_since.retain(|_, since| now < *since + AWAY_MIN);
        if let Some(lying) = self.readers.entry(reader).or_default().lying.take() {
            self.away_since.insert(lying, now);
        }
    }
}

/// Whether a badge can be presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// There is no reader.
    None,
    /// All of them read.
    Ready,
    /// One reads at least, and another one does not.
    SomeFaulty,
    /// None of them reads now.
    Faulty,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{badge::BadgeGrade, secret::Secret};

    const LEFT: ReaderId = ReaderId(1);
    const RIGHT: ReaderId = ReaderId(2);

    #[test]
    fn a_badge_left_lying_is_one_tap_for_an_hour() {
        let mut taps = with_two_readers();

        assert!(is_tap(&mut taps, LEFT, 1, 0));
        for second in 1..3_600 {
            assert!(!is_tap(&mut taps, LEFT, 1, second * 1_000), "told again at {second} s");
        }
    }

    #[test]
    fn the_same_badge_counts_again_once_it_was_away_for_two_and_a_half_seconds() {
        for (back_at, counts) in [(1_050, false), (3_499, false), (3_500, true)] {
            let mut taps = with_two_readers();
            assert!(is_tap(&mut taps, LEFT, 1, 0));
            taps.take(ReaderFact::Removed { reader: LEFT }, at(1_000));

            assert_eq!(is_tap(&mut taps, LEFT, 1, back_at), counts, "back at {back_at}");
        }
    }

    #[test]
    fn a_bouncing_card_is_one_tap_however_often_it_bounces() {
        let mut taps = with_two_readers();
        let mut counted = 0;
        for bounce in 0..50 {
            counted += u32::from(is_tap(&mut taps, LEFT, 1, bounce * 100));
            taps.take(ReaderFact::Removed { reader: LEFT }, at(bounce * 100 + 50));
        }

        assert_eq!(counted, 1);
    }

    #[test]
    fn a_colleagues_badge_counts_at_once() {
        let mut taps = with_two_readers();
        assert!(is_tap(&mut taps, LEFT, 1, 0));
        taps.take(ReaderFact::Removed { reader: LEFT }, at(100));

        assert!(is_tap(&mut taps, LEFT, 2, 200));
        taps.take(ReaderFact::Removed { reader: LEFT }, at(300));
        assert!(!is_tap(&mut taps, LEFT, 1, 400), "hers again, which has just been taken away");
        taps.take(ReaderFact::Removed { reader: LEFT }, at(500));
        assert!(is_tap(&mut taps, LEFT, 1, 3_000));
    }

    #[test]
    fn a_badge_left_lying_that_bounces_after_a_colleagues_tap_is_no_tap() {
        let mut taps = with_two_readers();
        assert!(is_tap(&mut taps, LEFT, 1, 0));
        assert!(is_tap(&mut taps, RIGHT, 2, 60_000));
        taps.take(ReaderFact::Removed { reader: LEFT }, at(61_000));

        assert!(!is_tap(&mut taps, LEFT, 1, 61_100));
    }

    #[test]
    fn a_badge_left_on_one_reader_keeps_nobody_from_the_other_and_is_no_tap_there() {
        let mut taps = with_two_readers();
        assert!(is_tap(&mut taps, LEFT, 1, 0));

        assert!(!is_tap(&mut taps, RIGHT, 1, 10_000), "a copy of what lies on the other");
        assert!(is_tap(&mut taps, RIGHT, 2, 20_000));
    }

    #[test]
    fn what_cannot_be_used_is_told_and_leaves_no_trace() {
        let mut taps = with_two_readers();
        let two = ReaderFact::NotRead { reader: LEFT, fault: BadgeFault::TwoAtOnce };

        assert_eq!(taps.take(two, at(0)), Some(Tap::NotRead(BadgeFault::TwoAtOnce)));
        assert!(is_tap(&mut taps, LEFT, 1, 100));
    }

    #[test]
    fn a_badge_that_lay_there_through_a_fault_counts_once_it_was_away() {
        let mut taps = with_two_readers();
        assert!(is_tap(&mut taps, LEFT, 1, 0));
        taps.take(ReaderFact::Faulty { reader: LEFT, fault: ReaderFault::Unavailable }, at(1_000));
        taps.take(ReaderFact::Ready { reader: LEFT }, at(60_000));
        taps.take(ReaderFact::Removed { reader: LEFT }, at(61_000));

        assert!(!is_tap(&mut taps, LEFT, 1, 61_100), "nudged");
        taps.take(ReaderFact::Removed { reader: LEFT }, at(62_000));
        assert!(is_tap(&mut taps, LEFT, 1, 64_500));
    }

    #[test]
    fn a_badge_that_was_on_a_reader_that_is_gone_counts_at_another() {
        let mut taps = with_two_readers();
        assert!(is_tap(&mut taps, LEFT, 1, 0));
        taps.take(ReaderFact::Faulty { reader: LEFT, fault: ReaderFault::Unplugged }, at(1_000));

        assert!(is_tap(&mut taps, RIGHT, 1, 5_000));
    }

    #[test]
    fn what_is_told_of_the_readers_is_whether_all_some_or_none_of_them_read() {
        let mut taps = Taps::default();
        assert_eq!(taps.readers(), Readers::None);
        let faulty = |reader| ReaderFact::Faulty { reader, fault: ReaderFault::Unplugged };

        assert!(!is_tap(&mut taps, LEFT, 1, 0), "it lay there");
        assert_eq!(taps.readers(), Readers::None, "nothing was told of the reader yet");
        taps.take(ReaderFact::Ready { reader: LEFT }, at(0));
        taps.take(ReaderFact::Ready { reader: RIGHT }, at(0));
        assert_eq!(taps.readers(), Readers::Ready);
        taps.take(faulty(LEFT), at(1));
        assert_eq!(taps.readers(), Readers::SomeFaulty);
        taps.take(faulty(RIGHT), at(2));
        assert_eq!(taps.readers(), Readers::Faulty);
        taps.take(ReaderFact::Ready { reader: LEFT }, at(3));
        assert_eq!(taps.readers(), Readers::SomeFaulty);
        taps.take(ReaderFact::Ready { reader: RIGHT }, at(4));
        assert_eq!(taps.readers(), Readers::Ready);
    }

    #[test]
    fn a_badge_that_lay_on_a_reader_before_it_was_ready_counts_once_it_was_lifted() {
        let faulty = ReaderFact::Faulty { reader: LEFT, fault: ReaderFault::Unplugged };
        for before in [None, Some(faulty)] {
            let mut taps = Taps::default();
            if let Some(fact) = before {
                taps.take(fact, at(0));
            }
            assert!(!is_tap(&mut taps, LEFT, 1, 1_000));
            taps.take(ReaderFact::Ready { reader: LEFT }, at(1_000));
            taps.take(ReaderFact::Ready { reader: RIGHT }, at(1_000));
            assert!(!is_tap(&mut taps, RIGHT, 1, 60_000), "a copy of what lies there");
            taps.take(ReaderFact::Removed { reader: RIGHT }, at(60_500));
            taps.take(ReaderFact::Removed { reader: LEFT }, at(61_000));
            assert!(!is_tap(&mut taps, LEFT, 1, 61_100), "nudged");
            taps.take(ReaderFact::Removed { reader: LEFT }, at(62_000));

            assert!(is_tap(&mut taps, LEFT, 1, 64_500));
            assert!(is_tap(&mut taps, LEFT, 2, 64_600), "a colleague's, at any time");
        }
    }

    #[test]
    fn a_reader_that_was_unplugged_is_missed_until_another_one_is_plugged_in_in_its_place() {
        let new = ReaderId(3);
        for (fault, is_replaced) in
            [(ReaderFault::Unplugged, true), (ReaderFault::Mute, false), (ReaderFault::Unavailable, false)]
        {
            let mut taps = with_two_readers();
            taps.take(ReaderFact::Faulty { reader: LEFT, fault }, at(1));
            assert_eq!(taps.readers(), Readers::SomeFaulty);
            taps.take(ReaderFact::Ready { reader: new }, at(2));
            assert_eq!(taps.readers() == Readers::Ready, is_replaced, "{fault:?}");
            // The service goes, and comes back as it was.
            for reader in [LEFT, RIGHT, new] {
                taps.take(ReaderFact::Faulty { reader, fault: ReaderFault::Unavailable }, at(2));
            }
            assert_eq!(taps.readers(), Readers::Faulty);
            taps.take(ReaderFact::Ready { reader: RIGHT }, at(2));
            taps.take(ReaderFact::Ready { reader: new }, at(2));
            taps.take(ReaderFact::Faulty { reader: LEFT, fault }, at(2));
            assert_eq!(taps.readers() == Readers::Ready, is_replaced, "{fault:?}");
            taps.take(ReaderFact::Ready { reader: LEFT }, at(3));
            assert_eq!(taps.readers(), Readers::Ready);
        }
    }

    #[test]
    fn a_reader_that_must_be_there_and_never_was_is_missed_whatever_else_is_plugged_in() {
        let mut taps = Taps::default();
        taps.take(ReaderFact::Faulty { reader: LEFT, fault: ReaderFault::Unplugged }, at(0));
        taps.take(ReaderFact::Ready { reader: RIGHT }, at(1));

        assert_eq!(taps.readers(), Readers::SomeFaulty);
    }

    #[test]
    fn a_reader_whose_service_goes_and_comes_back_without_it_was_unplugged() {
        let mut taps = with_two_readers();
        for fault in [ReaderFault::Unavailable, ReaderFault::Unplugged, ReaderFault::Unavailable] {
            taps.take(ReaderFact::Faulty { reader: LEFT, fault }, at(1));
        }
        taps.take(ReaderFact::Faulty { reader: LEFT, fault: ReaderFault::Unplugged }, at(2));
        taps.take(ReaderFact::Ready { reader: ReaderId(3) }, at(3));

        assert_eq!(taps.readers(), Readers::Ready);
    }

    fn with_two_readers() -> Taps {
        let mut taps = Taps::default();
        taps.take(ReaderFact::Ready { reader: LEFT }, at(0));
        taps.take(ReaderFact::Ready { reader: RIGHT }, at(0));
        taps
    }

    fn is_tap(taps: &mut Taps, reader: ReaderId, badge: u8, at_ms: u64) -> bool {
        let badge = Badge {
            mark: BadgeMark([badge; 16]),
            number: Secret::new(format!("uid:{badge:08x}")),
            grade: BadgeGrade::Uid,
        };
        taps.take(ReaderFact::Presented { reader, badge }, at(at_ms)).is_some()
    }

    const fn at(ms: u64) -> Instant {
        Instant::from_boot(Duration::from_millis(ms))
    }
}
