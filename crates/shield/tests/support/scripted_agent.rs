//! An agent without a mind: it does what a test tells it, line by line, over the Unix socket named by its first
//! argument, and reports back in lines. Its window and its grab are real.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test's part fails by panicking")]

use std::{
    io::{BufRead, BufReader, Write},
    os::{
        fd::{AsFd, FromRawFd, OwnedFd},
        unix::{net::UnixStream, process::CommandExt},
    },
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::net::{RecvFlags, SendFlags, recv, send};
use shield_contract::{AGENT_FD, AgentMessage, Enforcement, MESSAGE_SIZE_BYTES, ShieldMessage};
use x11rb::{
    CURRENT_TIME, NONE,
    connection::Connection,
    protocol::{
        Event,
        xinput::{ConnectionExt as _, GrabOwner},
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

    // Under Wayland its window is a process of its own, and there is nothing to grab.
    let stage = std::env::var_os("DISPLAY").map(|_| Arc::new(set_up()));
    let mut window_process = None;
    let typed = Arc::new(AtomicU64::new(0));
    if let Some(stage) = &stage {
        let (stage, typed) = (Arc::clone(stage), Arc::clone(&typed));
        thread::spawn(move || {
            while let Ok(event) = stage.conn.wait_for_event() {
                if matches!(event, Event::KeyPress(_)) {
                    typed.fetch_add(1, Ordering::SeqCst);
                }
            }
            // As a toolkit does when its display is gone.
            std::process::exit(1);
        });
    }
    {
        let (shield, say) = (Arc::clone(&shield), say.clone());
        thread::spawn(move || {
            listen(&shield, &say);
        });
    }

    let promised = stage.as_ref().map_or(0, |stage| stage.conn.generate_id().unwrap());
    let x = || stage.as_deref().expect("an X server");
    let is_beating = Arc::new(AtomicBool::new(false));
    for line in BufReader::new(control).lines() {
        let Ok(line) = line else { break };
        let words: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| words[at].parse::<u64>().unwrap();
        match words[0] {
            "ready" => {
                let window = stage.as_ref().map_or(0, |stage| stage.window);
                tell(&shield, AgentMessage::Ready { window });
            }
            "promise" => tell(&shield, AgentMessage::Ready { window: promised }),
            "fulfil" => {
                create_window(x(), promised);
                x().conn.map_window(promised).unwrap();
                sync(x());
                say("shown".to_owned());
            }
            "take" => tell(&shield, AgentMessage::TakeInput),
            "give" => tell(&shield, AgentMessage::GiveBack),
            "holding" => tell(&shield, AgentMessage::Holding),
            "cover" => tell_timed(&shield, &report, AgentMessage::Cover { seq: number(1) }),
            "beat" => tell(&shield, AgentMessage::Beat { seq: number(1), lease_ms: number(2) }),
            "uncover" => {
                let (seq, lease_ms) = (number(1), number(2));
                // Whose session, where a test has several people.
                let whose = words.get(3).map_or(7, |whose| whose.parse().unwrap());
                tell_timed(&shield, &report, AgentMessage::Uncover { session: [whose; 16], seq, lease_ms });
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
            "reader" => {
                let (device, is_taken) = (u16::try_from(number(1)).unwrap(), words[2] == "true");
                tell(&shield, AgentMessage::Reader { device, is_taken });
            }
            "take-device" => {
                let status = take_device(x(), u16::try_from(number(1)).unwrap());
                say(format!("device {status}"));
            }
            "quiet" => is_beating.store(false, Ordering::SeqCst),
            "raw" => {
                let packet = vec![u8::try_from(number(2)).unwrap(); usize::try_from(number(1)).unwrap()];
                let _ = send(&shield, &packet, SendFlags::NOSIGNAL);
            }
            "close" => {
                let _ = rustix::net::shutdown(&shield, rustix::net::Shutdown::Both);
            }
            "show" if stage.is_none() => {
                window_process = Some(show_on_wayland());
                say("shown".to_owned());
            }
            "hide" if stage.is_none() => {
                let mut window: Child = window_process.take().expect("a window");
                window.kill().unwrap();
                window.wait().unwrap();
                say("hidden".to_owned());
            }
            "grab" if stage.is_none() => say("grabbed".to_owned()),
            "ungrab" if stage.is_none() => say("ungrabbed".to_owned()),
            "show" => {
                let stage = x();
                let above = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
                stage.conn.map_window(stage.window).unwrap();
                stage.conn.configure_window(stage.window, &above).unwrap();
                sync(stage);
                say("shown".to_owned());
            }
            "hide" => {
                let stage = x();
                stage.conn.unmap_window(stage.window).unwrap();
                sync(stage);
                say("hidden".to_owned());
            }
            "window" => say(format!("window {}", x().window)),
            "place" => {
                let place = ConfigureWindowAux::new()
                    .x(i32::try_from(number(1)).unwrap())
                    .y(i32::try_from(number(2)).unwrap())
                    .width(u32::try_from(number(3)).unwrap())
                    .height(u32::try_from(number(4)).unwrap());
                x().conn.configure_window(x().window, &place).unwrap();
                sync(x());
            }
            "grab" => {
                while !grab(x()) {
                    thread::sleep(Duration::from_millis(1));
                }
                say("grabbed".to_owned());
            }
            "ungrab" => {
                let stage = x();
                stage.conn.ungrab_keyboard(CURRENT_TIME).unwrap();
                stage.conn.ungrab_pointer(CURRENT_TIME).unwrap();
                sync(stage);
                say("ungrabbed".to_owned());
            }
            "typed" => {
                sync(x());
                say(format!("typed {}", typed.load(Ordering::SeqCst)));
            }
            "allocate" => {
                let taken: Vec<Vec<u8>> = (0..64).map(|_| vec![1; 1 << 24]).collect();
                say(format!("allocated {}", taken.len()));
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

/// A surface of the agent's colour in the overlay layer; returns when the compositor has its picture.
fn show_on_wayland() -> Child {
    let marker = std::env::current_exe().unwrap().with_file_name("shield-marker");
    let mut window = Command::new(marker)
        .args([&format!("{COLOUR:06x}"), "overlay"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut shown = String::new();
    BufReader::new(window.stdout.as_mut().unwrap()).read_line(&mut shown).unwrap();
    assert_eq!(shown, "shown\n");
    window
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
                ShieldMessage::Enforcement(Enforcement { agent_away, agent_shown }) => {
                    say(format!("enforcement {agent_away} {agent_shown}"));
                }
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

/// As the agent takes a badge reader that types. Whether it got it.
fn take_device(stage: &Stage, device: u16) -> bool {
    let (mode, own) = (GrabMode::ASYNC, GrabOwner::NO_OWNER);
    stage.conn.xinput_xi_query_version(2, 2).unwrap().reply().unwrap();
    let keys = [1 << 2 | 1 << 3];
    let grab = stage
        .conn
        .xinput_xi_grab_device(stage.root, CURRENT_TIME, NONE, device, mode, mode, own, &keys)
        .unwrap();
    grab.reply().unwrap().status == GrabStatus::SUCCESS
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
