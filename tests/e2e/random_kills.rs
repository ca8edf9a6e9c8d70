//! `kill -9` at random moments of every step of the story. Afterwards: covered, nothing lost or doubled, no
//! credential left, and a usable sign-in again.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use harness::{
    app::MARKER,
    desktop::Button,
    nurse::Nurse,
    part::{Deadline, kill, wait_for},
    picture::Eye,
    ward::{Setup, short_policy},
};
use rusqlite::{Connection, OpenFlags};
use rustix::process::Signal;
use serde_json::Value;

use crate::bedside::{Bedside, SOON, USABLE_WITHIN, logins_of, logouts_of};

/// Where in the story the kill falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Her password is being checked.
    Password,
    /// Her code is being checked, her login written, the screen uncovered.
    Code,
    /// She works.
    Active,
    /// The warning counts down.
    Warning,
    /// She has pressed the button.
    SigningOut,
    /// The agent is starting again after a kill.
    StartUp,
}

/// Each step, and how long after its beginning the kill may fall, in ms.
const STEPS: [(Step, u64); 6] = [
    (Step::Password, 600),
    (Step::Code, 500),
    (Step::Active, 500),
    (Step::Warning, 2_000),
    (Step::SigningOut, 400),
    (Step::StartUp, 1_500),
];

/// Who is killed.
#[derive(Debug, Clone, Copy)]
enum Victim {
    Agent,
    Shield,
    /// And stays away for a while.
    Server,
}

const VICTIMS: [Victim; 3] = [Victim::Agent, Victim::Shield, Victim::Server];

/// A cheap generator of moments: reproducible, and nothing here needs better.
struct Moments(u64);

impl Moments {
    fn next_ms(&mut self, below: u64) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Duration::from_millis(self.0 % below)
    }
}

#[expect(clippy::disallowed_methods, reason = "the moment itself is what is tried; nothing is waited for")]
fn let_pass(moment: Duration) {
    thread::sleep(moment);
}

#[test]
fn kills_at_random_moments_lose_no_record_and_leave_no_credential() {
    let kills = if std::env::var_os("TAPWARD_SOAK").is_some() { 200 } else { 20 };
    let mut moments = Moments(0x7461_7077_6172_6421);
    let mut bedside = Bedside::open(Setup { policy: short_policy("12s", "6s", "12h"), ..Setup::default() });
    let guard = Guard::of(&bedside);

    for number in 0..kills {
        let (step, span_ms) = STEPS[number % STEPS.len()];
        let victim = VICTIMS[(number + number / STEPS.len()) % VICTIMS.len()];
        let what = format!("kill {number}: {victim:?} at {step:?}");
        let nurse = bedside.ward.add_nurse(&format!("nurse{number}"), "Maria O.").unwrap();
        let is_code_typed = reach(&bedside, &guard, step, &nurse);
        let_pass(moments.next_ms(span_ms));

        let mark = bedside.ward.log_mark();
        let usable = match victim {
            Victim::Agent => {
                let usable = Deadline::within(USABLE_WITHIN);
                kill(bedside.ward.agent_pid().unwrap());
                bedside.wait_covered();
                guard.expect_cover();
                usable
            }
            Victim::Shield => {
                // Nothing covers until the next one starts.
                guard.relax();
                bedside.ward.stop_kiosk(Signal::KILL).unwrap();
                let usable = Deadline::within(USABLE_WITHIN);
                // What the display manager does when the session's leader ends.
                bedside.ward.start_kiosk().unwrap();
                usable
            }
            Victim::Server => {
                guard.relax();
                bedside.ward.stop_server(Signal::KILL).unwrap();
                let_pass(moments.next_ms(3_000));
                bedside.ward.start_server().unwrap();
                bring_home(&bedside, &nurse, is_code_typed)
                    .unwrap_or_else(|fault| panic!("{what}: {fault:#}"));
                Deadline::within(USABLE_WITHIN)
            }
        };
        // A server's end needs no other agent; whose agent died must have another one.
        if !matches!(victim, Victim::Server) {
            wait_for("a usable sign-in", usable.left(), || {
                (bedside.ward.screen_since(mark)? == "signed_out").then_some(())
            })
            .unwrap_or_else(|fault| panic!("{what}: {fault:#}\n{:?}", bedside.ward.screens()));
        }
        assert!(!bedside.is_app_visible(), "{what}");
        guard.expect_cover();
        assert!(!bedside.ward.has_session_credential().unwrap(), "{what}: a credential is left");
        bedside.eye.wait_still().ok();
    }

    // The sign-in that is there at the end is a usable one.
    guard.relax();
    bedside.ward.sign_in(&bedside.maria).unwrap();
    sign_out(&bedside).unwrap();
    assert_every_session_is_on_record_once(&bedside);
    // What is still to be delivered is delivered before the kiosk ends, and must change nothing.
    bedside.ward.stop_kiosk(Signal::TERM).unwrap();
    assert_every_session_is_on_record_once(&bedside);
    assert_eq!(guard.sightings(), 0, "her app was seen on a covered screen");
}

