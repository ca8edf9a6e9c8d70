//! The database as the rest of the server sees it.
//!
//! # Transactions
//! Whoever writes does so in [`transact!`](crate::transact!), and everything in it happens as if nothing else did at the
//! time: SQLite has one writer, PostgreSQL is asked for serializable isolation. There another transaction may
//! have been in the way; then all of it is rolled back and done again.

use std::{path::Path, sync::Arc, time::Duration};

use uuid::Uuid;

use super::{
    Address, Connection, OpenError, Peers, StoreError, audit_events, nodes, places::Places, postgres, query,
    sqlite,
};
use crate::keys;

/// How often a transaction is tried that others keep overtaking.
const TRIES_MAX: u32 = 12;
/// The longest pause after the first try; it doubles from try to try.
const PAUSE_FIRST_MAX: Duration = Duration::from_millis(4);
/// No pause is longer.
const PAUSE_MAX: Duration = Duration::from_millis(250);

/// Does a block in one transaction of a store; `$write` is the connection in it. The block's value is a `Result`, and
/// `?` and `return` leave the block. With `Ok` all of it is durable: no power cut takes it back. With `Err` nothing of
/// it was written, unless it is the answer to the commit that was lost. The block may be run more than once, each time in a new transaction; what it does elsewhere must
/// bear that.
#[macro_export]
macro_rules! transact {
    ($store:expr, |$write:ident| $body:expr) => {{
        let mut tries = $store.tries();
        loop {
            let mut transaction = match tries.begin().await {
                Ok(transaction) => transaction,
                Err(error) => break Err(error.into()),
            };
            let $write = transaction.connection();
            let outcome = async { $body }.await;
            if let Some(outcome) = tries.settle(transaction, outcome).await {
                break outcome;
            }
        }
    }};
}

/// The database, cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    engine: Engine,
    places: Arc<Places>,
}

#[derive(Debug, Clone)]
enum Engine {
    Sqlite(sqlite::Database),
    Postgres(postgres::Database),
}

impl Store {
    /// Opens or makes the SQLite database at `path` and brings it to the newest migration, as the server `node`.
    ///
    /// # Errors
    /// When the file cannot be opened, SQLite is too old or refuses a safeguard, or a migration fails.
    pub async fn open_file(path: &Path, node: Uuid) -> Result<Self, OpenError> {
        Self::joined(Engine::Sqlite(sqlite::Database::open(path).await?), node).await
    }

    /// Opens the PostgreSQL database of this address and brings it to the newest migration, as the server `node`.
    ///
    /// # Errors
    /// When it cannot be reached, is too old, a standby or without a safeguard, or a migration fails.
    pub async fn open_url(address: Address<'_>, node: Uuid) -> Result<Self, OpenError> {
        Self::joined(Engine::Postgres(postgres::Database::open(address).await?), node).await
    }

    async fn joined(engine: Engine, node: Uuid) -> Result<Self, OpenError> {
        // Nothing is put on record before it has a number.
        let store = Self { engine, places: Places::after(0, 0) };
        let number = transact!(store, |write| nodes::join(write, node).await)?;
        let newest = audit_events::newest_of(&mut store.read().await?, number).await?;
        Ok(Self { places: Places::after(number, newest), ..store })
    }

    /// Number of this server in the audit record.
    #[must_use]
    pub fn node(&self) -> i64 {
        self.places.node()
    }

    /// Whether other servers may use it at the same time.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }

