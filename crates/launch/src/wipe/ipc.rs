//! System V shared memory, semaphores and message queues, which outlive their processes.
#![expect(unsafe_code, reason = "System V IPC has no safe interface in rustix")]

use std::fs;

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
    for (kind, id) in owned(uid) {
        // SAFETY: removal takes no argument beyond the id; without the right to it nothing happens.
        unsafe {
            match kind {
                Kind::Memory => libc::shmctl(id, IPC_RMID, std::ptr::null_mut()),
                Kind::Semaphores => libc::semctl(id, 0, IPC_RMID),
                Kind::Messages => libc::msgctl(id, IPC_RMID, std::ptr::null_mut()),
            };
        }
    }
    u32::try_from(owned(uid).len()).unwrap_or(u32::MAX)
}

fn owned(uid: u32) -> Vec<(Kind, c_int)> {
    let list = |kind: Kind, name: &str| {
        // A kernel without them has no list, and none of them.
        let text = fs::read_to_string(format!("/proc/sysvipc/{name}")).unwrap_or_default();
        owned_in(&text, uid).into_iter().map(move |id| (kind, id)).collect::<Vec<_>>()
    };
    [list(Kind::Memory, "shm"), list(Kind::Semaphores, "sem"), list(Kind::Messages, "msg")].concat()
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
