//! Desktop notifications: a second way to say something, never the only one.

use agent_core::command::Notice;

use crate::language::Language;

/// Shows at most one notification of ours. Failures are logged by the adapter and change nothing.
pub trait Notifier: Send + 'static {
    /// Shows `notice` in `language`, replacing the one before.
    fn show(&self, notice: Notice, language: Language);

    /// Takes it away; idempotent.
    fn withdraw(&self);
}
