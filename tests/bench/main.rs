//! Measures speed and memory on a private desktop. A missed figure is reported, never failed; one that could not be
//! measured fails.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program that prints a table")]
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

mod at_rest;
mod cover;
mod figure;
mod latency;
mod processes;
mod sizes;

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Parser;

use crate::figure::Figure;

/// Measures, prints a table and writes the report.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the report goes.
    #[arg(long)]
    report: PathBuf,
    /// Only measurements whose name contains this: latency, cover, at_rest, sizes.
    #[arg(long, default_value = "")]
    only: String,
}

/// Measures one thing on parts of its own.
type Measure = fn() -> Result<Vec<Figure>>;

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let measurements: [(&str, Measure); 5] = [
        ("sizes", sizes::measure),
        ("cover", cover::measure),
        ("at_rest", at_rest::measure),
        ("latency.sign_in", latency::sign_in),
        ("latency.automatic_logoff", latency::automatic_logoff),
    ];
    let mut figures = Vec::new();
    let mut not_measured = Vec::new();
    for (name, measure) in measurements.iter().filter(|(name, _)| name.contains(&arguments.only)) {
        println!("measuring {name}…");
        match measure() {
            Ok(more) => figures.extend(more),
            Err(fault) => not_measured.push(format!("{name}: {fault:#}")),
        }
    }
    figures.sort_by_key(|figure| figure.unit != "ratio");
    figure::print(&figures);
    if let Some(folder) = arguments.report.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&arguments.report, serde_json::to_string_pretty(&figures)?)
        .with_context(|| format!("cannot write {}", arguments.report.display()))?;
    println!("{}", arguments.report.display());
    ensure!(not_measured.is_empty(), "not measured: {}", not_measured.join("; "));
    Ok(())
}
