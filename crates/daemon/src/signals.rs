//! The signals that concern a service with children, as something that can be waited for.
#![expect(unsafe_code, reason = "signal masks and signalfd have no safe interface in rustix")]

use std::{
    io,
    mem::MaybeUninit,
    os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd},
};

/// Blocked for the process and read from here. Children inherit the mask, which is what [`unblock`] is for.
#[derive(Debug)]
pub struct Signals(OwnedFd);

/// What a signal means to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// A child changed its state.
    Child,
    /// Somebody wants us to end.
    End,
}

impl Signals {
    /// From here on these signals arrive here only. Call it before any other thread exists.
    ///
    /// # Errors
    /// When the kernel refuses it.
    pub fn block() -> io::Result<Self> {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: `sigemptyset` initializes the set it is given; the others get that set, and only valid numbers.
        let fd = unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            for number in [libc::SIGCHLD, libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
                libc::sigaddset(set.as_mut_ptr(), number);
            }
            if libc::sigprocmask(libc::SIG_BLOCK, set.as_ptr(), std::ptr::null_mut()) != 0 {
                return Err(io::Error::last_os_error());
            }
            libc::signalfd(-1, set.as_ptr(), libc::SFD_CLOEXEC | libc::SFD_NONBLOCK)
        };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call above made it, and nobody else owns it.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// The next signal that has arrived, if any.
    #[must_use]
    pub fn next(&self) -> Option<Signal> {
        let mut info = [0u8; size_of::<libc::signalfd_siginfo>()];
        let size_bytes = rustix::io::read(&self.0, &mut info).ok()?;
        // The number is the first field of the structure.
        let number = info[..size_bytes].first_chunk::<4>().map(|bytes| u32::from_ne_bytes(*bytes))?;
        Some(if i64::from(number) == i64::from(libc::SIGCHLD) { Signal::Child } else { Signal::End })
    }
}

/// Undoes [`Signals::block`] in a child before it becomes another program. Allocates nothing and takes no lock.
///
/// # Errors
/// When the kernel refuses it.
pub fn unblock() -> io::Result<()> {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: `sigemptyset` initializes the set that the second call reads.
    let result = unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, set.as_ptr(), std::ptr::null_mut())
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
