//! The agent's connection: how it comes, whether it may, and what it says.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd},
};

use launch_contract::{AgentMessage, INHERITED_FD, LauncherMessage, MESSAGE_BYTES_MAX};
use rustix::{
    io::Errno,
    net::{
        AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, accept_with, recv, send,
        sockopt::{socket_acceptconn, socket_domain, socket_peercred, socket_type},
    },
};

/// The first descriptor of a service that was started for a socket (`sd_listen_fds(3)`).
const LISTEN_FD: i32 = 3;

/// One agent.
#[derive(Debug)]
pub(crate) struct Conversation(OwnedFd);

/// What came out of it.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A message.
    Message(Box<AgentMessage>),
    /// What is none.
    Garbled,
    /// The end.
    Closed,
    /// Nothing more for now.
    Nothing,
}

/// Where agents come from.
#[derive(Debug)]
pub(crate) struct Listener(OwnedFd);

impl Listener {
    /// The socket that the service was started for.
    pub(crate) fn from_environment() -> io::Result<Self> {
        let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, what);
        let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|there| there == value);
        if !is("LISTEN_FDS", "1") || !is("LISTEN_PID", &std::process::id().to_string()) {
            return Err(wrong("not started for one socket (tapward-launch.socket)"));
        }
        let socket = inherited(LISTEN_FD)?;
        let is_ours = socket_domain(&socket)? == AddressFamily::UNIX
            && socket_type(&socket)? == SocketType::SEQPACKET
            && socket_acceptconn(&socket)?;
        if is_ours { Ok(Self(socket)) } else { Err(wrong("the socket is not ListenSequentialPacket=")) }
    }

    /// The next agent; one who may not speak to us is hung up on.
    pub(crate) fn accept(&self, agent_uid: u32) -> Option<Conversation> {
        let socket = accept_with(&self.0, SocketFlags::CLOEXEC).ok()?;
        let uid = socket_peercred(&socket).ok()?.uid.as_raw();
        (uid == 0 || uid == agent_uid).then_some(Conversation(socket))
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// A descriptor that we were started with, away from the number where apps have theirs.
#[expect(unsafe_code, reason = "a descriptor that was inherited has nobody else to vouch for it")]
fn inherited(number: i32) -> io::Result<OwnedFd> {
    // SAFETY: duplicates whatever has that number, or fails; what it makes is nobody else's.
    unsafe {
        let ours = libc::fcntl(number, libc::F_DUPFD_CLOEXEC, number + 1);
        if ours < 0 {
            return Err(io::Error::last_os_error());
        }
        drop(OwnedFd::from_raw_fd(number));
        Ok(OwnedFd::from_raw_fd(ours))
    }
}

impl Conversation {
    /// The agent's end that we were started with.
    pub(crate) fn inherited() -> io::Result<Self> {
        let socket = inherited(INHERITED_FD)?;
        if socket_type(&socket)? == SocketType::SEQPACKET {
            Ok(Self(socket))
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "descriptor 3 is no SOCK_SEQPACKET socket"))
        }
    }

    /// The next packet.
    pub(crate) fn hear(&self) -> Heard {
        // One byte more than a message, so that a longer packet shows.
        let mut packet = vec![0; MESSAGE_BYTES_MAX + 1];
        match recv(&self.0, &mut packet[..], RecvFlags::DONTWAIT) {
            Ok((_, 0)) => Heard::Closed,
            Ok((length, _)) => match AgentMessage::decode(&packet[..length]) {
                Ok(message) => Heard::Message(Box::new(message)),
                Err(_) => Heard::Garbled,
            },
            Err(Errno::AGAIN | Errno::INTR) => Heard::Nothing,
            Err(_) => Heard::Closed,
        }
    }

    /// Whether it could be said. An agent that does not read is none.
    pub(crate) fn say(&self, message: &LauncherMessage) -> bool {
        message.encode().is_ok_and(|packet| {
            send(&self.0, &packet, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)
                .is_ok_and(|sent| sent == packet.len())
        })
    }
}

impl AsFd for Conversation {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
