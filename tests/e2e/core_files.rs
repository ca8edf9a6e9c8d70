//! A crash writes no memory to disk: not the agent's, the web view's, the shield's or the server's.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::Command,
};

use harness::{
    part::{has_ended, wait_for},
    ward::Setup,
};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, setrlimit};

use crate::bedside::{Bedside, SOON};

#[test]
fn programs_that_crash_while_she_works_leave_no_core_file() {
    allow_core_files();
    let mut bedside = Bedside::signed_in(Setup::default());
    let agent = bedside.ward.agent_pid().unwrap();
    let web = bedside.ward.web_process(agent).unwrap();
    let victims = [
        ("web view", web),
        ("agent", agent),
        ("shield", bedside.ward.kiosk().pid()),
        ("server", bedside.ward.server().pid()),
    ];

    for (who, pid) in victims {
        assert_eq!(core_limits(pid), ["0", "0"], "the {who} may write core files");
    }
    let Some(control) = core_folder(bedside.ward.path()) else {
        // Core files go to a program here, which is given those of processes that may be dumped, whatever the limit.
        return;
    };
    let before = files_in(&control);
    crash_a_program_that_may_dump(bedside.ward.path());
    assert_ne!(files_in(&control), before, "this system writes no core files at all: nothing is shown here");

    for (who, pid) in victims {
        let folder = core_folder(&fs::read_link(format!("/proc/{pid}/cwd")).unwrap()).unwrap();
        let before = files_in(&folder);
        kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), Signal::ABORT).unwrap();
        wait_for(&format!("the end of the {who}"), SOON, || has_ended(pid).then_some(())).unwrap();
        assert_eq!(files_in(&folder), before, "the {who} left a core file");
    }
}

/// As on a machine where somebody has allowed them to every program; children inherit it.
fn allow_core_files() {
    setrlimit(Resource::Core, Rlimit { current: None, maximum: None }).unwrap();
}

/// The soft and the hard limit.
fn core_limits(pid: u32) -> Vec<String> {
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
    line.split_whitespace().take(2).map(str::to_owned).collect()
}

/// Where the kernel puts the core file of a process that works in `folder`; none when it hands it to a program.
fn core_folder(folder: &Path) -> Option<PathBuf> {
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    (!pattern.starts_with('|'))
        .then(|| folder.join(pattern.trim()).parent().map_or_else(|| folder.to_path_buf(), Path::to_path_buf))
}

fn files_in(folder: &Path) -> BTreeSet<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn crash_a_program_that_may_dump(folder: &Path) {
    let status = Command::new("sh").args(["-c", "kill -ABRT $$"]).current_dir(folder).status().unwrap();
    assert_eq!(status.signal(), Some(6), "{status:?}");
}
