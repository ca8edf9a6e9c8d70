//! Measures speed and memory on a private desktop. A missed figure is reported, never failed; one that could not be
//! measured fails.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program that prints a table")]
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

mod at_rest;
mod cover;
mod effort;
mod figure;
mod journey;
mod latency;
mod place;
mod processes;
mod sight;
mod sign_ins;
mod sizes;
mod taps;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use clap::Parser;

use crate::{effort::Effort, figure::Figure};

/// Measures, prints a table and writes the report.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the report goes.
    #[arg(long)]
    report: PathBuf,
    /// Only measurements whose name contains this: latency, cover, at_rest, sizes, badges.
    #[arg(long, default_value = "")]
    only: String,
    /// Those of badges a few times only, to see that they can be measured: no figure to be told.
    #[arg(long)]
    quick: bool,
}

/// Measures one thing on parts of its own.
type Measure = fn(Effort) -> Result<Vec<Figure>>;

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let effort = if arguments.quick { Effort::Quick } else { Effort::Full };
    let measurements: [(&str, Measure); 10] = [
        ("sizes", |_| sizes::measure()),
        ("cover", |_| cover::measure()),
        ("at_rest", |_| at_rest::measure()),
        ("latency.sign_in", |_| latency::sign_in()),
        ("latency.automatic_logoff", |_| latency::automatic_logoff()),
        ("badges.sign_in", taps::sign_in),
        ("badges.resume", taps::resume),
        ("badges.tap_over", taps::tap_over),
        ("badges.elsewhere", taps::elsewhere),
        ("badges.throughput", sign_ins::measure),
    ];
    let mut figures = Vec::new();
    let mut not_measured = Vec::new();
    for (name, measure) in measurements.iter().filter(|(name, _)| name.contains(&arguments.only)) {
        println!("measuring {name}…");
        match measure(effort) {
            Ok(more) => figures.extend(more),
            Err(fault) => not_measured.push(format!("{name}: {fault:#}")),
        }
        figures.sort_by_key(|figure| figure.unit != "ratio");
        // Each time: the harness fails by panicking, and what was measured before is not to be lost by that.
        write(&arguments.report, &figures)?;
    }
    figure::print(&figures);
    println!("{}", arguments.report.display());
    ensure!(not_measured.is_empty(), "not measured: {}", not_measured.join("; "));
    Ok(())
}

fn write(report: &Path, figures: &[Figure]) -> Result<()> {
    if let Some(folder) = report.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(report, serde_json::to_string_pretty(figures)?)
        .with_context(|| format!("cannot write {}", report.display()))
}
