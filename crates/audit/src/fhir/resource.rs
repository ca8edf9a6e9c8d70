//! The part of FHIR R4 (4.0.1) `AuditEvent` that a record needs, as it stands in JSON.
//!
//! Closed: an element not named here is refused when reading, so nothing rides along unseen.

use serde::{Deserialize, Serialize};

/// `AuditEvent`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AuditEvent {
    /// Always `AuditEvent`.
    pub resource_type: ResourceType,
    /// The record's id.
    pub id: String,
    /// What the server says about having it; not part of the record.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub meta: Option<Meta>,
    /// Our coded additions.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub extension: Vec<Extension>,
    /// DICOM event id.
    #[serde(rename = "type")]
    pub type_: Coding,
    /// DICOM event type code, then ours.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub subtype: Vec<Coding>,
    /// `E` executed, `R` read.
    pub action: String,
    /// When it happened.
    pub recorded: String,
    /// `0`, `4` or `8`.
    pub outcome: String,
    /// Who took part.
    pub agent: Vec<Participant>,
    /// Who reports.
    pub source: Reporter,
    /// What was touched.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub entity: Vec<Entity>,
}

/// The name of the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResourceType {
    /// `AuditEvent`.
    AuditEvent,
}

/// `Meta`: stamped by the server when it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Meta {
    /// Always `1`: a record is never changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version_id: Option<String>,
    /// When the server received it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_updated: Option<String>,
    /// Whose proof came with it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
}

/// `Extension` with the two kinds of value we use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Extension {
    /// Names it.
    pub url: String,
    /// A coded value.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value_coding: Option<Coding>,
    /// A number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value_integer: Option<u16>,
}

/// `Coding`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coding {
    /// The code system.
    pub system: String,
    /// The code.
    pub code: String,
    /// Its text, where the code system is a closed list.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub display: Option<String>,
}

/// `CodeableConcept` of one coding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeableConcept {
    /// The coding.
    pub coding: Vec<Coding>,
}

/// `AuditEvent.agent`; called participant here, an agent being our program on the workstation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Participant {
    /// The part played.
    #[serde(rename = "type")]
    pub type_: CodeableConcept,
    /// Who.
    pub who: Reference,
    /// Whether this participant brought the event about.
    pub requestor: bool,
    /// From where.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub network: Option<Network>,
}

/// `Reference` by identifier: we hold no resource one could fetch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The kind of resource, where there is one.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none", default)]
    pub type_: Option<String>,
    /// Which.
    pub identifier: Identifier,
    /// Its name when the record was written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub display: Option<String>,
}

/// `Identifier`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identifier {
    /// Whose naming it is.
    pub system: String,
    /// The name.
    pub value: String,
}

/// `AuditEvent.agent.network`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// The workstation's name.
    pub address: String,
    /// Always `1`: a machine's name.
    #[serde(rename = "type")]
    pub type_: String,
}

/// `AuditEvent.source`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reporter {
    /// Who reports.
    pub observer: Reference,
    /// What kind of system that is.
    #[serde(rename = "type")]
    pub type_: Vec<Coding>,
}

/// `AuditEvent.entity`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// Which thing.
    pub what: Reference,
    /// Its kind.
    #[serde(rename = "type")]
    pub type_: Coding,
    /// The part it played.
    pub role: Coding,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// More about it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub detail: Vec<Detail>,
}

/// `AuditEvent.entity.detail` with a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Detail {
    /// Names the detail.
    #[serde(rename = "type")]
    pub type_: String,
    /// A fixed text of ours.
    pub value_string: String,
}
