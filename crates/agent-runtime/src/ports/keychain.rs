//! The operating system's keychain: the session credential lives there and nowhere else.

use agent_core::{ids::SessionId, secret::Secret};

/// Holds at most one session credential. Every call returns at once and answers within 3 s by an event;
/// a locked, missing, refusing or mute keychain answers `KeychainFailed`. Nothing ever falls back to a file.
pub trait Keychain: Send + 'static {
    /// → `CredentialStored` or `KeychainFailed`.
    fn store(&self, session: SessionId, credential: Secret);

    /// → `CredentialDeleted` (also when there was none) or `KeychainFailed`.
    fn delete(&self, session: SessionId);
}
