//! The session server as an administrator starts it: a process of its own, and her commands to it.

use std::{
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use rustix::process::Signal;
use serde_json::Value;

use crate::{
    part::{Part, READY_WITHIN, wait_for},
    program::{output, output_with, program},
};

/// What the server of a story logs: each request too, with the time it took.
pub const LOG_EACH_REQUEST: &str = "info,server::middleware=debug";
/// What it logs where nobody says anything else.
pub const LOG_BY_DEFAULT: &str = "info";

/// A session server of one's own, ended on drop.
#[derive(Debug)]
pub struct ServerProcess {
    part: Option<Part>,
    folder: PathBuf,
    log: &'static str,
    address: String,
}

impl ServerProcess {
    /// Makes one in `folder/data` with this policy, which logs what `log` says into `folder/server.log`, and starts it.
    ///
    /// # Errors
    /// When it does not come up; what it printed is in the error.
    pub fn start_new(folder: &Path, policy: &str, log: &'static str) -> Result<Self> {
        let mut server = Self { part: None, folder: folder.to_path_buf(), log, address: String::new() };
        init(&server.data())?;
        fs::write(server.data().join("policy.toml"), policy)?;
        server.start()?;
        Ok(server)
    }

    /// Starts it, on the address it had before if it ran already.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start(&mut self) -> Result<()> {
        let listen = if self.address.is_empty() { "127.0.0.1:0" } else { &self.address };
        let file = self.data().join("listen.addr");
        let _ = fs::remove_file(&file);
        let mut command = program("tapward-server");
        command.arg("serve").arg("--data").arg(self.data()).args(["--listen", listen, "--json"]);
        let part = Part::start("server", command.env("TAPWARD_LOG", self.log), &self.folder)?;
        let address = wait_for("the server's address", READY_WITHIN, || {
            fs::read_to_string(&file).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
        })
        .with_context(|| part.printed())?;
        self.address = address;
        self.part = Some(part);
        wait_for("the server's door", READY_WITHIN, || TcpStream::connect(&self.address).ok().map(drop))
    }

    /// Ends it with `signal` and waits for its end.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(&mut self, signal: Signal) -> Result<()> {
        if let Some(mut part) = self.part.take() {
            part.signal(signal);
            part.wait(READY_WITHIN)?;
        }
        Ok(())
    }

    /// The process.
    ///
    /// # Panics
    /// When it does not run.
    pub fn part(&mut self) -> &mut Part {
        self.part.as_mut().unwrap()
    }

    /// `HOST:PORT`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Where its log is.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }
}

/// Makes a server's folder for this machine alone.
///
/// # Errors
/// When it cannot be made.
pub fn init(data: &Path) -> Result<()> {
    let mut command = program("tapward-server");
    command.arg("init").arg("--data").arg(data);
    command.args(["--organisation", "St. Example Hospital", "--help-line", "5-1234", "--host", "127.0.0.1"]);
    output(&mut command)?;
    Ok(())
}

/// One of the administrator's commands to the server that runs on `data`, answered in JSON.
///
/// # Errors
/// When it fails; its words are in the error.
pub fn admin(data: &Path, arguments: &[&str], input: &str) -> Result<Value> {
    let mut command = program("tapward-server");
    command.args(arguments).arg("--data").arg(data).arg("--json");
    let text = output_with(&mut command, input)?;
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&text).with_context(|| format!("no JSON from {arguments:?}: {text}"))
}
