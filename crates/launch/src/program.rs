//! The program: what it was asked for, what it says, and the codes it ends with.

use std::{
    io::{self, Read, Write},
    path::PathBuf,
    process::ExitCode,
};

use daemon::{service_manager::ServiceManager, signals::Signals};
use launch_contract::{Account as Kind, Code, Containment};
use rustix::process::set_child_subreaper;

use crate::{
    account::{self, Account, Unfit},
    arguments::{self, Form, HELP, Options, Task},
    check::{Report, SHARED_CANNOT_WIPE},
    containment::{self, processes},
    conversation::{Conversation, Listener},
    engine::Engine,
    home::Place,
    log, privileges,
    shell::{Desk, Door, Shell},
    spawn,
    wipe::Wipe,
};

/// `EX_USAGE` of sysexits.h.
const USAGE: u8 = 64;
/// `EX_UNAVAILABLE`: nobody can speak to us.
const NO_SOCKET: u8 = 69;
/// `EX_SOFTWARE`: the system refused.
const REFUSED: u8 = 70;

/// The program `tapward-launch`, with the arguments it was started with.
#[must_use]
pub fn main() -> ExitCode {
    match arguments::parse(std::env::args_os().skip(1)) {
        Ok(Task::Run(options)) => run(&options),
        Ok(Task::Check(options, form)) => check(&options, form),
        Ok(Task::Keep) => keep(),
        Ok(Task::Version) => print(concat!("tapward-launch ", env!("CARGO_PKG_VERSION"), "\n")),
        Ok(Task::Help) => print(HELP),
        Err(wrong) => {
            log::line(&format!("{wrong}; see --help"));
            ExitCode::from(USAGE)
        }
    }
}

fn run(options: &Options) -> ExitCode {
    match serve(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Fault::Usage(wrong)) => {
            log::line(wrong);
            ExitCode::from(USAGE)
        }
        Err(Fault::Socket(error)) => {
            log::line(&format!("no socket: {error}"));
            ExitCode::from(NO_SOCKET)
        }
        Err(Fault::System(error)) => {
            log::line(&format!("the system refused: {error}"));
            ExitCode::from(REFUSED)
        }
    }
}

