//! A launcher on this machine, with an account and places of its own, and the agent's side of its socket.

use std::{
    fmt::Debug,
    fs::{self, Permissions},
    io,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::{fs::PermissionsExt, process::CommandExt},
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use launch_contract::{
    AgentMessage, Answer, App, Cookie, Display, Hello, LauncherMessage, MESSAGE_BYTES_MAX, SaveWhy, Verb,
    WithinMs,
};
use rustix::{
    net::{
        AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen,
        recv, send, socket_with,
        sockopt::{Timeout, set_socket_timeout},
    },
    process::{Pid, Signal, kill_process},
};
use uuid::Uuid;

/// Longer than anything here takes on a busy machine.
const AT_MOST: Duration = Duration::from_secs(40);

/// These tests make accounts of their own, control groups and mounts: as anybody but root they fail, and say so.
pub(crate) fn need_root() {
    assert!(
        rustix::process::geteuid().is_root(),
        "NOT RUN: what the launcher does as root is tested as root"
    );
}

/// An account with a name, made if it is not there; its number.
pub(crate) fn make_account(name: &str) -> u32 {
    let number = || {
        let output = Command::new("id").args(["-u", name]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse().ok()
    };
    // Two at once get in each other's way.
    eventually("an account can be made here (else NOT RUN)", || {
        number().is_some()
            || Command::new("useradd")
                .args(["--no-create-home", "--shell", "/usr/sbin/nologin", name])
                .status()
                .is_ok_and(|status| status.success())
    });
    number().unwrap()
}

pub(crate) struct Ward {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) uid: u32,
    pub(crate) session: Uuid,
    listener: OwnedFd,
    launcher: Option<Child>,
    agent: Option<OwnedFd>,
    requests: u64,
    options: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Ward {
    /// Nothing is started yet.
    pub(crate) fn new(options: &[&str]) -> Self {
        need_root();
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        for place in ["tmp", "var-tmp", "shm"] {
            fs::create_dir(dir.path().join(place)).unwrap();
            fs::set_permissions(dir.path().join(place), Permissions::from_mode(0o1777)).unwrap();
        }
        let editor = dir.path().join("editor");
        fs::copy(env!("CARGO_BIN_EXE_launch-sample-editor"), &editor).unwrap();
        fs::set_permissions(&editor, Permissions::from_mode(0o755)).unwrap();
        let socket = seqpacket();
        bind(&socket, &SocketAddrUnix::new(dir.path().join("launch.sock")).unwrap()).unwrap();
        listen(&socket, 8).unwrap();
        // Each test is a process of its own, and so has an account of its own.
        let uid = 1_000_000 + std::process::id() * 4;
        Self {
            uid,
            session: Uuid::from_u128(u128::from(uid)),
            listener: socket,
            launcher: None,
            agent: None,
            requests: 0,
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            environment: Vec::new(),
            dir,
        }
    }

    /// Running, greeted and wiped.
    pub(crate) fn ready(options: &[&str]) -> Self {
        let mut ward = Self::new(options);
        ward.launch();
        let hello = ward.connect();
        assert_eq!(hello.problem, None);
        assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);
        ward
    }

    pub(crate) fn agent_uid(&self) -> u32 {
        self.uid + 1
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.path("home")
    }

    pub(crate) fn option(&mut self, option: &str, value: &str) {
        self.options.extend([option.to_owned(), value.to_owned()]);
    }

    pub(crate) fn environment(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// As systemd starts it for its socket.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", "LISTEN_PID=$$ exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_tapward-launch")])
            .args(["--user", &self.uid.to_string(), "--agent-user", &self.agent_uid().to_string()])
            .arg("--home")
            .arg(self.home())
            .arg("--runtime")
            .arg(self.path("run"))
            .arg("--skeleton")
            .arg(self.path("skel"))
            .args(["--cups", "/nonexistent", "--cancel", "/nonexistent"]);
        for place in ["tmp", "var-tmp", "shm"] {
            command.arg("--place").arg(self.path(place));
        }
        command.args(&self.options).env("LISTEN_FDS", "1").env("SECRET", "of-ours").stdin(Stdio::null());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(crate) fn launch(&mut self) {
        let listener = self.listener.as_raw_fd();
        let mut command = self.command();
        let hand_over = move || {
            // SAFETY: system calls on numbers; 3 is open since before the fork.
            let result = unsafe {
                if listener == 3 { libc::fcntl(3, libc::F_SETFD, 0) } else { libc::dup2(listener, 3) }
            };
            if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
        };
        // SAFETY: the closure allocates nothing and takes no lock.
        unsafe { command.pre_exec(hand_over) };
        self.launcher = Some(command.spawn().unwrap());
    }

    pub(crate) fn launcher_pid(&self) -> Pid {
        Pid::from_child(self.launcher.as_ref().unwrap())
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.launcher_pid(), signal).unwrap();
    }

    /// Waits for the launcher's end; its exit code.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        self.launcher.take().unwrap().wait().unwrap().code()
    }

    /// As root.
    pub(crate) fn connect(&mut self) -> Hello {
        let socket = seqpacket();
        connect(&socket, &SocketAddrUnix::new(self.path("launch.sock")).unwrap()).unwrap();
        set_socket_timeout(&socket, Timeout::Recv, Some(AT_MOST)).unwrap();
        self.agent = Some(socket);
        match self.hear() {
            Some(LauncherMessage::Hello(hello)) => hello,
            other => panic!("no greeting: {other:?}"),
        }
    }

    /// The agent dies.
    pub(crate) fn hang_up(&mut self) {
        self.agent = None;
    }

    pub(crate) fn hear(&self) -> Option<LauncherMessage> {
        let mut packet = vec![0; MESSAGE_BYTES_MAX];
        let (_, length) = recv(self.agent.as_ref().unwrap(), &mut packet[..], RecvFlags::empty()).unwrap();
        (length > 0).then(|| LauncherMessage::decode(&packet[..length]).unwrap())
    }

    pub(crate) fn send_raw(&self, packet: &[u8]) {
        send(self.agent.as_ref().unwrap(), packet, SendFlags::NOSIGNAL).unwrap();
    }

    pub(crate) fn send(&mut self, verb: Verb) -> u64 {
        self.requests += 1;
        self.send_raw(&AgentMessage { request: self.requests, verb }.encode().unwrap());
        self.requests
    }

    /// Everything up to the last answer.
    pub(crate) fn answers(&self, request: u64) -> Vec<Answer> {
        let mut answers = Vec::new();
        loop {
            match self.hear() {
                Some(LauncherMessage::Answer { request: to, answer }) => {
                    assert_eq!(to, request, "{answer:?}");
                    let is_last =
                        matches!(answer, Answer::Done { .. } | Answer::Failed { .. } | Answer::Wiped);
                    answers.push(answer);
                    if is_last {
                        return answers;
                    }
                }
                other => panic!("{other:?} after {answers:?}"),
            }
        }
    }

    pub(crate) fn ask(&mut self, verb: Verb) -> Vec<Answer> {
        let request = self.send(verb);
        self.answers(request)
    }

    pub(crate) fn start(&mut self, apps: Vec<App>) -> Vec<Answer> {
        let display = Display {
            name: ":0".parse().unwrap(),
            xauthority: Some(Cookie::new(b"cookie".to_vec()).unwrap()),
        };
        self.ask(Verb::Start { session: self.session, display, apps: apps.try_into().unwrap() })
    }

    /// Starts them all, or fails.
    pub(crate) fn started(&mut self, apps: Vec<App>) {
        let count = apps.len();
        let answers = self.start(apps);
        assert_eq!(answers.len(), count + 1, "{answers:?}");
        assert!(
            answers
                .iter()
                .all(|answer| matches!(answer, Answer::AppStarted { .. } | Answer::Done { left: 0 }))
        );
    }

    pub(crate) fn save(&mut self, why: SaveWhy, within_ms: u64) -> Vec<Answer> {
        let within_ms = WithinMs::try_from(within_ms).unwrap();
        self.ask(Verb::Save { session: self.session, why, within_ms })
    }

    pub(crate) fn close(&mut self, within_ms: u64) -> Vec<Answer> {
        let within_ms = WithinMs::try_from(within_ms).unwrap();
        self.ask(Verb::Close { session: self.session, within_ms })
    }

    pub(crate) fn freeze(&mut self, frozen: bool) -> Vec<Answer> {
        self.ask(Verb::Freeze { session: self.session, frozen })
    }

    pub(crate) fn editor(&self, id: &str, save: bool, contract: bool) -> App {
        let editor = self.path("editor").to_str().unwrap().to_owned();
        App {
            id: id.parse().unwrap(),
            argv: vec![editor.clone()].try_into().unwrap(),
            save: save.then(|| vec![editor, "save".to_owned()].try_into().unwrap()),
            contract,
        }
    }

    /// An app that is a shell script too long for an argument.
    pub(crate) fn long_script(&self, id: &str, text: &str) -> App {
        let path = self.path(&format!("{id}.sh"));
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        let argv = vec!["/bin/sh".to_owned(), path.to_str().unwrap().to_owned()].try_into().unwrap();
        App { id: id.parse().unwrap(), argv, save: None, contract: false }
    }

    /// Processes of the apps' account.
    pub(crate) fn processes(&self) -> Vec<i32> {
        let is_ours = |pid: &i32| {
            fs::read(format!("/proc/{pid}/status")).is_ok_and(|status| {
                let status = String::from_utf8_lossy(&status);
                // Dead, whether it waits to be reaped or is being reaped.
                let is_zombie =
                    status.lines().any(|line| line.starts_with("State:\tZ") || line.starts_with("State:\tX"));
                let uid = format!("Uid:\t{}\t", self.uid);
                !is_zombie && status.lines().any(|line| line.starts_with(&uid))
            })
        };
        fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter(is_ours)
            .collect()
    }
}

