//! The other servers of one PostgreSQL database, by LISTEN and NOTIFY. What they say is a hint: the truth is in the rows, and
//! a workstation reads it as its stream opens. So whoever could not hear for a while ends its streams.

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
    pool: PgPool,
    /// Nothing while it is deaf.
    listener: Option<PgListener>,
    seat: i64,
    has_seat: bool,
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
        let mut peers = Self { pool: pool.clone(), listener: None, seat: node, has_seat: false };
        for _ in 0..SEAT_TRIES {
            peers.listen().await?;
            if peers.has_seat {
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
        while let Some(listener) = &mut self.listener {
            match tokio::time::timeout(SILENT_MAX, listener.try_recv()).await {
                Ok(Ok(Some(said))) => return Ok(Heard::Said(said.payload().to_owned())),
                Ok(Ok(None) | Err(_)) => self.listener = None,
                // It may be silence, or a connection that leads nowhere any more.
                Err(_) if self.sit_down().await.is_err() => self.listener = None,
                Err(_) => {}
            }
        }
        self.listen().await?;
        Ok(Heard::Missed)
    }

    /// On a connection of its own, for the one before may be dead without a word.
    async fn listen(&mut self) -> Result<(), StoreError> {
        let listening = async {
            let mut listener = PgListener::connect_with(&self.pool).await?;
            listener.eager_reconnect(false);
            listener.listen(CHANNEL).await?;
            Ok::<_, sqlx::Error>(listener)
        };
        self.listener = Some(answered(listening).await?);
        self.has_seat = false;
        self.sit_down().await.inspect_err(|_| self.listener = None)
    }

    /// Takes the seat, if it is not taken; and asks whether the database is there.
    async fn sit_down(&mut self) -> Result<(), StoreError> {
        let Some(listener) = &mut self.listener else { return Ok(()) };
        if self.has_seat {
            return answered(sqlx::query("SELECT 1").execute(listener)).await.map(drop);
        }
        let asked = sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtext('tapward node'), $1::int)")
            .bind(self.seat);
        self.has_seat = answered(asked.fetch_one(listener)).await?;
        if !self.has_seat {
            tracing::warn!(
                "The seat of this server is taken: by what is left of a lost connection, or by a copy of it"
            );
        }
        Ok(())
    }
}

/// Gives an answer up that does not come.
async fn answered<T>(asked: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    match tokio::time::timeout(ANSWER_MAX, asked).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut)),
    }
}

pub(super) async fn say(pool: &PgPool, text: &str) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(text).execute(pool).await?;
    Ok(())
}
