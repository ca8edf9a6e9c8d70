//! `Start`: a fresh home, a bus of its own, and the apps.

use std::{
    ffi::OsString,
    io,
    os::fd::{AsFd, BorrowedFd},
    path::{Path, PathBuf},
    process::Stdio,
};

use launch_contract::{Answer, App as Asked, Apps, Argv, Code, Display};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    pipe::{PipeFlags, pipe_with},
    process::Pid,
};
use uuid::Uuid;

use super::{App, Engine, STOPPED_MAX, Session};
use crate::{
    containment::APP_ENV,
    home,
    line::{LINE_ENV, Line},
    log,
    saving::Saving,
    spawn::{LINE_FD, Program},
};

const BUS: &str = "/usr/bin/dbus-daemon";
/// The leaf of the bus; no id has a dot.
const BUS_LEAF: &str = ".bus";
/// How long the bus is waited for.
const BUS_READY: Timespec = Timespec { tv_sec: 2, tv_nsec: 0 };

impl Engine {
    pub(super) fn start(&mut self, request: u64, id: Uuid, display: &Display, apps: &Apps) -> Answer {
        let failed = |code| Answer::Failed { code, left: 0 };
        if self.session.is_some() {
            return failed(Code::SessionRunning);
        }
        if self.wipe.is_needed() {
            return failed(Code::NotWiped);
        }
        if self.wipe.mark().is_err() {
            return failed(Code::HomeUnfit);
        }
        let environment = match self.furnish(id, display) {
            Ok(environment) => environment,
            Err(code) => {
                // What was made of it goes; a wipe that fails is said by the next one.
                let _ = self.wipe_now();
                return failed(code);
            }
        };
        self.session = Some(Session { id, apps: Vec::new(), environment, is_frozen: false });
        self.start_bus();
        for app in apps.as_slice() {
            let answer = match self.start_app(app) {
                Ok(()) => Answer::AppStarted { app: app.id.clone() },
                Err(because) => Answer::AppNotStarted { app: app.id.clone(), because },
            };
            self.say(request, answer);
        }
        Answer::Done { left: 0 }
    }

    /// Home, runtime directory and what the apps find there.
    fn furnish(&mut self, id: Uuid, display: &Display) -> Result<Vec<(OsString, OsString)>, Code> {
        let account = &self.wipe.account;
        let (home, runtime) = (self.wipe.home.path(), self.wipe.runtime.path());
        for place in [&self.wipe.home, &self.wipe.runtime] {
            place.make(account).map_err(|error| {
                log::line(&format!("{} cannot be made: {error}", place.path().display()));
                Code::HomeUnfit
            })?;
        }
        let service_manager = &self.service_manager;
        home::copy_skeleton(&self.skeleton, home, account, &|| service_manager.beat()).map_err(|error| {
            log::line(&format!("the skeleton cannot be copied: {error}"));
            Code::SkeletonUnreadable
        })?;
        let mut environment = home::environment(account, home, runtime);
        environment.push(("DISPLAY".into(), display.name.as_str().into()));
        if let Some(cookie) = &display.xauthority {
            let path = runtime.join("Xauthority");
            home::write_private(&path, cookie.as_bytes(), account).map_err(|_| Code::HomeUnfit)?;
            environment.push(("XAUTHORITY".into(), path.into()));
        }
        self.containment.open(id).map_err(|error| {
            log::line(&format!("no room for a session's processes: {error}"));
            Code::ContainmentFailed
        })?;
        Ok(environment)
    }

    /// Apps without a bus run all the same.
    fn start_bus(&mut self) {
        if !Path::new(BUS).exists() {
            return;
        }
        let socket = self.wipe.runtime.path().join("bus");
        match self.run_bus(&socket) {
            Ok(true) => {
                let mut address = OsString::from("unix:path=");
                address.push(&socket);
                if let Some(session) = &mut self.session {
                    session.environment.push(("DBUS_SESSION_BUS_ADDRESS".into(), address));
                }
            }
            Ok(false) => log::line("the bus of the apps did not start"),
            Err(error) => log::line(&format!("the bus of the apps did not start: {error}")),
        }
    }

