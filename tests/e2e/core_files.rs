//! A crash writes no memory to disk and hands it to no program: not the agent's, the web view's, the shield's or the server's.

use std::{
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
        assert_eq!(core_limits(pid), ["1", "1"], "the {who} may leave a core");
    }
    let Some(control) = core_folder(bedside.ward.path()) else {
        // Core files go to a program here. A limit of exactly one byte, which is what was seen, has the kernel give it
        // none; any other limit, none at all among them, would not.
        return;
    };
    crash_a_program_that_may_dump(bedside.ward.path());
    let shown = core_files_in(&control);
    assert_eq!(shown.len(), 1, "this system writes no core files at all: nothing is shown here");
    fs::remove_file(&shown[0]).unwrap();

    // The parts work where this test does.
    let folder = core_folder(&std::env::current_dir().unwrap()).unwrap();
    assert!(core_files_in(&folder).is_empty(), "core files of others would hide ours");
    for (who, pid) in victims {
        kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), Signal::ABORT).unwrap();
        wait_for(&format!("the end of the {who}"), SOON, || has_ended(pid).then_some(())).unwrap();
        assert!(core_files_in(&folder).is_empty(), "the {who} left a core file");
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

/// Files called as the pattern begins, which is before anything it puts in (`%p`, `.PID`).
fn core_files_in(folder: &Path) -> Vec<PathBuf> {
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    let name = pattern.trim().rsplit('/').next().unwrap().split('%').next().unwrap();
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|file| file.is_file() && file.file_name().unwrap().to_string_lossy().starts_with(name))
        .collect()
}

fn crash_a_program_that_may_dump(folder: &Path) {
    let status = Command::new("sh").args(["-c", "kill -ABRT $$"]).current_dir(folder).status().unwrap();
    assert_eq!(status.signal(), Some(6), "{status:?}");
}
