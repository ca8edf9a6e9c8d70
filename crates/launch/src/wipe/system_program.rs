//! Programs of the system that wipe what only they can.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use crate::clock;

/// How long one may take.
pub(super) const AT_MOST: Duration = Duration::from_secs(5);

/// Whether it ended well, in time.
pub(super) fn run(program: &Path, arguments: &[&str], beat: &dyn Fn()) -> bool {
    let command = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = command else { return false };
    let mut is_good = None;
    beat();
    clock::wait(AT_MOST, || {
        is_good = match child.try_wait() {
            Ok(status) => status.map(|status| status.success()),
            Err(_) => Some(false),
        };
        is_good.is_some()
    });
    if is_good.is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
    is_good.unwrap_or(false)
}
