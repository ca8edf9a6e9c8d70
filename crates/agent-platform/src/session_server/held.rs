//! The credential of the session at hand, and whose it is: under one lock, so that nobody ever speaks for one
//! session with the credential of another.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use agent_core::ids::SessionId;
use zeroize::Zeroizing;

/// What opens a session.
#[derive(Clone)]
pub(crate) struct HeldCredential {
    /// Which.
    pub(crate) session: SessionId,
    /// Goes with each of its requests.
    pub(crate) credential: Zeroizing<String>,
}

/// At most one credential; wiped when another one takes its place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held(Arc<Mutex<Option<HeldCredential>>>);

impl Held {
    pub(crate) fn hold(&self, held: HeldCredential) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(held);
    }

    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn current(&self) -> Option<HeldCredential> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for HeldCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldCredential").field("session", &self.session).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_held_credential_is_in_no_log_and_gone_once_forgotten() {
        let held = Held::default();
        let session = SessionId(Uuid::from_u128(1));
        held.hold(HeldCredential { session, credential: Zeroizing::new("canary".into()) });

        assert!(!format!("{held:?}").contains("canary"), "{held:?}");
        assert!(format!("{held:?}").contains(&session.0.to_string()), "{held:?}");
        assert_eq!(held.current().map(|held| held.session), Some(session));

        held.forget();

        assert!(held.current().is_none());
    }
}
