//! What an app has and has not: nothing of the launcher's, nothing of the agent's.

use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    process::{Command, Stdio},
};

use launch_contract::{App, LauncherMessage};
use rustix::net::{
    AddressFamily, RecvFlags, SocketAddrUnix, SocketFlags, SocketType, connect, recv, socket_with,
};

use crate::ward::{Ward, make_account, read, script, written};

#[test]
fn an_app_has_its_accounts_rights_and_nothing_of_the_launchers() {
    let mut ward = Ward::new(&[]);
    ward.environment("LANG", "C.UTF-8");
    ward.environment("LC_TIME", "C");
    ward.environment("LD_LIBRARY_PATH", "/nowhere");
    fs::create_dir(ward.path("skel")).unwrap();
    fs::create_dir(ward.path("skel/inner")).unwrap();
    fs::write(ward.path("skel/inner/.rc"), "setting").unwrap();
    for place in ["skel", "skel/inner", "skel/inner/.rc"] {
        fs::set_permissions(ward.path(place), Permissions::from_mode(0o755)).unwrap();
    }
    ward.launch();
    ward.connect();

    ward.started(vec![App {
        contract: true,
        ..script(
            "look",
            "cat /proc/self/status > status; cat /proc/self/limits > limits; cat /proc/self/oom_score_adj > oom; \
             env > env; sleep 900 & ls -l /proc/$!/fd > fds; pwd > cwd; cat /proc/self/sessionid > sid; \
             cat $XAUTHORITY > cookie; stat -c %a $XAUTHORITY $HOME $XDG_RUNTIME_DIR > modes; \
             : > new; stat -c %a new > umask; cat inner/.rc > rc; echo done > done; sleep 1000",
        )
    }]);

    let home = ward.home();
    written(&home.join("done"));
    let (status, environment) = (read(&home.join("status")), read(&home.join("env")));
    let uid = ward.uid;
    for line in [
        format!("Uid:\t{uid}\t{uid}\t{uid}\t{uid}"),
        format!("Gid:\t{uid}\t{uid}\t{uid}\t{uid}"),
        "Groups:\t ".to_owned(),
        "NoNewPrivs:\t1".to_owned(),
        "CapPrm:\t0000000000000000".to_owned(),
        "CapBnd:\t0000000000000000".to_owned(),
        "SigBlk:\t0000000000000000".to_owned(),
    ] {
        assert!(status.lines().any(|one| one == line), "no {line:?} in {status}");
    }
    let limits = read(&home.join("limits"));
    assert!(limits.lines().any(|line| line.starts_with("Max core file size        1  ")), "{limits}");
    assert!(limits.lines().any(|line| line.starts_with("Max msgqueue size         0  ")), "{limits}");
    assert_eq!(read(&home.join("oom")), "500\n");
    assert_eq!(read(&home.join("cwd")).trim(), home.to_str().unwrap());
    assert_eq!(read(&home.join("umask")), "600\n");
    assert_eq!(read(&home.join("modes")), "600\n700\n700\n");
    assert_eq!(read(&home.join("cookie")), "cookie");
    assert_eq!(read(&home.join("rc")), "setting");
    let mut names: Vec<&str> = environment.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    names.sort_unstable();
    // The bus does not serve an account that has no name.
    names.retain(|name| {
        *name != "DBUS_SESSION_BUS_ADDRESS" && *name != "_" && *name != "SHLVL" && *name != "OLDPWD"
    });
    assert_eq!(
        names,
        [
            "DISPLAY",
            "HOME",
            "LANG",
            "LC_TIME",
            "LOGNAME",
            "PATH",
            "PWD",
            "SHELL",
            "TAPWARD_APP",
            "TAPWARD_APP_FD",
            "USER",
            "XAUTHORITY",
            "XDG_RUNTIME_DIR"
        ]
    );
    let mut fds: Vec<String> = read(&home.join("fds"))
        .lines()
        .filter_map(|line| Some(line.split_whitespace().rev().nth(2)?.to_owned()))
        .filter(|fd| fd.parse::<u32>().is_ok())
        .collect();
    fds.sort_unstable();
    assert_eq!(fds, ["0", "1", "2", "3"], "the standard ones and its line");
    // Two that the C library keeps for itself cannot be set by it.
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:\t")).unwrap();
    assert_eq!(u64::from_str_radix(ignored, 16).unwrap() & !0x1_8000_0000, 0);
}

