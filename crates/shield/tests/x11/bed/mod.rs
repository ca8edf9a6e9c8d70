//! A bedside with one workstation: a private X server, a victim app that logs keys, somebody who types without
//! pause, a witness of pixels, the real shield, and an agent that does what the test says.

pub mod agent;
pub mod rude;
pub mod typist;
pub mod victim;
pub mod witness;

use std::{
    os::unix::net::UnixListener,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::Result;
use tempfile::TempDir;

use crate::{
    part::{Part, wait_for},
    x_server::{Monitors, XServer},
};
use agent::Agent;
use typist::Typist;
use victim::Victim;
use witness::Witness;

/// Nothing here takes longer on a machine that works.
pub const SOON: Duration = Duration::from_secs(20);
/// The cover.
pub const BLACK: [u8; 3] = [0, 0, 0];
/// What must not be seen while covered: the victim's window.
pub const MARKER: [u8; 3] = [0xff, 0x00, 0xff];
/// The scripted agent's window.
pub const AGENT: [u8; 3] = [0x20, 0x60, 0xc0];

/// Everything but the shield.
pub struct Bed {
    pub folder: TempDir,
    pub x: XServer,
    pub victim: Victim,
    pub witness: Witness,
}

/// The shield, and the door at which its agents knock.
pub struct Shield {
    pub part: Part,
    door: UnixListener,
}

impl Bed {
    pub fn with(monitors: Monitors) -> Result<Self> {
        Self::on_server_with(monitors, &[])
    }

    /// With these arguments for the X server.
    pub fn on_server_with(monitors: Monitors, arguments: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let x = XServer::start_with(monitors, folder.path(), arguments)?;
        let victim = Victim::on(x.display())?;
        let points: &[(i16, i16)] = match monitors {
            Monitors::One(..) => &[(500, 700)],
            Monitors::Two => &[(500, 700), (1400, 500)],
        };
        let witness = Witness::on(x.display(), points)?;
        let bed = Self { folder, x, victim, witness };
        bed.witness.wait_all(MARKER, "the victim's window on every monitor")?;
        Ok(bed)
    }

    /// Starts the shield with the scripted agent.
    pub fn shield(&self) -> Result<Shield> {
        self.shield_with(|_| {})
    }

    /// The same, with more arguments or variables.
    pub fn shield_with(&self, more: impl FnOnce(&mut Command)) -> Result<Shield> {
        self.shield_running(program("shield-scripted-agent"), more)
    }

    /// The same, with another agent.
    pub fn shield_running(&self, agent: impl AsRef<Path>, more: impl FnOnce(&mut Command)) -> Result<Shield> {
        let mut command = self.command();
        more(&mut command);
        self.start(command, agent.as_ref())
    }

    /// As a session's script becomes it: with a program that the script started before. Its process comes along.
    pub fn shield_after_a_script(&self) -> Result<(Shield, u32)> {
        let before = self.folder.path().join("before");
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 300 & echo $! >\"$1\"; shift; exec \"$@\"", "sh"]).arg(&before);
        command.arg(program("tapward-shield")).env("DISPLAY", self.x.display());
        let shield = self.start(command, &program("shield-scripted-agent"))?;
        let before = wait_for("the script's program", SOON, || {
            std::fs::read_to_string(&before).ok()?.trim().parse().ok()
        })?;
        Ok((shield, before))
    }

    fn start(&self, mut command: Command, agent: &Path) -> Result<Shield> {
        let path = self.folder.path().join("door");
        let _ = std::fs::remove_file(&path);
        let door = UnixListener::bind(&path)?;
        door.set_nonblocking(true)?;
        command.arg("--agent").arg(agent).arg("--").arg(&path);
        Ok(Shield { part: Part::start("shield", &mut command, self.folder.path())?, door })
    }

    /// The shield's program on this display, without arguments.
    pub fn command(&self) -> Command {
        let mut command = Command::new(program("tapward-shield"));
        command.env("DISPLAY", self.x.display());
        command
    }

    pub fn typist(&self) -> Result<Typist> {
        Typist::on(self.x.display())
    }

    /// Types on, and looks whether the victim gets any of it.
    pub fn assert_nothing_typed_arrives(&self, typist: &Typist) -> Result<()> {
        let before = self.victim.keys()?;
        typist.wait_more(40)?;
        assert_eq!(self.victim.keys()?, before, "keys reached the app under the cover");
        Ok(())
    }

    /// What `xinput` prints.
    pub fn xinput(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new("xinput").env("DISPLAY", self.x.display()).args(arguments).output()?;
        anyhow::ensure!(output.status.success(), "xinput: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The devices that move a master, with which one, as text.
    pub fn attached(&self) -> Result<String> {
        let list = self.xinput(&["list", "--short"])?;
        let attached = list.lines().filter(|line| line.contains("[slave"));
        Ok(attached
            .map(|line| line.trim_start_matches(|c: char| !c.is_ascii_alphabetic()))
            .collect::<Vec<_>>()
            .join("\n"))
    }

    /// The id of an input device.
    pub fn device(&self, name: &str) -> Result<u16> {
        Ok(self.xinput(&["list", "--id-only", name])?.trim().parse()?)
    }

    /// Another program on this display.
    pub fn rude(&self) -> Result<rude::Rude> {
        rude::Rude::on(self.x.display())
    }

    /// Types on until the victim gets it: what the other assertion sees is not a broken typist.
    pub fn wait_typed_arrives(&self) -> Result<()> {
        let before = self.victim.keys()?;
        wait_for("keys in the app", SOON, || (self.victim.keys().ok()? > before).then_some(()))
    }
}

impl Shield {
    /// The next agent that the shield starts.
    pub fn agent(&self) -> Result<Agent> {
        let stream = wait_for("an agent", SOON, || self.door.accept().ok())?.0;
        Agent::meet(stream)
    }

    /// The next agent, ready and told that it is covered.
    pub fn ready_agent(&self) -> Result<Agent> {
        let mut agent = self.agent()?;
        agent.tell("ready")?;
        agent.hear("covered 0 true")?;
        agent.tell("beating 0 0 500")?;
        Ok(agent)
    }

    /// Whether no agent has knocked by now.
    pub fn has_no_other_agent(&self) -> bool {
        self.door.accept().is_err()
    }
}

/// A program of this package, built beside the one that runs.
pub fn program(name: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap();
    here.parent().and_then(Path::parent).unwrap().join(name)
}

/// Whether a process is gone or only waits to be reaped.
pub fn is_dead(pid: u32) -> bool {
    let stat = std::fs::read_to_string(PathBuf::from(format!("/proc/{pid}/stat"))).unwrap_or_default();
    stat.rsplit_once(')').is_none_or(|(_, rest)| rest.trim_start().starts_with(['Z', 'X']))
}

/// Waits for it.
pub fn wait_dead(pid: u32) -> Result<()> {
    wait_for(&format!("the end of process {pid}"), SOON, || is_dead(pid).then_some(()))
}
