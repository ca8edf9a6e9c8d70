//! A badge is presented: whose it is, and whether it was somewhere else a moment ago.
//!
//! # Two places at once
//! A number can be copied. Where one badge is presented at two workstations of one unit within 2 s, or of two units
//! within 5 s, nobody has walked from one to the other: that is an alert, once in ten minutes for each badge. It
//! refuses nothing: the one who stands there with the right badge may be its holder. A repeat of an attempt is no
//! presentation, and two readers of one workstation are one place.

use audit::record::Alert;
use jiff::{SignedDuration, Timestamp};
use protocol::v1::{
    badge::{BadgeGrade, PresentedBadge},
    problem::ProblemCode,
};
use sqlx::SqliteConnection;

use crate::{
    app::App,
    auth::workstation::ProvenWorkstation,
    error::ApiError,
    identity::badge::BadgeNumber,
    store::{
        StoreError,
        badges::{self, Badge, Seen},
        users::{self, User},
        workstations,
    },
    trail,
};

/// Nobody walks from one workstation of a unit to another in less.
const WITHIN_A_UNIT: SignedDuration = SignedDuration::from_secs(2);
/// Nobody walks from one unit to another in less.
const BETWEEN_UNITS: SignedDuration = SignedDuration::from_secs(5);
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
    Unknown,
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
    connection: &mut SqliteConnection,
    workstation: &ProvenWorkstation,
    (number, grade): (&BadgeNumber, BadgeGrade),
    now: Timestamp,
) -> Result<Presented, StoreError> {
    let Some(badge) = badges::find(connection, number.index(&app.keys.index)).await? else {
        return Ok(Presented::Unknown);
    };
    let user =
        users::find(connection, badge.user_id).await?.ok_or(StoreError::Corrupt("holder of a badge"))?;
    let here = Seen { workstation_id: workstation.id, at: now };
    if is_in_two_places(connection, &badge, here).await? {
        let is_new = badge.alerted_at.is_none_or(|at| now.duration_since(at) >= INCIDENT);
        if is_new {
            let about = workstation.about().user(Some(&user));
            trail::alert(connection, about, Alert::BadgeInTwoPlaces, now).await?;
        }
        badges::note_alerted(connection, badge.id, now).await?;
    }
    badges::note_seen(connection, badge.id, here).await?;
    let shows_less = badge.grade == BadgeGrade::Cryptographic && grade == BadgeGrade::Uid;
    if badge.revoked_at.is_some() || user.disabled_at.is_some() || shows_less {
        return Ok(Presented::Refused(Box::new(user)));
    }
    Ok(Presented::Names(badge, Box::new(user)))
}

async fn is_in_two_places(
    connection: &mut SqliteConnection,
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
    let units = there.zip(this).map(|(there, this)| (there.unit, this.unit));
    let is_one_unit = units.is_none_or(|(there, this)| there == this);
    Ok(!is_one_unit || passed < WITHIN_A_UNIT)
}
