//! The workstation that it all happens to: every part is the real one.

use std::{
    io::{Write as _, stderr},
    path::Path,
    thread::panicking,
    time::Duration,
};

use anyhow::{Context, Result};
use harness::{
    launcher::Launcher,
    line::Line,
    part::{has_ended, wait_for},
    ward::Setup,
};
use rustix::process::Signal;

use super::witness::Witness;
use crate::{
    bedside::{Bedside, SOON},
    machine_sleep::Machine,
};

/// Of the kiosk's log, where a round fails.
const LAST_LINES: usize = 80;

#[derive(Debug)]
pub(super) struct Bench {
    pub(super) witness: Witness,
    pub(super) bedside: Bedside,
    pub(super) launcher: Launcher,
    pub(super) machine: Machine,
    /// Something was typed that opens the screen when it is right.
    pub(super) is_opening: bool,
    clock_ahead_s: u64,
}

impl Bench {
    pub(super) fn new() -> Self {
        let (launcher, machine) = (Launcher::start().unwrap(), Machine::new());
        let mut setup = machine.setup("25s");
        let editor = launcher.editor().display().to_string();
        let apps = format!(
            "\n[apps]\nsave_grace = \"2s\"\nstart = [{{ id = \"editor\", command = [{editor:?}], contract = true }}]\n"
        );
        setup.policy.push_str(&apps);
        let socket = launcher.socket().display().to_string();
        setup.agent_environment.push(("TAPWARD_APPS_SOCKET".to_owned(), socket));
        let bedside = Bedside::open(Setup { has_line: true, has_badge_reader: true, ..setup });
        bedside.ward.add_nurse("john", "John B.").unwrap();
        bedside.ward.admin(&["badge", "enrol", "john"], &format!("uid:{}", super::HIS)).unwrap();
        let witness = Witness::on(bedside.ward.display());
        witness.must_not_show();
        Self { witness, bedside, launcher, machine, is_opening: false, clock_ahead_s: 0 }
    }

    pub(super) fn line(&self) -> &Line {
        self.bedside.ward.line().unwrap()
    }

    /// The screen may open from now on.
    pub(super) fn opens(&mut self) {
        self.is_opening = true;
        self.witness.may_show();
    }

    /// Waits for the cover; from then on the screen must not open until somebody does what opens it.
    pub(super) fn wait_covered(&mut self) -> Result<()> {
        wait_for("a cover", SOON, || (!self.bedside.is_app_visible()).then_some(()))?;
        self.is_opening = false;
        self.witness.must_not_show();
        Ok(())
    }

    pub(super) fn clock_goes_on(&mut self, seconds: u64) {
        self.clock_ahead_s += seconds;
        self.machine.sleeps(self.clock_ahead_s);
    }

    /// The machine sleeps as soon as nobody holds it: then it is covered.
    pub(super) fn wait_machine_let_go(&self) {
        self.machine.login1.wait_until_released();
        if !self.is_opening {
            self.witness.must_not_show();
        }
    }

    pub(super) fn wait_ended(&self, processes: &[u32]) {
        let have_ended = || processes.iter().all(|pid| has_ended(*pid)).then_some(());
        wait_for("the end of processes", SOON, have_ended).unwrap();
    }

    /// Its leader has ended, and with it the OS session of these processes; the display manager begins the next one.
    pub(super) fn os_session_begins_again(&mut self, before: &[u32]) {
        self.bedside.ward.stop_kiosk(Signal::KILL).unwrap();
        self.wait_ended(before);
        self.bedside.ward.start_kiosk().unwrap();
        self.wait_covered().unwrap();
    }

    /// Waits until a page is drawn besides these many: by another agent, or by another process of the web view.
    pub(super) fn wait_another_page(&self, before: usize) {
        wait_for("another page", SOON, || (self.bedside.ward.pages() > before).then_some(())).unwrap();
    }

    /// Whether the shield runs, which nothing but a fault of its own ends.
    pub(super) fn has_shield(&mut self) -> bool {
        self.bedside.ward.kiosk().is_running()
    }

    /// Waits until the page of an agent that is past its start is on screen.
    pub(super) fn wait_page(&self, bound: Duration) -> Result<()> {
        let is_there = || self.bedside.ward.shown_screen().filter(|screen| screen != "starting").map(drop);
        wait_for("a page", bound, is_there).with_context(|| format!("{:?}", self.last_screens()))
    }

    pub(super) fn last_screens(&self) -> Vec<String> {
        let screens = self.bedside.ward.screens();
        screens[screens.len().saturating_sub(12)..].to_vec()
    }
}

/// What a failure leaves to look at: a picture of the screen, and the log's last lines.
impl Drop for Bench {
    fn drop(&mut self) {
        if !panicking() {
            return;
        }
        let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join("chaos.png");
        let kept = self.bedside.eye.keep(&picture);
        let log = self.bedside.ward.kiosk_log();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
        let _ = writeln!(stderr(), "the screen: {} {kept:?}\n{last}", picture.display());
    }
}
