//! `kill -9` of one part while somebody works. Afterwards: covered, on record, and a usable sign-in again.

use std::time::Duration;

use anyhow::Context as _;
use harness::{
    part::{has_ended, kill, stop, wait_for},
    process::{descendants, is_web_process},
    ward::Setup,
};
use rustix::process::Signal;

use crate::{
    bedside::{Bedside, SOON, USABLE_WITHIN},
    dice::Dice,
};

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
fn a_web_process_that_is_killed_while_its_first_page_loads_is_replaced() {
    let mut bedside = Bedside::open(Setup::default());
    let kiosk = bedside.ward.kiosk().pid();
    let web_processes = || -> Vec<u32> { descendants(kiosk).into_iter().filter(is_web_process).collect() };
    let (seed, mut dice) = Dice::from_environment();
    for _ in 0..10 {
        let (webs, mark) = (web_processes(), bedside.ward.log_mark());
        kill(bedside.ward.agent_pid().unwrap());
        let web = wait_for("the next web process", SOON, || {
            bedside.ward.kiosk_log()[mark..].contains("the agent is ready").then_some(())?;
            web_processes().into_iter().find(|web| !webs.contains(web))
        });

        dice.let_pass(Duration::from_millis(200));
        kill(web.unwrap());

        let mark = bedside.ward.log_mark();
        wait_for("the page drawn anew", USABLE_WITHIN, || {
            let log = bedside.ward.kiosk_log();
            // One that had hardly begun takes its agent along.
            let anew = log[mark..].split_once("loading the page anew");
            let (_, anew) = anew.or_else(|| log[mark..].split_once("the agent is ready"))?;
            anew.contains("The page is drawn").then_some(())
        })
        .with_context(|| format!("TAPWARD_SEED={seed}: {}", &bedside.ward.kiosk_log()[mark..]))
        .unwrap();
    }
    bedside.ward.wait_screen("signed_out", USABLE_WITHIN).unwrap();
    bedside.ward.sign_in(&bedside.maria).unwrap();
    bedside.wait_visible();
}

#[test]
fn a_web_process_that_hangs_is_replaced_soon_after_the_first_key() {
    let bedside = Bedside::open(Setup::default());
    let agent = bedside.ward.agent_pid().unwrap();
    let web = bedside.ward.web_process(agent).unwrap();
    let drawn = || bedside.ward.kiosk_log().matches("The page is drawn").count();
    let before = drawn();
    stop(web);

    bedside.hand.type_text("m").unwrap();

    wait_for("the page drawn anew", USABLE_WITHIN, || (drawn() > before).then_some(())).unwrap();
    assert_eq!(bedside.ward.agent_pid().unwrap(), agent, "the agent itself went on");
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
    wait_for("the agent's end", SOON, || has_ended(agent).then_some(())).unwrap();
    // What the display manager does when the session's leader ends.
    bedside.ward.start_kiosk().unwrap();

    bedside.wait_covered();
    bedside.ward.wait_other_agent(agent).unwrap();
    bedside.ward.wait_screen("signed_out", USABLE_WITHIN).unwrap();
    // An agent that sees its shield go before it is ended itself has time, on a busy machine, to put that on record.
    bedside.assert_ended_by_one_of(&["crash-recovered", "fail-closed"]);
}
