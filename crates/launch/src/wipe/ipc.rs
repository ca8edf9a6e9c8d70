//! System V shared memory, semaphores and message queues, which outlive their processes.
#![expect(unsafe_code, reason = "System V IPC has no safe interface in rustix")]

use std::{fs, io, path::Path};

use libc::{IPC_RMID, c_int};

/// Set once a segment is removed that somebody is still attached to.
const SHM_DEST: u32 = 0o1000;

#[derive(Clone, Copy)]
enum Kind {
    Memory,
    Semaphores,
    Messages,
}

/// Removes what the user owns or made; returns how much is left.
pub(super) fn remove(uid: u32) -> u32 {
    // What cannot be listed counts.
    let Ok(there) = owned(uid) else { return 1 };
    for (kind, id) in there {
        // SAFETY: removal takes no argument beyond the id; without the right to it nothing happens.
        unsafe {
            match kind {
                Kind::Memory => libc::shmctl(id, IPC_RMID, std::ptr::null_mut()),
                Kind::Semaphores => libc::semctl(id, 0, IPC_RMID),
                Kind::Messages => libc::msgctl(id, IPC_RMID, std::ptr::null_mut()),
            };
        }
    }
    owned(uid).map_or(1, |left| u32::try_from(left.len()).unwrap_or(u32::MAX))
}

fn owned(uid: u32) -> io::Result<Vec<(Kind, c_int)>> {
    let mut owned = Vec::new();
    for (kind, name) in [(Kind::Memory, "shm"), (Kind::Semaphores, "sem"), (Kind::Messages, "msg")] {
        let text = listed(Path::new("/proc/sysvipc").join(name).as_path())?;
        owned.extend(owned_in(&text, uid).into_iter().map(|id| (kind, id)));
    }
    Ok(owned)
}

/// A kernel without them has no list, and none of them.
fn listed(list: &Path) -> io::Result<String> {
    match fs::read_to_string(list) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => read,
    }
}

/// The first line names the columns.
fn owned_in(text: &str, uid: u32) -> Vec<c_int> {
    let mut lines = text.lines().map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    let Some(names) = lines.next() else { return Vec::new() };
    let column = |name: &str, after: &[&str]| after.iter().position(|one| *one == name);
    let (Some(owner), Some(maker)) = (column("uid", &names), column("cuid", &names)) else {
        return Vec::new();
    };
    let is_of = |fields: &[&str], at: usize| fields.get(at).is_some_and(|field| field.parse() == Ok(uid));
    lines
        .filter(|fields| is_of(fields, owner) || is_of(fields, maker))
        .filter(|fields| {
            let mode = fields.get(2).and_then(|mode| u32::from_str_radix(mode, 8).ok()).unwrap_or(0);
            mode & SHM_DEST == 0
        })
        .filter_map(|fields| fields.get(1)?.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_is_not_there_is_empty_and_one_that_cannot_be_read_is_not() {
        let folder = tempfile::tempdir().expect("a directory");

        assert_eq!(listed(&folder.path().join("shm")).ok().as_deref(), Some(""));
        assert!(listed(folder.path()).is_err());
    }

    #[test]
    fn what_is_owned_or_was_made_is_found_by_the_names_of_the_columns() {
        let text = "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid\n\
                     0          3   600               1024  10    10      0  1001  1001  1001  1001\n\
                     0          4   600               1024  10    10      0     0     0  1001  1001\n\
                     0          5   600               1024  10    10      0     0     0     0     0\n\
                     0          6  1600               1024  10    10      1  1001  1001  1001  1001\n";

        assert_eq!(owned_in(text, 1001), [3, 4]);
        assert!(owned_in("", 1001).is_empty());
        assert!(owned_in("garbled\n1 2 3\n", 1001).is_empty());
    }
}
