//! `test`, `check` and `soak`: which stages there are and in which order.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::{
    demo, place, shell,
    stages::Stages,
    tools::{self, Consent, Need, Tools},
    ui,
};

/// Tests that need no display, bus or keyring and no whole server.
const UNIT: &str = "not (package(acceptance) or package(packaging-checks) or ((package(shield) or package(launch)) and kind(test)))";
/// Whole programs on a display, a bus, a keyring, and as root.
const REAL: &str = "(package(acceptance) and not (binary(server) or binary(agent))) or ((package(shield) or package(launch)) and kind(test))";
/// The server's own once more: all but what is about PostgreSQL anyway, or about the file alone, and how long an unknown name
/// takes: there it can be told from a known one (docs/KNOWN-ISSUES.md).
const ON_POSTGRES: &str = "package(acceptance) and binary(server) \
                           and not (test(/^nodes::/) or test(/^migrations::/) or test(/^timing::an_unknown_name/))";
/// Held against the programs that read them.
const PACKAGING: &str = "package(packaging-checks)";

/// What a test run may leave out, for the hurry of one developer; continuous integration leaves nothing out.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Leave out everything that needs a display, a bus or a keyring.
    #[arg(long)]
    without_desktop: bool,
}

/// Tests run, passed, failed and skipped over all stages.
#[derive(Debug, Default)]
struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Tally {
    /// Takes the numbers out of the runner's summary, `Summary [ 1.2s] 5 tests run: 4 passed, 1 failed, 2 skipped`.
    fn read(&mut self, line: &str) {
        let Some((_, counts)) = line.split_once(" tests run: ").or_else(|| line.split_once(" test run: "))
        else {
            return;
        };
        for part in counts.split(',') {
            let mut words = part.split_whitespace();
            let (Some(Ok(count)), Some(what)) = (words.next().map(str::parse::<u64>), words.next()) else {
                continue;
            };
            match what {
                "passed" => self.passed += count,
                "failed" | "timed" | "exec" => self.failed += count,
                "skipped" => self.skipped += count,
                _ => {}
            }
        }
    }
}

