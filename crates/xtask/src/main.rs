//! The repository's own commands, run as `cargo xtask …`.
//!
//! They install what a fresh Debian or Ubuntu machine lacks, build with one target folder, and start
//! every real part privately, so that nothing is set up by hand.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks on its terminal")]

mod bench;
mod demo;
mod place;
mod shell;
mod stages;
mod test;
mod tools;
mod ui;
mod windows;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Build, show, test and measure Tapward.
///
/// Examples:
///   cargo xtask demo                 the whole story on a virtual screen, with pictures
///   cargo xtask demo --interactive   leave it running to try it yourself
///   cargo xtask test                 everything that must hold, as continuous integration runs it
///   cargo xtask check                the quick half of it, before each commit
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, verbatim_doc_comment)]
struct Arguments {
    /// Install missing packages without asking (also when the variable `CI` is set).
    #[arg(long, global = true)]
    yes: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play a nurse's day on a virtual desktop with real parts, and show where the proof lies.
    Demo(demo::Options),
    /// Run every test but the long forms; prints a table of stages with their budgets.
    Test(test::Options),
    /// Run the quick half of the tests: format, lints, unit tests.
    Check,
    /// Run the long forms: more cases, more kills, more hours of fake time.
    Soak,
    /// Measure speed and memory; writes `target/bench/report.json`.
    Bench(bench::Options),
    /// Write the TypeScript types of the view model anew.
    Bindings,
    /// Build the user interface only.
    Ui,
    /// Lint every crate but the Tauri shell for Windows (builds that toolchain first).
    Windows,
    /// Install what is missing, and nothing else.
    Install,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Words, and no backtrace: what failed is a command that was run, not a line of this crate.
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let consent = tools::Consent::new(arguments.yes);
    match arguments.command {
        Command::Demo(options) => demo::run(consent, &options),
        Command::Test(options) => test::run(consent, &options),
        Command::Check => test::check(consent),
        Command::Soak => test::soak(consent),
        Command::Bench(options) => bench::run(consent, &options),
        Command::Bindings => ui::write_bindings(),
        Command::Ui => ui::build(&tools::prepare(consent, &[tools::Need::Build, tools::Need::Node])?),
        Command::Windows => windows::clippy(consent),
        Command::Install => tools::prepare(consent, &tools::Need::ALL).map(drop),
    }
}
