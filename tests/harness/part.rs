//! One real part: a child process with its output in a file, ended by its id on drop.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How long a part may take to be ready before the test gives up.
pub const READY_WITHIN: Duration = Duration::from_secs(20);

/// Waits until `ready` gives a value, looking again every few milliseconds.
///
/// # Errors
/// When it gave none within `bound`; `what` tells what was waited for.
pub fn wait_for<T>(what: &str, bound: Duration, mut ready: impl FnMut() -> Option<T>) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(value) = ready() {
            return Ok(value);
        }
        if start.elapsed() > bound {
            bail!("waited {} s in vain for {what}", bound.as_secs());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A bound on several waits together.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    start: Instant,
    bound: Duration,
}

impl Deadline {
    /// `bound` from now.
    #[must_use]
    pub fn within(bound: Duration) -> Self {
        Self { start: Instant::now(), bound }
    }

    /// What is left of it; zero once it has passed.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.bound.saturating_sub(self.start.elapsed())
    }
}

/// `kill -9`, whoever's child it is.
pub fn kill(pid: u32) {
    send(pid, Signal::KILL);
}

/// Makes it hang, whoever's child it is.
pub fn stop(pid: u32) {
    send(pid, Signal::STOP);
}

fn send(pid: u32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(pid.cast_signed()) {
        // It may just have ended by itself; then there is nobody to send it to.
        let _ = kill_process(pid, signal);
    }
}

/// Whether the process is gone, or dead and waits for its parent.
#[must_use]
pub fn has_ended(pid: u32) -> bool {
    // Everybody may read this file, which cannot be said of what else is known of a process that may not be dumped.
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .map_or(true, |stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z')))
}

/// A running child with its output on disk.
#[derive(Debug)]
pub struct Part {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Part {
    /// Starts `command` with both outputs in `folder/NAME.log`.
    ///
    /// # Errors
    /// When the program is not there or the log cannot be written.
    pub fn start(name: &str, command: &mut Command, folder: &Path) -> Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let file = File::options().create(true).append(true).open(&log)?;
        let child =
            command.stdout(file.try_clone()?).stderr(file).stdin(Stdio::null()).spawn().with_context(
                || format!("cannot start {name} ({})", command.get_program().to_string_lossy()),
            )?;
        Ok(Self { name: name.to_owned(), child, log })
    }

    /// Takes a child that was started elsewhere.
    #[must_use]
    pub fn adopt(name: &str, child: Child, log: PathBuf) -> Self {
        Self { name: name.to_owned(), child, log }
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it printed so far.
    #[must_use]
    pub fn printed(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Where that is kept.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        send(self.child.id(), signal);
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it still runs after `bound`.
    pub fn wait(&mut self, bound: Duration) -> Result<std::process::ExitStatus> {
        let name = self.name.clone();
        wait_for(&format!("the end of {name}"), bound, || self.child.try_wait().ok().flatten())
    }

    /// Waits until it has printed `text`.
    ///
    /// # Errors
    /// When it ended or did not print it within `bound`; what it printed is in the error.
    pub fn wait_printed(&mut self, text: &str, bound: Duration) -> Result<()> {
        let what = format!("`{text}` from {}", self.name);
        wait_for(&what, bound, || {
            let found = self.printed().contains(text);
            (found || !self.is_running()).then_some(found)
        })
        .and_then(|found| if found { Ok(()) } else { bail!("{} has ended", self.name) })
        .with_context(|| format!("{} printed:\n{}", self.name, tail(&self.printed())))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.is_running() {
            return;
        }
        self.signal(Signal::TERM);
        if self.wait(Duration::from_secs(3)).is_err() {
            self.signal(Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

fn tail(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
