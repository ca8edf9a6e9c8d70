//! Removes files, so that nothing else can be removed by a trick.
//!
//! It runs as the app account ([`crate::privileges::as_account`]), whose rights alone decide what can be removed. It
//! never follows a link, goes only from an open directory to a name in it, crosses into no other mount, and comes back up only into
//! the very directory it came from. It holds two directories open however deep they go.

use std::{
    ffi::{CStr, CString},
    os::fd::{AsFd, OwnedFd},
    path::Path,
};

use rustix::{
    fs::{
        AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, fchmod, fstat, open, openat, openat2,
        statat, unlinkat,
    },
    io::Errno,
};

/// Names looked at in one place; beyond it the place counts as not searched.
const ENTRIES_MAX: u64 = 4_000_000;
/// A pass that left nothing behind is followed by none.
const PASSES_MAX: u32 = 3;

/// How a directory is opened: it, and nothing that a link in its place leads to.
pub(crate) const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Removes everything in a directory, and leaves it; returns how much is left.
pub(crate) fn empty(directory: OwnedFd) -> u32 {
    let mut left = 0;
    for _ in 0..PASSES_MAX {
        let Ok(again) = directory.try_clone() else { return 1 };
        left = Walk::new(None).run(again, true);
        if left == 0 && is_empty(&directory) {
            return 0;
        }
    }
    left.max(1)
}

/// Removes what a user owns below a directory; returns how much is left, or could not be looked at.
pub(crate) fn sweep(path: &Path, uid: u32) -> u32 {
    let mut left = 0;
    for _ in 0..PASSES_MAX {
        let directory = match open(path, DIRECTORY, Mode::empty()) {
            Ok(directory) => directory,
            Err(Errno::NOENT) => return 0,
            Err(_) => return 1,
        };
        left = Walk::new(Some(uid)).run(directory, false);
        if left == 0 {
            return 0;
        }
    }
    left
}

fn is_empty(directory: &OwnedFd) -> bool {
    // An error is a name, too.
    names(directory).is_ok_and(|mut names| names.next().is_none())
}

fn names(directory: &OwnedFd) -> Result<impl Iterator<Item = Result<CString, Errno>>, Errno> {
    // By its own description, so that this reads from the start.
    let own = openat(directory, c".", DIRECTORY, Mode::empty())?;
    let is_dot = |name: &CStr| name == c"." || name == c"..";
    Ok(Dir::new(own)?
        .map(|entry| entry.map(|entry| entry.file_name().to_owned()))
        .filter(move |name| !name.as_ref().is_ok_and(|name| is_dot(name))))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Id {
    device: u64,
    inode: u64,
}

fn id(directory: &OwnedFd) -> Option<Id> {
    let facts = fstat(directory).ok()?;
    Some(Id { device: facts.st_dev, inode: facts.st_ino })
}

/// A directory on the way down.
struct Level {
    id: Id,
    /// In the one above; the top has none.
    name: CString,
    /// Whether it goes with all that is in it.
    is_doomed: bool,
    /// Directories in it that were not looked into yet, and whether each is doomed.
    below: Vec<(CString, bool)>,
}

struct Walk {
    /// Whose files go; everybody's if `None`.
    owner: Option<u32>,
    looked_at: u64,
    left: u32,
}

impl Walk {
    fn new(owner: Option<u32>) -> Self {
        Self { owner, looked_at: 0, left: 0 }
    }

    fn run(mut self, top: OwnedFd, is_doomed: bool) -> u32 {
        let Some(top_id) = id(&top) else { return 1 };
        let below = self.clean(&top, is_doomed);
        let mut way = vec![Level { id: top_id, name: CString::default(), is_doomed: false, below }];
        let mut here = top;
        while let Some(level) = way.last_mut() {
            if let Some((name, is_doomed)) = level.below.pop() {
                if let Some((directory, id)) = self.enter(&here, &name, is_doomed) {
                    let below = self.clean(&directory, is_doomed);
                    way.push(Level { id, name, is_doomed, below });
                    here = directory;
                }
                continue;
            }
            let Some(done) = way.pop() else { break };
            let Some(above) = way.last() else { break };
            let Some(parent) = ascend(&here, above.id) else {
                // It was moved: who knows where we would be.
                self.left += 1;
                break;
            };
            if done.is_doomed
                && !matches!(unlinkat(&parent, &done.name, AtFlags::REMOVEDIR), Ok(()) | Err(Errno::NOENT))
            {
                self.left += 1;
            }
            here = parent;
        }
        self.left
    }

    /// Opens a directory to go on in.
    fn enter(&mut self, here: &OwnedFd, name: &CStr, is_doomed: bool) -> Option<(OwnedFd, Id)> {
        let stay = ResolveFlags::NO_XDEV | ResolveFlags::NO_SYMLINKS | ResolveFlags::BENEATH;
        match openat2(here, name, DIRECTORY, Mode::empty(), stay) {
            Ok(directory) => {
                let Some(id) = id(&directory) else {
                    self.left += 1;
                    return None;
                };
                if is_doomed {
                    // Whoever owns it may have taken its own right to remove things in it; it has that no more.
                    let _ = fchmod(&directory, Mode::RWXU);
                }
                Some((directory, id))
            }
            Err(Errno::NOENT) => None,
            // A mount is not reached into, which leaves what is doomed where it is.
            Err(Errno::XDEV) if !is_doomed => None,
            Err(_) => {
                self.left += 1;
                None
            }
        }
    }

    /// Removes what is no directory; returns the directories.
    fn clean(&mut self, directory: &OwnedFd, is_doomed: bool) -> Vec<(CString, bool)> {
        let mut below = Vec::new();
        let names = match names(directory) {
            Ok(names) => names,
            Err(_) => {
                self.left += 1;
                return below;
            }
        };
        for name in names {
            let Ok(name) = name else {
                self.left += 1;
                return below;
            };
            self.looked_at += 1;
            if self.looked_at > ENTRIES_MAX {
                self.left += 1;
                return Vec::new();
            }
            let facts = match statat(directory, &name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(facts) => facts,
                Err(Errno::NOENT) => continue,
                Err(_) => {
                    self.left += 1;
                    continue;
                }
            };
            let goes = is_doomed || self.owner == Some(facts.st_uid);
            if FileType::from_raw_mode(facts.st_mode) == FileType::Directory {
                below.push((name, goes));
            } else if goes
                && !matches!(unlinkat(directory.as_fd(), &name, AtFlags::empty()), Ok(()) | Err(Errno::NOENT))
            {
                self.left += 1;
            }
        }
        below
    }
}

/// The directory above, if it is still the one we came from.
fn ascend(here: &OwnedFd, expected: Id) -> Option<OwnedFd> {
    let parent = openat(here, c"..", DIRECTORY, Mode::empty()).ok()?;
    (id(&parent) == Some(expected)).then_some(parent)
}

/// Removes one name from a directory that no app account can write to, as root; returns whether it is gone.
pub(super) fn remove_name(directory: &Path, name: &CStr) -> bool {
    match openat(CWD, directory, DIRECTORY, Mode::empty()) {
        Ok(directory) => {
            matches!(unlinkat(&directory, name, AtFlags::empty()), Ok(()) | Err(Errno::NOENT))
        }
        Err(_) => false,
    }
}