    /// The other servers of this database; `None` where there can be none. Whoever asks is one of them from then on, alone
    /// under its number.
    ///
    /// # Errors
    /// [`OpenError::Taken`] where another server runs under this one's id, and when the database fails.
    pub async fn peers(&self) -> Result<Option<Peers>, OpenError> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(None),
            Engine::Postgres(database) => {
                let peers = database.peers(self.places.node()).await?;
                let newest = audit_events::newest_of(&mut self.read().await?, self.places.node()).await?;
                self.places.go_on_after(newest);
                Ok(Some(peers))
            }
        }
    }

    /// Says something to the other servers of this database.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn say(&self, text: &str) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(database) => database.say(text).await,
        }
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn read(&self) -> Result<Connection, StoreError> {
        Ok(match &self.engine {
            Engine::Sqlite(database) => database.read().await?.into(),
            Engine::Postgres(database) => database.read().await?.into(),
        })
    }

    /// The tries of a transaction, for [`transact!`](crate::transact!).
    #[must_use]
    pub const fn tries(&self) -> Tries<'_> {
        Tries { store: self, begun: 0 }
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn check(&self) -> Result<(), StoreError> {
        query("SELECT 1").execute(&mut self.read().await?).await?;
        Ok(())
    }

    /// Closes every connection; what follows is refused.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(database) => database.close().await,
            Engine::Postgres(database) => database.close().await,
        }
    }
}

/// The tries of one transaction.
#[derive(Debug)]
pub struct Tries<'a> {
    store: &'a Store,
    begun: u32,
}

/// A transaction that writes. Dropped, it is rolled back.
#[derive(Debug)]
pub struct Transaction {
    connection: Connection,
    _turn: Option<sqlite::Turn>,
}

impl Transaction {
    /// The connection within it.
    pub const fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

impl Tries<'_> {
    /// Begins the first try, or the next.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn begin(&mut self) -> Result<Transaction, StoreError> {
        self.begun += 1;
        Ok(match &self.store.engine {
            Engine::Sqlite(database) => {
                let (transaction, turn) = database.write().await?;
                let connection = Connection::from(transaction).with_places(self.store.places.taken());
                Transaction { connection, _turn: Some(turn) }
            }
            Engine::Postgres(database) => {
                let connection = Connection::from(database.write().await?);
                Transaction { connection: connection.with_places(self.store.places.taken()), _turn: None }
            }
        })
    }

    /// Commits what came out well, rolls back what did not. `None` where another transaction was in the way, after a
    /// pause: it is to be tried again.
    pub async fn settle<T, E: From<StoreError>>(
        &self,
        transaction: Transaction,
        outcome: Result<T, E>,
    ) -> Option<Result<T, E>> {
        match settled(transaction, outcome).await {
            Ok(outcome) => Some(outcome),
            Err(Overtaken) if self.begun < TRIES_MAX => {
                tokio::time::sleep(pause_after(self.begun)).await;
                None
            }
            Err(Overtaken) => {
                tracing::warn!(
                    tries = self.begun,
                    "A transaction was given up: others were in its way each time"
                );
                Some(Err(StoreError::Overtaken.into()))
            }
        }
    }
}

/// Another transaction was in the way.
struct Overtaken;

async fn settled<T, E: From<StoreError>>(
    transaction: Transaction,
    outcome: Result<T, E>,
) -> Result<Result<T, E>, Overtaken> {
    // The turn is given up after the connection: dropped are those that are named last first.
    let Transaction { _turn, connection } = transaction;
    // A statement that was overtaken has spoilt the transaction, whatever came out.
    if connection.is_overtaken() {
        return Err(Overtaken);
    }
    let value = match outcome {
        Ok(value) => value,
        Err(error) => return Ok(Err(error)),
    };
    match connection.commit().await {
        Ok(()) => Ok(Ok(value)),
        Err(StoreError::Overtaken) => Err(Overtaken),
        Err(error) => Ok(Err(error.into())),
    }
}

/// Of a random length, so that those that were in each other's way are not so again.
fn pause_after(tries: u32) -> Duration {
    let longest = PAUSE_FIRST_MAX.saturating_mul(1 << tries.min(16)).min(PAUSE_MAX);
    longest.mul_f64(f64::from(u16::from_le_bytes(keys::random())) / f64::from(u16::MAX))
}