#[test]
fn an_app_can_read_signal_and_trace_nothing_of_the_agents() {
    let mut ward = Ward::ready(&[]);
    let state = ward.path("state");
    fs::create_dir(&state).unwrap();
    fs::write(state.join("spool.sqlite"), "records").unwrap();
    fs::set_permissions(&state, Permissions::from_mode(0o700)).unwrap();
    std::os::unix::fs::chown(&state, Some(ward.agent_uid()), Some(ward.agent_uid())).unwrap();
    let mut agent = Command::new("/bin/cat")
        .env("CREDENTIAL", "secret")
        .uid(ward.agent_uid())
        .gid(ward.agent_uid())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let launcher = ward.launcher_pid().as_raw_nonzero();
    let attempts = ["environ", "mem", "maps", "fd/0", "cwd/.", "root/.", "exe", "auxv", "stack"];
    let mut attack = String::new();
    for pid in [agent.id().cast_signed(), launcher.get()] {
        for attempt in attempts {
            attack += &format!("head -c1 /proc/{pid}/{attempt} && echo {pid}/{attempt} >> got; ");
        }
        attack +=
            &format!("ls /proc/{pid}/fd && echo {pid}/fds >> got; kill -0 {pid} && echo {pid}/kill >> got; ");
        attack += &format!(
            "python3 -c 'import ctypes; exit(ctypes.CDLL(None).ptrace(16, {pid}, 0, 0) != 0)' && echo {pid}/ptrace >> got; "
        );
    }
    attack +=
        &format!("ls {0} && echo state >> got; cat {0}/spool.sqlite && echo spool >> got; ", state.display());
    attack += &format!(
        "python3 -c 'import socket; s=socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); \
         s.connect(\"{}\"); exit(not s.recv(10))' && echo launcher >> got; ",
        ward.path("launch.sock").display()
    );

    // That nothing is got because nothing ran would show: the app can do all of that to itself.
    attack += "cat /proc/$$/environ > own && kill -0 $$ && echo own >> own; ";
    let attack = ward.long_script("attack", &format!(": > got; {attack} echo done > done"));
    ward.started(vec![attack]);

    written(&ward.home().join("done"));
    assert_eq!(read(&ward.home().join("got")), "");
    assert!(read(&ward.home().join("own")).ends_with("own\n"));
    agent.kill().unwrap();
    agent.wait().unwrap();
}

#[test]
fn who_is_neither_agent_nor_root_is_hung_up_on() {
    let mut ward = Ward::ready(&[]);
    ward.hang_up();
    fs::set_permissions(ward.path("launch.sock"), Permissions::from_mode(0o666)).unwrap();
    let path = ward.path("launch.sock");
    let heard = |uid: u32| {
        let path = path.clone();
        // A thread of its own: it does not come back from being somebody else.
        std::thread::spawn(move || {
            let uid = rustix::process::Uid::from_raw(uid);
            rustix::thread::set_thread_res_uid(uid, uid, uid).unwrap();
            let socket =
                socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
            connect(&socket, &SocketAddrUnix::new(path).unwrap()).unwrap();
            let mut packet = [0; 1000];
            recv(&socket, &mut packet[..], RecvFlags::empty()).map_or(0, |(_, length)| length)
        })
        .join()
        .unwrap()
    };

    assert_eq!(heard(ward.uid), 0, "the apps' own account");
    assert_eq!(heard(ward.uid + 2), 0, "somebody else");
    assert!(heard(ward.agent_uid()) > 0, "the agent");
}

#[test]
fn whoever_asks_while_an_agent_is_there_hears_what_the_launcher_is_and_no_more() {
    let mut ward = Ward::ready(&[]);
    let second = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
    connect(&second, &SocketAddrUnix::new(ward.path("launch.sock")).unwrap()).unwrap();
    let mut packet = [0; 1000];

    let (_, size_bytes) = recv(&second, &mut packet[..], RecvFlags::empty()).unwrap();

    let hello = LauncherMessage::decode(&packet[..size_bytes]).unwrap();
    assert!(matches!(hello, LauncherMessage::Hello(_)), "{hello:?}");
    assert_eq!(recv(&second, &mut packet[..], RecvFlags::empty()).unwrap().1, 0, "hung up on");
    ward.started(vec![]);
}

#[test]
fn only_root_serves_for_another_account_and_only_others_for_their_own() {
    let ward = Ward::new(&[]);
    let code = |arguments: &[&str], uid: u32| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tapward-launch"));
        command.args(arguments).env_clear().stdin(Stdio::null()).uid(uid).gid(uid);
        command.output().unwrap().status.code()
    };

    assert_eq!(code(&["--inherited"], 0), Some(64));
    assert_eq!(code(&[], ward.uid), Some(64));
    assert_eq!(code(&[], 0), Some(69), "no socket was handed over");
    assert_eq!(code(&["--usr", "x"], 0), Some(64));
}

#[test]
fn check_says_what_can_be_had_and_ends_with_it() {
    let ward = Ward::new(&["--check", "--json"]);
    let run = |options: &[&str]| {
        let mut command = ward.command();
        let output = command.args(options).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };

    let (code, good) = run(&["--containment", "subreaper"]);
    let (unfit_code, unfit) = run(&["--user", "root"]);

    assert_eq!(code, Some(0), "{good}");
    assert!(good.contains("\"account\":\"separate\"") && good.contains("\"problem\":null"), "{good}");
    assert!(good.contains("\"containment\":\"subreaper\"") && good.contains("\"can_freeze\":true"), "{good}");
    assert_eq!(unfit_code, Some(2));
    assert!(unfit.contains("\"problem\":\"account-unfit\""), "{unfit}");
}

