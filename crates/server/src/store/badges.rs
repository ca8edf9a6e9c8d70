//! Badges, by blind index of their numbers.

use jiff::Timestamp;
use protocol::v1::badge::BadgeGrade;
use uuid::Uuid;

use super::{Connection, Row, StoreError, millis, query, timestamp};
use crate::identity::badge::NumberIndex;

/// One badge. Its number is nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Badge {
    /// Opaque id.
    pub id: Uuid,
    /// Whose.
    pub user_id: Uuid,
    /// What it proved when it was enrolled.
    pub grade: BadgeGrade,
    /// When.
    pub enrolled_at: Timestamp,
    /// By whom.
    pub enrolled_by: EnrolledBy,
    /// Since when it opens nothing.
    pub revoked_at: Option<Timestamp>,
    /// Where and when it was last presented.
    pub seen: Option<Seen>,
    /// When an alert was last raised because it was presented too soon after another place.
    pub alerted_at: Option<Timestamp>,
}

/// Where and when a badge was presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Where.
    pub workstation_id: Uuid,
    /// When.
    pub at: Timestamp,
}

/// Who enrolled a badge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnrolledBy {
    /// Its holder.
    Holder,
    /// An administrator, this one.
    Administrator,
    /// An administrator, by a list.
    List,
}

/// Stores a new badge; a number that is on file gets its holder, grade and time anew, and opens again if it was revoked.
/// Who may do that is decided by [`crate::badges::bind`].
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn put(connection: &mut Connection, badge: &Badge, number: NumberIndex) -> Result<(), StoreError> {
    query(
        "INSERT INTO badges (id, number_index, user_id, grade, enrolled_at, enrolled_by) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (number_index) DO UPDATE SET user_id = excluded.user_id, \
         grade = excluded.grade, enrolled_at = excluded.enrolled_at, enrolled_by = excluded.enrolled_by, \
         revoked_at = NULL, seen_at = NULL, seen_workstation_id = NULL, alerted_at = NULL",
    )
    .bind(badge.id)
    .bind(&number.0[..])
    .bind(badge.user_id)
    .bind(grade_spelled(badge.grade))
    .bind(millis(badge.enrolled_at))
    .bind(enrolled_by_spelled(badge.enrolled_by))
    .execute(connection)
    .await?;
    Ok(())
}

/// The badge with this number, revoked or not.
///
/// # Errors
/// [`StoreError`].
pub async fn find(connection: &mut Connection, number: NumberIndex) -> Result<Option<Badge>, StoreError> {
    query("SELECT * FROM badges WHERE number_index = $1")
        .bind(&number.0[..])
        .fetch_optional(connection)
        .await?
        .as_ref()
        .map(badge)
        .transpose()
}

/// The badge with this id.
///
/// # Errors
/// [`StoreError`].
pub async fn find_by_id(connection: &mut Connection, id: Uuid) -> Result<Option<Badge>, StoreError> {
    query("SELECT * FROM badges WHERE id = $1")
        .bind(id)
        .fetch_optional(connection)
        .await?
        .as_ref()
        .map(badge)
        .transpose()
}

/// A person's badges that are not revoked.
///
/// # Errors
/// [`StoreError`].
pub async fn live_of(connection: &mut Connection, user_id: Uuid) -> Result<Vec<Badge>, StoreError> {
    query("SELECT * FROM badges WHERE user_id = $1 AND revoked_at IS NULL ORDER BY enrolled_at")
        .bind(user_id)
        .fetch_all(connection)
        .await?
        .iter()
        .map(badge)
        .collect()
}

/// At most `count` badges with their holders' names, by name, of one person or of all; those behind `after` (name, time
/// of enrolment, id), if it is given.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    connection: &mut Connection,
    of: Option<Uuid>,
    after: Option<&(String, Timestamp, Uuid)>,
    count: i64,
) -> Result<Vec<(Badge, String)>, StoreError> {
    query(
        "SELECT badges.*, users.name AS holder FROM badges JOIN users ON users.id = badges.user_id \
         WHERE ($1 IS NULL OR badges.user_id = $1) AND ($2 IS NULL OR (users.name, badges.enrolled_at, badges.id) > \
         ($2, $3, $4)) \
         ORDER BY users.name, badges.enrolled_at, badges.id LIMIT $5",
    )
    .bind(of)
    .bind(after.map(|(name, ..)| name))
    .bind(after.map(|(_, enrolled_at, _)| millis(*enrolled_at)))
    .bind(after.map(|(_, _, id)| *id))
    .bind(count)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| Ok((badge(row)?, row.get("holder")?)))
    .collect()
}

/// Revokes one badge; `false` when it was before.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn revoke(connection: &mut Connection, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    let written = query("UPDATE badges SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
        .bind(id)
        .bind(millis(now))
        .execute(connection)
        .await?;
    Ok(written == 1)
}

/// Notes where and when a badge was presented.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn note_seen(connection: &mut Connection, id: Uuid, seen: Seen) -> Result<(), StoreError> {
    query("UPDATE badges SET seen_at = $2, seen_workstation_id = $3 WHERE id = $1")
        .bind(id)
        .bind(millis(seen.at))
        .bind(seen.workstation_id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes that an alert was raised because it was presented too soon after another place.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn note_alerted(connection: &mut Connection, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
    query("UPDATE badges SET alerted_at = $2 WHERE id = $1")
        .bind(id)
        .bind(millis(now))
        .execute(connection)
        .await?;
    Ok(())
}

fn badge(row: &Row) -> Result<Badge, StoreError> {
    let time = |column: &str| row.get::<Option<i64>>(column)?.map(timestamp).transpose();
    let seen = match (row.get::<Option<Uuid>>("seen_workstation_id")?, time("seen_at")?) {
        (Some(workstation_id), Some(at)) => Some(Seen { workstation_id, at }),
        (None, None) => None,
        _ => return Err(StoreError::Corrupt("last sight of a badge")),
    };
    Ok(Badge {
        id: row.get("id")?,
        user_id: row.get("user_id")?,
        grade: grade_parsed(&row.get::<String>("grade")?)?,
        enrolled_at: timestamp(row.get("enrolled_at")?)?,
        enrolled_by: match row.get::<String>("enrolled_by")?.as_str() {
            "self" => EnrolledBy::Holder,
            "administrator" => EnrolledBy::Administrator,
            "list" => EnrolledBy::List,
            _ => return Err(StoreError::Corrupt("enrolment of a badge")),
        },
        revoked_at: time("revoked_at")?,
        seen,
        alerted_at: time("alerted_at")?,
    })
}

pub(super) const fn grade_spelled(grade: BadgeGrade) -> &'static str {
    match grade {
        BadgeGrade::Uid => "uid",
        BadgeGrade::Cryptographic => "cryptographic",
    }
}

pub(super) fn grade_parsed(text: &str) -> Result<BadgeGrade, StoreError> {
    match text {
        "uid" => Ok(BadgeGrade::Uid),
        "cryptographic" => Ok(BadgeGrade::Cryptographic),
        _ => Err(StoreError::Corrupt("badge grade")),
    }
}

const fn enrolled_by_spelled(by: EnrolledBy) -> &'static str {
    match by {
        EnrolledBy::Holder => "self",
        EnrolledBy::Administrator => "administrator",
        EnrolledBy::List => "list",
    }
}
