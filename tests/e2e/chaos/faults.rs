//! What happens to the parts of a workstation, and what undoes it.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use harness::{
    part::has_ended,
    process::{children, descendants, is_web_process},
};
use rustix::process::{Pid, Signal, kill_process};

use super::bench::Bench;
use crate::dice::Dice;

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A process ends without a word.
    Killed(Who),
    /// It is asked to end.
    Asked(Who),
    /// It stands still for a while.
    Stopped(Who),
    /// The line to the server is cut.
    LineCut,
    /// What goes through it takes its time.
    LineSlow,
    /// The clock goes on by minutes, and nobody has said that the machine sleeps.
    ClockJump,
    /// The machine sleeps, and says so.
    Sleep,
    /// Another program grabs keyboard and pointer.
    Grab,
    /// A colleague's badge lies on the reader for a moment.
    Badge,
}

/// Whom it befalls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Agent,
    Shield,
    Web,
    Launcher,
    Server,
    Keyring,
    Bus,
}

pub(super) const FAULTS: [Fault; 23] = [
    Fault::Killed(Who::Agent),
    Fault::Stopped(Who::Agent),
    Fault::Asked(Who::Agent),
    Fault::Killed(Who::Shield),
    Fault::Stopped(Who::Shield),
    Fault::Asked(Who::Shield),
    Fault::Killed(Who::Web),
    Fault::Stopped(Who::Web),
    Fault::Killed(Who::Launcher),
    Fault::Stopped(Who::Launcher),
    Fault::Asked(Who::Launcher),
    Fault::Killed(Who::Server),
    Fault::Stopped(Who::Server),
    Fault::Asked(Who::Server),
    Fault::Killed(Who::Keyring),
    Fault::Stopped(Who::Keyring),
    Fault::Killed(Who::Bus),
    Fault::LineCut,
    Fault::LineSlow,
    Fault::ClockJump,
    Fault::Sleep,
    Fault::Grab,
    Fault::Badge,
];

impl Fault {
    /// After it, without anybody's doing, an uncovered screen is covered.
    pub(super) const fn covers(self) -> bool {
        matches!(
            self,
            Self::Killed(Who::Agent) | Self::Asked(Who::Agent | Who::Shield) | Self::ClockJump | Self::Sleep
        )
    }

    /// The shield ends, which ends the OS session: what stood below the cover is on the display until the next one covers.
    pub(super) const fn ends_os_session(self) -> bool {
        matches!(self, Self::Killed(Who::Shield) | Self::Asked(Who::Shield))
    }

    /// It happens, lasts for a moment, and is over; nothing is left of it but what it did.
    pub(super) fn happens(self, bench: &mut Bench, dice: &mut Dice) {
        match self {
            Self::Killed(who) => ends(bench, who, Signal::KILL, dice),
            Self::Asked(who) => ends(bench, who, Signal::TERM, dice),
            Self::Stopped(who) => {
                let Some(pid) = find(bench, who) else { return };
                let pages = bench.bedside.ward.pages();
                signal(pid, Signal::STOP);
                dice.let_pass(Duration::from_secs(5));
                signal(pid, Signal::CONT);
                // Whoever stood still for too long was replaced.
                if has_ended(pid) {
                    bench.wait_another_page(pages);
                }
            }
            Self::LineCut => {
                bench.line().cut();
                dice.let_pass(Duration::from_secs(4));
                bench.line().mend();
            }
            Self::LineSlow => {
                bench.line().slow_down(Duration::from_millis(700));
                dice.let_pass(Duration::from_secs(4));
                bench.line().mend();
            }
            Self::ClockJump => {
                let by = dice.one_of(&[1, 5, 30, 600]);
                bench.clock_goes_on(by * 60);
            }
            Self::Sleep => {
                bench.machine.says_it_sleeps(true);
                bench.wait_machine_let_go();
                let by = dice.one_of(&[1, 5, 30]);
                bench.clock_goes_on(by * 60);
                bench.machine.says_it_sleeps(false);
            }
            Self::Grab => {
                let _grabber = Grabber::on(bench.bedside.ward.display());
                dice.let_pass(Duration::from_secs(3));
            }
            Self::Badge => {
                let _card = bench.bedside.tap(super::HIS);
                // A virtual reader is asked every 400 ms what lies on it.
                dice.let_pass(Duration::from_millis(1_500));
            }
        }
    }
}

fn find(bench: &mut Bench, who: Who) -> Option<u32> {
    let ward = &mut bench.bedside.ward;
    match who {
        Who::Shield => Some(ward.kiosk().pid()),
        Who::Agent => children(ward.kiosk().pid()).into_iter().next(),
        Who::Web => descendants(ward.kiosk().pid()).into_iter().find(is_web_process),
        Who::Launcher => Some(bench.launcher.part().pid()),
        Who::Server => Some(ward.server().pid()),
        Who::Keyring => Some(ward.keyring().part().pid()),
        Who::Bus => Some(ward.bus().part().pid()),
    }
}

/// Then whoever has started it does so again: the shield, the agent, systemd, the display manager, or the machine.
fn ends(bench: &mut Bench, who: Who, how: Signal, dice: &mut Dice) {
    // Between an agent and the next there is none.
    let Some(pid) = find(bench, who) else { return };
    let (session, pages) = (descendants(bench.bedside.ward.kiosk().pid()), bench.bedside.ward.pages());
    signal(pid, how);
    dice.let_pass(Duration::from_secs(2));
    match who {
        Who::Agent | Who::Web => bench.wait_another_page(pages),
        Who::Shield => {
            bench.os_session_begins_again(&session);
            bench.wait_another_page(pages);
        }
        Who::Launcher => {
            bench.wait_ended(&[pid]);
            bench.launcher.start_again().unwrap();
        }
        Who::Server => {
            bench.bedside.ward.stop_server(Signal::KILL).unwrap();
            bench.bedside.ward.start_server().unwrap();
        }
        Who::Keyring => bench.bedside.ward.give_keyring_back().unwrap(),
        Who::Bus => bench.bedside.ward.give_bus_back().unwrap(),
    }
}

fn signal(pid: u32, what: Signal) {
    if let Some(pid) = Pid::from_raw(pid.cast_signed()) {
        // It may just have ended by itself.
        let _ = kill_process(pid, what);
    }
}

/// A program that grabs keyboard and pointer whenever it can, in a process of its own, because the shield may end it for that.
struct Grabber(Child);

impl Grabber {
    fn on(display: &str) -> Self {
        let mut command = Command::new("python3");
        command.args(["-c", include_str!("grab.py")]).env("DISPLAY", display);
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Grabber {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
