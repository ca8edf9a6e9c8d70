//! What was tried of badge numbers that nobody has, by workstation (`identity/unknown_badges.rs`).

use jiff::Timestamp;
use sqlx::{Row as _, SqliteConnection};
use uuid::Uuid;

use super::{StoreError, millis, timestamp};
use crate::identity::{badge::NumberIndex, unknown_badges::Tried};

/// What was tried at a workstation.
///
/// # Errors
/// [`StoreError`].
pub async fn find(
    connection: &mut SqliteConnection,
    workstation_id: Uuid,
) -> Result<Option<Tried>, StoreError> {
    let row = sqlx::query("SELECT * FROM unknown_badges WHERE workstation_id = $1")
        .bind(workstation_id)
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let time = |column: &str| -> Result<Timestamp, StoreError> { timestamp(row.try_get(column)?) };
    let last: Vec<u8> = row.try_get("last_index")?;
    Ok(Some(Tried {
        since: time("since")?,
        count: u32::try_from(row.try_get::<i64, _>("count")?).unwrap_or(u32::MAX),
        last: NumberIndex(last.try_into().map_err(|_| StoreError::Corrupt("hash"))?),
        last_at: time("last_at")?,
        locked_until: time("locked_until")?,
    }))
}

/// Stores it.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn put(
    connection: &mut SqliteConnection,
    workstation_id: Uuid,
    tried: &Tried,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO unknown_badges (workstation_id, since, count, last_index, last_at, locked_until) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (workstation_id) DO UPDATE SET since = excluded.since, \
         count = excluded.count, last_index = excluded.last_index, last_at = excluded.last_at, \
         locked_until = excluded.locked_until",
    )
    .bind(workstation_id)
    .bind(millis(tried.since))
    .bind(i64::from(tried.count))
    .bind(&tried.last.0[..])
    .bind(millis(tried.last_at))
    .bind(millis(tried.locked_until))
    .execute(connection)
    .await?;
    Ok(())
}
