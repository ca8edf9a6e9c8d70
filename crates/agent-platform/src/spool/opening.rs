//! Opening the spool. A damaged file is kept under another name, and a fresh one begins with a record of that.

use std::{fs, io, path::Path};

use audit_spool::{Carried, Fault, Spool, SpoolError, files_set_aside, sealed_key_beside, set_file_aside};
use jiff::Timestamp;
use tracing::error;

use super::{SPOOL_FILE, SpoolSettings};

/// More files than this were not damaged by chance: the disk is not to be trusted, and a person must look.
pub const SET_ASIDE_MAX: usize = 8;

/// What lies on the disk, seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpoolFiles {
    /// Of the spool's file; `None` where there is none yet.
    pub size_bytes: Option<u64>,
    /// Whether a sealed key lies beside it: without one, what waits is lost with the keychain.
    pub is_key_sealed: bool,
    /// Damaged files beside it, at most [`SET_ASIDE_MAX`] of them by our doing.
    pub set_aside: usize,
}

impl SpoolFiles {
    /// Looks without opening anything.
    ///
    /// # Errors
    /// Any of the file system.
    pub fn in_folder(state_folder: &Path) -> io::Result<Self> {
        let path = state_folder.join(SPOOL_FILE);
        let size_bytes = match fs::metadata(&path) {
            Ok(metadata) => Some(metadata.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let is_key_sealed = sealed_key_beside(&path).try_exists()?;
        Ok(Self { size_bytes, is_key_sealed, set_aside: files_set_aside(&path)? })
    }
}

/// A fresh file takes over what is `carried` from the damaged one.
pub(super) fn open(settings: &SpoolSettings, carried: &Carried, now: Timestamp) -> Result<Spool, SpoolError> {
    let mut spool = match open_file(settings, now) {
        Err(SpoolError::Corrupt(fault)) => {
            set_aside(settings, fault, now)?;
            open_file(settings, now)?
        }
        opened => opened?,
    };
    // Also after a power cut right after the file was set aside.
    if spool.is_fresh()? && aside(settings)? > 0 {
        spool.succeed(carried, now)?;
    }
    Ok(spool)
}

fn open_file(settings: &SpoolSettings, now: Timestamp) -> Result<Spool, SpoolError> {
    Spool::open(&settings.path, &settings.key, settings.workstation.clone(), settings.bounds, now)
}

fn set_aside(settings: &SpoolSettings, fault: Fault, now: Timestamp) -> Result<(), SpoolError> {
    if aside(settings)? >= SET_ASIDE_MAX {
        error!(
            code = "spool.damaged",
            "The spool's file is damaged once more ({fault}), and {SET_ASIDE_MAX} were set aside before: look at the disk"
        );
        return Err(SpoolError::Corrupt(fault));
    }
    let kept = set_file_aside(&settings.path, now).map_err(unavailable)?;
    error!(
        code = "spool.set_aside",
        "The spool's file was damaged ({fault}). It is kept as `{}` with the records it holds; a fresh one is begun",
        kept.display()
    );
    Ok(())
}

fn aside(settings: &SpoolSettings) -> Result<usize, SpoolError> {
    files_set_aside(&settings.path).map_err(unavailable)
}

fn unavailable(error: std::io::Error) -> SpoolError {
    SpoolError::Unavailable(error.into())
}