enum Fault {
    Usage(&'static str),
    Socket(io::Error),
    System(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

fn serve(options: &Options) -> Result<(), Fault> {
    let is_root = rustix::process::geteuid().is_root();
    if is_root == options.is_inherited {
        return Err(Fault::Usage(if is_root {
            "--inherited is for an agent that is not root"
        } else {
            "only root can run apps as another user; one shared account uses --inherited"
        }));
    }
    privileges::drop_unneeded()?;
    let (agent, listener) = if options.is_inherited {
        (Some(Conversation::inherited().map_err(Fault::Socket)?), None)
    } else {
        (None, Some(Listener::from_environment().map_err(Fault::Socket)?))
    };
    spawn::reserve_line()?;
    let signals = Signals::block()?;
    set_child_subreaper(Some(rustix::process::getpid())).map_err(io::Error::from)?;
    let agent_entry = account::agent(&options.agent_user);
    let service_manager = ServiceManager::from_environment();
    let desk = match find_account(options) {
        Ok(account) => {
            let wipe = wipe_of(options, account)
                .ok_or(Fault::Usage("--home and --runtime are absolute paths without .."))?;
            let containment = containment::choose(options.containment, &wipe.account)?;
            let mut engine = Engine::new(
                wipe,
                options.skeleton.clone(),
                containment,
                options.orphan_after,
                service_manager,
            );
            engine.service_manager.is_ready();
            if engine.has_something() {
                log::line("something of an earlier session is there");
                engine.end();
            }
            Desk::Open(Box::new(engine))
        }
        Err(unfit) => {
            log::line(&format!("no app can be run as {}: {unfit}", options.user));
            service_manager.is_ready();
            Desk::Closed(service_manager)
        }
    };
    let door = match listener {
        // Where there is no agent account, root alone may ask.
        Some(listener) => Door::Listener(listener, agent_entry.map_or(0, |entry| entry.uid)),
        None => Door::Inherited,
    };
    Ok(Shell { desk, door, agent, signals }.run()?)
}

fn find_account(options: &Options) -> Result<Account, Unfit> {
    if options.is_inherited {
        return Account::shared();
    }
    // Without an agent account nobody but root asks, and root's groups are left out anyhow.
    let agent = account::agent(&options.agent_user).ok_or(Unfit::Missing)?;
    Account::separate(&options.user, &agent)
}

fn wipe_of(options: &Options, account: Account) -> Option<Wipe> {
    let (home, runtime) = match account.kind {
        Kind::Separate => ("/var/lib/tapward-session".into(), "/run/tapward-session".into()),
        Kind::Shared => shared_places(),
    };
    Some(Wipe {
        account,
        home: Place::new(options.home.clone().unwrap_or(home))?,
        runtime: Place::new(options.runtime.clone().unwrap_or(runtime))?,
        places: options.places.clone(),
        spooler: options.spooler.clone(),
    })
}

/// Home and runtime directory below the agent's own.
fn shared_places() -> (PathBuf, PathBuf) {
    let of = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let state = of("XDG_STATE_HOME").or_else(|| of("HOME").map(|home| home.join(".local/state")));
    let runtime = of("XDG_RUNTIME_DIR");
    let place = |parent: Option<PathBuf>| parent.unwrap_or_default().join("tapward-session");
    (place(state), place(runtime))
}

fn check(options: &Options, form: Form) -> ExitCode {
    let report = match find_account(options) {
        Ok(account) => examine(options, account),
        Err(unfit) => {
            log::line(&format!("no app can be run as {}: {unfit}", options.user));
            Report {
                account: if options.is_inherited { Kind::Shared } else { Kind::Separate },
                user: options.user.clone(),
                uid: None,
                containment: Containment::Subreaper,
                can_freeze: false,
                problem: Some(Code::AccountUnfit),
                cannot_wipe: Vec::new(),
            }
        }
    };
    match write(&report.print(form)) {
        Ok(()) => ExitCode::from(report.verdict()),
        Err(_) => ExitCode::from(REFUSED),
    }
}

fn examine(options: &Options, account: Account) -> Report {
    // With the rights that are there when apps are run.
    let are_seen =
        !account.is_separate() || (privileges::drop_unneeded().is_ok() && processes::are_seen().is_ok());
    if !are_seen {
        log::line("/proc hides the processes of others: mount it without hidepid=, or with gid=0");
    }
    let containment = containment::choose(options.containment, &account);
    let cannot_wipe = if account.is_separate() {
        let is_closed = |place: &&PathBuf| {
            std::fs::read_dir(place).is_err_and(|error| error.kind() != io::ErrorKind::NotFound)
        };
        let files = options.places.iter().filter(is_closed).map(|_| Code::FilesLeft).take(1);
        files.chain(options.spooler.keeps_jobs().then_some(Code::PrintJobsLeft)).collect()
    } else {
        SHARED_CANNOT_WIPE.to_vec()
    };
    let (kind, user, uid) = (account.kind, account.name.clone(), account.uid);
    let is_fit = wipe_of(options, account).is_some_and(|wipe| {
        [&wipe.home, &wipe.runtime].iter().all(|place| place.check(&wipe.account).is_ok())
    });
    let problem = match (&containment, is_fit, are_seen) {
        (Err(_), _, _) => Some(Code::ContainmentFailed),
        (Ok(_), false, _) => Some(Code::HomeUnfit),
        (Ok(_), true, false) => Some(Code::ProcessesHidden),
        (Ok(_), true, true) => None,
    };
    Report {
        account: kind,
        user,
        uid: Some(uid),
        containment: containment.as_ref().map_or(Containment::Subreaper, |one| one.kind()),
        can_freeze: containment.as_ref().is_ok_and(|one| one.can_freeze()),
        problem,
        cannot_wipe,
    }
}

/// Holds a scope of systemd's open, until whoever started us is gone.
fn keep() -> ExitCode {
    let _ = io::stdin().read_to_end(&mut Vec::new());
    ExitCode::SUCCESS
}

fn print(text: &str) -> ExitCode {
    match write(text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(REFUSED),
    }
}

fn write(text: &str) -> io::Result<()> {
    io::stdout().write_all(text.as_bytes())
}
