//! An app account that wants root to remove, or change, what is not its own.

use std::{
    ffi::OsStr,
    fs::{self, Permissions},
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, PermissionsExt, symlink},
    },
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
};

use launch_contract::{Answer, Code, SaveOutcome, SaveWhy, Verb};

use rustix::process::Signal;

use crate::ward::{Ward, eventually, mount, read, script, shell, written};

/// Something of somebody else's that must still be there afterwards, as it was.
fn precious(ward: &Ward) -> std::path::PathBuf {
    let precious = ward.path("precious");
    fs::create_dir(&precious).unwrap();
    fs::write(precious.join("chart"), "of a patient").unwrap();
    fs::set_permissions(&precious, Permissions::from_mode(0o755)).unwrap();
    precious
}

fn is_untouched(precious: &Path) {
    assert_eq!(fs::read_to_string(precious.join("chart")).unwrap(), "of a patient");
    let facts = fs::metadata(precious.join("chart")).unwrap();
    assert_eq!((facts.uid(), fs::metadata(precious).unwrap().mode() & 0o7777), (0, 0o755));
}

fn own(path: &Path, uid: u32) {
    std::os::unix::fs::lchown(path, Some(uid), Some(uid)).unwrap();
}

#[test]
fn links_to_what_is_somebody_elses_are_removed_and_nothing_behind_them() {
    let mut ward = Ward::ready(&[]);
    let precious = precious(&ward);
    let (home, tmp, target) = (ward.home(), ward.path("tmp"), precious.display().to_string());
    ward.started(vec![script(
        "links",
        &format!(
            "ln -s {target} into; ln -s {target}/chart file; ln -s {target} {tmp}/into; ln -s /etc {tmp}/etc; \
             ln -s ../precious $XDG_RUNTIME_DIR/up; mkdir d; ln -s {target} d/into; echo done > done; sleep 1000",
            tmp = tmp.display()
        ),
    )]);
    written(&home.join("done"));

    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);

    is_untouched(&precious);
    assert!(Path::new("/etc/passwd").exists());
    assert!(!home.exists() && fs::read_dir(tmp).unwrap().next().is_none());
}

#[test]
fn a_home_that_is_a_link_is_said_and_not_followed() {
    let mut ward = Ward::ready(&[]);
    let precious = precious(&ward);
    own(&precious, ward.uid);
    symlink(&precious, ward.home()).unwrap();

    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Failed { code: Code::HomeLeft, left: 1 }]);

    assert_eq!(fs::read_to_string(precious.join("chart")).unwrap(), "of a patient");
    fs::remove_file(ward.home()).unwrap();
}

#[test]
fn a_home_that_is_somebody_elses_is_said_and_kept() {
    let mut ward = Ward::new(&[]);
    let precious = precious(&ward);
    ward.option("--home", precious.to_str().unwrap());
    ward.launch();
    ward.connect();

    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Failed { code: Code::HomeLeft, left: 1 }]);

    is_untouched(&precious);
}

#[test]
fn names_with_newlines_ten_thousand_files_and_a_tree_deeper_than_any_path_all_go() {
    let mut ward = Ward::ready(&[]);
    let home = ward.home();
    ward.started(vec![script(
        "many",
        "i=0; while [ $i -lt 10000 ]; do : > f$i; i=$((i+1)); done; \
         python3 -c 'import os\nfor i in range(3000):\n os.mkdir(\"deep-directory-name\"); os.chdir(\"deep-directory-name\")'; \
         touch \"$(printf 'a\\nb')\" ' ' '-rf' '*'; mkdir -m 0 closed; mkdir half; touch half/f; chmod 500 half; \
         mkfifo fifo; echo done > done; sleep 1000",
    )]);
    written(&home.join("done"));
    fs::write(home.join(OsStr::from_bytes(b"\xff\xfe\n")), "").unwrap();

    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);

    assert!(!home.exists());
}

#[test]
fn a_hard_link_to_somebody_elses_file_is_only_unlinked() {
    let mut ward = Ward::ready(&[]);
    let precious = precious(&ward);
    ward.started(vec![]);
    fs::hard_link(precious.join("chart"), ward.home().join("chart")).unwrap();

    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);

    is_untouched(&precious);
}

