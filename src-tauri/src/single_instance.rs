//! One agent per workstation: a locked file in the state directory.
//!
//! The lock is the kernel's and goes with the process, however it ends. A name on the session bus would be
//! anybody's to take.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::Duration,
};

use rustix::fs::{FlockOperation, flock};

const LOCK_FILE: &str = "agent.lock";
/// An agent that was killed a moment ago may still be on its way out.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why this process does not hold the workstation.
#[derive(Debug, thiserror::Error)]
pub enum NotAcquired {
    /// Another one does, and does not end.
    #[error("another tapward-agent runs on this workstation")]
    Taken,
    /// The state directory cannot be written.
    #[error("`{}` cannot be opened: {}", .0.display(), .1)]
    Unusable(PathBuf, io::Error),
}

/// Holds the workstation for this process.
#[derive(Debug)]
#[must_use = "the workstation is let go when this is dropped"]
pub struct SingleInstance {
    _lock: File,
}

impl SingleInstance {
    /// Waits up to 3 s for an agent that is ending.
    ///
    /// # Errors
    /// [`NotAcquired`].
    pub fn acquire(state_directory: &Path) -> Result<Self, NotAcquired> {
        Self::acquire_within(state_directory, PATIENCE)
    }

    fn acquire_within(state_directory: &Path, patience: Duration) -> Result<Self, NotAcquired> {
        let path = state_directory.join(LOCK_FILE);
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(|error| NotAcquired::Unusable(path.clone(), error))?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() {
            return Ok(Self { _lock: lock });
        }
        // The kernel tells when the other one is gone; on a thread of its own, because it may never be.
        let (told, locked) = mpsc::channel();
        let waiting = lock.try_clone().map_err(|error| NotAcquired::Unusable(path, error))?;
        thread::spawn(move || {
            let outcome = flock(&waiting, FlockOperation::LockExclusive);
            // Nobody listens any more once the patience is over, and the process ends.
            let _ = told.send(outcome);
        });
        locked.recv_timeout(patience).ok().and_then(Result::ok).ok_or(NotAcquired::Taken)?;
        Ok(Self { _lock: lock })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_agent_is_refused_in_words() {
        let state = tempfile::tempdir().unwrap();
        let _first = SingleInstance::acquire(state.path()).unwrap();

        let second = SingleInstance::acquire_within(state.path(), Duration::from_millis(10)).unwrap_err();

        assert_eq!(second.to_string(), "another tapward-agent runs on this workstation");
    }

    #[test]
    fn an_agent_that_ends_meanwhile_is_waited_for() {
        let state = tempfile::tempdir().unwrap();
        let first = SingleInstance::acquire(state.path()).unwrap();
        let path = state.path().to_owned();
        let second = thread::spawn(move || SingleInstance::acquire_within(&path, Duration::from_secs(20)));

        drop(first);

        drop(second.join().unwrap().unwrap());
    }

    #[test]
    fn a_lock_file_left_behind_hinders_nobody() {
        let state = tempfile::tempdir().unwrap();
        drop(SingleInstance::acquire(state.path()).unwrap());

        drop(SingleInstance::acquire_within(state.path(), Duration::ZERO).unwrap());
    }

    #[test]
    fn a_missing_state_directory_is_named() {
        let state = tempfile::tempdir().unwrap();

        let error = SingleInstance::acquire(&state.path().join("missing")).unwrap_err();

        assert!(error.to_string().contains("agent.lock"), "{error}");
    }
}
