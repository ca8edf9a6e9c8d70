//! SQLite: a file of one server.

use std::{path::Path, sync::Arc, time::Duration};

use sqlx::{
    Connection as _, Sqlite, SqliteConnection, Transaction,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::OpenError;

/// Before 3.51.3 two connections that write and checkpoint at one instant can corrupt a WAL database.
const VERSION_MIN: (u32, u32, u32) = (3, 51, 3);
/// How long a writer waits for the one before it.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections of the pool; SQLite has one writer at a time anyway.
const CONNECTIONS_MAX: u32 = 8;

/// Whoever holds it writes.
pub(super) type Turn = OwnedMutexGuard<()>;

/// An open database file, cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Database {
    pool: SqlitePool,
    /// Writers take turns here, first come first served, where SQLite would have them poll.
    turn: Arc<Mutex<()>>,
}

impl Database {
    /// Opens or makes the file at `path` and brings it to the newest migration.
    pub(super) async fn open(path: &Path) -> Result<Self, OpenError> {
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
        sqlx::migrate!("./migrations/sqlite").run(&pool).await.map_err(OpenError::of_migration)?;
        Ok(Self { pool, turn: Arc::new(Mutex::new(())) })
    }

    pub(super) async fn read(&self) -> Result<PoolConnection<Sqlite>, sqlx::Error> {
        self.pool.acquire().await
    }

    /// A transaction that begins with `BEGIN IMMEDIATE`: one that starts as a reader and upgrades would be
    /// refused at once, whatever the busy timeout.
    pub(super) async fn write(&self) -> Result<(Transaction<'static, Sqlite>, Turn), sqlx::Error> {
        let turn = tokio::time::timeout(BUSY_TIMEOUT, Arc::clone(&self.turn).lock_owned())
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)?;
        Ok((self.pool.begin_with("BEGIN IMMEDIATE").await?, turn))
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Refuses a connection on which a promise of durability would not hold.
async fn assert_safeguards(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    connection.ping().await?;
    let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut *connection).await?;
    let journal_mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *connection).await?;
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *connection).await?;
    let foreign_keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(&mut *connection).await?;
    let secure_delete: i64 = sqlx::query_scalar("PRAGMA secure_delete").fetch_one(&mut *connection).await?;
    let broken = if parse_version(&version) < Some(VERSION_MIN) {
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
        let store = Database::open(&folder.path().join("tapward.db")).await.unwrap();
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
        let store = Database::open(&folder.path().join("tapward.db")).await.unwrap();
        let mut connection = store.read().await.unwrap();
        sqlx::query("PRAGMA synchronous = NORMAL").execute(&mut *connection).await.unwrap();

        let refusal = assert_safeguards(&mut connection).await.unwrap_err();

        assert!(refusal.to_string().contains("synchronous"), "{refusal}");
    }

    #[tokio::test]
    async fn what_is_deleted_is_overwritten_on_every_connection() {
        let folder = tempfile::tempdir().unwrap();
        let store = Database::open(&folder.path().join("tapward.db")).await.unwrap();
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
        assert!(parse_version("3.51.10") > Some(VERSION_MIN));
        assert!(parse_version("3.51.2") < Some(VERSION_MIN));
        assert!(parse_version("three") < Some(VERSION_MIN));
    }
}
