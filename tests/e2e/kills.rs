//! `kill -9` at moments nobody chose. Afterwards: covered, nothing lost or doubled, no credential left, and
//! a usable sign-in again.

use std::time::Duration;

use harness::{
    part::wait_for,
    ward::{Setup, short_policy},
};
use rustix::process::{Pid, Signal, kill_process};

use crate::bedside::{Bedside, SOON, USABLE_WITHIN, logins, logouts};

fn kill(pid: u32) {
    // It may just have ended by itself; then there is nothing to kill.
    let _ = kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::KILL);
}

#[test]
fn a_killed_agent_leaves_the_screen_covered_and_a_usable_sign_in() {
    let bedside = Bedside::signed_in(Setup::default());
    let agent = bedside.ward.agent_pid().unwrap();

    kill(agent);

    bedside.wait_covered();
    bedside.ward.wait_other_agent(agent).unwrap();
    bedside.ward.wait_screen("signed_out", USABLE_WITHIN).unwrap();
    bedside.assert_ended("crash-recovered");
}

#[test]
fn a_killed_web_process_is_replaced_and_takes_a_sign_in() {
    let bedside = Bedside::open(Setup::default());
    bedside.ward.wait_log("The page is drawn").unwrap();
    let agent = bedside.ward.agent_pid().unwrap();

    let web = bedside.ward.web_process(agent).unwrap();
    kill(web);

    wait_for("another web process", USABLE_WITHIN, || {
        bedside.ward.web_process(agent).ok().filter(|pid| *pid != web)
    })
    .unwrap();
    wait_for("the page drawn anew", USABLE_WITHIN, || {
        (bedside.ward.kiosk_log().matches("The page is drawn").count() >= 2).then_some(())
    })
    .unwrap();
    bedside.ward.sign_in(&bedside.maria).unwrap();
    bedside.wait_visible();
}

#[test]
fn a_killed_web_process_never_uncovers_and_never_ends_a_session() {
    let bedside = Bedside::signed_in(Setup::default());
    let agent = bedside.ward.agent_pid().unwrap();

    kill(bedside.ward.web_process(agent).unwrap());

    assert_eq!(bedside.open_sessions(), 1);
    let (x, y) = bedside.ward.button(harness::desktop::Button::SignOut).unwrap();
    bedside.hand.click(x, y).unwrap();
    bedside.assert_ended("user-button");
}

#[test]
fn a_killed_shield_takes_the_agent_with_it_and_the_next_start_is_covered_and_recovers() {
    let mut bedside = Bedside::signed_in(Setup::default());
    let agent = bedside.ward.agent_pid().unwrap();

    bedside.ward.stop_kiosk(Signal::KILL).unwrap();
    wait_for("the agent's end", SOON, || {
        (!std::path::Path::new(&format!("/proc/{agent}/exe")).exists()).then_some(())
    })
    .unwrap();
    // What the display manager does when the session's leader ends.
    bedside.ward.start_kiosk().unwrap();

    bedside.wait_covered();
    bedside.ward.wait_other_agent(agent).unwrap();
    bedside.ward.wait_screen("signed_out", USABLE_WITHIN).unwrap();
    bedside.assert_ended("crash-recovered");
}

/// A cheap generator of moments: reproducible, and nothing here needs better.
struct Moments(u64);

impl Moments {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the moment itself is what is tried; nothing is waited for")]
fn kills_at_random_moments_lose_no_record_and_leave_no_credential() {
    let kills = if std::env::var_os("TAPWARD_SOAK").is_some() { 200 } else { 20 };
    let mut moments = Moments(0x7461_7077_6172_6421);
    let mut bedside = Bedside::open(Setup { policy: short_policy("12s", "6s", "12h"), ..Setup::default() });
    let mut seen_active = 0;

    for number in 0..kills {
        let nurse = bedside.ward.add_nurse(&format!("nurse{number}"), "Maria O.").unwrap();
        let agent = bedside.ward.agent_pid().unwrap();
        bedside.ward.give_password(&bedside.hand, &nurse).unwrap();
        if moments.next(4) > 0 && bedside.ward.wait_code_asked(Duration::from_secs(3)).is_ok() {
            bedside.hand.type_text(&nurse.code().unwrap()).unwrap();
        }
        std::thread::sleep(Duration::from_millis(moments.next(900)));
        seen_active += usize::from(bedside.is_app_visible());
        match number % 3 {
            0 => kill(agent),
            1 => {
                bedside.ward.stop_kiosk(Signal::KILL).unwrap();
                bedside.ward.start_kiosk().unwrap();
            }
            _ => {
                bedside.ward.stop_server(Signal::KILL).unwrap();
                bedside.ward.start_server().unwrap();
                // The agent lives: its session may go on. It is ended as a crash of its own would.
                kill(agent);
            }
        }
        bedside.wait_covered();
        bedside.ward.wait_other_agent(agent).unwrap();
        bedside
            .ward
            .wait_screen("signed_out", USABLE_WITHIN)
            .unwrap_or_else(|fault| panic!("kill {number}: {fault:#}"));
        assert!(!bedside.is_app_visible(), "kill {number}");
        assert!(!bedside.ward.has_session_credential().unwrap(), "kill {number}: a credential is left");
        bedside.eye.wait_still().ok();
    }

    assert!(seen_active > 0, "not one kill met an uncovered screen: the moments are badly chosen");
    wait_for("no open session at the server", SOON, || (bedside.open_sessions() == 0).then_some(())).unwrap();
    let record = bedside
        .ward
        .wait_audit(&bedside.token, "as many logouts as logins", SOON, |record| {
            logins(record).len() == logouts(record).len() && logins(record).len() >= seen_active
        })
        .unwrap();
    let mut ids: Vec<_> = record.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();
    ids.sort_unstable();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all, "no record is doubled");
}
