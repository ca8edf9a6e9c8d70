//! Lists of badges that are imported all or none. Set aside in bursts, they are nothing; taken over, all their rows are
//! badges at once, and each is owed its record.

use jiff::Timestamp;
use protocol::v1::badge::{BADGES_OF_A_PERSON_MAX, BadgeGrade};
use uuid::Uuid;

use super::{Connection, StoreError, badges::grade_spelled, millis, query, query_scalar, timestamp};
use crate::identity::badge::NumberIndex;

/// A row that is set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aside {
    /// Its number.
    pub number: NumberIndex,
    /// Id of the badge it becomes.
    pub badge_id: Uuid,
    /// Whose.
    pub user_id: Uuid,
    /// What it will prove.
    pub grade: BadgeGrade,
    /// Whether it is hers already, as one of a mere number.
    pub is_upgrade: bool,
}

/// A list that was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Import {
    /// When its rows became badges.
    pub accepted_at: Option<Timestamp>,
}

/// Begins a list at the server with this number.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn begin(connection: &mut Connection, id: Uuid, node: i64) -> Result<(), StoreError> {
    query("INSERT INTO badge_imports (id, node) VALUES ($1, $2)")
        .bind(id)
        .bind(node)
        .execute(connection)
        .await?;
    Ok(())
}

/// The list of this id, while it is not done.
///
/// # Errors
/// [`StoreError`].
pub async fn find(connection: &mut Connection, id: Uuid) -> Result<Option<Import>, StoreError> {
    let row = query("SELECT accepted_at FROM badge_imports WHERE id = $1")
        .bind(id)
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let accepted_at = row.get::<Option<i64>>("accepted_at")?.map(timestamp).transpose()?;
    Ok(Some(Import { accepted_at }))
}

/// Every list that was begun at the server with this number and is not done.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn unfinished(connection: &mut Connection, node: i64) -> Result<Vec<Uuid>, StoreError> {
    query_scalar("SELECT id FROM badge_imports WHERE node = $1").bind(node).fetch_all(connection).await
}

/// Sets one row aside.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn set_aside(connection: &mut Connection, import_id: Uuid, row: &Aside) -> Result<(), StoreError> {
    query(
        "INSERT INTO badge_import_rows (import_id, number_index, badge_id, user_id, grade, is_upgrade) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(import_id)
    .bind(&row.number.0[..])
    .bind(row.badge_id)
    .bind(row.user_id)
    .bind(grade_spelled(row.grade))
    .bind(row.is_upgrade)
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes badges of all rows; `false`, and nothing is done, where badges were changed since they were looked at so that
/// one of them can be none any more.
///
/// # Errors
/// [`StoreError`].
pub async fn accept(
    connection: &mut Connection,
    import_id: Uuid,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed: i64 = query_scalar(
        "SELECT COUNT(*) FROM badge_import_rows r JOIN badges b ON b.number_index = r.number_index \
         WHERE r.import_id = $1 \
         AND (NOT r.is_upgrade OR b.revoked_at IS NOT NULL OR b.user_id <> r.user_id OR b.grade <> 'uid')",
    )
    .bind(import_id)
    .fetch_one(&mut *connection)
    .await?;
    let too_many: i64 = query_scalar(
        "SELECT COUNT(*) FROM (SELECT r.user_id FROM badge_import_rows r \
         WHERE r.import_id = $1 AND NOT r.is_upgrade GROUP BY r.user_id HAVING COUNT(*) + \
         (SELECT COUNT(*) FROM badges b WHERE b.user_id = r.user_id AND b.revoked_at IS NULL) > $2) AS crowded",
    )
    .bind(import_id)
    .bind(i64::try_from(BADGES_OF_A_PERSON_MAX).unwrap_or(i64::MAX))
    .fetch_one(&mut *connection)
    .await?;
    if changed > 0 || too_many > 0 {
        return Ok(false);
    }
    query(
        "INSERT INTO badges (id, number_index, user_id, grade, enrolled_at, enrolled_by) \
         SELECT badge_id, number_index, user_id, grade, $2, 'list' FROM badge_import_rows WHERE import_id = $1 \
         ON CONFLICT (number_index) DO UPDATE SET grade = excluded.grade, enrolled_at = excluded.enrolled_at, \
         enrolled_by = excluded.enrolled_by, seen_at = NULL, seen_workstation_id = NULL, alerted_at = NULL",
    )
    .bind(import_id)
    .bind(millis(now))
    .execute(&mut *connection)
    .await?;
    let written = query("UPDATE badge_imports SET accepted_at = $2 WHERE id = $1")
        .bind(import_id)
        .bind(millis(now))
        .execute(connection)
        .await?;
    if written == 1 { Ok(true) } else { Err(StoreError::Corrupt("list of badges")) }
}

/// At most `count` rows that are still there: of a list that was taken over, those whose record is owed. Whose badges
/// they are, by number.
///
/// # Errors
/// [`StoreError`].
pub async fn rows(
    connection: &mut Connection,
    import_id: Uuid,
    count: i64,
) -> Result<Vec<(NumberIndex, Uuid)>, StoreError> {
    query("SELECT number_index, user_id FROM badge_import_rows WHERE import_id = $1 LIMIT $2")
        .bind(import_id)
        .bind(count)
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| {
            let number: Vec<u8> = row.get("number_index")?;
            let number = number.try_into().map_err(|_| StoreError::Corrupt("hash"))?;
            Ok((NumberIndex(number), row.get("user_id")?))
        })
        .collect()
}

/// Forgets one row.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn forget_row(
    connection: &mut Connection,
    import_id: Uuid,
    number: NumberIndex,
) -> Result<(), StoreError> {
    query("DELETE FROM badge_import_rows WHERE import_id = $1 AND number_index = $2")
        .bind(import_id)
        .bind(&number.0[..])
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets a list that has no rows any more.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn forget(connection: &mut Connection, import_id: Uuid) -> Result<(), StoreError> {
    query("DELETE FROM badge_imports WHERE id = $1").bind(import_id).execute(connection).await?;
    Ok(())
}
