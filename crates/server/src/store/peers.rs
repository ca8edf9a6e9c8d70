//! The other servers of one PostgreSQL database, by LISTEN and NOTIFY. What they say is a hint: whoever missed it reads the
//! truth.

use std::time::Duration;

use sqlx::{PgPool, postgres::PgListener};

use super::{OpenError, StoreError};

/// A server that was killed may keep its seat for a moment; so often it is tried, with this pause.
const SEAT_TRIES: u32 = 10;
const SEAT_PAUSE: Duration = Duration::from_millis(500);
/// What is said goes through this.
const CHANNEL: &str = "tapward_peers";
/// The longest text; PostgreSQL takes less than 8000 bytes.
pub const SAID_SIZE_BYTES_MAX: usize = 4_000;
/// A connection that says nothing for so long is asked whether it is there.
const SILENT_MAX: Duration = Duration::from_secs(10);
/// And is given up without an answer after this.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// An ear for the other servers, and this server's seat among them.
#[derive(Debug)]
pub struct Peers {
    listener: PgListener,
    seat: i64,
    is_deaf: bool,
}

/// What an ear hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// This.
    Said(String),
    /// Nothing for a while, and then something again: what was said meanwhile is lost.
    Missed,
}

impl Peers {
    /// Listens, and takes the seat of the server with this number, which only one may have.
    pub(super) async fn join(pool: &PgPool, node: i64) -> Result<Self, OpenError> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        listener.eager_reconnect(false);
        let mut peers = Self { listener, seat: node, is_deaf: false };
        for _ in 0..SEAT_TRIES {
            if peers.take_seat().await? {
                return Ok(peers);
            }
            tokio::time::sleep(SEAT_PAUSE).await;
        }
        Err(OpenError::Taken)
    }

    /// Waits for what is said next.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] while the database is not there; then it is to be asked again after a while.
    pub async fn hear(&mut self) -> Result<Heard, StoreError> {
        while !self.is_deaf {
            match tokio::time::timeout(SILENT_MAX, self.listener.try_recv()).await {
                Ok(Ok(Some(said))) => return Ok(Heard::Said(said.payload().to_owned())),
                Ok(Ok(None) | Err(_)) => self.is_deaf = true,
                Err(_) => self.is_deaf = self.ask_whether_it_is_there().await.is_err(),
            }
        }
        // This connects and listens anew.
        self.ask_whether_it_is_there().await?;
        if !self.take_seat().await? {
            tracing::error!("Another tapward-server runs under this one's node.id: stop one of them");
        }
        self.is_deaf = false;
        Ok(Heard::Missed)
    }

    async fn ask_whether_it_is_there(&mut self) -> Result<(), StoreError> {
        let asked = sqlx::query("SELECT 1").execute(&mut self.listener);
        match tokio::time::timeout(ANSWER_MAX, asked).await {
            Ok(answer) => answer.map(drop).map_err(StoreError::from),
            Err(_) => Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut)),
        }
    }

    async fn take_seat(&mut self) -> Result<bool, StoreError> {
        let taken = sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtext('tapward node'), $1::int)")
            .bind(self.seat)
            .fetch_one(&mut self.listener)
            .await?;
        Ok(taken)
    }
}

pub(super) async fn say(pool: &PgPool, text: &str) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(text).execute(pool).await?;
    Ok(())
}
