//! How fast every monitor is black: after the agent's word and after its death.

use std::time::Duration;

use anyhow::{Context, Result};
use harness::ward::{output, program};
use serde_json::Value;

use crate::figure::{Figure, percentile_ms};

pub(crate) fn measure() -> Result<Vec<Figure>> {
    let text = output(&mut program("examples/measure_cover"))?;
    let mut figures = Vec::new();
    for (kind, goal) in [("after_word", 15.0), ("after_death", 50.0)] {
        let mut samples = text
            .lines()
            .map(serde_json::from_str::<Value>)
            .collect::<Result<Vec<_>, _>>()?
            .iter()
            .filter(|line| line["kind"] == kind)
            .map(|line| Ok(Duration::from_secs_f64(line["ms"].as_f64().context("ms")? / 1000.0)))
            .collect::<Result<Vec<_>>>()?;
        let count = samples.len();
        figures.push(Figure::at_most(
            &format!("cover.{kind}.p99"),
            "ms",
            percentile_ms(&mut samples, 99.0),
            goal,
            &format!("{count} times, two monitors, to the last one black"),
        ));
    }
    Ok(figures)
}
