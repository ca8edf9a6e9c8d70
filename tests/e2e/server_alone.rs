//! The server alone holds the limits when the agent says nothing.

use harness::{
    part::wait_for,
    ward::{Setup, short_policy},
};
use rustix::process::{Pid, Signal, kill_process};

use crate::bedside::{Bedside, SOON};

#[test]
fn a_stopped_agent_opens_nothing_past_the_limit_and_ends_truthfully_when_it_goes_on() {
    let setup = Setup { policy: short_policy("8s", "3s", "12h"), has_shield: false, ..Setup::default() };
    let bedside = Bedside::signed_in(setup);
    let agent = Pid::from_raw(bedside.ward.agent_pid().unwrap().cast_signed()).unwrap();

    kill_process(agent, Signal::STOP).unwrap();
    wait_for("a session that opens nothing", SOON, || {
        let sessions = bedside.ward.sessions().unwrap();
        sessions.iter().all(|session| session["state"] != "open").then_some(())
    })
    .unwrap();
    kill_process(agent, Signal::CONT).unwrap();

    bedside.assert_ended("inactivity");
}
