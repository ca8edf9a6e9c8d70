//! PC/SC: contactless and contact readers by pcscd, winscard or macOS's own service.
//!
//! Three kinds of threads. `pcsc-watch` sleeps in the service until something changes, and makes itself a new context
//! when the service was gone (a context never recovers, whatever `SCardIsValidContext` says). `pcsc-desk` keeps what is
//! known ([`desk`]) and tells. `pcsc-card` reads one card and ends: a card or driver that hangs hangs that thread alone.
//!
//! # Platform-specific behavior
//! macOS does not tell of readers that come: there they are looked for every 2 s. Everywhere else nothing is
//! polled; only after the set of readers has changed one wait is bounded, because a reader that comes between listing
//! and waiting would go unseen.
//!
//! # Limits
//! A service that hangs while nothing lies on a reader cannot be told from a quiet one without polling it. Two cards on
//! one reader are not told by PC/SC: readers choose one, or report none.

pub mod card;
mod desk;

use std::{
    ffi::{CStr, CString},
    io,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use agent_core::{badge::BadgeFault, instant::Instant};
use agent_runtime::ports::Clock;
use pcsc::{
    Context, Disposition, MAX_BUFFER_SIZE, PNP_NOTIFICATION, Protocols, ReaderState, Scope, ShareMode, State,
};
use tracing::{debug, warn};
use zeroize::Zeroizing;

use self::{
    card::{CardExchange, CardReading, ReadError},
    desk::{Act, Desk, Field, Outcome, READERS_MAX, Sight, Ticket},
};
use super::{marking::Marking, teller::Teller};
use crate::backoff::Backoff;

/// A service that is gone is looked for after at most this long, then twice as long, …
const RETRY_FIRST: Duration = Duration::from_millis(100);
/// … up to this, where a reader is awaited: `Ready` comes soon after the service; …
const RETRY_MAX: Duration = Duration::from_secs(2);
/// … else up to this: many a workstation has no such service.
const RETRY_MAX_UNAWAITED: Duration = Duration::from_secs(30);
/// How long the wait after a change of readers is, and every wait where readers that come are not told.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
const LOOK_AGAIN_WITHOUT_PNP: Duration = Duration::from_secs(2);
/// A card that cannot be spoken to is tried again for this long, …
const TRY_FOR: Duration = Duration::from_millis(1_500);
/// … with this pause.
const TRY_EVERY: Duration = Duration::from_millis(50);

/// Whether PC/SC is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// As many readers as there are.
    Any,
    /// One at least.
    One,
}

/// What the threads share.
struct Shared {
    teller: Teller,
    marking: Marking,
    clock: Arc<dyn Clock>,
    readings: Vec<Box<dyn CardReading>>,
}

/// What the desk hears.
enum Heard {
    Seen(Vec<Sight>),
    Away,
    Read(Ticket, Outcome),
}

/// Not yet watching.
pub(super) struct Pcsc {
    expected: Expected,
    shared: Arc<Shared>,
}

impl Pcsc {
    pub(super) fn new(
        expected: Expected,
        readings: Vec<Box<dyn CardReading>>,
        marking: Marking,
        clock: Arc<dyn Clock>,
        teller: Teller,
    ) -> Self {
        Self { expected, shared: Arc::new(Shared { teller, marking, clock, readings }) }
    }

    /// Begins to watch, for the rest of the process's life.
    pub(super) fn watch(self) -> io::Result<()> {
        let (tell, heard) = mpsc::channel();
        let tell_desk = tell.clone();
        let mut desk = Desk::default();
        let is_awaited = self.expected == Expected::One;
        if is_awaited {
            desk.expect_one(self.shared.teller.next_reader());
        }
        thread::Builder::new()
            .name("pcsc-desk".into())
            .spawn(move || DeskThread { desk, shared: self.shared, tell: tell_desk }.run(&heard))?;
        thread::Builder::new().name("pcsc-watch".into()).spawn(move || watch(&tell, is_awaited))?;
        Ok(())
    }
}

