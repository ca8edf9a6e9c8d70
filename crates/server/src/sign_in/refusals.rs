//! A sign-in that is refused: counted, recorded, answered.

use std::time::Duration;

use audit::record::Alert;
use jiff::Timestamp;
use policy::{BadgeEnrolment, Policy};
use protocol::v1::problem::ProblemCode;
use uuid::Uuid;

use super::{
    opening::millis,
    presenting::{self, Waits},
};
use crate::{
    auth::workstation::ProvenWorkstation,
    error::ApiError,
    identity::{
        lockout::{self, Factor},
        name::Subject,
    },
    store::{Connection, StoreError, failures},
    trail::{self, About},
};

/// Whose failure it is, and of what.
#[derive(Debug, Clone, Copy)]
pub struct Failure {
    /// The name, as failures are counted under.
    pub subject: Subject,
    /// Where.
    pub workstation_id: Uuid,
    /// What was wrong.
    pub factor: Factor,
}

/// Counts a failure, records the refusal, and raises an alert with the one that locks.
///
/// # Errors
/// [`StoreError`].
pub async fn failed(
    connection: &mut Connection,
    about: About,
    failure: Failure,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Failure { subject, workstation_id, factor } = failure;
    let counts = failures::count_one(connection, subject, workstation_id, factor, now).await?;
    let code = match factor {
        Factor::First => ProblemCode::SignInRefused,
        Factor::Second | Factor::Pin => ProblemCode::SecondFactorRefused,
    };
    trail::refused(connection, about.clone(), code, now).await?;
    if lockout::is_alarm(counts.here.in_a_row) {
        trail::alert(connection, about, Alert::LockedOut, now).await?;
    }
    Ok(())
}

/// Records a sign-in that was refused unseen; it counts nothing.
///
/// # Errors
/// [`StoreError`].
pub async fn locked_out(connection: &mut Connection, about: About, now: Timestamp) -> Result<(), StoreError> {
    trail::refused(connection, about, ProblemCode::SignInLockedOut, now).await
}

/// Records a sign-in in which all was right but the account.
///
/// # Errors
/// [`StoreError`].
pub async fn disabled(connection: &mut Connection, about: About, now: Timestamp) -> Result<(), StoreError> {
    trail::refused(connection, about, ProblemCode::UserDisabled, now).await
}

/// What the client is told of a badge that nobody has, where too many such ones were presented; the first of each wait is
/// put on record. It is no name's lockout, and whoever types hers is kept from nothing.
///
/// # Errors
/// [`StoreError`].
pub async fn badge_waits(
    connection: &mut Connection,
    workstation: &ProvenWorkstation,
    waits: Waits,
    now: Timestamp,
) -> Result<ApiError, StoreError> {
    if waits.is_first {
        presenting::record_wait(connection, workstation, now).await?;
    }
    let detail =
        "Too many badges that nobody has were presented here. Wait, or sign in with name and password.";
    Ok(ApiError::new(ProblemCode::BadgeWait).retry_after_ms(millis(waits.left)).detail(detail))
}

/// What the client is told of a badge that nobody has: at a workstation it is offered to whoever signs in, unless policy
/// lets nobody enrol one there. The record says `badge.unknown` of either.
#[must_use]
pub const fn unknown_badge(policy: &Policy) -> ProblemCode {
    match policy.badge_enrolment() {
        BadgeEnrolment::SelfService => ProblemCode::BadgeUnknown,
        BadgeEnrolment::Listed | BadgeEnrolment::Supervised => ProblemCode::BadgeUnlisted,
    }
}

/// What a locked-out client is told.
#[must_use]
pub fn locked_out_for(left: Duration) -> ApiError {
    ApiError::new(ProblemCode::SignInLockedOut).retry_after_ms(millis(left))
}
