//! The `adapter` process, told what to do and asked what happened.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use harness::session_bus::SessionBus;

/// Longer than any promise of an adapter.
const BOUND: Duration = Duration::from_secs(40);

/// An adapter on a private bus. Ends with its standard input.
pub(crate) struct Driven {
    child: Child,
    input: Option<ChildStdin>,
    output: mpsc::Receiver<String>,
}

impl Driven {
    /// One that obeys.
    pub(crate) fn on(bus: &SessionBus, folder: &Path) -> Self {
        Self::keeping(bus, folder, None)
    }

    /// One that keeps the workstation of `state`, where that is given.
    pub(crate) fn keeping(bus: &SessionBus, folder: &Path, state: Option<&Path>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_adapter"));
        command.args(state);
        bus.dress(&mut command).env_remove("DISPLAY");
        Self::started_by(&mut command, folder)
    }

    /// One that has badge readers, as `environment` says.
    pub(crate) fn with_readers(environment: &[(&str, &str)], folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_adapter"));
        command.arg("--readers").envs(environment.iter().copied());
        Self::started_by(&mut command, folder)
    }

    fn started_by(command: &mut Command, folder: &Path) -> Self {
        let log = std::fs::File::create(folder.join("adapter.log")).unwrap();
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let driven = Self { input: child.stdin.take(), child, output };
        assert_eq!(driven.next(), "ready");
        driven
    }

    /// Tells it to do something, without waiting.
    pub(crate) fn tell(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    /// The next line it prints.
    pub(crate) fn next(&self) -> String {
        self.output.recv_timeout(BOUND).expect("the adapter answers every call within its limit")
    }

    /// The next line, if one comes within `within`.
    pub(crate) fn next_within(&self, within: Duration) -> Option<String> {
        self.output.recv_timeout(within).ok()
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Both.
    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.tell(line);
        self.next()
    }

    /// Threads of this name.
    pub(crate) fn threads(&self, name: &str) -> usize {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        tasks
            .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok())
            .filter(|comm| comm.trim() == name)
            .count()
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        self.input.take();
        // A hanging call must not keep it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
