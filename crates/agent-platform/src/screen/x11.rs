//! Under `tapward-shield`: the socket it left at file descriptor 3, and the agent's half of the contract.
//!
//! Three threads meet here: the event loop asks, the window's thread reports, one thread reads the
//! socket. Whoever brings an input finds the queue; one of them at a time works it off, so that
//! messages leave in the order in which they were decided.

use std::{
    collections::VecDeque,
    os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use agent_core::ids::SessionId;
use agent_runtime::ports::{EventSink, Screen};
use rustix::{
    io::{Errno, FdFlags, fcntl_setfd},
    net::{RecvFlags, SendFlags, SocketType, recv, send, sockopt::socket_type},
    process::{DumpableBehavior, set_dumpable_behavior},
};
use shield_contract::{AGENT_FD, AgentMessage, Enforcement, MESSAGE_SIZE_BYTES, SHIELD_ENV, ShieldMessage};
use tracing::{error, info, warn};

use super::{
    LoopProbe, Window,
    hand_over::{HandOver, Input, Output},
    unenforced::Unenforced,
};

/// The agent's end of the socketpair that the shield made.
#[derive(Debug)]
pub struct ShieldSocket(OwnedFd);

/// Takes the socket that the shield left at file descriptor 3; `None` for an agent that no shield started.
///
/// **Must be the first line of `main`**: a process started before it (WebKit's are) would inherit the socket, and
/// the shield would learn of the agent's death only when that process dies too. Also makes the process
/// not dumpable, because what a shield starts will hold secrets.
#[must_use]
pub fn inherit_shield_socket() -> Option<ShieldSocket> {
    if std::env::var_os(SHIELD_ENV).is_none_or(|value| value != "1") {
        return None;
    }
    #[expect(unsafe_code, reason = "an inherited descriptor has no owner until it is given one")]
    // SAFETY: the shield promises a socket at this number to an agent whose environment says so, and this is the
    // first line of main: nothing else in the process owns it.
    let socket = unsafe {
        if fcntl_setfd(BorrowedFd::borrow_raw(AGENT_FD), FdFlags::CLOEXEC).is_err() {
            return None;
        }
        OwnedFd::from_raw_fd(AGENT_FD)
    };
    // Refused only where the kernel lacks the call; the core size limit of 0 that the shield set holds all the same.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    (socket_type(&socket) == Ok(SocketType::SEQPACKET)).then_some(ShieldSocket(socket))
}

/// Tells the shield which input devices of the X server the agent takes for itself: whoever else takes one keeps it from the
/// shield, and is ended for it. Without a shield nobody is told.
#[derive(Debug, Clone, Default)]
pub struct DeviceTeller(Option<Arc<OwnedFd>>);

/// A device that the shield knows as ours until this is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct ToldDevice {
    teller: DeviceTeller,
    device: u16,
}

impl DeviceTeller {
    /// At this shield, which must be told that the agent is ready first ([`super::attach`]).
    ///
    /// # Errors
    /// When the system gives no further descriptor.
    pub fn of(shield: Option<&ShieldSocket>) -> std::io::Result<Self> {
        let socket = shield.map(|shield| shield.0.try_clone()).transpose()?;
        Ok(Self(socket.map(Arc::new)))
    }

    /// Says that this device is about to be ours. `None` where a shield is there and does not take it: then it is not to
    /// be taken.
    pub(crate) fn tell(&self, device: u16) -> Option<ToldDevice> {
        self.say(device, true).then(|| ToldDevice { teller: self.clone(), device })
    }

    fn say(&self, device: u16, is_taken: bool) -> bool {
        let Some(socket) = &self.0 else { return true };
        let packet = AgentMessage::Reader { device, is_taken }.encode();
        let sent = send(socket.as_fd(), &packet, SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
        sent == Ok(packet.len())
    }
}

impl Drop for ToldDevice {
    fn drop(&mut self) {
        // A shield that does not listen is found out by the beats.
        let _ = self.teller.say(self.device, false);
    }
}

pub(super) fn attach(
    shield: Option<ShieldSocket>,
    window: Box<dyn Window>,
    probe: LoopProbe,
    events: EventSink,
) -> Box<dyn Screen> {
    match shield {
        Some(socket) => Box::new(Shielded::start(socket.0, window, probe, events)),
        None => {
            warn!("No shield started this agent: the cover is drawn and not enforced");
            Box::new(Unenforced::new(window, events))
        }
    }
}

/// A screen that the shield holds.
struct Shielded {
    link: Arc<Link>,
}

struct Link {
    socket: OwnedFd,
    window: Box<dyn Window>,
    probe: LoopProbe,
    events: EventSink,
    desk: Mutex<Desk>,
    /// Which series of beats is the present one; those of an older interval end themselves.
    beats: AtomicU64,
    /// The event loop was asked whether it is alive and has not answered.
    is_asked: AtomicBool,
    /// Whether the shield said that the screen is held while the agent's own window is up.
    is_enforced: AtomicBool,
}

struct Desk {
    hand_over: HandOver,
    inputs: VecDeque<Input>,
    is_taken: bool,
}

impl Shielded {
    fn start(socket: OwnedFd, window: Box<dyn Window>, probe: LoopProbe, events: EventSink) -> Self {
        let (hand_over, outputs) = HandOver::begin(window.xid());
        let link = Arc::new(Link {
            socket,
            window,
            probe,
            events,
            desk: Mutex::new(Desk { hand_over, inputs: VecDeque::new(), is_taken: false }),
            beats: AtomicU64::new(0),
            is_asked: AtomicBool::new(false),
            is_enforced: AtomicBool::new(false),
        });
        // The window may outlive us.
        let weak = Arc::downgrade(&link);
        link.window.on_input_lost(Box::new(move || {
            if let Some(link) = weak.upgrade() {
                link.put(Input::Lost);
            }
        }));
        for output in outputs {
            link.perform(output);
        }
        let reader = Arc::clone(&link);
        let spawned = std::thread::Builder::new().name("shield".to_owned()).spawn(move || reader.read());
        if spawned.is_err() {
            error!("No thread for the shield's messages");
            link.put(Input::ShieldGone);
        }
        Self { link }
    }
}

impl Screen for Shielded {
    fn cover(&self) {
        self.link.put(Input::CoverAsked);
    }