impl Drop for Ward {
    fn drop(&mut self) {
        self.agent = None;
        if let Some(mut launcher) = self.launcher.take() {
            let _ = kill_process(Pid::from_child(&launcher), Signal::TERM);
            let _ = launcher.wait();
        }
    }
}

/// Where version 2 of the control groups is.
pub(crate) fn mount() -> PathBuf {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let line = mounts.lines().find(|line| line.contains(" - cgroup2 ")).expect("NOT RUN: no cgroup v2 here");
    line.split(' ').nth(4).unwrap().into()
}

fn seqpacket() -> OwnedFd {
    socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap()
}

/// An app that is a shell script.
pub(crate) fn script(id: &str, script: &str) -> App {
    App { id: id.parse().unwrap(), argv: shell(script), save: None, contract: false }
}

pub(crate) fn shell(script: &str) -> launch_contract::Argv {
    vec!["/bin/sh".to_owned(), "-c".to_owned(), script.to_owned()].try_into().unwrap()
}

/// Waits until it is so, or fails.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = now() + AT_MOST;
    while !is_so() {
        assert!(now() < deadline, "never: {what}");
        pause();
    }
}

/// Looks a while; fails as soon as it is not so.
pub(crate) fn stays(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..40 {
        assert!(is_so(), "no more: {what}");
        pause();
    }
}

fn pause() {
    let step = rustix::event::Timespec { tv_sec: 0, tv_nsec: 5_000_000 };
    let _ = rustix::event::poll(&mut [] as &mut [rustix::event::PollFd<'_>], Some(&step));
}

#[expect(clippy::disallowed_methods, reason = "bounds the waits of the tests")]
fn now() -> Instant {
    Instant::now()
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Waits for a file with a whole line in it.
pub(crate) fn written(path: &Path) -> String {
    eventually(&format!("{} is written", path.display()), || read(path).ends_with('\n'));
    read(path)
}

/// One of the answers, or fails.
pub(crate) fn has<T: PartialEq + Debug>(answers: &[T], answer: &T) {
    assert!(answers.contains(answer), "no {answer:?} in {answers:?}");
}