/// Plays the story up to the beginning of `step`; whether the code was typed.
fn reach(bedside: &Bedside, guard: &Guard, step: Step, nurse: &Nurse) -> bool {
    let ward = &bedside.ward;
    if step == Step::StartUp {
        let mark = ward.log_mark();
        kill(ward.agent_pid().unwrap());
        wait_for("another agent's first word", SOON, || {
            ward.kiosk_log().get(mark..)?.contains("\"screen\":\"starting\"").then_some(())
        })
        .unwrap();
        return false;
    }
    ward.give_password(&bedside.hand, nurse).unwrap();
    if step == Step::Password {
        return false;
    }
    ward.wait_code_asked(SOON).unwrap();
    guard.relax();
    bedside.hand.type_text(&nurse.code().unwrap()).unwrap();
    if step == Step::Code {
        return true;
    }
    ward.wait_screen("active", SOON).unwrap();
    bedside.wait_visible();
    match step {
        Step::Warning => ward.wait_screen("inactivity_warning", SOON).unwrap(),
        Step::SigningOut => {
            let (x, y) = ward.button(Button::SignOut).unwrap();
            bedside.hand.click(x, y).unwrap();
        }
        Step::Password | Step::Code | Step::Active | Step::StartUp => {}
    }
    true
}

/// Goes on as a person would with a server that came back, until nobody is signed in.
fn bring_home(bedside: &Bedside, nurse: &Nurse, mut is_code_typed: bool) -> anyhow::Result<()> {
    wait_for("nobody signed in", SOON * 2, || {
        match bedside.ward.screens().last()?.as_str() {
            "signed_out" => return Some(()),
            "second_factor" if !is_code_typed => {
                bedside.ward.wait_code_asked(SOON).ok()?;
                bedside.hand.type_text(&nurse.code().ok()?).ok()?;
                is_code_typed = true;
            }
            "active" | "inactivity_warning" => sign_out(bedside).ok()?,
            _ => {}
        }
        None
    })
}

fn sign_out(bedside: &Bedside) -> anyhow::Result<()> {
    let (x, y) = bedside.ward.button(Button::SignOut)?;
    bedside.hand.click(x, y)?;
    bedside.ward.wait_screen("signed_out", SOON)
}

/// Every session the server ever opened has one login and one logout on record, and no record was set aside.
fn assert_every_session_is_on_record_once(bedside: &Bedside) {
    let sessions = sessions_ever(bedside);
    let counts = |record: &[Value]| -> BTreeMap<String, (usize, usize)> {
        sessions
            .iter()
            .map(|id| (id.clone(), (logins_of(record, id).len(), logouts_of(record, id).len())))
            .collect()
    };
    let is_whole = |record: &[Value]| counts(record).values().all(|count| *count == (1, 1));
    let record = bedside.ward.wait_audit(&bedside.token, "each login and each logout", SOON, is_whole);
    let record = record.unwrap_or_else(|fault| {
        let record = bedside.ward.audit_record(&bedside.token).unwrap();
        panic!("{fault:#}: logins and logouts by session: {:#?}", counts(&record));
    });
    assert!(sessions.len() >= 3, "hardly a session was opened: {sessions:?}");
    assert!(!format!("{record:?}").contains("record-quarantined"), "{record:#?}");
}

/// Ids of all sessions in the server's database, ended ones too.
fn sessions_ever(bedside: &Bedside) -> Vec<String> {
    let file = bedside.ward.data().join("tapward.db");
    let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut query = database.prepare("SELECT id FROM sessions").unwrap();
    let ids = query.query_map([], |row| row.get::<_, uuid::Bytes>(0)).unwrap();
    ids.map(|id| uuid::Uuid::from_bytes(id.unwrap()).to_string()).collect()
}

/// Looks at the screen all the time, and counts how often the app is seen while it must not be.
struct Guard {
    is_cover_expected: Arc<AtomicBool>,
    is_over: Arc<AtomicBool>,
    watch: Option<JoinHandle<usize>>,
}

impl Guard {
    fn of(bedside: &Bedside) -> Self {
        let eye = bedside.ward.eye().unwrap();
        let (is_cover_expected, is_over) =
            (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(false)));
        let (expected, over) = (Arc::clone(&is_cover_expected), Arc::clone(&is_over));
        let watch = thread::spawn(move || Self::watch(&eye, &expected, &over));
        Self { is_cover_expected, is_over, watch: Some(watch) }
    }

    #[expect(clippy::disallowed_methods, reason = "the pause between two looks")]
    fn watch(eye: &Eye, expected: &AtomicBool, over: &AtomicBool) -> usize {
        let mut sightings = 0;
        while !over.load(Ordering::SeqCst) {
            // Expected before and after the look, so that neither end of the time is counted.
            let is_expected = expected.load(Ordering::SeqCst);
            let is_seen = eye.sees(MARKER).unwrap();
            sightings += usize::from(is_expected && is_seen && expected.load(Ordering::SeqCst));
            thread::sleep(Duration::from_millis(10));
        }
        sightings
    }

    /// From now on the app must not be seen.
    fn expect_cover(&self) {
        self.is_cover_expected.store(true, Ordering::SeqCst);
    }

    /// From now on it may.
    fn relax(&self) {
        self.is_cover_expected.store(false, Ordering::SeqCst);
    }

    fn sightings(mut self) -> usize {
        self.is_over.store(true, Ordering::SeqCst);
        self.watch.take().unwrap().join().unwrap()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
    }
}
