//! What one person's apps left is not there for the next.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use launch_contract::{Answer, App, Code, Verb};
use uuid::Uuid;

use crate::ward::{Ward, make_account, need_root, read, written};

/// Of this test alone, since all of it is killed.
const ACCOUNT: &str = "tw-test-traces";

/// A place that goes when the test ends, however it ends.
struct Mount(PathBuf);

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// What root plants, because only daemons can write there: a cron table, an `at` job, mail.
fn spooled() -> [PathBuf; 3] {
    [
        format!("/var/spool/cron/crontabs/{ACCOUNT}").into(),
        "/var/spool/cron/atjobs/a0000101c1e0a2".into(),
        format!("/var/mail/{ACCOUNT}").into(),
    ]
}

#[test]
fn the_next_person_sees_none_of_more_than_twenty_traces_of_the_one_before() {
    need_root();
    for program in ["/usr/bin/python3", "/usr/bin/keyctl", "/usr/bin/dbus-send", "/usr/bin/dbus-daemon"] {
        assert!(Path::new(program).exists(), "NOT RUN: {program} is not here");
    }
    let uid = make_account(ACCOUNT);
    let mut ward = Ward::new(&["--user", ACCOUNT]);
    let (drop, queues, jobs) = (ward.path("tmp/drop"), ward.path("mq"), ward.path("jobs"));
    for directory in [&drop, &queues, &jobs] {
        fs::create_dir(directory).unwrap();
        fs::set_permissions(directory, Permissions::from_mode(0o1777)).unwrap();
    }
    let mounted = Command::new("mount").args(["-t", "mqueue", "none"]).arg(&queues).status().unwrap();
    assert!(mounted.success(), "NOT RUN: message queues cannot be mounted here");
    let _mount = Mount(queues.clone());
    let queue = queues.join(format!("tapward-trace-{uid}"));
    let cancel = ward.path("cancel");
    fs::write(&cancel, cups(&jobs)).unwrap();
    fs::set_permissions(&cancel, Permissions::from_mode(0o755)).unwrap();
    let spooler = ward.path("cups.sock");
    fs::write(&spooler, "").unwrap();
    ward.option("--cups", spooler.to_str().unwrap());
    ward.option("--cancel", cancel.to_str().unwrap());
    ward.option("--place", queues.to_str().unwrap());
    let traces = ward.path("traces.py");
    fs::write(&traces, include_str!("../support/traces.py")).unwrap();
    fs::set_permissions(&traces, Permissions::from_mode(0o644)).unwrap();
    let app = |ward: &Ward, what: &str| App {
        id: what.parse().unwrap(),
        argv: ["/usr/bin/python3", traces.to_str().unwrap(), what, ward.dir.path().to_str().unwrap()]
            .map(str::to_owned)
            .to_vec()
            .try_into()
            .unwrap(),
        save: None,
        contract: false,
    };
    ward.launch();
    ward.connect();
    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);

    let person_a = vec![app(&ward, "plant"), app(&ward, "look-when-told")];
    ward.started(person_a);
    written(&ward.home().join("planted"));
    for path in spooled() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "0 3 * * * copy the charts").unwrap();
    }
    std::os::unix::fs::chown(&spooled()[1], Some(uid), Some(uid)).unwrap();
    fs::write(&queue, "").unwrap();
    std::os::unix::fs::chown(&queue, Some(uid), Some(uid)).unwrap();
    fs::write(jobs.join("d00001"), "a printed chart").unwrap();

    // Another app of the same session sees them all, so that not to see them says something.
    fs::write(ward.home().join("told"), "").unwrap();
    let seen_by_a = whole(&ward.home().join("seen"));
    assert_eq!(seen_by_a.lines().count(), 20 + 1, "{seen_by_a}");

    ward.close(1_000);
    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped]);
    ward.session = Uuid::from_u128(2);
    let person_b = app(&ward, "look");
    ward.started(vec![person_b]);

    assert_eq!(whole(&ward.home().join("seen")), ".\n", "seen by the next person");
    // What only daemons and the spooler see.
    assert!(spooled().iter().all(|path| !path.exists()), "{:?}", spooled());
    assert!(fs::read_dir(&jobs).unwrap().next().is_none());
}

/// The client of CUPS as it reads its options, one after the other: `-u` after `-a` asks for the jobs of who asks (root), and
/// `-x` counts only where `-a` came before it.
fn cups(jobs: &Path) -> String {
    format!(
        "#!/bin/sh\nmine= all= purge=\nwhile [ $# -gt 0 ]; do case $1 in -h) shift;; \
         -u) mine=$2; all=; shift;; -a) all=1;; -x) [ \"$all\" ] && purge=1;; esac; shift; done\n\
         if [ \"$mine$all$purge\" = {ACCOUNT}11 ]; then rm -f {}/*; fi\n",
        jobs.display()
    )
}

#[test]
fn a_spooler_whose_jobs_nobody_can_cancel_is_said_and_where_none_is_nothing_prints() {
    let mut ward = Ward::new(&[]);
    let (socket, cancel) = (ward.path("cups.sock"), ward.path("cancel"));
    ward.option("--cups", socket.to_str().unwrap());
    ward.option("--cancel", cancel.to_str().unwrap());
    ward.launch();
    ward.connect();
    let left = [Answer::Failed { code: Code::PrintJobsLeft, left: 1 }];
    let checked = |ward: &Ward| {
        let output = ward.command().args(["--check", "--json"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };

    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped], "neither");
    fs::write(&socket, "").unwrap();
    assert_eq!(ward.ask(Verb::Wipe {}), left, "no client");
    assert!(checked(&ward).contains("\"cannot_wipe\":[\"print-jobs-left\"]"), "{}", checked(&ward));
    fs::write(&cancel, "#!/bin/sh\nexit 1\n").unwrap();
    fs::set_permissions(&cancel, Permissions::from_mode(0o755)).unwrap();
    assert_eq!(ward.ask(Verb::Wipe {}), left, "a client that fails");
    assert!(checked(&ward).contains("\"cannot_wipe\":[]"), "{}", checked(&ward));
    fs::remove_file(&socket).unwrap();
    assert_eq!(ward.ask(Verb::Wipe {}), [Answer::Wiped], "no spooler");
}

/// Waits for the whole of a list.
fn whole(path: &Path) -> String {
    crate::ward::eventually("the list is whole", || read(path).ends_with(".\n"));
    read(path)
}
