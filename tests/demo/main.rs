//! Plays a nurse's day on a private desktop, with real parts, and shows where the proof lies.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program to be watched")]

mod badges;
mod besides;
mod keep;
mod story;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

/// Plays the story; ends with a failure when it did not go as it must.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where pictures, logs and the audit record are kept; emptied first.
    #[arg(long)]
    keep: PathBuf,
    /// Leave everything running afterwards, for a person to try.
    #[arg(long)]
    interactive: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut keep = keep::Keep::in_folder(&arguments.keep)?;
    let outcome = badges::play(&mut keep)
        .and_then(|()| besides::play(&mut keep))
        .and_then(|()| story::play(&mut keep, arguments.interactive));
    keep.print_table();
    outcome
}