/// Watches until the desk is gone. `is_awaited`: a reader must be there; else one is awaited once it was seen.
fn watch(tell: &mpsc::Sender<Heard>, mut is_awaited: bool) {
    let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
    let mut unawaited = Backoff::new(RETRY_FIRST, RETRY_MAX_UNAWAITED);
    let mut is_told = false;
    loop {
        let Err(gone) = watch_one_service(tell, |has_readers| {
            backoff.reset();
            unawaited.reset();
            is_awaited |= has_readers;
            is_told = false;
        });
        match gone {
            Gone::Desk => return,
            Gone::Service(error) if is_told => debug!("The smart card service is still away: {error}"),
            Gone::Service(error) => {
                warn!("The smart card service is away: {error}");
                is_told = true;
            }
        }
        if tell.send(Heard::Away).is_err() {
            return;
        }
        pause(if is_awaited { backoff.pause() } else { unawaited.pause() });
    }
}

/// Why watching ended.
enum Gone {
    Service(pcsc::Error),
    Desk,
}

impl From<pcsc::Error> for Gone {
    fn from(error: pcsc::Error) -> Self {
        Self::Service(error)
    }
}

fn watch_one_service(
    tell: &mpsc::Sender<Heard>,
    mut is_there: impl FnMut(bool),
) -> Result<std::convert::Infallible, Gone> {
    let context = Context::establish(Scope::User)?;
    let mut states = vec![ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE)];
    loop {
        let names = readers(&context)?;
        is_there(!names.is_empty());
        let change = match_up(&mut states, &names);
        if change != Change::Added {
            // Where one was added, its state comes first, at once.
            tell.send(Heard::Seen(sights(&states))).map_err(|_| Gone::Desk)?;
        }
        let limit = if states[0].event_state().contains(State::UNKNOWN) {
            Some(LOOK_AGAIN_WITHOUT_PNP)
        } else {
            (change != Change::None).then_some(LOOK_AGAIN)
        };
        match context.get_status_change(limit, &mut states) {
            Ok(()) | Err(pcsc::Error::Timeout | pcsc::Error::UnknownReader) => {}
            Err(error) => return Err(error.into()),
        }
        for state in &mut states {
            state.sync_current_state();
        }
    }
}

