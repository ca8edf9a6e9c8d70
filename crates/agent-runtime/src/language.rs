//! Which language the screen speaks: the workstation's own, or the one that was chosen at the bedside.

use agent_core::{ids::SessionId, state::State};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A language the screen speaks, by its tag (BCP 47).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
}

/// What is spoken, and until when.
///
/// A choice holds for whoever made it: through the session that is opened after it, until that has ended. Then the
/// workstation speaks its own language again.
#[derive(Debug)]
pub(crate) struct Spoken {
    own: Language,
    chosen: Option<Chosen>,
}

#[derive(Debug)]
struct Chosen {
    language: Language,
    /// The one it is held through, once there is one.
    session: Option<SessionId>,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];

    /// Its tag, as configuration and page write it.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }
}

impl Spoken {
    /// The workstation's own, until another is chosen.
    pub(crate) const fn new(own: Language) -> Self {
        Self { own, chosen: None }
    }

    pub(crate) fn language(&self) -> Language {
        self.chosen.as_ref().map_or(self.own, |chosen| chosen.language)
    }

    pub(crate) const fn choose(&mut self, language: Language) {
        self.chosen = Some(Chosen { language, session: None });
    }

    /// Gives a choice up with the session that it was held through.
    pub(crate) fn follow(&mut self, state: &State) {
        let Some(chosen) = &mut self.chosen else { return };
        match state {
            State::Active(_) | State::InactivityWarning(_) => {
                chosen.session = state.session().map(|session| session.id);
            }
            // A choice made here may be of whoever signs in over her session.
            State::Concealed(_) => {}
            State::Starting(_)
            | State::SignedOut(_)
            | State::SigningIn(_)
            | State::SigningOut(_)
            | State::FailClosed(_) => {
                let is_over =
                    chosen.session.is_some() && chosen.session != state.ending().map(|ending| ending.session);
                if is_over {
                    self.chosen = None;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_and_the_configuration_write_a_language_alike() {
        for language in Language::ALL {
            let written = serde_json::to_string(&language).unwrap();
            assert_eq!(written, format!("\"{}\"", language.tag()));
        }
    }
}
