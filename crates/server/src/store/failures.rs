//! Counts of failed sign-ins (identity/lockout.rs), by blind index of the name.

use std::{collections::HashSet, time::Duration};

use jiff::Timestamp;
use uuid::Uuid;

use super::{Connection, Store, StoreError, millis, query, query_scalar, transact, users};
use crate::{
    identity::{
        lockout::{self, Factor},
        name::Subject,
    },
    keys::Key,
};

/// Names that are looked through at a time for those nobody has; one transaction deletes no more.
const BATCH: i64 = 500;

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
    pub const fn is_suspended(&self, factor: Factor) -> bool {
        lockout::is_suspended(factor, self.everywhere.in_a_row)
    }
}

/// The counts of `subject` at `workstation_id`.
///
/// # Errors
/// [`StoreError`].
pub async fn counts(
    connection: &mut Connection,
    subject: Subject,
    workstation_id: Uuid,
    factor: Factor,
) -> Result<Counts, StoreError> {
    let rows = query(
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
            in_a_row: u32::try_from(row.get::<i64>("in_a_row")?).unwrap_or(u32::MAX),
            locked_until: row.get("locked_until")?,
        };
        if row.get::<Uuid>("workstation_id")?.is_nil() {
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
    connection: &mut Connection,
    subject: Subject,
    workstation_id: Uuid,
    factor: Factor,
    now: Timestamp,
) -> Result<Counts, StoreError> {
    let before = counts(connection, subject, workstation_id, factor).await?;
    let here = next(before.here, lockout::lock_here, now);
    let everywhere = next(before.everywhere, lockout::lock_elsewhere, now);
    for (workstation_id, count) in [(workstation_id, here), (Uuid::nil(), everywhere)] {
        query(
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

/// Forgets the failures of one factor, or of all, at every workstation.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn clear(
    connection: &mut Connection,
    subject: Subject,
    factor: Option<Factor>,
) -> Result<(), StoreError> {
    query("DELETE FROM failures WHERE subject = $1 AND ($2 IS NULL OR factor = $2)")
        .bind(&subject.0[..])
        .bind(factor.map(spelled))
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets the failures of one factor at one workstation and the count over all of them; what failed at
/// other workstations is still held against those.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn clear_here(
    connection: &mut Connection,
    subject: Subject,
    workstation_id: Uuid,
    factor: Factor,
) -> Result<(), StoreError> {
    query("DELETE FROM failures WHERE subject = $1 AND workstation_id IN ($2, $3) AND factor = $4")
        .bind(&subject.0[..])
        .bind(workstation_id)
        .bind(Uuid::nil())
        .bind(spelled(factor))
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets the failures at one workstation where nothing failed since `before`.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn forget_here(connection: &mut Connection, before: Timestamp) -> Result<(), StoreError> {
    query("DELETE FROM failures WHERE failed_at < $1 AND locked_until < $1 AND workstation_id <> $2")
        .bind(millis(before))
        .bind(Uuid::nil())
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets the count over all workstations of names that nobody has, where nothing failed since `before`. There
/// can be any number of them: they are looked through without the write lock, and deleted some at a time.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_nobodys(store: &Store, index: &Key, before: Timestamp) -> Result<(), StoreError> {
    let mut people: Option<HashSet<[u8; 32]>> = None;
    let mut last: Vec<u8> = Vec::new();
    loop {
        let subjects = {
            let mut read = store.read().await?;
            let subjects = untouched_since(&mut read, before, &last).await?;
            if people.is_none() && !subjects.is_empty() {
                let names = users::names(&mut read).await?;
                people = Some(names.iter().map(|name| name.subject(index).0).collect());
            }
            subjects
        };
        let Some(newest) = subjects.last().cloned() else {
            return Ok(());
        };
        let is_a_persons = |subject: &[u8]| {
            <[u8; 32]>::try_from(subject).is_ok_and(|subject| people.iter().any(|all| all.contains(&subject)))
        };
        let nobodys: Vec<_> = subjects.into_iter().filter(|subject| !is_a_persons(subject)).collect();
        if !nobodys.is_empty() {
            transact!(store, |write| {
                for subject in &nobodys {
                    // Somebody may have tried again since it was read without the write lock.
                    query(
                        "DELETE FROM failures WHERE subject = $1 AND workstation_id = $2 AND failed_at < $3",
                    )
                    .bind(subject)
                    .bind(Uuid::nil())
                    .bind(millis(before))
                    .execute(write)
                    .await?;
                }
                Ok::<_, StoreError>(())
            })?;
        }
        last = newest;
    }
}

/// A batch of what has a count over all workstations and did not fail since `before`, after `last`.
async fn untouched_since(
    connection: &mut Connection,
    before: Timestamp,
    last: &[u8],
) -> Result<Vec<Vec<u8>>, StoreError> {
    let subjects = query_scalar(
        "SELECT DISTINCT subject FROM failures \
         WHERE workstation_id = $1 AND failed_at < $2 AND subject > $3 ORDER BY subject LIMIT $4",
    )
    .bind(Uuid::nil())
    .bind(millis(before))
    .bind(last)
    .bind(BATCH)
    .fetch_all(connection)
    .await?;
    Ok(subjects)
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
        Factor::Pin => "pin",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{identity::name::UserName, store::users::User};

    #[tokio::test]
    async fn of_many_names_nobody_has_all_are_forgotten_and_a_persons_count_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_file(&folder.path().join("tapward.db"), Uuid::nil()).await.unwrap();
        let (index, at) = (Key::new([7; 32]), Timestamp::UNIX_EPOCH);
        let here = Uuid::from_u128(1);
        let subject = |name: &str| UserName::parse(name).unwrap().subject(&index);
        transact!(store, |write| {
            assert!(users::insert(write, &maria(at)).await?);
            for number in 0..2 * BATCH + 1 {
                let name = format!("nobody-{number}");
                count_one(write, subject(&name), here, Factor::First, at).await?;
            }
            count_one(write, subject("maria"), here, Factor::First, at).await
        })
        .unwrap();

        // No failure is that old.
        forget_nobodys(&store, &index, at).await.unwrap();
        assert_eq!(counted(&store).await, 2 * BATCH + 2);
        let later = at.checked_add(jiff::SignedDuration::from_hours(1)).unwrap();
        forget_nobodys(&store, &index, later).await.unwrap();

        assert_eq!(counted(&store).await, 1);
        let mut read = store.read().await.unwrap();
        let hers = counts(&mut read, subject("maria"), here, Factor::First).await.unwrap();
        assert_eq!((hers.here.in_a_row, hers.everywhere.in_a_row), (1, 1));
    }

    /// Names with a count over all workstations.
    async fn counted(store: &Store) -> i64 {
        query_scalar("SELECT COUNT(*) FROM failures WHERE workstation_id = $1")
            .bind(Uuid::nil())
            .fetch_one(&mut store.read().await.unwrap())
            .await
            .unwrap()
    }

    fn maria(made_at: Timestamp) -> User {
        User {
            id: Uuid::from_u128(2),
            name: String::from("maria"),
            display_name: String::from("Maria O."),
            role: None,
            password_hash: String::new(),
            password_number: 0,
            pin_hash: None,
            totp_sealed: Vec::new(),
            made_at,
            disabled_at: None,
        }
    }
}
