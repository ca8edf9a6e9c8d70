//! The user interface: its packages, its build, its types.

use anyhow::Result;

use crate::{shell, tools::Tools};

/// Installs its packages and builds `ui/dist`.
///
/// # Errors
/// When npm fails.
pub(crate) fn build(tools: &Tools) -> Result<()> {
    shell::run(tools.npm().args(["ci", "--no-audit", "--no-fund"]))?;
    shell::run(tools.npm().args(["run", "build"]))
}

/// Writes the generated types anew.
///
/// # Errors
/// When the crate that owns them does not compile.
pub(crate) fn write_bindings() -> Result<()> {
    shell::run(shell::command("cargo").env("UPDATE_BINDINGS", "1").args([
        "test",
        "--quiet",
        "-p",
        "agent-runtime",
        "bindings",
    ]))
}
