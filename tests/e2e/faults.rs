//! A workstation that begins with something wrong: in each case there is, within ten seconds, a usable sign-in, or plain
//! words with a code.
//!
//! One ward, and its kiosk begun anew for each fault, from the files of a workstation that is well.

use std::{
    any::Any,
    fs,
    io::Write as _,
    net::{TcpListener, TcpStream},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use harness::{
    part::wait_for,
    picture::Eye,
    program::output,
    server_process::{LOG_BY_DEFAULT, ServerProcess},
    session_bus::Keyring,
    ward::{Setup, Ward},
};
use rustix::process::Signal;

use crate::bedside::USABLE_WITHIN;

/// What is left in place until the fault is over.
type Kept = Box<dyn Any>;

struct Fault {
    what: &'static str,
    happens: fn(&mut Bench) -> Kept,
    shows: Shows,
}

#[derive(Debug, Clone, Copy)]
enum Shows {
    /// Somebody may try to sign in.
    SignIn,
    /// The same, and the log has this cause why nothing comes of it.
    SignInAfter(&'static str),
    /// What is wrong, because of this.
    Words(&'static str),
    /// That IT has to enrol it.
    NotEnrolled,
    /// The shield's own words, with this code.
    Shield(&'static str),
}

/// The ward, and how it was when it was well.
struct Bench {
    ward: Ward,
    well: PathBuf,
    agent: PathBuf,
    environment: Vec<(&'static str, String)>,
}

const FAULTS: &[Fault] = &[
    Fault { what: "nothing", happens: |_| Box::new(()), shows: Shows::SignIn },
    // -- settings
    Fault { what: "settings missing", happens: |bench| bench.remove("agent.toml"), shows: CONFIG },
    Fault { what: "settings empty", happens: |bench| bench.write("agent.toml", b""), shows: CONFIG },
    Fault {
        what: "settings garbled",
        happens: |bench| bench.write("agent.toml", b"\x00\xff[[["),
        shows: CONFIG,
    },
    Fault { what: "settings cut in the middle", happens: |bench| bench.cut("agent.toml", 20), shows: CONFIG },
    Fault {
        what: "settings of another program",
        happens: |bench| bench.add("agent.toml", "\n[windows]\nx = 1\n"),
        shows: CONFIG,
    },
    Fault {
        what: "settings without end",
        happens: |bench| bench.write("agent.toml", &[b'#'; 1 << 20]),
        shows: CONFIG,
    },
    Fault {
        what: "settings that are a folder",
        happens: |bench| bench.make_folder("agent.toml"),
        shows: CONFIG,
    },
    Fault {
        what: "a server without TLS",
        happens: |bench| bench.replace("agent.toml", "https://", "http://"),
        shows: CONFIG,
    },
    Fault {
        what: "a state directory that is relative",
        happens: |bench| bench.replace("agent.toml", "directory = \"/", "directory = \""),
        shows: CONFIG,
    },
    Fault {
        what: "a state directory that is a file",
        happens: |bench| bench.put_file_for("state"),
        shows: CONFIG,
    },
    // -- policy
    Fault { what: "policy missing", happens: |bench| bench.remove("policy.toml"), shows: Shows::SignIn },
    Fault {
        what: "policy garbled",
        happens: |bench| bench.write("policy.toml", b"\x00\xff[[["),
        shows: Shows::SignIn,
    },
    Fault {
        what: "policy without end",
        happens: |bench| bench.write("policy.toml", &[b'#'; 1 << 20]),
        shows: Shows::SignIn,
    },
    Fault {
        what: "policy and the last good one garbled",
        happens: |bench| bench.garble_both_policies(),
        shows: Shows::SignIn,
    },
    // -- enrolment
    Fault {
        what: "enrolment missing",
        happens: |bench| bench.remove("state/workstation.json"),
        shows: Shows::NotEnrolled,
    },
    Fault {
        what: "enrolment garbled",
        happens: |bench| bench.write("state/workstation.json", b"{\"x"),
        shows: CONFIG,
    },
    Fault {
        what: "enrolment empty",
        happens: |bench| bench.write("state/workstation.json", b""),
        shows: CONFIG,
    },
    Fault {
        what: "enrolment that others can read",
        happens: |bench| bench.open_to_others("state/workstation.json"),
        shows: CONFIG,
    },
    Fault {
        what: "enrolment that is a link",
        happens: |bench| bench.make_link("state/workstation.json"),
        shows: CONFIG,
    },
    // -- waiting records
    Fault {
        what: "records garbled",
        happens: |bench| bench.write("state/spool.sqlite", &[0x5a; 40_000]),
        shows: Shows::SignIn,
    },
    Fault {
        what: "records cut in the middle",
        happens: |bench| bench.cut("state/spool.sqlite", 5_000),
        shows: Shows::SignIn,
    },
    Fault {
        what: "records empty",
        happens: |bench| bench.write("state/spool.sqlite", b""),
        shows: Shows::SignIn,
    },
    Fault {
        what: "records that are a folder",
        happens: |bench| bench.make_folder("state/spool.sqlite"),
        shows: Shows::Words("SpoolUnavailable"),
    },
    Fault { what: "a disk that is full", happens: Bench::fill_the_disk, shows: Shows::Words("Spool") },
    Fault { what: "a disk that can only be read", happens: Bench::forbid_writing, shows: CONFIG },
    // -- keychain
    Fault { what: "keychain locked", happens: Bench::lock_keychain, shows: KEYCHAIN },
    Fault { what: "keychain that never answers", happens: Bench::stop_keychain, shows: KEYCHAIN },
    Fault {
        what: "keychain without the workstation's key",
        happens: |bench| bench.lose("workstation-key"),
        shows: KEYCHAIN,
    },
    Fault {
        what: "keychain without the records' key",
        happens: |bench| bench.lose("spool-key"),
        shows: KEYCHAIN,
    },
    Fault {
        what: "no session bus",
        happens: |bench| bench.set("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent"),
        shows: KEYCHAIN,
    },
    // -- server and network
    Fault {
        what: "nobody at the server's address",
        happens: |bench| bench.serve(None),
        shows: Shows::SignIn,
    },
    Fault {
        what: "a server that never answers",
        happens: |bench| bench.serve(Some(b"")),
        shows: Shows::SignIn,
    },
    Fault {
        what: "a server that says garbage",
        happens: |bench| bench.serve(Some(b"\x16\x03\x01garbage")),
        shows: Shows::SignIn,
    },
    Fault {
        what: "a captive portal",
        happens: |bench| bench.serve(Some(b"HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n")),
        shows: Shows::SignIn,
    },
    Fault {
        what: "a name that nobody knows",
        happens: |bench| bench.point_at("https://server.invalid:8443"),
        shows: Shows::SignIn,
    },
    Fault {
        what: "the certificate of another authority",
        happens: Bench::be_another_server,
        shows: Shows::SignInAfter("NotOurServer"),
    },
    Fault { what: "a server that was stopped", happens: Bench::stop_server, shows: Shows::SignIn },
    // -- surroundings
    Fault { what: "no notifications", happens: |bench| bench.end_notifications(), shows: Shows::SignIn },
    Fault { what: "no window manager", happens: |bench| bench.end_window_manager(), shows: Shows::SignIn },
    Fault { what: "no home", happens: |bench| bench.set("HOME", "/nonexistent"), shows: Shows::SignIn },
    Fault {
        what: "a language that is not installed",
        happens: |bench| bench.set("LC_ALL", "xx_XX.UTF-8"),
        shows: Shows::SignIn,
    },
    Fault {
        what: "a launcher of apps that is not there",
        happens: Bench::list_an_app,
        shows: Shows::Words("AppsLeft"),
    },
    // -- the agent itself
    Fault {
        what: "an agent that is not installed",
        happens: |bench| bench.be("/nonexistent"),
        shows: Shows::Shield("SHIELD-1"),
    },
    Fault {
        what: "an agent that ends at once",
        happens: |bench| bench.be("/bin/false"),
        shows: Shows::Shield("SHIELD-6"),
    },
    Fault {
        what: "an agent that is no program",
        happens: |bench| bench.be("/etc/passwd"),
        shows: Shows::Shield("SHIELD-1"),
    },
    Fault {
        what: "another agent on the same state",
        happens: Bench::hold_the_state,
        shows: Shows::Shield("SHIELD-6"),
    },
];

const CONFIG: Shows = Shows::Words("ConfigInvalid");
const KEYCHAIN: Shows = Shows::Words("KeychainUnavailable");

#[test]
fn whatever_is_wrong_at_the_start_there_is_a_sign_in_or_plain_words_within_ten_seconds() {
    let mut bench = Bench::open();
    let mut wrong = Vec::new();
    for fault in FAULTS {
        bench.make_well();
        let kept = (fault.happens)(&mut bench);
        if let Err(error) = bench.begins_and_shows(fault.shows) {
            wrong.push(format!("{}: {error:#}", fault.what));
        }
        bench.ward.stop_kiosk(Signal::KILL).unwrap();
        drop(kept);
    }

    assert!(FAULTS.len() > 40);
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), FAULTS.len(), wrong.join("\n"));
}

impl Bench {
    fn open() -> Self {
        let ward = Ward::open(Setup::default()).unwrap();
        let well = ward.path().join("well");
        let agent = harness::program::program_path("tapward-agent");
        let mut bench = Self { ward, well, agent, environment: Vec::new() };
        // Once well, so that there are records and a last good policy.
        bench.ward.start_kiosk().unwrap();
        bench.ward.wait_sign_in_drawn().unwrap();
        bench.ward.stop_kiosk(Signal::TERM).unwrap();
        fs::create_dir(&bench.well).unwrap();
        for name in ["agent.toml", "policy.toml", "state"] {
            copy(&bench.path(name), &bench.well.join(name));
        }
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.ward.path().join(name)
    }

    fn make_well(&mut self) {
        self.agent = harness::program::program_path("tapward-agent");
        self.environment.clear();
        for name in ["agent.toml", "policy.toml", "state"] {
            let path = self.path(name);
            let _ = fs::remove_dir_all(&path);
            let _ = fs::remove_file(&path);
            copy(&self.well.join(name), &path);
        }
    }

    fn begins_and_shows(&mut self, shows: Shows) -> anyhow::Result<()> {
        let mark = self.ward.log_mark();
        let environment: Vec<_> =
            self.environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.ward.start_kiosk_with(&self.agent, &environment)?;
        let log = || self.ward.kiosk_log().get(mark..).unwrap_or_default().to_owned();
        let screen = |wanted: &'static str, cause: &'static str| {
            wait_for(&format!("screen {wanted} {cause}"), USABLE_WITHIN, || {
                let is_shown = self.ward.screen_since(mark).as_deref() == Some(wanted);
                (is_shown && log().contains(cause)).then_some(())
            })
        };
        match shows {
            Shows::SignIn => screen("signed_out", ""),
            Shows::SignInAfter(cause) => screen("signed_out", cause),
            Shows::NotEnrolled => screen("not_enrolled", ""),
            Shows::Words(cause) => screen("fail_closed", cause),
            Shows::Shield(code) => {
                let eye: Eye = self.ward.eye()?;
                wait_for(&format!("the shield's words with {code}"), USABLE_WITHIN, || {
                    let is_told = log().contains(code);
                    (is_told && eye.sees([255, 255, 255]).unwrap_or(false)).then_some(())
                })
            }
        }
        .map_err(|error| {
            let log = log();
            let lines: Vec<_> = log.lines().rev().take(6).collect();
            error.context(lines.join("\n"))
        })
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> Kept {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        for beside in ["-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{beside}", path.display()));
        }
        Box::new(())
    }

    fn cut(&mut self, name: &str, size_bytes: usize) -> Kept {
        let bytes = fs::read(self.path(name)).unwrap();
        self.write(name, &bytes[..size_bytes.min(bytes.len())])
    }

    fn add(&mut self, name: &str, text: &str) -> Kept {
        let before = fs::read_to_string(self.path(name)).unwrap();
        self.write(name, (before + text).as_bytes())
    }

    fn replace(&mut self, name: &str, from: &str, to: &str) -> Kept {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{text}");
        self.write(name, text.replace(from, to).as_bytes())
    }

    fn remove(&mut self, name: &str) -> Kept {
        fs::remove_file(self.path(name)).unwrap();
        Box::new(())
    }

    fn make_folder(&mut self, name: &str) -> Kept {
        let _ = fs::remove_file(self.path(name));
        fs::create_dir(self.path(name)).unwrap();
        Box::new(())
    }

    fn put_file_for(&mut self, name: &str) -> Kept {
        fs::remove_dir_all(self.path(name)).unwrap();
        self.write(name, b"")
    }

    fn make_link(&mut self, name: &str) -> Kept {
        let aside = self.path("aside.json");
        fs::rename(self.path(name), &aside).unwrap();
        symlink(aside, self.path(name)).unwrap();
        Box::new(())
    }

    fn open_to_others(&mut self, name: &str) -> Kept {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o644)).unwrap();
        Box::new(())
    }

    fn garble_both_policies(&mut self) -> Kept {
        for entry in fs::read_dir(self.path("state")).unwrap().flatten() {
            if entry.file_name().to_string_lossy().contains("policy") {
                fs::write(entry.path(), b"\xff").unwrap();
            }
        }
        self.write("policy.toml", b"\xff")
    }

    fn set(&mut self, name: &'static str, value: &str) -> Kept {
        self.environment.push((name, value.to_owned()));
        Box::new(())
    }

    fn be(&mut self, program: &str) -> Kept {
        self.agent = PathBuf::from(program);
        Box::new(())
    }

    /// A file system of its own with nothing left.
    fn fill_the_disk(&mut self) -> Kept {
        let mounted = self.mount("size=1m");
        let filling = self.path("state/filling");
        let mut file = fs::File::create(filling).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        mounted
    }

    fn forbid_writing(&mut self) -> Kept {
        let mounted = self.mount("size=16m");
        output(Command::new("mount").args(["-o", "remount,ro"]).arg(self.path("state"))).unwrap();
        mounted
    }

    fn mount(&mut self, options: &str) -> Kept {
        let state = self.path("state");
        output(Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&state)).unwrap();
        for entry in fs::read_dir(self.well.join("state")).unwrap().flatten() {
            // What is reserved does not fit.
            if entry.metadata().unwrap().len() < 500_000 {
                copy(&entry.path(), &state.join(entry.file_name()));
            }
        }
        fs::set_permissions(&state, fs::Permissions::from_mode(0o700)).unwrap();
        Box::new(Mounted(state))
    }

    fn lock_keychain(&mut self) -> Kept {
        Keyring::lock(self.ward.bus()).unwrap();
        Box::new(())
    }

    fn stop_keychain(&mut self) -> Kept {
        self.ward.give_keyring_back().unwrap();
        let keyring = self.ward.keyring().part();
        keyring.signal(Signal::STOP);
        Box::new(Stopped(keyring.pid()))
    }

    /// It stays lost, so that this is among the last of the keychain's.
    fn lose(&mut self, entry: &str) -> Kept {
        self.ward.give_keyring_back().unwrap();
        let kept = KeptEntry::take(&self.ward, entry);
        Keyring::lose_entry(self.ward.bus(), "tapward", entry).unwrap();
        Box::new(kept)
    }

    fn point_at(&mut self, url: &str) -> Kept {
        let text = fs::read_to_string(self.path("agent.toml")).unwrap();
        let line = text.lines().find(|line| line.starts_with("url")).unwrap().to_owned();
        self.replace("agent.toml", &line, &format!("url = \"{url}\""));
        let known = fs::read_to_string(self.path("state/workstation.json")).unwrap();
        let address = line.split('"').nth(1).unwrap().trim_start_matches("https://").to_owned();
        if known.contains(&address) {
            let host = url.trim_start_matches("https://").to_owned();
            self.replace("state/workstation.json", &address, &host);
        }
        Box::new(())
    }

    /// Somebody else at the server's address: nobody, or one who says `words` and nothing more.
    fn serve(&mut self, words: Option<&'static [u8]>) -> Kept {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        self.point_at(&format!("https://{address}"));
        match words {
            None => Box::new(()),
            Some(words) => Box::new(Stranger::at(listener, words)),
        }
    }

    /// One that is made like ours, and is not it.
    fn be_another_server(&mut self) -> Kept {
        let folder = tempfile::tempdir().unwrap();
        let server = ServerProcess::start_new(folder.path(), "", LOG_BY_DEFAULT).unwrap();
        self.point_at(&format!("https://{}", server.address()));
        Box::new((server, folder))
    }

    fn stop_server(&mut self) -> Kept {
        self.ward.server().signal(Signal::STOP);
        Box::new(Stopped(self.ward.server().pid()))
    }

    fn end_notifications(&mut self) -> Kept {
        self.ward.notifications().unwrap().part().signal(Signal::TERM);
        Box::new(())
    }

    fn end_window_manager(&mut self) -> Kept {
        self.ward.window_manager().unwrap().signal(Signal::TERM);
        Box::new(())
    }

    fn list_an_app(&mut self) -> Kept {
        self.set("TAPWARD_APPS_SOCKET", "/nonexistent/launch.sock");
        self.add("policy.toml", "\n[apps]\nstart = [{ id = \"records\", command = [\"/usr/bin/true\"] }]\n")
    }

    fn hold_the_state(&mut self) -> Kept {
        let lock = fs::File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.path("state/agent.lock"))
            .unwrap();
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
        Box::new(lock)
    }
}

struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

struct Stopped(u32);

impl Drop for Stopped {
    fn drop(&mut self) {
        if let Some(pid) = rustix::process::Pid::from_raw(self.0.cast_signed()) {
            let _ = rustix::process::kill_process(pid, Signal::CONT);
        }
    }
}

/// An entry of the keychain that is put back.
struct KeptEntry {
    name: String,
    text: String,
    bus: String,
}

impl KeptEntry {
    fn take(ward: &Ward, name: &str) -> Self {
        let bus = ward.bus().address().to_owned();
        let mut command = Command::new("secret-tool");
        command
            .args(["lookup", "service", "tapward", "username", name])
            .env("DBUS_SESSION_BUS_ADDRESS", &bus);
        Self { name: name.to_owned(), text: output(&mut command).unwrap(), bus }
    }
}

impl Drop for KeptEntry {
    fn drop(&mut self) {
        let mut command = Command::new("secret-tool");
        command.args(["store", "--label", &self.name, "service", "tapward", "username", &self.name]);
        command.args(["application", "rust-keyring"]).env("DBUS_SESSION_BUS_ADDRESS", &self.bus);
        let _ = harness::program::output_with(&mut command, &self.text);
    }
}

/// Says its words to everybody who comes, and keeps the line open.
struct Stranger {
    address: std::net::SocketAddr,
    is_over: Arc<AtomicBool>,
}

impl Stranger {
    fn at(listener: TcpListener, words: &'static [u8]) -> Self {
        let address = listener.local_addr().unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let mut stream = stream;
                let _ = stream.write_all(words);
                held.push(stream);
            }
        });
        Self { address, is_over }
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

fn copy(from: &Path, to: &Path) {
    output(Command::new("cp").arg("-a").arg(from).arg(to)).unwrap();
}
