//! One measured figure and the table of all.

use std::time::Duration;

use serde::Serialize;

/// What was measured, against what was wanted.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
    pub(crate) goal: f64,
    pub(crate) better: &'static str,
    pub(crate) met: bool,
    pub(crate) how: String,
}

impl Figure {
    /// A figure that should be at most `goal`.
    pub(crate) fn at_most(name: &str, unit: &'static str, value: f64, goal: f64, how: &str) -> Self {
        Self {
            name: name.to_owned(),
            unit,
            value: (value * 1000.0).round() / 1000.0,
            goal,
            better: "lower",
            met: value <= goal,
            how: how.to_owned(),
        }
    }
}

/// The value below which `percent` of `samples` lie, in milliseconds.
pub(crate) fn percentile_ms(samples: &mut [Duration], percent: f64) -> f64 {
    samples.sort_unstable();
    let last = samples.len().saturating_sub(1);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index into a few hundred samples"
    )]
    let index = (last as f64 * percent / 100.0).ceil() as usize;
    samples.get(index).map_or(f64::NAN, |sample| sample.as_secs_f64() * 1000.0)
}

/// Prints the table, ratios first.
pub(crate) fn print(figures: &[Figure]) {
    println!("\n{:<44} {:>10} {:>10} {:<10} met", "figure", "value", "goal", "unit");
    for figure in figures {
        println!(
            "{:<44} {:>10.3} {:>10.3} {:<10} {}",
            figure.name,
            figure.value,
            figure.goal,
            figure.unit,
            if figure.met { "yes" } else { "NO" }
        );
    }
}
