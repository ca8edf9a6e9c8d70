//! A folder that looks like a workstation on which everything was installed.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::tool::{Verdict, judge};

/// Programs that `install.sh` is given as built. Empty ones do: they are looked for, not run.
const BUILT: [&str; 3] = ["tapward-agent", "tapward-launch", "tapward-shield"];
/// Other programs that units start.
const PROGRAMS: [&str; 3] = ["usr/bin/gnome-keyring-daemon", "usr/bin/tapward-server", "usr/bin/true"];
/// Where the distribution keeps its own units.
const DISTRIBUTIONS_UNITS: [&str; 2] = ["/usr/lib/systemd", "/lib/systemd"];

/// The folder `packaging/linux`.
#[must_use]
pub fn packaging() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/linux")
}

/// What `install.sh` makes of an empty machine, with the distribution's units beside ours.
#[derive(Debug)]
pub struct Workstation {
    folder: TempDir,
    built: TempDir,
}

impl Workstation {
    /// What `install.sh` puts into an empty folder, programs with it, and nothing else.
    ///
    /// # Errors
    /// When the script fails, or says anything.
    pub fn bare() -> Result<Self> {
        let workstation = Self { folder: tempfile::tempdir()?, built: tempfile::tempdir()? };
        for program in BUILT {
            fs::write(workstation.built.path().join(program), "")?;
        }
        workstation.install_again()?;
        Ok(workstation)
    }

    /// Installs it.
    ///
    /// # Errors
    /// When the script fails, or this machine has no systemd whose units could be taken.
    pub fn install() -> Result<Self> {
        let workstation = Self::bare()?;
        let root = workstation.root();
        symlink("usr/bin", root.join("bin"))?;
        for program in PROGRAMS {
            let program = root.join(program);
            fs::create_dir_all(program.parent().context("each is in a folder")?)?;
            fs::write(&program, "")?;
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        }
        let server = "systemd/tapward-server.service";
        let units = root.join("usr/lib/systemd/system");
        fs::copy(packaging().join(server), units.join("tapward-server.service"))?;
        let theirs = DISTRIBUTIONS_UNITS.iter().map(Path::new).find(|folder| folder.join("system").is_dir());
        for kind in ["system", "user"] {
            let from = theirs.context("this machine has no systemd")?.join(kind);
            let copied = judge(
                Command::new("cp")
                    .args(["-rn", "--no-preserve=ownership"])
                    .arg(from.join("."))
                    .arg(root.join("usr/lib/systemd").join(kind)),
            )?;
            ensure!(copied.is_success, "the distribution's units cannot be copied: {}", copied.said);
        }
        Ok(workstation)
    }

    /// Runs the script once more, over what is there.
    ///
    /// # Errors
    /// When it fails, or says anything.
    pub fn install_again(&self) -> Result<()> {
        let done = self.script(&["--programs", &self.built.path().display().to_string()])?;
        ensure!(done.is_silent(), "install.sh: {}", done.said);
        Ok(())
    }

    /// Runs the script with other arguments, on the same root folder.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn script(&self, arguments: &[&str]) -> Result<Verdict> {
        let mut command = Command::new(packaging().join("install.sh"));
        judge(command.arg("--root").arg(self.root()).args(arguments))
    }

    /// Its root folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// What `systemd-analyze verify` thinks of a unit by its name; it is silent about a good one.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub fn verify(&self, unit: &str) -> Result<Verdict> {
        judge(verify().arg(format!("--root={}", self.root().display())).arg(unit))
    }

    /// The same of a unit of a user's own systemd, which knows no other root: programs are looked for on this machine.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub fn verify_users(&self, unit: &str) -> Result<Verdict> {
        let units = self.root().join("usr/lib/systemd/user");
        judge(
            verify()
                .arg("--user")
                .arg(unit)
                .env("SYSTEMD_UNIT_PATH", units)
                .env("XDG_RUNTIME_DIR", self.root()),
        )
    }
}

fn verify() -> Command {
    let mut command = Command::new("systemd-analyze");
    command.args(["verify", "--man=no", "--recursive-errors=no"]);
    command
}
