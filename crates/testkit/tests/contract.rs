//! Every fake keeps the contract of its port.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{cell::Cell, time::Duration};

use agent_core::{
    badge::{BadgeFault, ReaderFact, ReaderFault, ReaderId},
    command::FailClosedCause,
    event::Event,
};
use agent_runtime::ports::{BadgeReaders, Clock, EventSink};
use testkit::{
    clock::ManualClock,
    contract::{
        self, Staged,
        badge_readers::{Breakable, Reader},
        power::Machine,
        session_server::Credentials,
    },
    fake::{
        FakeApps, FakeAuditTrail, FakeBadgeReaders, FakeIdle, FakeKeychain, FakeNotifier, FakePower,
        FakeScreen, FakeSessionServer, FakeStartUp, Line, On, Reach,
    },
};

#[tokio::test]
async fn the_keychain_stores_replaces_and_deletes() {
    let (line, mut told) = stage();
    let keychain = FakeKeychain::new(line);
    let inside = keychain.clone();

    contract::keychain::stores_replaces_and_deletes(&keychain, &mut told, async || inside.holds().is_some())
        .await
        .unwrap();
    contract::keychain::deletes_what_is_not_there(&keychain, &mut told).await.unwrap();
}

#[tokio::test]
async fn a_locked_or_mute_keychain_says_that_it_fails() {
    let (line, mut told) = stage();
    let keychain = FakeKeychain::new(line);

    keychain.is_locked();
    contract::keychain::says_that_it_fails(&keychain, &mut told).await.unwrap();
    keychain.falls_silent();
    contract::keychain::says_that_it_fails(&keychain, &mut told).await.unwrap();
}

#[tokio::test]
async fn the_screen_covers_and_uncovers() {
    let (line, mut told) = stage();
    let screen = FakeScreen::new(line);

    contract::screen::covers_and_uncovers(&screen, &mut told).await.unwrap();
}

#[tokio::test]
async fn a_broken_screen_says_that_it_fails() {
    let (line, mut told) = stage();
    let screen = FakeScreen::new(line);
    screen.breaks();

    contract::screen::says_that_it_fails(&screen, &mut told).await.unwrap();
}

#[tokio::test]
async fn the_last_input_is_measured_and_watched() {
    let (line, mut told) = stage();
    let clock = line.clock().clone();
    let idle = FakeIdle::new(line);
    let touch = || idle.input();

    contract::idle::measures(&idle, &mut told, &clock, touch).await.unwrap();
    contract::idle::asking_is_no_input(&idle, &mut told, &clock).await.unwrap();
    contract::idle::watches(&idle, &mut told, touch).await.unwrap();
}

#[tokio::test]
async fn an_unknown_last_input_is_told_as_unknown() {
    let (line, mut told) = stage();
    let idle = FakeIdle::new(line);
    idle.goes_blind();

    contract::idle::says_that_it_is_unknown(&idle, &mut told).await.unwrap();
}

#[tokio::test]
async fn at_most_one_notification_is_shown() {
    let (_, mut told) = stage();
    let notifier = FakeNotifier::default();
    let shown = || usize::from(notifier.shown().is_some());

    contract::notifier::shows_at_most_one(&notifier, &mut told, shown).await.unwrap();
    contract::notifier::survives_without_a_desktop(&notifier);
}

#[tokio::test]
async fn sleep_waits_until_it_is_allowed() {
    let (line, mut told) = stage();
    let power = FakePower::new(line);
    let mut machine = FakeMachine(power.clone());

    contract::power::holds_sleep_up_until_it_is_allowed(&power, &mut told, &mut machine).await.unwrap();
    contract::power::tells_of_a_shutdown(&mut told, &mut machine).await.unwrap();
}

#[tokio::test]
async fn each_record_is_stored_once_and_in_order() {
    let (line, mut told) = stage();
    let at = line.clock().wall();
    let trail = FakeAuditTrail::new(line);
    let inside = trail.clone();

    contract::audit_trail::stores_each_record_once(&trail, &mut told, at, async || inside.records().len())
        .await
        .unwrap();
    contract::audit_trail::answers_in_order(&trail, &mut told, at).await.unwrap();
}

#[tokio::test]
async fn a_spool_that_takes_nothing_says_why() {
    let (line, mut told) = stage();
    let at = line.clock().wall();
    let trail = FakeAuditTrail::new(line);

    for why in [FailClosedCause::SpoolFull, FailClosedCause::SpoolUnavailable] {
        trail.refuses(why);
        contract::audit_trail::says_why_it_fails(&trail, &mut told, at, why).await.unwrap();
    }
}

