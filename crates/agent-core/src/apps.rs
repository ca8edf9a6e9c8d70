//! Apps of a session: the programs that policy lists, started for its person and gone before the next one's.
//!
//! What of them is saved, and how, is theirs and the launcher's; here is only when they are asked, when they may run and
//! that none of them is left.

use crate::instant::Instant;

/// Names an app, as policy does. Never what it shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppId(pub String);

/// Why apps may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunReason {
    /// The screen is hers: those that are not there are started.
    Uncovered,
    /// Nobody is at the covered screen: those that were frozen go on, and none is started.
    LeftAlone,
    /// The screen is hers, and those that are there have overheard somebody else's secret: they end without being woken, and begin
    /// anew when nothing of them is left.
    Anew,
}

/// How apps are closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CloseHow {
    /// They save, then they are asked to close; what does not is ended by force.
    Asked,
    /// They are ended by force while they stand still: what waits for them to read it, they never read.
    Unwoken,
}

/// What waits for the apps of a session to read it. A display hands keys also to whoever stands still, and keeps them for him.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Overheard {
    /// Nothing that is anybody else's.
    Nothing,
    /// A secret that somebody else typed at the covered screen: they are not woken any more.
    Secret,
    /// For its sake they are being ended, and begin anew.
    Ending,
}

impl Overheard {
    pub(crate) const fn close_how(self) -> CloseHow {
        match self {
            Self::Nothing => CloseHow::Asked,
            Self::Secret | Self::Ending => CloseHow::Unwoken,
        }
    }
}

/// Why apps are told to save.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SaveReason {
    /// The screen was covered; they go on under it.
    Concealed,
    /// Automatic logoff is near.
    Warned,
    /// The session is over; they are closed next.
    SigningOut,
}

/// What became of an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AppOutcome {
    /// It could not be started.
    NotStarted,
    /// It has saved.
    Saved(SaveReason),
    /// It said that it cannot save.
    SaveRefused(SaveReason),
    /// It did not say in time whether it has.
    SaveUnanswered(SaveReason),
    /// It ended when it was asked to.
    Closed,
    /// It did not, or was not to be woken, and was ended by force.
    Killed,
    /// What ran it is gone, and it with that, unless she had closed it before.
    Lost,
}

/// How many of an ended session's apps are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppsProgress {
    /// So many.
    pub gone: u32,
    /// Of so many.
    pub of: u32,
}

/// What the end of a session owes of its apps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppsDebt {
    /// None of them was started, or none is left.
    Settled,
    /// They are to be closed once the screen is covered and the logout on disk.
    Owed,
    /// That is under way.
    Asked {
        /// Since when.
        at: Instant,
    },
}

/// The apps of a concealed session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppsUnderCover {
    /// They go on.
    Running,
    /// Somebody is at the covered screen, and none of them is to see what is typed there.
    Frozen {
        /// Nobody is there any more, unless something is done again before.
        until: Instant,
    },
}
