//! Signed out and untouched: memory, processor time, wake-ups; and how long it took to come so far.

use std::{
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use harness::{
    part::wait_for,
    program::program_path,
    ward::{Setup, Ward},
};
use rustix::process::Signal;

use crate::{
    figure::Figure,
    processes::{self, WakeUps},
};

const SOON: Duration = Duration::from_secs(20);
/// Longer than the interface keeps a field focused, after which nothing blinks.
const UNTIL_UNTOUCHED: Duration = Duration::from_secs(25);
const WATCHED: Duration = Duration::from_secs(60);
const STARTS: u32 = 5;

pub(crate) fn measure() -> Result<Vec<Figure>> {
    let mut ward = Ward::open(Setup::default())?;
    let eye = ward.eye()?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        // The root window is black or a plain pattern; the sign-in has writing on it.
        let start = Instant::now();
        ward.start_kiosk()?;
        wait_for("a usable sign-in", SOON, || {
            let mut colours: Vec<_> = eye.pixels().ok()?;
            colours.sort_unstable();
            colours.dedup();
            (colours.len() > 8 && ward.screens().last().is_some_and(|screen| screen == "signed_out"))
                .then_some(())
        })?;
        starts.push(start.elapsed());
        ward.stop_kiosk(Signal::TERM)?;
        let _ = std::fs::remove_file(ward.path().join("kiosk.log"));
    }
    let bare = bare_window_mib(&ward)?;

    ward.start_kiosk()?;
    ward.wait_screen("signed_out", SOON)?;
    thread::sleep(UNTIL_UNTOUCHED);
    let leader = ward.kiosk().pid();
    let agent = processes::agent_of(leader)?;
    let all = processes::tree(leader);
    let cpu = |all: &[u32]| all.iter().map(|pid| processes::cpu_seconds(*pid)).sum::<Result<f64>>();
    let cpu_before = cpu(&all)?;
    let woke = WakeUps::begin(&[leader, agent])?.watch(WATCHED)?;
    let share = (cpu(&all)? - cpu_before) / WATCHED.as_secs_f64() * 100.0;
    #[expect(clippy::cast_precision_loss, reason = "some hundred wake-ups")]
    let wakes = woke as f64;
    let agent_tree = processes::tree(agent);
    let ours = agent_tree.iter().map(|pid| processes::pss_mib(*pid)).sum::<Result<f64>>()?;
    let shield = processes::pss_mib(leader)?;
    ensure!(all.len() > 2, "the agent has no web view");
    Ok(vec![
        Figure::at_most(
            "memory.agent_against_bare_window",
            "ratio",
            ours / bare,
            1.2,
            &format!(
                "PSS of agent and web processes, {ours:.0} MiB, against a bare window's {bare:.0} MiB in the same run"
            ),
        ),
        Figure::at_most("memory.shield", "MiB", shield, 4.0, "PSS, covered, signed out"),
        Figure::at_most(
            "start.to_usable_sign_in",
            "ms",
            crate::figure::percentile_ms(&mut starts, 50),
            2000.0,
            &format!("median of {STARTS} starts of the kiosk, to drawn writing and the state signed out"),
        ),
        Figure::at_most(
            "at_rest.cpu",
            "% of core",
            share,
            0.1,
            "shield, agent and web processes over 60 s, signed out and untouched",
        ),
        Figure::at_most(
            "at_rest.wake_ups",
            "a minute",
            wakes,
            60.0,
            "voluntary context switches of all threads of shield and agent over 60 s, those that ended meanwhile too",
        ),
    ])
}

/// A Tauri window that does nothing, on the same desktop.
fn bare_window_mib(ward: &Ward) -> Result<f64> {
    let mut command = Command::new(program_path("examples/bare_window"));
    command.env("DISPLAY", ward.display()).stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
    let mut child: Child = ward.bus().dress(&mut command).spawn().context("the bare window")?;
    let pid = child.id();
    let size =
        wait_for("the bare window's web process", SOON, || (processes::tree(pid).len() > 2).then_some(()))
            .and_then(|()| {
                thread::sleep(Duration::from_secs(5));
                processes::tree(pid).iter().map(|pid| processes::pss_mib(*pid)).sum::<Result<f64>>()
            });
    child.kill()?;
    child.wait()?;
    size
}
