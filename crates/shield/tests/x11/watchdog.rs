//! A display that does not answer, and the service manager that wants to hear of us.

use std::{
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixDatagram},
    },
    time::Duration,
};

use anyhow::Result;
use rustix::process::Signal;

use crate::{
    bed::{Bed, MARKER, SOON, Shield, agent::Agent, wait_dead},
    x_server::Monitors,
};

const ONE: Monitors = Monitors::One(1024, 768);

fn uncovered() -> Result<(Bed, Shield, Agent)> {
    let bed = Bed::with(ONE)?;
    let shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    agent.uncover(1)?;
    bed.witness.wait_all(MARKER, "the app")?;
    Ok((bed, shield, agent))
}

fn assert_ends(shield: &mut Shield, agent: &Agent) -> Result<()> {
    assert_eq!(shield.part.wait(SOON)?.code(), Some(70));
    assert!(shield.part.printed().contains("the X server has not answered for 5 s"));
    wait_dead(agent.pid)
}

#[test]
fn a_program_that_keeps_the_x_server_for_itself_ends_the_session_of_the_os() -> Result<()> {
    let (bed, mut shield, mut agent) = uncovered()?;
    let rude = bed.rude()?;
    rude.grab_server()?;

    agent.tell("cover 2")?;

    assert_ends(&mut shield, &agent)
}

#[test]
fn a_stopped_x_server_ends_the_session_of_the_os() -> Result<()> {
    let (bed, mut shield, mut agent) = uncovered()?;
    bed.x.part().signal(Signal::STOP);

    agent.tell("cover 2")?;

    let ended = assert_ends(&mut shield, &agent);
    bed.x.part().signal(Signal::CONT);
    ended
}

#[test]
fn a_shield_that_is_started_while_the_x_server_is_kept_ends_too() -> Result<()> {
    let bed = Bed::with(ONE)?;
    let rude = bed.rude()?;
    rude.grab_server()?;

    let mut shield = bed.shield()?;

    assert_eq!(shield.part.wait(SOON)?.code(), Some(70));
    Ok(())
}

#[test]
fn an_x_server_that_is_kept_for_a_moment_ends_nothing() -> Result<()> {
    let (bed, mut shield, mut agent) = uncovered()?;
    let rude = bed.rude()?;
    rude.grab_server()?;
    agent.tell("quiet")?;
    agent.tell("cover 2")?;
    rude.ungrab_server()?;

    agent.hear("covered 2 true")?;

    assert!(shield.part.is_running());
    Ok(())
}

/// A service manager's end, and a shield that was told of it.
fn managed(manager: &UnixDatagram, address: &str, variables: &[(&str, String)]) -> Result<(Bed, Shield)> {
    manager.set_read_timeout(Some(SOON))?;
    let bed = Bed::with(ONE)?;
    let variables = variables.iter().map(|(name, value)| (*name, value.as_str()));
    let shield = bed.shield_with(|command| {
        command.env("NOTIFY_SOCKET", address).envs(variables);
    })?;
    Ok((bed, shield))
}

fn hear(manager: &UnixDatagram) -> Result<String> {
    let mut packet = [0; 512];
    let size_bytes = manager.recv(&mut packet)?;
    Ok(String::from_utf8(packet[..size_bytes].to_vec())?)
}

fn hear_until(manager: &UnixDatagram, last: &str) -> Result<Vec<String>> {
    let mut heard = Vec::new();
    while heard.last().is_none_or(|word: &String| word != last) {
        heard.push(hear(manager)?);
    }
    Ok(heard)
}

#[test]
fn the_service_manager_hears_that_it_covers_and_lives_and_what_it_does() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path)?;
    let (bed, mut shield) =
        managed(&manager, path.to_str().unwrap(), &[("WATCHDOG_USEC", "200000".to_owned())])?;

    hear_until(&manager, "READY=1")?;
    let mut agent = shield.ready_agent()?;
    hear_until(&manager, "STATUS=covered")?;
    hear_until(&manager, "WATCHDOG=1")?;
    agent.uncover(1)?;
    hear_until(&manager, "STATUS=uncovered for a session")?;
    hear_until(&manager, "WATCHDOG=1")?;
    agent.cover(2)?;
    hear_until(&manager, "STATUS=covered")?;

    // Alive is who reaches the display.
    let rude = bed.rude()?;
    rude.grab_server()?;
    manager.set_read_timeout(Some(Duration::from_secs(2)))?;
    while hear(&manager).is_ok() {}
    rude.ungrab_server()?;
    manager.set_read_timeout(Some(SOON))?;
    hear_until(&manager, "WATCHDOG=1")?;

    shield.part.signal(Signal::TERM);
    hear_until(&manager, "STOPPING=1")?;
    assert_eq!(shield.part.wait(SOON)?.code(), Some(0));
    Ok(())
}

#[test]
fn an_abstract_socket_is_as_good_and_another_processs_watchdog_is_not_ours() -> Result<()> {
    let name = format!("tapward-shield-test-{}", std::process::id());
    let manager = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name)?)?;
    let variables = [("WATCHDOG_USEC", "100000".to_owned()), ("WATCHDOG_PID", "1".to_owned())];
    let (_bed, shield) = managed(&manager, &format!("@{name}"), &variables)?;
    hear_until(&manager, "READY=1")?;
    let mut agent = shield.ready_agent()?;

    agent.uncover(1)?;
    agent.cover(2)?;
    agent.uncover(3)?;
    hear_until(&manager, "STATUS=uncovered for a session")?;
    manager.set_read_timeout(Some(Duration::from_secs(1)))?;

    while let Ok(word) = hear(&manager) {
        assert_ne!(word, "WATCHDOG=1");
    }
    Ok(())
}

#[test]
fn the_agent_cannot_speak_for_the_shield() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path)?;
    let (_bed, shield) =
        managed(&manager, path.to_str().unwrap(), &[("WATCHDOG_USEC", "900000".to_owned())])?;
    let mut agent = shield.agent()?;

    let names = agent.ask("environment", "environment ")?;

    for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] {
        assert!(!names.contains(name), "{names}");
    }
    Ok(())
}
