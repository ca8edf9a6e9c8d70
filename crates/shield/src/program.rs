//! The program: what it was asked for, what it says, and the codes it ends with.

use std::{io::Write, process::ExitCode};

use daemon::signals::Signals;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

use crate::{
    agent,
    arguments::{self, HELP, Task},
    clock,
    cover::{Cover, DisplayServer},
    log,
    shell::{Fault, Shell},
    watchdog,
};

/// The input is taken (`--check`).
const TAKEN: u8 = 1;
/// `EX_USAGE` of sysexits.h.
const USAGE: u8 = 64;
/// `EX_UNAVAILABLE`: there is nothing to cover.
const NO_DISPLAY: u8 = 69;
/// `EX_SOFTWARE`: it went away, or the system refused.
const LOST: u8 = 70;

/// The program `tapward-shield`, with the arguments it was started with.
#[must_use]
pub fn main() -> ExitCode {
    match arguments::parse(std::env::args_os().skip(1)) {
        Ok(Task::Run { launch, server }) => run(launch, server.unwrap_or_else(of_environment)),
        Ok(Task::Check { server }) => check(server.unwrap_or_else(of_environment)),
        Ok(Task::Version) => print(concat!("tapward-shield ", env!("CARGO_PKG_VERSION"), "\n")),
        Ok(Task::Help) => print(HELP),
        Err(wrong) => {
            log::line(&format!("{wrong}; see --help"));
            ExitCode::from(USAGE)
        }
    }
}

fn of_environment() -> DisplayServer {
    let variable = |name| std::env::var_os(name);
    DisplayServer::of_environment(variable("WAYLAND_DISPLAY").as_deref(), variable("DISPLAY").as_deref())
}

fn run(mut launch: agent::Launch, server: DisplayServer) -> ExitCode {
    launch.server = server;
    watchdog::prepare();
    watchdog::set_alarm();
    // Nothing secret is in a core file of ours, but the agent has our limit: `docs/SECURITY-PROPERTIES.md`. It is
    // refused where the machine allows none already, which is no reason to cover nothing.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(1), maximum: Some(1) });
    let signals = match Signals::block() {
        Ok(signals) => signals,
        Err(error) => {
            log::line(&format!("signals cannot be waited for: {error}"));
            return ExitCode::from(LOST);
        }
    };
    let cover = match Cover::connect(server) {
        Ok(cover) => cover,
        Err(error) => {
            log::line(&error.to_string());
            return ExitCode::from(NO_DISPLAY);
        }
    };
    for shortcoming in cover.shortcomings() {
        log::line(shortcoming);
    }
    match Shell::run(cover, signals, launch) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault @ (Fault::Cover(_) | Fault::System(_))) => {
            log::line(&fault.to_string());
            ExitCode::from(LOST)
        }
    }
}

fn check(server: DisplayServer) -> ExitCode {
    watchdog::prepare();
    watchdog::set_alarm();
    match Cover::connect(server).and_then(|mut cover| cover.check(clock::now().awake)) {
        Ok(checked) => {
            let printed = print(&checked.text);
            if checked.is_free { printed } else { ExitCode::from(TAKEN) }
        }
        Err(error) => {
            log::line(&error.to_string());
            ExitCode::from(NO_DISPLAY)
        }
    }
}

fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(LOST),
    }
}
