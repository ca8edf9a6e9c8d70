//! The copy of a file set aside that is read in its stead.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use crate::{
    aside::{LOG, with_suffix},
    error::{Fault, SpoolError},
};

/// A larger file is no spool.
const FILE_SIZE_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Before the id in the name of a copy's folder.
const FOLDER_MARK: &str = "salvage-";

/// Deleted with this value.
#[derive(Debug)]
pub(super) struct Copy {
    folder: PathBuf,
}

impl Copy {
    pub(super) fn of(path: &Path, folder: &Path) -> Result<Self, SpoolError> {
        let unavailable = |error: io::Error| SpoolError::Unavailable(error.into());
        let copy = Self { folder: folder.join(format!("{FOLDER_MARK}{}", Uuid::new_v4())) };
        make_private_folder(&copy.folder).map_err(unavailable)?;
        copy_bounded(path, &copy.database())?;
        let log = with_suffix(path, LOG);
        if log.exists() {
            copy_bounded(&log, &with_suffix(&copy.database(), LOG))?;
        }
        Ok(copy)
    }

    pub(super) fn database(&self) -> PathBuf {
        self.folder.join("copy")
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // What stays behind is as sealed as the file itself.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Removes every copy in `folder`, also behind one that cannot be.
pub(super) fn remove_left(folder: &Path) -> io::Result<()> {
    let mut outcome = Ok(());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() && is_copy(&entry.file_name()) {
            outcome = outcome.and(fs::remove_dir_all(entry.path()));
        }
    }
    outcome
}

fn is_copy(name: &OsStr) -> bool {
    let id = name.to_str().and_then(|name| name.strip_prefix(FOLDER_MARK));
    id.is_some_and(|id| Uuid::try_parse(id).is_ok())
}

fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(false);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn copy_bounded(from: &Path, to: &Path) -> Result<(), SpoolError> {
    let unavailable = |error: io::Error| SpoolError::Unavailable(error.into());
    let facts = fs::metadata(from).map_err(unavailable)?;
    if !facts.is_file() || facts.len() > FILE_SIZE_BYTES_MAX {
        return Err(SpoolError::Corrupt(Fault::Check("this is no spool".to_owned())));
    }
    let mut source = fs::File::open(from).map_err(unavailable)?;
    let mut target = fs::File::create_new(to).map_err(unavailable)?;
    io::copy(&mut source, &mut target).map(drop).map_err(unavailable)
}
