//! A chaos loop: kills, stops, cuts, sleeps and grabs at random moments of the whole story, a witness who looks at the screen all
//! the time, and at the end no record lost.
//!
//! `TAPWARD_ROUNDS` says how many, `TAPWARD_SEED` plays the story of a failure again; both are in its message.

use std::{
    cell::RefCell,
    io::{Write as _, stderr},
};

use harness::{desktop::Button, part::wait_for, process::descendants};
use rustix::process::Signal;

mod bench;
mod faults;
mod ledger;
mod story;
mod witness;

use self::{
    bench::Bench,
    faults::FAULTS,
    story::{STEPS, Step, bring_home, press},
};
use crate::{
    bedside::{SOON, USABLE_WITHIN},
    dice::Dice,
};

/// A colleague's badge.
const HIS: &str = "04ffeeddccbb80";

#[test]
fn chaos_shows_nobody_her_app_and_loses_no_record() {
    let (seed, mut dice) = Dice::from_environment();
    let rounds = rounds();
    let replay = Replay { seed, rounds, so_far: RefCell::default() };
    let mut bench = Bench::new();

    for round in 0..rounds {
        let (step, fault) = (dice.one_of(&STEPS), dice.one_of(&FAULTS));
        replay.notes(format!("round {round}: {fault:?} at {step:?}"));
        let nurse = bench.bedside.ward.add_nurse(&format!("nurse{round}"), "Maria O.").unwrap();
        bench.bedside.ward.wait_sign_in_drawn().unwrap();
        step.reach(&mut bench, &nurse).unwrap();
        dice.let_pass(step.span());

        if fault.ends_os_session() {
            bench.witness.may_show();
        }
        fault.happens(&mut bench, &mut dice);
        assert!(bench.has_shield(), "the shield has ended");
        if fault.covers() && !bench.is_opening {
            bench.wait_covered().unwrap();
        }
        bench.wait_page(USABLE_WITHIN).unwrap();
        bring_home(&mut bench, &nurse).unwrap();
        bench.wait_covered().unwrap();

        wait_for("no credential in the keychain", SOON, || {
            (!bench.bedside.ward.has_session_credential().ok()?).then_some(())
        })
        .unwrap();
        assert_eq!(bench.witness.leaks(), Vec::<String>::new(), "her app was seen on a covered screen");
    }

    replay.notes("the end".to_owned());
    assert_whole(bench);
}

/// A usable sign-in, no record lost, nothing left that runs.
fn assert_whole(mut bench: Bench) {
    let maria = bench.bedside.maria.clone();
    bench.bedside.ward.wait_screen("signed_out", USABLE_WITHIN).unwrap();
    Step::Active.reach(&mut bench, &maria).unwrap();
    bench.witness.assert_would_notice();
    press(&bench, Button::SignOut).unwrap();
    bench.bedside.ward.wait_screen("signed_out", SOON).unwrap();
    bench.wait_covered().unwrap();
    ledger::wait_every_session_once(&bench.bedside);
    bench.witness.assert_watched();

    let before = stopped(&mut bench);
    ledger::wait_every_session_once(&bench.bedside);
    // Whatever could not be told at the very end is told at the next start.
    bench.bedside.ward.start_kiosk().unwrap();
    bench.bedside.ward.wait_screen("signed_out", SOON).unwrap();
    ledger::wait_on_record(&bench.bedside, &before.pending);
    let after = stopped(&mut bench);
    assert!(after.pending.is_disjoint(&before.pending), "{before:?}, {after:?}");
    ledger::wait_every_session_once(&bench.bedside);
    ledger::assert_none_missing(&bench.bedside, &after);
}

/// Ends the kiosk as a machine's shutdown does, and tells what its spool holds.
fn stopped(bench: &mut Bench) -> ledger::Left {
    let all = descendants(bench.bedside.ward.kiosk().pid());
    bench.witness.may_show();
    bench.bedside.ward.stop_kiosk(Signal::TERM).unwrap();
    bench.wait_ended(&all);
    assert_eq!(bench.launcher.processes(), Vec::<u32>::new());
    let left = ledger::spool_of(&bench.bedside.ward);
    assert_eq!(left.amiss, [0; 4], "{left:?}");
    left
}

fn rounds() -> u64 {
    let given =
        std::env::var("TAPWARD_ROUNDS").ok().map(|rounds| rounds.parse().expect("TAPWARD_ROUNDS: a number"));
    given.unwrap_or(if std::env::var_os("TAPWARD_SOAK").is_some() { 1_000 } else { 12 })
}

/// Tells, when the test fails, how to have the same story again.
struct Replay {
    seed: u64,
    rounds: u64,
    so_far: RefCell<Vec<String>>,
}

impl Replay {
    fn notes(&self, what: String) {
        self.so_far.borrow_mut().push(what);
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let so_far = self.so_far.borrow();
            let last = &so_far[so_far.len().saturating_sub(4)..];
            let _ = writeln!(
                stderr(),
                "TAPWARD_SEED={} TAPWARD_ROUNDS={} plays it again; it came to {last:#?}",
                self.seed,
                self.rounds
            );
        }
    }
}
