//! The database. All SQL lives below this module, written so that SQLite and PostgreSQL take it.
//!
//! Times are whole milliseconds since 1970 (UTC) in `BIGINT`, ids `UUID`, bytes `BYTEA`, states and
//! causes text that is parsed strictly. A write begins with `BEGIN IMMEDIATE`: a transaction that
//! starts as a reader and upgrades would be refused at once, whatever the busy timeout.

pub mod attempts;
pub mod audit_events;
pub mod auditor_tokens;
pub mod badge_imports;
pub mod badges;
pub mod challenges;
pub mod enrolment_codes;
pub mod failures;
pub mod graces;
pub mod proofs;
pub mod screens;
pub mod sessions;
pub mod unknown_badges;
pub mod unsettled_ends;
pub mod users;
pub mod workstations;

use std::{
    ops::{Deref, DerefMut},
    path::Path,
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use sqlx::{
    Connection as _, Sqlite, SqliteConnection, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::keys::Key;

/// Before 3.51.3 two connections that write and checkpoint at one instant can corrupt a WAL database.
const SQLITE_VERSION_MIN: (u32, u32, u32) = (3, 51, 3);
/// How long a writer waits for the one before it.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Failures at one workstation are forgotten this long after the last one.
const FAILURES_REMEMBERED: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);
/// Failures over all workstations of a name that nobody has are forgotten this long after the last one: so
/// late that it does not help to find out who works here.
const NOBODYS_FAILURES_REMEMBERED: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 30);
/// Connections of the pool; SQLite has one writer at a time anyway.
const CONNECTIONS_MAX: u32 = 8;

/// What can go wrong, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing was decided; try again. Usual causes: a full disk, a busy or closing database.
    #[error("the database cannot be reached")]
    Unavailable(#[from] sqlx::Error),
    /// A stored value is not one this version knows; an administrator must look.
    #[error("a stored {0} cannot be understood")]
    Corrupt(&'static str),
}

/// A transaction that holds the write lock from its beginning. Dropped, it is rolled back.
#[derive(Debug)]
pub struct Write {
    transaction: Transaction<'static, Sqlite>,
    _turn: OwnedMutexGuard<()>,
}

impl Write {
    /// Makes it durable: once this returns, no power cut takes it back.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was written then.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }
}

impl Deref for Write {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.transaction
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }
}

/// The database, cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
    /// Writers take turns here, first come first served, where SQLite would have them poll.
    turn: Arc<Mutex<()>>,
}

impl Store {
    /// Opens or makes the database at `path` and brings it to the newest migration.
    ///
    /// # Errors
    /// When the file cannot be opened, SQLite is too old or refuses a safeguard, or a migration fails.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // A replaced hash or secret, a spent code: what is deleted does not stay in free pages.
            .pragma("secure_delete", "ON")
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(BUSY_TIMEOUT)
            .after_connect(|connection, _| Box::pin(assert_safeguards(connection)))
            .connect_with(options)
            .await?;
        sqlx::migrate!("./migrations").run(&pool).await.map_err(OpenError::of_migration)?;
        Ok(Self { pool, turn: Arc::new(Mutex::new(())) })
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn read(&self) -> Result<sqlx::pool::PoolConnection<Sqlite>, StoreError> {
        Ok(self.pool.acquire().await?)
    }

