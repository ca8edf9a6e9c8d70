//! Badges: whose one is, and enrolling one.
//!
//! | call | body | answer |
//! | --- | --- | --- |
//! | `POST /v1/session/identify` | [`IdentifyBadge`] | `200` [`BadgeIdentified`] |
//! | `POST /v1/badges` | [`EnrolBadge`] | `201` [`BadgeEnrolled`] |
//! | `POST /v1/badges/lost` | [`BadgeLost`] | `202` [`super::session::ChallengeIssued`], whose answer is `200` [`BadgesRevoked`] |
//!
//! The first two are made within a session, the third by the workstation's proof alone. A badge names a person and proves nothing: its number can be read by anybody near
//! it. It crosses the wire as it was read, is stored as a keyed hash only, and stands in no log.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::secret::WireSecret;

/// A badge number is at most this many bytes of ASCII.
pub const BADGE_NUMBER_SIZE_BYTES_MAX: usize = 128;
/// A person has at most this many badges.
pub const BADGES_OF_A_PERSON_MAX: usize = 3;

/// A badge as its reader read it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PresentedBadge {
    /// Lower case: `uid:` and the hexadecimal serial number of a contactless card (ISO/IEC 14443, 15693; 4, 7, 8 or 10
    /// bytes), or `wedge:` and what a keyboard-wedge reader types (4 to 64 printable ASCII characters without spaces).
    pub number: WireSecret,
    /// What the reader could find out about it.
    pub grade: BadgeGrade,
}

/// What a badge proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BadgeGrade {
    /// Its number was read; whoever copied the number presents the same.
    Uid,
    /// It answered a challenge with a key of its own.
    Cryptographic,
}

/// Whose is this badge?
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentifyBadge {
    /// As the reader read it.
    pub badge: PresentedBadge,
}

/// Whose it is, as far as the workstation of this session may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BadgeIdentified {
    /// Whose.
    pub whose: Whose,
}

/// Whose a badge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// The person's whose session asks.
    Holder,
    /// Another person's, who may sign in.
    Other,
    /// Nobody's.
    Unknown,
    /// It was revoked, or its holder is disabled: it opens nothing.
    Refused,
}

/// Binds the presented badge to the person of this session, who must have shown password and one-time code in it at
/// most five minutes before.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolBadge {
    /// As the reader read it.
    pub badge: PresentedBadge,
}

/// The badge is hers. Enrolling it again is no error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BadgeEnrolled {
    /// How many she has.
    pub badges: u32,
    /// How long a tap alone signs this person in from here on; absent where it does not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grace_remaining_ms: Option<u64>,
}

/// "I lost my badge": her name and password; her one-time code is asked with a challenge.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BadgeLost {
    /// Made by the agent, one per try; a repeat with the same id and body gets the same answer.
    pub attempt_id: Uuid,
    /// As typed; compared after NFC normalisation, trimming and lower-casing.
    pub name: String,
    /// As typed; compared after NFC normalisation only.
    pub password: WireSecret,
}

/// No badge of hers opens anything any more, and her grace period is over. None is no error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BadgesRevoked {
    /// How many were revoked with this.
    pub revoked: u32,
}
