use agent_core::{
    badge::{BadgeGrade, BadgeMark},
    secret::Secret,
};

use super::*;

#[test]
fn a_badge_is_told_once_however_long_it_lies_there() {
    let mut ward = Ward::new();
    assert_eq!(ward.sees(&[("a", Field::Empty)]), NOTHING);
    assert_eq!(ward.waits_for_the_deadline(), ["1 ready"]);
    assert_eq!(ward.sees(&[("a", Field::Card { count: 1 })]), ["read a"]);
    assert_eq!(ward.reads("a", badge(7)), ["1 presented 7"]);

    for _ in 0..100 {
        ward.minutes(60);
        assert_eq!(ward.sees(&[("a", Field::Card { count: 1 })]), NOTHING);
    }

    assert_eq!(ward.sees(&[("a", Field::Empty)]), ["1 removed"]);
    assert_eq!(ward.sees(&[("a", Field::Empty)]), NOTHING);
}

#[test]
fn a_badge_taken_away_and_put_back_between_two_looks_is_told_again() {
    let mut ward = Ward::with_badge_lying();

    assert_eq!(ward.sees(&[("a", Field::Card { count: 3 })]), ["read a"]);
    assert_eq!(ward.reads("a", badge(7)), ["1 removed", "1 presented 7"]);
}

#[test]
fn a_badge_that_was_read_and_is_gone_by_then_is_a_tap_all_the_same() {
    let mut ward = Ward::with_reader();
    ward.sees(&[("a", Field::Card { count: 1 })]);

    assert_eq!(ward.sees(&[("a", Field::Empty)]), NOTHING);
    assert_eq!(ward.reads("a", badge(7)), ["1 presented 7", "1 removed"]);
}

#[test]
fn a_badge_torn_away_while_it_is_read_is_told_as_not_read_once() {
    let mut ward = Ward::with_reader();
    ward.sees(&[("a", Field::Card { count: 1 })]);
    ward.sees(&[("a", Field::Empty)]);

    let unreadable = Outcome::NotRead(BadgeFault::Unreadable);
    assert_eq!(ward.reads("a", unreadable), ["1 not read Unreadable", "1 removed"]);
    assert_eq!(ward.sees(&[("a", Field::Empty)]), NOTHING);
}

#[test]
fn another_badge_that_comes_while_one_is_read_is_read_after_it() {
    let mut ward = Ward::with_reader();
    ward.sees(&[("a", Field::Card { count: 1 })]);
    assert_eq!(ward.sees(&[("a", Field::Card { count: 3 })]), NOTHING);

    assert_eq!(ward.reads("a", badge(7)), ["1 presented 7", "read a"]);
    assert_eq!(ward.reads("a", badge(8)), ["1 removed", "1 presented 8"]);
}

#[test]
fn a_card_that_cannot_be_used_is_told_once_with_its_reason() {
    let mut ward = Ward::with_reader();
    ward.sees(&[("a", Field::Card { count: 1 })]);

    assert_eq!(ward.reads("a", Outcome::NotRead(BadgeFault::RandomNumber)), ["1 not read RandomNumber"]);
    assert_eq!(ward.sees(&[("a", Field::Card { count: 1 })]), NOTHING);
    assert_eq!(ward.sees(&[("a", Field::Empty)]), ["1 removed"]);
    assert_eq!(ward.sees(&[("a", Field::MuteCard { count: 3 })]), ["1 not read Unreadable"]);
    assert_eq!(ward.sees(&[("a", Field::MuteCard { count: 3 })]), NOTHING);
}

#[test]
fn a_card_without_an_answer_is_told_in_time_and_its_reader_as_mute_until_it_answers() {
    let mut ward = Ward::with_reader();
    ward.sees(&[("a", Field::Card { count: 1 })]);

    let put = ward.now;
    assert_eq!(ward.waits_for_the_deadline(), ["1 not read Unreadable"]);
    assert_eq!(ward.now, put + NOT_READ_AFTER);
    assert_eq!(ward.waits_for_the_deadline(), ["1 faulty Mute"]);
    assert_eq!(ward.now, put + MUTE_AFTER);
    assert_eq!(ward.desk.deadline(), None);
    assert_eq!(ward.sees(&[("a", Field::Card { count: 1 })]), NOTHING);
    assert_eq!(ward.sees(&[("a", Field::Empty)]), ["1 removed"]);
    assert_eq!(ward.sees(&[("a", Field::Card { count: 3 })]), NOTHING, "it cannot be asked yet");

    // What comes so late is no tap, and what came while the reader was mute lies there when it is ready.
    assert_eq!(ward.reads("a", badge(7)), ["read a"]);
    assert_eq!(ward.reads("a", badge(8)), ["1 presented 8", "1 ready"]);
}

