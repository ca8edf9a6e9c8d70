//! What Tapward records, and how it is told to others.
//!
//! [`record`] is ours, append-only and versioned; [`fhir`] maps it to FHIR R4 `AuditEvent` and back;
//! [`codes`] holds the DICOM codes (PS3.15 A.5) and our own logout causes, [`stepping_away`] those of covered
//! screens. No I/O and no clock: pure.

pub mod apps;
pub mod codes;
pub mod fhir;
pub mod record;
pub mod stepping_away;
