//! What a service tells systemd (`sd_notify(3)`): that it is ready, and that it lives.

use std::{os::unix::ffi::OsStrExt, time::Duration};

use rustix::net::{AddressFamily, SendFlags, SocketAddrUnix, SocketFlags, SocketType, sendto, socket_with};

/// Where to, and how often.
#[derive(Debug, Default)]
pub(crate) struct Notify {
    address: Option<SocketAddrUnix>,
    /// Half of what the watchdog allows.
    pub(crate) every: Option<Duration>,
}

impl Notify {
    /// As the environment says; says nothing where nobody listens.
    pub(crate) fn from_environment() -> Self {
        let address = std::env::var_os("NOTIFY_SOCKET").and_then(|path| {
            let bytes = path.as_bytes();
            match bytes.strip_prefix(b"@") {
                Some(name) => SocketAddrUnix::new_abstract_name(name).ok(),
                None => SocketAddrUnix::new(bytes).ok(),
            }
        });
        let micros = std::env::var("WATCHDOG_USEC").ok().and_then(|text| text.parse::<u64>().ok());
        Self {
            address,
            every: micros.filter(|micros| *micros > 0).map(|micros| Duration::from_micros(micros / 2)),
        }
    }

    /// Ready to be spoken to.
    pub(crate) fn ready(&self) {
        self.say(b"READY=1");
    }

    /// Alive.
    pub(crate) fn beat(&self) {
        if self.every.is_some() {
            self.say(b"WATCHDOG=1");
        }
    }

    fn say(&self, what: &[u8]) {
        let Some(address) = &self.address else { return };
        let Ok(socket) = socket_with(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None)
        else {
            return;
        };
        let _ = sendto(&socket, what, SendFlags::DONTWAIT | SendFlags::NOSIGNAL, address);
    }
}
