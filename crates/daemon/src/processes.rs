//! The processes of the machine, read from `/proc`.

use std::{fs, io};

use rustix::io::Errno;

/// One process, as far as it says who belongs to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Its number, in our PID namespace.
    pub pid: i32,
    /// Its parent's; 0 where that is outside of the namespace.
    pub parent: i32,
    /// OS session; 0 where its leader is outside of our PID namespace.
    pub session: i32,
    /// In clock ticks since boot: tells apart two processes of one number.
    pub start: u64,
    /// By a signal or a tracer: it does nothing until it is told to go on.
    pub is_stopped: bool,
    /// Ended, and not yet reaped. Who has lost its first thread alone is none.
    pub is_zombie: bool,
}

/// What the kernel calls whoever has ended: a process whose first thread has, too, however many others it has.
pub const ENDED: [&str; 3] = ["Z", "X", "x"];
const STOPPED: [&str; 2] = ["T", "t"];

/// All there are.
///
/// # Errors
/// Where one cannot be read for another reason than that it is gone: nobody may take it for gone then.
pub fn all() -> io::Result<Vec<Process>> {
    pids()?.into_iter().filter_map(|pid| read(pid).transpose()).collect()
}

/// The numbers of all there are.
///
/// # Errors
/// Where `/proc` cannot be read.
pub fn pids() -> io::Result<Vec<i32>> {
    let mut pids = Vec::new();
    for entry in fs::read_dir("/proc")? {
        pids.extend(entry?.file_name().to_str().and_then(|name| name.parse::<i32>().ok()));
    }
    Ok(pids)
}

/// One of them; none when it is gone.
///
/// # Errors
/// Where it is there, and cannot be read.
pub fn read(pid: i32) -> io::Result<Option<Process>> {
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

/// What a file of `/proc/PID` says; none when the process is gone.
///
/// # Errors
/// Where it is there, and cannot be read.
pub fn file_of(pid: i32, name: &str) -> io::Result<Option<String>> {
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

        let is_zombie = |threads: u32| parse(&stat(threads)).map(|process| process.is_zombie);

        assert_eq!([0, 1, 2].map(is_zombie), [Some(true), Some(true), Some(false)]);
    }
}
