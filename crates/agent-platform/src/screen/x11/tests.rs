//! The adapter between a shield that the test plays, a window that works on its own thread, and the event loop.

use std::sync::mpsc::{Receiver, Sender, channel};

use agent_core::event::Event;
use rustix::net::{AddressFamily, SocketFlags, socketpair};
use shield_contract::{BEAT_COVERED_MS, BEAT_UNCOVERED_MS, Enforcement, LEASE_MS};
use tokio::sync::mpsc::UnboundedReceiver;
use uuid::Uuid;

use super::*;
use crate::screen::Done;

const SESSION: SessionId = SessionId(Uuid::from_u128(7));

#[test]
fn a_sign_in_and_a_sign_out_under_a_shield() {
    let mut bed = Bed::new();
    bed.hear(AgentMessage::Ready { window: 42 });
    assert!(!bed.screen.is_enforced(), "nothing is claimed before the shield has said it");
    bed.say(ShieldMessage::Enforcement(Enforcement::ALWAYS));
    bed.say(ShieldMessage::Covered { seq: 0, input_held: true });
    bed.hear(AgentMessage::TakeInput);
    bed.say(ShieldMessage::InputReleased);
    bed.hear(AgentMessage::Holding);
    assert_eq!(bed.told(), Event::ScreenCovered { input_held: true });
    assert!(bed.screen.is_enforced());

    bed.screen.uncover(SESSION);
    bed.hear(AgentMessage::GiveBack);
    bed.say(ShieldMessage::InputTaken);
    bed.hear(AgentMessage::Uncover { session: *SESSION.0.as_bytes(), seq: 1, lease_ms: LEASE_MS });
    bed.say(ShieldMessage::Uncovered { seq: 1 });
    assert_eq!(bed.told(), Event::ScreenUncovered { session: SESSION });

    bed.screen.cover();
    bed.hear(AgentMessage::Cover { seq: 2 });
    bed.say(ShieldMessage::Covered { seq: 2, input_held: true });
    assert_eq!(bed.told(), Event::ScreenCovered { input_held: true });
}

#[test]
fn a_window_that_lost_its_input_has_the_shield_free_it() {
    let bed = Bed::new();
    bed.hear(AgentMessage::Ready { window: 42 });
    bed.say(ShieldMessage::Covered { seq: 0, input_held: true });
    bed.hear(AgentMessage::TakeInput);
    bed.say(ShieldMessage::InputReleased);
    bed.hear(AgentMessage::Holding);

    bed.lost.lock().unwrap().as_ref().unwrap()();

    bed.hear(AgentMessage::TakeInput);
    bed.say(ShieldMessage::InputReleased);
    bed.hear(AgentMessage::Holding);
}

#[test]
fn a_screen_that_is_held_only_without_the_agents_window_is_not_called_enforced() {
    for agent_away in [true, false] {
        let bed = Bed::new();
        bed.hear(AgentMessage::Ready { window: 42 });
        bed.say(ShieldMessage::Enforcement(Enforcement::ALWAYS));

        bed.say(ShieldMessage::Enforcement(Enforcement { agent_away, agent_shown: false }));
        bed.say(ShieldMessage::Covered { seq: 0, input_held: true });
        bed.hear(AgentMessage::TakeInput);

        assert!(!bed.screen.is_enforced());
    }
}

#[test]
fn a_beat_needs_the_window_and_the_event_loop_alive() {
    let mut bed = Bed::new();
    bed.hear(AgentMessage::Ready { window: 42 });
    let beat = AgentMessage::Beat { seq: 0, lease_ms: 0 };

    bed.window_timer();
    assert_eq!(bed.said(), None, "the event loop was not asked yet");
    bed.loop_answers();
    bed.hear(beat);

    // The event loop hangs: the window's timer goes on, and nothing is said.
    for _ in 0..3 {
        bed.window_timer();
    }
    assert_eq!(bed.said(), None);
    bed.loop_answers();
    bed.hear(beat);
    assert_eq!(bed.said(), None, "one answer is one beat");
}

