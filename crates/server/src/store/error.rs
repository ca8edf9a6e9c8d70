//! What can go wrong with the database.

/// What can go wrong, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing was decided; try again. Usual causes: a full disk, a busy or closing database.
    #[error("the database cannot be reached")]
    Unavailable(#[from] sqlx::Error),
    /// Others were in the way of the transaction, again and again; nothing of it was written. Try again.
    #[error("the database is too busy")]
    Overtaken,
    /// A stored value is not one this version knows; an administrator must look.
    #[error("a stored {0} cannot be understood")]
    Corrupt(&'static str),
}

/// Why the database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be opened, or a safeguard is refused.
    #[error("the database cannot be opened")]
    Connect(#[from] sqlx::Error),
    /// A server's folder was copied, and both are used.
    #[error(
        "another tapward-server runs under this one's id: of two servers with one node.id, delete that file in the folder \
         of the one that was copied from the other"
    )]
    Taken,
    /// It could be opened and did not answer.
    #[error("the database was lost as the server took its place in it")]
    Join(#[from] StoreError),
    /// A newer program has written to the file; nothing in it was changed.
    #[error(
        "the database was written by a newer tapward-server (its step {0} is not known here): run that version, \
         or put back the copy of the data folder from before the update"
    )]
    Newer(i64),
    /// The file belongs to another program, or is damaged.
    #[error("the database cannot be brought to this version")]
    Migrate(#[source] sqlx::migrate::MigrateError),
}

impl OpenError {
    pub(super) fn of_migration(error: sqlx::migrate::MigrateError) -> Self {
        if let sqlx::migrate::MigrateError::VersionMissing(version) = error {
            Self::Newer(version)
        } else {
            Self::Migrate(error)
        }
    }
}
