//! Inactivity on a real X server: a person's keys count, a program's do not.

use std::{
    future::Future,
    pin::Pin,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use agent_core::{event::Event, instant::Instant};
use agent_platform::idle::{Counting, SyntheticInput, SystemIdle};
use agent_runtime::{
    clock::SystemClock,
    ports::{Clock, EventSink, Idle},
};
use harness::{
    hand::{Hand, Whose},
    part::{Part, READY_WITHIN, wait_for},
    x_server::{Monitors, XServer},
};
use jiff::Timestamp;
use rustix::process::Signal;
use testkit::contract;
use tokio::sync::mpsc::UnboundedReceiver;

#[tokio::test(flavor = "multi_thread")]
async fn the_ports_contract_holds_on_a_display_that_is_there_and_on_one_that_is_not() {
    let mut ward = Ward::new();
    let (sink, events) = EventSink::channel();
    let mut told = contract::Live(events);
    let clock = Arc::clone(&ward.clock);
    let display = Some(ward.x_server.display().to_owned());
    let idle = SystemIdle::start(display, Counting::default(), clock.clone(), sink).unwrap();
    let person = ward.person();
    let touch = || person.type_text("a").unwrap();

    contract::idle::measures(&idle, &mut told, clock.as_ref(), touch).await.unwrap();
    contract::idle::asking_is_no_input(&idle, &mut told, clock.as_ref()).await.unwrap();
    contract::idle::watches(&idle, &mut told, touch).await.unwrap();
    ward.x_server.kill();
    contract::idle::says_that_it_is_unknown(&idle, &mut told).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_key_is_the_last_input_and_a_programs_key_is_not() {
    let ward = Ward::new();
    let mut idle = ward.idle(SyntheticInput::Ignored);
    ward.person().type_text("a").unwrap();
    let first = idle.measured().await;

    ward.program().type_text("nobody types this").unwrap();
    assert_eq!(idle.measured().await, first, "the same input is told as the same instant");

    ward.person().type_text("b").unwrap();
    assert!(idle.measured().await > first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_counts_too() {
    let ward = Ward::new();
    let mut idle = ward.idle(SyntheticInput::Ignored);
    let first = idle.measured().await;

    ward.person().click(10, 10).unwrap();

    assert!(idle.measured().await > first);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_key_after_a_pause_is_told_at_once_and_typing_by_a_program_never() {
    let ward = Ward::new();
    let mut idle = ward.idle(SyntheticInput::Ignored);
    let last = idle.measured().await;
    // A pause longer than what the alarms look for, so that the next key is told by one.
    ward.clock.sleep_until(last + Duration::from_millis(600)).await;
    idle.port.watch();
    ward.program().type_text("nobody types this").unwrap();

    // Far enough from the program's keys to tell them apart on a busy machine.
    let programs_last = ward.clock.now();
    ward.clock.sleep_until(programs_last + Duration::from_millis(1000)).await;
    ward.person().type_text("a").unwrap();

    assert!(idle.seen().await > programs_last, "the program's keys were told");
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_that_goes_on_is_told_again_and_again_but_not_for_every_key() {
    let ward = Ward::new();
    let mut idle = ward.idle(SyntheticInput::Ignored);
    idle.port.watch();
    let person = ward.person();

    let begun = ward.clock.now();
    let mut keys = 0_u32;
    while ward.clock.now().since(begun) < Duration::from_millis(1500) {
        person.type_text("a").unwrap();
        keys += 1;
    }
    let ended = ward.clock.now();
    let mut told = vec![idle.seen().await];
    while told.last().is_some_and(|at| at.since(begun) + Duration::from_millis(400) < ended.since(begun)) {
        told.push(idle.seen().await);
    }

    // One for each quarter of a second that passed, and one for where it began.
    let bound = ended.since(begun).as_millis() / 250 + 2;
    assert!(told.len() >= 2, "{told:?}");
    assert!(told.len() as u128 <= bound, "{} reports for {keys} keys", told.len());
    assert!(told.is_sorted());
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_watch_ends_nothing_is_told_unasked() {
    let ward = Ward::new();
    let mut idle = ward.idle(SyntheticInput::Ignored);
    // So that the key is news even where it comes before the watch, and not taken for the input before it.
    let last = idle.measured().await;
    ward.clock.sleep_until(last + Duration::from_millis(600)).await;
    idle.port.watch();
    ward.person().type_text("a").unwrap();
    idle.seen().await;
    idle.port.unwatch();
    idle.port.unwatch();
    idle.drain_by_measuring().await;

    ward.person().type_text("bcd").unwrap();
    idle.measured().await;
    idle.measured().await;

    assert!(idle.events.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_display_that_dies_is_unknown_and_known_again_when_it_is_back() {
    let folder = tempfile::Builder::new().prefix("tw").tempdir().unwrap();
    let mut first = XServer::start(Monitors::One(640, 480), folder.path()).unwrap();
    let display = first.display().to_owned();
    let clock = Arc::new(SleepyClock::default());
    let mut idle = Watched::on(&display, SyntheticInput::Ignored, clock);
    idle.measured().await;
    idle.port.watch();

    first.kill();
    assert_eq!(idle.next().await, Event::InactivityUnknown);
    idle.port.measure();
    assert_eq!(idle.next().await, Event::InactivityUnknown);

    let mut command = Command::new("Xvfb");
    command.arg(&display).args(["-screen", "0", "640x480x24", "-nolisten", "tcp", "-noreset"]);
    let _second = Part::start("x-server-again", &mut command, folder.path()).unwrap();
    wait_for("the display", READY_WITHIN, || x11rb::connect(Some(&display)).is_ok().then_some(())).unwrap();
    let person = Hand::on(&display, Whose::Person).unwrap();
    loop {
        person.type_text("a").unwrap();
        idle.port.measure();
        if matches!(idle.next().await, Event::InputSeen { .. }) {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_display_that_hangs_is_unknown_within_the_limit() {
    let ward = Ward::new();
    let mut idle = ward.idle(SyntheticInput::Ignored);
    idle.measured().await;

    ward.x_server.part().signal(Signal::STOP);
    idle.port.measure();
    let answer = idle.next().await;
    ward.x_server.part().signal(Signal::CONT);

    assert_eq!(answer, Event::InactivityUnknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_display_inactivity_is_unknown() {
    let clock = Arc::new(SleepyClock::default());
    let mut idle = Watched::on(":4999", SyntheticInput::Ignored, clock);

    idle.port.measure();
    assert_eq!(idle.next().await, Event::InactivityUnknown);
    idle.port.watch();
    assert_eq!(idle.next().await, Event::InactivityUnknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_display_that_nobody_can_touch_is_unknown_unless_programs_count() {
    let folder = tempfile::Builder::new().prefix("tw").tempdir().unwrap();
    let x_server = XServer::start(Monitors::Two, folder.path()).unwrap();
    let clock = Arc::new(SleepyClock::default());
    let mut strict = Watched::on(x_server.display(), SyntheticInput::Ignored, Arc::clone(&clock));
    let mut trial = Watched::on(x_server.display(), SyntheticInput::Counted, clock);

    strict.port.measure();
    assert_eq!(strict.next().await, Event::InactivityUnknown);
    trial.measured().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_asleep_is_an_hour_without_input() {
    let ward = Ward::new();
    let mut idle = ward.idle(SyntheticInput::Ignored);
    ward.person().type_text("a").unwrap();
    let before = idle.measured().await;

    ward.clock.sleep_for(Duration::from_secs(3600));

    assert_eq!(idle.measured().await, before);
    assert!(ward.clock.now().since(before) >= Duration::from_secs(3600));
    ward.person().type_text("b").unwrap();
    assert!(ward.clock.now().since(idle.measured().await) < Duration::from_secs(60));
}

struct Ward {
    x_server: XServer,
    clock: Arc<SleepyClock>,
    _folder: tempfile::TempDir,
}

impl Ward {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("tw").tempdir().unwrap();
        let x_server = XServer::start(Monitors::One(640, 480), folder.path()).unwrap();
        Self { x_server, clock: Arc::default(), _folder: folder }
    }

    fn idle(&self, synthetic: SyntheticInput) -> Watched {
        Watched::on(self.x_server.display(), synthetic, Arc::clone(&self.clock))
    }

    fn person(&self) -> Hand {
        Hand::on(self.x_server.display(), Whose::Person).unwrap()
    }

    fn program(&self) -> Hand {
        Hand::on(self.x_server.display(), Whose::Program).unwrap()
    }
}

struct Watched {
    port: SystemIdle,
    events: UnboundedReceiver<Event>,
}

impl Watched {
    fn on(display: &str, synthetic: SyntheticInput, clock: Arc<SleepyClock>) -> Self {
        let (sink, events) = EventSink::channel();
        let counting = Counting { synthetic, ..Counting::default() };
        Self { port: SystemIdle::start(Some(display.to_owned()), counting, clock, sink).unwrap(), events }
    }

    async fn next(&mut self) -> Event {
        tokio::time::timeout(Duration::from_secs(10), self.events.recv()).await.unwrap().unwrap()
    }

    async fn seen(&mut self) -> Instant {
        match self.next().await {
            Event::InputSeen { at } => at,
            other => panic!("{other:?}"),
        }
    }

    /// On a machine with little to spare one answer may come late and count as unknown: asked again.
    async fn measured(&mut self) -> Instant {
        for _ in 0..20 {
            self.port.measure();
            if let Event::InputSeen { at } = self.next().await {
                return at;
            }
        }
        panic!("the last input stays unknown");
    }

    /// What was told before a measurement's answer is no matter.
    async fn drain_by_measuring(&mut self) {
        self.measured().await;
        while self.events.try_recv().is_ok() {}
        self.measured().await;
    }
}

/// The machine's clock, with sleep added by the test.
#[derive(Default)]
struct SleepyClock {
    slept_ms: AtomicU64,
}

impl SleepyClock {
    fn sleep_for(&self, time: Duration) {
        self.slept_ms.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for SleepyClock {
    fn now(&self) -> Instant {
        SystemClock::new().now() + Duration::from_millis(self.slept_ms.load(Ordering::SeqCst))
    }

    fn wall(&self) -> Timestamp {
        SystemClock::new().wall()
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let clock = SystemClock::new();
            clock.sleep_until(clock.now() + deadline.since(self.now())).await;
        })
    }
}
