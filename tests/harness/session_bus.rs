//! A private session bus, keyring and notification daemon, with a home and a runtime folder of their own.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use crate::part::{Part, READY_WITHIN, wait_for};

/// Names under which the distribution lets the bus start a keyring that nobody can unlock, whenever somebody asks. The
/// package takes them away from it (`packaging/linux/tmpfiles.d/tapward.conf`), and so does a bus of ours.
const STARTED_BY_ASKING: [&str; 3] =
    ["org.freedesktop.secrets", "org.gnome.keyring", "org.freedesktop.impl.portal.Secret"];

/// A private session bus.
#[derive(Debug)]
pub struct SessionBus {
    part: Part,
    address: String,
    home: PathBuf,
    runtime: PathBuf,
}

impl SessionBus {
    /// Starts one below `folder` and waits until it answers.
    ///
    /// # Errors
    /// When `dbus-daemon` is not installed or does not come up.
    pub fn start(folder: &Path) -> Result<Self> {
        let home = folder.join("home");
        // Sockets below it must fit into 108 bytes, which a deep test folder may not leave.
        let runtime = folder.join("run");
        for path in [&home, &runtime] {
            fs::create_dir_all(path)?;
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        }
        let services = home.join(".local/share/dbus-1/services");
        fs::create_dir_all(&services)?;
        for name in STARTED_BY_ASKING {
            let service = format!("[D-BUS Service]\nName={name}\nExec=/bin/false\n");
            fs::write(services.join(format!("{name}.service")), service)?;
        }
        let part = start(folder, &home, &runtime)?;
        Ok(Self { part, address: address_in(&runtime), home, runtime })
    }

    /// Ends it, if it runs still, and starts another one at its address.
    ///
    /// # Errors
    /// As [`SessionBus::start`].
    pub fn start_again(&mut self, folder: &Path) -> Result<()> {
        self.part.signal(Signal::KILL);
        self.part.wait(READY_WITHIN)?;
        fs::remove_file(self.runtime.join("bus"))?;
        self.part = start(folder, &self.home, &self.runtime)?;
        Ok(())
    }

    /// Its address, as in `DBUS_SESSION_BUS_ADDRESS`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The process.
    #[must_use]
    pub fn part(&self) -> &Part {
        &self.part
    }

