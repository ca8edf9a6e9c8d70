//! One measured figure and the table of all.

use std::time::Duration;

use serde::Serialize;

/// What was measured, against what was wanted.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
    /// None where it is a part of another figure, which has one.
    pub(crate) goal: Option<f64>,
    pub(crate) better: Option<&'static str>,
    pub(crate) met: Option<bool>,
    pub(crate) how: String,
}

impl Figure {
    /// A figure that should be at most `goal`.
    pub(crate) fn at_most(name: &str, unit: &'static str, value: f64, goal: f64, how: &str) -> Self {
        let part = Self::part(name, unit, value, how);
        Self { goal: Some(goal), better: Some("lower"), met: Some(value <= goal), ..part }
    }

    /// A figure that should be at least `goal`.
    pub(crate) fn at_least(name: &str, unit: &'static str, value: f64, goal: f64, how: &str) -> Self {
        let part = Self::part(name, unit, value, how);
        Self { goal: Some(goal), better: Some("higher"), met: Some(value >= goal), ..part }
    }

    /// What another figure is made of; nothing was promised of it alone.
    pub(crate) fn part(name: &str, unit: &'static str, value: f64, how: &str) -> Self {
        Self {
            name: name.to_owned(),
            unit,
            value: (value * 1000.0).round() / 1000.0,
            goal: None,
            better: None,
            met: None,
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
            "{:<44} {:>10.3} {:>10} {:<10} {}",
            figure.name,
            figure.value,
            figure.goal.map_or_else(|| "-".to_owned(), |goal| format!("{goal:.3}")),
            figure.unit,
            match figure.met {
                Some(true) => "yes",
                Some(false) => "NO",
                None => "-",
            }
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_met_at_its_goal_and_a_part_promises_nothing() {
        let met = |figure: Figure| figure.met;

        assert_eq!(met(Figure::at_most("a", "ms", 300.0, 300.0, "")), Some(true));
        assert_eq!(met(Figure::at_most("a", "ms", 300.1, 300.0, "")), Some(false));
        assert_eq!(met(Figure::at_least("a", "ratio", 0.5, 0.5, "")), Some(true));
        assert_eq!(met(Figure::at_least("a", "ratio", 0.49, 0.5, "")), Some(false));
        assert_eq!(met(Figure::part("a", "ms", 1.0, "")), None);
    }

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
