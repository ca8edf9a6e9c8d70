//! Sleep and shutdown, told by a login1 of our own on a private bus.

use std::time::Duration;

use agent_core::event::Event;
use agent_platform::power::SystemPower;
use agent_runtime::ports::{EventSink, Power};
use harness::{login1::Login1, part::wait_for, session_bus::SessionBus};
use testkit::contract;
use tokio::sync::mpsc::UnboundedReceiver;

#[tokio::test(flavor = "multi_thread")]
async fn the_ports_contract_holds_on_login1() {
    let ward = Ward::new();
    let login1 = ward.login1().await;
    let (power, events) = ward.power();
    let mut told = contract::Live(events);
    login1.wait_until_held(1);
    let mut machine = Sleepy(login1);

    contract::power::holds_sleep_up_until_it_is_allowed(&power, &mut told, &mut machine).await.unwrap();
    contract::power::tells_of_a_shutdown(&mut told, &mut machine).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_machine_waits_for_us_before_it_sleeps_and_again_after_it_woke() {
    let ward = Ward::new();
    let login1 = ward.login1().await;
    let (power, mut events) = ward.power();
    login1.wait_until_held(1);

    login1.prepare_for_sleep(true).await;
    assert_eq!(next(&mut events).await, Event::GoingToSleep);
    assert!(login1.is_held());
    power.allow_sleep();
    login1.wait_until_released();
    login1.prepare_for_sleep(false).await;

    assert_eq!(next(&mut events).await, Event::WokeUp);
    login1.wait_until_held(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn leave_to_sleep_given_while_nobody_sleeps_is_for_nothing() {
    let ward = Ward::new();
    let login1 = ward.login1().await;
    let (power, mut events) = ward.power();
    login1.wait_until_held(1);

    power.allow_sleep();
    login1.prepare_for_sleep(true).await;

    assert_eq!(next(&mut events).await, Event::GoingToSleep);
    assert!(login1.is_held());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_is_told_and_waits_too() {
    let ward = Ward::new();
    let login1 = ward.login1().await;
    let (power, mut events) = ward.power();
    login1.wait_until_held(1);

    login1.prepare_for_shutdown().await;

    assert_eq!(next(&mut events).await, Event::ShuttingDown);
    assert!(login1.is_held());
    power.allow_sleep();
    login1.wait_until_released();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login1_that_comes_later_or_is_restarted_is_asked_again() {
    let ward = Ward::new();
    let (_power, mut events) = ward.power();

    for _ in 0..2 {
        let login1 = ward.login1().await;
        login1.wait_until_held(1);
        login1.prepare_for_sleep(true).await;
        assert_eq!(next(&mut events).await, Event::GoingToSleep);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_comes_later_is_found() {
    let folder = tempfile::Builder::new().prefix("tw").tempdir().unwrap();
    let (sink, mut events) = EventSink::channel();
    let address = format!("unix:path={}", folder.path().join("run/bus").display());
    let _power = SystemPower::start(Some(address), sink);

    let bus = SessionBus::start(folder.path()).unwrap();
    let login1 = Login1::on(bus.address()).await;
    login1.wait_until_held(1);
    login1.prepare_for_sleep(true).await;

    assert_eq!(next(&mut events).await, Event::GoingToSleep);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login1_that_never_answers_is_given_up_and_what_else_it_tells_is_told() {
    let ward = Ward::new();
    let login1 = ward.login1().await;
    login1.falls_silent();
    let (_power, mut events) = ward.power();
    wait_for("the question", Duration::from_secs(10), || (login1.asked() > 0).then_some(())).unwrap();

    login1.prepare_for_sleep(true).await;

    assert_eq!(next(&mut events).await, Event::GoingToSleep);
    assert!(!login1.is_held(), "there is no inhibitor to hold");
}

async fn next(events: &mut UnboundedReceiver<Event>) -> Event {
    tokio::time::timeout(Duration::from_secs(10), events.recv()).await.unwrap().unwrap()
}

struct Ward {
    bus: SessionBus,
    _folder: tempfile::TempDir,
}

impl Ward {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("tw").tempdir().unwrap();
        Self { bus: SessionBus::start(folder.path()).unwrap(), _folder: folder }
    }

    fn power(&self) -> (SystemPower, UnboundedReceiver<Event>) {
        let (sink, events) = EventSink::channel();
        (SystemPower::start(Some(self.bus.address().to_owned()), sink), events)
    }

    async fn login1(&self) -> Login1 {
        Login1::on(self.bus.address()).await
    }
}

/// The machine of a login1.
struct Sleepy(Login1);

impl contract::power::Machine for Sleepy {
    fn wants_to_sleep(&mut self) {
        let given = self.0.given();
        self.0.wait_until_held(given);
        now(self.0.prepare_for_sleep(true));
    }

    fn may_sleep(&mut self) -> bool {
        !self.0.is_held()
    }

    fn wakes(&mut self) {
        let given = self.0.given();
        now(self.0.prepare_for_sleep(false));
        self.0.wait_until_held(given + 1);
    }

    fn shuts_down(&mut self) {
        now(self.0.prepare_for_shutdown());
    }
}

/// The contract's machine is told by plain calls.
fn now<T>(future: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(future))
}
