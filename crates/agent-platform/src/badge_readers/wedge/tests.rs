use std::collections::VecDeque;

use agent_core::event::Event;
use agent_runtime::{config::WedgeThrough, ports::EventSink};

use super::*;
use crate::{badge_readers::fault_record::FaultRecord, idle::SyntheticInput, testing::StillClock};

#[test]
fn a_claimed_reader_is_told_as_it_comes_and_goes_and_what_it_types_is_a_badge() {
    let told = tell(vec![
        Step::Absent(Absent::NotThere),
        Step::Absent(refused()),
        Step::Absent(refused()),
        Step::Types(vec![typed("1234567890123"), typed("12")]),
        Step::Types(vec![typed("999999999")]),
        Step::Absent(Absent::NotThere),
    ]);

    assert_eq!(
        told,
        [
            "faulty Unplugged",
            "faulty Unavailable",
            "ready",
            "presented wedge:1234567890123",
            "removed",
            "not read Unreadable",
            "removed",
            "faulty Unplugged",
            "ready",
            "presented wedge:999999999",
            "removed",
            "faulty Unplugged",
        ]
    );
}

#[test]
fn what_a_reader_typed_before_it_was_pulled_out_is_no_part_of_a_number() {
    let mut half = typed("1234567");
    half.pop();
    half.pop();

    let told = tell(vec![Step::Types(vec![half]), Step::Types(vec![typed("7654321")])]);

    assert!(told.contains(&"presented wedge:7654321".to_owned()), "{told:?}");
    assert_eq!(told.iter().filter(|line| line.starts_with("presented")).count(), 1, "{told:?}");
}

#[test]
fn a_reader_that_another_program_holds_is_asked_for_again_with_growing_pauses_and_one_that_is_away_is_awaited()
 {
    let refusals = || (0..40).map(|_| Step::Absent(refused()));
    let steps = refusals().chain([Step::Absent(Absent::NotThere)]).chain(refusals().take(1)).collect();

    let (_, limits) = run(steps);

    let (held, away_and_after) = limits.split_at(40);
    assert!(held.iter().all(|limit| limit.is_some_and(|limit| limit <= RETRY_MAX)), "{held:?}");
    assert!(held.iter().flatten().any(|limit| *limit > RETRY_FIRST), "{held:?}");
    assert_eq!(away_and_after[0], None);
    assert!(away_and_after[1].unwrap() <= RETRY_FIRST);
}

#[test]
fn two_claims_of_one_kind_have_two_devices() {
    let taken = Taken::default();

    let first = taken.hold("event5");
    assert!(first.is_some());
    assert!(taken.hold("event5").is_none());
    assert!(taken.hold("event6").is_some());
    drop(first);
    assert!(taken.hold("event5").is_some(), "it was unplugged and is plugged in again");
}

/// Digits and Enter, pressed and released.
fn typed(digits: &str) -> Vec<KeyEvent> {
    let codes = digits.bytes().map(|digit| if digit == b'0' { 11 } else { u16::from(digit - b'1') + 2 });
    codes.chain([28]).flat_map(|code| [KeyEvent::Pressed(code), KeyEvent::Released(code)]).collect()
}

enum Step {
    Absent(Absent),
    /// The device is there, types this, and is pulled out.
    Types(Vec<Vec<KeyEvent>>),
}

fn refused() -> Absent {
    Absent::Refused("somebody has it".to_owned())
}

struct Script {
    steps: VecDeque<Step>,
    /// How long each wait was to be at most.
    limits: Arc<Mutex<Vec<Option<Duration>>>>,
}

struct Typing(VecDeque<Vec<KeyEvent>>);

impl Place for Script {
    fn take(&mut self, _: &WedgeClaim, _: &Taken) -> Result<Box<dyn Device>, Absent> {
        match self.steps.pop_front() {
            Some(Step::Types(keys)) => Ok(Box::new(Typing(keys.into()))),
            Some(Step::Absent(absent)) => Err(absent),
            None => Err(Absent::NotThere),
        }
    }

    fn wait(&mut self, limit: Option<Duration>) {
        self.limits.lock().unwrap().push(limit);
    }
}

impl Device for Typing {
    fn next(&mut self) -> io::Result<Vec<KeyEvent>> {
        self.0.pop_front().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

fn tell(steps: Vec<Step>) -> Vec<String> {
    run(steps).0
}

/// What is told, and how long each wait was to be.
fn run(steps: Vec<Step>) -> (Vec<String>, Vec<Option<Duration>>) {
    let (sink, mut events) = EventSink::channel();
    let (marking, clock) = (Marking::new().unwrap(), Arc::new(StillClock));
    let shared = Shared {
        teller: Teller::new(sink, FaultRecord::default()),
        marking,
        clock,
        synthetic: SyntheticInput::Ignored,
        devices: crate::screen::DeviceTeller::default(),
    };
    let claim = WedgeClaim { vendor: 1, product: 2, port: None, through: WedgeThrough::Evdev };
    let reader = shared.teller.next_reader();
    let wedge = Wedge { claim, reader, taken: Taken::default(), shared, told: None };
    let mut left = steps.len();
    let limits = Arc::<Mutex<Vec<_>>>::default();
    wedge.run(Box::new(Script { steps: steps.into(), limits: Arc::clone(&limits) }), || {
        let goes_on = left > 0;
        left = left.saturating_sub(1);
        goes_on
    });

    let mut told = Vec::new();
    while let Ok(Event::ReaderTold(fact)) = events.try_recv() {
        told.push(match fact {
            ReaderFact::Ready { .. } => "ready".to_owned(),
            ReaderFact::Faulty { fault, .. } => format!("faulty {fault:?}"),
            ReaderFact::Presented { badge, .. } => format!("presented {}", badge.number.expose()),
            ReaderFact::NotRead { fault, .. } => format!("not read {fault:?}"),
            ReaderFact::Removed { .. } => "removed".to_owned(),
        });
    }
    let limits = limits.lock().unwrap().clone();
    (told, limits)
}
