//! PostgreSQL: one database of several servers.

use std::{fmt, str::FromStr as _, time::Duration};

use sqlx::{
    Connection as _, PgConnection, PgPool, Postgres, Transaction,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};

use super::{
    OpenError, StoreError,
    peers::{self, Peers},
};

/// The oldest version that is tried.
const VERSION_MIN: i32 = 150_000;
/// How long a request waits for a connection, and a statement for a lock.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// Connections of one server.
const CONNECTIONS_MAX: u32 = 16;

/// Where a database is.
#[derive(Clone, Copy)]
pub struct Address<'a> {
    /// Host, port, user and name; no password, and nothing that could be read in two ways (`config/database.rs`).
    pub url: &'a str,
    /// Whether the connection is encrypted and the other end has to prove who it is.
    pub is_over_network: bool,
    /// Where one is asked for.
    pub password: Option<&'a str>,
}

impl fmt::Debug for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("url", &self.url).finish_non_exhaustive()
    }
}

/// An open database, cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Database {
    pool: PgPool,
}

impl Database {
    /// Connects to the database that `url` names and brings it to the newest migration.
    pub(super) async fn open(address: Address<'_>) -> Result<Self, OpenError> {
        // Whatever the environment says of it.
        let ssl_mode = if address.is_over_network { PgSslMode::VerifyFull } else { PgSslMode::Prefer };
        let named =
            PgConnectOptions::from_str(address.url)?.application_name("tapward-server").ssl_mode(ssl_mode);
        let named = address.password.map_or(named.clone(), |password| named.password(password));
        migrate(&named).await?;
        let wait_ms = WAIT_MAX.as_millis().to_string();
        let options = named.options([
            ("synchronous_commit", "on"),
            ("statement_timeout", wait_ms.as_str()),
            ("lock_timeout", wait_ms.as_str()),
            ("idle_in_transaction_session_timeout", wait_ms.as_str()),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(WAIT_MAX)
            .after_connect(|connection, _| Box::pin(assert_safeguards(connection)))
            .connect_with(options)
            .await?;
        Ok(Self { pool })
    }

    pub(super) async fn read(&self) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        self.pool.acquire().await
    }

    /// A transaction that happens as if no other did at the time; that of another server may keep it from that.
    pub(super) async fn write(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        self.pool.begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE").await
    }

    pub(super) async fn peers(&self, node: i64) -> Result<Peers, OpenError> {
        Peers::join(&self.pool, node).await
    }

    pub(super) async fn say(&self, text: &str) -> Result<(), StoreError> {
        peers::say(&self.pool, text).await
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// On a connection of its own: a step may take longer than a request. Of several servers that start at once, one does it.
async fn migrate(named: &PgConnectOptions) -> Result<(), OpenError> {
    let mut connection = PgConnection::connect_with(named).await?;
    assert_safeguards(&mut connection).await?;
    sqlx::migrate!("./migrations/postgres").run(&mut connection).await.map_err(OpenError::of_migration)?;
    Ok(connection.close().await?)
}

/// Refuses a connection on which a promise would not hold.
async fn assert_safeguards(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let setting = async |connection: &mut PgConnection, name: &str| {
        sqlx::query_scalar::<_, String>("SELECT current_setting($1)").bind(name).fetch_one(connection).await
    };
    let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
        .fetch_one(&mut *connection)
        .await?;
    // A standby is behind: what was ended there may stand open.
    let is_standby: bool =
        sqlx::query_scalar("SELECT pg_is_in_recovery()").fetch_one(&mut *connection).await?;
    let broken = if version < VERSION_MIN {
        Some(format!("PostgreSQL {}.{} is older than 15", version / 10_000, version % 10_000))
    } else if is_standby {
        Some(String::from("it is a standby; name the primary"))
    } else {
        let mut broken = None;
        for (name, kept) in [("fsync", "on"), ("full_page_writes", "on"), ("server_encoding", "UTF8")] {
            let is = setting(&mut *connection, name).await?;
            if is != kept {
                broken = Some(format!("{name} is {is}, not {kept}"));
            }
        }
        broken
    };
    match broken {
        None => Ok(()),
        Some(what) => Err(sqlx::Error::Configuration(what.into())),
    }
}
