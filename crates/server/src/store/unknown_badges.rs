//! What was tried of badge numbers that nobody has, by workstation (`identity/unknown_badges.rs`).

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
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let numbers = sqlx::query(
        "SELECT number_index, presented_at FROM unknown_badge_numbers WHERE workstation_id = $1 \
         ORDER BY presented_at, rowid",
    )
    .bind(workstation_id)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        let number: Vec<u8> = row.try_get("number_index")?;
        let number = number.try_into().map_err(|_| StoreError::Corrupt("hash"))?;
        Ok((NumberIndex(number), timestamp(row.try_get("presented_at")?)?))
    })
    .collect::<Result<_, StoreError>>()?;
    Ok(Some(Tried {
        numbers,
        waits: u32::try_from(row.try_get::<i64, _>("waits")?).unwrap_or(u32::MAX),
        last_at: timestamp(row.try_get("last_at")?)?,
        locked_until: timestamp(row.try_get("locked_until")?)?,
        is_wait_recorded: row.try_get("is_wait_recorded")?,
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
        "INSERT INTO unknown_badges (workstation_id, waits, last_at, locked_until, is_wait_recorded) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (workstation_id) DO UPDATE SET waits = excluded.waits, \
         last_at = excluded.last_at, locked_until = excluded.locked_until, \
         is_wait_recorded = excluded.is_wait_recorded",
    )
    .bind(workstation_id)
    .bind(i64::from(tried.waits))
    .bind(millis(tried.last_at))
    .bind(millis(tried.locked_until))
    .bind(tried.is_wait_recorded)
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM unknown_badge_numbers WHERE workstation_id = $1")
        .bind(workstation_id)
        .execute(&mut *connection)
        .await?;
    for (number, at) in &tried.numbers {
        sqlx::query(
            "INSERT INTO unknown_badge_numbers (workstation_id, number_index, presented_at) VALUES ($1, $2, $3)",
        )
        .bind(workstation_id)
        .bind(&number.0[..])
        .bind(millis(*at))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
