//! Agent to launcher.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{AppId, Apps, Argv, Cookie, DisplayName, MessageError, WithinMs, decode, encode};

/// One packet from the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentMessage {
    /// Comes back in each of its answers.
    pub request: u64,
    /// What is to be done.
    pub verb: Verb,
}

/// What the launcher can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Verb {
    /// Start the apps of a session.
    Start {
        /// Whose apps they are.
        session: Uuid,
        /// Where they are shown.
        display: Display,
        /// What is started.
        apps: Apps,
    },
    /// Have the apps save.
    Save {
        /// Whose.
        session: Uuid,
        /// Why now; apps are told.
        why: SaveWhy,
        /// After so long an app that has not answered did not answer.
        within_ms: WithinMs,
    },
    /// Stop the apps where they are, or let them go on.
    Freeze {
        /// Whose.
        session: Uuid,
        /// Whether they are to stand still.
        frozen: bool,
    },
    /// Ask the apps to close, and kill what is left at the limit.
    Close {
        /// Whose.
        session: Uuid,
        /// After so long they are killed.
        within_ms: WithinMs,
    },
    /// Kill every process of the app account and remove all it left. Needs no session.
    Wipe {},
}

/// The X display of the apps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Display {
    /// `DISPLAY`.
    pub name: DisplayName,
    /// What stands in their X authority file; none when the server asks for none.
    pub xauthority: Option<Cookie>,
}

/// An app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// Names it within the session.
    pub id: AppId,
    /// What is run.
    pub argv: Argv,
    /// What is run to have it save.
    pub save: Option<Argv>,
    /// Whether it speaks the contract of `docs/APPS.md`.
    pub contract: bool,
}

/// Why apps are told to save.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SaveWhy {
    /// The screen was covered; the session goes on.
    Conceal,
    /// The session ends soon unless somebody is there.
    Warning,
    /// The session ends.
    SignOut,
}

impl SaveWhy {
    /// As apps and wire have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Conceal => "conceal",
            Self::Warning => "warning",
            Self::SignOut => "sign-out",
        }
    }
}

impl AgentMessage {
    /// The packet.
    ///
    /// # Errors
    /// [`MessageError::Length`] when the apps of the session do not fit one.
    pub fn encode(&self) -> Result<Vec<u8>, MessageError> {
        encode(self)
    }

    /// Reads a packet.
    ///
    /// # Errors
    /// [`MessageError`] for whatever is no message of this contract, or out of its bounds.
    pub fn decode(packet: &[u8]) -> Result<Self, MessageError> {
        decode(packet)
    }
}
