//! Binding a badge to a person: the same rules for herself, for an administrator and for a list.

use jiff::Timestamp;
use protocol::v1::badge::{BADGES_OF_A_PERSON_MAX, BadgeGrade};
use uuid::Uuid;

use crate::{
    identity::badge::NumberIndex,
    store::{
        Connection, StoreError,
        badges::{self, Badge, EnrolledBy},
        challenges, graces,
    },
};

/// Which badge is to be whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// Whose.
    pub user_id: Uuid,
    /// Which.
    pub number: NumberIndex,
    /// What it proves.
    pub grade: BadgeGrade,
    /// Who wishes it.
    pub by: EnrolledBy,
}

/// What became of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// It is hers from now on.
    Anew,
    /// It was before, and stays as it was.
    Before,
    /// It was before, and proves a key: it stays so, though a mere number was asked for.
    KeptCryptographic,
    /// It is another person's.
    Taken,
    /// She has as many as one may have.
    TooMany,
    /// It was revoked; only an administrator enrols it again.
    Revoked,
}

/// Binds a badge, where that is so decided.
///
/// # Errors
/// [`StoreError`].
pub async fn bind(connection: &mut Connection, wish: Wish, now: Timestamp) -> Result<Bound, StoreError> {
    let known = badges::find(connection, wish.number).await?;
    let live = badges::live_of(connection, wish.user_id).await?.len();
    let bound = decided(&wish, known.as_ref(), live);
    if bound == Bound::Anew {
        badges::put(connection, &anew(&wish, known.as_ref(), now), wish.number).await?;
    }
    Ok(bound)
}

/// What becomes of a wish, where `known` is the badge on file under its number and she has `live` ones. One that was
/// revoked stays so for its finder and for a list, which may be older than the loss; only an administrator enrols it
/// again. Nor does anybody else make less of one that proves a key.
#[must_use]
pub fn decided(wish: &Wish, known: Option<&Badge>, live: usize) -> Bound {
    let is_live = known.is_some_and(|known| known.revoked_at.is_none());
    let is_administrator = wish.by == EnrolledBy::Administrator;
    match known {
        Some(_) if !is_live && !is_administrator => Bound::Revoked,
        Some(known) if is_live && known.user_id != wish.user_id => Bound::Taken,
        Some(known) if is_live && known.grade == wish.grade => Bound::Before,
        Some(known) if is_live && known.grade == BadgeGrade::Cryptographic && !is_administrator => {
            Bound::KeptCryptographic
        }
        Some(_) | None if !is_live && live >= BADGES_OF_A_PERSON_MAX => Bound::TooMany,
        Some(_) | None => Bound::Anew,
    }
}

/// The badge as it is from now on.
#[must_use]
pub fn anew(wish: &Wish, known: Option<&Badge>, now: Timestamp) -> Badge {
    Badge {
        id: known.map_or_else(Uuid::new_v4, |known| known.id),
        user_id: wish.user_id,
        grade: wish.grade,
        enrolled_at: now,
        enrolled_by: wish.by,
        revoked_at: None,
        seen: None,
        alerted_at: None,
    }
}

/// Revokes one badge; `false` when it was before. Its holder's grace is over, and challenges it began with it; no
/// session is touched.
///
/// # Errors
/// [`StoreError`].
pub async fn revoke(connection: &mut Connection, badge: &Badge, now: Timestamp) -> Result<bool, StoreError> {
    let is_changed = badges::revoke(connection, badge.id, now).await?;
    if is_changed {
        graces::end(connection, badge.user_id).await?;
        challenges::end_all_of(connection, badge.user_id).await?;
    }
    Ok(is_changed)
}
