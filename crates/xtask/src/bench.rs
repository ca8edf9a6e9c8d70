//! `bench`: builds releases and runs the `bench` program of the acceptance tests.

use anyhow::Result;

use crate::{
    place, shell,
    tools::{self, Consent, Need},
    ui,
};

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Only measurements whose name contains this, for example `badges`.
    #[arg(long)]
    only: Option<String>,
    /// Those of badges a few times only, to see that they can be measured.
    #[arg(long)]
    quick: bool,
    /// Measure the debug build instead of the release: quicker to build, and said in the report.
    #[arg(long)]
    debug_build: bool,
}

/// Builds and measures; writes `bench/report.json` into the target folder.
///
/// # Errors
/// When something cannot be built or measured; a missed figure is in the report and is no error.
pub(crate) fn run(consent: Consent, options: &Options) -> Result<()> {
    let tools = tools::prepare(consent, &[Need::Build, Need::Desktop, Need::Node])?;
    ui::build(&tools)?;
    let profile = if options.debug_build { "debug" } else { "release" };
    let mut build = tools.cargo();
    build.args(["build", "--workspace", "--bins", "--examples"]);
    if !options.debug_build {
        build.arg("--release");
    }
    shell::run(&mut build)?;
    let mut bench = shell::command(place::target().join(profile).join("bench"));
    bench.arg("--report").arg(place::target().join("bench/report.json"));
    if let Some(name) = &options.only {
        bench.arg("--only").arg(name);
    }
    if options.quick {
        bench.arg("--quick");
    }
    shell::run(&mut bench)
}
