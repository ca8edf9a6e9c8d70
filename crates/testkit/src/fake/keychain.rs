//! A keychain that can be locked.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use agent_core::{event::Event, ids::SessionId, secret::Secret};
use agent_runtime::ports::Keychain;

use super::{Line, lock};

/// A mute keychain is given up after this long, as the port promises.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(3);

/// Unlocked and empty at first.
#[derive(Debug, Clone)]
pub struct FakeKeychain {
    line: Line,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    held: Option<(SessionId, Secret)>,
    mood: Mood,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Works,
    Locked,
    Mute,
}

impl FakeKeychain {
    /// An empty one.
    #[must_use]
    pub fn new(line: Line) -> Self {
        Self { line, state: Arc::new(Mutex::new(State { held: None, mood: Mood::Works })) }
    }

    /// The session whose credential is in it.
    #[must_use]
    pub fn holds(&self) -> Option<SessionId> {
        lock(&self.state).held.as_ref().map(|(session, _)| *session)
    }

    /// The credential in it.
    #[must_use]
    pub fn credential(&self) -> Option<Secret> {
        lock(&self.state).held.as_ref().map(|(_, credential)| credential.clone())
    }

    /// Refuses everything.
    pub fn is_locked(&self) {
        lock(&self.state).mood = Mood::Locked;
    }

    /// Answers nobody; callers give up after three seconds.
    pub fn falls_silent(&self) {
        lock(&self.state).mood = Mood::Mute;
    }

    /// Works again.
    pub fn is_unlocked(&self) {
        lock(&self.state).mood = Mood::Works;
    }

    /// Whether it would work now.
    #[must_use]
    pub fn works(&self) -> bool {
        lock(&self.state).mood == Mood::Works
    }

    /// What start-up does with a credential it finds.
    pub fn forget(&self) {
        lock(&self.state).held = None;
    }

    fn change(&self, session: SessionId, held: Option<(SessionId, Secret)>, done: Event) {
        let mut state = lock(&self.state);
        match state.mood {
            Mood::Works => {
                state.held = held;
                self.line.tell(done);
            }
            Mood::Locked => self.line.tell(Event::KeychainFailed { session }),
            Mood::Mute => self.line.tell_after(GIVEN_UP_AFTER, Event::KeychainFailed { session }),
        }
    }
}

impl Keychain for FakeKeychain {
    fn store(&self, session: SessionId, credential: Secret) {
        self.change(session, Some((session, credential)), Event::CredentialStored { session });
    }

    fn delete(&self, session: SessionId) {
        self.change(session, None, Event::CredentialDeleted { session });
    }
}
