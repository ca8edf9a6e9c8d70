//! Devices of the Linux kernel, grabbed (`EVIOCGRAB`): neither the X server nor anybody else gets a key of them.
//!
//! Which device is which is read in sysfs: a device that is not claimed is never opened. A device that comes, or that
//! udev gives to our group a moment after it came, is told by inotify on its folder.

use std::{
    fs, io,
    mem::MaybeUninit,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    time::Duration,
};

use agent_runtime::config::WedgeClaim;
use evdev::{EventSummary, SynchronizationCode, raw_stream::RawDevice};
use rustix::{
    event::{PollFd, PollFlags, poll},
    fs::inotify::{self, CreateFlags, WatchFlags},
};
use tracing::warn;

use super::super::{Absent, Device, Hold, Place, Taken, keys::KeyEvent};

/// Keys that a device must have to be one that can type a number: 1 and Enter.
const NEEDED_KEYS: [usize; 2] = [2, 28];

/// The kernel's input devices.
pub(super) struct Devices {
    /// `/sys/class/input`.
    classes: PathBuf,
    /// `/dev/input`.
    nodes: PathBuf,
    changes: io::Result<OwnedFd>,
    /// Whether the folder was there to be watched; it comes with the first device.
    is_watched: bool,
}

impl Devices {
    pub(super) fn of_this_machine() -> Self {
        Self::below(Path::new("/sys/class/input"), Path::new("/dev/input"))
    }

    fn below(classes: &Path, nodes: &Path) -> Self {
        let changes = inotify::init(CreateFlags::CLOEXEC).map_err(io::Error::from);
        if let Err(error) = &changes {
            warn!("A keyboard-wedge reader that is plugged in from here on will not be seen: {error}");
        }
        Self { classes: classes.to_owned(), nodes: nodes.to_owned(), changes, is_watched: false }
    }

    /// Has devices told that come, and whose rights change.
    fn watch(&mut self) {
        let Ok(changes) = &self.changes else { return };
        if self.is_watched {
            return;
        }
        self.is_watched = self.nodes.is_dir();
        let folder = if self.is_watched { Some(self.nodes.as_path()) } else { self.nodes.parent() };
        let flags = WatchFlags::CREATE | WatchFlags::ATTRIB;
        if let Err(error) = folder.map_or(Ok(0), |folder| inotify::add_watch(changes, folder, flags)) {
            warn!("The folder of input devices cannot be watched: {error}");
        }
    }

    /// Names of devices of this claim that can type (`event5`), in order.
    fn matching(&self, claim: &WedgeClaim) -> Vec<String> {
        let entries = fs::read_dir(&self.classes).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name.starts_with("event"))
            .filter(|name| is_claimed(&self.classes.join(name).join("device"), claim))
            .collect();
        names.sort_by_key(|name| (name.len(), name.clone()));
        names
    }
}

impl Place for Devices {
    fn take(&mut self, claim: &WedgeClaim, taken: &Taken) -> Result<Box<dyn Device>, Absent> {
        // Before it is looked for: what comes in between is told.
        self.watch();
        let mut absent = Absent::NotThere;
        for name in self.matching(claim) {
            let Some(hold) = taken.hold(&name) else { continue };
            let grabbed = RawDevice::open(self.nodes.join(&name)).and_then(|mut device| {
                device.grab()?;
                Ok(device)
            });
            match grabbed {
                Ok(device) => return Ok(Box::new(Grabbed { device, _hold: hold })),
                // EBUSY, where another program has it.
                Err(error) => absent = Absent::Refused(format!("{name}: {error}")),
            }
        }
        Err(absent)
    }

    fn wait(&mut self, limit: Option<Duration>) {
        let Ok(changes) = &self.changes else {
            // Told when it was made; a reader that is not there then stays away until the agent starts again.
            match limit {
                Some(limit) => std::thread::park_timeout(limit),
                None => loop {
                    std::thread::park();
                },
            }
            return;
        };
        let limit = limit.and_then(|limit| limit.try_into().ok());
        let changed = poll(&mut [PollFd::new(changes, PollFlags::IN)], limit.as_ref());
        // Cut short by a signal or over: in either case everything is looked at again.
        if !matches!(changed, Ok(1..)) {
            return;
        }
        let mut buffer = [MaybeUninit::uninit(); 4096];
        // One is enough: whatever happened, everything is looked at again. What else waits comes next.
        if let Err(error) = inotify::Reader::new(changes, &mut buffer).next() {
            warn!("The folder of input devices tells nothing: {error}");
        }
    }
}

