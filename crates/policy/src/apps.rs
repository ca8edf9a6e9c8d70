//! The apps of a session.

use std::time::Duration;

/// Policy lists at most this many.
pub const APPS_MAX: usize = 32;
/// A program and its arguments are at most this many texts.
pub const ARGUMENTS_MAX: usize = 64;
/// Each of at most this many bytes.
pub const ARGUMENT_SIZE_BYTES_MAX: usize = 1024;
/// An app's id is at most this many characters.
pub const APP_ID_CHARS_MAX: usize = 40;

/// What is started for whoever signs in, and how long it may take to save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apps {
    pub(crate) start: Vec<App>,
    pub(crate) save_grace: Duration,
}

impl Apps {
    /// In the order in which they are started.
    #[must_use]
    pub fn start(&self) -> &[App] {
        &self.start
    }

    /// How long they may take to save before they are closed.
    #[must_use]
    pub const fn save_grace(&self) -> Duration {
        self.save_grace
    }
}

impl Default for Apps {
    fn default() -> Self {
        Self { start: Vec::new(), save_grace: Duration::from_secs(10) }
    }
}

/// One app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    pub(crate) id: String,
    pub(crate) command: Vec<String>,
    pub(crate) save: Option<Vec<String>>,
    pub(crate) keeps_contract: bool,
}

impl App {
    /// Names it in records: lower-case letters, digits and hyphens.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its program, an absolute path, and arguments.
    #[must_use]
    pub fn command(&self) -> &[String] {
        &self.command
    }

    /// What makes it save, of the same form.
    #[must_use]
    pub fn save(&self) -> Option<&[String]> {
        self.save.as_deref()
    }

    /// Whether it can be spoken to (`docs/APPS.md`).
    #[must_use]
    pub const fn keeps_contract(&self) -> bool {
        self.keeps_contract
    }
}

pub(crate) fn is_id(text: &str) -> bool {
    (1..=APP_ID_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

pub(crate) fn is_command(words: &[String]) -> bool {
    (1..=ARGUMENTS_MAX).contains(&words.len())
        && words[0].starts_with('/')
        && words.iter().all(|word| word.len() <= ARGUMENT_SIZE_BYTES_MAX && !word.contains('\0'))
}
