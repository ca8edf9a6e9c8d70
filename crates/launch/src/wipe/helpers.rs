//! What only other programs can wipe: print jobs, and the user manager of systemd.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use crate::{account::Account, clock};

/// How long such a program may take.
const AT_MOST: Duration = Duration::from_secs(5);
const LOGINCTL: &str = "/usr/bin/loginctl";

/// The print spooler of this machine.
#[derive(Debug, Clone)]
pub(crate) struct Spooler {
    /// Where CUPS listens, while there is one.
    pub(crate) socket: PathBuf,
    /// Its client.
    pub(crate) cancel: PathBuf,
}

impl Spooler {
    /// Whether there are jobs that could not be cancelled.
    pub(crate) fn keeps_jobs(&self) -> bool {
        self.is_there() && !self.cancel.exists()
    }

    fn is_there(&self) -> bool {
        // Who cannot be looked for is there.
        self.socket.try_exists().unwrap_or(true)
    }

    /// Cancels the account's print jobs and removes their data; 1 when that was not possible, 0 where nothing prints.
    pub(super) fn cancel_jobs(&self, account: &Account, beat: &dyn Fn()) -> u32 {
        if !self.is_there() {
            return 0;
        }
        let Some(socket) = self.socket.to_str() else { return 1 };
        // In this order: after `-a`, `-u` means the jobs of whoever asks, which is root, and `-x` nothing.
        u32::from(!run(&self.cancel, &["-h", socket, "-u", &account.name, "-a", "-x"], beat))
    }
}

/// Has logind end what it holds for the account; 1 when it still holds something.
pub(super) fn end_user_manager(account: &Account, beat: &dyn Fn()) -> u32 {
    let held = Path::new("/run/systemd/users").join(account.uid.to_string());
    if !held.exists() {
        return 0;
    }
    // That it had nothing to end is no failure; what counts is what is held afterwards.
    let _ = run(Path::new(LOGINCTL), &["terminate-user", &account.uid.to_string()], beat);
    u32::from(!clock::wait(AT_MOST, || !held.exists()))
}

/// Whether it ended well, in time.
fn run(program: &Path, arguments: &[&str], beat: &dyn Fn()) -> bool {
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
