//! What the launcher does with the machine's processes, and asks of them beyond who belongs to whom.

use std::{io, os::fd::OwnedFd};

use daemon::processes::{self, ENDED, Process, file_of};
use rustix::{
    io::Errno,
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};

/// Handles held at once: far fewer than files may be open.
const HANDLES_MAX: usize = 256;

/// Whether it sleeps and is to stop before it does anything else: who waits for a `vfork` whose child was stopped
/// cannot be stopped itself until that child goes on.
pub(crate) fn stops_before_it_runs(process: &Process) -> io::Result<bool> {
    Ok(file_of(process.pid, "status")?.is_none_or(|status| awaits_stop(&status)))
}

fn awaits_stop(status: &str) -> bool {
    const STOP: u64 = 1 << (19 - 1);
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let is_pending = |name: &str| {
        field(name).and_then(|set| u64::from_str_radix(set, 16).ok()).is_some_and(|set| set & STOP != 0)
    };
    field("State:").is_some_and(|state| !state.starts_with('R'))
        && (is_pending("SigPnd:") || is_pending("ShdPnd:"))
}

/// Whether a child of ours that has let go of what it reports on ended before it became its program. It may have ended only
/// so far that nobody can wait for it yet.
pub(crate) fn never_ran(child: Pid) -> io::Result<bool> {
    Ok(file_of(child.as_raw_nonzero().get(), "stat")?.is_some_and(|stat| is_forked_only(&stat)))
}

fn is_forked_only(stat: &str) -> bool {
    // PF_FORKNOEXEC of the kernel's `sched.h`: taken off before a program's descriptors are closed.
    const FORKED_ONLY: u32 = 0x40;
    let flags =
        stat.rsplit_once(')').and_then(|(_, rest)| rest.split_ascii_whitespace().nth(6)?.parse().ok());
    flags.is_some_and(|flags: u32| flags & FORKED_ONLY != 0)
}

/// Whether a process runs with any of its user ids being this one.
pub(crate) fn is_of(pid: i32, uid: u32) -> io::Result<bool> {
    Ok(file_of(pid, "status")?.is_some_and(|status| runs_as(&status, uid)))
}

fn runs_as(status: &str, uid: u32) -> bool {
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name));
    let has_ended = |state: &str| ENDED.iter().any(|ended| state.trim().starts_with(ended));
    let has_threads =
        field("Threads:").and_then(|count| count.trim().parse().ok()).is_some_and(|count: u32| count > 1);
    let is_zombie = field("State:").is_some_and(has_ended) && !has_threads;
    !is_zombie
        && field("Uid:").is_some_and(|uids| uids.split_ascii_whitespace().any(|one| one.parse() == Ok(uid)))
}

/// Fails where `/proc` hides the processes of others from us (`hidepid=`), which would then count as none: we may not look into
/// them, and the first process has rights that we gave up.
pub(crate) fn are_seen() -> io::Result<()> {
    processes::read(1)?.map(|_| ()).ok_or_else(|| io::ErrorKind::PermissionDenied.into())
}

/// How many processes run with this user id.
pub(crate) fn count_of(uid: u32) -> io::Result<u32> {
    are_seen()?;
    let mut count = 0;
    for pid in processes::pids()? {
        count += u32::from(is_of(pid, uid)?);
    }
    Ok(count)
}

/// Signals whoever `members` tells, and nobody who has got the number of one of them meanwhile.
pub(crate) fn signal_members(
    mut members: impl FnMut() -> io::Result<Vec<Pid>>,
    signal: Signal,
) -> io::Result<()> {
    for some in members()?.chunks(HANDLES_MAX) {
        let mut handles = Vec::with_capacity(some.len());
        for pid in some {
            handles.extend(handle_of(*pid)?.map(|handle| (*pid, handle)));
        }
        // Who is a member still, with its handle held, is the one the handle is of.
        let still = members()?;
        for (_, handle) in handles.iter().filter(|(pid, _)| still.contains(pid)) {
            send(handle, signal)?;
        }
    }
    Ok(())
}

/// Signals that very process, and none that has got its number meanwhile.
pub(crate) fn signal(process: &Process, signal: Signal) -> io::Result<()> {
    let Some(pid) = Pid::from_raw(process.pid) else { return Ok(()) };
    let Some(handle) = handle_of(pid)? else { return Ok(()) };
    if processes::read(process.pid)?.is_none_or(|still| still.start != process.start) {
        return Ok(());
    }
    send(&handle, signal)
}

/// None when it is gone.
fn handle_of(pid: Pid) -> io::Result<Option<OwnedFd>> {
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(handle) => Ok(Some(handle)),
        // Invalid is what the kernel calls a number that has become a thread's.
        Err(Errno::SRCH | Errno::INVAL) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn send(handle: &OwnedFd, signal: Signal) -> io::Result<()> {
    match pidfd_send_signal(handle, signal) {
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_lost_its_first_thread_alone_still_runs() {
        let status = |threads: u32| format!("State:\tZ (zombie)\nUid:\t9\t9\t9\t9\nThreads:\t{threads}\n");

        assert_eq!([0, 1, 2].map(|threads| runs_as(&status(threads), 9)), [false, false, true]);
    }

    #[test]
    fn who_was_forked_and_became_no_program_is_told_from_who_did() {
        let ours = file_of(std::process::id().cast_signed(), "stat").expect("readable").expect("ourselves");

        assert!(is_forked_only("42 (launch) Z 7 42 40 0 -1 4194372 1 2"));
        assert!(!is_forked_only("42 (sh (x)) S 7 42 40 0 -1 4194304 1 2"));
        assert!(!is_forked_only(&ours));
    }

    #[test]
    fn who_waits_for_a_stopped_child_of_a_vfork_counts_as_stopped_and_who_runs_does_not() {
        let status = |state: &str, pending: &str| format!("Name:\tsh\nState:\t{state}\nShdPnd:\t{pending}\n");

        assert!(awaits_stop(&status("D (disk sleep)", "0000000000040000")));
        assert!(!awaits_stop(&status("R (running)", "0000000000040000")));
        assert!(!awaits_stop(&status("D (disk sleep)", "0000000000020000")));
    }

    #[test]
    fn a_process_that_got_the_number_of_another_is_not_signalled() {
        let ours = processes::read(std::process::id().cast_signed()).expect("readable").expect("ourselves");
        let earlier = Process { start: ours.start - 1, ..ours };

        // It would end this test.
        signal(&earlier, Signal::KILL).expect("nothing to signal");
    }
}
