//! `GET /v1/events`: server-sent events for one workstation, by its proof alone.
//!
//! `event:` is the variant's name, `data:` its JSON, `id:` grows. A comment line comes at least every
//! 15 s. A stream is a hint, the truth is read by `GET /v1/session`; an agent that lost the stream asks.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::session::SessionEnded;

/// The stream is silent for at most this long.
pub const KEEP_ALIVE_MS: u64 = 15_000;

/// What the server tells a workstation unasked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ServerEvent {
    /// First event of each stream.
    Hello,
    /// A session of this workstation has ended at the server.
    SessionEnded(SessionEnded),
    /// The person of this workstation's session uncovered a screen elsewhere: cover this one, the session kept.
    CoveredElsewhere {
        /// The session to be covered.
        session_id: Uuid,
    },
    /// This workstation may sign nobody in any more.
    WorkstationRevoked,
}
