//! Frozen apps stand still; without an agent everything is frozen, then gone.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

use launch_contract::{Answer, CloseOutcome, Code, SaveWhy, Verb, WithinMs};
use rustix::process::{Pid, Signal, kill_process};

use crate::ward::{Ward, eventually, has, read, script, shell, stays, written};

const COUNTER: &str = "i=0; while :; do i=$((i+1)); echo $i > $HOME/count; sleep 0.001; done";
/// It counts in a process that has left the OS session and its parent.
const DETACHED: &str = "setsid sh -c '(setsid sh -c \"i=0; while :; do i=\\$((i+1)); echo \\$i > $HOME/count; sleep 0.001; done\" &)' & exit 0";

fn counts(ward: &Ward) {
    let path = ward.home().join("count");
    let before = written(&path);
    eventually("it counts", || !read(&path).is_empty() && read(&path) != before);
}

fn stands_still(ward: &Ward) {
    let path = ward.home().join("count");
    let before = fs::read(&path).unwrap();
    stays("it stands still", || fs::read(&path).unwrap() == before);
}

#[test]
fn a_frozen_app_stands_still_wherever_it_hides_and_goes_on_when_it_may() {
    for (containment, app) in
        [("cgroup", COUNTER), ("cgroup", DETACHED), ("subreaper", COUNTER), ("subreaper", DETACHED)]
    {
        let mut ward = Ward::ready(&["--containment", containment]);
        ward.started(vec![script("counter", app)]);
        counts(&ward);

        assert_eq!(ward.freeze(true), [Answer::Done { left: 0 }]);
        stands_still(&ward);
        assert_eq!(ward.save(SaveWhy::Conceal, 100), [Answer::Failed { code: Code::Frozen, left: 0 }]);

        assert_eq!(ward.freeze(false), [Answer::Done { left: 0 }]);
        counts(&ward);
    }
}

#[test]
fn a_frozen_app_is_closed_without_being_asked() {
    for containment in ["cgroup", "subreaper"] {
        let mut ward = Ward::ready(&["--containment", containment]);
        ward.started(vec![script("counter", COUNTER)]);
        counts(&ward);
        ward.freeze(true);

        let app = "counter".parse().unwrap();
        assert_eq!(
            ward.close(600_000),
            [Answer::AppClosed { app, outcome: CloseOutcome::Killed }, Answer::Done { left: 0 }]
        );
        assert_eq!(ward.processes(), [0; 0]);
    }
}

#[test]
fn an_agent_that_dies_leaves_frozen_apps_and_after_a_while_none() {
    for containment in ["cgroup", "subreaper"] {
        let mut ward = Ward::ready(&["--containment", containment, "--orphan-ms", "900"]);
        ward.started(vec![script("counter", COUNTER)]);
        counts(&ward);

        ward.hang_up();

        eventually("frozen", || {
            let before = read(&ward.home().join("count"));
            (0..20).all(|_| {
                let _ = rustix::event::poll(
                    &mut [] as &mut [rustix::event::PollFd<'_>],
                    Some(&rustix::event::Timespec { tv_sec: 0, tv_nsec: 2_000_000 }),
                );
                read(&ward.home().join("count")) == before
            })
        });
        eventually("killed and wiped", || ward.processes().is_empty() && !ward.home().exists());
    }
}

#[test]
fn an_agent_that_comes_back_finds_the_apps_frozen() {
    let mut ward = Ward::ready(&["--orphan-ms", "600000"]);
    ward.started(vec![script("counter", COUNTER)]);
    counts(&ward);
    ward.hang_up();

    ward.connect();

    // Greeted is it only once they stand still.
    stands_still(&ward);
    ward.freeze(false);
    counts(&ward);
    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);
}

#[test]
fn an_agent_that_breaks_the_contract_is_hung_up_on_and_everything_frozen() {
    let too_long = vec![b' '; 40_000];
    for packet in [
        &b"{}"[..],
        b"not json",
        br#"{"request":1,"verb":{"run":{"argv":["/bin/sh"]}}}"#,
        br#"{"request":1,"verb":{"wipe":{"path":"/etc"}}}"#,
        &too_long,
    ] {
        let mut ward = Ward::ready(&["--orphan-ms", "600000"]);
        ward.started(vec![script("counter", COUNTER)]);
        counts(&ward);

        ward.send_raw(packet);

        assert_eq!(ward.hear(), None);
        ward.connect();
        stands_still(&ward);
    }
}

