//! A desktop that shows notifications.

use std::sync::{Arc, Mutex};

use agent_core::command::Notice;
use agent_runtime::{language::Language, ports::Notifier};

use super::lock;

/// Shows nothing at first.
#[derive(Debug, Clone, Default)]
pub struct FakeNotifier(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    shown: Option<(Notice, Language)>,
    ever_shown: Vec<Notice>,
}

impl FakeNotifier {
    /// What stands on the desktop.
    #[must_use]
    pub fn shown(&self) -> Option<Notice> {
        lock(&self.0).shown.map(|(notice, _)| notice)
    }

    /// The language of what stands on the desktop.
    #[must_use]
    pub fn shown_in(&self) -> Option<Language> {
        lock(&self.0).shown.map(|(_, language)| language)
    }

    /// Everything ever shown.
    #[must_use]
    pub fn ever_shown(&self) -> Vec<Notice> {
        lock(&self.0).ever_shown.clone()
    }
}

impl Notifier for FakeNotifier {
    fn show(&self, notice: Notice, language: Language) {
        let mut state = lock(&self.0);
        state.shown = Some((notice, language));
        state.ever_shown.push(notice);
    }

    fn withdraw(&self) {
        lock(&self.0).shown = None;
    }
}
