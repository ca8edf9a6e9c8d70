//! The home and the runtime directory of a session: made anew for each, in a directory that nobody but root can write to.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    io::Write,
    os::{
        fd::OwnedFd,
        unix::{
            ffi::OsStrExt,
            fs::{OpenOptionsExt, PermissionsExt},
        },
    },
    path::{Component, Path, PathBuf},
};

use rustix::{
    fs::{
        AtFlags, CWD, Dir, FileType, Gid, Mode, OFlags, Stat, Uid, fchmod, fchown, fstat, fsync, mkdirat,
        openat, readlinkat, statat, unlinkat,
    },
    io::Errno,
};

use crate::{
    account::Account,
    privileges,
    wipe::{self, files::DIRECTORY},
};

/// Files of a skeleton.
const SKELETON_ENTRIES_MAX: u32 = 10_000;
/// Folders within folders of a skeleton.
const SKELETON_DEPTH_MAX: u32 = 32;

const FILE: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

/// A directory that belongs to one session at a time.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    path: PathBuf,
}

impl Place {
    /// An absolute path without `..`.
    pub(crate) fn new(path: PathBuf) -> Option<Self> {
        let is_plain =
            path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
        (path.is_absolute() && is_plain && path.file_name().is_some()).then_some(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it could be where it is to be.
    pub(crate) fn check(&self, account: &Account) -> io::Result<()> {
        let parent = self.parent(account)?;
        match openat(&parent, self.name(), DIRECTORY, Mode::empty()) {
            Ok(there) if fstat(&there)?.st_uid == account.uid => Ok(()),
            Ok(_) => Err(io::ErrorKind::PermissionDenied.into()),
            Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether something is there, or could be.
    pub(crate) fn exists(&self) -> bool {
        is_there(&self.path)
    }

    /// Makes the mark beside it, which outlives us and the machine's end: what it is of may have left something.
    pub(crate) fn mark(&self, account: &Account) -> io::Result<()> {
        let parent = self.parent(account)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        fsync(openat(&parent, self.mark_name(), flags, Mode::RUSR | Mode::WUSR)?)?;
        Ok(fsync(&parent)?)
    }

    /// Whether it is marked, or could be.
    pub(crate) fn is_marked(&self) -> bool {
        is_there(&self.path.with_file_name(self.mark_name()))
    }

    /// Removes the mark.
    pub(crate) fn unmark(&self, account: &Account) -> io::Result<()> {
        match unlinkat(self.parent(account)?, self.mark_name(), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn mark_name(&self) -> OsString {
        let mut name = self.name().to_owned();
        name.push(".not-wiped");
        name
    }

    /// Makes it, the account's and nobody else's to read. It must not be there.
    pub(crate) fn make(&self, account: &Account) -> io::Result<()> {
        let parent = self.parent(account)?;
        mkdirat(&parent, self.name(), Mode::RWXU)?;
        let made = openat(&parent, self.name(), DIRECTORY, Mode::empty())?;
        if account.is_separate() {
            fchown(&made, Some(Uid::from_raw(account.uid)), Some(Gid::from_raw(account.gid)))?;
        }
        fchmod(&made, Mode::RWXU)?;
        Ok(())
    }

    /// Removes it with all that is in it; returns how much of that is left.
    pub(crate) fn remove(&self, account: &Account, beat: &dyn Fn()) -> io::Result<u32> {
        let parent = self.parent(account)?;
        let there = match openat(&parent, self.name(), DIRECTORY, Mode::empty()) {
            Ok(there) => there,
            Err(Errno::NOENT) => return Ok(0),
            // A link or a file, where only root can have put it: not ours to judge.
            Err(error) => return Err(error.into()),
        };
        if fstat(&there)?.st_uid != account.uid {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let left = privileges::as_account(account, beat, || wipe::files::empty(there))?;
        if left > 0 {
            return Ok(left);
        }
        // Root removes what is empty, by its name in a directory that is root's.
        match unlinkat(&parent, self.name(), AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    fn name(&self) -> &OsStr {
        self.path.file_name().unwrap_or_default()
    }

    /// The directory it is in. Each one above is root's or, with a shared account, ours, and nobody else can rename what is in it.
    fn parent(&self, account: &Account) -> io::Result<OwnedFd> {
        let mut here = openat(CWD, "/", DIRECTORY, Mode::empty())?;
        let parts: Vec<_> = self.path.parent().into_iter().flat_map(Path::components).collect();
        trusted(&here, account, parts.len() <= 1)?;
        for (at, part) in parts.iter().enumerate().skip(1) {
            here = openat(&here, part.as_os_str().as_bytes(), DIRECTORY, Mode::empty())?;
            trusted(&here, account, at + 1 == parts.len())?;
        }
        Ok(here)
    }
}

fn is_there(path: &Path) -> bool {
    !fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

fn trusted(directory: &OwnedFd, account: &Account, is_last: bool) -> io::Result<()> {
    let facts = fstat(directory)?;
    let is_ours = facts.st_uid == 0 || (!account.is_separate() && facts.st_uid == account.uid);
    let is_open = facts.st_mode & 0o022 != 0;
    let is_sticky = facts.st_mode & 0o1000 != 0;
    if is_ours && (!is_open || (is_sticky && !is_last)) {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::PermissionDenied, "others can write to a directory above it"))
    }
}

/// Copies what is in a skeleton, as the account, and calls `beat` about every second. All of the skeleton is root's, unless the
/// account is shared.
pub(crate) fn copy_skeleton(from: &Path, to: &Path, account: &Account, beat: &dyn Fn()) -> io::Result<()> {
    let from = match openat(CWD, from, DIRECTORY, Mode::empty()) {
        Ok(from) => from,
        Err(Errno::NOENT) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut left = SKELETON_ENTRIES_MAX;
    let is_roots = account.is_separate();
    privileges::as_account(account, beat, || copy(&from, to, is_roots, SKELETON_DEPTH_MAX, &mut left))?
}

fn copy(from: &OwnedFd, to: &Path, is_roots: bool, depth: u32, left: &mut u32) -> io::Result<()> {
    let facts = fstat(from)?;
    if depth == 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    is_fit(&facts, is_roots)?;
    for entry in Dir::read_from(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == c"." || name == c".." {
            continue;
        }
        *left = left.checked_sub(1).ok_or(io::ErrorKind::InvalidInput)?;
        let target = to.join(OsStr::from_bytes(name.to_bytes()));
        let facts = statat(from, name, AtFlags::SYMLINK_NOFOLLOW)?;
        match FileType::from_raw_mode(facts.st_mode) {
            FileType::Directory => {
                fs::create_dir(&target)?;
                copy(&openat(from, name, DIRECTORY, Mode::empty())?, &target, is_roots, depth - 1, left)?;
            }
            FileType::Symlink => {
                is_fit(&facts, is_roots)?;
                let link = readlinkat(from, name, Vec::new())?;
                std::os::unix::fs::symlink(OsStr::from_bytes(link.to_bytes()), &target)?;
            }
            FileType::RegularFile => copy_file(&openat(from, name, FILE, Mode::empty())?, &target, is_roots)?,
            FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => {}
        }
    }
    Ok(())
}

fn copy_file(from: &OwnedFd, to: &Path, is_roots: bool) -> io::Result<()> {
    let facts = fstat(from)?;
    is_fit(&facts, is_roots)?;
    let mut target = fs::OpenOptions::new().write(true).create_new(true).open(to)?;
    io::copy(&mut fs::File::from(from.try_clone()?), &mut target)?;
    target.set_permissions(fs::Permissions::from_mode(facts.st_mode & 0o777))
}

/// Nobody else can have written it; nobody at all writes to a link, whatever its mode says.
fn is_fit(facts: &Stat, is_roots: bool) -> io::Result<()> {
    let is_link = FileType::from_raw_mode(facts.st_mode) == FileType::Symlink;
    if is_roots && (facts.st_uid != 0 || (!is_link && facts.st_mode & 0o022 != 0)) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(())
}

/// Writes a file of the account's that nobody else can read.
pub(crate) fn write_private(path: &Path, bytes: &[u8], account: &Account) -> io::Result<()> {
    privileges::as_account(account, &|| (), || {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(bytes)
    })?
}

/// What apps find in their environment besides their display and bus.
pub(crate) fn environment(account: &Account, home: &Path, runtime: &Path) -> Vec<(OsString, OsString)> {
    /// Nobody's `PATH` but ours decides what an app runs.
    const SEARCH_PATH: &str = "/usr/local/bin:/usr/bin:/bin";
    let fixed = [
        ("HOME", home.as_os_str().to_owned()),
        ("USER", account.name.clone().into()),
        ("LOGNAME", account.name.clone().into()),
        ("SHELL", "/bin/sh".into()),
        ("PATH", SEARCH_PATH.into()),
        ("XDG_RUNTIME_DIR", runtime.as_os_str().to_owned()),
    ];
    let is_inherited = |name: &OsString| {
        name == "LANG" || name == "TZ" || name.to_str().is_some_and(|name| name.starts_with("LC_"))
    };
    fixed
        .into_iter()
        .map(|(name, value)| (name.into(), value))
        .chain(std::env::vars_os().filter(|(name, _)| is_inherited(name)))
        .collect()
}
