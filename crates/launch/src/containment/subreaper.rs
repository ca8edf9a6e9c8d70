//! Descent: whoever loses its parent falls to us, who are their subreaper, so that every process of a session is below
//! us in `/proc` however often it forked, or led an OS session of its own.
//!
//! Needs no right at all. What it cannot do is stand still by one word of the kernel's: freezing and killing look again
//! until nobody is left who was missed.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use daemon::processes::Process;
use launch_contract::Containment as Kind;
use rustix::process::{Pid, Signal};
use uuid::Uuid;

use super::{APP_ENV, Containment, Entry, SETTLE, processes};
use crate::{account::Account, clock, privileges};

/// The leaf of those who cannot be told whose they are.
const STRAY: &str = "?";

/// Which leaf each process is in.
#[derive(Debug)]
pub(crate) struct Subreaper {
    /// Whose they are.
    account: Account,
    /// By number and start.
    known: BTreeMap<(i32, u64), String>,
    /// Started, and possibly ended before anybody looked: OS session and leaf.
    sessions: BTreeMap<i32, String>,
}

impl Subreaper {
    pub(crate) fn new(account: Account) -> Self {
        Self { account, known: BTreeMap::new(), sessions: BTreeMap::new() }
    }

    /// Who runs, with the leaf that each is in.
    fn look(&mut self) -> io::Result<Vec<(Process, String)>> {
        let all = daemon::processes::all()?;
        let account = self.account.clone();
        Ok(self.sort(&all, std::process::id().cast_signed(), |pid| marked(pid, &account)))
    }

    fn sort(
        &mut self,
        all: &[Process],
        own: i32,
        marked: impl Fn(i32) -> Option<String>,
    ) -> Vec<(Process, String)> {
        let by_pid: BTreeMap<i32, &Process> = all.iter().map(|process| (process.pid, process)).collect();
        self.known.retain(|(pid, start), _| by_pid.get(pid).is_some_and(|process| process.start == *start));
        // In the order of their start, parents come before children.
        let mut in_order: Vec<&Process> =
            all.iter().filter(|process| is_below(process, own, &by_pid)).collect();
        in_order.sort_by_key(|process| (process.start, process.pid));
        let mut found = Vec::new();
        for process in in_order {
            let parent = by_pid.get(&process.parent).map(|parent| (parent.pid, parent.start));
            let leaf = self
                .known
                .get(&(process.pid, process.start))
                .or_else(|| self.known.get(&parent?))
                .or_else(|| self.sessions.get(&process.session))
                .cloned()
                .or_else(|| marked(process.pid))
                .unwrap_or_else(|| STRAY.to_owned());
            self.known.insert((process.pid, process.start), leaf.clone());
            if !process.is_zombie {
                found.push((*process, leaf));
            }
        }
        found
    }

    /// Signals until all have it in them.
    fn signal_all(
        &mut self,
        leaf: Option<&str>,
        signal: Signal,
        is_done: fn(&Process) -> io::Result<bool>,
    ) -> io::Result<()> {
        settle(|| {
            let mut missing = 0;
            for (process, of) in self.look()? {
                if leaf.is_none_or(|leaf| leaf == of) && !is_done(&process)? {
                    missing += 1;
                    processes::signal(&process, signal)?;
                }
            }
            Ok(missing)
        })
        .and_then(|missing| if missing == 0 { Ok(()) } else { Err(io::ErrorKind::TimedOut.into()) })
    }
}

/// Asks until `missing` tells nobody or the time is over, and gives its last answer; what it could not see is missing.
fn settle(mut missing: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    let mut last = Ok(0);
    clock::wait(SETTLE, || {
        last = missing();
        matches!(last, Ok(0))
    });
    last
}

impl Containment for Subreaper {
    fn kind(&self) -> Kind {
        Kind::Subreaper
    }

    fn can_freeze(&self) -> bool {
        true
    }

    fn open(&mut self, _session: Uuid) -> io::Result<()> {
        Ok(())
    }

    fn prepare(&mut self, _leaf: &str) -> io::Result<Entry> {
        Ok(Entry::Open)
    }

    fn joined(&mut self, leaf: &str, pid: Pid) {
        let pid = pid.as_raw_nonzero().get();
        self.sessions.insert(pid, leaf.to_owned());
        if let Ok(Some(process)) = daemon::processes::read(pid) {
            self.known.insert((pid, process.start), leaf.to_owned());
        }
    }

    fn populated(&mut self) -> io::Result<BTreeSet<String>> {
        Ok(self.look()?.into_iter().map(|(_, leaf)| leaf).collect())
    }