#[test]
fn what_cannot_be_removed_is_said_not_passed_over() {
    let mut ward = Ward::ready(&[]);
    ward.started(vec![]);
    let stuck = ward.home().join("stuck");
    fs::write(&stuck, "").unwrap();
    let chattr = |flag: &str| Command::new("chattr").args([flag, stuck.to_str().unwrap()]).status().unwrap();
    assert!(chattr("+i").success(), "NOT RUN: this file system has no immutable files");

    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Failed { code: Code::HomeLeft, left: 1 }]);
    assert_eq!(ward.start(vec![]), [Answer::Failed { code: Code::NotWiped, left: 0 }]);

    assert!(chattr("-i").success());
    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);
}

#[test]
fn nobody_starts_where_files_elsewhere_could_not_be_removed_whatever_becomes_of_the_launcher() {
    let mut ward = Ward::ready(&[]);
    ward.started(vec![]);
    let stuck = ward.path("tmp").join("stuck");
    fs::write(&stuck, "").unwrap();
    own(&stuck, ward.uid);
    let chattr = |flag: &str| Command::new("chattr").args([flag, stuck.to_str().unwrap()]).status().unwrap();
    assert!(chattr("+i").success(), "NOT RUN: this file system has no immutable files");
    let left = [Answer::Failed { code: Code::FilesLeft, left: 1 }];

    let wiped = ward.ask(Verb::Wipe {});
    let started = ward.start(vec![]);
    ward.signal(Signal::KILL);
    ward.ended();
    ward.launch();
    let problem = ward.connect().problem;
    let started_anew = ward.start(vec![]);
    assert!(chattr("-i").success());

    assert_eq!(wiped, left);
    assert_eq!(started, [Answer::Failed { code: Code::NotWiped, left: 0 }]);
    assert_eq!(problem, Some(Code::FilesLeft));
    assert_eq!(started_anew, started);
    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);
    ward.started(vec![]);
}

#[test]
fn a_launcher_killed_between_home_and_files_has_its_successor_remove_the_files() {
    let mut ward = Ward::ready(&[]);
    ward.started(vec![]);
    let left = ward.path("tmp").join("left");
    fs::write(&left, "").unwrap();
    own(&left, ward.uid);
    ward.signal(Signal::KILL);
    ward.ended();
    fs::remove_dir_all(ward.home()).unwrap();
    fs::remove_dir_all(ward.path("run")).unwrap();

    ward.launch();
    assert_eq!(ward.connect().problem, None);

    assert!(!left.exists());
    ward.started(vec![]);
}

#[test]
fn a_skeleton_that_somebody_else_could_write_to_is_refused_however_deep_that_is() {
    for unfit in ["inner", "inner/rc"] {
        for spoil in ["owner", "mode"] {
            let mut ward = Ward::new(&[]);
            let skeleton = ward.path("skel");
            fs::create_dir_all(skeleton.join("inner")).unwrap();
            fs::write(skeleton.join("inner/rc"), "").unwrap();
            for place in [skeleton.clone(), skeleton.join("inner"), skeleton.join("inner/rc")] {
                fs::set_permissions(place, Permissions::from_mode(0o755)).unwrap();
            }
            if spoil == "owner" {
                own(&skeleton.join(unfit), ward.uid);
            } else {
                fs::set_permissions(skeleton.join(unfit), Permissions::from_mode(0o775)).unwrap();
            }
            ward.launch();
            ward.connect();

            let failed = [Answer::Failed { code: Code::SkeletonUnreadable, left: 0 }];
            assert_eq!(ward.start(vec![]), failed, "{unfit} {spoil}");
            assert!(!ward.home().exists());
        }
    }
}

#[test]
fn a_mount_in_the_home_is_said_and_nothing_in_it_removed() {
    let mut ward = Ward::ready(&[]);
    let precious = precious(&ward);
    ward.started(vec![]);
    let place = ward.home().join("mounted");
    fs::create_dir(&place).unwrap();
    own(&place, ward.uid);
    let mounted = Command::new("mount").arg("--bind").arg(&precious).arg(&place).status().unwrap();
    assert!(mounted.success(), "NOT RUN: nothing can be mounted here");

    let answers = ward.ask(Verb::Wipe {});

    is_untouched(&precious);
    assert!(Command::new("umount").arg(&place).status().unwrap().success());
    assert_eq!(answers, [Answer::Failed { code: Code::HomeLeft, left: 1 }]);
    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);
}

