//! What an app has been told and has answered, so that each answer counts for what it answers.

use launch_contract::{CloseOutcome, SaveOutcome};

use crate::line::Word;

/// How an app is told to save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// By its line.
    Line,
    /// By its command.
    Hook,
    /// Not at all.
    None,
}

/// Where the saving of one app stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Saving {
    /// Whether it has said that it listens.
    is_ready: bool,
    /// Times it was told to save and has not answered yet. It answers each, in their order: only the answer to the last
    /// one says that what was typed until then is saved.
    owed: u32,
    /// How far it said it was, of the last.
    percent: Option<u8>,
}

/// What a word of an app means to whoever waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Nothing.
    Nothing,
    /// It is further.
    Progress(u8),
    /// It is done.
    Answered(SaveOutcome),
}

impl Saving {
    /// How it would be told now.
    pub(crate) fn way(&self, has_line: bool, has_hook: bool) -> Way {
        match (has_line, has_hook) {
            (true, _) if self.is_ready => Way::Line,
            (_, true) => Way::Hook,
            // It may be about to listen; what is said to it waits there.
            (true, false) => Way::Line,
            (false, false) => Way::None,
        }
    }

    /// It was told by its line.
    pub(crate) fn told(&mut self) {
        self.owed = self.owed.saturating_add(1);
        self.percent = None;
    }

    /// Whether it listens.
    pub(crate) fn is_ready(&self) -> bool {
        self.is_ready
    }

    /// It said something.
    pub(crate) fn heard(&mut self, word: Word) -> Heard {
        let outcome = match word {
            Word::Ready => {
                self.is_ready = true;
                return Heard::Nothing;
            }
            // Only forwards, so that an app that cannot count tells at most a hundred times.
            Word::Saving(percent) if self.owed == 1 && self.percent.is_none_or(|before| before < percent) => {
                self.percent = Some(percent);
                return Heard::Progress(percent);
            }
            Word::Saving(_) => return Heard::Nothing,
            Word::Saved => SaveOutcome::Saved,
            Word::Refused => SaveOutcome::Refused,
        };
        match self.owed {
            0 => Heard::Nothing,
            1 => {
                self.owed = 0;
                Heard::Answered(outcome)
            }
            more => {
                self.owed = more - 1;
                Heard::Nothing
            }
        }
    }
}

/// What came of closing an app, once nothing of it runs.
pub(crate) fn closed(was_running: bool, was_killed: bool) -> CloseOutcome {
    match (was_running, was_killed) {
        (false, _) => CloseOutcome::Gone,
        (true, true) => CloseOutcome::Killed,
        (true, false) => CloseOutcome::Closed,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_answer_to_an_earlier_word_does_not_count_for_a_later_one() {
        let mut saving = Saving::default();
        saving.told();
        saving.told();

        assert_eq!(saving.heard(Word::Saving(90)), Heard::Nothing);
        assert_eq!(saving.heard(Word::Saved), Heard::Nothing);
        assert_eq!(saving.heard(Word::Saving(10)), Heard::Progress(10));
        assert_eq!(saving.heard(Word::Refused), Heard::Answered(SaveOutcome::Refused));
    }

    #[test]
    fn an_app_that_says_saved_without_being_told_has_said_nothing() {
        let mut saving = Saving::default();

        assert_eq!(saving.heard(Word::Saved), Heard::Nothing);
        saving.told();
        assert_eq!(saving.heard(Word::Saved), Heard::Answered(SaveOutcome::Saved));
    }

    #[test]
    fn until_an_app_listens_its_command_is_used_if_it_has_one() {
        let mut saving = Saving::default();
        assert_eq!(saving.way(true, true), Way::Hook);
        assert_eq!(saving.way(true, false), Way::Line);
        assert_eq!(saving.way(false, false), Way::None);

        saving.heard(Word::Ready);

        assert_eq!(saving.way(true, true), Way::Line);
        assert_eq!(saving.way(false, true), Way::Hook);
    }

    proptest! {
        #[test]
        fn however_an_app_chatters_it_is_told_on_at_most_once_for_each_percent(
            words in proptest::collection::vec(0u8..=100, 0..2_000)
        ) {
            let mut saving = Saving::default();
            saving.told();
            let told = words.iter().filter(|percent| saving.heard(Word::Saving(**percent)) != Heard::Nothing);
            prop_assert!(told.count() <= 101);
        }
    }
}
