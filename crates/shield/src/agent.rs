//! The agent's process: how it is started, spoken to and ended.

use std::{
    ffi::{OsStr, OsString},
    io,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
        unix::process::{CommandExt, ExitStatusExt},
    },
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use daemon::signals;
use rustix::{
    io::Errno,
    net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socketpair},
    process::{
        Pid, Signal, WaitId, WaitIdOptions, getppid, kill_process, kill_process_group, setsid, waitid,
    },
};
use shield_contract::{AGENT_FD, AgentMessage, MESSAGE_SIZE_BYTES, SHIELD_ENV, ShieldMessage};

use crate::{cover::DisplayServer, processes};

/// What an agent may inherit of our environment. Nothing that loads code into it (`LD_PRELOAD`, `GTK_MODULES`, WebKit's
/// automation) is among it.
const ENVIRONMENT: [&str; 6] =
    ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "HOME", "LANG", "TZ", "WEBKIT_DISABLE_COMPOSITING_MODE"];
/// What it may inherit besides on an X server.
const X11_ENVIRONMENT: [&str; 2] = ["DISPLAY", "XAUTHORITY"];
/// And on a Wayland compositor: a second way to a screen would be one that nobody covers.
const WAYLAND_ENVIRONMENT: [&str; 1] = ["WAYLAND_DISPLAY"];
/// What no `--env` hands on.
const MANAGERS: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];
/// The whole of the locale besides `LANG`.
const LOCALE_PREFIX: &str = "LC_";
/// Nobody's `PATH` but ours decides what the agent runs.
const SEARCH_PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// Looks at what is left of an agent until nothing is: those who were killed need a moment, and may have started others.
const ROUNDS_MAX: usize = 16;
/// Messages taken in one go; then the display and the clock have their turn.
pub(crate) const MESSAGES_AT_ONCE_MAX: usize = 32;

/// How to start an agent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Launch {
    /// The program.
    pub(crate) program: PathBuf,
    /// Its arguments.
    pub(crate) arguments: Vec<OsString>,
    /// Variables it may inherit besides [`ENVIRONMENT`].
    pub(crate) environment: Vec<OsString>,
    /// What draws the screen.
    pub(crate) server: DisplayServer,
    /// Where it writes what the screen says when it does not run.
    pub(crate) notice_file: Option<PathBuf>,
}

/// A started agent.
#[derive(Debug)]
pub(crate) struct Agent {
    child: Child,
    pid: Pid,
    /// Until it was closed, or nothing it says counts any more.
    socket: Option<OwnedFd>,
}

/// What came out of the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A message.
    Message(AgentMessage),
    /// A packet that is none.
    Garbled,
    /// The other end is closed.
    Closed,
    /// Nothing more for now.
    Nothing,
}

impl Launch {
    /// Starts it: in an OS session of its own, with our death as its death, our limit of core files, our allow-list as
    /// its environment and one end of a fresh socketpair as its file descriptor [`AGENT_FD`].
    pub(crate) fn start(&self) -> io::Result<Agent> {
        let (ours, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| self.may_inherit(name)))
            .env("PATH", SEARCH_PATH)
            .env("GDK_BACKEND", self.backend())
            .env(SHIELD_ENV, "1")
            .stdin(Stdio::null());
        prepare(&mut command, theirs.as_raw_fd());
        let child = command.spawn()?;
        let pid = Pid::from_child(&child);
        Ok(Agent { child, pid, socket: Some(ours) })
    }

    /// What GDK calls it.
    fn backend(&self) -> &'static str {
        match self.server {
            DisplayServer::X11 => "x11",
            DisplayServer::Wayland => "wayland",
        }
    }

    fn may_inherit(&self, name: &OsStr) -> bool {
        // Whoever has these speaks for us to the service manager.
        let is_managers = MANAGERS.iter().any(|managers| name == *managers);
        !is_managers && self.is_allowed(name)
    }

    fn is_allowed(&self, name: &OsStr) -> bool {
        let of_server: &[&str] = match self.server {
            DisplayServer::X11 => &X11_ENVIRONMENT,
            DisplayServer::Wayland => &WAYLAND_ENVIRONMENT,
        };
        ENVIRONMENT.iter().chain(of_server).any(|allowed| name == *allowed)
            || name.to_str().is_some_and(|name| name.starts_with(LOCALE_PREFIX))
            || self.environment.iter().any(|allowed| name == allowed)
    }
}

