//! The way to the launcher: one task that owns the connection.

use std::{
    fs, io,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use agent_runtime::{config::AppsAccount, ports::EventSink};
use launch_contract::{
    Account, AgentMessage, COOKIE_BYTES_MAX, Containment, Cookie, Display, DisplayName, Hello, INHERITED_FD,
    LauncherMessage, MESSAGE_BYTES_MAX,
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    net::{
        AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType, connect, recv, send,
        socket_with, socketpair,
    },
};
use tokio::{
    io::Interest,
    net::UnixStream,
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    time::{Instant, sleep_until},
};
use tracing::{debug, error, warn};

use super::{
    AppsSettings, LauncherFacts, Order,
    desk::{Desk, Input, Output},
};

/// [`look`] waits so long for the launcher's word.
const LOOK_LIMIT: Timespec = Timespec { tv_sec: 3, tv_nsec: 0 };

/// `None` where there is no launcher and nothing to launch.
pub(super) fn start(settings: AppsSettings, sink: EventSink) -> Option<UnboundedSender<Order>> {
    if !is_needed(&settings) {
        debug!("Policy lists no apps, and there is no launcher");
        return None;
    }
    let display = display(settings.display.as_deref());
    let desk = Desk::new(settings.apps.start().clone(), display, settings.apps.save_grace());
    let (orders, ordered) = mpsc::unbounded_channel();
    tokio::spawn(
        Way { settings, sink, connection: None, started: Vec::new(), due: None }.serve(desk, ordered),
    );
    Some(orders)
}

/// Whether anything is launched here, or could have been.
fn is_needed(settings: &AppsSettings) -> bool {
    let has_apps = !settings.apps.start().as_slice().is_empty();
    has_apps || (settings.account == AppsAccount::Separate && settings.socket.exists())
}

/// Asks the launcher what it is; blocks for a moment. `None` where nothing is launched here.
///
/// # Errors
/// What is wrong, in words.
pub fn look(settings: &AppsSettings) -> Result<Option<LauncherFacts>, String> {
    if !is_needed(settings) {
        return Ok(None);
    }
    let (socket, _child) = open(settings).map_err(|error| error.to_string())?;
    let mut fds = [PollFd::new(&socket, PollFlags::IN)];
    if poll(&mut fds, Some(&LOOK_LIMIT)).map_err(|errno| errno.to_string())? == 0 {
        return Err("it does not say hello".to_owned());
    }
    let mut packet = vec![0; MESSAGE_BYTES_MAX + 1];
    let (_, size_bytes) =
        recv(&socket, &mut packet[..], RecvFlags::DONTWAIT).map_err(|errno| errno.to_string())?;
    match LauncherMessage::decode(&packet[..size_bytes.min(packet.len())]) {
        Ok(LauncherMessage::Hello(hello)) => Ok(Some(facts(&hello))),
        Ok(LauncherMessage::Answer { .. }) | Err(_) => Err("it does not speak our contract".to_owned()),
    }
}

const fn facts(hello: &Hello) -> LauncherFacts {
    LauncherFacts {
        is_separate: matches!(hello.account, Account::Separate),
        containment: match hello.containment {
            Containment::SystemdScope => "a scope of systemd",
            Containment::Cgroup => "a control group",
            Containment::Subreaper => "descent alone",
        },
        can_freeze: hello.can_freeze,
        problem: match hello.problem {
            Some(problem) => Some(problem.as_str()),
            None => None,
        },
    }
}

struct Way {
    settings: AppsSettings,
    sink: EventSink,
    connection: Option<UnixStream>,
    /// Launchers that we started, the one at hand included: they end with their connection, and are buried then.
    started: Vec<Child>,
    due: Option<Instant>,
}

impl Way {
    async fn serve(mut self, mut desk: Desk, mut ordered: UnboundedReceiver<Order>) {
        loop {
            let due = self.due;
            let input = tokio::select! {
                biased;
                order = ordered.recv() => match order {
                    Some(order) => Input::Order(order),
                    None => return,
                },
                heard = hear(self.connection.as_ref()) => heard,
                () = async { match due { Some(due) => sleep_until(due).await, None => std::future::pending().await } } => {
                    self.due = None;
                    Input::TimeUp
                }
            };
            if matches!(input, Input::Lost) {
                self.connection = None;
            }
            desk.work_off(input, |output| self.perform(output));
        }
    }

    /// That the connection was lost, where it was.
    fn perform(&mut self, output: Output) -> Option<Input> {
        match output {
            Output::Connect => match self.connect() {
                Ok(connection) => {
                    self.connection = Some(connection);
                    None
                }
                Err(error) => {
                    error!(%error, "The launcher cannot be reached at {}", self.place().display());
                    Some(Input::Lost)
                }
            },
            Output::HangUp => {
                self.connection = None;
                None
            }
            Output::Say(message) => match self.say(&message) {
                Ok(()) => None,
                Err(error) => {
                    warn!(%error, "The launcher does not take what it is told");
                    self.connection = None;
                    Some(Input::Lost)
                }
            },
            Output::Tell(event) => {
                self.sink.send(event);
                None
            }
            Output::Timer(wait) => {
                self.due = wait.map(in_so_long);
                None
            }
        }
    }

    fn connect(&mut self) -> io::Result<UnixStream> {
        self.started.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
        let (socket, child) = open(&self.settings)?;
        self.started.extend(child);
        // Packets, not a stream: only who it is that waits for it is taken from that type.
        UnixStream::from_std(socket.into())
    }

    fn say(&self, message: &AgentMessage) -> io::Result<()> {
        let connection = self.connection.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        let packet = message.encode().map_err(io::Error::other)?;
        // A launcher that lets its buffer run full hangs.
        let sent = send(connection, &packet, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)?;
        if sent == packet.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
    }

    fn place(&self) -> &Path {
        match self.settings.account {
            AppsAccount::Separate => &self.settings.socket,
            AppsAccount::Shared => &self.settings.program,
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a limit on somebody else's answer; it decides about no session"
)]
fn in_so_long(wait: Duration) -> Instant {
    Instant::now() + wait
}

/// The next thing the launcher says; nothing while there is no connection.
async fn hear(connection: Option<&UnixStream>) -> Input {
    let Some(connection) = connection else { return std::future::pending().await };
    let mut packet = vec![0; MESSAGE_BYTES_MAX + 1];
    loop {
        if connection.readable().await.is_err() {
            return Input::Lost;
        }
        let received = connection.try_io(Interest::READABLE, || {
            recv(connection, &mut packet[..], RecvFlags::DONTWAIT).map_err(io::Error::from)
        });
        let size_bytes = match received {
            Ok((_, 0)) => return Input::Lost,
            Ok((_, size_bytes)) => size_bytes,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                continue;
            }
            Err(error) => {
                warn!(%error, "The launcher's socket failed");
                return Input::Lost;
            }
        };
        return match LauncherMessage::decode(&packet[..size_bytes.min(packet.len())]) {
            Ok(message) => Input::Heard(message),
            Err(error) => {
                error!(%error, "The launcher broke the contract");
                Input::Lost
            }
        };
    }
}

fn open(settings: &AppsSettings) -> io::Result<(OwnedFd, Option<Child>)> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    match settings.account {
        AppsAccount::Separate => {
            let socket = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
            connect(&socket, &SocketAddrUnix::new(&settings.socket)?)?;
            Ok((socket, None))
        }
        AppsAccount::Shared => {
            let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
            let child = spawn(&settings.program, theirs)?;
            Ok((ours, Some(child)))
        }
    }
}

