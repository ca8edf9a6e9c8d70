//! Asking another program what it thinks of a file.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

/// What a program said, and whether it ended well.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Whether it ended with 0.
    pub is_success: bool,
    /// Both of its outputs, trimmed.
    pub said: String,
}

impl Verdict {
    /// Neither a failure nor a word: several tools warn, and end with 0.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.is_success && self.said.is_empty()
    }
}

/// Runs it to its end.
///
/// # Errors
/// When it cannot be started: `cargo xtask install` brings what is missing.
pub fn judge(command: &mut Command) -> Result<Verdict> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{program}`: `cargo xtask install` brings it"))?;
    let both = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok(Verdict { is_success: output.status.success(), said: both.concat().trim().to_owned() })
}

/// A program that needs root's rights, as a continuous integration's user gets them.
///
/// # Errors
/// When nobody can say who we are.
pub fn as_root(program: &str) -> Result<Command> {
    Ok(if judge(Command::new("id").arg("-u"))?.said == "0" {
        Command::new(program)
    } else {
        let mut command = Command::new("sudo");
        command.args(["-n", program]);
        command
    })
}
