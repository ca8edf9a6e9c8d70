//! Which screens of sessions are covered, and when password and code were last shown within one.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Connection, StoreError, millis, query, query_scalar,
    sessions::{SessionRow, session_row},
    timestamp,
};

/// The screen of a session that is not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    /// The session.
    pub row: SessionRow,
    /// Whether it was asked to cover it.
    pub is_cover_asked: bool,
}

impl Screen {
    /// Whether its workstation has said that it is covered.
    #[must_use]
    pub const fn is_concealed(&self) -> bool {
        self.row.session.concealed_at.is_some()
    }
}

/// A person's screens, the one uncovered longest ago first.
///
/// # Errors
/// [`StoreError`].
pub async fn of(connection: &mut Connection, user_id: Uuid, count: i64) -> Result<Vec<Screen>, StoreError> {
    query(
        "SELECT * FROM sessions WHERE user_id = $1 AND state <> 'ended' ORDER BY uncovered_at, opened_at LIMIT $2",
    )
    .bind(user_id)
    .bind(count)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        Ok(Screen {
            row: session_row(row)?,
            is_cover_asked: row.get::<Option<i64>>("cover_asked_at")?.is_some(),
        })
    })
    .collect()
}

/// Its workstation says that the screen is covered; whether because it was asked to: one that covered it for another
/// reason has not heard yet that she uncovered one elsewhere.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn conceal(
    connection: &mut Connection,
    session_id: Uuid,
    is_as_asked: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    query(
        "UPDATE sessions SET concealed_at = COALESCE(concealed_at, $2), \
         cover_asked_at = CASE WHEN $3 THEN NULL ELSE cover_asked_at END WHERE id = $1 AND state <> 'ended'",
    )
    .bind(session_id)
    .bind(millis(now))
    .bind(is_as_asked)
    .execute(connection)
    .await?;
    Ok(())
}

/// Its holder is back: the screen may be uncovered.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn uncover(
    connection: &mut Connection,
    session_id: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    query(
        "UPDATE sessions SET concealed_at = NULL, cover_asked_at = NULL, uncovered_at = $2 \
         WHERE id = $1 AND state <> 'ended'",
    )
    .bind(session_id)
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// Its workstation tells that it was uncovered out of contact. Whether it should be covered is another question.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn note_uncovered(connection: &mut Connection, session_id: Uuid) -> Result<(), StoreError> {
    query("UPDATE sessions SET concealed_at = NULL WHERE id = $1 AND state <> 'ended'")
        .bind(session_id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Its workstation is to cover the screen, when it is heard again at the latest.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn ask_to_cover(
    connection: &mut Connection,
    session_id: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    query("UPDATE sessions SET cover_asked_at = $2 WHERE id = $1 AND state <> 'ended'")
        .bind(session_id)
        .bind(millis(now))
        .execute(connection)
        .await?;
    Ok(())
}

/// Sessions of a workstation whose screens it was asked to cover, and has not said that it did as it was asked.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn to_be_covered(
    connection: &mut Connection,
    workstation_id: Uuid,
) -> Result<Vec<Uuid>, StoreError> {
    let ids = query_scalar(
        "SELECT id FROM sessions WHERE workstation_id = $1 AND state <> 'ended' AND cover_asked_at IS NOT NULL",
    )
    .bind(workstation_id)
    .fetch_all(connection)
    .await?;
    Ok(ids)
}

/// Whether the screen of a session is to be covered, or was since it was uncovered.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn is_to_stay_covered(connection: &mut Connection, session_id: Uuid) -> Result<bool, StoreError> {
    let is_so = query_scalar(
        "SELECT concealed_at IS NOT NULL OR cover_asked_at IS NOT NULL FROM sessions WHERE id = $1",
    )
    .bind(session_id)
    .fetch_one(connection)
    .await?;
    Ok(is_so)
}

/// Password and one-time code were shown within the session.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn note_strong(
    connection: &mut Connection,
    session_id: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    query("UPDATE sessions SET strong_at = $2 WHERE id = $1")
        .bind(session_id)
        .bind(millis(now))
        .execute(connection)
        .await?;
    Ok(())
}

/// When password and one-time code were last shown within the session.
///
/// # Errors
/// [`StoreError`].
pub async fn strong_at(
    connection: &mut Connection,
    session_id: Uuid,
) -> Result<Option<Timestamp>, StoreError> {
    let at: Option<i64> = query_scalar("SELECT strong_at FROM sessions WHERE id = $1")
        .bind(session_id)
        .fetch_optional(connection)
        .await?
        .flatten();
    at.map(timestamp).transpose()
}
