//! Keyboard-wedge readers: devices that type a badge's number and Enter, like a keyboard.
//!
//! Each is claimed by its device, vendor and product and perhaps port, and taken for us alone: what it types reaches no
//! app, and nothing else that types is looked at. Bedside barcode scanners type in just the same way, so that only the
//! device can tell them apart, never how fast it types.
//!
//! A claim without a port takes the first device of its kind that no other claim has: two readers of one kind are two
//! claims. A device may show itself as several (a scanner with volume keys); only one that can type is taken.
//!
//! # Platform-specific behavior
//! Linux takes a device from the kernel (evdev) or from the X server (XInput 2). On Windows and macOS no wedge can be
//! claimed yet: each is told as unavailable.

#[cfg_attr(target_os = "linux", path = "wedge/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "wedge/elsewhere.rs")]
mod imp;
mod keys;
mod typed;

use std::{
    collections::BTreeSet,
    io,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use agent_core::badge::{BadgeFault, BadgeGrade, ReaderFact, ReaderFault, ReaderId};
use agent_runtime::{config::WedgeClaim, ports::Clock};
use tracing::{debug, warn};

use self::{
    keys::KeyEvent,
    typed::{Typed, TypedText},
};
use super::{marking::Marking, teller::Teller};
use crate::backoff::Backoff;

/// A device that is refused is asked for again after at most this long, then twice as long, …
const RETRY_FIRST: Duration = Duration::from_millis(250);
/// … up to this: nobody tells that another program has let go of it.
const RETRY_MAX: Duration = Duration::from_secs(5);

/// Where claimed devices are found.
trait Place: Send {
    /// Takes the device of this claim for us alone, if it is there and no other claim has it.
    fn take(&mut self, claim: &WedgeClaim, taken: &Taken) -> Result<Box<dyn Device>, Absent>;

    /// Blocks until a device may have come, or become ours to open; at most for `limit`, where one is given.
    fn wait(&mut self, limit: Option<Duration>);
}

/// A device that is ours.
trait Device {
    /// What was typed since; blocks until something was. An error means that it is gone.
    fn next(&mut self) -> io::Result<Vec<KeyEvent>>;
}

/// Why a device was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "there every device is refused"))]
enum Absent {
    /// There is none of this claim.
    NotThere,
    /// It may not be opened, or somebody else has it: why, in words.
    Refused(String),
}

/// Devices that a claim has, by their names.
#[derive(Debug, Clone, Default)]
struct Taken(Arc<Mutex<BTreeSet<String>>>);

/// A device's entry in [`Taken`]; falls out of it with this.
#[derive(Debug)]
struct Hold {
    taken: Taken,
    name: String,
}

impl Taken {
    /// `None` where another claim has it.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "no device can be taken there"))]
    fn hold(&self, name: &str) -> Option<Hold> {
        let is_new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        is_new.then(|| Hold { taken: self.clone(), name: name.to_owned() })
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.taken.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

/// Watches the readers of `claims`, each on a thread of its own, for the rest of the process's life.
pub(super) fn watch(claims: Vec<WedgeClaim>, shared: &Shared) -> io::Result<()> {
    let taken = Taken::default();
    for claim in claims {
        let reader = shared.teller.next_reader();
        let place = imp::place(claim.through, shared.synthetic, shared.devices.clone());
        let wedge = Wedge { claim, reader, taken: taken.clone(), shared: shared.clone(), told: None };
        thread::Builder::new()
            .name(format!("wedge-{}", reader.0))
            .spawn(move || wedge.run(place, || true))?;
    }
    Ok(())
}

/// What every wedge needs.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) teller: Teller,
    pub(super) marking: Marking,
    pub(super) clock: Arc<dyn Clock>,
    /// Whether a device that a program can type on may be a reader.
    pub(super) synthetic: crate::idle::SyntheticInput,
    /// Who is told of the devices that are taken from the X server.
    pub(super) devices: crate::screen::DeviceTeller,
}

/// One claimed reader.
struct Wedge {
    claim: WedgeClaim,
    reader: ReaderId,
    taken: Taken,
    shared: Shared,
    /// `None` before anything was told; then the fault told, if it is one.
    told: Option<Option<ReaderFault>>,
}

impl Wedge {
    /// Takes the device whenever it is there, and tells what it types, while `goes_on`.
    fn run(mut self, mut place: Box<dyn Place>, mut goes_on: impl FnMut() -> bool) {
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
        while goes_on() {
            match place.take(&self.claim, &self.taken) {
                Ok(device) => {
                    backoff.reset();
                    self.is(None);
                    self.listen(device);
                    self.is(Some(ReaderFault::Unplugged));
                }
                Err(Absent::NotThere) => {
                    backoff.reset();
                    self.is(Some(ReaderFault::Unplugged));
                    place.wait(None);
                }
                Err(Absent::Refused(why)) => {
                    if self.told == Some(Some(ReaderFault::Unavailable)) {
                        debug!("The keyboard-wedge reader can still not be taken: {why}");
                    } else {
                        warn!("The keyboard-wedge reader cannot be taken: {why}");
                    }
                    self.is(Some(ReaderFault::Unavailable));
                    place.wait(Some(backoff.pause()));
                }
            }
        }
    }

    fn listen(&self, mut device: Box<dyn Device>) {
        let mut typed = Typed::default();
        while let Ok(keys) = device.next() {
            let now = self.shared.clock.now();
            for key in keys {
                if let Some(text) = typed.key(key, now) {
                    self.tell(text);
                }
            }
        }
    }

    fn tell(&self, text: TypedText) {
        let reader = self.reader;
        self.shared.teller.tell(match text {
            TypedText::Number(number) => {
                let badge = self.shared.marking.badge(number, BadgeGrade::Uid);
                ReaderFact::Presented { reader, badge }
            }
            TypedText::Unreadable => ReaderFact::NotRead { reader, fault: BadgeFault::Unreadable },
        });
        // It cannot tell how long the badge lies there.
        self.shared.teller.tell(ReaderFact::Removed { reader });
    }

    fn is(&mut self, fault: Option<ReaderFault>) {
        if self.told != Some(fault) {
            self.told = Some(fault);
            let reader = self.reader;
            self.shared.teller.tell(match fault {
                None => ReaderFact::Ready { reader },
                Some(fault) => ReaderFact::Faulty { reader, fault },
            });
        }
    }
}

#[cfg(test)]
mod tests;
