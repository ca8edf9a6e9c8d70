//! One OS account for agent and apps: it works, and is said to be not enforced.

use std::{
    fs::{self, Permissions},
    io,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::{fs::PermissionsExt, process::CommandExt},
    },
    path::Path,
    process::{Child, Command, Stdio},
};

use launch_contract::{
    Account, AgentMessage, Answer, App, Code, Containment, Display, INHERITED_FD, LauncherMessage,
    MESSAGE_BYTES_MAX, Verb, WithinMs,
};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socketpair};
use uuid::Uuid;

use crate::ward::{eventually, need_root, script, stays, written};

struct Shared {
    dir: tempfile::TempDir,
    agent: Option<OwnedFd>,
    launcher: Child,
}

/// As the agent starts it: as itself, with its end as descriptor 3.
fn inherited() -> Shared {
    need_root();
    let uid = 1_000_000 + std::process::id() * 4;
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    for place in ["state", "run"] {
        fs::create_dir(dir.path().join(place)).unwrap();
        std::os::unix::fs::chown(dir.path().join(place), Some(uid), Some(uid)).unwrap();
    }
    let (ours, theirs) =
        socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tapward-launch"));
    command
        .args(["--inherited"])
        .env_clear()
        .env("HOME", dir.path())
        .env("XDG_STATE_HOME", dir.path().join("state"))
        .env("XDG_RUNTIME_DIR", dir.path().join("run"))
        .stdin(Stdio::null())
        .uid(uid)
        .gid(uid);
    let theirs_number = theirs.as_raw_fd();
    let hand_over = move || {
        // SAFETY: system calls on numbers; 3 is open since before the fork.
        let result = unsafe {
            if theirs_number == INHERITED_FD {
                libc::fcntl(INHERITED_FD, libc::F_SETFD, 0)
            } else {
                libc::dup2(theirs_number, INHERITED_FD)
            }
        };
        if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    };
    // SAFETY: the closure allocates nothing and takes no lock.
    unsafe { command.pre_exec(hand_over) };
    Shared { launcher: command.spawn().unwrap(), agent: Some(ours), dir }
}

impl Shared {
    fn hear(&self) -> LauncherMessage {
        let mut packet = vec![0; MESSAGE_BYTES_MAX];
        let (_, length) = recv(self.agent.as_ref().unwrap(), &mut packet[..], RecvFlags::empty()).unwrap();
        LauncherMessage::decode(&packet[..length]).unwrap()
    }

    fn ask(&self, verb: Verb) -> Vec<Answer> {
        let packet = AgentMessage { request: 1, verb }.encode().unwrap();
        send(self.agent.as_ref().unwrap(), &packet, SendFlags::NOSIGNAL).unwrap();
        let mut answers = Vec::new();
        while !matches!(answers.last(), Some(Answer::Done { .. } | Answer::Failed { .. } | Answer::Wiped)) {
            match self.hear() {
                LauncherMessage::Answer { answer, .. } => answers.push(answer),
                LauncherMessage::Hello(_) => panic!("greeted twice"),
            }
        }
        answers
    }

    fn start(&self, apps: Vec<App>) -> Vec<Answer> {
        let display = Display { name: ":0".parse().unwrap(), xauthority: None };
        self.ask(Verb::Start { session: Uuid::nil(), display, apps: apps.try_into().unwrap() })
    }

    fn home(&self) -> std::path::PathBuf {
        self.dir.path().join("state/tapward-session")
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.agent = None;
        let _ = self.launcher.wait();
    }
}

fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.starts_with(" Z"))
}

#[test]
fn one_account_for_all_works_and_is_said_to_be_not_enforced() {
    let shared = inherited();
    let LauncherMessage::Hello(hello) = shared.hear() else { panic!("no greeting") };
    assert_eq!((hello.account, hello.problem), (Account::Shared, None));
    assert_eq!((hello.containment, hello.can_freeze), (Containment::Subreaper, true));
    assert_eq!(shared.ask(Verb::Wipe {}), [Answer::Wiped]);
    let count =
        "setsid sh -c 'echo $$ > $HOME/pid; while :; do echo x >> $HOME/count; sleep 0.001; done' & exit 0";
    assert_eq!(shared.start(vec![script("counter", count)]).last(), Some(&Answer::Done { left: 0 }));
    let pid = written(&shared.home().join("pid"));
    let count = shared.home().join("count");
    written(&count);

    assert_eq!(shared.ask(Verb::Freeze { session: Uuid::nil(), frozen: true }), [Answer::Done { left: 0 }]);
    let before = fs::read(&count).unwrap().len();
    stays("it stands still", || fs::read(&count).unwrap().len() == before);
    assert_eq!(shared.ask(Verb::Freeze { session: Uuid::nil(), frozen: false }), [Answer::Done { left: 0 }]);
    eventually("it counts", || fs::read(&count).unwrap().len() > before);
    let within_ms = WithinMs::try_from(5_000).unwrap();
    assert_eq!(
        shared.ask(Verb::Close { session: Uuid::nil(), within_ms }).last(),
        Some(&Answer::Done { left: 0 })
    );
    assert!(!runs(&pid));
    assert_eq!(shared.ask(Verb::Wipe {}), [Answer::Wiped]);
    assert!(!shared.home().exists() && !shared.dir.path().join("run/tapward-session").exists());
}

#[test]
fn the_launcher_goes_with_its_agent_and_takes_the_apps_along() {
    let mut shared = inherited();
    shared.hear();
    shared.start(vec![script("app", "echo $$ > $HOME/pid; trap '' TERM; sleep 1000")]);
    let pid = written(&shared.home().join("pid"));

    shared.agent = None;

    assert_eq!(shared.launcher.wait().unwrap().code(), Some(0));
    assert!(!runs(&pid) && !shared.home().exists());
}

#[test]
fn a_home_that_somebody_else_could_swap_is_refused_here_too() {
    let shared = inherited();
    shared.hear();
    fs::set_permissions(shared.dir.path().join("state"), Permissions::from_mode(0o777)).unwrap();

    assert_eq!(shared.start(vec![]), [Answer::Failed { code: Code::HomeUnfit, left: 0 }]);
    assert!(!Path::new(&shared.home()).exists());
}
