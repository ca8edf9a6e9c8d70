//! The processes of the machine, read from `/proc`.

use std::{fs, io, os::fd::OwnedFd};

use rustix::{
    io::Errno,
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};

/// Handles held at once: far fewer than files may be open.
const HANDLES_MAX: usize = 256;

/// One process, as far as it says who belongs to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    /// OS session.
    pub(crate) session: i32,
    /// In clock ticks since boot: tells apart two processes of one number.
    pub(crate) start: u64,
    pub(crate) is_stopped: bool,
    /// Ended, and not yet reaped. Who has lost its first thread alone is none.
    pub(crate) is_zombie: bool,
}

/// What the kernel calls whoever has ended: a process whose first thread has, too, however many others it has.
const ENDED: [&str; 3] = ["Z", "X", "x"];
const STOPPED: [&str; 2] = ["T", "t"];

/// All there are.
///
/// # Errors
/// Where one cannot be read for another reason than that it is gone: nobody may take it for gone then.
pub(crate) fn all() -> io::Result<Vec<Process>> {
    pids()?.into_iter().filter_map(|pid| read(pid).transpose()).collect()
}

/// The numbers of all there are.
fn pids() -> io::Result<Vec<i32>> {
    let mut pids = Vec::new();
    for entry in fs::read_dir("/proc")? {
        pids.extend(entry?.file_name().to_str().and_then(|name| name.parse::<i32>().ok()));
    }
    Ok(pids)
}

/// One of them; none when it is gone.
pub(crate) fn read(pid: i32) -> io::Result<Option<Process>> {
    let Some(stat) = file_of(pid, "stat")? else { return Ok(None) };
    let Some(mut process) = parse(&stat) else { return Ok(None) };
    // The state is the first thread's.
    if !process.is_zombie && state(&stat).is_some_and(|state| ENDED.contains(&state)) {
        process.is_stopped = others_are_stopped(pid)?;
    }
    Ok(Some(process))
}

/// Whether all threads that have not ended are stopped.
fn others_are_stopped(pid: i32) -> io::Result<bool> {
    let threads = match fs::read_dir(format!("/proc/{pid}/task")) {
        Ok(threads) => threads,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    for thread in threads {
        let name = format!("task/{}/stat", thread?.file_name().display());
        let still = |state: &str| ENDED.contains(&state) || STOPPED.contains(&state);
        if file_of(pid, &name)?.is_some_and(|stat| !state(&stat).is_some_and(still)) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn state(stat: &str) -> Option<&str> {
    stat.rsplit_once(')')?.1.split_ascii_whitespace().next()
}

/// What the kernel says of a process; none when it is gone.
fn file_of(pid: i32, name: &str) -> io::Result<Option<String>> {
    match fs::read(format!("/proc/{pid}/{name}")) {
        // Its name may be any bytes.
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error)
            if error.kind() == io::ErrorKind::NotFound
                || error.raw_os_error() == Some(Errno::SRCH.raw_os_error()) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The name in the line may hold spaces and brackets; what follows the last bracket does not.
fn parse(stat: &str) -> Option<Process> {
    let pid = stat.split(' ').next()?.parse().ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let state = *fields.first()?;
    let threads: u32 = fields.get(17)?.parse().ok()?;
    Some(Process {
        pid,
        parent: fields.get(1)?.parse().ok()?,
        session: fields.get(3)?.parse().ok()?,
        start: fields.get(19)?.parse().ok()?,
        is_stopped: STOPPED.contains(&state),
        is_zombie: ENDED.contains(&state) && threads <= 1,
    })
}

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

/// How many processes run with this user id.
pub(crate) fn count_of(uid: u32) -> io::Result<u32> {
    let mut count = 0;
    for pid in pids()? {
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
    if read(process.pid)?.is_none_or(|still| still.start != process.start) {
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
    fn a_name_with_brackets_and_spaces_is_read_past() {
        let line = "42 (a) b (c) T 7 42 40 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 11 12";

        let process = parse(line);

        assert_eq!(
            process,
            Some(Process {
                pid: 42,
                parent: 7,
                session: 40,
                start: 98765,
                is_stopped: true,
                is_zombie: false
            })
        );
        assert_eq!(parse("42 (cut"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn who_has_lost_its_first_thread_alone_is_no_zombie() {
        let stat =
            |threads: u32| format!("42 (x) Z 7 42 40 0 -1 4 1 2 3 4 5 6 7 8 20 0 {threads} 0 98765 11");
        let status = |threads: u32| format!("State:\tZ (zombie)\nUid:\t9\t9\t9\t9\nThreads:\t{threads}\n");

        let is_zombie = |threads: u32| parse(&stat(threads)).map(|process| process.is_zombie);
        assert_eq!([0, 1, 2].map(is_zombie), [Some(true), Some(true), Some(false)]);
        assert_eq!([0, 1, 2].map(|threads| runs_as(&status(threads), 9)), [false, false, true]);
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
        let ours = read(std::process::id().cast_signed()).expect("readable").expect("ourselves");
        let earlier = Process { start: ours.start - 1, ..ours };

        // It would end this test.
        signal(&earlier, Signal::KILL).expect("nothing to signal");
    }
}
