//! When and where people last signed in strongly; how long that lasts is decided in `session/grace.rs`.

use uuid::Uuid;

use super::{Connection, StoreError, millis, query, timestamp};
use crate::session::grace::Grace;

/// Begins a person's grace where she signed in, or renews it; that of other units stays as it is.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn begin(connection: &mut Connection, user_id: Uuid, grace: &Grace) -> Result<(), StoreError> {
    query(
        "INSERT INTO graces (user_id, began_at, unit) VALUES ($1, $2, $3) \
         ON CONFLICT (user_id, unit) DO UPDATE SET began_at = excluded.began_at",
    )
    .bind(user_id)
    .bind(millis(grace.began_at))
    .bind(&grace.unit)
    .execute(connection)
    .await?;
    Ok(())
}

/// A person's graces that were not ended, over or not: one for each unit where she signed in strongly.
///
/// # Errors
/// [`StoreError`].
pub async fn of(connection: &mut Connection, user_id: Uuid) -> Result<Vec<Grace>, StoreError> {
    query("SELECT began_at, unit FROM graces WHERE user_id = $1")
        .bind(user_id)
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| Ok(Grace { began_at: timestamp(row.get("began_at")?)?, unit: row.get("unit")? }))
        .collect()
}

/// Ends a person's grace everywhere: the next tap asks for what is missing. No session is touched.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn end(connection: &mut Connection, user_id: Uuid) -> Result<(), StoreError> {
    query("DELETE FROM graces WHERE user_id = $1").bind(user_id).execute(connection).await?;
    Ok(())
}
