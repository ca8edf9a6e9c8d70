//! `tapward-agent`: reads the command line, hardens the process, and hands over.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use agent_platform::screen::inherit_shield_socket;
use anyhow::Context as _;
use clap::{CommandFactory as _, Parser as _};
use tapward_agent::{
    cli::{Cli, Command},
    doctor, enrol, hardening, wiring,
};

fn main() -> ExitCode {
    // First of all: whatever is started before this would inherit the socket.
    let shield = inherit_shield_socket();
    let outcome = hardening::apply().and_then(|()| {
        let cli = Cli::parse();
        let Cli { config, log_format, command } = cli;
        match command {
            Command::Run => wiring::run(&config, log_format, shield),
            Command::Enrol { server, code_file } => {
                enrol::enrol(&config, log_format, server.as_deref(), code_file.as_deref())
            }
            Command::Doctor(options) => doctor::doctor(&config, log_format, options),
            Command::Completions { shell } => print(|page| {
                clap_complete::generate(shell, &mut Cli::command(), "tapward-agent", page);
                Ok(())
            }),
            Command::Man { to: None } => print(|page| clap_mangen::Man::new(Cli::command()).render(page)),
            Command::Man { to: Some(folder) } => clap_mangen::generate_to(Cli::command(), &folder)
                .with_context(|| format!("no page can be written into `{}`", folder.display())),
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The log may not have started yet.
            let _ = writeln!(io::stderr(), "tapward-agent: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Written in one go: a generator that writes by itself panics when its reader has gone.
fn print(generate: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> anyhow::Result<()> {
    let mut page = Vec::new();
    generate(&mut page).and_then(|()| io::stdout().write_all(&page)).context("nobody reads what is printed")
}
