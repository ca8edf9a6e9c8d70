//! Unix: modes, owners and `fsync`.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::Path,
};

use rustix::fs::OFlags;

use super::ReadError;

const PRIVATE_FILE: u32 = 0o600;
const PRIVATE_FOLDER: u32 = 0o700;
/// Any right of the group or of others.
const OTHERS: u32 = 0o077;

pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // What an earlier crash left, or somebody else put there, may be another's or readable by others.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(PRIVATE_FILE).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

pub(super) fn make_private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(PRIVATE_FOLDER).create(folder)
}

pub(super) fn read_private(path: &Path, size_bytes_max: usize) -> Result<Option<Vec<u8>>, ReadError> {
    // Not blocking: a pipe in the file's place must not hold us up.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let facts = file.metadata()?;
    if !facts.is_file() {
        return Err(ReadError::NotPrivate("it is no plain file"));
    }
    if facts.uid() != rustix::process::geteuid().as_raw() {
        return Err(ReadError::NotPrivate("another account owns it"));
    }
    if facts.mode() & OTHERS != 0 {
        return Err(ReadError::NotPrivate("its mode is wider than 0600"));
    }
    let mut bytes = Vec::new();
    file.take(size_bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > size_bytes_max {
        return Err(ReadError::TooLong(size_bytes_max));
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::super::{ReadError, read_private, write_atomically};

    #[test]
    fn what_is_written_is_read_and_nobody_else_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("workstation.json");

        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();

        assert_eq!(read_private(&path, 10).unwrap().unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn half_a_file_of_an_earlier_crash_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("workstation.json");
        fs::write(folder.path().join(".workstation.json.new"), b"half of it, and longer").unwrap();

        write_atomically(&path, b"whole").unwrap();

        assert_eq!(read_private(&path, 10).unwrap().unwrap(), b"whole");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("code");
        fs::write(&path, b"secret").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();

        assert!(matches!(read_private(&path, 10), Err(ReadError::NotPrivate(_))));
    }

    #[test]
    fn a_link_a_folder_and_a_pipe_in_its_place_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        write_atomically(&target, b"x").unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();

        assert!(read_private(&link, 10).is_err());
        assert!(matches!(read_private(folder.path(), 10), Err(ReadError::NotPrivate(_))));
        assert!(matches!(read_private(&pipe, 10), Err(ReadError::NotPrivate(_))));
    }

    #[test]
    fn a_file_that_is_too_long_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long");
        write_atomically(&path, &[b'x'; 11]).unwrap();

        assert!(matches!(read_private(&path, 10), Err(ReadError::TooLong(10))));
    }

    #[test]
    fn no_file_is_no_error() {
        let folder = tempfile::tempdir().unwrap();

        assert!(read_private(&folder.path().join("none"), 10).unwrap().is_none());
    }
}