#[test]
fn directories_swapped_for_links_while_they_are_walked_lead_nowhere() {
    let mut ward = Ward::ready(&[]);
    let precious = precious(&ward);
    let tmp = ward.path("tmp");
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Root itself swaps them, more often and with more rights than any app can.
            let (directory, aside) = (tmp.join("swapped"), tmp.join("aside"));
            while !is_over.load(Ordering::Relaxed) {
                let _ = fs::create_dir(&directory);
                let _ = fs::write(directory.join("chart"), "bait");
                own_if_there(&directory, ward.uid);
                own_if_there(&directory.join("chart"), ward.uid);
                let _ = fs::rename(&directory, &aside);
                let _ = symlink(&precious, &directory);
                let _ = fs::rename(&directory, tmp.join("link"));
                let _ = fs::rename(&aside, &directory);
                let _ = fs::remove_file(tmp.join("link"));
            }
        });
        for _ in 0..30 {
            // Wiped or not: what is made anew behind its back can be left.
            ward_wipe(&ward);
        }
        is_over.store(true, Ordering::Relaxed);
    });

    is_untouched(&precious);
    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);
    assert!(fs::read_dir(&tmp).unwrap().next().is_none());
}

fn own_if_there(path: &Path, uid: u32) {
    let _ = std::os::unix::fs::lchown(path, Some(uid), Some(uid));
}

fn ward_wipe(ward: &Ward) -> Vec<Answer> {
    let message = launch_contract::AgentMessage { request: 9_999, verb: Verb::Wipe {} };
    ward.send_raw(&message.encode().unwrap());
    ward.answers(9_999)
}

#[test]
fn a_process_that_keeps_making_files_is_ended_before_they_are_removed() {
    let mut ward = Ward::ready(&[]);
    let tmp = ward.path("tmp");
    ward.started(vec![script(
        "maker",
        &format!("cd {}; i=0; while :; do mkdir d$i; : > d$i/f; mv d$i e$i; i=$((i+1)); done", tmp.display()),
    )]);
    eventually("it makes some", || fs::read_dir(&tmp).unwrap().count() > 50);

    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);

    assert!(fs::read_dir(&tmp).unwrap().next().is_none());
}

#[test]
fn an_app_that_signals_every_thread_of_the_launcher_ends_none() {
    for containment in ["cgroup", "subreaper"] {
        let mut ward = Ward::ready(&["--containment", containment]);
        let launcher = ward.launcher_pid().as_raw_nonzero();
        let attack = format!(
            "import ctypes, os\nlibc = ctypes.CDLL(None)\nopen('on', 'w').write('on\\n')\n\
             while True:\n for task in os.listdir('/proc/{launcher}/task'):\n  libc.tgkill({launcher}, int(task), 9)\n"
        );
        let path = ward.path("attack.py");
        fs::write(&path, attack).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        let mut attacker = script("attack", "");
        attacker.argv =
            ["/usr/bin/python3", path.to_str().unwrap()].map(str::to_owned).to_vec().try_into().unwrap();
        // Each of these is looked into, because it has left parent and OS session.
        let strays = script("strays", "while :; do (setsid sleep 0.05 &); sleep 0.01; done");
        ward.started(vec![attacker, strays]);
        written(&ward.home().join("on"));

        for _ in 0..20 {
            assert_eq!(ward.freeze(true), [Answer::Done { left: 0 }]);
            assert_eq!(ward.freeze(false), [Answer::Done { left: 0 }]);
        }
        assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);
    }
}

