//! How often a thing is measured.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

/// The first ones are not counted: by then every part has done it once.
const WARM_UP: usize = 2;
/// No row takes longer; it then says how often it was measured.
const ROW_MAX: Duration = Duration::from_secs(240);

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Often enough for what is promised.
    Full,
    /// A few times, to see that it can be measured.
    Quick,
}

impl Effort {
    /// `full` times, or a few.
    pub(crate) fn times(self, full: usize) -> usize {
        match self {
            Self::Full => full,
            Self::Quick => full.min(4),
        }
    }

    /// Does `once` for the numbers from 0 on, until it was counted `full` times (or a few) or the row has taken its time.
    ///
    /// # Errors
    /// When it fails once, or was never counted.
    pub(crate) fn repeat<T>(self, full: usize, mut once: impl FnMut(usize) -> Result<T>) -> Result<Vec<T>> {
        let start = Instant::now();
        let mut samples = Vec::new();
        for number in 0..WARM_UP + self.times(full) {
            if start.elapsed() > ROW_MAX {
                break;
            }
            let sample = once(number)?;
            if number >= WARM_UP {
                samples.push(sample);
            }
        }
        ensure!(!samples.is_empty(), "it took too long to be measured once");
        Ok(samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ones_are_done_and_not_counted() {
        let mut done = Vec::new();

        let counted = Effort::Quick
            .repeat(40, |number| {
                done.push(number);
                Ok(number)
            })
            .unwrap();

        assert_eq!(counted, [2, 3, 4, 5]);
        assert_eq!(done, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn one_failure_is_told_and_no_figure_is_made_of_the_rest() {
        let outcome = Effort::Full.repeat(40, |number| {
            anyhow::ensure!(number != 7, "the seventh");
            Ok(number)
        });

        assert_eq!(outcome.unwrap_err().to_string(), "the seventh");
    }
}