fn is_claimed(device: &Path, claim: &WedgeClaim) -> bool {
    let text = |name: &str| fs::read_to_string(device.join(name)).unwrap_or_default().trim().to_owned();
    let number = |name: &str| u16::from_str_radix(&text(name), 16).ok();
    number("id/vendor") == Some(claim.vendor)
        && number("id/product") == Some(claim.product)
        && claim.port.as_ref().is_none_or(|port| *port == text("phys"))
        && NEEDED_KEYS.iter().all(|key| has_key(&text("capabilities/key"), *key))
}

/// The kernel's bit mask: words in hexadecimal, the highest first.
fn has_key(mask: &str, key: usize) -> bool {
    let word = mask.split_whitespace().rev().nth(key / 64);
    word.and_then(|word| u64::from_str_radix(word, 16).ok()).is_some_and(|word| word >> (key % 64) & 1 == 1)
}

/// A device that is ours until this is dropped.
struct Grabbed {
    device: RawDevice,
    _hold: Hold,
}

impl Device for Grabbed {
    fn next(&mut self) -> io::Result<Vec<KeyEvent>> {
        let events = self.device.fetch_events()?;
        Ok(events.filter_map(|event| key_event(event.destructure())).collect())
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "of a device's events only its keys count")]
fn key_event(event: EventSummary) -> Option<KeyEvent> {
    match event {
        EventSummary::Key(_, code, 1) => Some(KeyEvent::Pressed(code.0)),
        EventSummary::Key(_, code, 0) => Some(KeyEvent::Released(code.0)),
        EventSummary::Synchronization(_, SynchronizationCode::SYN_DROPPED, _) => Some(KeyEvent::Lost),
        // A key held down types nothing more, and a reader has nothing else to say.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use agent_runtime::config::WedgeThrough;

    use super::*;

    /// 1 and Enter, as a keyboard of the kernel has them; and a power button's keys.
    const KEYBOARD: &str = "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe";
    const BUTTON: &str = "10000000000000 0";

    #[test]
    fn only_what_is_claimed_and_can_type_is_looked_at_and_that_in_order() {
        let machine = Machine::new();
        machine.has("event10", "0c27", "3bfa", "usb-0000:00:14.0-2/input0", KEYBOARD);
        machine.has("event9", "0c27", "3bfa", "usb-0000:00:14.0-1/input0", KEYBOARD);
        machine.has("event2", "0c27", "3bfa", "usb-0000:00:14.0-1/input1", BUTTON);
        machine.has("event3", "0c27", "3bfb", "usb-0000:00:14.0-3/input0", KEYBOARD);
        machine.has("event4", "046d", "c31c", "usb-0000:00:14.0-4/input0", KEYBOARD);
        machine.has("mouse0", "0c27", "3bfa", "usb-0000:00:14.0-5/input0", KEYBOARD);

        let matching = |port: Option<&str>| machine.devices().matching(&claim(port));

        assert_eq!(matching(None), ["event9", "event10"]);
        assert_eq!(matching(Some("usb-0000:00:14.0-2/input0")), ["event10"]);
        assert_eq!(matching(Some("usb-0000:00:14.0")), NOTHING, "a part of a port is another port");
        assert_eq!(matching(Some("usb-0000:00:14.0-4/input0")), NOTHING, "the port alone claims nothing");
    }

    #[test]
    fn a_device_that_is_not_claimed_is_never_opened() {
        let machine = Machine::new();
        machine.has("event4", "046d", "c31c", "", KEYBOARD);
        // Opening this would never come back.
        let keyboard = machine.nodes().join("event4");
        rustix::fs::mknodat(rustix::fs::CWD, &keyboard, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();

        let taken = machine.devices().take(&claim(None), &Taken::default());

        assert_eq!(taken.err(), Some(Absent::NotThere));
    }

    #[test]
    fn a_device_that_was_refused_is_asked_for_again_although_nothing_is_told() {
        let machine = Machine::new();
        machine.has("event5", "0c27", "3bfa", "", KEYBOARD);
        let mut devices = machine.devices();
        let taken = Taken::default();

        for _ in 0..3 {
            assert!(matches!(devices.take(&claim(None), &taken).err(), Some(Absent::Refused(_))));
            // Without a limit this would never come back.
            devices.wait(Some(Duration::from_millis(1)));
        }
    }

    #[test]
    fn a_device_that_cannot_be_opened_or_is_none_is_refused_and_free_for_another_try() {
        let machine = Machine::new();
        machine.has("event5", "0c27", "3bfa", "", KEYBOARD);
        let taken = Taken::default();
        let mut devices = machine.devices();
        let is_refused = |devices: &mut Devices| {
            matches!(devices.take(&claim(None), &taken).err(), Some(Absent::Refused(_)))
        };

        assert!(is_refused(&mut devices), "no such file");
        fs::write(machine.nodes().join("event5"), "").unwrap();
        assert!(is_refused(&mut devices), "a file");
        fs::remove_file(machine.nodes().join("event5")).unwrap();
        symlink("/dev/null", machine.nodes().join("event5")).unwrap();
        assert!(is_refused(&mut devices), "another device");
        assert!(taken.hold("event5").is_some());
    }

    #[test]
    fn a_device_that_another_claim_has_is_not_there() {
        let machine = Machine::new();
        machine.has("event5", "0c27", "3bfa", "", KEYBOARD);
        let taken = Taken::default();
        let _hold = taken.hold("event5").unwrap();

        assert_eq!(machine.devices().take(&claim(None), &taken).err(), Some(Absent::NotThere));
    }

    #[test]
    fn a_device_that_comes_and_one_whose_rights_change_end_the_wait() {
        let machine = Machine::new();
        let mut devices = machine.devices();
        let taken = Taken::default();

        devices.take(&claim(None), &taken).err().unwrap();
        fs::write(machine.nodes().join("event5"), "").unwrap();
        devices.wait(None);
        let rights = fs::metadata(machine.nodes().join("event5")).unwrap().permissions();
        fs::set_permissions(machine.nodes().join("event5"), rights).unwrap();
        devices.wait(None);
    }

    #[test]
    fn a_machine_without_any_input_device_is_watched_until_it_has_one() {
        let machine = Machine::new();
        fs::remove_dir(machine.nodes()).unwrap();
        let mut devices = machine.devices();
        let taken = Taken::default();

        devices.take(&claim(None), &taken).err().unwrap();
        fs::create_dir(machine.nodes()).unwrap();
        devices.wait(None);
        devices.take(&claim(None), &taken).err().unwrap();
        fs::write(machine.nodes().join("event5"), "").unwrap();
        devices.wait(None);
    }

    #[test]
    fn keys_are_pressed_released_or_lost_and_nothing_else_is_one() {
        use evdev::{EventType, InputEvent};

        let event =
            |kind: EventType, code, value| key_event(InputEvent::new(kind.0, code, value).destructure());

        assert_eq!(event(EventType::KEY, 2, 1), Some(KeyEvent::Pressed(2)));
        assert_eq!(event(EventType::KEY, 2, 0), Some(KeyEvent::Released(2)));
        assert_eq!(event(EventType::KEY, 2, 2), None);
        assert_eq!(event(EventType::SYNCHRONIZATION, 3, 0), Some(KeyEvent::Lost));
        assert_eq!(event(EventType::SYNCHRONIZATION, 0, 0), None);
        assert_eq!(event(EventType::MISC, 4, 0x0007_001e), None);
    }

    #[test]
    fn a_mask_of_keys_is_read_from_its_end() {
        assert!(has_key(KEYBOARD, 2) && has_key(KEYBOARD, 28) && has_key("4", 2));
        assert!(!has_key(KEYBOARD, 0) && !has_key(BUTTON, 2) && !has_key("", 2) && !has_key("zz", 2));
        assert!(has_key(BUTTON, 116));
    }

    const NOTHING: [&str; 0] = [];

    fn claim(port: Option<&str>) -> WedgeClaim {
        WedgeClaim {
            vendor: 0x0c27,
            product: 0x3bfa,
            port: port.map(str::to_owned),
            through: WedgeThrough::Evdev,
        }
    }

    /// A machine as its sysfs shows it.
    struct Machine(tempfile::TempDir);

    impl Machine {
        fn new() -> Self {
            let machine = Self(tempfile::tempdir().unwrap());
            fs::create_dir(machine.nodes()).unwrap();
            machine
        }

        fn nodes(&self) -> PathBuf {
            self.0.path().join("input")
        }

        fn devices(&self) -> Devices {
            Devices::below(&self.0.path().join("class"), &self.nodes())
        }

        fn has(&self, name: &str, vendor: &str, product: &str, phys: &str, keys: &str) {
            let device = self.0.path().join("class").join(name).join("device");
            fs::create_dir_all(device.join("id")).unwrap();
            fs::create_dir_all(device.join("capabilities")).unwrap();
            for (file, text) in
                [("id/vendor", vendor), ("id/product", product), ("phys", phys), ("capabilities/key", keys)]
            {
                fs::write(device.join(file), format!("{text}\n")).unwrap();
            }
        }
    }
}