    fn members(&mut self, leaf: &str) -> io::Result<Vec<Pid>> {
        let all = self.look()?;
        Ok(all
            .into_iter()
            .filter(|(_, of)| of == leaf)
            .filter_map(|(one, _)| Pid::from_raw(one.pid))
            .collect())
    }

    fn freeze(&mut self, is_frozen: bool) -> io::Result<()> {
        if is_frozen {
            self.signal_all(None, Signal::STOP, |process| {
                Ok(process.is_stopped || processes::stops_before_it_runs(process)?)
            })
        } else {
            // None of them makes another before it is told; whoever stops itself again does as it likes.
            for (process, _) in self.look()? {
                processes::signal(&process, Signal::CONT)?;
            }
            Ok(())
        }
    }

    fn kill(&mut self, leaf: &str) -> io::Result<()> {
        self.signal_all(Some(leaf), Signal::KILL, |_| Ok(false))
    }

    fn clear(&mut self) -> io::Result<u32> {
        let _ = self.signal_all(None, Signal::KILL, |_| Ok(false));
        // Those of a launcher that died have another parent by now. A shared account has others', which lack our mark.
        let account = self.account.clone();
        let others = || -> io::Result<Vec<Process>> {
            let mut ours = Vec::new();
            for process in daemon::processes::all()? {
                let is_ours = processes::is_of(process.pid, account.uid)?
                    && (account.is_separate() || marked(process.pid, &account).is_some());
                ours.extend(is_ours.then_some(process));
            }
            Ok(ours)
        };
        for process in others()? {
            processes::signal(&process, Signal::KILL)?;
        }
        let left = settle(|| Ok(self.look()?.len() + others()?.len()))?;
        self.known.clear();
        self.sessions.clear();
        Ok(u32::try_from(left).unwrap_or(u32::MAX))
    }
}

fn is_below(process: &Process, own: i32, by_pid: &BTreeMap<i32, &Process>) -> bool {
    let mut at = process.parent;
    // No line of descent is longer than there are processes, whatever was read while they changed.
    for _ in 0..by_pid.len() {
        if at == own {
            return true;
        }
        match by_pid.get(&at) {
            Some(parent) => at = parent.parent,
            None => return false,
        }
    }
    false
}

/// The leaf in whose environment it was started. Nobody but its own account may read that.
fn marked(pid: i32, account: &Account) -> Option<String> {
    let environment = privileges::read_as_account(account, &format!("/proc/{pid}/environ")).ok()?;
    let mut entries =
        environment.split(|byte| *byte == 0).filter_map(|entry| std::str::from_utf8(entry).ok());
    entries.find_map(|entry| Some(entry.strip_prefix(APP_ENV)?.strip_prefix('=')?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn process(pid: i32, parent: i32, session: i32) -> Process {
        Process {
            pid,
            parent,
            session,
            start: pid.cast_unsigned() as u64,
            is_stopped: false,
            is_zombie: false,
        }
    }

    fn apps() -> Account {
        let kind = launch_contract::Account::Separate;
        Account { kind, name: "apps".to_owned(), uid: 61_000, gid: 61_000, groups: Vec::new() }
    }

    fn leaves(found: Vec<(Process, String)>) -> Vec<(i32, String)> {
        found.into_iter().map(|(process, leaf)| (process.pid, leaf)).collect()
    }

    #[test]
    fn whoever_forked_twice_and_left_the_session_stays_in_the_leaf_it_was_seen_in() {
        let mut us = Subreaper::new(apps());
        us.sessions.insert(10, "notes".to_owned());
        let nothing = |_: i32| None;
        us.sort(&[process(1, 0, 1), process(5, 1, 5), process(10, 5, 10), process(11, 10, 11)], 5, nothing);

        // Its parent has ended: it has fallen to us.
        let found = us.sort(&[process(1, 0, 1), process(5, 1, 5), process(11, 5, 11)], 5, nothing);

        assert_eq!(leaves(found), [(11, "notes".to_owned())]);
    }

    #[test]
    fn whoever_cannot_be_told_is_a_stray_and_other_peoples_processes_are_not_ours() {
        let mut us = Subreaper::new(apps());
        let all =
            [process(1, 0, 1), process(5, 1, 5), process(20, 1, 20), process(30, 5, 30), process(31, 5, 31)];

        let found = us.sort(&all, 5, |pid| (pid == 31).then(|| "chart".to_owned()));

        assert_eq!(leaves(found), [(30, STRAY.to_owned()), (31, "chart".to_owned())]);
    }
}