    fn uncover(&self, session: SessionId) {
        self.link.put(Input::UncoverAsked(session));
    }

    fn is_enforced(&self) -> bool {
        self.link.is_enforced.load(Ordering::SeqCst)
    }
}

impl Link {
    /// Reads until the shield is gone. Blocks; runs on its own thread.
    fn read(self: Arc<Self>) {
        // One byte more than a message, so that a longer packet shows.
        let mut packet = [0; MESSAGE_SIZE_BYTES + 1];
        loop {
            let size_bytes = match recv(&self.socket, &mut packet[..], RecvFlags::empty()) {
                Ok((_, 0)) => break warn!("The shield closed its end"),
                Ok((size_bytes, _)) => size_bytes,
                Err(Errno::INTR) => continue,
                Err(errno) => break warn!(%errno, "The shield's socket failed"),
            };
            match ShieldMessage::decode(&packet[..size_bytes.min(packet.len())]) {
                Ok(message) => {
                    if let ShieldMessage::Enforcement(enforcement) = message {
                        self.learn(enforcement);
                    }
                    self.put(Input::Told(message));
                }
                Err(error) => break error!(%error, "The shield broke the contract"),
            }
        }
        self.put(Input::ShieldGone);
    }

    /// What counts is the moment in which somebody can read of it: the agent's window is up then.
    fn learn(&self, enforcement: Enforcement) {
        self.is_enforced.store(enforcement.agent_shown, Ordering::SeqCst);
        if !enforcement.agent_shown {
            let held_without_us = enforcement.agent_away;
            warn!(held_without_us, "The cover is drawn and not enforced while the agent is shown");
        }
    }

    /// Adds an input, and works the queue off unless somebody is already at it.
    fn put(self: &Arc<Self>, input: Input) {
        let mut desk = self.desk();
        desk.inputs.push_back(input);
        if desk.is_taken {
            return;
        }
        desk.is_taken = true;
        while let Some(input) = desk.inputs.pop_front() {
            let outputs = desk.hand_over.on(input);
            drop(desk);
            for output in outputs {
                self.perform(output);
            }
            desk = self.desk();
        }
        desk.is_taken = false;
    }

    fn perform(self: &Arc<Self>, output: Output) {
        if let Some(event) = output.event() {
            self.events.send(event);
        }
        match output {
            Output::Say(message) => self.say(&message.encode()),
            Output::Show => self.window.show_covered(self.report(Input::Shown)),
            Output::Take => self.window.take_input(self.report(Input::Taken)),
            Output::GiveBack => self.window.give_back_input(self.report(|_| Input::GivenBack)),
            Output::Hide => self.window.hide_covered(self.report(|_| Input::Hidden)),
            Output::BeatEvery(interval) => {
                let series = self.beats.fetch_add(1, Ordering::SeqCst) + 1;
                self.beat_after(interval, series);
            }
            Output::StopBeating => {
                self.beats.fetch_add(1, Ordering::SeqCst);
            }
            Output::Covered { input_held } => info!(input_held, "The screen is covered"),
            Output::Uncovered(session) => info!(session.id = %session, "The screen is uncovered"),
            Output::Failed => error!("The cover cannot be vouched for"),
        }
    }

    fn say(self: &Arc<Self>, packet: &[u8]) {
        // A shield that lets its buffer run full hangs; waiting for it would hang the window's thread too.
        let sent = send(self.socket.as_fd(), packet, SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
        if sent != Ok(packet.len()) {
            self.put(Input::ShieldGone);
        }
    }

    fn report(self: &Arc<Self>, input: impl FnOnce(bool) -> Input + Send + 'static) -> super::Done {
        let link = Arc::clone(self);
        Box::new(move |ok| link.put(input(ok)))
    }

    /// A beat is made by the window's main loop and passed through the event loop, so that it proves both alive.
    fn beat_after(self: &Arc<Self>, interval: Duration, series: u64) {
        let link = Arc::clone(self);
        self.window.after(
            interval,
            Box::new(move || {
                if link.beats.load(Ordering::SeqCst) != series {
                    return;
                }
                link.beat_after(interval, series);
                if link.is_asked.swap(true, Ordering::SeqCst) {
                    return;
                }
                let answered = Arc::clone(&link);
                (link.probe)(Box::new(move || {
                    answered.is_asked.store(false, Ordering::SeqCst);
                    answered.put(Input::BeatDue);
                }));
            }),
        );
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "x11/tests.rs"]
mod tests;
