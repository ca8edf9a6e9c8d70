//! What ends the shield when it can do nothing more: its own alarm, besides systemd's watchdog.
//!
//! An X server that answers nobody (it was stopped, or a program keeps it for itself) would have us wait for ever for
//! an answer. So an alarm runs whenever we do not wait for something to happen; when it goes off we end, and with us
//! the OS session. At rest nothing runs.
#![expect(unsafe_code, reason = "signal handlers and alarms have no safe interface in rustix")]

/// An answer of the X server, or whatever else we do in one go, takes no longer on a machine that works.
const BOUND_S: u32 = 5;
/// What the last line of the log says then.
const LAST_WORDS: &[u8] =
    b"tapward-shield: the X server has not answered for 5 s; ending, so that the OS session ends\n";
/// `EX_SOFTWARE` of sysexits.h, as for an X server that went away.
const LOST: i32 = 70;

/// From here on the alarm ends us with words and a code of ours.
pub(crate) fn prepare() {
    // SAFETY: the handler calls nothing but `write` and `_exit`, which may be called in one; the sets and the
    // structure are initialized before they are used.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigemptyset(&raw mut action.sa_mask);
        action.sa_sigaction = on_alarm as *const () as libc::sighandler_t;
        libc::sigaction(libc::SIGALRM, &raw const action, std::ptr::null_mut());
        // Whoever started us may have blocked it.
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGALRM);
        libc::sigprocmask(libc::SIG_UNBLOCK, &raw const set, std::ptr::null_mut());
    }
}

extern "C" fn on_alarm(_: libc::c_int) {
    // SAFETY: both may be called in a signal handler; the bytes are static.
    unsafe {
        libc::write(libc::STDERR_FILENO, LAST_WORDS.as_ptr().cast(), LAST_WORDS.len());
        libc::_exit(LOST);
    }
}

/// What is done from here on is done within the bound, or we end.
pub(crate) fn set_alarm() {
    // SAFETY: sets a timer of the process, nothing else.
    unsafe { libc::alarm(BOUND_S) };
}

/// From here on we wait, however long.
pub(crate) fn clear_alarm() {
    // SAFETY: as above.
    unsafe { libc::alarm(0) };
}
