//! Sessions that ended, and whose logout may not be on record yet (`jobs/record_logouts.rs`).

use jiff::Timestamp;
use protocol::v1::session::EndCause;
use uuid::Uuid;

use super::{
    Connection, StoreError, millis, query,
    sessions::{SessionRow, session_row},
    timestamp,
};
use crate::session::{Session, State};

/// A session that ended, and whose logout may not be on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsettledEnd {
    /// Which.
    pub row: SessionRow,
    /// Why.
    pub cause: EndCause,
    /// When.
    pub at: Timestamp,
}

/// At most `count` sessions that ended at `before` or earlier and of which nobody has seen yet whether their
/// logout is on record; oldest end first.
///
/// # Errors
/// [`StoreError`].
pub async fn due(
    connection: &mut Connection,
    before: Timestamp,
    count: i64,
) -> Result<Vec<UnsettledEnd>, StoreError> {
    let rows = query(
        "SELECT * FROM sessions WHERE state = 'ended' AND NOT is_logout_settled AND ended_at <= $1 \
         ORDER BY ended_at LIMIT $2",
    )
    .bind(millis(before))
    .bind(count)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let at = timestamp(row.get("ended_at")?)?;
            match session_row(row)? {
                row @ SessionRow { session: Session { state: State::Ended { cause }, .. }, .. } => {
                    Ok(UnsettledEnd { row, cause, at })
                }
                _ => Err(StoreError::Corrupt("session state")),
            }
        })
        .collect()
}

/// Notes that the logout of an ended session is on record.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn settle(connection: &mut Connection, id: Uuid) -> Result<(), StoreError> {
    query("UPDATE sessions SET is_logout_settled = TRUE WHERE id = $1").bind(id).execute(connection).await?;
    Ok(())
}