/// Everything but the long forms.
///
/// # Errors
/// When a stage failed; the table names it.
pub(crate) fn run(consent: Consent, options: &Options) -> Result<()> {
    let mut stages = Stages::default();
    let mut tally = Tally::default();
    let mut is_kiosk_tried = false;
    let mut tools = None;
    stages.run("install what is missing", 6, || {
        tools = Some(tools::prepare(consent, &Need::ALL)?);
        Ok(())
    });
    let Some(tools) = tools else { return stages.finish() };
    stages.run("format", 1, || format(&tools));
    stages.run("interface: build", 2, || ui::build(&tools));
    stages.run("build", 12, || build_programs(&tools));
    if stages.has_failed() {
        return stages.finish();
    }
    stages.run("interface: types, lints, tests", 8, || {
        for script in ["check", "lint", "test", "test:browser"] {
            shell::run(tools.npm().args(["run", script]))?;
        }
        Ok(())
    });
    stages.run("lints", 6, || clippy(&tools));
    stages.run("documentation", 2, || document(&tools));
    stages.run("dependencies", 1, || dependencies(&tools));
    stages.run("unit, property, store, wire", 5, || nextest(&tools, &mut tally, UNIT));
    stages.run("packaging", 1, || nextest(&tools, &mut tally, PACKAGING));
    stages.run("stories on fakes, server", 6, || {
        nextest(&tools, &mut tally, "package(acceptance) and (binary(server) or binary(agent))")
    });
    stages.run("server on PostgreSQL", 5, || {
        let mut cargo = tools.cargo();
        run_nextest(cargo.env("TAPWARD_TEST_DATABASE", "postgres"), &mut tally, "default", ON_POSTGRES)
    });
    if !options.without_desktop {
        stages.run("real parts and end to end", 20, || nextest(&tools, &mut tally, REAL));
        stages.run("demo", 4, || demo::play(&[]));
        stages.run("kiosk session in a container", 2, || {
            is_kiosk_tried = try_kiosk()?;
            Ok(())
        });
    }
    println!();
    if !is_kiosk_tried {
        println!("NOT RUN: kiosk session in a container");
    }
    println!("NOT RUN on PostgreSQL, where it fails: how long an unknown name takes (docs/KNOWN-ISSUES.md)");
    println!("tests: {} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.skipped);
    stages.finish()
}

/// The quick half.
///
/// # Errors
/// When a stage failed.
pub(crate) fn check(consent: Consent) -> Result<()> {
    let mut stages = Stages::default();
    let mut tally = Tally::default();
    let tools = tools::prepare(consent, &[Need::Build, Need::Node, Need::CargoCompanions])?;
    stages.run("format", 1, || format(&tools));
    if !place::root().join("ui/dist/lock.html").exists() {
        stages.run("interface: build", 2, || ui::build(&tools));
    }
    stages.run("lints", 6, || clippy(&tools));
    stages.run("unit, property, store, wire", 5, || nextest(&tools, &mut tally, UNIT));
    stages.finish()
}

/// The long forms: the same tests with larger numbers, read by them from `TAPWARD_SOAK`.
///
/// # Errors
/// When a stage failed.
pub(crate) fn soak(consent: Consent) -> Result<()> {
    let mut stages = Stages::default();
    let mut tally = Tally::default();
    let tools = tools::prepare(consent, &Need::ALL)?;
    stages.run("interface: build", 2, || ui::build(&tools));
    stages.run("build", 12, || build_programs(&tools));
    stages.run("soak", 240, || {
        run_nextest(
            tools.cargo().env("TAPWARD_SOAK", "1").env("PROPTEST_CASES", "100000"),
            &mut tally,
            "soak",
            "all()",
        )
    });
    stages.finish()
}

/// Builds every program, and the agent once more with what only end-to-end tests may use.
pub(crate) fn build_programs(tools: &Tools) -> Result<()> {
    let programs = place::target().join("debug");
    shell::run(tools.cargo().args(["build", "--workspace", "--bins", "--features", "tapward-agent/e2e"]))?;
    let end_to_end = programs.join("tapward-agent-e2e");
    fs::copy(programs.join("tapward-agent"), &end_to_end)
        .with_context(|| format!("cannot copy the agent to {}", end_to_end.display()))?;
    shell::run(tools.cargo().args(["build", "--workspace", "--bins"]))?;
    shell::run(tools.cargo().args(["build", "--workspace", "--tests"]))
}

/// Whether this machine can run it; where it can, everything held.
fn try_kiosk() -> Result<bool> {
    /// What the script ends with where nothing was tried.
    const NOT_RUN: i32 = 77;

    let script = place::root().join("packaging/linux/try-in-a-container.sh");
    let mut command = tools::as_root(script);
    let status = command.arg("--programs").arg(place::target().join("debug")).status();
    let status = status.context("cannot start the container")?;
    match status.code() {
        Some(0) => Ok(true),
        Some(NOT_RUN) => Ok(false),
        Some(_) | None => bail!("the kiosk session in a container: {status}"),
    }
}

fn format(tools: &Tools) -> Result<()> {
    shell::run(tools.cargo().args(["fmt", "--all", "--check"]))
}

fn clippy(tools: &Tools) -> Result<()> {
    shell::run(tools.cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn document(tools: &Tools) -> Result<()> {
    shell::run(tools.cargo().env("RUSTDOCFLAGS", "-D warnings").args([
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
    ]))
}

fn dependencies(tools: &Tools) -> Result<()> {
    shell::run(tools.cargo().args(["shear"]))?;
    // The advisory database cannot be had everywhere; `.github/workflows` checks it where it can.
    shell::run(tools.cargo().args(["deny", "--log-level", "error", "check", "bans", "licenses", "sources"]))
}

fn nextest(tools: &Tools, tally: &mut Tally, filter: &str) -> Result<()> {
    run_nextest(&mut tools.cargo(), tally, "default", filter)
}

fn run_nextest(
    cargo: &mut std::process::Command,
    tally: &mut Tally,
    profile: &str,
    filter: &str,
) -> Result<()> {
    let arguments = ["nextest", "run", "--workspace", "--no-fail-fast", "--profile", profile, "-E", filter];
    shell::run_watched(cargo.args(arguments), |line| tally.read(line))
}
