//! After the story, what was secret in it is looked for in everything it left behind, and in every process's
//! arguments all along.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use harness::{
    nurse::Nurse,
    ward::{Setup, short_policy},
};
use rustix::process::Signal;

use crate::bedside::{Bedside, SOON};

const MISTYPED: &str = "a password with one wrong letter";

#[test]
fn no_password_code_secret_or_credential_is_left_in_any_file_or_argument() {
    let watch = Watch::start();
    let mut bedside = Bedside::open(Setup { policy: short_policy("12s", "6s", "12h"), ..Setup::default() });
    mistype(&bedside);
    bedside.ward.sign_in(&bedside.maria).unwrap();
    bedside.wait_visible();
    let credential = bedside.ward.session_credential().unwrap();
    let session = bedside.ward.sessions().unwrap()[0]["session_id"].as_str().unwrap().to_owned();
    let secrets = Secrets::of(&bedside.maria, &credential);

    // The logout's record waits on the disk while the server is away, and the disk is looked at then too.
    bedside.ward.stop_server(Signal::TERM).unwrap();
    bedside.ward.wait_screen("signed_out", SOON * 2).unwrap();
    bedside.ward.stop_kiosk(Signal::KILL).unwrap();
    assert_nothing_secret(bedside.ward.path(), &secrets);
    bedside.ward.start_server().unwrap();
    bedside.ward.start_kiosk().unwrap();
    bedside.assert_ended("inactivity");
    bedside.ward.stop_kiosk(Signal::TERM).unwrap();
    bedside.ward.stop_server(Signal::TERM).unwrap();

    let files = assert_nothing_secret(bedside.ward.path(), &secrets);
    let arguments = watch.stop();
    // What is no secret is found in each of these places: so they were looked at.
    for (place, expected) in [
        ("kiosk.log", session.as_str()),
        ("server.log", session.as_str()),
        ("data/tapward.db", "maria"),
        ("state/spool.sqlite", "SQLite format 3"),
    ] {
        let file = files.iter().find(|file| file.ends_with(place)).unwrap_or_else(|| panic!("no {place}"));
        assert!(contains(&fs::read(file).unwrap(), expected.as_bytes()), "no {expected} in {place}");
    }
    assert!(arguments.iter().any(|line| contains(line, b"tapward-agent")), "no arguments were looked at");
    for line in &arguments {
        assert_eq!(secrets.found_in(line), None, "in a process's arguments or environment");
    }
}

/// A wrong password, and the right one in the wrong field, as happens.
fn mistype(bedside: &Bedside) {
    let hand = &bedside.hand;
    hand.type_text(bedside.maria.password()).unwrap();
    hand.press("Tab").unwrap();
    hand.type_text(MISTYPED).unwrap();
    hand.press("Return").unwrap();
    bedside.ward.wait_log("sign_in.refused").unwrap();
    // The kiosk starts anew: the next sign-in finds empty fields.
    let agent = bedside.ward.agent_pid().unwrap();
    let mark = bedside.ward.log_mark();
    harness::part::kill(agent);
    harness::part::wait_for("another sign-in", SOON, || {
        (bedside.ward.screen_since(mark)? == "signed_out").then_some(())
    })
    .unwrap();
}

/// Looks into every file below `folder`, and returns them.
fn assert_nothing_secret(folder: &Path, secrets: &Secrets) -> Vec<PathBuf> {
    let files = files_below(folder);
    for file in &files {
        let content =
            fs::read(file).unwrap_or_else(|fault| panic!("{} was not looked at: {fault}", file.display()));
        assert_eq!(secrets.found_in(&content), None, "{}", file.display());
    }
    files
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            files.extend(files_below(&entry.path()));
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    files
}

fn contains(content: &[u8], text: &[u8]) -> bool {
    content.windows(text.len()).any(|window| window == text)
}

/// What must be nowhere, in every form it could be kept in; found in one pass, by its first byte.
struct Secrets(Vec<Vec<(String, Vec<u8>)>>);

impl Secrets {
    fn none() -> Self {
        Self(vec![Vec::new(); 256])
    }

    fn of(nurse: &Nurse, credential: &str) -> Self {
        let texts = [
            ("password", nurse.password().to_owned()),
            ("mistyped password", MISTYPED.to_owned()),
            ("one-time code secret", nurse.totp_secret()),
            ("session credential", credential.to_owned()),
        ];
        let mut secrets = Self::none();
        secrets.add("one-time code secret, raw", nurse.totp_secret_bytes());
        for (what, text) in texts {
            assert!(text.len() >= 16, "too short to be found only where it leaked: {what}");
            secrets.add(&format!("{what}, UTF-16"), text.encode_utf16().flat_map(u16::to_le_bytes).collect());
            // Three bytes are four characters: what stands before shifts them by none, one or two.
            for before in 0..3 {
                let shifted = STANDARD.encode([&b"\0\0"[..before], text.as_bytes()].concat());
                let from = if before == 0 { 0 } else { 4 };
                secrets.add(&format!("{what}, base64"), shifted.as_bytes()[from..shifted.len() - 4].to_vec());
            }
            secrets.add(what, text.into_bytes());
        }
        secrets
    }

    fn add(&mut self, what: &str, bytes: Vec<u8>) {
        self.0[usize::from(bytes[0])].push((what.to_owned(), bytes));
    }

    /// What of them is in `content`.
    fn found_in(&self, content: &[u8]) -> Option<&str> {
        content.iter().enumerate().find_map(|(at, first)| {
            let likely = &self.0[usize::from(*first)];
            likely.iter().find(|(_, secret)| content[at..].starts_with(secret)).map(|(what, _)| what.as_str())
        })
    }
}

#[test]
fn every_form_of_a_secret_is_found_wherever_it_stands() {
    let mut secrets = Secrets::none();
    secrets.add("a", b"correct horse".to_vec());
    secrets.add("b", b"correct staple".to_vec());

    assert_eq!(secrets.found_in(b"..correct staple"), Some("b"));
    assert_eq!(secrets.found_in(b"correct horse"), Some("a"));
    assert_eq!(secrets.found_in(b"correct hors"), None);
}

/// Reads the arguments and, where it may be read, the environment of every process, again and again.
struct Watch {
    is_over: Arc<AtomicBool>,
    seen: Arc<Mutex<BTreeSet<Vec<u8>>>>,
    thread: JoinHandle<()>,
}

impl Watch {
    fn start() -> Self {
        let (is_over, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(BTreeSet::new())));
        let (over, into) = (Arc::clone(&is_over), Arc::clone(&seen));
        let thread = thread::spawn(move || {
            while !over.load(Ordering::SeqCst) {
                into.lock().unwrap().extend(all_arguments());
                pause();
            }
        });
        Self { is_over, seen, thread }
    }

    fn stop(self) -> BTreeSet<Vec<u8>> {
        self.is_over.store(true, Ordering::SeqCst);
        self.thread.join().unwrap();
        self.seen.lock().unwrap().clone()
    }
}

#[expect(clippy::disallowed_methods, reason = "the pause between two looks")]
fn pause() {
    thread::sleep(Duration::from_millis(20));
}

fn all_arguments() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for process in fs::read_dir("/proc").unwrap().flatten() {
        for file in ["cmdline", "environ"] {
            all.extend(fs::read(process.path().join(file)));
        }
    }
    all
}
