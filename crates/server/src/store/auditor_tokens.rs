//! Tokens that read the audit record. The token itself is shown once and never stored.

use jiff::Timestamp;

use super::{Connection, StoreError, millis, query, query_scalar, timestamp};

/// Stores the SHA-256 of a new token under `name`; `false` when the name was used before.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn insert(
    connection: &mut Connection,
    name: &str,
    token_hash: [u8; 32],
    made_at: Timestamp,
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    let written = query(
        "INSERT INTO auditor_tokens (name, token_hash, made_at, expires_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (name) DO NOTHING",
    )
    .bind(name)
    .bind(&token_hash[..])
    .bind(millis(made_at))
    .bind(millis(expires_at))
    .execute(connection)
    .await?;
    Ok(written == 1)
}

/// The name of the token with this SHA-256, if it may be used at `now`.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn find(
    connection: &mut Connection,
    token_hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let name = query_scalar(
        "SELECT name FROM auditor_tokens WHERE token_hash = $1 AND expires_at > $2 AND revoked_at IS NULL",
    )
    .bind(&token_hash[..])
    .bind(millis(now))
    .fetch_optional(connection)
    .await?;
    Ok(name)
}

/// One token as an administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditorToken {
    /// Its name.
    pub name: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it is over.
    pub expires_at: Timestamp,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
}

/// At most `count` tokens by name.
///
/// # Errors
/// [`StoreError`].
pub async fn list(connection: &mut Connection, count: i64) -> Result<Vec<AuditorToken>, StoreError> {
    let rows =
        query("SELECT name, made_at, expires_at, revoked_at FROM auditor_tokens ORDER BY name LIMIT $1")
            .bind(count)
            .fetch_all(connection)
            .await?;
    rows.iter()
        .map(|row| {
            Ok(AuditorToken {
                name: row.get("name")?,
                made_at: timestamp(row.get("made_at")?)?,
                expires_at: timestamp(row.get("expires_at")?)?,
                revoked_at: row.get::<Option<i64>>("revoked_at")?.map(timestamp).transpose()?,
            })
        })
        .collect()
}

/// Ends the token called `name`; `false` when there is none or it was ended before.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn revoke(connection: &mut Connection, name: &str, now: Timestamp) -> Result<bool, StoreError> {
    let written = query("UPDATE auditor_tokens SET revoked_at = $2 WHERE name = $1 AND revoked_at IS NULL")
        .bind(name)
        .bind(millis(now))
        .execute(connection)
        .await?;
    Ok(written == 1)
}
