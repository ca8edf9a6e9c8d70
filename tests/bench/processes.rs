//! What the kernel knows of a process and all below it.

use std::{
    collections::HashMap,
    fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use harness::process::{children, descendants};

/// `root` and everything below it.
pub(crate) fn tree(root: u32) -> Vec<u32> {
    let mut all = descendants(root);
    all.push(root);
    all
}

/// The direct child of `leader` that is the agent.
pub(crate) fn agent_of(leader: u32) -> Result<u32> {
    let is_agent = |pid: &u32| {
        fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.starts_with("tapward-agent"))
    };
    children(leader).into_iter().find(is_agent).context("the shield has no agent")
}

/// Proportional set size in MiB.
pub(crate) fn pss_mib(pid: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kib / 1024.0)
}

/// Processor time used so far, in seconds.
pub(crate) fn cpu_seconds(pid: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after = text.rsplit_once(')').context("no name")?.1;
    let fields: Vec<_> = after.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    // The kernel reports in hundredths of a second on every system this runs on (USER_HZ).
    Ok(ticks / 100.0)
}

/// Counts wake-ups: how often the threads of some processes went to sleep by themselves. What a thread did that ends is
/// forgotten by the kernel, so all of them are looked at often; what such a thread does after the last look is missed.
#[derive(Debug)]
pub(crate) struct WakeUps {
    pids: Vec<u32>,
    last: HashMap<PathBuf, u64>,
    sum: u64,
}

impl WakeUps {
    /// Counts from now on.
    pub(crate) fn begin(pids: &[u32]) -> Result<Self> {
        let mut counter = Self { pids: pids.to_vec(), last: HashMap::new(), sum: 0 };
        counter.look()?;
        counter.sum = 0;
        Ok(counter)
    }

    /// Looks ten times a second for `duration`; what was counted so far.
    pub(crate) fn watch(&mut self, duration: Duration) -> Result<u64> {
        let start = Instant::now();
        while start.elapsed() < duration {
            thread::sleep(Duration::from_millis(100));
            self.look()?;
        }
        Ok(self.sum)
    }

    fn look(&mut self) -> Result<()> {
        for pid in &self.pids {
            for task in fs::read_dir(format!("/proc/{pid}/task"))? {
                let task = task?.path();
                // A thread may end between the two.
                let Ok(text) = fs::read_to_string(task.join("status")) else { continue };
                let line = text.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
                let count = line.context("no switches")?.trim().parse::<u64>()?;
                let before = self.last.insert(task, count).unwrap_or(0);
                self.sum += count.saturating_sub(before);
            }
        }
        Ok(())
    }
}
