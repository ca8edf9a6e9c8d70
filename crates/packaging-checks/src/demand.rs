//! What must stand in a unit, each with the reason why, which is what a broken one is told.

use crate::unit::Unit;

/// Something without which a unit does not do what it is for.
#[derive(Debug, Clone, Copy)]
pub struct Demand {
    /// `Unit`, `Service`, …
    pub section: &'static str,
    /// The setting.
    pub key: &'static str,
    /// What must be given for it.
    pub wants: Wants,
    /// What goes wrong otherwise.
    pub else_: &'static str,
}

/// What must be given for a setting.
#[derive(Debug, Clone, Copy)]
pub enum Wants {
    /// This, in the last line that gives it. An empty one takes everything away.
    Is(&'static str),
    /// A word in any line.
    Word(&'static str),
    /// Anything but this word.
    NotWord(&'static str),
    /// Nothing at all: the setting would break what the unit is for.
    Absent,
}

impl Demand {
    fn is_met(&self, unit: &Unit) -> bool {
        let given = unit.all(self.section, self.key);
        let mut words = given.iter().flat_map(|line| line.split_whitespace());
        match self.wants {
            Wants::Is(value) => given.last() == Some(&value),
            Wants::Word(word) => words.any(|given| given == word),
            Wants::NotWord(word) => words.all(|given| given != word),
            Wants::Absent => given.is_empty(),
        }
    }

    /// The same unit, broken so that this is not met.
    #[must_use]
    pub fn broken(&self, unit: &Unit) -> Unit {
        match self.wants {
            Wants::Is(_) | Wants::Word(_) => unit.without(self.section, self.key),
            Wants::NotWord(word) => unit.with(self.section, self.key, word),
            Wants::Absent => unit.with(self.section, self.key, "yes"),
        }
    }
}

/// What is wrong with the unit; nothing where all is met.
#[must_use]
pub fn complaints(unit: &Unit, demands: &[Demand]) -> Vec<String> {
    demands
        .iter()
        .filter(|demand| !demand.is_met(unit))
        .map(|Demand { section, key, wants, else_ }| format!("[{section}] {key}: {wants:?}, else {else_}"))
        .collect()
}
