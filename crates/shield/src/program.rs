//! The program: what it was asked for, what it says, and the codes it ends with.

use std::{io::Write, process::ExitCode};

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

use crate::{
    agent,
    arguments::{self, HELP, Task},
    clock,
    cover::Cover,
    log,
    shell::{Fault, Shell},
    signals::Signals,
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
        Ok(Task::Run(launch)) => run(launch),
        Ok(Task::Check) => check(),
        Ok(Task::Version) => print(concat!("tapward-shield ", env!("CARGO_PKG_VERSION"), "\n")),
        Ok(Task::Help) => print(HELP),
        Err(wrong) => {
            log::line(&format!("{wrong}; see --help"));
            ExitCode::from(USAGE)
        }
    }
}

fn run(launch: agent::Launch) -> ExitCode {
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
    let cover = match Cover::connect() {
        Ok(cover) => cover,
        Err(error) => {
            log::line(&error.to_string());
            return ExitCode::from(NO_DISPLAY);
        }
    };
    match Shell::run(cover, signals, launch) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault @ (Fault::Cover(_) | Fault::System(_))) => {
            log::line(&fault.to_string());
            ExitCode::from(LOST)
        }
    }
}

fn check() -> ExitCode {
    let checked = Cover::connect().and_then(|mut cover| {
        let monitors = cover.monitors();
        let is_held = cover.hold_input(clock::now().awake)?;
        cover.release_input()?;
        Ok((monitors, is_held))
    });
    match checked {
        Ok((monitors, is_held)) => {
            let mut text = String::new();
            for (x, y, width, height) in monitors {
                text += &format!("monitor {width}x{height}+{x}+{y}\n");
            }
            text += if is_held { "input can be held\n" } else { "input is held by another program\n" };
            let printed = print(&text);
            if is_held { printed } else { ExitCode::from(TAKEN) }
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