    /// A transaction for writing; it holds the write lock at once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn write(&self) -> Result<Write, StoreError> {
        let turn = tokio::time::timeout(BUSY_TIMEOUT, Arc::clone(&self.turn).lock_owned())
            .await
            .map_err(|_| StoreError::Unavailable(sqlx::Error::PoolTimedOut))?;
        Ok(Write { transaction: self.pool.begin_with("BEGIN IMMEDIATE").await?, _turn: turn })
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn check(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Closes every connection; what follows is refused.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Deletes what is over at `now`. Failures at one workstation are forgotten after a day without another. The
/// count over all workstations, which suspends an authenticator at a hundred in a row (NIST SP 800-63B-4,
/// 3.2.2), is a person's until she signs in or the help desk resets it; that of a name nobody has, of which
/// there can be any number, is forgotten after a month.
///
/// # Errors
/// [`StoreError`].
pub async fn forget(store: &Store, index: &Key, now: Timestamp) -> Result<(), StoreError> {
    let since = |age| now.saturating_sub(age).unwrap_or(Timestamp::MIN);
    let before = |age| millis(since(age));
    let mut write = store.write().await?;
    for (sql, bound) in [
        ("DELETE FROM spent_proofs WHERE expires_at < $1", millis(now)),
        ("DELETE FROM attempts WHERE at < $1", before(attempts::REMEMBERED)),
        ("DELETE FROM unknown_badges WHERE last_at < $1 AND locked_until < $1", before(FAILURES_REMEMBERED)),
        ("DELETE FROM challenges WHERE expires_at < $1", before(attempts::REMEMBERED)),
        ("DELETE FROM enrolment_codes WHERE expires_at < $1 OR uses_left = 0", millis(now)),
    ] {
        sqlx::query(sql).bind(bound).execute(&mut *write).await?;
    }
    failures::forget_here(&mut write, since(FAILURES_REMEMBERED)).await?;
    write.commit().await?;
    failures::forget_nobodys(store, index, since(NOBODYS_FAILURES_REMEMBERED)).await
}

/// Why the database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be opened, or a safeguard is refused.
    #[error("the database cannot be opened")]
    Connect(#[from] sqlx::Error),
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
    fn of_migration(error: sqlx::migrate::MigrateError) -> Self {
        if let sqlx::migrate::MigrateError::VersionMissing(version) = error {
            Self::Newer(version)
        } else {
            Self::Migrate(error)
        }
    }
}

/// Milliseconds since 1970, as times are stored.
#[must_use]
pub fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// A stored time.
///
/// # Errors
/// [`StoreError::Corrupt`] beyond the year 9999.
pub fn timestamp(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|_| StoreError::Corrupt("time"))
}

/// Refuses a connection on which a promise of durability would not hold.
async fn assert_safeguards(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    connection.ping().await?;
    let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut *connection).await?;
    let journal_mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *connection).await?;
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *connection).await?;
    let foreign_keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(&mut *connection).await?;
    let secure_delete: i64 = sqlx::query_scalar("PRAGMA secure_delete").fetch_one(&mut *connection).await?;
    let broken = if parse_version(&version) < Some(SQLITE_VERSION_MIN) {
        Some(format!("SQLite {version} is older than 3.51.3"))
    } else if journal_mode != "wal" {
        Some(format!("journal_mode is {journal_mode}, not wal"))
    } else if synchronous != 2 {
        Some(format!("synchronous is {synchronous}, not 2 (FULL)"))
    } else if foreign_keys != 1 {
        Some(String::from("foreign_keys is off"))
    } else if secure_delete != 1 {
        Some(format!("secure_delete is {secure_delete}, not 1 (ON)"))
    } else {
        None
    };
    match broken {
        None => Ok(()),
        Some(what) => Err(sqlx::Error::Configuration(what.into())),
    }
}

fn parse_version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn every_connection_holds_the_safeguards() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("tapward.db")).await.unwrap();
        let mut held = Vec::new();
        for _ in 0..CONNECTIONS_MAX {
            held.push(store.read().await.unwrap());
        }

        for connection in &mut held {
            assert_safeguards(connection).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_connection_without_full_durability_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("tapward.db")).await.unwrap();
        let mut connection = store.read().await.unwrap();
        sqlx::query("PRAGMA synchronous = NORMAL").execute(&mut *connection).await.unwrap();

        let refusal = assert_safeguards(&mut connection).await.unwrap_err();

        assert!(refusal.to_string().contains("synchronous"), "{refusal}");
    }

    #[tokio::test]
    async fn what_is_deleted_is_overwritten_on_every_connection() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("tapward.db")).await.unwrap();
        let mut held = Vec::new();
        for _ in 0..CONNECTIONS_MAX {
            let mut connection = store.read().await.unwrap();
            let is_on: i64 =
                sqlx::query_scalar("PRAGMA secure_delete").fetch_one(&mut *connection).await.unwrap();
            held.push(connection);

            assert_eq!(is_on, 1);
        }
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(parse_version("3.51.10") > Some(SQLITE_VERSION_MIN));
        assert!(parse_version("3.51.2") < Some(SQLITE_VERSION_MIN));
        assert!(parse_version("three") < Some(SQLITE_VERSION_MIN));
    }
}