#[test]
fn beats_quicken_with_the_uncovering() {
    let mut bed = Bed::new();
    bed.hear(AgentMessage::Ready { window: 42 });
    bed.screen.uncover(SESSION);
    bed.say(ShieldMessage::Covered { seq: 0, input_held: true });
    bed.hear(AgentMessage::Uncover { session: *SESSION.0.as_bytes(), seq: 1, lease_ms: LEASE_MS });

    assert_eq!(bed.timer_set(), Duration::from_millis(BEAT_COVERED_MS));
    assert_eq!(bed.timer_set(), Duration::from_millis(BEAT_UNCOVERED_MS));
    // The timer of the slow series ends itself, and the quick one runs.
    bed.window_timer();
    assert!(bed.timers.try_recv().is_err());
    bed.window_timer();
    assert_eq!(bed.timer_set(), Duration::from_millis(BEAT_UNCOVERED_MS));
    bed.loop_answers();
    bed.hear(AgentMessage::Beat { seq: 1, lease_ms: LEASE_MS });
}

#[test]
fn a_shield_that_dies_is_told_and_the_window_covers() {
    let mut bed = Bed::new();
    bed.hear(AgentMessage::Ready { window: 42 });

    drop(bed.shield.take());

    assert_eq!(bed.told(), Event::ScreenFailed);
    assert_eq!(bed.window_acts(2), ["show", "take"]);
}

#[test]
fn a_shield_that_breaks_the_contract_is_as_good_as_dead() {
    for breach in [&[0_u8; 44][..], &[0x81; 43], &[0x83; 60]] {
        let mut bed = Bed::new();
        bed.hear(AgentMessage::Ready { window: 42 });

        send(bed.shield.as_ref().unwrap(), breach, SendFlags::NOSIGNAL).unwrap();

        assert_eq!(bed.told(), Event::ScreenFailed);
    }
}

#[test]
fn a_shield_that_does_not_read_is_as_good_as_dead() {
    let mut bed = Bed::new();

    for _ in 0..100_000 {
        bed.link.put(Input::BeatDue);
        if let Ok(event) = bed.events.try_recv() {
            assert_eq!(event, Event::ScreenFailed);
            return;
        }
    }
    panic!("a full socket was not noticed");
}

#[test]
fn a_device_is_told_before_it_is_taken_and_when_it_is_let_go_of() {
    let (shield, agent) =
        socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
    let heard = || {
        let mut packet = [0; MESSAGE_SIZE_BYTES + 1];
        let (_, size_bytes) = recv(&shield, &mut packet[..], RecvFlags::DONTWAIT).unwrap();
        AgentMessage::decode(&packet[..size_bytes]).unwrap()
    };
    let teller = DeviceTeller::of(Some(&ShieldSocket(agent))).unwrap();

    let told = teller.tell(9);
    assert!(told.is_some());
    assert_eq!(heard(), AgentMessage::Reader { device: 9, is_taken: true });
    drop(told);
    assert_eq!(heard(), AgentMessage::Reader { device: 9, is_taken: false });
}

#[test]
fn a_device_that_the_shield_is_not_told_of_is_not_taken_and_without_a_shield_any_is() {
    let (shield, agent) =
        socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
    let teller = DeviceTeller::of(Some(&ShieldSocket(agent))).unwrap();
    drop(shield);

    assert!(teller.tell(9).is_none());
    assert!(DeviceTeller::of(None).unwrap().tell(9).is_some());
}

/// What a window calls when it has lost the input.
type Lost = Arc<Mutex<Option<Box<dyn Fn() + Send>>>>;

/// A window on a thread of its own; its timers run when the test says so.
struct FakeWindow {
    lost: Lost,
    work: Sender<(&'static str, Done)>,
    timers: Sender<(Duration, Box<dyn FnOnce() + Send>)>,
}

impl Window for FakeWindow {
    fn xid(&self) -> u32 {
        42
    }

    fn show_covered(&self, done: Done) {
        self.work.send(("show", done)).unwrap();
    }

    fn take_input(&self, done: Done) {
        self.work.send(("take", done)).unwrap();
    }

