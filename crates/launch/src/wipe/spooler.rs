//! Print jobs, which the spooler's own client cancels.

use std::path::PathBuf;

use super::system_program::run;
use crate::account::Account;

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
