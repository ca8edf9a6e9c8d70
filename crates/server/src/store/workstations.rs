//! Workstations: enrolled by a code, known by their key, trusted until revoked or cloned.

use jiff::Timestamp;
use protocol::v1::workstation::DeviceFacts;
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use super::{StoreError, millis, timestamp};
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
pub async fn insert(
    connection: &mut SqliteConnection,
    workstation: &Workstation,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
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
    Ok(done.rows_affected() == 1)
}

/// The workstation with this id.
///
/// # Errors
/// [`StoreError`].
pub async fn find(connection: &mut SqliteConnection, id: Uuid) -> Result<Option<Workstation>, StoreError> {
    one(connection, "id = $1", |query| query.bind(id)).await
}

/// The workstation with this key.
///
/// # Errors
/// [`StoreError`].
pub async fn find_by_key(
    connection: &mut SqliteConnection,
    thumbprint: &str,
) -> Result<Option<Workstation>, StoreError> {
    let thumbprint = thumbprint.to_owned();
    one(connection, "key_thumbprint = $1", |query| query.bind(thumbprint)).await
}

/// The workstation with this name.
///
/// # Errors
/// [`StoreError`].
pub async fn find_by_name(
    connection: &mut SqliteConnection,
    name: &str,
) -> Result<Option<Workstation>, StoreError> {
    let name = name.to_owned();
    one(connection, "name = $1", |query| query.bind(name)).await
}

/// At most `count` workstations by name.
///
/// # Errors
/// [`StoreError`].
pub async fn list(connection: &mut SqliteConnection, count: i64) -> Result<Vec<Workstation>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM workstations ORDER BY name LIMIT $1"));
    sqlx::query(sql).bind(count).fetch_all(connection).await?.iter().map(workstation).collect()
}

/// How many workstations were ever enrolled.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn count(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM workstations").fetch_one(connection).await?)
}

/// Notes that the workstation was heard, at most once a minute.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn heard(connection: &mut SqliteConnection, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE workstations SET heard_at = $2 WHERE id = $1 AND heard_at < $2")
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
    connection: &mut SqliteConnection,
    id: Uuid,
    generation: Generation,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
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
    connection: &mut SqliteConnection,
    id: Uuid,
    generation: Generation,
) -> Result<(), StoreError> {
    sqlx::query(
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
pub async fn mark_cloned(
    connection: &mut SqliteConnection,
    id: Uuid,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE workstations SET cloned_at = $2 WHERE id = $1 AND cloned_at IS NULL")
        .bind(id)
        .bind(millis(now))
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Revokes the workstation; `false` when it was revoked before.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn revoke(connection: &mut SqliteConnection, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE workstations SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
        .bind(id)
        .bind(millis(now))
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

async fn one(
    connection: &mut SqliteConnection,
    condition: &'static str,
    bind: impl FnOnce(Query<'static>) -> Query<'static>,
) -> Result<Option<Workstation>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM workstations WHERE {condition}"));
    bind(sqlx::query(sql)).fetch_optional(connection).await?.as_ref().map(workstation).transpose()
}

fn workstation(row: &SqliteRow) -> Result<Workstation, StoreError> {
    let optional_time = |column: &str| {
        row.try_get::<Option<i64>, _>(column).map_err(StoreError::from)?.map(timestamp).transpose()
    };
    Ok(Workstation {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        unit: row.try_get("unit")?,
        key_thumbprint: row.try_get("key_thumbprint")?,
        facts: DeviceFacts {
            host_name: row.try_get("host_name")?,
            os: row.try_get("os")?,
            agent_version: row.try_get("agent_version")?,
        },
        enrolled_at: timestamp(row.try_get("enrolled_at")?)?,
        heard_at: timestamp(row.try_get("heard_at")?)?,
        revoked_at: optional_time("revoked_at")?,
        cloned_at: optional_time("cloned_at")?,
        confirmed: Confirmed {
            generation: Generation {
                number: row.try_get("generation")?,
                tag: row.try_get("generation_tag")?,
            },
            since: timestamp(row.try_get("generation_at")?)?,
            is_settled: row.try_get("is_generation_settled")?,
        },
    })
}