#[tokio::test]
async fn the_server_opens_keeps_and_ends_sessions_and_refuses_what_is_wrong() {
    let (line, mut told) = stage();
    let server = FakeSessionServer::new(line);
    let mut maria = Credentials {
        name: "maria".to_owned(),
        password: "correct horse".to_owned(),
        code: async || "123456".to_owned(),
    };

    contract::session_server::refuses_what_is_wrong(&server, &mut told, &maria).await.unwrap();
    contract::session_server::a_repeated_question_gets_the_same_answer(&server, &mut told, &maria)
        .await
        .unwrap();
    contract::session_server::opens_keeps_and_ends_a_session(&server, &mut told, &mut maria).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_away_is_told_as_such() {
    let (line, mut told) = stage();
    let server = FakeSessionServer::new(line);
    server.is(Reach::Away(agent_core::event::ContactFault::Unreachable));

    contract::session_server::says_that_it_is_away(&server, &mut told).await.unwrap();
}

#[tokio::test]
async fn start_up_finishes_or_says_why_not() {
    let (line, mut told) = stage();
    let keychain = FakeKeychain::new(line.clone());
    let trail = FakeAuditTrail::new(line.clone());
    let server = FakeSessionServer::new(line.clone());
    let idle = FakeIdle::new(line.clone());
    let apps = FakeApps::new(line.clone());
    let start_up = FakeStartUp::new(
        line,
        On {
            keychain: keychain.clone(),
            audit_trail: trail.clone(),
            session_server: server.clone(),
            idle: idle.clone(),
            apps: apps.clone(),
        },
    );

    contract::start_up::finishes_as_often_as_asked(&start_up, &mut told).await.unwrap();

    let fails = async |told: &mut Staged, why| {
        contract::start_up::says_why_it_fails(&start_up, told, why).await.unwrap();
    };
    keychain.is_locked();
    fails(&mut told, FailClosedCause::KeychainUnavailable).await;
    keychain.is_unlocked();
    trail.refuses(FailClosedCause::SpoolFull);
    fails(&mut told, FailClosedCause::SpoolFull).await;
    trail.mends();
    server.refuses_workstation(FailClosedCause::WorkstationRevoked);
    fails(&mut told, FailClosedCause::WorkstationRevoked).await;
    server.takes_workstation_back();
    apps.works(false);
    fails(&mut told, FailClosedCause::AppsLeft).await;
    apps.works(true);
    idle.goes_blind();
    fails(&mut told, FailClosedCause::InactivityUnknown).await;
    start_up.is_not_enrolled();
    fails(&mut told, FailClosedCause::NotEnrolled).await;
}

#[tokio::test]
async fn the_manual_clock_keeps_the_clocks_contract() {
    let clock = ManualClock::new();
    let moved = clock.clone();

    contract::clock::never_goes_back(&clock).unwrap();
    contract::clock::a_past_deadline_is_reached(&clock).await;
    contract::clock::a_deadline_is_reached_when_it_comes(&clock, async |time| {
        tokio::task::yield_now().await;
        moved.jump(time);
        moved.do_what_is_due();
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn badges_are_told_once_and_readers_heal() {
    let (line, mut told) = stage();
    let readers = FakeBadgeReaders::new(line);
    let first = readers.plug_in();
    let second = readers.plug_in();

    assert_eq!(
        contract::badge_readers::tells_each_reader(&readers, &mut told, 2).await.unwrap(),
        [first, second]
    );
    for id in [second, first] {
        let reader = &mut FakeReader(readers.clone(), id);
        let numbers = ["uid:04a1b2c3d4e580", "uid:04a1b2c3d4e581"];
        contract::badge_readers::tells_a_badge_once(&mut told, reader, id, numbers).await.unwrap();
        for fault in [BadgeFault::Unreadable, BadgeFault::RandomNumber, BadgeFault::TwoAtOnce] {
            contract::badge_readers::tells_what_cannot_be_used(&mut told, reader, id, fault, |reader| {
                reader.0.present_useless(id, fault);
            })
            .await
            .unwrap();
        }
        contract::badge_readers::heals(&mut told, reader, id, numbers[0]).await.unwrap();
        contract::badge_readers::a_badge_that_lies_there_through_a_fault_is_told_once(
            &mut told, reader, id, numbers[1],
        )
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn what_lies_on_a_reader_before_it_is_ready_is_told_before_that_and_only_what_is_a_badge() {
    let (line, mut told) = stage();
    let readers = FakeBadgeReaders::new(line);
    let first = readers.plug_in_with("uid:04a1b2c3d4e580");
    let second = readers.plug_in();
    readers.breaks(second, ReaderFault::Unplugged);
    readers.watch();
    readers.present_useless(second, BadgeFault::Unreadable);
    readers.heals(second);

    let told = contract::until_quiet(&mut told, Duration::from_millis(50)).await;
    let facts: Vec<_> = told
        .iter()
        .map(|event| {
            let Event::ReaderTold(fact) = event else { panic!("{event:?}") };
            match fact {
                ReaderFact::Presented { reader, .. } => ("presented", *reader),
                ReaderFact::Ready { reader } => ("ready", *reader),
                ReaderFact::Faulty { reader, .. } => ("faulty", *reader),
                ReaderFact::NotRead { reader, .. } => ("not read", *reader),
                ReaderFact::Removed { reader } => ("removed", *reader),
            }
        })
        .collect();

    assert_eq!(facts, [("presented", first), ("ready", first), ("faulty", second), ("ready", second)]);
}

#[tokio::test]
async fn a_reader_that_types_tells_that_its_badge_is_gone() {
    let (line, mut told) = stage();
    let readers = FakeBadgeReaders::new(line);
    let id = readers.plug_in();
    contract::badge_readers::tells_each_reader(&readers, &mut told, 1).await.unwrap();

    let reader = &mut FakeWedge(readers, id);
    contract::badge_readers::tells_a_badge_and_that_it_is_gone(&mut told, reader, id, "wedge:1234567890123")
        .await
        .unwrap();
}

#[tokio::test]
async fn the_machines_clock_keeps_it_too() {
    let clock = agent_runtime::clock::SystemClock::new();

    contract::clock::never_goes_back(&clock).unwrap();
    contract::clock::a_past_deadline_is_reached(&clock).await;
    contract::clock::a_deadline_is_reached_when_it_comes(&clock, async |_| {}).await.unwrap();
}

#[tokio::test]
async fn what_is_due_on_the_manual_clock_happens_in_order() {
    let clock = ManualClock::new();
    let (sink, mut order) = tokio::sync::mpsc::unbounded_channel();
    for ms in [30_u64, 10, 20, 10] {
        let sink = sink.clone();
        clock.after(Duration::from_millis(ms), move || sink.send(ms).unwrap());
    }
    let steps = Cell::new(0);
    let target = clock.now() + Duration::from_millis(25);

    while clock.step_towards(target) {
        clock.do_what_is_due();
        steps.set(steps.get() + 1);
    }

    let mut happened = Vec::new();
    while let Ok(ms) = order.try_recv() {
        happened.push(ms);
    }
    assert_eq!(happened, [10, 10, 20]);
    assert_eq!(steps.get(), 2);
    assert_eq!(clock.now(), target);
}

fn stage() -> (Line, Staged) {
    let clock = ManualClock::new();
    let (sink, events) = EventSink::channel();
    (Line::new(clock.clone(), sink), Staged { clock, events })
}

struct FakeReader(FakeBadgeReaders, ReaderId);

impl Reader for FakeReader {
    fn present(&mut self, number: &str) {
        self.0.present(self.1, number);
    }

    fn take_away(&mut self) {
        self.0.take_away(self.1);
    }
}

impl Breakable for FakeReader {
    const FAULT: ReaderFault = ReaderFault::Unplugged;

    fn breaks(&mut self) {
        self.0.breaks(self.1, Self::FAULT);
    }

    fn heals(&mut self) {
        self.0.heals(self.1);
    }
}

struct FakeWedge(FakeBadgeReaders, ReaderId);

impl Reader for FakeWedge {
    fn present(&mut self, number: &str) {
        self.0.types(self.1, number);
    }

    fn take_away(&mut self) {}
}

struct FakeMachine(FakePower);

impl Machine for FakeMachine {
    fn wants_to_sleep(&mut self) {
        self.0.goes_to_sleep();
    }

    fn may_sleep(&mut self) -> bool {
        self.0.may_sleep()
    }

    fn wakes(&mut self) {
        self.0.wakes();
    }

    fn shuts_down(&mut self) {
        self.0.shuts_down();
    }
}
