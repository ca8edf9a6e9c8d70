//! Control groups (v2): a directory for the session, one below it for each app.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use launch_contract::Containment as Kind;
use rustix::{
    fs::{Mode, OFlags, open},
    process::{Pid, Signal},
};
use uuid::Uuid;

use super::{Containment, Entry, SETTLE, processes};
use crate::clock;

/// What groups of apps are called.
const PREFIX: &str = "tapward-apps-";
const KILL: &str = "cgroup.kill";
const FREEZE: &str = "cgroup.freeze";
const PROCS: &str = "cgroup.procs";
const EVENTS: &str = "cgroup.events";

/// The control groups that we make ourselves.
#[derive(Debug)]
pub(crate) struct Cgroups {
    /// The group we run in, or the root of all.
    base: PathBuf,
    /// What all of ours begin with, which those of another account's launcher do not.
    prefix: String,
    session: Option<PathBuf>,
    can_freeze: bool,
}

impl Cgroups {
    /// Below the group we run in; an error where there is no version 2, or we may not make groups there.
    pub(crate) fn new(uid: u32) -> io::Result<Self> {
        let base = own_group()?;
        let prefix = format!("{PREFIX}{uid}-");
        let probe = base.join(format!("{prefix}probe-{}", std::process::id()));
        fs::create_dir(&probe)?;
        let can_freeze = probe.join(FREEZE).exists();
        // Whoever may make a group and yet not move anything into it can hold nothing in it.
        let may_move = rustix::fs::access(base.join(PROCS), rustix::fs::Access::WRITE_OK);
        fs::remove_dir(&probe)?;
        may_move?;
        Ok(Self { base, prefix, session: None, can_freeze })
    }

    /// Below a group that somebody else made for the session.
    pub(super) fn in_group(group: PathBuf) -> Self {
        let can_freeze = group.join(FREEZE).exists();
        Self { base: group, prefix: PREFIX.to_owned(), session: None, can_freeze }
    }

    fn leaf(&self, leaf: &str) -> io::Result<PathBuf> {
        Ok(self.session.as_ref().ok_or(io::ErrorKind::NotFound)?.join(leaf))
    }
}

impl Containment for Cgroups {
    fn kind(&self) -> Kind {
        Kind::Cgroup
    }

    fn can_freeze(&self) -> bool {
        self.can_freeze
    }

    fn open(&mut self, session: Uuid) -> io::Result<()> {
        let path = self.base.join(format!("{}{session}", self.prefix));
        fs::create_dir(&path)?;
        self.session = Some(path);
        Ok(())
    }