    /// Gives `command` this bus, its home and its runtime folder, and takes away the machine's own.
    pub fn dress<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .env("HOME", &self.home)
            .env("XDG_RUNTIME_DIR", &self.runtime)
            .env("XDG_CONFIG_HOME", self.home.join(".config"))
            .env("XDG_DATA_HOME", self.home.join(".local/share"))
            .env("XDG_CACHE_HOME", self.home.join(".cache"))
            .env_remove("XAUTHORITY")
            .env_remove("SESSION_MANAGER")
    }

    /// Waits until somebody owns `name` on the bus.
    ///
    /// # Errors
    /// When nobody does in time.
    pub fn wait_for_name(&self, name: &str) -> Result<()> {
        wait_for(&format!("{name} on the bus"), READY_WITHIN, || {
            let output = Command::new("dbus-send")
                .arg(format!("--bus={}", self.address))
                .args(["--print-reply=literal", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"])
                .arg("org.freedesktop.DBus.NameHasOwner")
                .arg(format!("string:{name}"))
                .output()
                .ok()?;
            String::from_utf8_lossy(&output.stdout).contains("true").then_some(())
        })
    }
}

fn address_in(runtime: &Path) -> String {
    format!("unix:path={}", runtime.join("bus").display())
}

fn start(folder: &Path, home: &Path, runtime: &Path) -> Result<Part> {
    let mut command = Command::new("dbus-daemon");
    command.args(["--session", "--nofork", "--nopidfile", "--address", &address_in(runtime)]);
    command
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", runtime)
        .env_remove("DISPLAY")
        .env("XDG_DATA_HOME", home.join(".local/share"));
    let part = Part::start("session-bus", &mut command, folder)?;
    let socket = runtime.join("bus");
    wait_for("a session bus", READY_WITHIN, || {
        std::os::unix::net::UnixStream::connect(&socket).ok().map(drop)
    })
    .with_context(|| part.printed())?;
    Ok(part)
}

/// An unlocked keyring on a private bus.
#[derive(Debug)]
pub struct Keyring {
    part: Part,
}

impl Keyring {
    /// Starts one, unlocked, before anything asks the bus for `org.freedesktop.secrets`.
    ///
    /// # Errors
    /// When `gnome-keyring-daemon` is not installed or does not come up.
    pub fn start(bus: &SessionBus, folder: &Path) -> Result<Self> {
        let log = folder.join("keyring.log");
        let file = fs::File::create(&log)?;
        let mut command = Command::new("gnome-keyring-daemon");
        command.args(["--foreground", "--unlock", "--components=secrets"]);
        bus.dress(&mut command).env_remove("DISPLAY");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .context("keyring")?;
        let mut input = child.stdin.take().context("the keyring's standard input")?;
        std::io::Write::write_all(&mut input, b"the keyring's own password")?;
        drop(input);
        let part = Part::adopt("keyring", child, log);
        bus.wait_for_name("org.freedesktop.secrets").with_context(|| part.printed())?;
        Ok(Self { part })
    }

    /// The process.
    pub fn part(&mut self) -> &mut Part {
        &mut self.part
    }

    /// Locks it, as a session that was left does.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn lock(bus: &SessionBus) -> Result<()> {
        let status = Command::new("dbus-send")
            .arg(format!("--bus={}", bus.address()))
            .args(["--print-reply", "--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"])
            .arg("org.freedesktop.Secret.Service.Lock")
            .arg("array:objpath:/org/freedesktop/secrets/collection/login")
            .stdout(Stdio::null())
            .status()?;
        ensure!(status.success(), "the keyring did not lock");
        Ok(())
    }

    /// Whether an entry of `service` for `user` is there, seen by another program than ours.
    ///
    /// # Errors
    /// When `secret-tool` is not installed.
    pub fn has_entry(bus: &SessionBus, service: &str, user: &str) -> Result<bool> {
        let mut command = Command::new("secret-tool");
        command.args(["search", "--all", "service", service, "username", user]);
        let output = bus.dress(&mut command).output().context("secret-tool")?;
        Ok(String::from_utf8_lossy(&output.stdout).contains("attribute.")
            || String::from_utf8_lossy(&output.stderr).contains("attribute."))
    }

    /// Takes an entry of `service` for `user` away, as another program can.
    ///
    /// # Errors
    /// When `secret-tool` is not installed, or there is none.
    pub fn lose_entry(bus: &SessionBus, service: &str, user: &str) -> Result<()> {
        let mut command = Command::new("secret-tool");
        command.args(["clear", "service", service, "username", user]);
        ensure!(bus.dress(&mut command).status()?.success(), "the keyring does not let go of {user}");
        Ok(())
    }
}

/// A notification daemon on a private bus and display.
#[derive(Debug)]
pub struct NotificationDaemon {
    part: Part,
}

impl NotificationDaemon {
    /// Starts one.
    ///
    /// # Errors
    /// When `dunst` is not installed or does not come up.
    pub fn start(bus: &SessionBus, display: &str, folder: &Path) -> Result<Self> {
        let config = folder.join("dunstrc");
        fs::write(&config, "[global]\nidle_threshold = 0\norigin = top-right\nfont = DejaVu Sans 11\n")?;
        let mut command = Command::new("dunst");
        command.arg("-config").arg(&config).env("DISPLAY", display);
        let part = Part::start("notifications", bus.dress(&mut command), folder)?;
        bus.wait_for_name("org.freedesktop.Notifications").with_context(|| part.printed())?;
        Ok(Self { part })
    }

    /// The process.
    #[must_use]
    pub fn part(&self) -> &Part {
        &self.part
    }

    /// How many notifications are on screen.
    ///
    /// # Errors
    /// When `dunstctl` fails.
    pub fn shown(bus: &SessionBus, display: &str) -> Result<u32> {
        let mut command = Command::new("dunstctl");
        command.args(["count", "displayed"]).env("DISPLAY", display);
        let output = bus.dress(&mut command).output().context("dunstctl")?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().parse()?)
    }
}