#[test]
fn no_save_command_is_started_in_a_frozen_session() {
    for containment in ["cgroup", "subreaper"] {
        let mut ward = Ward::ready(&["--containment", containment]);
        let mut app = script("app", "sleep 1000");
        app.save = Some(shell("echo $$ >> $HOME/hooks; exec sleep 1000"));
        ward.started(vec![app]);
        let save = |ward: &Ward| Verb::Save {
            session: ward.session,
            why: SaveWhy::Conceal,
            within_ms: WithinMs::try_from(600_000).unwrap(),
        };
        let hooks = ward.home().join("hooks");
        let first = ward.send(save(&ward));
        let hook: i32 = written(&hooks).trim().parse().unwrap();
        let second = ward.send(save(&ward));
        has(&ward.answers(first), &Answer::Done { left: 0 });
        // It is due again, and then nobody waits for it.
        let freeze = ward.send(Verb::Freeze { session: ward.session, frozen: true });
        has(&ward.answers(second), &Answer::Done { left: 0 });
        assert_eq!(ward.answers(freeze), [Answer::Done { left: 0 }]);

        kill_process(Pid::from_raw(hook).unwrap(), Signal::KILL).unwrap();
        eventually("it is reaped", || !fs::exists(format!("/proc/{hook}")).unwrap());

        assert_eq!(ward.freeze(false), [Answer::Done { left: 0 }], "{containment}");
        stays("nothing was started", || read(&hooks).lines().count() == 1);
    }
}

/// Its first thread has ended, which the kernel calls a zombie; the second counts.
const HEADLESS: &str = "\
import ctypes, os, threading, time
def count():
    at = 0
    while True:
        at += 1
        with open('part', 'w') as file:
            file.write(f'{at}\\n')
        os.replace('part', 'count')
        time.sleep(0.001)
threading.Thread(target=count).start()
ctypes.CDLL(None).pthread_exit(None)
";

#[test]
fn an_app_whose_first_thread_has_ended_is_frozen_closed_and_wiped_like_any_other() {
    for containment in ["cgroup", "subreaper"] {
        let mut ward = Ward::ready(&["--containment", containment]);
        let path = ward.path("headless.py");
        fs::write(&path, HEADLESS).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        let mut app = script("headless", "");
        app.argv =
            ["/usr/bin/python3", path.to_str().unwrap()].map(str::to_owned).to_vec().try_into().unwrap();
        let counts_headless = |ward: &Ward| {
            counts(ward);
            eventually("its first thread has ended", || runs_headless(ward.uid));
        };

        ward.started(vec![app.clone()]);
        counts_headless(&ward);
        assert_eq!(ward.freeze(true), [Answer::Done { left: 0 }], "{containment}");
        stands_still(&ward);
        assert_eq!(ward.freeze(false), [Answer::Done { left: 0 }], "{containment}");
        counts_headless(&ward);
        let closed = ward.close(20_000);
        assert_eq!(closed.len(), 2, "{closed:?}");
        assert!(!runs_headless(ward.uid), "closed: {containment}");
        assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);

        ward.started(vec![app]);
        counts_headless(&ward);
        assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);
        assert!(!runs_headless(ward.uid), "wiped: {containment}");
    }
}

/// Whether there is a process of the account whose first thread has ended, and the other has not.
fn runs_headless(uid: u32) -> bool {
    let uid = format!("Uid:\t{uid}\t");
    fs::read_dir("/proc").unwrap().any(|entry| {
        let status = entry.map(|entry| read(&entry.path().join("status"))).unwrap_or_default();
        let has = |start: &str| status.lines().any(|line| line.starts_with(start));
        has(&uid) && has("State:\tZ") && has("Threads:\t2")
    })
}

#[test]
fn an_app_that_stops_itself_keeps_nobody_from_freezing_and_thawing() {
    for containment in ["cgroup", "subreaper"] {
        let mut ward = Ward::ready(&["--containment", containment]);
        ward.started(vec![
            script("stops", "echo on > $HOME/on; while :; do kill -STOP $$; done"),
            script("counter", COUNTER),
        ]);
        written(&ward.home().join("on"));
        counts(&ward);

        assert_eq!(ward.freeze(true), [Answer::Done { left: 0 }]);
        stands_still(&ward);
        assert_eq!(ward.freeze(false), [Answer::Done { left: 0 }]);
        counts(&ward);
        assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);
    }
}
