//! Enrolment codes: bounded in uses and time, stored hashed.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Connection, Row, StoreError, millis, query, timestamp};

/// A code as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentCode {
    /// For the administrator's list.
    pub id: Uuid,
    /// SHA-256 of the secret part.
    pub secret_hash: [u8; 32],
    /// Name for the workstation; empty: the server names it.
    pub name: String,
    /// Unit for the workstation; may be empty.
    pub unit: String,
    /// How many workstations it may still enrol.
    pub uses_left: i64,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it is over.
    pub expires_at: Timestamp,
}

/// What a spent code gives its workstation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// May be empty.
    pub name: String,
    /// May be empty.
    pub unit: String,
}

/// Stores a new code.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn insert(connection: &mut Connection, code: &EnrolmentCode) -> Result<(), StoreError> {
    query(
        "INSERT INTO enrolment_codes (id, secret_hash, name, unit, uses_left, made_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(code.id)
    .bind(&code.secret_hash[..])
    .bind(&code.name)
    .bind(&code.unit)
    .bind(code.uses_left)
    .bind(millis(code.made_at))
    .bind(millis(code.expires_at))
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes one use of the code with this hash, if it has one left and is not over. Looking up a hash of
/// 96 random bits tells nothing by its time.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn spend(
    connection: &mut Connection,
    secret_hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<Granted>, StoreError> {
    let row = query(
        "UPDATE enrolment_codes SET uses_left = uses_left - 1 \
         WHERE secret_hash = $1 AND uses_left > 0 AND expires_at > $2 RETURNING name, unit",
    )
    .bind(&secret_hash[..])
    .bind(millis(now))
    .fetch_optional(connection)
    .await?;
    row.map(|row| Ok(Granted { name: row.get("name")?, unit: row.get("unit")? })).transpose()
}

/// At most `count` codes that still enrol at `now`, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn outstanding(
    connection: &mut Connection,
    now: Timestamp,
    count: i64,
) -> Result<Vec<EnrolmentCode>, StoreError> {
    query(
        "SELECT * FROM enrolment_codes WHERE uses_left > 0 AND expires_at > $1 ORDER BY made_at, id LIMIT $2",
    )
    .bind(millis(now))
    .bind(count)
    .fetch_all(connection)
    .await?
    .iter()
    .map(code)
    .collect()
}

/// Makes a code enrol nothing any more; `false` when none that still does has this id.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn withdraw(connection: &mut Connection, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    let written = query("DELETE FROM enrolment_codes WHERE id = $1 AND uses_left > 0 AND expires_at > $2")
        .bind(id)
        .bind(millis(now))
        .execute(connection)
        .await?;
    Ok(written == 1)
}

fn code(row: &Row) -> Result<EnrolmentCode, StoreError> {
    let secret_hash: Vec<u8> = row.get("secret_hash")?;
    Ok(EnrolmentCode {
        id: row.get("id")?,
        secret_hash: secret_hash.try_into().map_err(|_| StoreError::Corrupt("hash"))?,
        name: row.get("name")?,
        unit: row.get("unit")?,
        uses_left: row.get("uses_left")?,
        made_at: timestamp(row.get("made_at")?)?,
        expires_at: timestamp(row.get("expires_at")?)?,
    })
}
