//! Windows: the state folder's access list, which the installer sets, says who reads.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
};

use super::ReadError;

pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A rename is durable with the file there.
#[expect(clippy::unnecessary_wraps, reason = "the same on every system")]
pub(super) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

pub(super) fn make_private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

pub(super) fn read_private(path: &Path, size_bytes_max: usize) -> Result<Option<Vec<u8>>, ReadError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if !file.metadata()?.is_file() {
        return Err(ReadError::NotPrivate("it is no plain file"));
    }
    let mut bytes = Vec::new();
    file.take(size_bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > size_bytes_max {
        return Err(ReadError::TooLong(size_bytes_max));
    }
    Ok(Some(bytes))
}
