//! Durations as policy writes them: `90s`, `15min`, `1h 30min`, `30 days`, `500ms`.

use std::{fmt::Write as _, time::Duration};

/// Names of units, longest time first.
const UNITS: [(&str, u64); 13] = [
    ("days", 86_400_000),
    ("day", 86_400_000),
    ("d", 86_400_000),
    ("hours", 3_600_000),
    ("hour", 3_600_000),
    ("h", 3_600_000),
    ("minutes", 60_000),
    ("minute", 60_000),
    ("min", 60_000),
    ("seconds", 1_000),
    ("second", 1_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Reads a duration: one or more whole numbers, each with its unit. `None` for anything else, for a number
/// without a unit, and for more than 10 000 days.
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total_ms: u64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..number_end].parse().ok()?;
        rest = rest[number_end..].trim_start();
        let unit_end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (_, unit_ms) = UNITS.iter().find(|(name, _)| *name == &rest[..unit_end])?;
        total_ms = total_ms.checked_add(number.checked_mul(*unit_ms)?)?;
        rest = rest[unit_end..].trim_start();
    }
    (total_ms <= 10_000 * 86_400_000).then(|| Duration::from_millis(total_ms))
}

/// Writes a duration in the same form, so that [`parse`] reads it back; below a millisecond it is cut off.
#[must_use]
pub fn write(duration: Duration) -> String {
    let mut rest = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (name, unit_ms) in [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)] {
        let count = rest / unit_ms;
        rest %= unit_ms;
        if count > 0 {
            let gap = if text.is_empty() { "" } else { " " };
            let _ = write!(text, "{gap}{count}{name}");
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_way_a_site_writes_a_quarter_of_an_hour_means_the_same() {
        for text in ["15min", "15 min", " 15 minutes ", "900s", "900 seconds", "10min 5min", "14min60s"] {
            assert_eq!(parse(text), Some(Duration::from_secs(900)), "{text}");
        }
    }

    #[test]
    fn a_number_without_a_unit_or_a_unit_without_a_number_is_refused() {
        for text in [
            "",
            " ",
            "15",
            "min",
            "15m",
            "-15min",
            "1.5h",
            "15 min later",
            "١٥min",
            "15µs",
            "99999999999999999999s",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(ms in 0..10_000 * 86_400_000_u64) {
            let duration = Duration::from_millis(ms);

            prop_assert_eq!(parse(&write(duration)), Some(duration));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = parse(&text);
        }
    }
}
