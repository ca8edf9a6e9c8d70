//! Stages of a long run: each has a name and a budget, and the table at the end tells where the time went.

use std::time::Duration;

use anyhow::Result;

/// Stages as they ran.
#[derive(Debug, Default)]
pub(crate) struct Stages {
    done: Vec<Stage>,
}

#[derive(Debug)]
struct Stage {
    name: &'static str,
    budget: Duration,
    took: Duration,
    failure: Option<String>,
}

impl Stages {
    /// Runs one stage. A failure is kept and the run goes on, so that one run shows every fault.
    pub(crate) fn run(&mut self, name: &'static str, budget_minutes: u64, work: impl FnOnce() -> Result<()>) {
        println!("\n== {name}");
        let start = now();
        let failure = work().err().map(|fault| format!("{fault:#}"));
        if let Some(fault) = &failure {
            println!("!! {name}: {fault}");
        }
        let budget = Duration::from_secs(budget_minutes * 60);
        self.done.push(Stage { name, budget, took: now().saturating_sub(start), failure });
    }

    /// Whether anything failed so far.
    pub(crate) fn has_failed(&self) -> bool {
        self.done.iter().any(|stage| stage.failure.is_some())
    }

    /// Prints the table.
    ///
    /// # Errors
    /// When a stage failed.
    pub(crate) fn finish(self) -> Result<()> {
        println!("\n{:<34} {:>8} {:>8}  result", "stage", "took", "budget");
        for stage in &self.done {
            let result = match (&stage.failure, stage.took > stage.budget) {
                (Some(fault), _) => format!("FAILED: {}", fault.lines().next().unwrap_or_default()),
                (None, true) => "ok, over its budget".to_owned(),
                (None, false) => "ok".to_owned(),
            };
            println!("{:<34} {:>8} {:>8}  {result}", stage.name, clock(stage.took), clock(stage.budget));
        }
        let took = self.done.iter().map(|stage| stage.took).sum();
        let budget = self.done.iter().map(|stage| stage.budget).sum();
        println!("{:<34} {:>8} {:>8}", "all", clock(took), clock(budget));
        let failed: Vec<_> =
            self.done.iter().filter(|stage| stage.failure.is_some()).map(|stage| stage.name).collect();
        if failed.is_empty() { Ok(()) } else { anyhow::bail!("failed: {}", failed.join(", ")) }
    }
}

fn clock(time: Duration) -> String {
    format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}

#[expect(clippy::disallowed_methods, reason = "the table tells how long a stage took on this machine")]
fn now() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}
