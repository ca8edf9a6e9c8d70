//! Ids of proofs that created, ended or satisfied something: remembered through a restart.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{StoreError, millis};

/// Remembers a proof until `expires_at`; `false` when it was seen before.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn spend(
    connection: &mut SqliteConnection,
    thumbprint: &str,
    proof_id: Uuid,
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO spent_proofs (thumbprint, proof_id, expires_at) VALUES ($1, $2, $3) \
         ON CONFLICT DO NOTHING",
    )
    .bind(thumbprint)
    .bind(proof_id)
    .bind(millis(expires_at))
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}