#[test]
fn an_app_that_stops_whoever_it_can_keeps_nobody_from_saving_freezing_and_wiping() {
    for containment in ["cgroup", "subreaper"] {
        let mut ward = Ward::ready(&["--containment", containment]);
        let path = ward.path("stop.py");
        let attack = "import os\nopen('on', 'w').write('on\\n')\n\
             while True:\n try:\n  os.kill(-1, 19)\n except OSError:\n  pass\n";
        fs::write(&path, attack).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        // It stops all but itself.
        let mut attacker = script("attack", "");
        attacker.argv =
            ["/usr/bin/python3", path.to_str().unwrap()].map(str::to_owned).to_vec().try_into().unwrap();
        attacker.save = Some(shell("exit 0"));
        ward.started(vec![attacker]);
        written(&ward.home().join("on"));

        for _ in 0..5 {
            // What it has stopped has not saved; what it could not stop has.
            let saved = ward.save(SaveWhy::Conceal, 50);
            assert_eq!(saved.last(), Some(&Answer::Done { left: 0 }), "{containment}: {saved:?}");
            assert_eq!(ward.freeze(true), [Answer::Done { left: 0 }], "{containment}");
            assert_eq!(ward.freeze(false), [Answer::Done { left: 0 }], "{containment}");
        }
        assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped], "{containment}");
    }
}

#[test]
fn save_commands_that_are_all_stopped_keep_neither_the_watchdog_nor_the_agent_waiting_for_long() {
    let mut ward = Ward::new(&["--containment", "cgroup"]);
    let path = ward.path("notify.sock");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    // Less than three that are waited for one after the other.
    socket.set_read_timeout(Some(std::time::Duration::from_secs(5))).unwrap();
    ward.environment("NOTIFY_SOCKET", path.to_str().unwrap());
    ward.environment("WATCHDOG_USEC", "2000000");
    ward.launch();
    ward.connect();
    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);
    let apps: Vec<_> = (0..6)
        .map(|at| {
            let mut app = script(&format!("app-{at}"), "echo on >> $HOME/on; exec sleep 1000");
            app.save = Some(shell("exit 0"));
            app
        })
        .collect();
    ward.started(apps);
    eventually("all of them run", || read(&ward.home().join("on")).lines().count() == 6);
    // Whoever comes into it stands still before it is a program, as if an app had stopped it.
    let group = group_of(ward.processes()[0]);
    fs::write(group.join("cgroup.freeze"), "1").unwrap();

    let is_over = AtomicBool::new(false);
    let saved = std::thread::scope(|scope| {
        let beats = scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                socket.recv(&mut [0; 100]).expect("the watchdog hears of it all the time");
            }
        });
        let saved = ward.save(SaveWhy::Conceal, 60_000);
        is_over.store(true, Ordering::Relaxed);
        beats.join().unwrap();
        saved
    });

    let unheard =
        |answer: &&Answer| matches!(answer, Answer::AppSaved { outcome: SaveOutcome::NoAnswer, .. });
    assert_eq!(saved.iter().filter(unheard).count(), 6, "{saved:?}");
    let tried = fs::read_dir(&group).unwrap().filter(|entry| {
        entry.as_ref().unwrap().file_name().to_str().is_some_and(|name| name.ends_with(".save"))
    });
    assert_eq!(tried.count(), 3, "the others need not be tried");
    fs::write(group.join("cgroup.freeze"), "0").unwrap();
    let saved = ward.save(SaveWhy::Conceal, 20_000);
    let did = |answer: &&Answer| matches!(answer, Answer::AppSaved { outcome: SaveOutcome::Saved, .. });
    assert_eq!(saved.iter().filter(did).count(), 6, "the next time each is tried: {saved:?}");
}

/// The control group of a session, by one of its apps' processes.
fn group_of(pid: i32) -> std::path::PathBuf {
    let group = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    let group = group.lines().find_map(|line| line.strip_prefix("0::/")).unwrap();
    mount().join(group).parent().unwrap().to_owned()
}

#[test]
fn an_agent_that_dies_while_its_apps_close_leaves_them_frozen() {
    let mut ward = Ward::ready(&["--orphan-ms", "600000"]);
    ward.started(vec![script(
        "slow",
        "trap '' TERM; i=0; while :; do i=$((i+1)); echo $i > $HOME/count; sleep 0.001; done",
    )]);
    written(&ward.home().join("count"));
    let within_ms = launch_contract::WithinMs::try_from(600_000).unwrap();
    ward.send(Verb::Close { session: ward.session, within_ms });
    ward.hang_up();

    ward.connect();

    let before = fs::read(ward.home().join("count")).unwrap();
    crate::ward::stays("it stands still", || fs::read(ward.home().join("count")).unwrap() == before);
    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);
}
