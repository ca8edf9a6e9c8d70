//! The grace period of a person: begun, asked after, told.

use std::time::Duration;

use jiff::Timestamp;
use policy::ResumeMethod;
use protocol::v1::badge::BadgeGrade;
use uuid::Uuid;

use super::opening::millis;
use crate::{
    app::App,
    session::grace::Grace,
    store::{Connection, StoreError, badges, graces, sessions::SessionRow, workstations},
};

/// A strong sign-in at a workstation begins her grace, or renews it.
///
/// # Errors
/// [`StoreError`].
pub async fn begin(
    connection: &mut Connection,
    user_id: Uuid,
    workstation_id: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    let unit = unit(connection, workstation_id).await?;
    graces::begin(connection, user_id, &Grace { began_at: now, unit }).await
}

/// How long a tap alone with a badge of this grade is still enough at this workstation; `None`: it is not.
///
/// # Errors
/// [`StoreError`].
pub async fn remaining(
    app: &App,
    connection: &mut Connection,
    user_id: Uuid,
    workstation_id: Uuid,
    grade: BadgeGrade,
    now: Timestamp,
) -> Result<Option<Duration>, StoreError> {
    let graces = graces::of(connection, user_id).await?;
    let unit = unit(connection, workstation_id).await?;
    Ok(graces.iter().filter_map(|grace| grace.remaining(grade, &unit, app.policy.grace(), now)).max())
}

/// The same as the workstation of a session is told it, with the badge last shown there, else with the best one she has.
/// It resumes by that where the server is out of reach: where policy lets no badge alone resume, or that very badge was
/// revoked since, none is told.
///
/// # Errors
/// [`StoreError`].
pub async fn of_session(
    app: &App,
    connection: &mut Connection,
    row: &SessionRow,
    now: Timestamp,
) -> Result<Option<u64>, StoreError> {
    if !app.policy.resume_factors().allow(ResumeMethod::Badge) {
        return Ok(None);
    }
    let mut badges = badges::live_of(connection, row.user_id).await?;
    if let Some(shown) = row.badge_id {
        badges.retain(|badge| badge.id == shown);
    }
    let mut longest = None;
    for badge in badges {
        let left = remaining(app, connection, row.user_id, row.workstation_id, badge.grade, now).await?;
        longest = longest.max(left);
    }
    Ok(longest.map(millis))
}

async fn unit(connection: &mut Connection, workstation_id: Uuid) -> Result<String, StoreError> {
    let workstation = workstations::find(connection, workstation_id).await?;
    Ok(workstation.ok_or(StoreError::Corrupt("workstation"))?.unit)
}
