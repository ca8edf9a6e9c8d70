//! How a program of the apps' account is started: with that account's rights and nothing of ours.
#![expect(unsafe_code, reason = "what a child does between fork and exec is the caller's word")]

use std::{
    ffi::{CString, OsString},
    io,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, RawFd},
        unix::{ffi::OsStrExt, process::CommandExt},
    },
    path::Path,
    process::{Command, Stdio},
};

use launch_contract::Argv;
use rustix::{
    fs::{Mode, OFlags},
    process::{Pid, Resource, Rlimit, WaitOptions, setrlimit, setsid, umask, waitpid},
};

use crate::{account::Account, containment::processes, privileges};

/// The apps' end of their socket; also the number that no other descriptor of ours may have.
pub(crate) const LINE_FD: RawFd = 3;
/// Apps die of a full memory before agent and shield do.
const OOM_SCORE: &[u8] = b"500";
/// Processes and threads of the account: a fork bomb ends here.
const PROCESSES_MAX: u64 = 8_192;
/// How long a child may take to become its program.
const BECOMES_AFTER_S: libc::time_t = 2;

/// Linux has as many signals.
const SIGNAL_MAX: i32 = 64;

/// What is started.
#[derive(Debug)]
pub(crate) struct Program<'a> {
    pub(crate) argv: &'a Argv,
    pub(crate) account: &'a Account,
    /// The whole environment.
    pub(crate) environment: &'a [(OsString, OsString)],
    pub(crate) home: &'a Path,
    /// The way into its control group.
    pub(crate) procs: Option<BorrowedFd<'a>>,
    /// Becomes its descriptor [`LINE_FD`].
    pub(crate) line: Option<BorrowedFd<'a>>,
    /// Where its standard output goes; nowhere if `None`.
    pub(crate) output: Option<Stdio>,
}

/// Makes sure that [`LINE_FD`] is taken, so that it is nothing that a child needs before it becomes the app.
pub(crate) fn reserve_line() -> io::Result<()> {
    loop {
        // SAFETY: asks about a number.
        if unsafe { libc::fcntl(LINE_FD, libc::F_GETFD) } >= 0 {
            return Ok(());
        }
        let null = rustix::fs::open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        std::mem::forget(null);
    }
}

impl Program<'_> {
    /// Starts it.
    pub(crate) fn start(self) -> io::Result<Pid> {
        let mut command = Command::new(self.argv.program());
        command
            .args(self.argv.arguments())
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(self.output.unwrap_or_else(Stdio::null))
            // What clinical apps write there is no business of the journal's.
            .stderr(Stdio::null());
        let becoming = Becoming {
            home: CString::new(self.home.as_os_str().as_bytes())?,
            procs: self.procs.map(|procs| procs.as_fd().as_raw_fd()),
            line: self.line.map(|line| line.as_fd().as_raw_fd()),
            ids: self.account.is_separate().then_some((self.account.uid, self.account.gid)),
            groups: self.account.groups.clone(),
        };
        // SAFETY: `become_app` allocates nothing and takes no lock: it makes system calls on values it owns.
        unsafe { command.pre_exec(move || becoming.become_app()) };
        let pid = Pid::from_child(&command.spawn()?);
        if processes::never_ran(pid)? {
            let _ = waitpid(Some(pid), WaitOptions::empty());
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(pid)
    }
}

struct Becoming {
    home: CString,
    procs: Option<RawFd>,
    line: Option<RawFd>,
    /// To become, when it is another account.
    ids: Option<(u32, u32)>,
    groups: Vec<u32>,
}

impl Becoming {
    /// Between fork and exec.
    fn become_app(&self) -> io::Result<()> {
        die_unless_soon()?;
        if let Some(procs) = self.procs {
            // SAFETY: the descriptor was open before the fork, and lives as long as the parent waits for us.
            rustix::io::write(unsafe { BorrowedFd::borrow_raw(procs) }, b"0")?;
        }
        setsid()?;
        umask(Mode::from_raw_mode(0o077));
        limit();
        rustix::thread::set_no_new_privs(true)?;
        rustix::process::chdir(self.home.as_c_str())?;
        // SAFETY: plain system calls on numbers. `LINE_FD` is open since the start of the program (`reserve_line`), so
        // that it is not the pipe on which `Command` reports.
        unsafe {
            if let Some(line) = self.line {
                check(libc::dup2(line, LINE_FD).into())?;
            }
            let from = LINE_FD.unsigned_abs() + u32::from(self.line.is_some());
            check(libc::syscall(libc::SYS_close_range, from, u32::MAX, libc::CLOSE_RANGE_CLOEXEC))?;
            // What whoever started us ignores is no business of the app's. Two of them cannot be set, nor need be.
            for signal in 1..=SIGNAL_MAX {
                libc::signal(signal, libc::SIG_DFL);
            }
            let mut set = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
            check(libc::sigemptyset(set.as_mut_ptr()).into())?;
            check(libc::sigprocmask(libc::SIG_SETMASK, set.as_ptr(), std::ptr::null_mut()).into())?;
        }
        // Late: from here on whatever runs as the account can stop us.
        if let Some((uid, gid)) = self.ids {
            become_account(uid, gid, &self.groups)?;
        }
        leave_keyring()
    }
}

