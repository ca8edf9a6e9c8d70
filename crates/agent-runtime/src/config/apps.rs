//! Section `apps`.

/// In whose OS account the apps of a session run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppsAccount {
    /// In one of their own, where nothing of the agent's can be read.
    Separate,
    /// In the agent's: nothing keeps them apart.
    Shared,
}

pub(super) fn account_from_text(text: &str) -> Option<AppsAccount> {
    match text {
        "separate" => Some(AppsAccount::Separate),
        "shared" => Some(AppsAccount::Shared),
        _ => None,
    }
}
