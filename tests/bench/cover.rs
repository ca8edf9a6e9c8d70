//! How fast every monitor is black: after the agent's word and after its death; and how fast it is the person's again.

use std::time::Duration;

use anyhow::{Context, Result};
use harness::program::{output, program};
use serde_json::Value;

use crate::figure::{Figure, percentile_ms};

/// Of each kind; the 99th percentile of fewer would be the worst alone.
const SAMPLES: &str = "100";

/// What is promised: name, percentile, goal.
const PROMISED: [(&str, usize, f64); 3] =
    [("black_after_word", 99, 15.0), ("black_after_death", 99, 50.0), ("app_after_word", 95, 30.0)];
/// Beside them, for comparison: other lockers cover only when they are started.
const COMPARED: [&str; 5] = [
    "black_after_start.shield",
    "black_after_start.xsecurelock",
    "black_after_start.i3lock",
    "open_after_kill.xsecurelock",
    "open_after_kill.i3lock",
];
const PSS_KB_MAX: f64 = 4_096.0;

pub(crate) fn measure() -> Result<Vec<Figure>> {
    let text = output(program("examples/measure_cover").arg(SAMPLES))?;
    let lines = text.lines().map(serde_json::from_str::<Value>).collect::<Result<Vec<_>, _>>()?;
    let samples = |name: &str| -> Result<Vec<Duration>> {
        let of_name = lines.iter().filter(|line| line["name"] == name);
        of_name
            .map(|line| Ok(Duration::from_secs_f64(line["value"].as_f64().context("value")? / 1000.0)))
            .collect()
    };
    let mut figures = Vec::new();
    for (name, percent, goal) in PROMISED {
        let mut samples = samples(name)?;
        let how = format!("{} times, two monitors, to the last one", samples.len());
        for part in [50, 95, 99].into_iter().filter(|part| *part != percent) {
            let value = percentile_ms(&mut samples, part);
            figures.push(Figure::part(&format!("cover.{name}.p{part}"), "ms", value, &how));
        }
        let value = percentile_ms(&mut samples, percent);
        figures.push(Figure::at_most(&format!("cover.{name}.p{percent}"), "ms", value, goal, &how));
    }
    let pss = lines.iter().find(|line| line["name"] == "shield_pss").context("no shield_pss")?;
    let pss_kb = pss["value"].as_f64().context("value")?;
    figures.push(Figure::at_most("cover.shield_pss", "kB", pss_kb, PSS_KB_MAX, "after all that"));
    for name in COMPARED {
        let mut samples = samples(name)?;
        if samples.is_empty() {
            println!("NOT RUN: cover.{name}: not installed here");
            continue;
        }
        let how = format!("{} times, two monitors, to the last one", samples.len());
        figures.push(Figure::part(&format!("cover.{name}.p50"), "ms", percentile_ms(&mut samples, 50), &how));
    }
    Ok(figures)
}