#[test]
fn check_says_where_proc_hides_the_processes_of_others() {
    let ward = Ward::new(&[]);
    let checked = |options: &str| {
        // In a PID namespace of its own: a kernel before 5.8 has one set of options for all mounts of a namespace.
        let script = format!("mount -t proc -o {options} proc /proc && \"$@\"; exit $?");
        let mut command = Command::new("unshare");
        command.args(["--pid", "--fork", "--mount", "sh", "-c", &script, "sh"]);
        command.args([
            env!("CARGO_BIN_EXE_tapward-launch"),
            "--check",
            "--json",
            "--containment",
            "subreaper",
        ]);
        command.args(["--user", &ward.uid.to_string(), "--agent-user", &ward.agent_uid().to_string()]);
        let output = command.args(["--cups", "/nonexistent"]).output().unwrap();
        assert!(!output.stdout.is_empty(), "NOT RUN: {}", String::from_utf8_lossy(&output.stderr));
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };

    let (seen_code, seen) = checked("hidepid=0");
    assert!(seen_code != Some(2) && seen.contains("\"problem\":null"), "{seen}");
    for hides in ["hidepid=1,gid=1", "hidepid=2,gid=1"] {
        let (code, hidden) = checked(hides);
        assert_eq!(code, Some(2), "{hides}: {hidden}");
        assert!(hidden.contains("\"problem\":\"processes-hidden\""), "{hides}: {hidden}");
    }
}

#[test]
fn a_service_says_when_it_is_ready_and_that_it_lives_whether_or_not_it_can_run_apps() {
    for options in [&[][..], &["--user", "root"]] {
        let mut ward = Ward::new(options);
        let path = ward.path("notify.sock");
        let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        ward.environment("NOTIFY_SOCKET", path.to_str().unwrap());
        ward.environment("WATCHDOG_USEC", "200000");
        ward.launch();

        let mut said = Vec::new();
        for _ in 0..4 {
            let mut packet = [0; 100];
            let length = socket.recv(&mut packet).unwrap();
            said.push(String::from_utf8(packet[..length].to_vec()).unwrap());
        }

        assert_eq!(said, ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"], "{options:?}");
    }
}

#[test]
fn an_account_with_a_name_has_a_bus_of_its_own() {
    let name = "tw-test-session";
    let uid = make_account(name);
    assert!(std::path::Path::new("/usr/bin/dbus-daemon").exists(), "NOT RUN: there is no dbus-daemon here");
    let mut ward = Ward::ready(&["--user", name]);

    ward.started(vec![script(
        "asks",
        "dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames > names; \
         id -un > who; echo done > done; sleep 1000",
    )]);

    written(&ward.home().join("done"));
    assert!(
        read(&ward.home().join("names")).contains("org.freedesktop.DBus"),
        "{}",
        read(&ward.home().join("names"))
    );
    assert_eq!(read(&ward.home().join("who")).trim(), name);
    ward.close(2_000);
    let left = Command::new("pgrep").args(["-u", &uid.to_string()]).output().unwrap().stdout;
    assert!(left.is_empty(), "the bus goes with the apps");
}

#[test]
fn the_launcher_keeps_eight_capabilities_and_no_more() {
    let ward = Ward::ready(&[]);
    let status = read(format!("/proc/{}/status", ward.launcher_pid().as_raw_nonzero()).as_ref());

    // chown, dac_override, dac_read_search, fowner, kill, setgid, setuid, setpcap
    for line in [
        "CapInh:\t0000000000000000",
        "CapPrm:\t00000000000001ef",
        "CapEff:\t00000000000001ef",
        "CapBnd:\t00000000000001ef",
        "CapAmb:\t0000000000000000",
    ] {
        assert!(status.lines().any(|one| one == line), "no {line} in {status}");
    }
}

#[test]
fn a_key_put_into_the_services_keyring_is_not_there_for_the_next_person() {
    assert!(std::path::Path::new("/usr/bin/keyctl").exists(), "NOT RUN: there is no keyctl here");
    // As systemd starts a service: with a session keyring that is its own.
    // SAFETY: asks for a nameless one.
    let joined = unsafe { libc::syscall(libc::SYS_keyctl, 1, std::ptr::null::<libc::c_char>()) };
    assert!(joined > 0, "NOT RUN: this kernel has no keyrings");
    let mut ward = Ward::ready(&[]);
    let look = "keyctl search @s user of-person-a > found; echo done > looked; sleep 1000";

    ward.started(vec![script("a", &format!("keyctl add user of-person-a secret @s; {look}"))]);
    written(&ward.home().join("looked"));
    assert!(!read(&ward.home().join("found")).is_empty(), "who put it there finds it");
    ward.close(1_000);
    ward.ask(launch_contract::Verb::Wipe {});
    ward.started(vec![script("b", look)]);

    written(&ward.home().join("looked"));
    assert_eq!(read(&ward.home().join("found")), "");
}
