//! The built programs, and running one to its end.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

/// Where the built programs are: beside the program that runs this.
///
/// # Panics
/// When this program's own path is not known.
#[must_use]
pub fn program_path(name: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let mut folder = here.parent().unwrap().to_path_buf();
    if folder.ends_with("deps") || folder.ends_with("examples") {
        folder.pop();
    }
    folder.join(name)
}

/// One of the built programs, ready for arguments.
#[must_use]
pub fn program(name: &str) -> Command {
    Command::new(program_path(name))
}

/// Runs `command` to its end and returns what it printed.
///
/// # Errors
/// When it fails; its words are in the error.
pub fn output(command: &mut Command) -> Result<String> {
    output_with(command, "")
}

/// As [`output`], with `input` on its standard input.
///
/// # Errors
/// As [`output`].
pub fn output_with(command: &mut Command, input: &str) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {name}"))?;
    let mut stdin = child.stdin.take().context("standard input")?;
    std::io::Write::write_all(&mut stdin, input.as_bytes())?;
    drop(stdin);
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("{name} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}