    fn on_input_lost(&self, lost: Box<dyn Fn() + Send>) {
        *self.lost.lock().unwrap() = Some(lost);
    }

    fn give_back_input(&self, done: Done) {
        // A window that answers before it returns must not hang us.
        done(true);
    }

    fn hide_covered(&self, done: Done) {
        self.work.send(("hide", done)).unwrap();
    }

    fn after(&self, delay: Duration, then: Box<dyn FnOnce() + Send>) {
        // The test may be over.
        let _ = self.timers.send((delay, then));
    }
}

struct Bed {
    screen: Shielded,
    link: Arc<Link>,
    shield: Option<OwnedFd>,
    events: UnboundedReceiver<Event>,
    acts: Receiver<&'static str>,
    timers: Receiver<(Duration, Box<dyn FnOnce() + Send>)>,
    due: VecDeque<(Duration, Box<dyn FnOnce() + Send>)>,
    asked: Receiver<Box<dyn FnOnce() + Send>>,
    lost: Lost,
}

impl Bed {
    fn new() -> Self {
        let (shield, agent) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
        // A test that waits in vain fails instead.
        let bound = Some(Duration::from_secs(20));
        rustix::net::sockopt::set_socket_timeout(&shield, rustix::net::sockopt::Timeout::Recv, bound)
            .unwrap();
        let (sink, events) = EventSink::channel();
        let (work, worker) = channel::<(&'static str, Done)>();
        let (act, acts) = channel();
        std::thread::spawn(move || {
            for (name, done) in worker {
                done(true);
                if act.send(name).is_err() {
                    return;
                }
            }
        });
        let (timer, timers) = channel();
        let (ask, asked) = channel();
        let lost = Lost::default();
        let window = Box::new(FakeWindow { lost: Arc::clone(&lost), work, timers: timer });
        let probe: LoopProbe = Box::new(move |answer| ask.send(answer).unwrap());
        let screen = Shielded::start(agent, window, probe, sink);
        let link = Arc::clone(&screen.link);
        Self { screen, link, shield: Some(shield), events, acts, timers, due: VecDeque::new(), asked, lost }
    }

    fn say(&self, message: ShieldMessage) {
        send(self.shield.as_ref().unwrap(), &message.encode(), SendFlags::NOSIGNAL).unwrap();
    }

    /// The next message, which must be this one.
    fn hear(&self, expected: AgentMessage) {
        let mut packet = [0; MESSAGE_SIZE_BYTES + 1];
        let (_, size_bytes) =
            recv(self.shield.as_ref().unwrap(), &mut packet[..], RecvFlags::empty()).unwrap();
        assert_eq!(AgentMessage::decode(&packet[..size_bytes]), Ok(expected));
    }

    /// What has been said and not heard. Everything up to here was said by the threads that the test itself drove.
    fn said(&self) -> Option<AgentMessage> {
        let mut packet = [0; MESSAGE_SIZE_BYTES + 1];
        let (_, size_bytes) = recv(self.shield.as_ref()?, &mut packet[..], RecvFlags::DONTWAIT).ok()?;
        AgentMessage::decode(&packet[..size_bytes]).ok()
    }

    fn told(&mut self) -> Event {
        self.events.blocking_recv().unwrap()
    }

    fn window_acts(&self, count: usize) -> Vec<&'static str> {
        (0..count).map(|_| self.acts.recv_timeout(Duration::from_secs(20)).unwrap()).collect()
    }

    /// The next timer that is set.
    fn timer_set(&mut self) -> Duration {
        let timer = self.timers.recv_timeout(Duration::from_secs(20)).unwrap();
        self.due.push_back(timer);
        self.due.back().map(|(delay, _)| *delay).unwrap()
    }

    /// The oldest timer of the window comes due, on this thread.
    fn window_timer(&mut self) {
        self.due.extend(self.timers.try_iter());
        let (_, then) = self.due.pop_front().unwrap();
        then();
    }

    /// The event loop answers, on this thread.
    fn loop_answers(&self) {
        self.asked.try_recv().unwrap()();
    }
}
