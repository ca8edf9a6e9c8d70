//! A ward: one private desktop with every real part on it, a session server, and an enrolled workstation; and, beside
//! it, further workstations of the same server, each with a desktop of its own.
//!
//! Everything is started as a person in IT would, by the programs' own commands.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use tempfile::TempDir;

mod administration;
mod bedside;
mod screen;
mod serving;
mod told;

use self::{screen::WardScreen, serving::Server, told::Told};
use crate::{
    badge_reader::{CardService, SOCKET_VARIABLE},
    hand::{Hand, Whose},
    line::Line,
    part::{Part, READY_WITHIN, wait_for},
    picture::Eye,
    process::{children, descendants, is_web_process},
    program::{output, output_with, program, program_path},
    server_process::{LOG_EACH_REQUEST, ServerProcess},
    session_bus::{Keyring, NotificationDaemon, SessionBus},
    sway::Kind,
    x_server::Monitors,
};

/// How a ward is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The virtual screen.
    pub monitors: Monitors,
    /// A Wayland compositor with two outputs instead, with neither window manager nor notification daemon.
    pub compositor: Option<Kind>,
    /// The policy file's text, for server and workstation alike.
    pub policy: String,
    /// The agent with what only end-to-end tests may use (clock offset, WebDriver).
    pub is_end_to_end_agent: bool,
    /// Started by the shield, as packaged; else the agent alone.
    pub has_shield: bool,
    /// A window manager on the desktop.
    pub has_window_manager: bool,
    /// A card service of its own with a virtual badge reader; else the workstation looks for none.
    pub has_badge_reader: bool,
    /// A line of its own to the server, which can be cut.
    pub has_line: bool,
    /// More variables for the agent.
    pub agent_environment: Vec<(String, String)>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            monitors: Monitors::One(1280, 800),
            compositor: None,
            policy: short_policy("20s", "8s", "12h"),
            is_end_to_end_agent: false,
            has_shield: true,
            has_window_manager: true,
            has_badge_reader: false,
            has_line: false,
            agent_environment: Vec::new(),
        }
    }
}

/// A policy with limits short enough to watch; only possible with the key that says how dangerous that is.
#[must_use]
pub fn short_policy(after: &str, warning: &str, absolute: &str) -> String {
    format!(
        "danger_allow_short_limits = true\nheartbeat = \"2s\"\n\n\
         [automatic_logoff]\nafter = \"{after}\"\nwarning = \"{warning}\"\n\n\
         [session]\nabsolute_limit = \"{absolute}\"\n"
    )
}

/// A ward, ended as a whole on drop: the kiosk first, then what it stands on.
#[derive(Debug)]
pub struct Ward {
    kiosk: Option<Part>,
    server: Server,
    line: Option<Line>,
    window_manager: Option<Part>,
    cards: Option<CardService>,
    notifications: Option<NotificationDaemon>,
    keyring: Option<Keyring>,
    bus: SessionBus,
    screen: WardScreen,
    setup: Setup,
    told: Told,
    folder: Folder,
}

#[derive(Debug)]
enum Folder {
    Temporary(TempDir),
    Kept(PathBuf),
}

impl Folder {
    /// Removed with the ward.
    fn temporary() -> Result<Self> {
        // Short, because sockets below it must fit into 108 bytes.
        Ok(Self::Temporary(tempfile::Builder::new().prefix("tw").tempdir_in("/tmp")?))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Kept(path) => path,
        }
    }
}

impl Ward {
    /// Opens a ward in a folder of its own, removed with it.
    ///
    /// # Errors
    /// When a part does not come up; what it printed is in the error.
    pub fn open(setup: Setup) -> Result<Self> {
        Self::open_with_server(Folder::temporary()?, setup)
    }

    /// Opens a ward in `folder`, which stays.
    ///
    /// # Errors
    /// As [`Ward::open`].
    pub fn open_kept(folder: &Path, setup: Setup) -> Result<Self> {
        fs::create_dir_all(folder)?;
        Self::open_with_server(Folder::Kept(folder.to_path_buf()), setup)
    }

    /// Opens another workstation of this ward's server, `name`, with a desktop of its own. It is to be dropped first.
    ///
    /// # Errors
    /// As [`Ward::open`].
    pub fn open_beside(&self, name: &str, setup: Setup) -> Result<Self> {
        let server = Server::Beside { data: self.data(), address: self.address().to_owned() };
        Self::open_in(Folder::temporary()?, name, setup, server)
    }

    fn open_with_server(folder: Folder, setup: Setup) -> Result<Self> {
        let server = ServerProcess::start_new(folder.path(), &setup.policy, LOG_EACH_REQUEST)?;
        Self::open_in(folder, "WS-07", setup, Server::Own(Box::new(server)))
    }

