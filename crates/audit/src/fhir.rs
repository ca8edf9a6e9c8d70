//! [`AuditRecord`](crate::record::AuditRecord) as FHIR R4 `AuditEvent`, and back.
//!
//! The mapping loses nothing and adds nothing: [`read()`] takes an event apart into the record it says and
//! accepts it only if [`AuditEvent::from`] that record gives the very same event again. So an event has
//! one spelling, [`to_json`] gives the bytes that are stored and compared, and whatever a record may not
//! say (free text, a patient) cannot come in as FHIR either. `meta` is the server's and not compared.
//!
//! | record | `type` / `subtype` | `outcome` | `agent` (requestor first) | `entity` |
//! | --- | --- | --- | --- | --- |
//! | login | 110114 / 110122 | 0 | user, workstation | session |
//! | login refused | 110114 / 110122 | 4 | user if known, workstation | |
//! | logout | 110114 / 110123 | 0 | by cause: user, workstation or server; the others after | session |
//! | concealed, resumed | 110114 / ours | 0 | by cause: user or workstation; the other after | session |
//! | start, stop | 110100 / 110120, 110121 | 0 | workstation or server | |
//! | enrolment | 110113 / 110126 | 0, 4 | workstation if known, server | workstation if known |
//! | security alert | 110113 / DICOM's code if any, ours | 4, 8 | the reporter, then whom it concerns | reporter or workstation |
//! | failed closed | 110113 / ours, with the cause | 8 | workstation | workstation |
//! | administration | 110113 / 110129 or 110137, ours | 0 | server | user, workstation, session |
//! | trail read | 110101 | 0 | auditor, server | the audit record |

mod read;
mod resource;
mod write;

pub use read::{EVENT_SIZE_BYTES_MAX, ReadError, read};
pub use resource::{
    AuditEvent, CodeableConcept, Coding, Detail, Entity, Extension, Identifier, Meta, Network, Participant,
    Reference, Reporter, ResourceType,
};
pub use write::to_json;

/// Identifier system of people.
pub const USER_SYSTEM: &str = "urn:tapward:user";
/// Identifier system of workstations.
pub const WORKSTATION_SYSTEM: &str = "urn:tapward:workstation";
/// Identifier system of sessions.
pub const SESSION_SYSTEM: &str = "urn:tapward:session";
/// Identifier system of auditors' tokens, by their names.
pub const AUDITOR_SYSTEM: &str = "urn:tapward:auditor";
/// Identifier system of apps, by the ids that policy gives them.
pub const APP_SYSTEM: &str = "urn:tapward:app";
/// Identifier system of the parts of the session server.
pub const SERVER_SYSTEM: &str = "urn:tapward:server";
/// The session server itself.
pub const SERVER_VALUE: &str = "session-server";
/// The audit record the server keeps.
pub const TRAIL_VALUE: &str = "audit-record";

/// Extension: the version of the record's shape.
pub const RECORD_VERSION_EXTENSION: &str = "urn:tapward:fhir:record-version";
/// Extension: the coded cause of a logout.
pub const LOGOUT_CAUSE_EXTENSION: &str = "urn:tapward:fhir:logout-cause";
/// Extension: the coded cause of a cover whose session goes on.
pub const CONCEAL_CAUSE_EXTENSION: &str = "urn:tapward:fhir:conceal-cause";
/// Extension: how the holder of a covered session proved herself.
pub const RESUME_METHOD_EXTENSION: &str = "urn:tapward:fhir:resume-method";
/// Extension: which safeguard failed.
pub const FAIL_CLOSED_CAUSE_EXTENSION: &str = "urn:tapward:fhir:fail-closed-cause";
/// Extension: how the person proved herself.
pub const FACTORS_EXTENSION: &str = "urn:tapward:fhir:factors";
/// Extension: why a sign-in was refused.
pub const REFUSAL_EXTENSION: &str = "urn:tapward:fhir:refusal";

/// The event of a record.
#[must_use]
pub fn event(record: &crate::record::AuditRecord) -> AuditEvent {
    AuditEvent::from(record)
}
