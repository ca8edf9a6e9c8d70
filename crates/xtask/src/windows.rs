//! `windows`: lints every crate but the Tauri shell for Windows, with a toolchain made from Debian's
//! packages, because rustup's own library for that target cannot be had everywhere.

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
    let tools = tools::prepare(consent, &[Need::Build])?;
    shell::run(
        shell::command("bash")
            .arg("packaging/windows/toolchain.sh")
            .arg(place::target().join("tools/windows-toolchain")),
    )?;
    shell::run(tools.cargo().env_remove("RUSTUP_TOOLCHAIN").args([
        "+win",
        "clippy",
        "--workspace",
        "--exclude",
        "tapward-agent",
        "--exclude",
        "shield",
        "--exclude",
        "acceptance",
        "--exclude",
        "xtask",
        "--target",
        "x86_64-pc-windows-gnu",
        "--",
        "-D",
        "warnings",
    ]))
}
