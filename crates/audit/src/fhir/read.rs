//! Event → record, strictly.

use uuid::Uuid;

use super::{
    APP_SYSTEM, AUDITOR_SYSTEM, CONCEAL_CAUSE_EXTENSION, FACTORS_EXTENSION, FAIL_CLOSED_CAUSE_EXTENSION,
    LOGOUT_CAUSE_EXTENSION, RECORD_VERSION_EXTENSION, REFUSAL_EXTENSION, RESUME_METHOD_EXTENSION,
    SERVER_SYSTEM, SESSION_SYSTEM, USER_SYSTEM, WORKSTATION_SYSTEM,
    resource::{AuditEvent, Coding, Reference},
    write::{CONCEALED, FAILED_CLOSED, RESUMED, alert_code, factors_code},
};
use crate::{
    apps::AppOutcome,
    codes,
    record::{Alert, AuditRecord, Factors, RecordError, Source, UserRef, What, WorkstationRef},
    stepping_away::{ConcealCause, ResumeMethod},
};

/// An event longer than this many bytes of JSON is refused unread; ours have about 2 000.
pub const EVENT_SIZE_BYTES_MAX: usize = 16 * 1024;

/// Why an event is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Longer than [`EVENT_SIZE_BYTES_MAX`].
    #[error("the event is longer than {EVENT_SIZE_BYTES_MAX} bytes")]
    TooLarge,
    /// Not JSON, or not the elements of `AuditEvent` that a record needs.
    #[error("the event is not a FHIR R4 AuditEvent as Tapward writes it: {0}")]
    Json(#[from] serde_json::Error),
    /// An element is missing or has a value that no record has.
    #[error("`{element}` is missing or has a value that no record has")]
    Element {
        /// Which.
        element: &'static str,
    },
    /// What it says may not be recorded.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// It says more, or otherwise, than its record does.
    #[error("the event says more than its record, or spells it differently")]
    NotCanonical,
}

/// The record that `json` says.
///
/// # Errors
/// [`ReadError`] when it is not exactly one record's event.
pub fn read(json: &[u8]) -> Result<AuditRecord, ReadError> {
    if json.len() > EVENT_SIZE_BYTES_MAX {
        return Err(ReadError::TooLarge);
    }
    let event: AuditEvent = serde_json::from_slice(json)?;
    AuditRecord::try_from(&event)
}

impl TryFrom<&AuditEvent> for AuditRecord {
    type Error = ReadError;

    fn try_from(event: &AuditEvent) -> Result<Self, ReadError> {
        let record = Self {
            id: uuid(&event.id, "id")?,
            version: version(event)?,
            recorded_at: event.recorded.parse().map_err(|_| missing("recorded"))?,
            source: source(event)?,
            workstation: workstation(event)?,
            user: user(event)?,
            session_id: session(event)?,
            what: what(event)?,
        };
        record.check()?;
        let again = AuditEvent { meta: event.meta.clone(), ..AuditEvent::from(&record) };
        if again == *event { Ok(record) } else { Err(ReadError::NotCanonical) }
    }
}

fn version(event: &AuditEvent) -> Result<u16, ReadError> {
    event
        .extension
        .iter()
        .find(|extension| extension.url == RECORD_VERSION_EXTENSION)
        .and_then(|extension| extension.value_integer)
        .ok_or(missing(RECORD_VERSION_EXTENSION))
}

fn source(event: &AuditEvent) -> Result<Source, ReadError> {
    match event.source.observer.identifier.system.as_str() {
        WORKSTATION_SYSTEM => Ok(Source::Agent),
        SERVER_SYSTEM => Ok(Source::Server),
        _ => Err(missing("source.observer")),
    }
}

fn workstation(event: &AuditEvent) -> Result<Option<WorkstationRef>, ReadError> {
    let Some(reference) = first_of(event, WORKSTATION_SYSTEM) else { return Ok(None) };
    Ok(Some(WorkstationRef {
        id: uuid(&reference.identifier.value, "workstation")?,
        name: reference.display.clone().ok_or(missing("workstation"))?,
    }))
}

fn user(event: &AuditEvent) -> Result<Option<UserRef>, ReadError> {
    let Some(reference) = first_of(event, USER_SYSTEM) else { return Ok(None) };
    Ok(Some(UserRef {
        id: uuid(&reference.identifier.value, "user")?,
        display_name: reference.display.clone().ok_or(missing("user"))?,
    }))
}

fn session(event: &AuditEvent) -> Result<Option<Uuid>, ReadError> {
    first_of(event, SESSION_SYSTEM).map(|reference| uuid(&reference.identifier.value, "session")).transpose()
}