    /// Whether it came to the point of telling its address.
    fn run_bus(&mut self, socket: &Path) -> io::Result<bool> {
        let words = [
            BUS,
            "--session",
            "--nofork",
            "--nopidfile",
            "--nosyslog",
            "--print-address=1",
            &format!("--address=unix:path={}", socket.display()),
        ];
        let argv = Argv::try_from(words.map(str::to_owned).to_vec()).map_err(io::Error::other)?;
        let (ours, theirs) = pipe_with(PipeFlags::CLOEXEC)?;
        self.run(BUS_LEAF, &argv, None, Some(Stdio::from(theirs)))?;
        let mut waited = [PollFd::new(&ours, PollFlags::IN)];
        poll(&mut waited, Some(&BUS_READY))?;
        Ok(waited[0].revents().contains(PollFlags::IN))
    }

    fn start_app(&mut self, asked: &Asked) -> Result<(), Code> {
        let pair = asked.contract.then(Line::pair).transpose().map_err(|_| Code::ProgramNotStarted)?;
        let theirs = pair.as_ref().map(|(_, theirs)| theirs.as_fd());
        self.run(asked.id.as_str(), &asked.argv, theirs, None).map_err(|error| code(&error))?;
        let app = App {
            id: asked.id.clone(),
            save: asked.save.clone(),
            line: pair.map(|(ours, _)| ours),
            saving: Saving::default(),
            hook: None,
            is_hook_due: false,
        };
        if let Some(session) = &mut self.session {
            session.apps.push(app);
        }
        Ok(())
    }

    /// Starts a program in a leaf; [`io::ErrorKind::TimedOut`] where it was stopped before it ran, or too many were.
    pub(super) fn run(
        &mut self,
        leaf: &str,
        argv: &Argv,
        line: Option<BorrowedFd<'_>>,
        output: Option<Stdio>,
    ) -> io::Result<Pid> {
        if self.stopped >= STOPPED_MAX {
            return Err(io::ErrorKind::TimedOut.into());
        }
        // It can take as long as what was stopped is given.
        self.service_manager.beat();
        let entry = self.containment.prepare(leaf).map_err(|error| {
            log::line(&format!("no room for the processes of {leaf}: {error}"));
            io::Error::new(io::ErrorKind::StorageFull, error)
        })?;
        let mut environment =
            self.session.as_ref().map(|session| session.environment.clone()).unwrap_or_default();
        environment.push((APP_ENV.into(), leaf.into()));
        if line.is_some() {
            environment.push((LINE_ENV.into(), LINE_FD.to_string().into()));
        }
        let home: PathBuf = self.wipe.home.path().to_owned();
        let program = Program {
            argv,
            account: &self.wipe.account,
            environment: &environment,
            home: &home,
            procs: entry.procs(),
            line,
            output,
        };
        let started = program.start();
        if started.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            log::line(&format!("{leaf} was stopped before it ran"));
            self.stopped += 1;
        }
        let pid = started?;
        self.containment.joined(leaf, pid);
        Ok(pid)
    }
}

