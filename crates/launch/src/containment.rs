//! What holds the processes of a session together, so that none escapes a freeze or a kill.

mod cgroup;
pub(crate) mod processes;
mod scope;
mod subreaper;

use std::{
    collections::BTreeSet,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    time::Duration,
};

use launch_contract::Containment as Kind;
use rustix::process::Pid;
use uuid::Uuid;

pub(crate) use self::{cgroup::Cgroups, scope::KEEPER, scope::Scope, subreaper::Subreaper};

use crate::account::Account;

/// Marks what we started, in its environment.
pub(crate) const APP_ENV: &str = "TAPWARD_APP";
/// How long the kernel is given to freeze, or to end what was killed.
pub(crate) const SETTLE: Duration = Duration::from_secs(2);

/// The processes of one session, each app's in a leaf of their own.
///
/// A leaf's name is an app's id, or has a character that no id has.
pub(crate) trait Containment: std::fmt::Debug {
    /// Which of the three.
    fn kind(&self) -> Kind;
    /// Whether [`Containment::freeze`] can be done.
    fn can_freeze(&self) -> bool;
    /// Makes room for a session.
    fn open(&mut self, session: Uuid) -> io::Result<()>;
    /// Makes room for an app.
    fn prepare(&mut self, leaf: &str) -> io::Result<Entry>;
    /// Told of each process that was started in a leaf.
    fn joined(&mut self, leaf: &str, pid: Pid);
    /// The leaves in which anything runs.
    fn populated(&mut self) -> io::Result<BTreeSet<String>>;
    /// What runs in a leaf, zombies left out.
    fn members(&mut self, leaf: &str) -> io::Result<Vec<Pid>>;
    /// Stops everything where it is, or lets it go on; returns when it is so.
    fn freeze(&mut self, is_frozen: bool) -> io::Result<()>;
    /// Kills what runs in a leaf, frozen or not.
    fn kill(&mut self, leaf: &str) -> io::Result<()>;
    /// Kills everything of every session, those of an earlier launcher too, and removes the room that was made. Returns how
    /// many processes would not go.
    fn clear(&mut self) -> io::Result<u32>;
}

/// The way into a leaf.
#[derive(Debug)]
pub(crate) enum Entry {
    /// A process writes `0` here.
    Procs(OwnedFd),
    /// Whoever is started is in.
    Open,
}

impl Entry {
    /// What a child is to write to before it becomes the app.
    pub(crate) fn procs(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Procs(fd) => Some(fd.as_fd()),
            Self::Open => None,
        }
    }
}

/// The one that was asked for, or the best there is.
pub(crate) fn choose(asked: Option<Kind>, account: &Account) -> io::Result<Box<dyn Containment>> {
    let uid = account.uid;
    match asked {
        Some(Kind::SystemdScope) => Ok(Box::new(Scope::new(uid)?)),
        Some(Kind::Cgroup) => Ok(Box::new(Cgroups::new(uid)?)),
        Some(Kind::Subreaper) => Ok(Box::new(Subreaper::new(account.clone()))),
        None => Ok(
            if scope::has_systemd()
                && rustix::process::geteuid().is_root()
                && let Ok(scope) = Scope::new(uid)
            {
                Box::new(scope)
            } else if let Ok(cgroups) = Cgroups::new(uid) {
                Box::new(cgroups)
            } else {
                Box::new(Subreaper::new(account.clone()))
            },
        ),
    }
}
