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
//! - `ready_after_death`: the same → the next agent is ready and told that it is covered
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
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

use std::time::{Duration, Instant};

use anyhow::Result;
use bed::{BLACK, Bed, MARKER, agent::Agent};
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
