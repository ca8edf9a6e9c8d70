//! What the kernel knows of a process and all below it.

use std::fs;

use anyhow::{Context, Result};
use harness::ward::{children, descendants};

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

/// Times the process's threads went to sleep by themselves so far: each is a wake-up.
pub(crate) fn wake_ups(pid: u32) -> Result<u64> {
    let mut sum = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = fs::read_to_string(thread?.path().join("status"))?;
        let line = text.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        sum += line.context("no switches")?.trim().parse::<u64>()?;
    }
    Ok(sum)
}
