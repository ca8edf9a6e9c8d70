//! `/v1/badges`: a person's own badges, within her session.

pub mod enrol;
pub mod lost;

use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::{
    auth::workstation::ProvenWorkstation,
    store::{StoreError, users},
    trail::About,
};

/// What a record of a change of her badges is about.
async fn about(
    connection: &mut SqliteConnection,
    workstation: &ProvenWorkstation,
    session_id: Uuid,
    user_id: Uuid,
) -> Result<About, StoreError> {
    let user = users::find(connection, user_id).await?.ok_or(StoreError::Corrupt("user of a session"))?;
    Ok(About { session_id: Some(session_id), ..workstation.about().user(Some(&user)) })
}
