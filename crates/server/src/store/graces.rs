//! When and where people last signed in strongly; how long that lasts is decided in `session/grace.rs`.

use sqlx::{Row as _, SqliteConnection};
use uuid::Uuid;

use super::{StoreError, millis, timestamp};
use crate::session::grace::Grace;

/// Begins a person's grace, or renews it.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn begin(
    connection: &mut SqliteConnection,
    user_id: Uuid,
    grace: &Grace,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO graces (user_id, began_at, unit) VALUES ($1, $2, $3) \
         ON CONFLICT (user_id) DO UPDATE SET began_at = excluded.began_at, unit = excluded.unit",
    )
    .bind(user_id)
    .bind(millis(grace.began_at))
    .bind(&grace.unit)
    .execute(connection)
    .await?;
    Ok(())
}

/// A person's grace, if one began and was not ended.
///
/// # Errors
/// [`StoreError`].
pub async fn find(connection: &mut SqliteConnection, user_id: Uuid) -> Result<Option<Grace>, StoreError> {
    let row = sqlx::query("SELECT began_at, unit FROM graces WHERE user_id = $1")
        .bind(user_id)
        .fetch_optional(connection)
        .await?;
    row.map(|row| Ok(Grace { began_at: timestamp(row.try_get("began_at")?)?, unit: row.try_get("unit")? }))
        .transpose()
}

/// Ends a person's grace: the next tap asks for what is missing. No session is touched.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn end(connection: &mut SqliteConnection, user_id: Uuid) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM graces WHERE user_id = $1").bind(user_id).execute(connection).await?;
    Ok(())
}
