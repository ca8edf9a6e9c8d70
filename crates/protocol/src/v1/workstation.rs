//! A workstation enrols: `POST /v1/workstations` [`EnrolWorkstation`] → `201` [`WorkstationEnrolled`].
//!
//! The proof is signed by the new key, which thereby becomes the workstation's.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{dpop::PublicJwk, secret::WireSecret};

/// Enrols the key that signed the proof.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolWorkstation {
    /// The secret part of the enrolment code, `TW1-<secret>-<authority>`, without the other parts.
    pub code: WireSecret,
    /// Must be the proof's own key.
    pub key: PublicJwk,
    /// What the machine says of itself.
    pub facts: DeviceFacts,
}

/// For the administrator's list; nothing here is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceFacts {
    /// At most 64 characters.
    pub host_name: String,
    /// For example `Debian GNU/Linux 12`; at most 64 characters.
    pub os: String,
    /// For example `0.1.0`; at most 64 characters.
    pub agent_version: String,
}

/// Enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkstationEnrolled {
    /// Made by the server; the `kid` of every later proof.
    pub workstation_id: Uuid,
    /// For example `WS-07`.
    pub name: String,
    /// For example `ICU-3`; empty when none was given with the code.
    pub unit: String,
    /// For example `St. Example Hospital`.
    pub organisation: String,
    /// For example `5-1234`.
    pub help_line: String,
    /// Public half of the server's recovery key, which the spool's key is sealed to: X25519, 32 bytes as base64url
    /// without padding. A server without one leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_key: Option<String>,
}
