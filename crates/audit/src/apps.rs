//! What became of the apps of a session: codes of our own.

use serde::{Deserialize, Serialize};

use crate::codes::{APP_OUTCOME, Code, Outcome};

/// What became of one app at one moment of its session; the code system is [`APP_OUTCOME`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppOutcome {
    /// It could not be started.
    NotStarted,
    /// It saved as the screen was covered.
    SavedAtConceal,
    /// It saved as automatic logoff came near.
    SavedAtWarning,
    /// It saved as the session ended.
    SavedAtSignOut,
    /// It said that it cannot save, as the screen was covered.
    SaveRefusedAtConceal,
    /// It said that it cannot save, as automatic logoff came near.
    SaveRefusedAtWarning,
    /// It said that it cannot save, as the session ended.
    SaveRefusedAtSignOut,
    /// It did not say in time whether it saved, as the screen was covered.
    SaveUnansweredAtConceal,
    /// It did not say in time whether it saved, as automatic logoff came near.
    SaveUnansweredAtWarning,
    /// It did not say in time whether it saved, as the session ended.
    SaveUnansweredAtSignOut,
    /// It ended when it was asked to.
    Closed,
    /// It did not, and was ended by force.
    Killed,
    /// What ran it is gone, and it with that, unless it had ended before.
    Lost,
}

impl AppOutcome {
    /// Every outcome.
    pub const ALL: [Self; 13] = [
        Self::NotStarted,
        Self::SavedAtConceal,
        Self::SavedAtWarning,
        Self::SavedAtSignOut,
        Self::SaveRefusedAtConceal,
        Self::SaveRefusedAtWarning,
        Self::SaveRefusedAtSignOut,
        Self::SaveUnansweredAtConceal,
        Self::SaveUnansweredAtWarning,
        Self::SaveUnansweredAtSignOut,
        Self::Closed,
        Self::Killed,
        Self::Lost,
    ];

    /// Its code and text.
    #[must_use]
    pub const fn code(self) -> Code {
        let (code, display) = match self {
            Self::NotStarted => ("not-started", "The app could not be started"),
            Self::SavedAtConceal => ("saved-at-conceal", "The app saved as the screen was covered"),
            Self::SavedAtWarning => ("saved-at-warning", "The app saved before automatic logoff"),
            Self::SavedAtSignOut => ("saved-at-sign-out", "The app saved as the session ended"),
            Self::SaveRefusedAtConceal => {
                ("save-refused-at-conceal", "The app could not save as the screen was covered")
            }
            Self::SaveRefusedAtWarning => {
                ("save-refused-at-warning", "The app could not save before automatic logoff")
            }
            Self::SaveRefusedAtSignOut => {
                ("save-refused-at-sign-out", "The app could not save as the session ended")
            }
            Self::SaveUnansweredAtConceal => {
                ("save-unanswered-at-conceal", "The app did not answer as the screen was covered")
            }
            Self::SaveUnansweredAtWarning => {
                ("save-unanswered-at-warning", "The app did not answer before automatic logoff")
            }
            Self::SaveUnansweredAtSignOut => {
                ("save-unanswered-at-sign-out", "The app did not answer as the session ended")
            }
            Self::Closed => ("closed", "The app was closed"),
            Self::Killed => ("killed", "The app did not close and was ended by force"),
            Self::Lost => ("lost-with-launcher", "The app ended with the launcher, if it still ran"),
        };
        Code { system: APP_OUTCOME, code, display }
    }

    /// Whether work may have been lost by it, or not even begun.
    #[must_use]
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::SavedAtConceal | Self::SavedAtWarning | Self::SavedAtSignOut | Self::Closed => {
                Outcome::Success
            }
            Self::NotStarted
            | Self::SaveRefusedAtConceal
            | Self::SaveRefusedAtWarning
            | Self::SaveRefusedAtSignOut
            | Self::SaveUnansweredAtConceal
            | Self::SaveUnansweredAtWarning
            | Self::SaveUnansweredAtSignOut
            | Self::Killed
            | Self::Lost => Outcome::MinorFailure,
        }
    }
}
