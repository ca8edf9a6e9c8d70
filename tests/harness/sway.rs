//! A private sway with two outputs and no hardware.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use crate::part::{Part, READY_WITHIN, wait_for};

/// Who runs the compositor where the tests run as root: sway refuses root. Debian's `nobody`.
const TEST_USER: u32 = 65_534;

/// Which compositor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Debian 12's: layer-shell only.
    LayerShell,
    /// A newer one: layer-shell and session lock.
    SessionLock,
}

/// A private compositor.
#[derive(Debug)]
pub struct Sway {
    part: Part,
    kind: Kind,
    way: Way,
    control: PathBuf,
}

/// The way to a compositor.
#[derive(Debug, Clone)]
pub struct Way {
    runtime: PathBuf,
    socket: PathBuf,
}

impl Way {
    /// Lets a program reach it, and no X server.
    pub fn reach(&self, command: &mut Command) {
        command.env("XDG_RUNTIME_DIR", &self.runtime).env("WAYLAND_DISPLAY", &self.socket);
        command.env_remove("DISPLAY");
    }

    /// Where it listens.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }
}

impl Sway {
    /// Starts one and waits until it answers.
    ///
    /// # Errors
    /// When it is not installed or does not come up.
    pub fn start(kind: Kind, folder: &Path) -> Result<Self> {
        let runtime = folder.join("sway");
        fs::create_dir(&runtime)?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
        fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700))?;
        let config = folder.join("sway.conf");
        let bound = runtime.join("bound");
        let binding = format!("bindsym Mod4+t exec touch {}", bound.display());
        fs::write(&config, format!("xwayland disable\ndefault_border none\n{binding}\n"))?;

        let is_root = rustix::process::getuid().is_root();
        let mut command = if is_root {
            chown(&runtime, Some(TEST_USER), Some(TEST_USER))?;
            let mut command = Command::new("setpriv");
            let user = TEST_USER.to_string();
            command.args(["--reuid", &user, "--regid", &user, "--clear-groups", "--"]);
            command
        } else {
            Command::new("env")
        };
        for word in program(kind)? {
            command.arg(word);
        }
        command.arg("--config").arg(&config);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", &runtime);
        command.env("XDG_RUNTIME_DIR", &runtime);
        command.env("WLR_BACKENDS", "headless").env("WLR_RENDERER", "pixman");
        command.env("WLR_LIBINPUT_NO_DEVICES", "1").env("WLR_HEADLESS_OUTPUTS", "2");
        let part = Part::start("sway", &mut command, folder)?;
        let found = wait_for("a compositor", READY_WITHIN, || {
            let named = |begin: &str| {
                let mut entries = fs::read_dir(&runtime).ok()?.filter_map(Result::ok);
                entries.find(|entry| {
                    let name = entry.file_name();
                    let name = name.to_string_lossy();
                    name.starts_with(begin) && !name.ends_with(".lock")
                })
            };
            Some((named("wayland-")?.path(), named("sway-ipc.")?.path()))
        });
        let (socket, control) = found.with_context(|| part.printed())?;
        let sway = Self { part, kind, way: Way { runtime, socket }, control };
        wait_for("the compositor's answer", READY_WITHIN, || sway.message(&["-t", "get_version"]).ok())?;
        Ok(sway)
    }

    /// Which one it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The way to it.
    #[must_use]
    pub fn way(&self) -> Way {
        self.way.clone()
    }

    /// `swaymsg`; what it answers.
    ///
    /// # Errors
    /// When it refuses.
    pub fn message(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new("swaymsg").arg("-s").arg(&self.control).args(arguments).output()?;
        ensure!(output.status.success(), "swaymsg: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Whether its own key binding has run.
    #[must_use]
    pub fn has_run_binding(&self) -> bool {
        self.way.runtime.join("bound").exists()
    }

    /// Ends it as a crash would.
    ///
    /// # Errors
    /// When it does not end.
    pub fn kill(&mut self) -> Result<()> {
        self.part.signal(rustix::process::Signal::KILL);
        self.part.wait(READY_WITHIN).map(drop)
    }
}

/// The words of its command line.
fn program(kind: Kind) -> Result<Vec<PathBuf>> {
    match kind {
        Kind::LayerShell => {
            let version = Command::new("sway").arg("--version").output().context("sway is not installed")?;
            let version = String::from_utf8_lossy(&version.stdout).into_owned();
            if !version.starts_with("sway version 1.7") {
                bail!("this machine's {version} is not 1.7, which alone has layer-shell and no session lock");
            }
            Ok(vec!["sway".into()])
        }
        Kind::SessionLock => {
            let here = std::env::current_exe()?;
            let target = here.ancestors().nth(3).context("a target folder")?;
            let root = target.join("tools/newer-sway");
            let sway = root.join("usr/bin/sway");
            ensure!(sway.exists(), "{} is missing; `cargo xtask test` unpacks it", sway.display());
            // With its own libraries: it is built for a newer C library than this system's.
            let loader = root.join("usr/lib64/ld-linux-x86-64.so.2");
            Ok(vec![loader, "--library-path".into(), root.join("usr/lib/x86_64-linux-gnu"), sway])
        }
    }
}
