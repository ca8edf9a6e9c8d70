//! A ward: one private desktop with every real part on it, a session server, and an enrolled workstation.
//!
//! Everything is started as a person in IT would, by the programs' own commands.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    desktop::{self, Button},
    hand::{Hand, Whose},
    nurse::Nurse,
    part::{Part, READY_WITHIN, wait_for},
    picture::Eye,
    session_bus::{Keyring, NotificationDaemon, SessionBus},
    x_server::{Monitors, XServer},
};

/// The light theme's accent (`ui/src/lib/styles/tokens.css`), which the button has once it can be pressed.
const SIGN_IN_BUTTON: [u8; 3] = [0x0b, 0x5c, 0xad];

/// How a ward is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The virtual screen.
    pub monitors: Monitors,
    /// The policy file's text, for server and workstation alike.
    pub policy: String,
    /// The agent with what only end-to-end tests may use (clock offset, WebDriver).
    pub is_end_to_end_agent: bool,
    /// Started by the shield, as packaged; else the agent alone.
    pub has_shield: bool,
    /// A window manager on the desktop.
    pub has_window_manager: bool,
    /// More variables for the agent.
    pub agent_environment: Vec<(String, String)>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            monitors: Monitors::One(1280, 800),
            policy: short_policy("20s", "8s", "12h"),
            is_end_to_end_agent: false,
            has_shield: true,
            has_window_manager: true,
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
    server: Option<Part>,
    window_manager: Option<Part>,
    notifications: Option<NotificationDaemon>,
    keyring: Option<Keyring>,
    bus: SessionBus,
    x: XServer,
    setup: Setup,
    folder: Folder,
    address: String,
}

#[derive(Debug)]
enum Folder {
    Temporary(TempDir),
    Kept(PathBuf),
}

