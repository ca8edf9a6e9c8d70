//! The shield as a process: how it starts its agent, how it ends, what it says on the command line.

use std::process::Command;

use anyhow::{Context, Result};
use rustix::process::Signal;

use crate::{
    bed::{Bed, SOON, wait_dead},
    part::Part,
    x_server::Monitors,
};

const ONE: Monitors = Monitors::One(1024, 768);

#[test]
fn the_agent_inherits_what_is_allowed_and_nothing_else() -> Result<()> {
    let bed = Bed::with(ONE)?;
    let door = std::os::unix::net::UnixListener::bind(bed.folder.path().join("door"))?;
    let agent = crate::bed::program("shield-scripted-agent");
    let mut command = bed.command();
    command.env_clear().env("DISPLAY", bed.x.display()).env("LC_TIME", "C").env("PATH", "/tmp/evil");
    command.envs([("LD_LIBRARY_PATH", "/tmp/evil"), ("GTK_MODULES", "evil"), ("TAURI_AUTOMATION", "true")]);
    command.envs([("TEST_ONE", "1"), ("TEST_TWO", "2")]);
    command.arg("--agent").arg(agent).args(["--env", "TEST_ONE", "--"]).arg(bed.folder.path().join("door"));
    let _shield = Part::start("shield", &mut command, bed.folder.path())?;
    let mut agent = crate::bed::agent::Agent::meet(door.accept()?.0)?;

    let names = agent.ask("environment", "environment ")?;
    let path = agent.ask("value PATH", "value ")?;

    assert_eq!(names, "DISPLAY,GDK_BACKEND,LC_TIME,PATH,TAPWARD_SHIELD,TEST_ONE");
    assert_eq!(path, "/usr/local/bin:/usr/bin:/bin");
    Ok(())
}

#[test]
fn the_agent_has_no_core_dumps_no_blocked_signals_and_a_session_of_its_own() -> Result<()> {
    let bed = Bed::with(ONE)?;
    let shield = bed.shield()?;
    let mut agent = shield.agent()?;

    let status = agent.ask("status", "status ")?;

    assert_eq!(status, format!("0000000000000000 Some(1) {}", agent.pid));
    Ok(())
}

#[test]
fn asked_to_end_it_ends_the_agent_first() -> Result<()> {
    let bed = Bed::with(ONE)?;
    let mut shield = bed.shield()?;
    let agent = shield.ready_agent()?;

    shield.part.signal(Signal::TERM);

    assert_eq!(shield.part.wait(SOON)?.code(), Some(0));
    wait_dead(agent.pid)
}

#[test]
fn asked_to_end_it_waits_for_a_hung_agent_only_so_long() -> Result<()> {
    let bed = Bed::with(ONE)?;
    let mut shield = bed.shield()?;
    let agent = shield.ready_agent()?;
    agent.signal(Signal::STOP)?;

    shield.part.signal(Signal::TERM);

    assert_eq!(shield.part.wait(SOON)?.code(), Some(0));
    wait_dead(agent.pid)
}

#[test]
fn a_killed_shield_takes_its_agent_with_it() -> Result<()> {
    let bed = Bed::with(ONE)?;
    let mut shield = bed.shield()?;
    let agent = shield.ready_agent()?;

    shield.part.signal(Signal::KILL);
    shield.part.wait(SOON)?;

    wait_dead(agent.pid)
}

#[test]
fn a_shield_that_is_killed_uncovered_takes_its_agent_and_the_agents_windows_with_it() -> Result<()> {
    let bed = Bed::with(ONE)?;
    let mut shield = bed.shield()?;
    let mut agent = shield.ready_agent()?;
    let window: u32 = agent.ask("window", "window ")?.parse()?;
    agent.uncover(1)?;

    shield.part.signal(Signal::KILL);
    shield.part.wait(SOON)?;

    wait_dead(agent.pid)?;
    let rude = bed.rude()?;
    crate::part::wait_for("the end of the agent's window", SOON, || {
        (!rude.knows(window).ok()?).then_some(())
    })?;
    // The display is as it was found: nothing of the cover is left to click on.
    bed.victim.focus(bed.victim.window)?;
    let _typist = bed.typist()?;
    bed.wait_typed_arrives()
}

#[test]
fn without_a_bus_it_covers_and_runs_its_agent() -> Result<()> {
    let bed = Bed::with(ONE)?;
    let shield = bed.shield_with(|command| {
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent").env_remove("XDG_RUNTIME_DIR");
    })?;
    let mut agent = shield.ready_agent()?;

    agent.uncover(1)?;
    bed.witness.wait_all(crate::bed::MARKER, "the app")?;
    agent.cover(2)?;

    bed.witness.wait_all(crate::bed::BLACK, "the cover").map(drop)
}

#[test]
fn without_an_x_server_it_says_so_and_ends() -> Result<()> {
    let output = Command::new(crate::bed::program("tapward-shield"))
        .env("DISPLAY", ":4999")
        .args(["--agent", "/bin/true"])
        .output()?;

    assert_eq!(output.status.code(), Some(69));
    assert!(String::from_utf8(output.stderr)?.contains("no X server to cover"));
    Ok(())
}

#[test]
fn it_ends_when_the_x_server_does() -> Result<()> {
    let mut bed = Bed::with(ONE)?;
    let mut shield = bed.shield()?;
    let agent = shield.ready_agent()?;

    bed.x.kill();

    assert_eq!(shield.part.wait(SOON)?.code(), Some(70));
    wait_dead(agent.pid)
}

#[test]
fn check_tells_the_monitors_and_whether_the_input_is_free() -> Result<()> {
    let bed = Bed::with(Monitors::Two)?;

    let free = bed.command().arg("--check").output()?;
    let shield = bed.shield()?;
    let _agent = shield.ready_agent()?;
    let taken = bed.command().arg("--check").output()?;

    assert_eq!(free.status.code(), Some(0));
    let text = String::from_utf8(free.stdout)?;
    assert_eq!(text, "monitor 1024x768+0+0\nmonitor 800x600+1024+0\ninput can be held\n");
    assert_eq!(taken.status.code(), Some(1));
    assert!(String::from_utf8(taken.stdout)?.ends_with("input is held by another program\n"));
    Ok(())
}

#[test]
fn a_wrong_command_line_is_refused_before_anything_is_covered() -> Result<()> {
    let output = Command::new(crate::bed::program("tapward-shield")).arg("--agnet").output()?;

    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8(output.stderr)?.contains("unknown argument --agnet"));
    Ok(())
}

#[test]
fn it_is_small() -> Result<()> {
    let bed = Bed::with(Monitors::Two)?;
    let shield = bed.shield()?;
    let _agent = shield.ready_agent()?;

    let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", shield.part.pid()))?;
    let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss line")?;
    let pss_kb: u64 = pss.trim().trim_end_matches(" kB").parse()?;

    assert!(pss_kb <= 4 * 1024, "{pss_kb} kB");
    Ok(())
}