#[test]
fn a_late_answer_while_the_card_still_lies_there_is_no_tap() {
    let mut ward = Ward::with_reader();
    ward.sees(&[("a", Field::Card { count: 1 })]);
    ward.waits_for_the_deadline();

    assert_eq!(ward.reads("a", badge(7)), NOTHING);
    assert_eq!(ward.sees(&[("a", Field::Empty)]), ["1 removed"]);
}

#[test]
fn readers_come_and_go_and_keep_their_numbers() {
    let mut ward = Ward::new();
    assert_eq!(ward.sees(&[("a", Field::Empty), ("b", Field::Empty)]), NOTHING);
    assert_eq!(ward.waits_for_the_deadline(), ["1 ready", "2 ready"]);
    assert_eq!(ward.sees(&[("b", Field::Empty)]), ["1 faulty Unplugged"]);
    assert_eq!(ward.sees(&[("b", Field::Empty)]), NOTHING);
    assert_eq!(ward.sees(&[("c", Field::Empty), ("b", Field::Empty)]), NOTHING);
    assert_eq!(ward.waits_for_the_deadline(), ["3 ready"]);
    assert_eq!(ward.sees(&[("a", Field::Empty), ("c", Field::Empty)]), ["2 faulty Unplugged", "1 ready"]);
}

#[test]
fn a_badge_that_lies_there_when_its_reader_is_first_seen_is_told_before_the_reader_is_ready() {
    let mut ward = Ward::new();
    assert_eq!(ward.sees(&[("a", Field::Card { count: 1 })]), ["read a"]);
    assert_eq!(ward.reads("a", badge(7)), ["1 presented 7"]);
    assert_eq!(ward.waits_for_the_deadline(), ["1 ready"]);

    assert_eq!(ward.sees(&[("a", Field::Empty)]), ["1 removed"]);
    ward.sees(&[("a", Field::Card { count: 3 })]);
    assert_eq!(ward.reads("a", badge(7)), ["1 presented 7"]);
}

#[test]
fn a_badge_that_a_new_reader_sees_only_after_a_moment_lay_there_too() {
    let mut ward = Ward::new();
    ward.sees(&[("a", Field::Empty)]);
    ward.milliseconds(1_400);
    assert_eq!(ward.sees(&[("a", Field::Card { count: 1 })]), ["read a"]);
    assert_eq!(ward.waits_for_the_deadline(), NOTHING, "it is not known yet what lies there");

    assert_eq!(ward.reads("a", badge(7)), ["1 presented 7", "1 ready"]);
}

#[test]
fn a_badge_that_is_lifted_before_its_new_reader_is_ready_is_told_as_gone() {
    let mut ward = Ward::new();
    ward.sees(&[("a", Field::Card { count: 1 })]);
    ward.reads("a", badge(7));

    assert_eq!(ward.sees(&[("a", Field::Empty)]), NOTHING);
    assert_eq!(ward.waits_for_the_deadline(), ["1 removed", "1 ready"]);
}

#[test]
fn what_lies_there_and_cannot_be_used_is_told_by_nobody() {
    for field in [Field::Card { count: 1 }, Field::MuteCard { count: 1 }] {
        let mut ward = Ward::new();
        if ward.sees(&[("a", field)]) == ["read a"] {
            assert_eq!(ward.reads("a", Outcome::NotRead(BadgeFault::Unreadable)), NOTHING);
        }
        assert_eq!(ward.waits_for_the_deadline(), ["1 ready"]);
    }
}

#[test]
fn a_new_reader_on_which_a_card_hangs_is_mute_and_no_more() {
    let mut ward = Ward::new();
    ward.sees(&[("a", Field::Card { count: 1 })]);

    assert_eq!(ward.waits_for_the_deadline(), NOTHING);
    assert_eq!(ward.waits_for_the_deadline(), NOTHING);
    assert_eq!(ward.waits_for_the_deadline(), ["1 faulty Mute"]);
    assert_eq!(ward.now, START + MUTE_AFTER);
}

