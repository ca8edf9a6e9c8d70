//! A bedside with one workstation: a private compositor with two outputs, an app that must not be seen or typed into, the
//! real shield, and an agent that does what the test says.

#[path = "../../x11/bed/agent.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the tests on X11, which use more of it")]
pub mod agent;

use std::{
    os::unix::net::UnixListener,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::{
    part::{Part, wait_for},
    pixmap::Picture,
    sway::{Kind, Sway},
};
use agent::Agent;

/// Nothing here takes longer on a machine that works.
pub const SOON: Duration = Duration::from_secs(20);
/// Long enough for a key that arrives to be seen.
const A_KEYS_WAY: Duration = Duration::from_millis(400);
/// The cover.
pub const BLACK: [u8; 3] = [0, 0, 0];
/// What must not be seen while covered: the app's window, on the first output.
pub const MARKER: [u8; 3] = [0xff, 0x00, 0xff];
/// The scripted agent's window.
pub const AGENT: [u8; 3] = [0x20, 0x60, 0xc0];
/// Both outputs.
pub const OUTPUTS: [&str; 2] = ["HEADLESS-1", "HEADLESS-2"];

/// Everything but the shield.
pub struct Bed {
    pub folder: TempDir,
    pub sway: Sway,
    apps: Vec<Part>,
}

/// The shield, and the door at which its agents knock.
pub struct Shield {
    pub part: Part,
    door: UnixListener,
}

impl Bed {
    /// Both outputs show an app.
    pub fn with(kind: Kind) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let sway = Sway::start(kind, folder.path())?;
        let mut bed = Self { folder, sway, apps: Vec::new() };
        for output in OUTPUTS.iter().rev() {
            bed.sway.message(&["focus", "output", output])?;
            let mut command = Command::new(program("shield-marker"));
            bed.sway.way().reach(command.arg("ff00ff"));
            let app = Part::start(&format!("app-{output}"), &mut command, bed.folder.path())?;
            bed.apps.push(app);
            bed.wait(output, MARKER, "the app")?;
        }
        Ok(bed)
    }

    /// Starts the shield with the scripted agent.
    pub fn shield(&self) -> Result<Shield> {
        let path = self.folder.path().join("door");
        let _ = std::fs::remove_file(&path);
        let door = UnixListener::bind(&path)?;
        door.set_nonblocking(true)?;
        let mut command = self.command();
        command.arg("--agent").arg(program("shield-scripted-agent")).arg("--").arg(&path);
        Ok(Shield { part: Part::start("shield", &mut command, self.folder.path())?, door })
    }

    /// The shield's program on this display, without arguments.
    pub fn command(&self) -> Command {
        let mut command = Command::new(program("tapward-shield"));
        self.sway.way().reach(&mut command);
        command
    }

    /// What an output shows now.
    pub fn picture(&self, output: &str) -> Result<Picture> {
        Picture::take(&self.sway.way(), Some(output))
    }

    /// Waits until an output shows nothing but this colour.
    pub fn wait(&self, output: &str, colour: [u8; 3], what: &str) -> Result<()> {
        let what = format!("{what} on {output}");
        wait_for(&what, SOON, || self.picture(output).ok()?.is_all(colour).then_some(()))
    }

    /// Waits until both outputs do.
    pub fn wait_all(&self, colour: [u8; 3], what: &str) -> Result<()> {
        OUTPUTS.iter().try_for_each(|output| self.wait(output, colour, what))
    }

    /// Waits until the agent's window fills one output and the cover the other.
    pub fn wait_agent_shown(&self) -> Result<()> {
        wait_for("the agent's window and the cover beside it", SOON, || {
            let pictures = OUTPUTS.map(|output| self.picture(output).ok());
            let shows = |at: usize, colour| pictures[at].as_ref().is_some_and(|it| it.is_all(colour));
            let is_so = |agents: usize| shows(agents, AGENT) && shows(1 - agents, BLACK);
            (is_so(0) || is_so(1)).then_some(())
        })
    }

    /// Looks that nothing of the app is to be seen, many times.
    pub fn assert_app_unseen(&self) -> Result<()> {
        for _ in 0..10 {
            for output in OUTPUTS {
                assert!(!self.picture(output)?.has(MARKER), "the app is to be seen on {output}");
            }
        }
        Ok(())
    }

    /// Keys that reached an app.
    pub fn keys(&self) -> usize {
        self.apps.iter().map(|app| app.printed().matches("key ").count()).sum()
    }

    pub fn type_keys(&self, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new("wtype");
        self.sway.way().reach(command.args(arguments));
        let typed = command.output().context("wtype is not installed")?;
        ensure!(typed.status.success(), "wtype: {}", String::from_utf8_lossy(&typed.stderr));
        Ok(())
    }

    /// Types, and looks whether an app gets any of it.
    pub fn assert_nothing_typed_arrives(&self) -> Result<()> {
        let before = self.keys();
        for _ in 0..3 {
            self.type_keys(&["-d", "5", "secretpassword"])?;
        }
        let arrived = wait_for("a key", A_KEYS_WAY, || (self.keys() > before).then_some(()));
        assert!(arrived.is_err(), "keys reached the app under the cover");
        Ok(())
    }

    /// Types until an app gets it: what the other assertion sees is not a broken typist.
    pub fn wait_typed_arrives(&self) -> Result<()> {
        let before = self.keys();
        wait_for("keys in the app", SOON, || {
            self.type_keys(&["-d", "5", "abc"]).ok()?;
            (self.keys() > before).then_some(())
        })
    }
}

impl Shield {
    /// The next agent that the shield starts.
    pub fn agent(&self) -> Result<Agent> {
        Agent::meet(wait_for("an agent", SOON, || self.door.accept().ok())?.0)
    }

    /// The next agent, ready, told what the cover is worth and that it is covered.
    pub fn ready_agent(&self, enforcement: &str) -> Result<Agent> {
        let mut agent = self.agent()?;
        agent.tell("ready")?;
        agent.hear(&format!("enforcement {enforcement}"))?;
        agent.hear("covered 0 true")?;
        agent.tell("beating 0 0 500")?;
        Ok(agent)
    }
}

impl Kind {
    /// What an agent is told.
    pub fn enforcement(self) -> &'static str {
        match self {
            Self::LayerShell => "false false",
            Self::SessionLock => "true false",
        }
    }
}

/// A program of this package, built beside the one that runs.
pub fn program(name: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap();
    here.parent().and_then(Path::parent).unwrap().join(name)
}
