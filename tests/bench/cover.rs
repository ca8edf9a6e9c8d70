//! How fast every monitor is black: after the agent's word and after its death.

use std::time::Duration;

use anyhow::{Context, Result};
use harness::program::{output, program};
use serde_json::Value;

use crate::figure::{Figure, percentile_ms};

/// Of each kind; the 99th percentile of fewer would be the worst alone.
const SAMPLES: &str = "100";

pub(crate) fn measure() -> Result<Vec<Figure>> {
    let text = output(program("examples/measure_cover").arg(SAMPLES))?;
    let mut figures = Vec::new();
    for (name, goal) in [("black_after_word", 15.0), ("black_after_death", 50.0)] {
        let mut samples = text
            .lines()
            .map(serde_json::from_str::<Value>)
            .collect::<Result<Vec<_>, _>>()?
            .iter()
            .filter(|line| line["name"] == name)
            .map(|line| Ok(Duration::from_secs_f64(line["value"].as_f64().context("value")? / 1000.0)))
            .collect::<Result<Vec<_>>>()?;
        let count = samples.len();
        figures.push(Figure::at_most(
            &format!("cover.{name}.p99"),
            "ms",
            percentile_ms(&mut samples, 99),
            goal,
            &format!("{count} times, two monitors, to the last one black"),
        ));
    }
    Ok(figures)
}
