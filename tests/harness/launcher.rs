//! The launcher of apps as systemd starts it for its socket, with an OS account and places of its own.

use std::{
    fs,
    os::{
        fd::OwnedFd,
        unix::fs::{MetadataExt, PermissionsExt, chown},
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with};
use tempfile::TempDir;

use crate::{
    part::{Part, READY_WITHIN, wait_for},
    program::{output, program_path},
};

/// Above every account of the machine's own; each test is a process, and has an account of its own.
const FIRST_UID: u32 = 1_000_000_000;

/// Where its apps may leave something, in its folder: `/tmp`, `/dev/shm`, `/var/tmp` and `/dev/mqueue` of its own.
const PLACES: [&str; 4] = ["tmp", "shm", "var-tmp", "mq"];

/// A running launcher. Only root can be one.
#[derive(Debug)]
pub struct Launcher {
    part: Option<Part>,
    folder: TempDir,
    uid: u32,
}

impl Launcher {
    /// Starts one, and waits until its socket is there.
    ///
    /// # Errors
    /// When this is not root, or it does not come up.
    pub fn start() -> Result<Self> {
        Self::start_for(FIRST_UID + std::process::id())
    }

    /// The same with this account for its apps, made if it is not there: apps have a session bus only where their
    /// account has a name.
    ///
    /// # Errors
    /// As [`Launcher::start`], and when no account can be made.
    pub fn start_for_account(name: &str) -> Result<Self> {
        if account(name).is_err() {
            output(Command::new("useradd").args(["--no-create-home", "--shell", "/usr/sbin/nologin", name]))
                .context("NOT RUN")?;
        }
        Self::start_for(account(name)?)
    }

    fn start_for(uid: u32) -> Result<Self> {
        anyhow::ensure!(rustix::process::geteuid().is_root(), "NOT RUN: the launcher is tested as root");
        let folder = tempfile::Builder::new().prefix("twl").tempdir_in("/tmp")?;
        // Whoever has the apps' account comes this far.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        for place in PLACES.into_iter().chain(["share", "jobs"]) {
            fs::create_dir(folder.path().join(place))?;
            fs::set_permissions(folder.path().join(place), fs::Permissions::from_mode(0o1777))?;
        }
        let jobs = folder.path().join("jobs");
        // The jobs of the named account, all of them, and what they print: in no other order does CUPS take it so.
        let cancel = format!("#!/bin/sh\n[ \"$3 $5 $6\" = \"-u -a -x\" ] && rm -f {}/*\n", jobs.display());
        fs::write(folder.path().join("cups.sock"), "")?;
        fs::write(folder.path().join("cancel"), cancel)?;
        fs::set_permissions(folder.path().join("cancel"), fs::Permissions::from_mode(0o755))?;
        fs::copy(program_path("launch-sample-editor"), folder.path().join("editor"))?;
        fs::set_permissions(folder.path().join("editor"), fs::Permissions::from_mode(0o755))?;
        let mut launcher = Self { part: None, folder, uid };
        launcher.start_again()?;
        Ok(launcher)
    }

    /// Starts it where it was ended.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_again(&mut self) -> Result<()> {
        let socket = self.listen()?;
        let mut command = Command::new("sh");
        // As systemd does: the socket is descriptor 3.
        command.args(["-c", "LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" \"$@\" 3<&0 0</dev/null"]);
        command.arg(program_path("tapward-launch"));
        command.args(["--user", &self.uid.to_string(), "--agent-user", &(self.uid + 1).to_string()]);
        command.args(["--orphan-ms", "3000"]);
        let places = PLACES.into_iter().map(|place| ("--place", place));
        for (option, name) in
            [("--home", "home"), ("--runtime", "run"), ("--cancel", "cancel"), ("--cups", "cups.sock")]
                .into_iter()
                .chain(places)
        {
            command.arg(option).arg(self.folder.path().join(name));
        }
        command.arg("--skeleton").arg(self.folder.path().join("skel"));
        let log = self.folder.path().join("launcher.log");
        let file = fs::File::options().create(true).append(true).open(&log)?;
        let child = command
            .stdin(Stdio::from(socket))
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .context("cannot start the launcher")?;
        self.part = Some(Part::adopt("launcher", child, log));
        Ok(())
    }

    /// It is gone, and so is its socket.
    pub fn end(&mut self) {
        self.part = None;
        let _ = fs::remove_file(self.socket());
    }

    /// The process.
    ///
    /// # Panics
    /// When it was ended.
    #[must_use]
    pub fn part(&self) -> &Part {
        self.part.as_ref().unwrap()
    }

    /// Where it listens.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("launch.sock")
    }

    /// The home of the session's apps, while there is one.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The editor that loses no character, for a policy.
    #[must_use]
    pub fn editor(&self) -> PathBuf {
        self.folder.path().join("editor")
    }

    /// Where its places are, and `jobs`, which its print spooler has; whoever has the apps' account comes this far.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A folder of a file server, which no wipe reaches.
    #[must_use]
    pub fn share(&self) -> PathBuf {
        self.folder.path().join("share")
    }

    /// The number of the apps' account.
    #[must_use]
    pub fn uid(&self) -> u32 {
        self.uid
    }

    /// Where everybody may write.
    #[must_use]
    pub fn shared_folder(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    /// Types into the editor.
    ///
    /// # Errors
    /// When none runs in time.
    pub fn type_into_editor(&self, text: &str) -> Result<()> {
        let keys = self.home().join("keys");
        wait_for("the editor", READY_WITHIN, || keys.exists().then_some(()))?;
        Ok(fs::write(keys, text)?)
    }

    /// What the editor has saved.
    #[must_use]
    pub fn saved(&self) -> String {
        fs::read_to_string(self.home().join("saved")).unwrap_or_default()
    }

    /// A file of the apps' account.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn plant(&self, file: &Path) -> Result<()> {
        fs::write(file, "hers")?;
        Ok(chown(file, Some(self.uid), Some(self.uid))?)
    }

    /// The processes of the apps' account that run.
    #[must_use]
    pub fn processes(&self) -> Vec<u32> {
        let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
        let is_theirs = |pid: &u32| {
            let folder = PathBuf::from(format!("/proc/{pid}"));
            folder.metadata().is_ok_and(|metadata| metadata.uid() == self.uid)
                && !crate::part::has_ended(*pid)
        };
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(is_theirs)
            .collect()
    }

    /// Whether every process of theirs stands still, as the kernel tells it of their control group.
    #[must_use]
    pub fn are_frozen(&self) -> bool {
        let processes = self.processes();
        !processes.is_empty() && processes.into_iter().all(is_frozen)
    }

    /// What it logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.part.as_ref().map(Part::printed).unwrap_or_default()
    }

    fn listen(&self) -> Result<OwnedFd> {
        let _ = fs::remove_file(self.socket());
        let socket = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        bind(&socket, &SocketAddrUnix::new(self.socket())?)?;
        listen(&socket, 8)?;
        Ok(socket)
    }
}

/// Its number.
fn account(name: &str) -> Result<u32> {
    Ok(output(Command::new("id").args(["-u", name]))?.trim().parse()?)
}

/// In a control group that is frozen, or one above it is.
fn is_frozen(pid: u32) -> bool {
    let Some(group) = fs::read_to_string(format!("/proc/{pid}/cgroup"))
        .ok()
        .and_then(|groups| Some(groups.lines().find_map(|line| line.strip_prefix("0::"))?.to_owned()))
    else {
        return false;
    };
    let mounts = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];
    mounts.iter().any(|mount| {
        fs::read_to_string(format!("{mount}{group}/cgroup.events"))
            .is_ok_and(|events| events.lines().any(|line| line == "frozen 1"))
    })
}