    fn open_in(folder: Folder, name: &str, setup: Setup, server: Server) -> Result<Self> {
        let path = folder.path().to_path_buf();
        let screen = WardScreen::start(&setup, &path)?;
        let bus = SessionBus::start(&path)?;
        let keyring = Some(Keyring::start(&bus, &path)?);
        let notifications = match &screen {
            WardScreen::X(x) => Some(NotificationDaemon::start(&bus, x.display(), &path)?),
            WardScreen::Sway { .. } => None,
        };
        let window_manager = if setup.has_window_manager && setup.compositor.is_none() {
            let mut command = Command::new("openbox");
            screen.reach(&mut command);
            bus.dress(&mut command);
            Some(Part::start("window-manager", &mut command, &path)?)
        } else {
            None
        };
        let cards = if setup.has_badge_reader { Some(CardService::start(&path)?) } else { None };
        let mut ward = Self {
            kiosk: None,
            server,
            line: None,
            window_manager,
            cards,
            notifications,
            keyring,
            bus,
            screen,
            setup,
            told: Told::in_log(&path.join("kiosk.log")),
            folder,
        };
        if ward.setup.has_line {
            ward.line = Some(Line::to(ward.address())?);
        }
        ward.enrol(name)?;
        Ok(ward)
    }

    /// Where its files are.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The workstation's state folder.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    /// The X display, for example `:101`.
    ///
    /// # Panics
    /// On a Wayland compositor.
    #[must_use]
    pub fn display(&self) -> &str {
        self.screen.x_display()
    }

    /// What draws the screen.
    #[must_use]
    pub fn screen(&self) -> &WardScreen {
        &self.screen
    }

    /// The session bus.
    #[must_use]
    pub fn bus(&self) -> &SessionBus {
        &self.bus
    }

    /// The card service of its badge reader.
    #[must_use]
    pub fn cards(&self) -> Option<&CardService> {
        self.cards.as_ref()
    }

    /// The keyring.
    ///
    /// # Panics
    /// When it was taken away.
    pub fn keyring(&mut self) -> &mut Keyring {
        self.keyring.as_mut().unwrap()
    }