#[expect(unsafe_code, reason = "what a child does between fork and exec is the caller's word")]
fn prepare(command: &mut Command, socket: i32) {
    let parent = rustix::process::getpid();
    let make_ready = move || {
        setsid()?;
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        if getppid() != Some(parent) {
            // We died before the line above could tell.
            return Err(Errno::SRCH.into());
        }
        // SAFETY: plain system calls on numbers. Ours has been open since before the fork; AGENT_FD is open too (the
        // shield's first descriptor has that number), so it is not the pipe on which `Command` reports.
        unsafe {
            let placed = if socket == AGENT_FD {
                libc::fcntl(AGENT_FD, libc::F_SETFD, 0)
            } else {
                libc::dup2(socket, AGENT_FD)
            };
            if placed < 0 {
                return Err(io::Error::last_os_error());
            }
            // Whatever else we were started with stays behind. Kernels without the call have our own CLOEXEC.
            let from = AGENT_FD.unsigned_abs() + 1;
            libc::syscall(libc::SYS_close_range, from, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
        }
        signals::unblock()?;
        Ok(())
    };
    // SAFETY: the closure allocates nothing and takes no lock: it makes system calls on values it owns.
    unsafe { command.pre_exec(make_ready) };
}

impl Agent {
    /// Its process, not reaped before [`Agent::bury_if_dead`] says so.
    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Readable when the agent said something; `None` once nothing it says counts.
    pub(crate) fn socket(&self) -> Option<BorrowedFd<'_>> {
        self.socket.as_ref().map(AsFd::as_fd)
    }

    /// The next packet.
    pub(crate) fn hear(&mut self) -> Heard {
        let Some(socket) = &self.socket else { return Heard::Nothing };
        // One byte more than a message, so that a longer packet shows.
        let mut packet = [0; MESSAGE_SIZE_BYTES + 1];
        match recv(socket, &mut packet[..], RecvFlags::DONTWAIT) {
            Ok((_, 0)) => {
                self.hang_up();
                Heard::Closed
            }
            Ok((size_bytes, _)) => {
                let packet = &packet[..size_bytes.min(packet.len())];
                AgentMessage::decode(packet).map_or(Heard::Garbled, Heard::Message)
            }
            Err(Errno::AGAIN | Errno::INTR) => Heard::Nothing,
            Err(_) => {
                self.hang_up();
                Heard::Closed
            }
        }
    }

    /// Whether the message was taken. An agent that lets its buffer run full does not listen.
    pub(crate) fn say(&self, message: ShieldMessage) -> bool {
        let Some(socket) = &self.socket else { return true };
        let packet = message.encode();
        send(socket, &packet, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) == Ok(packet.len())
    }

    /// Nothing it says counts any more.
    pub(crate) fn hang_up(&mut self) {
        self.socket = None;
    }

    /// SIGTERM, to it alone.
    pub(crate) fn ask_to_end(&self) {
        // It is our child and not reaped: the number is its own. It may be dead already, which is what we want.
        let _ = kill_process(self.pid, Signal::TERM);
    }

    /// SIGKILL, to it and to whatever it started, however that left it (WebKit's processes are among them).
    pub(crate) fn end(&mut self) {
        self.hang_up();
        // Each of these may be gone by now. What it starts meanwhile is found when it is buried.
        for _ in 0..ROUNDS_MAX {
            let left = processes::of_agent(self.pid);
            if left.is_empty() {
                break;
            }
            for pid in left {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        let _ = kill_process(self.pid, Signal::KILL);
        let _ = kill_process_group(self.pid, Signal::KILL);
    }

    /// Whether the process is gone, and if it is, whether of itself: not by SIGKILL. It is buried last, so that its number
    /// names its process group until all that it left behind is ended.
    pub(crate) fn bury_if_dead(&mut self) -> Option<bool> {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        match waitid(WaitId::Pid(self.pid), look) {
            Ok(None) => None,
            Ok(Some(_)) | Err(_) => {
                self.end();
                let how = self.child.wait();
                Some(how.is_ok_and(|how| how.signal() != Some(Signal::KILL.as_raw())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_loads_code_into_the_agent_is_inherited() {
        let launch = Launch::default();

        for name in [
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
            "LD_AUDIT",
            "GTK_MODULES",
            "GTK3_MODULES",
            "GTK_PATH",
            "GIO_EXTRA_MODULES",
            "TAURI_AUTOMATION",
            "TAURI_WEBVIEW_AUTOMATION",
            "WEBKIT_EXEC_PATH",
            "WEBKIT_INSPECTOR_SERVER",
            "PATH",
            "GST_PLUGIN_PATH",
            "RUST_LOG",
            "SHELL",
            "LC",
            "",
        ] {
            assert!(!launch.may_inherit(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn display_bus_home_and_locale_are_inherited() {
        let launch = Launch::default();

        for name in
            ["DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "HOME", "LANG", "LC_ALL", "LC_TIME", "TZ"]
        {
            assert!(launch.may_inherit(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn only_the_way_to_the_screen_that_is_covered_is_inherited() {
        let wayland = Launch { server: DisplayServer::Wayland, ..Launch::default() };
        let x11 = Launch::default();

        assert!(wayland.may_inherit(OsStr::new("WAYLAND_DISPLAY")));
        assert!(!wayland.may_inherit(OsStr::new("DISPLAY")));
        assert!(!wayland.may_inherit(OsStr::new("XAUTHORITY")));
        assert_eq!(wayland.backend(), "wayland");
        assert!(!x11.may_inherit(OsStr::new("WAYLAND_DISPLAY")));
        assert_eq!(x11.backend(), "x11");
    }

    #[test]
    fn the_service_managers_socket_is_never_handed_on() {
        let launch = Launch { environment: MANAGERS.map(OsString::from).to_vec(), ..Launch::default() };

        for name in MANAGERS {
            assert!(!launch.may_inherit(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn a_variable_that_was_allowed_by_name_is_inherited_and_no_other() {
        let launch = Launch { environment: vec!["TAPWARD_TEST".into()], ..Launch::default() };

        assert!(launch.may_inherit(OsStr::new("TAPWARD_TEST")));
        assert!(!launch.may_inherit(OsStr::new("TAPWARD_TEST2")));
    }
}
