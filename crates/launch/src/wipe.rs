//! Leaves nothing of the apps' account: processes, files, memory, keys, jobs; and says what it could not.

pub(crate) mod files;
mod ipc;
mod keys;
mod spooler;
mod spools;
mod system_program;
mod user_manager;

use std::{io, path::PathBuf, time::Duration};

use launch_contract::Code;

pub(crate) use self::spooler::Spooler;

use crate::{
    account::Account,
    clock,
    containment::{Containment, processes},
    home::Place,
    log, privileges, spawn,
};

/// How long processes that were killed are given to be gone.
const PROCESSES_END: Duration = Duration::from_secs(5);

/// Where an account that may write nowhere else can have left something.
pub(crate) const PLACES: [&str; 6] =
    ["/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/dev/mqueue", "/var/crash"];

/// What is wiped.
#[derive(Debug)]
pub(crate) struct Wipe {
    pub(crate) account: Account,
    pub(crate) home: Place,
    pub(crate) runtime: Place,
    /// Searched for what the account owns.
    pub(crate) places: Vec<PathBuf>,
    pub(crate) spooler: Spooler,
}

/// What is left, the gravest first.
pub(crate) type Left = Vec<(Code, u32)>;

impl Wipe {
    /// Wipes; the account has nothing then, unless something is returned.
    ///
    /// Blocks for as long as it takes, and calls `beat` every few seconds meanwhile.
    pub(crate) fn run(&self, containment: &mut dyn Containment, beat: &dyn Fn()) -> Left {
        let mut left = Left::new();
        let is_marked = self.mark();
        let mut note = |code: Code, count: u32| {
            if count > 0 {
                log::line(&format!("not wiped: {} ({count})", code.as_str()));
                left.push((code, count));
            }
        };
        let contained = containment.clear().unwrap_or(1);
        beat();
        if self.account.is_separate() {
            note(Code::UserManagerLeft, user_manager::end(&self.account, beat));
            note(Code::ProcessesLeft, self.end_processes(beat).max(contained));
        } else {
            note(Code::ProcessesLeft, contained);
        }
        beat();
        note(Code::HomeLeft, self.remove(&self.home, beat));
        note(Code::RuntimeLeft, self.remove(&self.runtime, beat));
        if self.account.is_separate() {
            note(Code::FilesLeft, self.sweep(beat));
            note(
                Code::IpcLeft,
                privileges::as_account(&self.account, beat, || ipc::remove(self.account.uid)).unwrap_or(1),
            );
            note(
                Code::KeysLeft,
                privileges::as_account(&self.account, beat, || keys::clear(self.account.uid)).unwrap_or(1),
            );
            note(Code::JobsLeft, spools::remove(&self.account));
            note(Code::PrintJobsLeft, self.spooler.cancel_jobs(&self.account, beat));
        }
        if left.is_empty() && (is_marked.is_err() || self.unmark().is_err()) {
            left.push((Code::HomeLeft, 1));
        }
        left
    }

    /// Has a launcher after us know that something may be left, until a wipe that left nothing.
    pub(crate) fn mark(&self) -> io::Result<()> {
        self.home.mark(&self.account).inspect_err(|error| {
            log::line(&format!("{} cannot be marked: {error}", self.home.path().display()));
        })
    }

    fn unmark(&self) -> io::Result<()> {
        self.home.unmark(&self.account).inspect_err(|error| {
            log::line(&format!("the mark of {} cannot be removed: {error}", self.home.path().display()));
        })
    }

    /// Whether anything of a session may still be there. Who cannot be counted counts.
    pub(crate) fn is_needed(&self) -> bool {
        self.home.is_marked()
            || self.home.exists()
            || self.runtime.exists()
            || (self.account.is_separate()
                && processes::count_of(self.account.uid).map_or(true, |count| count > 0))
    }

    /// How many are left. Who cannot be counted counts.
    fn end_processes(&self, beat: &dyn Fn()) -> u32 {
        let mut left = Ok(0);
        clock::wait(PROCESSES_END, || {
            beat();
            // Whatever was seen before: who forks all the time is not always seen.
            left = spawn::end_all_of(&self.account).and_then(|()| processes::count_of(self.account.uid));
            matches!(left, Ok(0))
        });
        left.unwrap_or_else(|error| {
            log::line(&format!("the processes of {} cannot be ended or counted: {error}", self.account.name));
            1
        })
    }

    fn remove(&self, place: &Place, beat: &dyn Fn()) -> u32 {
        place.remove(&self.account, beat).unwrap_or_else(|error| {
            log::line(&format!("{} cannot be removed: {error}", place.path().display()));
            1
        })
    }

    fn sweep(&self, beat: &dyn Fn()) -> u32 {
        let search = || self.places.iter().map(|place| files::sweep(place, self.account.uid)).sum();
        privileges::as_account(&self.account, beat, search).unwrap_or(1)
    }
}
