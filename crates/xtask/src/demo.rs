//! `demo`: builds everything and plays the story of the `demo` program of the acceptance tests.

use anyhow::Result;

use crate::{
    place, shell, test,
    tools::{self, Consent, Need},
    ui,
};

/// How to play it.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Leave it running afterwards, for a person to try.
    #[arg(long)]
    interactive: bool,
}

/// Installs, builds, plays.
///
/// # Errors
/// When something cannot be installed or built, or the story did not go as it must.
pub(crate) fn run(consent: Consent, options: &Options) -> Result<()> {
    let tools = tools::prepare(consent, &[Need::Build, Need::Desktop, Need::Node])?;
    ui::build(&tools)?;
    test::build_programs(&tools)?;
    play(if options.interactive { &["--interactive"] } else { &[] })
}

/// Plays it with what is built.
///
/// # Errors
/// When the story did not go as it must.
pub(crate) fn play(arguments: &[&str]) -> Result<()> {
    let program = place::target().join("debug/demo");
    let mut command = shell::command(program);
    command.arg("--keep").arg(place::target().join("demo")).args(arguments);
    shell::run(&mut command)
}
