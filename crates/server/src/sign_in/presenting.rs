//! A badge is presented: whose it is, and whether it was somewhere else a moment ago.
//!
//! # Two places at once
//! A number can be copied. Where nobody can have walked from one workstation to the other, that is an alert, once in ten
//! minutes for each badge:
//!
//! | two workstations | alert |
//! | --- | --- |
//! | of one unit | never: they may stand side by side |
//! | of two units | within 5 s |
//! | one of them, or both, of no unit | within 2 s |
//!
//! It refuses nothing: the one who stands there with the right badge may be its holder. A repeat of an attempt is no
//! presentation, and two readers of one workstation are one place.

use std::time::Duration;

use audit::record::Alert;
use jiff::{SignedDuration, Timestamp};
use protocol::v1::{
    badge::{BadgeGrade, PresentedBadge},
    problem::ProblemCode,
};
use uuid::Uuid;

use crate::{
    app::App,
    auth::workstation::ProvenWorkstation,
    error::ApiError,
    identity::{
        badge::{BadgeNumber, NumberIndex},
        unknown_badges::Tried,
    },
    store::{
        Connection, StoreError,
        badges::{self, Badge, Seen},
        unknown_badges,
        users::{self, User},
        workstations,
    },
    trail,
};

/// Nobody walks from one unit to another in less.
const BETWEEN_UNITS: SignedDuration = SignedDuration::from_secs(5);
/// Nor from one workstation to another, where nobody has said whether they are of one unit.
const BETWEEN_UNPLACED: SignedDuration = SignedDuration::from_secs(2);
/// What follows within this belongs to the same incident.
const INCIDENT: SignedDuration = SignedDuration::from_mins(10);

/// What a badge turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presented {
    /// It names somebody.
    Names(Badge, Box<User>),
    /// It was revoked, its holder is disabled, or it showed less than when it was enrolled: a copy of its number.
    Refused(Box<User>),
    /// Nobody has it.
    Unknown {
        /// For how long such badges are refused here, after many of them.
        waits: Option<Waits>,
    },
}

/// A badge that nobody has must wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// How much longer.
    pub left: Duration,
    /// Whether it is the first of this wait: those after it are not put on record.
    pub is_first: bool,
}

/// Reads the number of a presented badge.
///
/// # Errors
/// `badge.unusable`, in words for whoever presented it.
pub fn number(badge: &PresentedBadge) -> Result<BadgeNumber, ApiError> {
    BadgeNumber::parse(badge.number.expose())
        .map_err(|unusable| ApiError::new(ProblemCode::BadgeUnusable).detail(unusable.to_string()))
}

/// What is hashed of a badge to tell a repeated attempt from another one.
#[must_use]
pub const fn grade_asked(grade: BadgeGrade) -> &'static [u8] {
    match grade {
        BadgeGrade::Uid => b"uid",
        BadgeGrade::Cryptographic => b"cryptographic",
    }
}

/// Looks the badge up and notes where it was seen.
///
/// # Errors
/// [`StoreError`].
pub async fn look_up(
    app: &App,
    connection: &mut Connection,
    workstation: &ProvenWorkstation,
    (number, grade): (&BadgeNumber, BadgeGrade),
    now: Timestamp,
) -> Result<Presented, StoreError> {
    let number = number.index(&app.keys.index);
    let Some(badge) = badges::find(connection, number).await? else {
        return unknown(connection, workstation, number, now).await;
    };
    let user =
        users::find(connection, badge.user_id).await?.ok_or(StoreError::Corrupt("holder of a badge"))?;
    let here = Seen { workstation_id: workstation.id, at: now };
    if is_in_two_places(connection, &badge, here).await? {
        let is_new = badge.alerted_at.is_none_or(|at| now.duration_since(at) >= INCIDENT);
        if is_new {
            let about = workstation.about().user(Some(&user));
            trail::alert(connection, about, Alert::BadgeInTwoPlaces, now).await?;
            badges::note_alerted(connection, badge.id, now).await?;
        }
    }
    badges::note_seen(connection, badge.id, here).await?;
    let shows_less = badge.grade == BadgeGrade::Cryptographic && grade == BadgeGrade::Uid;
    if badge.revoked_at.is_some() || user.disabled_at.is_some() || shows_less {
        return Ok(Presented::Refused(Box::new(user)));
    }
    Ok(Presented::Names(badge, Box::new(user)))
}

