//! Measures how fast the shield covers, on a private X server with two monitors, under continuous typing.
//!
//! `measure_cover [SAMPLES]` prints one JSON object per sample, `{"name": …, "unit": "ms", "value": …}`, and asserts
//! nothing. It starts `tapward-shield` and `shield-scripted-agent` from the folder above its own, so build
//! them with the same profile first (`cargo build -p shield --bins --example measure_cover`).
//!
//! - `black_after_word`: the agent says `Cover` → a look at each monitor that shows black began
//! - `input_after_word`: the agent says `Cover` → the agent has read `Covered { input_held: true }`
//! - `app_after_word`: the agent says `Uncover` → each monitor shows the app
//! - `black_after_death`: `kill -9` of the agent while uncovered → each monitor shows black
//! - `shield_pss` in kB, after all that
//! - `black_after_start.NAME` for the shield and, where they are installed, `xsecurelock` and `i3lock`: program started →
//!   each monitor shows black; what they do after a word and after their own death, the shield does not need to compare:
//! - `open_after_kill.NAME`: `kill -9` of that locker → each monitor shows the app again, because nobody else covers
//! - `ready_after_death`: the same → the next agent is ready and told that it is covered
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    unreachable_pub,
    dead_code,
    reason = "measures real time, prints it, and shares the tests' bed, which has more than is used here"
)]

#[path = "../tests/x11/bed/mod.rs"]
mod bed;
#[path = "../../../tests/harness/part.rs"]
mod part;
#[path = "../../../tests/harness/x_server.rs"]
mod x_server;

use std::{
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use bed::{BLACK, Bed, MARKER, agent::Agent};
use part::Part;
use rustix::process::Signal;
use x_server::Monitors;

fn main() -> Result<()> {
    let samples: u64 = match std::env::args().nth(1) {
        Some(samples) => samples.parse()?,
        None => 50,
    };
    let bed = Bed::with(Monitors::Two)?;
    let shield = bed.shield()?;
    let typist = bed.typist()?;
    let clock = Clock::read();

    let mut agent = shield.ready_agent()?;
    for round in 0..samples {
        let (uncovered, covered) = (2 * round + 1, 2 * round + 2);
        agent.tell("quiet")?;
        agent.tell(&format!("uncover {uncovered} 5000"))?;
        let said = clock.said(&mut agent)?;
        agent.hear(&format!("uncovered {uncovered}"))?;
        print("app_after_word", bed.witness.first(MARKER, said)? - said);
        typist.wait_more(3)?;

        agent.tell(&format!("cover {covered}"))?;
        let said = clock.said(&mut agent)?;
        let held = agent.hear(&format!("covered {covered} true"))?;
        print("black_after_word", bed.witness.first(BLACK, said)? - said);
        print("input_after_word", held - said);
    }
    for _ in 0..samples {
        agent.uncover(1_000_000)?;
        bed.witness.wait_all(MARKER, "the app")?;
        typist.wait_more(3)?;

        let killed = Instant::now();
        agent.signal(Signal::KILL)?;
        print("black_after_death", bed.witness.first(BLACK, killed)? - killed);
        agent = shield.ready_agent()?;
        print("ready_after_death", killed.elapsed());
    }
    let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", shield.part.pid()))?;
    let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss line")?;
    let pss_kb = pss.trim().trim_end_matches(" kB");
    println!("{{\"name\": \"shield_pss\", \"unit\": \"kB\", \"value\": {pss_kb}}}");
    drop((typist, agent, shield, bed));

    for _ in 0..samples.min(20) {
        start_shield()?;
        start_locker("xsecurelock", &[])?;
        start_locker("i3lock", &["--nofork", "--color=000000"])?;
    }
    Ok(())
}

fn start_shield() -> Result<()> {
    let bed = Bed::with(Monitors::Two)?;
    let started = Instant::now();
    let _shield = bed.shield()?;
    print("black_after_start.shield", bed.witness.first(BLACK, started)? - started);
    Ok(())
}

/// Another locker, from nothing to black, and what is left of it after its death.
fn start_locker(name: &str, arguments: &[&str]) -> Result<()> {
    let bed = Bed::with(Monitors::Two)?;
    let mut command = Command::new(name);
    command.args(arguments).env("DISPLAY", bed.x.display());
    let started = Instant::now();
    let Ok(mut locker) = Part::start(name, &mut command, bed.folder.path()) else {
        eprintln!("NOT RUN: {name} is not installed");
        return Ok(());
    };
    let Ok(black) = bed.witness.first(BLACK, started) else {
        eprintln!("NOT RUN: {name} does not cover here: {}", locker.printed());
        return Ok(());
    };
    print(&format!("black_after_start.{name}"), black - started);
    let killed = Instant::now();
    locker.signal(Signal::KILL);
    locker.wait(bed::SOON)?;
    print(&format!("open_after_kill.{name}"), bed.witness.first(MARKER, killed)? - killed);
    Ok(())
}

fn print(name: &str, took: Duration) {
    println!("{{\"name\": \"{name}\", \"unit\": \"ms\", \"value\": {:.3}}}", took.as_secs_f64() * 1_000.0);
}

/// The same moment on the clock that processes share and on the one that `Instant` hides.
struct Clock {
    shared: Duration,
    ours: Instant,
}

impl Clock {
    fn read() -> Self {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let shared = Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap());
        Self { shared, ours: Instant::now() }
    }

    /// When the agent said its last word.
    fn said(&self, agent: &mut Agent) -> Result<Instant> {
        let (_, text) = agent.hear_begin("said ")?;
        let (seconds, nanoseconds) = text.split_once('.').unwrap_or((&text, "0"));
        let at = Duration::new(seconds.parse()?, nanoseconds.parse()?);
        Ok(self.ours + at.saturating_sub(self.shared))
    }
}
