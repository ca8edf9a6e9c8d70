//! Sleep and shutdown, told by a login1 of our own on a private bus.

use std::{
    os::fd::OwnedFd,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use agent_core::event::Event;
use agent_platform::power::SystemPower;
use agent_runtime::ports::{EventSink, Power};
use harness::{part::wait_for, session_bus::SessionBus};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    pipe::{PipeFlags, pipe_with},
};
use testkit::contract;
use tokio::sync::mpsc::UnboundedReceiver;
use zbus::{Connection, connection, object_server::SignalEmitter};

#[tokio::test(flavor = "multi_thread")]
async fn the_ports_contract_holds_on_login1() {
    let ward = Ward::new();
    let mut login1 = ward.login1().await;
    let (power, events) = ward.power();
    let mut told = contract::Live(events);
    login1.wait_until_held(1);

    contract::power::holds_sleep_up_until_it_is_allowed(&power, &mut told, &mut login1).await.unwrap();
    contract::power::tells_of_a_shutdown(&mut told, &mut login1).await.unwrap();
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
    login1.mood.is_mute.store(true, Ordering::SeqCst);
    let (_power, mut events) = ward.power();
    wait_for("the question", Duration::from_secs(10), || {
        (login1.mood.asked.load(Ordering::SeqCst) > 0).then_some(())
    })
    .unwrap();

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

/// Our ends of the inhibitors given out: one reads as hung up when its holder lets go.
type Given = Arc<std::sync::Mutex<Vec<OwnedFd>>>;

struct Login1 {
    connection: Connection,
    given: Given,
    mood: Arc<Mood>,
}

struct Manager {
    given: Given,
    mood: Arc<Mood>,
}

#[derive(Default)]
struct Mood {
    is_mute: AtomicBool,
    asked: AtomicUsize,
}

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Manager {
    async fn inhibit(&self, what: &str, _who: &str, _why: &str, mode: &str) -> zbus::OwnedFd {
        assert_eq!((what, mode), ("sleep:shutdown", "delay"));
        self.mood.asked.fetch_add(1, Ordering::SeqCst);
        if self.mood.is_mute.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let (ours, theirs) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        self.given.lock().unwrap().push(ours);
        theirs.into()
    }

    #[zbus(signal)]
    async fn prepare_for_sleep(emitter: &SignalEmitter<'_>, is_beginning: bool) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn prepare_for_shutdown(emitter: &SignalEmitter<'_>, is_beginning: bool) -> zbus::Result<()>;
}

impl Login1 {
    async fn on(bus: &str) -> Self {
        let (given, mood) = (Given::default(), Arc::<Mood>::default());
        let connection = connection::Builder::address(bus)
            .serve_at(
                "/org/freedesktop/login1",
                Manager { given: Arc::clone(&given), mood: Arc::clone(&mood) },
            )
            .name("org.freedesktop.login1")
            .build()
            .await
            .unwrap();
        Self { connection, given, mood }
    }

    async fn prepare_for_sleep(&self, is_beginning: bool) {
        let emitter = SignalEmitter::new(&self.connection, "/org/freedesktop/login1").unwrap();
        Manager::prepare_for_sleep(&emitter, is_beginning).await.unwrap();
    }

    async fn prepare_for_shutdown(&self) {
        let emitter = SignalEmitter::new(&self.connection, "/org/freedesktop/login1").unwrap();
        Manager::prepare_for_shutdown(&emitter, true).await.unwrap();
    }

    /// Whether the newest inhibitor is still held.
    fn is_held(&self) -> bool {
        let given = self.given.lock().unwrap();
        let Some(newest) = given.last() else { return false };
        let mut fds = [PollFd::new(newest, PollFlags::IN)];
        poll(&mut fds, Some(&Timespec::default())).unwrap();
        !fds[0].revents().contains(PollFlags::HUP)
    }

    fn wait_until_held(&self, count: usize) {
        wait_for("an inhibitor", Duration::from_secs(10), || {
            (self.given.lock().unwrap().len() >= count && self.is_held()).then_some(())
        })
        .unwrap();
    }

    fn wait_until_released(&self) {
        wait_for("the inhibitor's release", Duration::from_secs(10), || (!self.is_held()).then_some(()))
            .unwrap();
    }
}

impl contract::power::Machine for Login1 {
    fn wants_to_sleep(&mut self) {
        let given = self.given.lock().unwrap().len();
        self.wait_until_held(given);
        now(self.prepare_for_sleep(true));
    }

    fn may_sleep(&mut self) -> bool {
        !self.is_held()
    }

    fn wakes(&mut self) {
        let given = self.given.lock().unwrap().len();
        now(self.prepare_for_sleep(false));
        self.wait_until_held(given + 1);
    }

    fn shuts_down(&mut self) {
        now(self.prepare_for_shutdown());
    }
}

/// The contract's machine is told by plain calls.
fn now<T>(future: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(future))
}