    fn prepare(&mut self, leaf: &str) -> io::Result<Entry> {
        let path = self.leaf(leaf)?;
        match fs::create_dir(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        Ok(Entry::Procs(open(path.join(PROCS), OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?))
    }

    fn joined(&mut self, _leaf: &str, _pid: Pid) {
        // The kernel keeps the list.
    }

    fn populated(&mut self) -> io::Result<BTreeSet<String>> {
        let Some(session) = &self.session else { return Ok(BTreeSet::new()) };
        let mut populated = BTreeSet::new();
        for leaf in children(session)? {
            if populated_below(&leaf)? > 0 {
                populated.extend(leaf.file_name().map(|name| name.to_string_lossy().into_owned()));
            }
        }
        Ok(populated)
    }

    fn members(&mut self, leaf: &str) -> io::Result<Vec<Pid>> {
        members(&self.leaf(leaf)?)
    }

    fn freeze(&mut self, is_frozen: bool) -> io::Result<()> {
        let Some(session) = &self.session else { return Ok(()) };
        let value = if is_frozen { "1" } else { "0" };
        fs::write(session.join(FREEZE), value)?;
        let told = format!("frozen {value}");
        let is_so = || {
            fs::read_to_string(session.join(EVENTS))
                .is_ok_and(|events| events.lines().any(|line| line == told))
        };
        if clock::wait(SETTLE, is_so) { Ok(()) } else { Err(io::ErrorKind::TimedOut.into()) }
    }

    fn kill(&mut self, leaf: &str) -> io::Result<()> {
        match self.leaf(leaf) {
            Ok(path) if path.exists() => kill(&path),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn clear(&mut self) -> io::Result<u32> {
        self.session = None;
        let mut left = 0;
        for entry in fs::read_dir(&self.base)? {
            let entry = entry?;
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(&self.prefix)) {
                left += clear(&entry.path());
            }
        }
        Ok(left)
    }
}

/// Kills a group and removes it; returns how many processes would not go.
pub(super) fn clear(group: &Path) -> u32 {
    let is_gone = || {
        let _ = kill(group);
        remove(group).is_ok()
    };
    if clock::wait(SETTLE, is_gone) {
        return 0;
    }
    // A group that cannot be removed and is empty is no process, yet it is not nothing; nor is one that cannot be looked into.
    u32::try_from(populated_below(group).unwrap_or(1)).unwrap_or(u32::MAX).max(1)
}

fn populated_below(group: &Path) -> io::Result<usize> {
    let mut count = members(group)?.len();
    for child in children(group)? {
        count += populated_below(&child)?;
    }
    Ok(count)
}

fn children(group: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(group) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut children = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            children.push(entry.path());
        }
    }
    Ok(children)
}

fn remove(group: &Path) -> io::Result<()> {
    for child in children(group)? {
        remove(&child)?;
    }
    match fs::remove_dir(group) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Kills all in a group and below it.
fn kill(group: &Path) -> io::Result<()> {
    match fs::write(group.join(KILL), "1") {
        Err(error)
            if error.kind() == io::ErrorKind::NotFound || error.kind() == io::ErrorKind::PermissionDenied =>
        {
            kill_one_by_one(group)
        }
        Ok(()) => signal_below(group),
        Err(error) => Err(error),
    }
}

/// The kernel's one word for all signals each process's first thread, which is in vain where that alone has ended.
fn signal_below(group: &Path) -> io::Result<()> {
    for child in children(group)? {
        signal_below(&child)?;
    }
    processes::signal_members(|| members(group), Signal::KILL)
}

/// For kernels before 5.14: none may have a child between our look and our signal, so they stand still.
fn kill_one_by_one(group: &Path) -> io::Result<()> {
    let _ = fs::write(group.join(FREEZE), "1");
    for child in children(group)? {
        kill_one_by_one(&child)?;
    }
    processes::signal_members(|| members(group), Signal::KILL)
}

fn members(group: &Path) -> io::Result<Vec<Pid>> {
    match fs::read_to_string(group.join(PROCS)) {
        Ok(text) => Ok(text.lines().filter_map(|line| Pid::from_raw(line.parse().ok()?)).collect()),
        // Removed before it was opened, or since.
        Err(error)
            if error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ENODEV) =>
        {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

/// Where the version 2 tree is mounted.
pub(super) fn mount() -> io::Result<PathBuf> {
    mount_in(&fs::read_to_string("/proc/self/mountinfo")?).ok_or_else(|| io::ErrorKind::Unsupported.into())
}

fn mount_in(mountinfo: &str) -> Option<PathBuf> {
    mountinfo.lines().find_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let is_whole = place.split(' ').nth(3)? == "/";
        (kind.split(' ').next()? == "cgroup2" && is_whole)
            .then(|| place.split(' ').nth(4).map(PathBuf::from))
            .flatten()
    })
}

/// The group of a process, from its `/proc/PID/cgroup`.
pub(super) fn group_in(cgroup: &str) -> Option<&str> {
    cgroup.lines().find_map(|line| line.strip_prefix("0::/"))
}

fn own_group() -> io::Result<PathBuf> {
    let own = fs::read_to_string("/proc/self/cgroup")?;
    let group = group_in(&own).ok_or(io::ErrorKind::Unsupported)?;
    Ok(mount()?.join(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_two_is_found_beside_version_one_and_alone() {
        let hybrid = "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n\
            41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw\n";
        let unified = "26 23 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
        let old = "40 31 0:37 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n";

        assert_eq!(mount_in(hybrid), Some("/sys/fs/cgroup/unified".into()));
        assert_eq!(mount_in(unified), Some("/sys/fs/cgroup".into()));
        assert_eq!(mount_in(old), None);
        assert_eq!(mount_in("garbled"), None);
    }

    #[test]
    fn our_own_group_is_the_line_of_version_two() {
        assert_eq!(
            group_in("9:name=systemd:/\n0::/system.slice/x.service\n"),
            Some("system.slice/x.service")
        );
        assert_eq!(group_in("0::/\n"), Some(""));
        assert_eq!(group_in("4:memory:/a\n"), None);
    }

    #[test]
    fn on_an_old_kernel_a_group_is_killed_too_with_what_is_in_the_groups_below() {
        assert!(rustix::process::geteuid().is_root(), "NOT RUN: control groups are made as root");
        let group = mount().expect("version 2").join(format!("tapward-test-{}", std::process::id()));
        let below = group.join("below");
        fs::create_dir_all(&below).expect("made");
        let mut apps: Vec<_> = [&group, &below]
            .iter()
            .map(|group| {
                let app = std::process::Command::new("/bin/sleep").arg("1000").spawn().expect("started");
                fs::write(group.join(PROCS), app.id().to_string()).expect("moved");
                app
            })
            .collect();
        assert_eq!(populated_below(&group).expect("readable"), 2);

        kill_one_by_one(&group).expect("killed");

        for app in &mut apps {
            assert!(!app.wait().expect("ended").success());
        }
        assert_eq!(clear(&group), 0);
        assert!(!group.exists());
    }
}
