//! `windows`: lints every crate but the Tauri shell, and the acceptance tests that drive it, for Windows, with a
//! toolchain made from Debian's packages, because rustup's own library for that target cannot be had everywhere.

use anyhow::Result;

use crate::{
    place, shell,
    tools::{self, Consent, Need},
};

/// Makes the toolchain once, then lints.
///
/// # Errors
/// When the toolchain cannot be made or a lint complains.
pub(crate) fn clippy(consent: Consent) -> Result<()> {
    tools::prepare(consent, &[Need::Build])?;
    shell::run(
        shell::command("bash")
            .arg("packaging/windows/toolchain.sh")
            .arg(place::target().join("tools/windows-toolchain")),
    )?;
    lint(&["--workspace", "--exclude", "tapward-agent", "--exclude", "acceptance", "--exclude", "shield"])?;
    // Beside the shield lies a test's part, which is a program for X11.
    lint(&["--package", "shield", "--lib", "--bin", "tapward-shield"])
}

fn lint(what: &[&str]) -> Result<()> {
    shell::run(
        shell::command("rustup")
            .args(["run", "win", "cargo", "clippy", "--target", "x86_64-pc-windows-gnu"])
            .args(what)
            .args(["--", "-D", "warnings"]),
    )
}
