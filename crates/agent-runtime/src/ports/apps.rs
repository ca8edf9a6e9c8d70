//! The apps of a session.

use agent_core::{
    apps::{CloseHow, RunReason, SaveReason},
    ids::SessionId,
};

/// Runs the programs that policy lists for whoever is signed in. Nothing here names or opens a file of theirs.
///
/// Commands about one session are carried out in their order. After [`Apps::close`] nothing of that session is done any more.
pub trait Apps: Send + 'static {
    /// Lets them go on where they were frozen, and starts them where she is there and they are not; what runs already is left
    /// alone. → `AppTold` for each that could not be started, `AppsNotThawed` where they are not known to go on within two seconds.
    ///
    /// [`RunReason::Anew`]: those that are there are ended without being woken. → `AppTold` for each; then, within 40 s, `AppsGone`, and
    /// they are started as long as she is there, or `AppsLeft`, and nothing is.
    fn run(&self, session: SessionId, why: RunReason);

    /// Tells each to save. → `AppTold` for each that can be told.
    fn save(&self, session: SessionId, why: SaveReason);

    /// None of them runs any more until [`Apps::run`] or [`Apps::close`]. → `AppsNotFrozen` where that is not known within
    /// two seconds; asked again it tries again.
    fn freeze(&self, session: SessionId);

    /// Has them save, closes them, ends what does not close, and takes away all that they left. Asked again it goes on, or
    /// begins anew. → `AppTold` and `AppsClosing` meanwhile; then, within 100 s, `AppsGone` once nothing of theirs is left (also
    /// where none was started), or `AppsLeft`. Unwoken, none of them saves or goes on before it ends.
    fn close(&self, session: SessionId, how: CloseHow);
}
