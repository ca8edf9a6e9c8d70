//! Why a policy file was refused: all of it at once, so that it takes one round to mend it.

use std::fmt;

/// A value is repeated in a message up to this many characters.
const VALUE_CHARS_MAX: usize = 60;

/// One thing to mend.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Counted from 1.
    pub line: usize,
    /// With its section; empty where the line is no TOML at all.
    pub key: String,
    /// As the file writes it, shortened.
    pub value: String,
    /// What would be accepted.
    pub accepted: String,
}

impl Problem {
    pub(crate) fn new(line: usize, key: &str, value: &str, accepted: impl Into<String>) -> Self {
        Self { line, key: shorten(key), value: shorten(value), accepted: accepted.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, key, value, accepted } = self;
        if key.is_empty() {
            write!(f, "line {line}: `{value}` is not understood; {accepted}")
        } else {
            write!(f, "line {line}: `{key} = {value}` is refused; accepted is {accepted}")
        }
    }
}

/// The file is no policy; every problem that was found.
///
/// Usual cause: a value outside its range, or a key of a newer version. Keep the last good policy, else
/// [`crate::Policy::strict`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", list(.problems))]
pub struct Refused {
    /// At least one, by line.
    pub problems: Vec<Problem>,
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

fn shorten(text: &str) -> String {
    let one_line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if one_line.chars().count() <= VALUE_CHARS_MAX {
        return one_line;
    }
    one_line.chars().take(VALUE_CHARS_MAX).chain(['…']).collect()
}
