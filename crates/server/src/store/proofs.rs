//! Ids of proofs that created, ended or satisfied something: remembered through a restart.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Connection, StoreError, millis, query};

/// Remembers a proof until `expires_at`; `false` when it was seen before.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn spend(
    connection: &mut Connection,
    thumbprint: &str,
    proof_id: Uuid,
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    let written = query(
        "INSERT INTO spent_proofs (thumbprint, proof_id, expires_at) VALUES ($1, $2, $3) \
         ON CONFLICT DO NOTHING",
    )
    .bind(thumbprint)
    .bind(proof_id)
    .bind(millis(expires_at))
    .execute(connection)
    .await?;
    Ok(written == 1)
}