fn readers(context: &Context) -> Result<Vec<CString>, pcsc::Error> {
    match context.list_readers_owned() {
        Ok(mut names) => {
            names.truncate(READERS_MAX);
            Ok(names)
        }
        Err(pcsc::Error::NoReadersAvailable) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// How the set of readers differs from the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    None,
    Removed,
    Added,
}

/// Makes `states` those of `names`, behind that of the pseudo reader that tells of readers.
fn match_up(states: &mut Vec<ReaderState>, names: &[CString]) -> Change {
    let count = states.len();
    let is_pnp = |state: &ReaderState| state.name() == PNP_NOTIFICATION();
    states.retain(|state| is_pnp(state) || names.iter().any(|name| name.as_c_str() == state.name()));
    let mut change = if states.len() < count { Change::Removed } else { Change::None };
    for name in names {
        if !states.iter().any(|state| state.name() == name.as_c_str()) {
            states.push(ReaderState::new(name.clone(), State::UNAWARE));
            change = Change::Added;
        }
    }
    change
}

fn sights(states: &[ReaderState]) -> Vec<Sight> {
    // The first is the pseudo-reader that tells of readers plugged in and out.
    let readers = states.iter().skip(1);
    readers.map(|state| Sight { name: name_of(state.name()), field: field_of(state) }).collect()
}

fn name_of(name: &CStr) -> String {
    name.to_string_lossy().into_owned()
}

fn field_of(state: &ReaderState) -> Field {
    let (flags, count) = (state.event_state(), state.event_count());
    if flags.intersects(State::UNKNOWN | State::UNAVAILABLE) {
        Field::Unknown
    } else if flags.contains(State::PRESENT | State::MUTE) {
        Field::MuteCard { count }
    } else if flags.contains(State::PRESENT) {
        Field::Card { count }
    } else {
        Field::Empty
    }
}

/// A pause that nothing ends early for long.
fn pause(time: Duration) {
    thread::park_timeout(time);
}

/// The thread that knows and tells.
struct DeskThread {
    desk: Desk,
    shared: Arc<Shared>,
    tell: mpsc::Sender<Heard>,
}

impl DeskThread {
    fn run(mut self, heard: &mpsc::Receiver<Heard>) {
        loop {
            let next = match self.desk.deadline() {
                None => heard.recv().map_err(|_| mpsc::RecvTimeoutError::Disconnected),
                Some(deadline) => heard.recv_timeout(deadline.since(self.now())),
            };
            let now = self.now();
            let acts = match next {
                Ok(Heard::Seen(sights)) => {
                    let teller = self.shared.teller.clone();
                    self.desk.seen(&sights, now, || teller.next_reader())
                }
                Ok(Heard::Away) => self.desk.away(),
                Ok(Heard::Read(ticket, outcome)) => self.desk.read(ticket, outcome, now),
                Err(mpsc::RecvTimeoutError::Timeout) => self.desk.time(now),
                // It cannot: we hold a sender ourselves.
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            };
            for act in acts {
                match act {
                    Act::Tell(fact) => self.shared.teller.tell(fact),
                    Act::Read { reader, ticket } => self.read(reader, ticket),
                }
            }
        }
    }

    fn read(&self, reader: String, ticket: Ticket) {
        let (shared, tell) = (Arc::clone(&self.shared), self.tell.clone());
        let reading = thread::Builder::new().name("pcsc-card".into()).spawn(move || {
            let outcome = read_card(&reader, &shared);
            // The desk ends only with the process.
            let _ = tell.send(Heard::Read(ticket, outcome));
        });
        if let Err(error) = reading {
            warn!("No thread to read a card: {error}");
            let _ = self.tell.send(Heard::Read(ticket, Outcome::NotRead(BadgeFault::Unreadable)));
        }
    }

    fn now(&self) -> Instant {
        self.shared.clock.now()
    }
}

/// Reads the card on `reader`, trying again while that may help.
fn read_card(reader: &str, shared: &Shared) -> Outcome {
    let begun = shared.clock.now();
    loop {
        let error = match read_once(reader, &shared.readings) {
            Ok(badge) => return Outcome::Read(shared.marking.badge(badge.number, badge.grade)),
            Err(ReadError::Unusable(fault)) => return Outcome::NotRead(fault),
            Err(ReadError::Broken(error)) => error,
        };
        debug!("A card could not be spoken to: {error}");
        let is_gone = matches!(error, pcsc::Error::RemovedCard | pcsc::Error::NoSmartcard);
        if is_gone || shared.clock.now().since(begun) >= TRY_FOR {
            return Outcome::NotRead(BadgeFault::Unreadable);
        }
        pause(TRY_EVERY);
    }
}

fn read_once(reader: &str, readings: &[Box<dyn CardReading>]) -> Result<card::ReadBadge, ReadError> {
    let name = CString::new(reader).map_err(|_| pcsc::Error::UnknownReader)?;
    // A context of its own: calls of one context wait for each other.
    let context = Context::establish(Scope::User)?;
    let connected = context.connect(&name, ShareMode::Shared, Protocols::ANY)?;
    let mut card = Connected(connected);
    let read = card::read(readings, &mut card);
    // Other programs may use the card further; a card that is gone cannot be left.
    let _ = card.0.disconnect(Disposition::LeaveCard);
    read
}

struct Connected(pcsc::Card);

impl CardExchange for Connected {
    fn transmit(&mut self, command: &[u8]) -> Result<Zeroizing<Vec<u8>>, pcsc::Error> {
        let mut buffer = Zeroizing::new([0; MAX_BUFFER_SIZE]);
        let answer = self.0.transmit(command, buffer.as_mut())?;
        Ok(Zeroizing::new(answer.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_that_come_are_asked_at_once_and_those_that_went_are_forgotten() {
        let names =
            |names: &[&str]| names.iter().map(|name| CString::new(*name).unwrap()).collect::<Vec<_>>();
        let mut states = vec![ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE)];
        for (there, change) in [
            (&["a"][..], Change::Added),
            (&["a"], Change::None),
            (&["b", "a"], Change::Added),
            (&["b"], Change::Removed),
            (&["c"], Change::Added),
            (&[], Change::Removed),
            (&[], Change::None),
        ] {
            assert_eq!(match_up(&mut states, &names(there)), change, "{there:?}");

            let mut seen: Vec<_> = sights(&states).into_iter().map(|sight| sight.name).collect();
            let mut there = there.to_vec();
            seen.sort();
            there.sort_unstable();
            assert_eq!(seen, there);
            assert_eq!(states[0].name(), PNP_NOTIFICATION());
        }
    }
}
