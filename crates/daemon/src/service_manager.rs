//! What a service tells the manager that started it (`sd_notify(3)`): that it is ready, lives, and what it does.

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

/// The service manager that started us, if one did and wants to hear.
#[derive(Debug, Default)]
pub struct ServiceManager {
    socket: Option<UnixDatagram>,
    /// How often it wants a sign of life, halved; and when the next is due.
    beat: Option<(Duration, Duration)>,
    status: String,
}

impl ServiceManager {
    /// As the environment tells (`sd_notify(3)`, `sd_watchdog_enabled(3)`).
    #[must_use]
    pub fn from_environment() -> Self {
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

    /// We do what we are there for.
    pub fn is_ready(&self) {
        self.tell("READY=1");
    }

    /// We end, and were asked to.
    pub fn is_stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// What `systemctl status` shows. Told when it changes.
    pub fn status(&mut self, status: &str) {
        if self.status != status {
            status.clone_into(&mut self.status);
            self.tell(&format!("STATUS={status}"));
        }
    }

    /// How often it wants a sign of life, halved.
    #[must_use]
    pub fn beat_every(&self) -> Option<Duration> {
        self.beat.map(|(every, _)| every)
    }

    /// When the next sign of life is due, on the caller's clock.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.beat.map(|(_, next)| next)
    }

    /// Whether a sign of life is due; whoever asks gives it.
    pub fn is_due(&mut self, now: Duration) -> bool {
        match &mut self.beat {
            Some((every, next)) if *next <= now => {
                *next = now + *every;
                true
            }
            Some(_) | None => false,
        }
    }

    /// A sign of life, where one is wanted.
    pub fn beat(&self) {
        if self.beat.is_some() {
            self.tell("WATCHDOG=1");
        }
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
        let mut manager = ServiceManager {
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