/// A launcher of our own, with its end of the connection where the contract says.
fn spawn(program: &PathBuf, theirs: OwnedFd) -> io::Result<Child> {
    rustix::io::ioctl_fionbio(&theirs, false)?;
    let mut command = Command::new(program);
    command.arg("--inherited").stdin(Stdio::null()).stdout(Stdio::null());
    let number = theirs.as_fd().as_raw_fd();
    #[expect(unsafe_code, reason = "a descriptor can be given a number only between fork and exec")]
    // SAFETY: the closure makes two system calls on numbers it owns and allocates nothing. `Command` reports on a descriptor
    // that it closes on exec; it is not this number, which the agent's own runtime holds since its start.
    unsafe {
        command.pre_exec(move || {
            let placed = if number == INHERITED_FD {
                libc::fcntl(number, libc::F_SETFD, 0)
            } else {
                libc::dup2(number, INHERITED_FD)
            };
            if placed < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
        });
    }
    command.spawn()
}

/// Where apps are shown, and what lets them in there.
fn display(named: Option<&str>) -> Display {
    let name = named.map(str::to_owned).or_else(|| std::env::var("DISPLAY").ok()).unwrap_or_default();
    let name: DisplayName = name.parse().unwrap_or_else(|_| {
        warn!("DISPLAY names no display of this machine; apps are given :0");
        ":0".parse().expect("a display of this machine")
    });
    let xauthority = std::env::var_os("XAUTHORITY").and_then(|path| {
        let file = fs::read(path).ok().filter(|file| file.len() <= COOKIE_BYTES_MAX)?;
        Cookie::new(file).ok()
    });
    Display { name, xauthority }
}
