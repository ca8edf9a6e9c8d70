//! The test's end of the scripted agent.

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    sync::mpsc::{Receiver, channel},
    thread,
    time::Instant,
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::SOON;

/// One agent process.
pub struct Agent {
    pub pid: u32,
    control: UnixStream,
    said: Receiver<(Instant, String)>,
}

impl Agent {
    pub fn meet(control: UnixStream) -> Result<Self> {
        control.set_nonblocking(false)?;
        let lines = BufReader::new(control.try_clone()?).lines();
        let (sender, said) = channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if sender.send((Instant::now(), line)).is_err() {
                    return;
                }
            }
        });
        let mut agent = Self { pid: 0, control, said };
        agent.pid = agent.hear_begin("pid ")?.1.parse()?;
        Ok(agent)
    }

    pub fn tell(&mut self, command: &str) -> Result<()> {
        self.tell_again(command)
    }

    /// The same, to one that is looked at only.
    pub fn tell_again(&self, command: &str) -> Result<()> {
        writeln!(&self.control, "{command}").context("the agent is gone")
    }

    /// Waits for exactly this report; others before it are passed over. When it came.
    pub fn hear(&mut self, report: &str) -> Result<Instant> {
        let mut passed = Vec::new();
        loop {
            match self.said.recv_timeout(SOON) {
                Ok((at, line)) if line == report => return Ok(at),
                Ok((_, line)) => passed.push(line),
                Err(_) => bail!("waited in vain for `{report}`; heard {passed:?}"),
            }
        }
    }

    /// Waits for a report that begins so, and gives the rest.
    pub fn hear_begin(&mut self, begin: &str) -> Result<(Instant, String)> {
        loop {
            let (at, line) = self.said.recv_timeout(SOON).with_context(|| format!("no `{begin}…`"))?;
            if let Some(rest) = line.strip_prefix(begin) {
                return Ok((at, rest.to_owned()));
            }
        }
    }

    /// Asks, and gives the answer.
    pub fn ask(&mut self, command: &str, answer: &str) -> Result<String> {
        self.tell(command)?;
        Ok(self.hear_begin(answer)?.1)
    }

    /// The agent takes the input from the shield.
    pub fn take(&mut self) -> Result<()> {
        self.tell("take")?;
        self.hear("released")?;
        self.tell("grab")?;
        self.hear("grabbed")?;
        self.tell("holding")
    }

    /// The shield takes the input back.
    pub fn give_back(&mut self) -> Result<()> {
        self.tell("ungrab")?;
        self.hear("ungrabbed")?;
        self.tell("give")?;
        self.hear("taken").map(drop)
    }

    /// Uncovers from "the shield holds", and beats.
    pub fn uncover(&mut self, seq: u64) -> Result<()> {
        self.tell("quiet")?;
        self.tell(&format!("uncover {seq} 2500"))?;
        self.hear(&format!("uncovered {seq}"))?;
        self.tell(&format!("beating {seq} 2500 200"))
    }

    /// When `Covered` for this cover came, with the input held.
    pub fn cover(&mut self, seq: u64) -> Result<Instant> {
        self.tell("quiet")?;
        self.tell(&format!("cover {seq}"))?;
        let covered = self.hear(&format!("covered {seq} true"))?;
        self.tell(&format!("beating {seq} 0 500"))?;
        Ok(covered)
    }

    pub fn typed(&mut self) -> Result<u64> {
        Ok(self.ask("typed", "typed ")?.parse()?)
    }

    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = Pid::from_raw(self.pid.cast_signed()).context("no pid")?;
        kill_process(pid, signal).context("the agent is gone")
    }
}