fn code(error: &io::Error) -> Code {
    if error.kind() == io::ErrorKind::NotFound {
        Code::ProgramMissing
    } else if error.kind() == io::ErrorKind::PermissionDenied {
        Code::ProgramNotAllowed
    } else if error.kind() == io::ErrorKind::StorageFull {
        Code::ContainmentFailed
    } else {
        Code::ProgramNotStarted
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, collections::BTreeSet, os::fd::OwnedFd, rc::Rc};

    use daemon::service_manager::ServiceManager;
    use launch_contract::{AgentMessage, Containment as Kind, LauncherMessage, Verb};

    use super::*;
    use crate::{
        account::Account,
        containment::{Containment, Entry},
        home::Place,
        wipe::{Spooler, Wipe},
    };

    /// Whoever is to come into one of its leaves is stopped there.
    #[derive(Debug)]
    struct Stopping {
        full: OwnedFd,
        _reader: OwnedFd,
        tried: Rc<Cell<u32>>,
    }

    impl Containment for Stopping {
        fn kind(&self) -> Kind {
            Kind::Cgroup
        }

        fn can_freeze(&self) -> bool {
            false
        }

        fn open(&mut self, _session: Uuid) -> io::Result<()> {
            Ok(())
        }

        fn prepare(&mut self, leaf: &str) -> io::Result<Entry> {
            if leaf == BUS_LEAF {
                return Err(io::ErrorKind::Unsupported.into());
            }
            self.tried.set(self.tried.get() + 1);
            Ok(Entry::Procs(self.full.try_clone()?))
        }

        fn joined(&mut self, leaf: &str, _pid: Pid) {
            panic!("{leaf} was started");
        }

        fn populated(&mut self) -> io::Result<BTreeSet<String>> {
            Ok(BTreeSet::new())
        }

        fn members(&mut self, _leaf: &str) -> io::Result<Vec<Pid>> {
            Ok(Vec::new())
        }

        fn freeze(&mut self, _is_frozen: bool) -> io::Result<()> {
            Ok(())
        }

        fn kill(&mut self, _leaf: &str) -> io::Result<()> {
            Ok(())
        }

        fn clear(&mut self) -> io::Result<u32> {
            Ok(0)
        }
    }

    #[test]
    fn once_three_apps_were_stopped_before_they_ran_the_others_are_told_not_to_have_started() {
        let places = tempfile::tempdir().expect("a folder");
        let place = |name: &str| Place::new(places.path().join(name)).expect("absolute");
        let (reader, full) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).expect("a pipe");
        while rustix::io::write(&full, &[0; 4096]).is_ok() {}
        rustix::fs::fcntl_setfl(&full, rustix::fs::OFlags::empty()).expect("it blocks");
        let tried = Rc::new(Cell::new(0));
        let containment = Stopping { full, _reader: reader, tried: Rc::clone(&tried) };
        let (uid, gid) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
        let kind = launch_contract::Account::Shared;
        let account = Account { kind, name: "apps".to_owned(), uid, gid, groups: Vec::new() };
        let nothing = PathBuf::from("/nonexistent");
        let wipe = Wipe {
            account,
            home: place("home"),
            runtime: place("run"),
            places: Vec::new(),
            spooler: Spooler { socket: nothing.clone(), cancel: nothing.clone() },
        };
        let manager = ServiceManager::default();
        let mut engine =
            Engine::new(wipe, nothing, Box::new(containment), std::time::Duration::ZERO, manager);
        let app = |at: u32| Asked {
            id: format!("app-{at}").parse().expect("an id"),
            argv: vec!["/bin/true".to_owned()].try_into().expect("a command"),
            save: None,
            contract: false,
        };
        let display = Display { name: ":0".parse().expect("a display"), xauthority: None };
        let apps = (0..5).map(app).collect::<Vec<_>>().try_into().expect("apps");

        let verb = Verb::Start { session: Uuid::nil(), display, apps };
        engine.asked(AgentMessage { request: 1, verb }, std::time::Duration::ZERO);

        let not = |at: u32| Answer::AppNotStarted { app: app(at).id, because: Code::ProgramNotStarted };
        let said: Vec<_> = (0..5).map(not).chain([Answer::Done { left: 0 }]).collect();
        let said: Vec<_> =
            said.into_iter().map(|answer| LauncherMessage::Answer { request: 1, answer }).collect();
        assert_eq!((engine.take_said(), tried.get()), (said, 3));
    }
}
