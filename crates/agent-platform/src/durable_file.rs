//! Small files that survive a power cut, and that nobody else reads.

use std::{io, path::Path};

#[cfg_attr(unix, path = "durable_file/unix.rs")]
#[cfg_attr(windows, path = "durable_file/windows.rs")]
mod imp;

/// Why a private file is not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file system refuses.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Others can read or write it, it is another's, or it is no plain file.
    #[error("the file is not private to this account: {0}")]
    NotPrivate(&'static str),
    /// It is longer than anything we write.
    #[error("the file is longer than {0} bytes")]
    TooLong(usize),
}

/// Puts `bytes` at `path` in one step: afterwards, whatever happens, there is the old content or the new,
/// never half of one. On return the new content would survive a power cut. Readable by this account alone.
///
/// # Errors
/// Any of the file system; then the old content stands.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(".new");
    let beside = folder.join(beside);
    imp::write_synced(&beside, bytes)?;
    std::fs::rename(&beside, path)?;
    imp::sync_folder(folder)
}

/// Gives the file at `path` the name `to`, in the same folder; on return that would survive a power cut.
///
/// # Errors
/// Any of the file system.
pub fn rename(path: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(path, to)?;
    imp::sync_folder(path.parent().ok_or(io::ErrorKind::InvalidInput)?)
}

/// Makes `folder` and what lies above it, for this account alone.
///
/// # Errors
/// Any of the file system.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    imp::make_private_folder(folder)
}

/// Reads a file that only this account can read; `None` where there is none.
///
/// # Errors
/// When it is not private, longer than `size_bytes_max`, or cannot be read.
pub fn read_private(path: &Path, size_bytes_max: usize) -> Result<Option<Vec<u8>>, ReadError> {
    imp::read_private(path, size_bytes_max)
}