#[test]
fn a_reader_that_cannot_say_what_it_holds_is_mute() {
    let mut ward = Ward::new();
    assert_eq!(ward.sees(&[("a", Field::Unknown)]), ["1 faulty Mute"]);
    assert_eq!(ward.sees(&[("a", Field::Empty)]), NOTHING);
    assert_eq!(ward.waits_for_the_deadline(), ["1 ready"]);
}

#[test]
fn two_readers_are_read_at_once() {
    let mut ward = Ward::new();
    ward.sees(&[("a", Field::Empty), ("b", Field::Empty)]);
    ward.waits_for_the_deadline();
    let both = [("a", Field::Card { count: 1 }), ("b", Field::Card { count: 1 })];
    assert_eq!(ward.sees(&both), ["read a", "read b"]);

    assert_eq!(ward.reads("b", badge(8)), ["2 presented 8"]);
    assert_eq!(ward.reads("a", badge(7)), ["1 presented 7"]);
}

#[test]
fn a_service_that_goes_is_told_for_every_reader_and_heals() {
    let mut ward = Ward::new();
    ward.sees(&[("a", Field::Empty), ("b", Field::Empty)]);
    ward.waits_for_the_deadline();

    assert_eq!(ward.loses_the_service(), ["1 faulty Unavailable", "2 faulty Unavailable"]);
    assert_eq!(ward.loses_the_service(), NOTHING);
    assert_eq!(ward.sees(&[("a", Field::Empty)]), ["2 faulty Unplugged", "1 ready"]);
}

#[test]
fn a_badge_that_lies_there_while_the_service_comes_back_is_no_second_tap() {
    let mut ward = Ward::with_badge_lying();
    ward.loses_the_service();

    assert_eq!(ward.sees(&[("a", Field::Card { count: 1 })]), ["read a"]);
    assert_eq!(ward.reads("a", badge(7)), ["1 ready"]);
    assert_eq!(ward.sees(&[("a", Field::Empty)]), ["1 removed"]);
}

#[test]
fn another_badge_that_lies_there_when_the_service_is_back_is_told_before_the_reader_is_ready() {
    let mut ward = Ward::with_badge_lying();
    ward.loses_the_service();
    ward.sees(&[("a", Field::Card { count: 1 })]);

    assert_eq!(ward.reads("a", badge(8)), ["1 removed", "1 presented 8", "1 ready"]);
    assert_eq!(ward.sees(&[("a", Field::Empty)]), ["1 removed"]);
}

#[test]
fn a_badge_that_is_laid_down_when_the_service_has_just_come_back_is_a_tap() {
    let mut ward = Ward::with_badge_lying();
    ward.loses_the_service();
    assert_eq!(ward.sees(&[("a", Field::Empty)]), ["1 ready"]);

    assert_eq!(ward.sees(&[("a", Field::Card { count: 1 })]), ["read a"]);
    assert_eq!(ward.reads("a", badge(8)), ["1 removed", "1 presented 8"]);
}

#[test]
fn a_badge_taken_away_while_the_service_was_away_is_told_as_removed() {
    let mut ward = Ward::with_badge_lying();
    ward.loses_the_service();

    assert_eq!(ward.sees(&[("a", Field::Empty)]), ["1 ready"]);
    let back = ward.now;
    assert_eq!(ward.waits_for_the_deadline(), ["1 removed"]);
    assert_eq!(ward.now, back + SETTLES_WITHIN);
    assert_eq!(ward.desk.deadline(), None);
}

#[test]
fn a_reader_that_sees_its_badge_a_moment_after_it_is_back_makes_no_second_tap() {
    let mut ward = Ward::with_badge_lying();
    ward.sees(&[]);
    assert_eq!(ward.sees(&[("a", Field::Empty)]), ["1 ready"]);

    assert_eq!(ward.sees(&[("a", Field::Card { count: 1 })]), ["read a"]);
    assert_eq!(ward.reads("a", badge(7)), NOTHING);
    assert_eq!(ward.desk.deadline(), None);
    assert_eq!(ward.sees(&[("a", Field::Empty)]), ["1 removed"]);
}

