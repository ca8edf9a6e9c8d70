//! The cover over every monitor.

use agent_core::ids::SessionId;

/// Covers and uncovers. Asking is not having: the result is told by an event.
pub trait Screen: Send + 'static {
    /// → `ScreenCovered` (again when `input_held` changes) or `ScreenFailed`. Idempotent. A screen that
    /// covers by itself (expired lease, shield's decision) tells `ScreenCovered` unasked.
    fn cover(&self);

    /// → `ScreenUncovered` or `ScreenFailed`.
    fn uncover(&self, session: SessionId);

    /// Whether the cover is held against the person (a shield) or merely drawn. Told on screen and in the log.
    fn is_enforced(&self) -> bool;
}