/// Counts a badge that nobody has, unless too many such ones were presented there already.
async fn unknown(
    connection: &mut Connection,
    workstation: &ProvenWorkstation,
    number: NumberIndex,
    now: Timestamp,
) -> Result<Presented, StoreError> {
    let before = unknown_badges::find(connection, workstation.id).await?;
    let left = before.as_ref().and_then(|before| before.locked_for(now));
    if let Some((before, left)) = before.as_ref().zip(left) {
        let waits = Waits { left, is_first: !before.is_wait_recorded };
        return Ok(Presented::Unknown { waits: Some(waits) });
    }
    let tried = Tried::next(before.clone(), number, now);
    unknown_badges::put(connection, workstation.id, &tried).await?;
    if tried.is_alarm(before.as_ref()) {
        trail::alert(connection, workstation.about(), Alert::UnknownBadges, now).await?;
    }
    Ok(Presented::Unknown { waits: None })
}

/// Puts a badge that must wait on record, the first of each wait: a device that types numbers does not fill the record.
///
/// # Errors
/// [`StoreError`].
pub async fn record_wait(
    connection: &mut Connection,
    workstation: &ProvenWorkstation,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(tried) = unknown_badges::find(connection, workstation.id).await? else { return Ok(()) };
    trail::refused(connection, workstation.about(), ProblemCode::BadgeWait, now).await?;
    let tried = Tried { is_wait_recorded: true, ..tried };
    unknown_badges::put(connection, workstation.id, &tried).await
}

/// A badge was enrolled where it was presented as one that nobody had: it was no guess, and is not counted as one.
///
/// # Errors
/// [`StoreError`].
pub async fn take_back(
    connection: &mut Connection,
    workstation_id: Uuid,
    number: NumberIndex,
    now: Timestamp,
) -> Result<(), StoreError> {
    let tried = unknown_badges::find(connection, workstation_id).await?;
    if let Some(without) = tried.and_then(|tried| tried.without(number, now)) {
        unknown_badges::put(connection, workstation_id, &without).await?;
    }
    Ok(())
}

async fn is_in_two_places(
    connection: &mut Connection,
    badge: &Badge,
    here: Seen,
) -> Result<bool, StoreError> {
    let Some(before) = badge.seen.filter(|before| before.workstation_id != here.workstation_id) else {
        return Ok(false);
    };
    let passed = here.at.duration_since(before.at);
    if passed >= BETWEEN_UNITS {
        return Ok(false);
    }
    let there = workstations::find(connection, before.workstation_id).await?;
    let this = workstations::find(connection, here.workstation_id).await?;
    Ok(there.zip(this).is_some_and(|(there, this)| is_too_soon(&there.unit, &this.unit, passed)))
}

/// Whether nobody walks in that time from a workstation of one unit to another workstation of the other. A unit that is
/// empty is none.
fn is_too_soon(there: &str, here: &str, passed: SignedDuration) -> bool {
    if there.is_empty() || here.is_empty() {
        return passed < BETWEEN_UNPLACED;
    }
    there != here && passed < BETWEEN_UNITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_feet_can_do_is_no_alert() {
        for (there, here, raised_before_ms) in [
            ("ICU-3", "ICU-3", None),
            ("ICU-3", "ER-1", Some(5_000)),
            ("ER-1", "ICU-3", Some(5_000)),
            ("ICU-3", "", Some(2_000)),
            ("", "ICU-3", Some(2_000)),
            ("", "", Some(2_000)),
        ] {
            for passed in [0, 1, 1_999, 2_000, 4_999, 5_000, 600_000] {
                let is_raised = raised_before_ms.is_some_and(|before| passed < before);

                assert_eq!(
                    is_too_soon(there, here, SignedDuration::from_millis(passed)),
                    is_raised,
                    "{there:?} {here:?} {passed} ms"
                );
            }
        }
    }
}
