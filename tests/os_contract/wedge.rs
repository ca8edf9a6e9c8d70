//! Keyboard-wedge readers claimed as devices of a real X server.

use std::{sync::Arc, time::Duration};

use agent_core::{
    badge::{BadgeFault, ReaderFact, ReaderFault, ReaderId},
    event::Event,
    instant::Instant,
};
use agent_platform::idle::{Counting, SyntheticInput, SystemIdle};
use agent_runtime::{
    clock::SystemClock,
    config::{ReadersConfig, WedgeClaim, WedgeThrough},
    ports::{BadgeReaders, EventSink, Idle},
};
use harness::{
    app::App,
    hand::{Hand, Whose},
    part::{READY_WITHIN, wait_for},
    wedge::Wedge,
    x_server::{Monitors, XServer},
};
use testkit::contract::{
    self,
    badge_readers::{Breakable, Reader},
};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::badge_readers::DrivenReaders;

const CLAIM: &str = "[{ vendor = \"0x0c27\", product = \"0x3bfa\", through = \"x11\" }]";
const NUMBER: &str = "wedge:1234567890123";
const READER: ReaderId = ReaderId(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_claimed_reader_tells_its_badges_and_heals_when_it_is_plugged_in_again() {
    let mut ward = Ward::new();
    let mut reader = ward.reader();
    let readers = ward.readers.clone();
    contract::badge_readers::tells_each_reader(&readers, &mut ward.readers, 1).await.unwrap();

    let told = &mut ward.readers;
    contract::badge_readers::tells_a_badge_and_that_it_is_gone(told, &mut reader, READER, NUMBER)
        .await
        .unwrap();
    contract::badge_readers::heals(told, &mut reader, READER, NUMBER).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_claimed_and_not_there_is_told_and_one_of_another_kind_is_not_it() {
    let mut ward = Ward::new();
    let other = Wedge::plug_in(ward.x_server.display(), 0x0c27, 0x3bfb).unwrap();
    ward.readers.watch();

    ward.readers.tell(&ReaderFact::Faulty { reader: READER, fault: ReaderFault::Unplugged }).await;
    other.types("1234567890123\n").unwrap();
    assert_eq!(contract::until_quiet(&mut ward.readers, Duration::from_secs(1)).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_claimed_reader_types_reaches_no_app_and_what_an_unclaimed_one_types_does() {
    let mut ward = Ward::new();
    let app = App::start(ward.x_server.display()).unwrap();
    let wedge = Wedge::plug_in(ward.x_server.display(), 0x0c27, 0x3bfa).unwrap();
    wedge.focus(app.window()).unwrap();
    wedge.types("1234567890123\n").unwrap();
    wait_for("the app's keys", READY_WITHIN, || (app.received().keys.len() == 14).then_some(())).unwrap();

    ward.readers.watch();
    ward.readers.tell(&ReaderFact::Ready { reader: READER }).await;
    for _ in 0..20 {
        wedge.types("1234567890123\n").unwrap();
        assert_eq!(ward.readers.presented().await.0, NUMBER);
    }

    assert_eq!(app.received().keys.len(), 14, "a badge's number reached the app");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_another_program_holds_is_told_and_reads_when_that_program_lets_go() {
    let mut ward = Ward::new();
    let mut reader = ward.reader();
    let another = reader.wedge().held_by_another(ward.x_server.display()).unwrap();
    ward.readers.watch();
    ward.readers.tell(&ReaderFact::Faulty { reader: READER, fault: ReaderFault::Unavailable }).await;
    reader.present(NUMBER);
    assert_eq!(contract::until_quiet(&mut ward.readers, Duration::from_secs(1)).await, []);

    drop(another);

    let ready = Event::ReaderTold(ReaderFact::Ready { reader: READER });
    let bound = Duration::from_secs(20);
    contract::wait_for(&mut ward.readers, bound, "Ready", |told| (*told == ready).then_some(()))
        .await
        .unwrap();
    reader.present(NUMBER);
    assert_eq!(ward.readers.presented().await.0, NUMBER);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_claimed_reader_types_is_no_activity_of_a_person() {
    let mut ward = Ward::new();
    let (sink, mut events) = EventSink::channel();
    let claim = WedgeClaim { vendor: 0x0c27, product: 0x3bfa, port: None, through: WedgeThrough::X11 };
    let readers = ReadersConfig { wedges: vec![claim], ..ReadersConfig::default() };
    let counting = Counting::of(SyntheticInput::Counted, &readers);
    let display = Some(ward.x_server.display().to_owned());
    let idle = SystemIdle::start(display, counting, Arc::new(SystemClock::new()), sink).unwrap();
    idle.watch();
    // Plugged in while it is watched for, as it is unplugged and plugged in on a ward.
    let mut reader = ward.reader();
    let person = Hand::on(ward.x_server.display(), Whose::Person).unwrap();
    ward.readers.watch();
    ward.readers.tell(&ReaderFact::Ready { reader: READER }).await;
    idle.measure();
    let before = last_input(&mut events).await;

    for _ in 0..5 {
        reader.present(NUMBER);
        ward.readers.presented().await;
    }
    idle.measure();
    assert_eq!(last_input(&mut events).await, before, "a badge's number counts as input");
    person.type_text("1").unwrap();
    idle.measure();
    assert!(last_input(&mut events).await > before, "a keyboard's key does not");
}

/// The newest input that is told until nothing is told any more.
async fn last_input(events: &mut UnboundedReceiver<Event>) -> Option<Instant> {
    let mut last = None;
    while let Ok(Some(event)) = tokio::time::timeout(Duration::from_secs(1), events.recv()).await {
        let Event::InputSeen { at } = event else { panic!("{event:?}") };
        last = last.max(Some(at));
    }
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn barcode_scans_into_an_app_arrive_whole_and_none_becomes_a_tap() {
    const SCAN: &str = "1234567890123\n";
    let scans = if std::env::var_os("TAPWARD_SOAK").is_some() { 10_000 } else { 40 };
    let mut ward = Ward::new();
    let mut badge = ward.reader();
    ward.readers.watch();
    ward.readers.tell(&ReaderFact::Ready { reader: READER }).await;
    let app = App::start(ward.x_server.display()).unwrap();
    let scanner = Hand::on(ward.x_server.display(), Whose::Person).unwrap();
    scanner.type_text(SCAN).unwrap();
    let one_scan = app.received().keys;

    for scan in 1..scans {
        scanner.type_text(SCAN).unwrap();
        if scan % 10 == 0 {
            // A tap in between is a tap, and in no scan.
            badge.present(NUMBER);
            assert_eq!(ward.readers.presented().await.0, NUMBER);
            ward.readers.tell(&ReaderFact::Removed { reader: READER }).await;
        }
    }

    let all = one_scan.repeat(scans);
    wait_for("the last scan", READY_WITHIN, || (app.received().keys.len() >= all.len()).then_some(()))
        .unwrap();
    assert!(app.received().keys == all, "scans arrived broken");
    assert_eq!(contract::until_quiet(&mut ward.readers, Duration::from_secs(1)).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_number_is_told_as_unreadable_and_enter_alone_not_at_all() {
    let mut ward = Ward::new();
    let mut reader = ward.reader();
    ward.readers.watch();
    ward.readers.tell(&ReaderFact::Ready { reader: READER }).await;

    let long = "1".repeat(65);
    for text in ["12", long.as_str()] {
        reader.wedge().types(&format!("{text}\n")).unwrap();
        ward.readers.tell(&ReaderFact::NotRead { reader: READER, fault: BadgeFault::Unreadable }).await;
        ward.readers.tell(&ReaderFact::Removed { reader: READER }).await;
    }
    reader.wedge().types("\n\n\n").unwrap();
    assert_eq!(contract::until_quiet(&mut ward.readers, Duration::from_secs(1)).await, []);
}

/// An X server and an adapter that claims a reader on it.
struct Ward {
    readers: DrivenReaders,
    x_server: XServer,
    _folder: tempfile::TempDir,
}

impl Ward {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("tw").tempdir().unwrap();
        let x_server = XServer::start(Monitors::One(640, 480), folder.path()).unwrap();
        let environment = [
            ("DISPLAY", x_server.display()),
            ("TAPWARD_READERS_PCSC", "off"),
            ("TAPWARD_READERS_WEDGE", CLAIM),
        ];
        let readers = DrivenReaders::set_up_by(&environment, &folder);
        Self { readers, x_server, _folder: folder }
    }

    /// The claimed reader, plugged in.
    fn reader(&self) -> PluggedIn {
        let display = self.x_server.display().to_owned();
        let mut reader = PluggedIn { display, wedge: None };
        reader.heals();
        reader
    }
}

struct PluggedIn {
    display: String,
    wedge: Option<Wedge>,
}

impl PluggedIn {
    fn wedge(&mut self) -> &Wedge {
        self.wedge.as_ref().unwrap()
    }
}

impl Reader for PluggedIn {
    fn present(&mut self, number: &str) {
        let text = number.strip_prefix("wedge:").unwrap();
        self.wedge().types(&format!("{text}\n")).unwrap();
    }

    fn take_away(&mut self) {}
}

impl Breakable for PluggedIn {
    const FAULT: ReaderFault = ReaderFault::Unplugged;

    fn breaks(&mut self) {
        self.wedge.take().unwrap().pull_out().unwrap();
    }

    fn heals(&mut self) {
        self.wedge = Some(Wedge::plug_in(&self.display, 0x0c27, 0x3bfa).unwrap());
    }
}
