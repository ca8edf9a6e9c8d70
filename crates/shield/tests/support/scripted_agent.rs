//! An agent without a mind: it does what a test tells it, line by line, over the Unix socket named by its first
//! argument, and reports back in lines. Its window and its grab are real.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test's part fails by panicking")]

use std::{
    io::{BufRead, BufReader, Write},
    os::{
        fd::{AsFd, FromRawFd, OwnedFd},
        unix::{net::UnixStream, process::CommandExt},
    },
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::net::{RecvFlags, SendFlags, recv, send};
use shield_contract::{AGENT_FD, AgentMessage, MESSAGE_SIZE_BYTES, ShieldMessage};
use x11rb::{
    CURRENT_TIME, NONE,
    connection::Connection,
    protocol::{
        Event,
        xproto::{
            ConfigureWindowAux, ConnectionExt, CreateWindowAux, EventMask, GrabMode, GrabStatus, StackMode,
            WindowClass,
        },
    },
    rust_connection::RustConnection,
};

/// What the agent's window looks like: unlike the cover, and unlike any victim.
const COLOUR: u32 = 0x0020_60c0;

struct Stage {
    conn: RustConnection,
    window: u32,
    root: u32,
}

fn main() {
    #[expect(unsafe_code, reason = "the inherited descriptor has no owner yet")]
    // SAFETY: the shield put its socket there, and nothing else in this process owns it.
    let shield = Arc::new(unsafe { OwnedFd::from_raw_fd(AGENT_FD) });
    rustix::io::fcntl_setfd(shield.as_fd(), rustix::io::FdFlags::CLOEXEC).unwrap();
    let control = UnixStream::connect(std::env::args_os().nth(1).unwrap()).unwrap();
    let report = Arc::new(Mutex::new(control.try_clone().unwrap()));
    let say = {
        let report = Arc::clone(&report);
        move |line: String| writeln!(report.lock().unwrap(), "{line}").unwrap()
    };
    say(format!("pid {}", std::process::id()));

    let stage = Arc::new(set_up());
    let typed = Arc::new(AtomicU64::new(0));
    {
        let (stage, typed) = (Arc::clone(&stage), Arc::clone(&typed));
        thread::spawn(move || {
            while let Ok(event) = stage.conn.wait_for_event() {
                if matches!(event, Event::KeyPress(_)) {
                    typed.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
    }
    {
        let (shield, say) = (Arc::clone(&shield), say.clone());
        thread::spawn(move || {
            listen(&shield, &say);
        });
    }

    let promised = stage.conn.generate_id().unwrap();
    let is_beating = Arc::new(AtomicBool::new(false));
    for line in BufReader::new(control).lines() {
        let Ok(line) = line else { break };
        let words: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| words[at].parse::<u64>().unwrap();
        match words[0] {
            "ready" => tell(&shield, AgentMessage::Ready { window: stage.window }),
            "promise" => tell(&shield, AgentMessage::Ready { window: promised }),
            "fulfil" => {
                create_window(&stage, promised);
                stage.conn.map_window(promised).unwrap();
                sync(&stage);
                say("shown".to_owned());
            }
            "take" => tell(&shield, AgentMessage::TakeInput),
            "give" => tell(&shield, AgentMessage::GiveBack),
            "holding" => tell(&shield, AgentMessage::Holding),
            "cover" => tell_timed(&shield, &report, AgentMessage::Cover { seq: number(1) }),
            "beat" => tell(&shield, AgentMessage::Beat { seq: number(1), lease_ms: number(2) }),
            "uncover" => {
                let (seq, lease_ms) = (number(1), number(2));
                tell_timed(&shield, &report, AgentMessage::Uncover { session: [7; 16], seq, lease_ms });
            }
            "beating" => {
                let (seq, lease_ms, every) = (number(1), number(2), Duration::from_millis(number(3)));
                is_beating.store(true, Ordering::SeqCst);
                let (shield, is_beating) = (Arc::clone(&shield), Arc::clone(&is_beating));
                thread::spawn(move || {
                    while is_beating.load(Ordering::SeqCst) {
                        tell(&shield, AgentMessage::Beat { seq, lease_ms });
                        thread::sleep(every);
                    }
                });
            }
            "quiet" => is_beating.store(false, Ordering::SeqCst),
            "raw" => {
                let packet = vec![u8::try_from(number(2)).unwrap(); usize::try_from(number(1)).unwrap()];
                let _ = send(&shield, &packet, SendFlags::NOSIGNAL);
            }
            "close" => {
                let _ = rustix::net::shutdown(&shield, rustix::net::Shutdown::Both);
            }
            "show" => {
                let above = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
                stage.conn.map_window(stage.window).unwrap();
                stage.conn.configure_window(stage.window, &above).unwrap();
                sync(&stage);
                say("shown".to_owned());
            }
            "hide" => {
                stage.conn.unmap_window(stage.window).unwrap();
                sync(&stage);
                say("hidden".to_owned());
            }
            "grab" => {
                while !grab(&stage) {
                    thread::sleep(Duration::from_millis(1));
                }
                say("grabbed".to_owned());
            }
            "ungrab" => {
                stage.conn.ungrab_keyboard(CURRENT_TIME).unwrap();
                stage.conn.ungrab_pointer(CURRENT_TIME).unwrap();
                sync(&stage);
                say("ungrabbed".to_owned());
            }
            "typed" => {
                sync(&stage);
                say(format!("typed {}", typed.load(Ordering::SeqCst)));
            }
            "fork" => say(format!("forked {}", fork_away())),
            "environment" => {
                let mut names: Vec<_> =
                    std::env::vars_os().map(|(name, _)| name.into_string().unwrap()).collect();
                names.sort();
                say(format!("environment {}", names.join(",")));
            }
            "value" => say(format!("value {}", std::env::var(words[1]).unwrap_or_default())),
            "status" => {
                let status = std::fs::read_to_string("/proc/self/status").unwrap();
                let blocked = status.lines().find(|line| line.starts_with("SigBlk:")).unwrap();
                let core = rustix::process::getrlimit(rustix::process::Resource::Core);
                let sid = rustix::process::getsid(None).unwrap().as_raw_nonzero();
                let blocked = blocked.split_ascii_whitespace().nth(1).unwrap();
                say(format!("status {blocked} {:?} {sid}", core.maximum));
            }
            other => panic!("no such command: {other}"),
        }
    }
}

fn set_up() -> Stage {
    let (conn, screen) = x11rb::connect(None).unwrap();
    let root = conn.setup().roots[screen].root;
    let stage = Stage { window: conn.generate_id().unwrap(), conn, root };
    create_window(&stage, stage.window);
    stage
}

fn create_window(stage: &Stage, window: u32) {
    let look =
        CreateWindowAux::new().override_redirect(1).background_pixel(COLOUR).event_mask(EventMask::KEY_PRESS);
    // The size of the first monitor of the tests' X servers.
    let (width, height) = (1024, 768);
    let class = WindowClass::INPUT_OUTPUT;
    stage.conn.create_window(0, window, stage.root, 0, 0, width, height, 0, class, 0, &look).unwrap();
    // Not waited for: an agent's word may well overtake its window.
    stage.conn.flush().unwrap();
}

fn listen(shield: &OwnedFd, say: &impl Fn(String)) {
    let mut packet = [0; MESSAGE_SIZE_BYTES + 1];
    loop {
        match recv(shield, &mut packet[..], RecvFlags::empty()) {
            Ok((_, 0)) | Err(_) => return say("closed".to_owned()),
            Ok((size_bytes, _)) => match ShieldMessage::decode(&packet[..size_bytes]).unwrap() {
                ShieldMessage::InputReleased => say("released".to_owned()),
                ShieldMessage::InputTaken => say("taken".to_owned()),
                ShieldMessage::Covered { seq, input_held } => say(format!("covered {seq} {input_held}")),
                ShieldMessage::Uncovered { seq } => say(format!("uncovered {seq}")),
            },
        }
    }
}

fn tell(shield: &OwnedFd, message: AgentMessage) {
    // A shield that is gone ends this process anyway.
    let _ = send(shield, &message.encode(), SendFlags::NOSIGNAL);
}

/// Tells the shield, and the test the moment just before. Nothing is reported in between, or the shield's answer could
/// come before the moment; and the moment is reported last, or waking the test would be measured with it.
fn tell_timed(shield: &OwnedFd, report: &Mutex<UnixStream>, message: AgentMessage) {
    let mut report = report.lock().unwrap();
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    tell(shield, message);
    writeln!(report, "said {}.{:09}", now.tv_sec, now.tv_nsec).unwrap();
}

fn grab(stage: &Stage) -> bool {
    let mode = GrabMode::ASYNC;
    let keyboard = stage.conn.grab_keyboard(true, stage.window, CURRENT_TIME, mode, mode).unwrap();
    let buttons = EventMask::BUTTON_PRESS;
    let pointer =
        stage.conn.grab_pointer(true, stage.window, buttons, mode, mode, NONE, NONE, CURRENT_TIME).unwrap();
    let keyboard = keyboard.reply().unwrap().status;
    pointer.reply().unwrap().status == GrabStatus::SUCCESS && keyboard == GrabStatus::SUCCESS
}

fn sync(stage: &Stage) {
    stage.conn.get_geometry(stage.root).unwrap().reply().unwrap();
}

/// A grandchild that left our session and process group, as some programs do.
fn fork_away() -> u32 {
    let mut command = Command::new("sleep");
    command.arg("1000");
    #[expect(unsafe_code, reason = "the only way to leave a session")]
    // SAFETY: one system call between fork and exec.
    unsafe {
        command.pre_exec(|| Ok(rustix::process::setsid().map(drop)?));
    }
    command.spawn().unwrap().id()
}