#[test]
fn a_card_that_could_not_be_used_is_not_told_again_when_the_service_comes_back() {
    let mut ward = Ward::with_reader();
    ward.sees(&[("a", Field::Card { count: 1 })]);
    ward.reads("a", Outcome::NotRead(BadgeFault::RandomNumber));
    ward.loses_the_service();

    ward.sees(&[("a", Field::Card { count: 1 })]);
    assert_eq!(ward.reads("a", Outcome::NotRead(BadgeFault::RandomNumber)), ["1 ready"]);
    assert_eq!(ward.sees(&[("a", Field::Empty)]), ["1 removed"]);
}

#[test]
fn a_reading_that_the_service_took_with_it_is_told_by_nobody_and_made_again() {
    let mut ward = Ward::with_reader();
    ward.sees(&[("a", Field::Card { count: 1 })]);
    let lost = ward.ticket("a");
    assert_eq!(ward.loses_the_service(), ["1 faulty Unavailable"]);

    let late = ward.desk.read(lost, Outcome::NotRead(BadgeFault::Unreadable), ward.now);
    assert_eq!(late, []);
    assert_eq!(ward.sees(&[("a", Field::Card { count: 1 })]), ["read a"]);
    assert_eq!(ward.reads("a", badge(7)), ["1 presented 7", "1 ready"]);
}

#[test]
fn where_a_reader_must_be_there_its_absence_is_told() {
    let mut ward = Ward::new();
    ward.desk.expect_one(ReaderId(1));
    ward.given = 1;

    assert_eq!(ward.loses_the_service(), ["1 faulty Unavailable"]);
    assert_eq!(ward.sees(&[]), ["1 faulty Unplugged"]);
    assert_eq!(ward.sees(&[("a", Field::Empty), ("b", Field::Empty)]), NOTHING);
    assert_eq!(ward.waits_for_the_deadline(), ["1 ready", "2 ready"]);
    assert_eq!(ward.sees(&[("b", Field::Empty)]), ["1 faulty Unplugged"]);
}

#[test]
fn no_number_of_readers_is_too_many() {
    let names: Vec<String> = (0..1_000).map(|n| format!("reader {n}")).collect();
    let empty: Vec<_> = names.iter().map(|name| (name.as_str(), Field::Empty)).collect();
    let mut ward = Ward::new();

    ward.sees(&empty);

    assert_eq!(ward.waits_for_the_deadline().len(), READERS_MAX);
}

#[test]
fn cards_that_hang_again_and_again_make_all_readers_mute_until_one_answers() {
    let mut ward = Ward::new();
    ward.sees(&[("a", Field::Empty), ("b", Field::Empty)]);
    ward.waits_for_the_deadline();
    for n in 1..READINGS_MAX {
        assert_eq!(ward.hangs(n), ["1 ready", "read a"]);
    }

    assert_eq!(ward.hangs(READINGS_MAX), ["1 ready", "read a", "2 faulty Mute"], "it could not read now");
    let other = [("a", Field::Empty), ("b", Field::Card { count: 1 })];
    assert!(!ward.sees(&other).iter().any(|line| line.starts_with("read ")), "there is no thread for it");
    ward.sees(&[("a", Field::Empty), ("b", Field::Empty)]);
    assert!(ward.reads("a", badge(7)).contains(&"2 ready".to_owned()));
    let other = [("a", Field::Empty), ("b", Field::Card { count: 3 })];
    assert!(ward.sees(&other).contains(&"read b".to_owned()));
}

#[test]
fn a_service_that_is_back_reads_whatever_hung_in_the_one_before_up_to_a_bound() {
    let mut ward = Ward::with_reader();
    let mut threads = 0;
    for _ in 0..THREADS_MAX / READINGS_MAX {
        for n in 0..READINGS_MAX {
            threads += ward.hangs(n).iter().filter(|line| *line == "read a").count();
        }
        ward.loses_the_service();
    }

    assert_eq!(threads, THREADS_MAX);
    assert_eq!(ward.hangs(0), ["1 faulty Mute"]);
    assert_eq!(ward.reads("a", badge(7)), ["1 ready"]);
}

