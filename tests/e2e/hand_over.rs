//! One person leaves traces wherever an app can, in the launcher's keeping and on the display; the next one, who signs in after
//! her or over her, sees none.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, process::Command};

use harness::{
    desktop::Button,
    launcher::Launcher,
    nurse::Nurse,
    part::wait_for,
    ward::{Setup, short_policy},
};

use self::display::{DISPLAY_TRACES, Display};
use crate::{
    badges::prove,
    bedside::{Bedside, SOON},
};

mod display;

const HIS: &str = "04ffeeddccbb80";
/// Of these tests alone, since all of it is killed.
const ACCOUNT: &str = "tw-test-hand-over";
/// What `traces.py` plants and looks for.
const TRACES_OF_APPS: usize = 20;
// With the print job.
const _: () = assert!(TRACES_OF_APPS + 1 + DISPLAY_TRACES.len() == 39);

#[test]
fn hand_over_leaves_whoever_signs_in_next_none_of_39_traces() {
    hand_over(|bedside, john| {
        press(bedside, Button::SignOut);
        bedside.ward.wait_screen("signed_out", SOON).unwrap();
        bedside.ward.sign_in(john).unwrap();
    });
}

#[test]
fn hand_over_leaves_whoever_taps_over_her_session_none_of_39_traces() {
    hand_over(|bedside, john| {
        bedside.ward.wait_log("badge reader reads").unwrap();
        let card = bedside.tap(HIS);
        bedside.ward.wait_screen("second_factor", SOON).unwrap();
        drop(card);
        prove(bedside, john);
        bedside.ward.wait_screen("active", SOON).unwrap();
    });
}

fn hand_over(to_john: impl Fn(&Bedside, &Nurse)) {
    for program in
        ["/usr/bin/python3", "/usr/bin/keyctl", "/usr/bin/xset", "/usr/bin/xmodmap", "/usr/bin/xhost"]
    {
        assert!(fs::exists(program).unwrap(), "NOT RUN: {program} is not here");
    }
    let launcher = Launcher::start_for_account(ACCOUNT).unwrap();
    let queues = Queues::in_folder(launcher.folder().join("mq"));
    let act = Act::of(&launcher);
    act.is_turn_of("plant", "look-when-told");
    let bedside = Bedside::open(setup(&launcher, &act));
    let john = bedside.ward.add_nurse("john", "John B.").unwrap();
    bedside.ward.admin(&["badge", "enrol", "john"], &format!("uid:{HIS}")).unwrap();
    let display = Display::on(bedside.ward.display());
    let before = display.looks();

    bedside.ward.sign_in(&bedside.maria).unwrap();
    bedside.wait_visible();
    wait_for("all that apps can plant", SOON, || launcher.home().join("planted").exists().then_some(()))
        .unwrap_or_else(|fault| panic!("{fault:#}: {}", launcher.log()));
    queues.plant(launcher.uid());
    let job = launcher.folder().join("jobs/d00001");
    fs::write(&job, "a printed chart").unwrap();
    // Another app of the same session sees them all, so that not to see them says something.
    fs::write(launcher.home().join("told"), "").unwrap();
    let seen_by_her = act.seen(&launcher);
    assert_eq!(seen_by_her.lines().count(), TRACES_OF_APPS + 1, "{seen_by_her}");
    display.plant();

    act.is_turn_of("nothing", "look");
    to_john(&bedside, &john);
    bedside.wait_visible();

    assert_eq!(act.seen(&launcher), ".\n", "seen by the next person");
    assert!(!job.exists(), "a print job is left");
    for ((trace, was), (_, is)) in before.iter().zip(&display.looks()) {
        assert!(is == was, "{trace} is left on the display: {is}");
    }
}

fn setup(launcher: &Launcher, act: &Act) -> Setup {
    let apps: Vec<String> = ["first", "second"]
        .map(|which| {
            let command = ["/bin/sh", act.0.to_str().unwrap(), which];
            format!("{{ id = \"{which}\", command = {command:?} }}")
        })
        .to_vec();
    let policy = format!(
        "{}\n[apps]\nsave_grace = \"2s\"\nstart = [{}]\n",
        short_policy("180s", "8s", "12h"),
        apps.join(", ")
    );
    let socket = launcher.socket().display().to_string();
    Setup {
        policy,
        has_badge_reader: true,
        agent_environment: vec![("TAPWARD_APPS_SOCKET".to_owned(), socket)],
        ..Setup::default()
    }
}

fn press(bedside: &Bedside, button: Button) {
    let (x, y) = bedside.ward.button(button).unwrap();
    bedside.hand.click(x, y).unwrap();
}

/// Policy lists the same two apps for everybody; what each does is told by whose turn it is.
struct Act(PathBuf);

impl Act {
    fn of(launcher: &Launcher) -> Self {
        let folder = launcher.folder();
        let traces = folder.join("traces.py");
        fs::write(&traces, include_str!("../../crates/launch/tests/support/traces.py")).unwrap();
        let act = folder.join("act.sh");
        let text = format!(
            "what=$(cat {folder}/turn-$1)\n[ \"$what\" = nothing ] && exec sleep 9000\n\
             exec /usr/bin/python3 {traces} \"$what\" {folder}\n",
            folder = folder.display(),
            traces = traces.display(),
        );
        fs::write(&act, text).unwrap();
        for file in [&traces, &act] {
            fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
        }
        Self(act)
    }

    fn is_turn_of(&self, first: &str, second: &str) {
        fs::write(self.0.with_file_name("turn-first"), first).unwrap();
        fs::write(self.0.with_file_name("turn-second"), second).unwrap();
    }

    /// What the app of whose turn it is has seen.
    fn seen(&self, launcher: &Launcher) -> String {
        wait_for("a whole list", SOON, || {
            fs::read_to_string(launcher.home().join("seen")).ok().filter(|seen| seen.ends_with(".\n"))
        })
        .unwrap_or_else(|fault| panic!("{fault:#}: {}", launcher.log()))
    }
}

/// Message queues of one's own, which go when the test ends, however it ends.
struct Queues(PathBuf);

impl Queues {
    fn in_folder(folder: PathBuf) -> Self {
        let mounted = Command::new("mount").args(["-t", "mqueue", "none"]).arg(&folder).status().unwrap();
        assert!(mounted.success(), "NOT RUN: message queues cannot be mounted here");
        Self(folder)
    }

    /// A queue of the apps' account, which it may make none of by itself.
    fn plant(&self, uid: u32) {
        let queue = self.0.join(format!("tapward-trace-{uid}"));
        fs::write(&queue, "").unwrap();
        std::os::unix::fs::chown(&queue, Some(uid), Some(uid)).unwrap();
    }
}

impl Drop for Queues {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}
