//! Which of the machine's processes belong to the agent.

use std::{collections::BTreeSet, io};

use daemon::processes::{self, Process};
use rustix::process::{Pid, WaitOptions, getpid, set_child_subreaper, waitpid};

/// The shield's own place among them.
#[derive(Debug, Clone, Copy)]
struct Us {
    pid: i32,
    session: i32,
}

impl Us {
    /// The OS session is read like everybody else's: its leader may be outside of our PID namespace, and it is then 0,
    /// which getsid(2) has no type for.
    fn among(processes: &[Process], pid: i32) -> Self {
        let session =
            processes.iter().find(|process| process.pid == pid).map_or(0, |process| process.session);
        Self { pid, session }
    }
}

/// Orphans among our descendants become our children, so that what the agent leaves behind is found however it was left.
pub(crate) fn adopt_orphans() -> io::Result<()> {
    Ok(set_child_subreaper(Some(getpid()))?)
}

/// What lives of the agent's: its descendants, its OS session, and orphans of either, without itself.
pub(crate) fn of_agent(agent: Pid) -> Vec<Pid> {
    let all = all();
    let us = Us::among(&all, getpid().as_raw_nonzero().get());
    let found = belonging_to(agent.as_raw_nonzero().get(), us, &all);
    found.into_iter().filter_map(Pid::from_raw).collect()
}

/// Takes the dead among our children off the process table, but for the agent, whose end is looked at elsewhere.
pub(crate) fn bury_all_but(agent: Option<Pid>) {
    let us = getpid();
    let agent = agent.map(|agent| agent.as_raw_nonzero().get());
    for process in all() {
        if process.is_zombie
            && process.parent == us.as_raw_nonzero().get()
            && Some(process.pid) != agent
            && let Some(pid) = Pid::from_raw(process.pid)
        {
            // It is dead and ours: this neither waits nor fails.
            let _ = waitpid(Some(pid), WaitOptions::NOHANG);
        }
    }
}

/// What cannot be read keeps nobody else from being found.
fn all() -> Vec<Process> {
    let pids = processes::pids().unwrap_or_default();
    pids.into_iter().filter_map(|pid| processes::read(pid).ok().flatten()).collect()
}

fn belonging_to(agent: i32, us: Us, processes: &[Process]) -> BTreeSet<i32> {
    // We start nothing but agents, each in an OS session of its own. What came with us (a window manager that the
    // session's script began before it became the shield) is in ours.
    let is_orphan = |process: &Process| process.parent == us.pid && process.session != us.session;
    let mut found = BTreeSet::from([agent]);
    loop {
        let before = found.len();
        found.extend(
            processes
                .iter()
                .filter(|process| {
                    process.session == agent || found.contains(&process.parent) || is_orphan(process)
                })
                .map(|process| process.pid)
                .collect::<Vec<_>>(),
        );
        if found.len() == before {
            break;
        }
    }
    found.remove(&agent);
    for dead in processes.iter().filter(|process| process.is_zombie) {
        found.remove(&dead.pid);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: Us = Us { pid: 5, session: 4 };

    const fn process(pid: i32, parent: i32, session: i32) -> Process {
        Process { pid, parent, session, start: 0, is_stopped: false, is_zombie: false }
    }

    #[test]
    fn grandchildren_and_those_who_left_the_session_belong_to_the_agent() {
        let processes = [process(10, 5, 10), process(11, 10, 10), process(12, 11, 12), process(13, 12, 12)];

        assert_eq!(belonging_to(10, US, &processes), BTreeSet::from([11, 12, 13]));
    }

    #[test]
    fn orphans_of_the_agents_session_belong_to_it_and_other_peoples_processes_do_not() {
        let processes = [process(11, 1, 10), process(20, 1, 20), process(21, 20, 20)];

        assert_eq!(belonging_to(10, US, &processes), BTreeSet::from([11]));
    }

    #[test]
    fn an_orphan_that_came_to_us_belongs_to_the_agent_with_its_children_unless_it_came_with_us() {
        let processes = [
            process(11, 5, 11),
            process(12, 11, 13),
            process(20, 5, 4),
            process(21, 20, 4),
            process(22, 21, 22),
        ];

        assert_eq!(belonging_to(10, US, &processes), BTreeSet::from([11, 12]));
    }

    #[test]
    fn in_a_session_that_was_begun_outside_of_the_namespace_what_came_with_us_is_not_the_agents() {
        let processes = [process(5, 1, 0), process(6, 5, 0), process(10, 5, 10), process(11, 5, 11)];
        let us = Us::among(&processes, 5);

        assert_eq!(us.session, 0);
        assert_eq!(belonging_to(10, us, &processes), BTreeSet::from([11]));
    }

    #[test]
    fn the_dead_are_nobodys() {
        let dead = Process { is_zombie: true, ..process(11, 10, 11) };
        let processes = [dead, process(12, 11, 12)];

        assert_eq!(belonging_to(10, US, &processes), BTreeSet::from([12]));
    }
}
