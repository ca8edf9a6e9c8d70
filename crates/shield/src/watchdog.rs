//! What ends the shield when it can do nothing more: its own alarm, and systemd's watchdog.
//!
//! An X server that answers nobody (it was stopped, or a program keeps it for itself) would have us wait for ever for
//! an answer. So an alarm runs whenever we do not wait for something to happen; when it goes off we end, and with us
//! the OS session. At rest nothing runs.
#![expect(unsafe_code, reason = "signal handlers and alarms have no safe interface in rustix")]

use std::{
    io,
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            ffi::OsStrExt as _,
            net::{SocketAddr, UnixDatagram},
        },
    },
    time::Duration,
};

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

/// The service manager that started us, if one did and wants to hear.
#[derive(Debug)]
pub(crate) struct Manager {
    socket: Option<UnixDatagram>,
    /// How often it wants a sign of life, halved; and when the next is due.
    beat: Option<(Duration, Duration)>,
    status: String,
}

impl Manager {
    /// As the environment tells (`sd_notify(3)`, `sd_watchdog_enabled(3)`).
    pub(crate) fn from_environment() -> Self {
        let name = std::env::var_os("NOTIFY_SOCKET").unwrap_or_default();
        let socket = connect(name.as_bytes()).ok();
        let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
        let is_for_us = match std::env::var_os("WATCHDOG_PID") {
            Some(_) => number("WATCHDOG_PID") == Some(u64::from(std::process::id())),
            None => true,
        };
        let every = number("WATCHDOG_USEC").filter(|us| is_for_us && *us > 0);
        let beat = every.map(|us| (Duration::from_micros(us / 2), Duration::ZERO));
        Self { beat: beat.filter(|_| socket.is_some()), socket, status: String::new() }
    }

    /// We cover, and do what we are there for.
    pub(crate) fn is_ready(&self) {
        self.tell("READY=1");
    }

    /// We end, and were asked to.
    pub(crate) fn is_stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// What `systemctl status` shows. Told when it changes.
    pub(crate) fn status(&mut self, status: &str) {
        if self.status != status {
            status.clone_into(&mut self.status);
            self.tell(&format!("STATUS={status}"));
        }
    }

    /// When the next sign of life is due, on the clock without machine sleep.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.beat.map(|(_, next)| next)
    }

    /// Whether a sign of life is due; whoever asks gives it.
    pub(crate) fn is_due(&mut self, now: Duration) -> bool {
        match &mut self.beat {
            Some((every, next)) if *next <= now => {
                *next = now + *every;
                true
            }
            Some(_) | None => false,
        }
    }

    /// A sign of life.
    pub(crate) fn beat(&self) {
        self.tell("WATCHDOG=1");
    }

    fn tell(&self, what: &str) {
        // A manager that does not listen is no reason to end, nor to wait for it.
        let _ = self.socket.as_ref().map(|socket| socket.send(what.as_bytes()));
    }
}

fn connect(name: &[u8]) -> io::Result<UnixDatagram> {
    let address = match name {
        [b'@', name @ ..] if !name.is_empty() => SocketAddr::from_abstract_name(name)?,
        [b'/', ..] => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(name))?,
        _ => return Err(io::ErrorKind::InvalidInput.into()),
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.connect_addr(&address)?;

    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manager_that_nobody_named_is_told_nothing() {
        assert!(connect(b"").is_err());
        assert!(connect(b"@").is_err());
        assert!(connect(b"relative").is_err());
        assert!(connect(b"/nonexistent/socket").is_err());
    }

    #[test]
    fn a_sign_of_life_is_due_twice_as_often_as_it_is_wanted() {
        let mut manager = Manager {
            socket: None,
            beat: Some((Duration::from_secs(5), Duration::ZERO)),
            status: String::new(),
        };

        assert!(manager.is_due(Duration::from_secs(100)));
        assert!(!manager.is_due(Duration::from_secs(104)));
        assert_eq!(manager.deadline(), Some(Duration::from_secs(105)));
        assert!(manager.is_due(Duration::from_secs(105)));
    }
}