impl Folder {
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
        // Short, because sockets below it must fit into 108 bytes.
        let folder = tempfile::Builder::new().prefix("tw").tempdir_in("/tmp")?;
        Self::open_in(Folder::Temporary(folder), setup)
    }

    /// Opens a ward in `folder`, which stays.
    ///
    /// # Errors
    /// As [`Ward::open`].
    pub fn open_kept(folder: &Path, setup: Setup) -> Result<Self> {
        fs::create_dir_all(folder)?;
        Self::open_in(Folder::Kept(folder.to_path_buf()), setup)
    }

    fn open_in(folder: Folder, setup: Setup) -> Result<Self> {
        let path = folder.path().to_path_buf();
        let x = XServer::start(setup.monitors, &path)?;
        let bus = SessionBus::start(&path)?;
        let keyring = Some(Keyring::start(&bus, &path)?);
        let notifications = Some(NotificationDaemon::start(&bus, x.display(), &path)?);
        let window_manager = if setup.has_window_manager {
            let mut command = Command::new("openbox");
            bus.dress(command.env("DISPLAY", x.display()));
            Some(Part::start("window-manager", &mut command, &path)?)
        } else {
            None
        };
        let mut ward = Self {
            kiosk: None,
            server: None,
            window_manager,
            notifications,
            keyring,
            bus,
            x,
            setup,
            folder,
            address: String::new(),
        };
        ward.init_server()?;
        ward.start_server()?;
        ward.enrol()?;
        Ok(ward)
    }

    /// Where its files are.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The server's data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// The workstation's state folder.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    /// `HOST:PORT` of the server.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The display, for example `:101`.
    #[must_use]
    pub fn display(&self) -> &str {
        self.x.display()
    }

    /// The session bus.
    #[must_use]
    pub fn bus(&self) -> &SessionBus {
        &self.bus
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

    /// What `tapward-agent doctor` says of the workstation, and whether it found everything there.
    ///
    /// # Errors
    /// When it does not run.
    pub fn doctor(&self) -> Result<(bool, String)> {
        let mut command = program("tapward-agent");
        command.arg("--config").arg(self.config()).arg("doctor").env("DISPLAY", self.display());
        let output = self.bus.dress(&mut command).output().context("the doctor")?;
        Ok((output.status.success(), String::from_utf8(output.stdout)?))
    }

    /// A hand on its keyboard and mouse.
    ///
    /// # Errors
    /// When the display does not answer.
    pub fn hand(&self, whose: Whose) -> Result<Hand> {
        Hand::on(self.display(), whose)
    }

    /// An eye on its screen.
    ///
    /// # Errors
    /// When the display does not answer.
    pub fn eye(&self) -> Result<Eye> {
        Eye::on(self.display())
    }

    fn init_server(&self) -> Result<()> {
        let mut command = program("tapward-server");
        command.arg("init").arg("--data").arg(self.data());
        command.args([
            "--organisation",
            "St. Example Hospital",
            "--help-line",
            "5-1234",
            "--host",
            "127.0.0.1",
        ]);
        output(&mut command)?;
        fs::write(self.data().join("policy.toml"), &self.setup.policy)?;
        Ok(())
    }

    /// Starts the server, on the address it had before if it ran already.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_server(&mut self) -> Result<()> {
        let listen = if self.address.is_empty() { "127.0.0.1:0" } else { &self.address };
        let file = self.data().join("listen.addr");
        let _ = fs::remove_file(&file);
        let mut command = program("tapward-server");
        command.arg("serve").arg("--data").arg(self.data()).args(["--listen", listen]);
        let part = Part::start("server", &mut command, self.path())?;
        let address = wait_for("the server's address", READY_WITHIN, || {
            fs::read_to_string(&file).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
        })
        .with_context(|| part.printed())?;
        self.address = address;
        self.server = Some(part);
        wait_for("the server's door", READY_WITHIN, || {
            std::net::TcpStream::connect(&self.address).ok().map(drop)
        })
    }

    /// The server's process.
    ///
    /// # Panics
    /// When it does not run.
    pub fn server(&mut self) -> &mut Part {
        self.server.as_mut().unwrap()
    }

    /// Ends the server with `signal` and waits for its end.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop_server(&mut self, signal: rustix::process::Signal) -> Result<()> {
        if let Some(mut part) = self.server.take() {
            part.signal(signal);
            part.wait(READY_WITHIN)?;
        }
        Ok(())
    }

    /// One of the administrator's commands, answered in JSON.
    ///
    /// # Errors
    /// When it fails; its words are in the error.
    pub fn admin(&self, arguments: &[&str], input: &str) -> Result<Value> {
        let mut command = program("tapward-server");
        command.args(arguments).arg("--data").arg(self.data()).arg("--json");
        let text = output_with(&mut command, input)?;
        if text.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).with_context(|| format!("no JSON from {arguments:?}: {text}"))
    }

    /// Adds a nurse who can sign in.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn add_nurse(&self, name: &str, display_name: &str) -> Result<Nurse> {
        let password = format!("correct horse {name} staple");
        let answer =
            self.admin(&["user", "add", name, "--display-name", display_name, "--role", "RN"], &password)?;
        Nurse::new(name, &password, &answer)
    }

    fn enrol(&self) -> Result<()> {
        fs::create_dir_all(self.state())?;
        fs::set_permissions(self.state(), fs::Permissions::from_mode(0o700))?;
        fs::write(self.path().join("policy.toml"), &self.setup.policy)?;
        fs::write(
            self.config(),
            format!(
                "[server]\nurl = \"https://{}\"\n\n[state]\ndirectory = \"{}\"\n\n[policy]\nfile = \"{}\"\n",
                self.address,
                self.state().display(),
                self.path().join("policy.toml").display()
            ),
        )?;
        let code = self.admin(&["workstation", "code", "--name", "WS-07", "--unit", "ICU-3"], "")?;
        let code = code["code"].as_str().context("the enrolment code")?.to_owned();
        let mut command = program("tapward-agent");
        command.arg("--config").arg(self.config()).arg("enrol");
        self.bus.dress(&mut command);
        output_with(&mut command, &code)?;
        Ok(())
    }

    /// The sessions as the server lists them.
    ///
    /// # Errors
    /// When the server does not answer.
    pub fn sessions(&self) -> Result<Vec<Value>> {
        let mut answer = self.admin(&["session", "list"], "")?;
        serde_json::from_value(answer["sessions"].take()).context("no list of sessions")
    }

    /// Ends every session that is not ended, as an administrator would.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn end_all_sessions(&self) -> Result<()> {
        for session in self.sessions()?.iter().filter(|session| session["state"] != "ended") {
            let id = session["session_id"].as_str().context("a session's id")?;
            self.admin(&["session", "end", id], "")?;
        }
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
        let mut command = if self.setup.has_shield {
            let mut command = program("tapward-shield");
            for (key, _) in &self.setup.agent_environment {
                command.args(["--env", key]);
            }
            command.arg("--agent").arg(&agent).arg("--");
            command
        } else {
            Command::new(&agent)
        };
        command.arg("--config").arg(self.config()).arg("run");
        command.env("DISPLAY", self.display()).env("LANG", "C.UTF-8").env("TAPWARD_LOG_LEVEL", "debug");
        command.envs(self.setup.agent_environment.iter().map(|(key, value)| (key, value)));
        let part = Part::start("kiosk", self.bus.dress(&mut command), self.path())?;
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
        wait_for("the web process", READY_WITHIN, || {
            descendants(agent).into_iter().find(|pid| {
                fs::read_to_string(format!("/proc/{pid}/comm"))
                    .is_ok_and(|name| name.starts_with("WebKitWebPro"))
            })
        })
    }

    /// What the kiosk's programs have logged.
    #[must_use]
    pub fn kiosk_log(&self) -> String {
        fs::read_to_string(self.path().join("kiosk.log")).unwrap_or_default()
    }

    /// The screens the agent has logged so far, oldest first.
    #[must_use]
    pub fn screens(&self) -> Vec<String> {
        screens_in(&self.kiosk_log())
    }

    /// How much the kiosk's programs have logged so far, for [`Ward::screen_since`].
    #[must_use]
    pub fn log_mark(&self) -> usize {
        self.kiosk_log().len()
    }

    /// The screen an agent shows that has started since `mark`, once its page is drawn.
    #[must_use]
    pub fn screen_since(&self, mark: usize) -> Option<String> {
        let log = self.kiosk_log();
        let log = log.get(mark..)?;
        is_page_drawn(log).then(|| screens_in(log).pop()).flatten()
    }

    /// Waits until the agent shows `screen` (`signed_out`, `active`, …).
    ///
    /// # Errors
    /// When it does not within `bound`; the screens it showed and its log's end are in the error.
    pub fn wait_screen(&self, screen: &str, bound: Duration) -> Result<()> {
        wait_for(&format!("screen {screen}"), bound, || {
            let is_shown = self.screens().last().map(String::as_str) == Some(screen);
            (is_shown && is_page_drawn(&self.kiosk_log())).then_some(())
        })
        .with_context(|| {
            let log = self.kiosk_log();
            let lines: Vec<_> = log.lines().rev().take(15).collect();
            format!(
                "screens so far: {:?}\n{}",
                self.screens(),
                lines.into_iter().rev().collect::<Vec<_>>().join("\n")
            )
        })
    }

    /// Where to click one of Tapward's native buttons.
    ///
    /// # Errors
    /// When it is not shown in time.
    pub fn button(&self, button: Button) -> Result<(i16, i16)> {
        wait_for(&format!("the button {button:?}"), READY_WITHIN, || {
            desktop::find(self.display(), button).ok().flatten()
        })
    }

    /// Waits until the kiosk's programs have logged `text`.
    ///
    /// # Errors
    /// When they do not in time.
    pub fn wait_log(&self, text: &str) -> Result<()> {
        wait_for(&format!("`{text}` in the kiosk's log"), READY_WITHIN, || {
            self.kiosk_log().contains(text).then_some(())
        })
    }

    /// Signs `nurse` in as a person would, up to the uncovered screen.
    ///
    /// # Errors
    /// When it does not come that far.
    pub fn sign_in(&self, nurse: &Nurse) -> Result<()> {
        let hand = self.hand(Whose::Person)?;
        self.give_password(&hand, nurse)?;
        self.wait_code_asked(Duration::from_secs(10))?;
        hand.type_text(&nurse.code()?)?;
        self.wait_screen("active", Duration::from_secs(10))
    }

    /// Waits until the one-time code is asked **and** its boxes are drawn, as a person does before she types.
    ///
    /// # Errors
    /// When it is not asked within `bound`.
    pub fn wait_code_asked(&self, bound: Duration) -> Result<()> {
        self.wait_screen("second_factor", bound)?;
        // What stands there before moves (a sign of waiting) or is gone; the boxes stand still.
        let eye = self.eye()?;
        eye.wait_still()?;
        eye.wait_still()
    }

    /// Waits until the sign-in is asked for **and** its button is drawn, as a person does before she types: the page
    /// may be behind the agent's log.
    ///
    /// # Errors
    /// When it is not in time.
    pub fn wait_sign_in_drawn(&self) -> Result<()> {
        self.wait_screen("signed_out", READY_WITHIN)?;
        let eye = self.eye()?;
        wait_for("the button of the sign-in on screen", READY_WITHIN, || {
            eye.sees(SIGN_IN_BUTTON).ok().filter(|is_seen| *is_seen).map(drop)
        })
    }

    /// Types name and password and presses Return.
    ///
    /// # Errors
    /// When the sign-in does not show, or the display is gone.
    pub fn give_password(&self, hand: &Hand, nurse: &Nurse) -> Result<()> {
        self.wait_sign_in_drawn()?;
        hand.type_text(nurse.name())?;
        hand.press("Tab")?;
        hand.type_text(nurse.password())?;
        hand.press("Return")
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

    /// The audit record as the server stored it, oldest first, read with an auditor's token.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn audit_record(&self, token: &str) -> Result<Vec<Value>> {
        crate::auditor::read_all(&self.address, &self.data(), token)
    }

    /// A new auditor's token.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn auditor_token(&self, name: &str) -> Result<String> {
        let answer = self.admin(&["auditor", "token", name], "")?;
        Ok(answer["token"].as_str().context("the auditor's token")?.to_owned())
    }

    /// Waits until the record satisfies `is_enough`, and returns it.
    ///
    /// # Errors
    /// When it does not within `bound`.
    pub fn wait_audit(
        &self,
        token: &str,
        what: &str,
        bound: Duration,
        is_enough: impl Fn(&[Value]) -> bool,
    ) -> Result<Vec<Value>> {
        let start = Instant::now();
        loop {
            let record = self.audit_record(token)?;
            if is_enough(&record) {
                return Ok(record);
            }
            if start.elapsed() > bound {
                bail!("waited {} s in vain for {what}; the record is {record:#?}", bound.as_secs());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Process ids of the direct children of `parent`.
#[must_use]
pub fn children(parent: u32) -> Vec<u32> {
    fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"))
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

/// Process ids of everything below `parent`, of whichever of its threads.
#[must_use]
pub fn descendants(parent: u32) -> Vec<u32> {
    let mut all = Vec::new();
    let threads = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    for thread in threads {
        let text = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        for child in text.split_whitespace().filter_map(|pid| pid.parse().ok()) {
            all.push(child);
            all.extend(descendants(child));
        }
    }
    all
}

/// Where the built programs are: beside the program that runs this.
///
/// # Panics
/// When this program's own path is not known.
#[must_use]
pub fn program_path(name: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let mut folder = here.parent().unwrap().to_path_buf();
    if folder.ends_with("deps") || folder.ends_with("examples") {
        folder.pop();
    }
    folder.join(name)
}

/// One of the built programs, ready for arguments.
#[must_use]
pub fn program(name: &str) -> Command {
    Command::new(program_path(name))
}

/// Runs `command` to its end and returns what it printed.
///
/// # Errors
/// When it fails; its words are in the error.
pub fn output(command: &mut Command) -> Result<String> {
    output_with(command, "")
}

/// As [`output`], with `input` on its standard input.
///
/// # Errors
/// As [`output`].
pub fn output_with(command: &mut Command, input: &str) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {name}"))?;
    let mut stdin = child.stdin.take().context("standard input")?;
    std::io::Write::write_all(&mut stdin, input.as_bytes())?;
    drop(stdin);
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("{name} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The screens told in the agent's log, oldest first.
fn screens_in(log: &str) -> Vec<String> {
    log.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|line| Some(line["fields"]["screen"].as_str()?.to_owned()))
        .collect()
}

/// Whether the page of the agent that started last has been drawn; before that it takes no keys.
fn is_page_drawn(log: &str) -> bool {
    let started = log.rfind("\"screen\":\"starting\"");
    started.is_some_and(|started| log[started..].contains("The page is drawn"))
}