/// Whoever is the account may stop a child that is it already, on which our parent waits: then the kernel ends it, which whoever
/// is stopped cannot outwait. Becoming a program takes this off.
fn die_unless_soon() -> io::Result<()> {
    let mut timer: libc::c_int = 0;
    let never = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let soon = libc::itimerspec {
        it_interval: never,
        it_value: libc::timespec { tv_sec: BECOMES_AFTER_S, tv_nsec: 0 },
    };
    // SAFETY: both are filled as the kernel reads them, and it writes the number it is given room for. Not by glibc, which
    // allocates. All zeroes are a value of `sigevent`.
    unsafe {
        let mut event: libc::sigevent = std::mem::zeroed();
        event.sigev_notify = libc::SIGEV_SIGNAL;
        event.sigev_signo = libc::SIGKILL;
        check(libc::syscall(libc::SYS_timer_create, libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer))?;
        let nothing = std::ptr::null_mut::<libc::itimerspec>();
        check(libc::syscall(libc::SYS_timer_settime, timer, 0, &raw const soon, nothing))
    }
}

/// A session keyring that no other app has, and nobody after it: ours would be inherited by all, and outlive them.
fn leave_keyring() -> io::Result<()> {
    // keyctl(2)
    const JOIN_SESSION_KEYRING: libc::c_int = 1;
    const LINK: libc::c_int = 8;
    const SESSION_KEYRING: libc::c_long = -3;
    const USER_KEYRING: libc::c_long = -4;
    // SAFETY: system calls on numbers, and no name.
    unsafe {
        let nameless = std::ptr::null::<libc::c_char>();
        match check(libc::syscall(libc::SYS_keyctl, JOIN_SESSION_KEYRING, nameless)) {
            Ok(()) => check(libc::syscall(libc::SYS_keyctl, LINK, USER_KEYRING, SESSION_KEYRING)),
            // A kernel without keyrings.
            Err(error) if error.raw_os_error() == Some(libc::ENOSYS) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Ends every process of an account, by its own word to all it may signal, which no fork outruns: the kernel signals all at
/// once, and forks none that is signalled. Another process than ours says it, because whoever is the account may end it too.
pub(crate) fn end_all_of(account: &Account) -> io::Result<()> {
    let (uid, gid, groups) = (account.uid, account.gid, account.groups.clone());
    let end = move || -> io::Result<()> {
        die_unless_soon()?;
        become_account(uid, gid, &groups)?;
        // SAFETY: plain system calls on numbers. As root the second one would end the machine.
        unsafe {
            if libc::getuid() == uid && libc::geteuid() == uid && uid != 0 {
                libc::kill(-1, libc::SIGKILL);
            }
            libc::_exit(0)
        }
    };
    // It becomes no other program.
    let mut command = Command::new("/proc/self/exe");
    // SAFETY: the closure allocates nothing and takes no lock.
    unsafe { command.pre_exec(end) };
    let ended = command.spawn()?.wait()?;
    if ended.success() { Ok(()) } else { Err(io::Error::other(format!("who ends them: {ended}"))) }
}

/// Between fork and exec: with no right left to come back.
fn become_account(uid: u32, gid: u32, groups: &[u32]) -> io::Result<()> {
    privileges::drop_bounds(rustix::thread::CapabilitySet::empty());
    // SAFETY: plain system calls; the list has as many entries as is said. glibc's wrappers would wait for threads of the
    // parent that this process does not have.
    unsafe {
        check(libc::syscall(libc::SYS_setgroups, groups.len(), groups.as_ptr()))?;
        check(libc::syscall(libc::SYS_setresgid, gid, gid, gid))?;
        check(libc::syscall(libc::SYS_setresuid, uid, uid, uid))
    }
}

fn check(result: libc::c_long) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Each refused only where the machine allows less already.
fn limit() {
    let both = |limit: u64| Rlimit { current: Some(limit), maximum: Some(limit) };
    // One byte, not none: `docs/SECURITY-PROPERTIES.md`.
    let _ = setrlimit(Resource::Core, both(1));
    let _ = setrlimit(Resource::Nproc, both(PROCESSES_MAX));
    // No POSIX message queues: where nobody has mounted them, none could be found and removed.
    let _ = setrlimit(Resource::Msgqueue, both(0));
    if let Ok(file) =
        rustix::fs::open(c"/proc/self/oom_score_adj", OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())
    {
        let _ = rustix::io::write(&file, OOM_SCORE);
    }
}
