//! Counts of failed sign-ins (identity/lockout.rs), by blind index of the name.

use std::{collections::HashSet, time::Duration};

use jiff::Timestamp;
use sqlx::{Row as _, SqliteConnection};
use uuid::Uuid;

use super::{StoreError, millis, users};
use crate::{
    identity::{
        lockout::{self, Factor},
        name::Subject,
    },
    keys::Key,
};

/// Rows that are looked through at a time for names nobody has.
const BATCH: i64 = 1_000;

/// What has failed so far, and until when that locks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Failures in a row.
    pub in_a_row: u32,
    /// Milliseconds since 1970; 0 when it never locked.
    pub locked_until: i64,
}

/// The counts of one name at one workstation and over all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// At this workstation.
    pub here: Count,
    /// Over all workstations.
    pub everywhere: Count,
}

impl Counts {
    /// How much longer a sign-in is refused unseen, if it is.
    #[must_use]
    pub fn locked_for(&self, is_known_here: bool, now: Timestamp) -> Option<Duration> {
        let until = if is_known_here {
            self.here.locked_until
        } else {
            self.here.locked_until.max(self.everywhere.locked_until)
        };
        u64::try_from(until - millis(now)).ok().filter(|left| *left > 0).map(Duration::from_millis)
    }

    /// Whether the authenticator is suspended.
    #[must_use]
    pub const fn is_suspended(&self) -> bool {
        lockout::is_suspended(self.everywhere.in_a_row)
    }
}

/// The counts of `subject` at `workstation_id`.
///
/// # Errors
/// [`StoreError`].
pub async fn counts(
    connection: &mut SqliteConnection,
    subject: Subject,
    workstation_id: Uuid,
    factor: Factor,
) -> Result<Counts, StoreError> {
    let rows = sqlx::query(
        "SELECT workstation_id, in_a_row, locked_until FROM failures \
         WHERE subject = $1 AND factor = $2 AND workstation_id IN ($3, $4)",
    )
    .bind(&subject.0[..])
    .bind(spelled(factor))
    .bind(workstation_id)
    .bind(Uuid::nil())
    .fetch_all(connection)
    .await?;
    let mut counts = Counts::default();
    for row in rows {
        let count = Count {
            in_a_row: u32::try_from(row.try_get::<i64, _>("in_a_row")?).unwrap_or(u32::MAX),
            locked_until: row.try_get("locked_until")?,
        };
        if row.try_get::<Uuid, _>("workstation_id")?.is_nil() {
            counts.everywhere = count;
        } else {
            counts.here = count;
        }
    }
    Ok(counts)
}

/// Counts one more failure, and returns the counts after it.
///
/// # Errors
/// [`StoreError`].
pub async fn count_one(
    connection: &mut SqliteConnection,
    subject: Subject,
    workstation_id: Uuid,
    factor: Factor,
    now: Timestamp,
) -> Result<Counts, StoreError> {
    let before = counts(connection, subject, workstation_id, factor).await?;
    let here = next(before.here, lockout::lock_here, now);
    let everywhere = next(before.everywhere, lockout::lock_elsewhere, now);
    for (workstation_id, count) in [(workstation_id, here), (Uuid::nil(), everywhere)] {
        sqlx::query(
            "INSERT INTO failures (subject, workstation_id, factor, in_a_row, locked_until, failed_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (subject, workstation_id, factor) \
             DO UPDATE SET in_a_row = excluded.in_a_row, locked_until = excluded.locked_until, \
             failed_at = excluded.failed_at",
        )
        .bind(&subject.0[..])
        .bind(workstation_id)
        .bind(spelled(factor))
        .bind(i64::from(count.in_a_row))
        .bind(count.locked_until)
        .bind(millis(now))
        .execute(&mut *connection)
        .await?;
    }
    Ok(Counts { here, everywhere })
}

/// Forgets the failures of one factor, or of both, at every workstation.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn clear(
    connection: &mut SqliteConnection,
    subject: Subject,
    factor: Option<Factor>,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM failures WHERE subject = $1 AND ($2 IS NULL OR factor = $2)")
        .bind(&subject.0[..])
        .bind(factor.map(spelled))
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets the failures of both factors at one workstation and the count over all of them; what failed at
/// other workstations is still held against those.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn clear_here(
    connection: &mut SqliteConnection,
    subject: Subject,
    workstation_id: Uuid,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM failures WHERE subject = $1 AND workstation_id IN ($2, $3)")
        .bind(&subject.0[..])
        .bind(workstation_id)
        .bind(Uuid::nil())
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets the count over all workstations of names that nobody has, where nothing failed since `before`.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_nobodys(
    connection: &mut SqliteConnection,
    index: &Key,
    before: Timestamp,
) -> Result<(), StoreError> {
    let mut people: Option<HashSet<[u8; 32]>> = None;
    let mut last: Vec<u8> = Vec::new();
    loop {
        let subjects: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT DISTINCT subject FROM failures \
             WHERE workstation_id = $1 AND failed_at < $2 AND subject > $3 ORDER BY subject LIMIT $4",
        )
        .bind(Uuid::nil())
        .bind(millis(before))
        .bind(&last)
        .bind(BATCH)
        .fetch_all(&mut *connection)
        .await?;
        let Some(newest) = subjects.last().cloned() else {
            return Ok(());
        };
        if people.is_none() {
            let names = users::names(connection).await?;
            people = Some(names.iter().map(|name| name.subject(index).0).collect());
        }
        let is_a_persons = |subject: &[u8]| {
            <[u8; 32]>::try_from(subject).is_ok_and(|subject| people.iter().any(|all| all.contains(&subject)))
        };
        for subject in subjects.iter().filter(|subject| !is_a_persons(subject)) {
            sqlx::query("DELETE FROM failures WHERE subject = $1 AND workstation_id = $2 AND failed_at < $3")
                .bind(subject)
                .bind(Uuid::nil())
                .bind(millis(before))
                .execute(&mut *connection)
                .await?;
        }
        last = newest;
    }
}

fn next(before: Count, lock: fn(u32) -> Option<Duration>, now: Timestamp) -> Count {
    let in_a_row = before.in_a_row.saturating_add(1);
    let locked_until = lock(in_a_row)
        .map_or(0, |lock| millis(now).saturating_add(i64::try_from(lock.as_millis()).unwrap_or(i64::MAX)));
    Count { in_a_row, locked_until: locked_until.max(before.locked_until) }
}

const fn spelled(factor: Factor) -> &'static str {
    match factor {
        Factor::First => "first",
        Factor::Second => "second",
    }
}
