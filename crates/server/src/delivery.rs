//! Taking what a workstation tells of itself: by its own proof, or out of a spool that an administrator recovered.

use audit::record::{AuditRecord, Source, What};
use jiff::Timestamp;
use protocol::v1::problem::ProblemCode;
use uuid::Uuid;

use crate::{
    auth::workstation::ProvenWorkstation,
    error::ApiError,
    routes::body::invalid,
    store::{
        Connection,
        audit_events::{self, Insertion, Receipt},
        sessions, users,
        workstations::Workstation,
    },
};

/// The workstation whose word a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Teller<'a> {
    /// Its id.
    pub id: Uuid,
    /// Its name, as the server gave it.
    pub name: &'a str,
}

impl<'a> From<&'a ProvenWorkstation> for Teller<'a> {
    fn from(workstation: &'a ProvenWorkstation) -> Self {
        Self { id: workstation.id, name: &workstation.name }
    }
}

impl<'a> From<&'a Workstation> for Teller<'a> {
    fn from(workstation: &'a Workstation) -> Self {
        Self { id: workstation.id, name: &workstation.name }
    }
}

/// Stores `record` if it is this workstation's to tell.
///
/// # Errors
/// `request.invalid` when it is not, and faults of the store ([`is_fault`]).
pub async fn take(
    connection: &mut Connection,
    teller: Teller<'_>,
    record: &AuditRecord,
    now: Timestamp,
) -> Result<Insertion, ApiError> {
    refuse_what_is_anothers(connection, teller, record).await?;
    let receipt = Receipt { received_at: now, received_from: Some(teller.id) };
    Ok(audit_events::insert(connection, record, receipt).await?)
}

/// Whether it is no refusal of one record: nothing more can be stored now.
#[must_use]
pub const fn is_fault(code: ProblemCode) -> bool {
    matches!(code, ProblemCode::ServerUnavailable | ProblemCode::ServerFault | ProblemCode::ServerBusy)
}

/// A workstation tells what happened at itself: not what the server did, not what happened at another,
/// and of sessions that the server knows only its own.
async fn refuse_what_is_anothers(
    connection: &mut Connection,
    teller: Teller<'_>,
    record: &AuditRecord,
) -> Result<(), ApiError> {
    if record.source != Source::Agent {
        return Err(invalid("The record says that the server wrote it."));
    }
    if record.workstation.as_ref().is_none_or(|named| named.id != teller.id) {
        return Err(invalid("The record names another workstation."));
    }
    // Names are given once and kept: another one under this id would show auditors a place that is not it.
    if record.workstation.as_ref().is_none_or(|named| named.name != teller.name) {
        return Err(invalid("The record names this workstation otherwise than the server."));
    }
    let Some(session_id) = record.session_id else { return Ok(()) };
    // A session unknown here may have been lost with an older copy of the database: its record counts.
    let Some(session) = sessions::find(connection, session_id).await? else { return Ok(()) };
    let is_user_right = record.user.as_ref().is_none_or(|user| user.id == session.user_id);
    if session.workstation_id != teller.id || !is_user_right {
        return Err(invalid("The record names a session of another workstation or person."));
    }
    if matches!(record.what, What::Login { factors } if factors != session.factors) {
        return Err(invalid("The record names other factors than the person has shown."));
    }
    let Some(named) = &record.user else { return Ok(()) };
    let person = users::find(connection, session.user_id).await?;
    if person.is_none_or(|person| person.display_name == named.display_name) {
        Ok(())
    } else {
        Err(invalid("The record names the person otherwise than the server."))
    }
}
