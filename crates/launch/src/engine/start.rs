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

use super::{App, Engine, Session};
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

    /// Starts a program in a leaf.
    pub(super) fn run(
        &mut self,
        leaf: &str,
        argv: &Argv,
        line: Option<BorrowedFd<'_>>,
        output: Option<Stdio>,
    ) -> io::Result<Pid> {
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
        let pid = program.start()?;
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