fn what(event: &AuditEvent) -> Result<What, ReadError> {
    let dicom = event
        .subtype
        .iter()
        .find(|coding| coding.system == codes::DICOM)
        .map_or("", |coding| coding.code.as_str());
    let is_type = |code: codes::Code| event.type_.code == code.code;
    let is_subtype = |code: codes::Code| dicom == code.code;
    if is_type(codes::USER_AUTHENTICATION) && is_subtype(codes::LOGIN) {
        return login(event);
    }
    if is_type(codes::USER_AUTHENTICATION) && is_subtype(codes::LOGOUT) {
        let cause = extension(event, LOGOUT_CAUSE_EXTENSION).ok_or(missing(LOGOUT_CAUSE_EXTENSION))?;
        return Ok(What::Logout { cause: cause.code.clone() });
    }
    if is_type(codes::USER_AUTHENTICATION) {
        return stepping_away(event);
    }
    if is_type(codes::APPLICATION_ACTIVITY) && is_subtype(codes::APPLICATION_START) {
        return Ok(What::ApplicationStarted);
    }
    if is_type(codes::APPLICATION_ACTIVITY) && is_subtype(codes::APPLICATION_STOP) {
        return Ok(What::ApplicationStopped);
    }
    if is_type(codes::APPLICATION_ACTIVITY) {
        return app(event);
    }
    if is_type(codes::AUDIT_LOG_USED) {
        let auditor = first_of(event, AUDITOR_SYSTEM).ok_or(missing("agent"))?;
        return Ok(What::TrailRead { auditor: auditor.identifier.value.clone() });
    }
    if is_type(codes::SECURITY_ALERT_EVENT) {
        return security_alert(event, is_subtype(codes::NODE_AUTHENTICATION));
    }
    Err(missing("type"))
}

fn login(event: &AuditEvent) -> Result<What, ReadError> {
    if let Some(reason) = extension(event, REFUSAL_EXTENSION) {
        return Ok(What::LoginRefused { reason: reason.code.clone() });
    }
    let code = extension(event, FACTORS_EXTENSION).ok_or(missing(FACTORS_EXTENSION))?;
    Factors::ALL
        .into_iter()
        .find(|factors| factors_code(*factors).code == code.code)
        .map(|factors| What::Login { factors })
        .ok_or(missing(FACTORS_EXTENSION))
}

fn stepping_away(event: &AuditEvent) -> Result<What, ReadError> {
    let ours = event.subtype.iter().find(|coding| coding.system == codes::STEPPING_AWAY);
    let ours = ours.ok_or(missing("subtype"))?;
    if ours.code == CONCEALED.code {
        let code = extension(event, CONCEAL_CAUSE_EXTENSION).ok_or(missing(CONCEAL_CAUSE_EXTENSION))?;
        let cause = ConcealCause::ALL.into_iter().find(|cause| cause.code().code == code.code);
        return cause.map(|cause| What::Concealed { cause }).ok_or(missing(CONCEAL_CAUSE_EXTENSION));
    }
    if ours.code == RESUMED.code {
        let code = extension(event, RESUME_METHOD_EXTENSION).ok_or(missing(RESUME_METHOD_EXTENSION))?;
        let method = ResumeMethod::ALL.into_iter().find(|method| method.code().code == code.code);
        return method.map(|method| What::Resumed { method }).ok_or(missing(RESUME_METHOD_EXTENSION));
    }
    Err(missing("subtype"))
}

fn app(event: &AuditEvent) -> Result<What, ReadError> {
    let ours = event.subtype.iter().find(|coding| coding.system == codes::APP_OUTCOME);
    let ours = ours.ok_or(missing("subtype"))?;
    let outcome = AppOutcome::ALL.into_iter().find(|outcome| outcome.code().code == ours.code);
    let app = first_of(event, APP_SYSTEM).ok_or(missing("entity"))?.identifier.value.clone();
    outcome.map(|outcome| What::App { app, outcome }).ok_or(missing("subtype"))
}

fn security_alert(event: &AuditEvent, is_node_authentication: bool) -> Result<What, ReadError> {
    if let Some(ours) = event.subtype.iter().find(|coding| coding.system == codes::SECURITY_ALERT) {
        if ours.code == FAILED_CLOSED.code {
            let cause =
                extension(event, FAIL_CLOSED_CAUSE_EXTENSION).ok_or(missing(FAIL_CLOSED_CAUSE_EXTENSION))?;
            return Ok(What::FailedClosed { cause: cause.code.clone() });
        }
        return Alert::ALL
            .into_iter()
            .find(|alert| alert_code(*alert).code == ours.code)
            .map(|alert| What::SecurityAlert { alert })
            .ok_or(missing("subtype"));
    }
    if let Some(ours) = event.subtype.iter().find(|coding| coding.system == codes::ADMINISTRATION) {
        return Ok(What::Administration { action: ours.code.clone() });
    }
    if is_node_authentication {
        return Ok(What::Enrolment { is_accepted: event.outcome == codes::Outcome::Success.code() });
    }
    Err(missing("subtype"))
}

fn extension<'a>(event: &'a AuditEvent, url: &str) -> Option<&'a Coding> {
    event.extension.iter().find(|extension| extension.url == url)?.value_coding.as_ref()
}

/// The first reference of the event whose identifier is of `system`.
fn first_of<'a>(event: &'a AuditEvent, system: &str) -> Option<&'a Reference> {
    let of_agents = event.agent.iter().map(|participant| &participant.who);
    let of_entities = event.entity.iter().map(|entity| &entity.what);
    of_agents.chain(of_entities).find(|reference| reference.identifier.system == system)
}

/// Lower-case, hyphenated: the one spelling that a record gives again.
fn uuid(text: &str, element: &'static str) -> Result<Uuid, ReadError> {
    Uuid::try_parse(text).map_err(|_| missing(element))
}

fn missing(element: &'static str) -> ReadError {
    ReadError::Element { element }
}
