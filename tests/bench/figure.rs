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

/// The smallest of `samples` that at least `percent` of them do not exceed (nearest rank), in milliseconds.
pub(crate) fn percentile_ms(samples: &mut [Duration], percent: usize) -> f64 {
    samples.sort_unstable();
    let rank = (samples.len() * percent).div_ceil(100);
    samples.get(rank.saturating_sub(1)).map_or(f64::NAN, |sample| sample.as_secs_f64() * 1000.0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_samples_and_leaves_as_many_above_it_as_it_says() {
        let mut hundred: Vec<_> = (1..=100).rev().map(Duration::from_millis).collect();

        for (percent, expected) in [(50, 50.0), (95, 95.0), (99, 99.0), (100, 100.0)] {
            assert!((percentile_ms(&mut hundred, percent) - expected).abs() < 1e-9, "{percent}");
        }
        assert!((percentile_ms(&mut hundred[..20], 99) - 20.0).abs() < 1e-9, "the worst of a few");
        assert!(percentile_ms(&mut [], 50).is_nan());
    }
}
