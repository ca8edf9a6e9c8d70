//! Workstations: enrolled by a code, known by their key, trusted until revoked or cloned.

use jiff::Timestamp;
use protocol::v1::workstation::DeviceFacts;
use uuid::Uuid;

use super::{Connection, Row, StoreError, Value, millis, query, query_scalar, timestamp};
use crate::auth::nonce::{Confirmed, Generation};

/// One enrolled workstation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workstation {
    /// Its id.
    pub id: Uuid,
    /// For example `WS-07`.
    pub name: String,
    /// For example `ICU-3`; may be empty.
    pub unit: String,
    /// Of its key.
    pub key_thumbprint: String,
    /// What it says of itself.
    pub facts: DeviceFacts,
    /// When.
    pub enrolled_at: Timestamp,
    /// When a proof of it was last taken, to the minute.
    pub heard_at: Timestamp,
    /// Set once.
    pub revoked_at: Option<Timestamp>,
    /// Set once.
    pub cloned_at: Option<Timestamp>,
    /// The generation of nonces it has confirmed.
    pub confirmed: Confirmed,
}

const COLUMNS: &str = "id, name, unit, key_thumbprint, host_name, os, agent_version, enrolled_at, heard_at, \
                       revoked_at, cloned_at, generation, generation_tag, generation_at, is_generation_settled";

/// Stores a new workstation; `false` when its key or name belongs to another.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn insert(connection: &mut Connection, workstation: &Workstation) -> Result<bool, StoreError> {
    let written = query(
        "INSERT INTO workstations (id, name, unit, key_thumbprint, host_name, os, agent_version, \
         enrolled_at, heard_at, generation, generation_tag, generation_at, is_generation_settled) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $8, FALSE) ON CONFLICT DO NOTHING",
    )
    .bind(workstation.id)
    .bind(&workstation.name)
    .bind(&workstation.unit)
    .bind(&workstation.key_thumbprint)
    .bind(&workstation.facts.host_name)
    .bind(&workstation.facts.os)
    .bind(&workstation.facts.agent_version)
    .bind(millis(workstation.enrolled_at))
    .bind(workstation.confirmed.generation.number)
    .bind(workstation.confirmed.generation.tag)
    .execute(connection)
    .await?;
    Ok(written == 1)
}

/// The workstation with this id.
///
/// # Errors
/// [`StoreError`].
pub async fn find(connection: &mut Connection, id: Uuid) -> Result<Option<Workstation>, StoreError> {
    one(connection, "id = $1", id).await
}

/// The workstation with this key.
///
/// # Errors
/// [`StoreError`].
pub async fn find_by_key(
    connection: &mut Connection,
    thumbprint: &str,
) -> Result<Option<Workstation>, StoreError> {
    one(connection, "key_thumbprint = $1", thumbprint).await
}

/// The workstation with this name.
///
/// # Errors
/// [`StoreError`].
pub async fn find_by_name(
    connection: &mut Connection,
    name: &str,
) -> Result<Option<Workstation>, StoreError> {
    one(connection, "name = $1", name).await
}

/// At most `count` workstations by name.
///
/// # Errors
/// [`StoreError`].
pub async fn list(connection: &mut Connection, count: i64) -> Result<Vec<Workstation>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM workstations ORDER BY name LIMIT $1"));
    query(sql).bind(count).fetch_all(connection).await?.iter().map(workstation).collect()
}

/// How many workstations were ever enrolled.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn count(connection: &mut Connection) -> Result<i64, StoreError> {
    query_scalar("SELECT COUNT(*) FROM workstations").fetch_one(connection).await
}

/// Notes that the workstation was heard, at most once a minute.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn heard(connection: &mut Connection, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
    query("UPDATE workstations SET heard_at = $2 WHERE id = $1 AND heard_at < $2")
        .bind(id)
        .bind(millis(now))
        .execute(connection)
        .await?;
    Ok(())
}

/// Confirms a generation of nonces; an older one never comes back.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn confirm_generation(
    connection: &mut Connection,
    id: Uuid,
    generation: Generation,
    now: Timestamp,
) -> Result<(), StoreError> {
    query(
        "UPDATE workstations SET generation = $2, generation_tag = $3, generation_at = $4, \
         is_generation_settled = FALSE WHERE id = $1 AND generation < $2",
    )
    .bind(id)
    .bind(generation.number)
    .bind(generation.tag)
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that nothing else is under way any more.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn settle_generation(
    connection: &mut Connection,
    id: Uuid,
    generation: Generation,
) -> Result<(), StoreError> {
    query(
        "UPDATE workstations SET is_generation_settled = TRUE \
         WHERE id = $1 AND generation = $2 AND generation_tag = $3",
    )
    .bind(id)
    .bind(generation.number)
    .bind(generation.tag)
    .execute(connection)
    .await?;
    Ok(())
}

/// Marks the workstation as cloned; `false` when it was marked before.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn mark_cloned(connection: &mut Connection, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    let written = query("UPDATE workstations SET cloned_at = $2 WHERE id = $1 AND cloned_at IS NULL")
        .bind(id)
        .bind(millis(now))
        .execute(connection)
        .await?;
    Ok(written == 1)
}

/// Revokes the workstation; `false` when it was revoked before.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn revoke(connection: &mut Connection, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    let written = query("UPDATE workstations SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
        .bind(id)
        .bind(millis(now))
        .execute(connection)
        .await?;
    Ok(written == 1)
}

async fn one(
    connection: &mut Connection,
    condition: &'static str,
    value: impl Into<Value>,
) -> Result<Option<Workstation>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM workstations WHERE {condition}"));
    query(sql).bind(value).fetch_optional(connection).await?.as_ref().map(workstation).transpose()
}

fn workstation(row: &Row) -> Result<Workstation, StoreError> {
    let optional_time = |column: &str| row.get::<Option<i64>>(column)?.map(timestamp).transpose();
    Ok(Workstation {
        id: row.get("id")?,
        name: row.get("name")?,
        unit: row.get("unit")?,
        key_thumbprint: row.get("key_thumbprint")?,
        facts: DeviceFacts {
            host_name: row.get("host_name")?,
            os: row.get("os")?,
            agent_version: row.get("agent_version")?,
        },
        enrolled_at: timestamp(row.get("enrolled_at")?)?,
        heard_at: timestamp(row.get("heard_at")?)?,
        revoked_at: optional_time("revoked_at")?,
        cloned_at: optional_time("cloned_at")?,
        confirmed: Confirmed {
            generation: Generation { number: row.get("generation")?, tag: row.get("generation_tag")? },
            since: timestamp(row.get("generation_at")?)?,
            is_settled: row.get("is_generation_settled")?,
        },
    })
}