const START: Instant = Instant::from_boot(Duration::from_secs(1_000));
const NOTHING: [&str; 0] = [];

struct Ward {
    desk: Desk,
    now: Instant,
    given: u32,
    /// Readings under way.
    readings: Vec<(String, Ticket)>,
}

impl Ward {
    fn new() -> Self {
        Self { desk: Desk::default(), now: START, given: 0, readings: Vec::new() }
    }

    /// Reader `a`, empty and told as ready.
    fn with_reader() -> Self {
        let mut ward = Self::new();
        ward.sees(&[("a", Field::Empty)]);
        assert_eq!(ward.waits_for_the_deadline(), ["1 ready"]);
        ward
    }

    /// Badge 7 on reader `a`, told.
    fn with_badge_lying() -> Self {
        let mut ward = Self::with_reader();
        ward.sees(&[("a", Field::Card { count: 1 })]);
        assert_eq!(ward.reads("a", badge(7)), ["1 presented 7"]);
        ward
    }

    fn sees(&mut self, readers: &[(&str, Field)]) -> Vec<String> {
        let sights: Vec<_> =
            readers.iter().map(|(name, field)| Sight { name: (*name).to_owned(), field: *field }).collect();
        let given = &mut self.given;
        let acts = self.desk.seen(&sights, self.now, || {
            *given += 1;
            ReaderId(*given)
        });
        self.told(acts)
    }

    fn loses_the_service(&mut self) -> Vec<String> {
        let acts = self.desk.away();
        self.told(acts)
    }

    /// The reading on `reader` comes to `outcome`.
    fn reads(&mut self, reader: &str, outcome: Outcome) -> Vec<String> {
        let ticket = self.ticket(reader);
        let acts = self.desk.read(ticket, outcome, self.now);
        self.told(acts)
    }

    fn ticket(&mut self, reader: &str) -> Ticket {
        let index = self.readings.iter().rposition(|(name, _)| name == reader).unwrap();
        self.readings.remove(index).1
    }

    /// Reader `a` is plugged in anew, and a card on it that never answers; what was told of it, but not of its plug.
    fn hangs(&mut self, which: usize) -> Vec<String> {
        let is_b = self.given > 1;
        let b = is_b.then_some(("b", Field::Empty));
        self.sees(&b.into_iter().collect::<Vec<_>>());
        let with = |field| [("a", field)].into_iter().chain(b).collect::<Vec<_>>();
        let count = u32::try_from(which).unwrap() * 2 + 1;
        [self.sees(&with(Field::Empty)), self.sees(&with(Field::Card { count }))].concat()
    }

    fn milliseconds(&mut self, milliseconds: u64) {
        self.now = self.now + Duration::from_millis(milliseconds);
    }

    fn minutes(&mut self, minutes: u64) {
        self.now = self.now + Duration::from_secs(60 * minutes);
        assert_eq!(self.desk.time(self.now), []);
    }

    fn waits_for_the_deadline(&mut self) -> Vec<String> {
        self.now = self.desk.deadline().unwrap();
        let acts = self.desk.time(self.now);
        self.told(acts)
    }

    fn told(&mut self, acts: Vec<Act>) -> Vec<String> {
        let mut told = Vec::new();
        for act in acts {
            told.push(match act {
                Act::Read { reader, ticket } => {
                    let line = format!("read {reader}");
                    self.readings.push((reader, ticket));
                    line
                }
                Act::Tell(ReaderFact::Ready { reader }) => format!("{} ready", reader.0),
                Act::Tell(ReaderFact::Faulty { reader, fault }) => format!("{} faulty {fault:?}", reader.0),
                Act::Tell(ReaderFact::Presented { reader, badge }) => {
                    format!("{} presented {}", reader.0, badge.mark.0[0])
                }
                Act::Tell(ReaderFact::NotRead { reader, fault }) => {
                    format!("{} not read {fault:?}", reader.0)
                }
                Act::Tell(ReaderFact::Removed { reader }) => format!("{} removed", reader.0),
            });
        }
        told
    }
}

fn badge(which: u8) -> Outcome {
    Outcome::Read(Badge {
        mark: BadgeMark([which; 16]),
        number: Secret::new(format!("uid:040000{which:02x}")),
        grade: BadgeGrade::Uid,
    })
}