    /// Starts a keyring, unlocked, with what the one before it kept.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn give_keyring_back(&mut self) -> Result<()> {
        self.keyring = None;
        self.keyring = Some(Keyring::start(&self.bus, self.folder.path())?);
        Ok(())
    }

    /// Starts a session bus where the one before it was, and what lives on it: keyring and notification daemon.
    ///
    /// # Errors
    /// When one of them does not come up.
    pub fn give_bus_back(&mut self) -> Result<()> {
        (self.keyring, self.notifications) = (None, None);
        self.bus.start_again(self.folder.path())?;
        self.keyring = Some(Keyring::start(&self.bus, self.folder.path())?);
        self.notifications = Some(NotificationDaemon::start(&self.bus, self.display(), self.folder.path())?);
        Ok(())
    }

    /// What `tapward-agent doctor` says of the workstation, and whether it found everything there.
    ///
    /// # Errors
    /// When it does not run.
    pub fn doctor(&self) -> Result<(bool, String)> {
        let mut command = program("tapward-agent");
        command.arg("--config").arg(self.config()).arg("doctor");
        self.screen.reach(&mut command);
        let output = self.bus.dress(&mut command).output().context("the doctor")?;
        Ok((output.status.success(), String::from_utf8(output.stdout)?))
    }

    /// Plugs the second monitor of [`Monitors::Two`] in or out.
    ///
    /// # Errors
    /// When `xrandr` fails.
    pub fn set_second_monitor(&self, is_plugged_in: bool) -> Result<()> {
        self.screen.set_second_monitor(is_plugged_in)
    }

    /// A hand on its keyboard and mouse.
    ///
    /// # Errors
    /// When the display does not answer.
    pub fn hand(&self, whose: Whose) -> Result<Hand> {
        // Two monitors come without devices of a person's; the agent there has to count a program's.
        let whose = if self.setup.monitors == Monitors::Two { Whose::Program } else { whose };
        self.screen.hand(whose)
    }

    /// An eye on its screen.
    ///
    /// # Errors
    /// When the display does not answer.
    pub fn eye(&self) -> Result<Eye> {
        self.screen.eye()
    }

    fn enrol(&self, name: &str) -> Result<()> {
        fs::create_dir_all(self.state())?;
        fs::set_permissions(self.state(), fs::Permissions::from_mode(0o700))?;
        fs::write(self.path().join("policy.toml"), &self.setup.policy)?;
        fs::write(
            self.config(),
            format!(
                "[server]\nurl = \"https://{}\"\n\n[state]\ndirectory = \"{}\"\n\n[policy]\nfile = \"{}\"\n\n\
                 [readers]\npcsc = \"{}\"\n",
                self.line().map_or_else(|| self.address().to_owned(), Line::address),
                self.state().display(),
                self.path().join("policy.toml").display(),
                if self.cards.is_some() { "when-present" } else { "off" }
            ),
        )?;
        let code = self.admin(&["workstation", "code", "--name", name, "--unit", "ICU-3"], "")?;
        let code = code["code"].as_str().context("the enrolment code")?.to_owned();
        let mut command = program("tapward-agent");
        command.arg("--config").arg(self.config()).arg("enrol");
        self.bus.dress(&mut command);
        output_with(&mut command, &code)?;
        Ok(())
    }

    /// The agent's configuration file.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.path().join("agent.toml")
    }

    /// What stands beside the kiosk on this desktop, for tests that end it: the window manager.
    pub fn window_manager(&mut self) -> Option<&mut Part> {
        self.window_manager.as_mut()
    }

    /// The notification daemon.
    #[must_use]
    pub fn notifications(&self) -> Option<&NotificationDaemon> {
        self.notifications.as_ref()
    }

    /// Starts what a kiosk session starts: the shield with the agent, or the agent alone.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_kiosk(&mut self) -> Result<()> {
        let agent =
            program_path(if self.setup.is_end_to_end_agent { "tapward-agent-e2e" } else { "tapward-agent" });
        self.start_kiosk_with(&agent, &[])
    }

    /// The same with this program as the agent, and more variables for it.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_kiosk_with(&mut self, agent: &Path, environment: &[(&str, &str)]) -> Result<()> {
        let mut command = if self.setup.has_shield {
            let mut command = program("tapward-shield");
            for key in self.setup.agent_environment.iter().map(|(key, _)| key.as_str()) {
                command.args(["--env", key]);
            }
            for (key, _) in environment {
                command.args(["--env", key]);
            }
            if self.cards.is_some() {
                command.args(["--env", SOCKET_VARIABLE]);
            }
            command.arg("--notice-file").arg(self.state().join("notice.txt"));
            command.arg("--agent").arg(agent).arg("--");
            command
        } else {
            Command::new(agent)
        };
        command.arg("--config").arg(self.config()).arg("run");
        self.screen.reach(&mut command);
        command.env("LANG", "C.UTF-8").env("TAPWARD_LOG_LEVEL", "debug");
        command.envs(self.setup.agent_environment.iter().map(|(key, value)| (key, value)));
        command.envs(self.cards.iter().map(|cards| (SOCKET_VARIABLE, cards.socket())));
        self.bus.dress(&mut command).envs(environment.iter().copied());
        let part = Part::start("kiosk", &mut command, self.path())?;
        self.kiosk = Some(part);
        Ok(())
    }

    /// The kiosk's leader: the shield, or the agent alone.
    ///
    /// # Panics
    /// When it does not run.
    pub fn kiosk(&mut self) -> &mut Part {
        self.kiosk.as_mut().unwrap()
    }

    /// Ends the kiosk session with `signal` and waits for its end.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop_kiosk(&mut self, signal: rustix::process::Signal) -> Result<()> {
        if let Some(mut part) = self.kiosk.take() {
            part.signal(signal);
            part.wait(READY_WITHIN)?;
        }
        Ok(())
    }

    /// The process id of the agent itself.
    ///
    /// # Errors
    /// When there is none in time.
    pub fn agent_pid(&self) -> Result<u32> {
        let leader = self.kiosk.as_ref().context("no kiosk runs")?.pid();
        if !self.setup.has_shield {
            return Ok(leader);
        }
        wait_for("the agent's process", READY_WITHIN, || children(leader).into_iter().next())
    }

    /// Waits until another agent than `before` runs.
    ///
    /// # Errors
    /// When none does in time.
    pub fn wait_other_agent(&self, before: u32) -> Result<u32> {
        wait_for("another agent", READY_WITHIN, || self.agent_pid().ok().filter(|pid| *pid != before))
    }

    /// The process id of the web view's process below `agent`.
    ///
    /// # Errors
    /// When there is none in time.
    pub fn web_process(&self, agent: u32) -> Result<u32> {
        wait_for("the web process", READY_WITHIN, || descendants(agent).into_iter().find(is_web_process))
    }

    /// What the kiosk's programs have logged.
    #[must_use]
    pub fn kiosk_log(&self) -> String {
        fs::read_to_string(self.path().join("kiosk.log")).unwrap_or_default()
    }

    /// Whether the keychain holds a session credential, seen by another program.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub fn has_session_credential(&self) -> Result<bool> {
        Keyring::has_entry(&self.bus, "tapward", "session-credential")
    }

    /// The session credential itself, read from the keychain by another program, to look whether it leaked.
    ///
    /// # Errors
    /// When there is none.
    pub fn session_credential(&self) -> Result<String> {
        let mut command = Command::new("secret-tool");
        command.args(["lookup", "service", "tapward", "username", "session-credential"]);
        let text = output(self.bus.dress(&mut command))?;
        anyhow::ensure!(!text.is_empty(), "no session credential in the keychain");
        Ok(text)
    }
}
