//! A transient scope of systemd: it survives us, and `systemctl` shows it.
//!
//! systemd makes the scope around one process of ours that does nothing ([`KEEPER`]) and delegates it; the leaves in it
//! are control groups like those we make ourselves.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Stdio},
    task::{Context, Poll, Waker},
    time::Duration,
};

use launch_contract::Containment as Kind;
use rustix::process::Pid;
use uuid::Uuid;
use zbus::Variant;

use super::{Cgroups, Containment, Entry, SETTLE, cgroup};
use crate::clock;

/// The argument with which we do nothing until our standard input ends.
pub(crate) const KEEPER: &str = "--keep-scope";
/// How long systemd is given to make a scope.
const ASKED: Duration = Duration::from_secs(5);
const SLICE: &str = "tapward.slice";
const PREFIX: &str = "tapward-session-";
/// Within the scope; the keeper is not in it, and is never frozen.
const APPS: &str = "apps";

/// The scope of a session.
#[derive(Debug)]
pub(crate) struct Scope {
    mount: PathBuf,
    /// What all of ours begin with.
    prefix: String,
    session: Option<Session>,
}

#[derive(Debug)]
struct Session {
    /// Lives while this is held.
    _keeper: ChildStdin,
    apps: Cgroups,
}

/// Whether systemd is what runs this machine.
pub(crate) fn has_systemd() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

impl Scope {
    pub(crate) fn new(uid: u32) -> io::Result<Self> {
        Ok(Self { mount: cgroup::mount()?, prefix: format!("{PREFIX}{uid}-"), session: None })
    }

    fn apps(&mut self) -> io::Result<&mut Cgroups> {
        Ok(&mut self.session.as_mut().ok_or(io::ErrorKind::NotFound)?.apps)
    }

    /// Where systemd has put the process, once it is in a scope of this name.
    fn scope_of(&self, pid: u32, name: &str) -> Option<PathBuf> {
        let cgroup = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
        let group = cgroup::group_in(&cgroup)?;
        group.ends_with(name).then(|| self.mount.join(group))
    }
}

impl Containment for Scope {
    fn kind(&self) -> Kind {
        Kind::SystemdScope
    }

    fn can_freeze(&self) -> bool {
        // systemd 243 and the kernel's freezer came in the same year; `freeze` tells where it is not so.
        true
    }

    fn open(&mut self, session: Uuid) -> io::Result<()> {
        let mut keeper = Command::new("/proc/self/exe")
            .arg(KEEPER)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let name = format!("{}{session}.scope", self.prefix);
        let mut scope = None;
        let asked = start_scope(&name, keeper.id());
        if asked.is_ok() {
            clock::wait(SETTLE, || {
                scope = self.scope_of(keeper.id(), &name);
                scope.is_some()
            });
        }
        let (Some(scope), Some(held)) = (scope, keeper.stdin.take()) else {
            let _ = keeper.kill();
            let _ = keeper.wait();
            return Err(asked.err().unwrap_or_else(|| io::ErrorKind::TimedOut.into()));
        };
        let apps = scope.join(APPS);
        fs::create_dir(&apps)?;
        let mut apps = Cgroups::in_group(apps);
        apps.open(session)?;
        self.session = Some(Session { _keeper: held, apps });
        Ok(())
    }

    fn prepare(&mut self, leaf: &str) -> io::Result<Entry> {
        self.apps()?.prepare(leaf)
    }

    fn joined(&mut self, _leaf: &str, _pid: Pid) {
        // The kernel keeps the list.
    }

    fn populated(&mut self) -> io::Result<BTreeSet<String>> {
        self.session.as_mut().map_or_else(|| Ok(BTreeSet::new()), |session| session.apps.populated())
    }

    fn members(&mut self, leaf: &str) -> io::Result<Vec<Pid>> {
        self.apps()?.members(leaf)
    }

    fn freeze(&mut self, is_frozen: bool) -> io::Result<()> {
        self.session.as_mut().map_or(Ok(()), |session| session.apps.freeze(is_frozen))
    }

    fn kill(&mut self, leaf: &str) -> io::Result<()> {
        self.session.as_mut().map_or(Ok(()), |session| session.apps.kill(leaf))
    }

    fn clear(&mut self) -> io::Result<u32> {
        let mut left = 0;
        let slice = self.mount.join(SLICE);
        let scopes = match fs::read_dir(&slice) {
            Ok(scopes) => scopes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        for scope in scopes {
            let scope = scope?;
            if scope.file_name().to_str().is_some_and(|name| name.starts_with(&self.prefix)) {
                left += cgroup::clear(&scope.path());
            }
        }
        // The keeper went with its scope, or goes because its standard input ends here. Not by its number, which may be
        // somebody else's: the loop reaps whoever ended.
        self.session = None;
        Ok(left)
    }
}

/// Asks the manager of the system for a scope around a process, delegated to us.
fn start_scope(name: &str, pid: u32) -> io::Result<()> {
    let properties: Vec<(&str, Variant<'_>)> = vec![
        ("PIDs", Variant::from(vec![pid])),
        ("Delegate", Variant::from(true)),
        ("Slice", Variant::from(SLICE)),
        ("CollectMode", Variant::from("inactive-or-failed")),
        ("Description", Variant::from("Clinical apps of one session")),
        // At a shutdown they are stopped when the session has ended (packaging/linux/systemd).
        ("Before", Variant::from(vec!["tapward-session-pre.target"])),
    ];
    let others: Vec<(&str, Vec<(&str, Variant<'_>)>)> = Vec::new();
    let asked = async {
        let bus = zbus::Connection::system().await?;
        bus.call_method(
            Some("org.freedesktop.systemd1"),
            "/org/freedesktop/systemd1",
            Some("org.freedesktop.systemd1.Manager"),
            "StartTransientUnit",
            &(name, "fail", properties, others),
        )
        .await
    };
    wait_for(asked).ok_or(io::ErrorKind::TimedOut)?.map(|_| ()).map_err(io::Error::other)
}

/// What comes of it, unless that takes too long. The bus has a thread of its own that drives it.
fn wait_for<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    let mut done = None;
    clock::wait(ASKED, || {
        done = match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        };
        done.is_some()
    });
    done
}
