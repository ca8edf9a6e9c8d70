//! What was tried of badge numbers that nobody has, by workstation (`identity/unknown_badges.rs`).

use uuid::Uuid;

use super::{Connection, StoreError, millis, query, timestamp};
use crate::identity::{badge::NumberIndex, unknown_badges::Tried};

/// What was tried at a workstation.
///
/// # Errors
/// [`StoreError`].
pub async fn find(connection: &mut Connection, workstation_id: Uuid) -> Result<Option<Tried>, StoreError> {
    let row = query("SELECT * FROM unknown_badges WHERE workstation_id = $1")
        .bind(workstation_id)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let numbers = query(
        "SELECT number_index, presented_at FROM unknown_badge_numbers WHERE workstation_id = $1 \
         ORDER BY presented_at, number_index",
    )
    .bind(workstation_id)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        let number: Vec<u8> = row.get("number_index")?;
        let number = number.try_into().map_err(|_| StoreError::Corrupt("hash"))?;
        Ok((NumberIndex(number), timestamp(row.get("presented_at")?)?))
    })
    .collect::<Result<_, StoreError>>()?;
    Ok(Some(Tried {
        numbers,
        waits: u32::try_from(row.get::<i64>("waits")?).unwrap_or(u32::MAX),
        last_at: timestamp(row.get("last_at")?)?,
        locked_until: timestamp(row.get("locked_until")?)?,
        is_wait_recorded: row.get("is_wait_recorded")?,
    }))
}

/// Stores it.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn put(connection: &mut Connection, workstation_id: Uuid, tried: &Tried) -> Result<(), StoreError> {
    query(
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
    query("DELETE FROM unknown_badge_numbers WHERE workstation_id = $1")
        .bind(workstation_id)
        .execute(&mut *connection)
        .await?;
    for (number, at) in &tried.numbers {
        query(
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
