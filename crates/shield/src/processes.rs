//! Which processes belong to the agent, read from `/proc`.

use std::{collections::BTreeSet, fs};

use rustix::process::Pid;

/// One line of `/proc/PID/stat`, as far as it says who belongs to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Process {
    pid: i32,
    parent: i32,
    session: i32,
}

/// The descendants of `root` and everything else in the OS session it leads, without itself.
pub(crate) fn tree_of(root: Pid) -> Vec<Pid> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let processes: Vec<Process> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| name.parse::<u32>().is_ok()))
        // One that ended in the meantime has no line.
        .filter_map(|entry| parse(&fs::read_to_string(entry.path().join("stat")).ok()?))
        .collect();
    belonging_to(root.as_raw_nonzero().get(), &processes).into_iter().filter_map(Pid::from_raw).collect()
}

/// The name in the line may hold spaces and brackets; what follows the last bracket does not.
fn parse(stat: &str) -> Option<Process> {
    let pid = stat.split(' ').next()?.parse().ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let _state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let _group = fields.next()?;
    let session = fields.next()?.parse().ok()?;
    Some(Process { pid, parent, session })
}

fn belonging_to(root: i32, processes: &[Process]) -> BTreeSet<i32> {
    let mut found = BTreeSet::from([root]);
    loop {
        let before = found.len();
        found.extend(
            processes
                .iter()
                .filter(|process| process.session == root || found.contains(&process.parent))
                .map(|process| process.pid)
                .collect::<Vec<_>>(),
        );
        if found.len() == before {
            break;
        }
    }
    found.remove(&root);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn process(pid: i32, parent: i32, session: i32) -> Process {
        Process { pid, parent, session }
    }

    #[test]
    fn a_name_with_brackets_and_spaces_is_read_past() {
        assert_eq!(parse("42 (WebKit) (Web Pro) S 7 42 40 0 -1 4194560"), Some(process(42, 7, 40)));
        assert_eq!(parse("42 (cut"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn grandchildren_and_those_who_left_the_session_belong_to_the_agent() {
        let processes = [process(10, 1, 10), process(11, 10, 10), process(12, 11, 12), process(13, 12, 12)];

        assert_eq!(belonging_to(10, &processes), BTreeSet::from([11, 12, 13]));
    }

    #[test]
    fn orphans_of_the_agents_session_belong_to_it_and_other_peoples_processes_do_not() {
        let processes = [process(11, 1, 10), process(20, 1, 20), process(21, 20, 20)];

        assert_eq!(belonging_to(10, &processes), BTreeSet::from([11]));
    }
}
