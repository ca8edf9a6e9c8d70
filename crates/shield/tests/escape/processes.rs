//! Processes that end, hang or lie.

use anyhow::Result;
use rustix::process::Signal;
use x11rb::NONE;

use crate::{
    bed::agent::Agent,
    scene::{Attempt, ONLY_HELD, OPEN, row},
};

type End = fn(&mut Agent) -> Result<()>;

const ENDS: [(&str, End); 6] = [
    ("killed", |agent| agent.signal(Signal::KILL)),
    ("asked to end", |agent| agent.signal(Signal::TERM)),
    ("crashed", |agent| agent.signal(Signal::ABORT)),
    ("saying what it may not", |agent| agent.tell("raw 44 255")),
    ("closing its socket", |agent| agent.tell("close")),
    ("asking for too long a lease", |agent| agent.tell("beat 0 5001")),
];

pub fn table() -> Vec<Attempt> {
    let mut rows = Vec::new();
    for (name, end) in ENDS {
        rows.push(row(format!("the agent {name}"), ONLY_HELD, move |scene| scene.lose_agent(end)));
        rows.push(row(format!("the agent {name} while uncovered"), OPEN, move |scene| scene.lose_agent(end)));
    }
    rows.push(row("the agent stopped while uncovered", OPEN, |scene| {
        scene.lose_agent(|agent| agent.signal(Signal::STOP))
    }));
    rows.push(row("the agent's X connection cut", ONLY_HELD, |scene| {
        let window: u32 = scene.agent.ask("window", "window ")?.parse()?;
        let rude = scene.bed.rude()?;
        scene.lose_agent(|_| {
            use x11rb::protocol::xproto::ConnectionExt as _;
            rude.connection().kill_client(window)?;
            rude.sync()
        })
    }));
    rows.push(row("the agent killed under a window that keeps raising itself", ONLY_HELD, |scene| {
        let rude = scene.rude()?;
        let window = rude.pop_up(NONE, true)?;
        rude.keep_raising(window);
        scene.lose_agent(|agent| agent.signal(Signal::KILL))
    }));
    rows
}
