//! Refusals: `application/problem+json` (RFC 9457) with a stable code.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::session::EndCause;

/// Prefix of every `type`; the rest is the [`ProblemCode`] as it is spelled in JSON.
pub const PROBLEM_TYPE_PREFIX: &str = "urn:tapward:problem:";
/// Media type of a refusal.
pub const PROBLEM_MEDIA_TYPE: &str = "application/problem+json";

/// One refusal. Before a name and a second factor are proven it never tells which of them was wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// [`PROBLEM_TYPE_PREFIX`] and the code.
    #[serde(rename = "type")]
    pub type_uri: String,
    /// Short words for the kind of problem, the same each time.
    pub title: String,
    /// The HTTP status, repeated.
    pub status: u16,
    /// The same code that ends `type`, for readers that match on it.
    pub code: ProblemCode,
    /// What to do about it, in plain words; never holds what was sent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
    /// Id of this request in the server's log.
    pub correlation_id: uuid::Uuid,
    /// When a try may succeed again, with `sign_in.locked_out`, `badge.wait` and `server.busy`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retry_after_ms: Option<u64>,
    /// Tries left on this challenge, with `second_factor.refused`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tries_left: Option<u32>,
    /// Why the session ended, with `session.ended`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cause: Option<EndCause>,
}

/// Every code the server answers with; closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum ProblemCode {
    /// 401: the proof carries no fresh nonce; repeat with the one in this answer.
    #[serde(rename = "use_dpop_nonce")]
    UseDpopNonce,
    /// 401: the proof is missing, malformed, replayed, or not for this request.
    #[serde(rename = "proof.invalid")]
    ProofInvalid,
    /// 401: no workstation has this id and key.
    #[serde(rename = "workstation.unknown")]
    WorkstationUnknown,
    /// 403: an administrator revoked this workstation.
    #[serde(rename = "workstation.revoked")]
    WorkstationRevoked,
    /// 403: two machines use this workstation's key.
    #[serde(rename = "workstation.cloned")]
    WorkstationCloned,
    /// 403: the enrolment code is wrong, used up or over.
    #[serde(rename = "enrolment.refused")]
    EnrolmentRefused,
    /// 401: name or password is wrong; which is not told.
    #[serde(rename = "sign_in.refused")]
    SignInRefused,
    /// 429: too many failures for this name here; `retry_after_ms` tells until when.
    #[serde(rename = "sign_in.locked_out")]
    SignInLockedOut,
    /// 403: the account is disabled or the authenticator suspended; told only after all factors were right.
    #[serde(rename = "user.disabled")]
    UserDisabled,
    /// 401: the code is wrong, stale or was used before.
    #[serde(rename = "second_factor.refused")]
    SecondFactorRefused,
    /// 404: nobody has this badge.
    #[serde(rename = "badge.unknown")]
    BadgeUnknown,
    /// 404: nobody has this badge, and policy lets nobody enrol one at a workstation.
    #[serde(rename = "badge.unlisted")]
    BadgeUnlisted,
    /// 429: nobody has this badge, and too many such ones were presented at this workstation; `retry_after_ms` tells until
    /// when they wait.
    #[serde(rename = "badge.wait")]
    BadgeWait,
    /// 403: the badge was revoked, or its holder is disabled.
    #[serde(rename = "badge.refused")]
    BadgeRefused,
    /// 422: the number changes with each presentation (random 4-byte UID), or is no badge number.
    #[serde(rename = "badge.unusable")]
    BadgeUnusable,
    /// 403: the badge is another person's than whose session it was to resume.
    #[serde(rename = "badge.of_another")]
    BadgeOfAnother,
    /// 409: the badge to be enrolled is already another person's.
    #[serde(rename = "badge.taken")]
    BadgeTaken,
    /// 409: the person has as many badges as one may have.
    #[serde(rename = "badge.too_many")]
    BadgeTooMany,
    /// 403: policy, or the way she signed in, does not let her enrol a badge by herself.
    #[serde(rename = "badge.enrolment_refused")]
    BadgeEnrolmentRefused,
    /// 410: the challenge is over (2 minutes, 5 tries) or was never made here; start again.
    #[serde(rename = "challenge.over")]
    ChallengeOver,
    /// 401: no open session has this credential and this workstation.
    #[serde(rename = "session.unknown")]
    SessionUnknown,
    /// 401: the limit passed while the workstation was not heard; adopt it or end it.
    #[serde(rename = "session.lapsed")]
    SessionLapsed,
    /// 410: the session has ended; `cause` tells why.
    #[serde(rename = "session.ended")]
    SessionEnded,
    /// 409: the same id was used for something else.
    #[serde(rename = "conflict")]
    Conflict,
    /// 400: the message cannot be read.
    #[serde(rename = "request.malformed")]
    RequestMalformed,
    /// 422: a field has a value out of its range.
    #[serde(rename = "request.invalid")]
    RequestInvalid,
    /// 413: the body is larger than this call takes.
    #[serde(rename = "request.too_large")]
    RequestTooLarge,
    /// 404: there is nothing under this address.
    #[serde(rename = "not_found")]
    NotFound,
    /// 405: this address does not take this method.
    #[serde(rename = "method_not_allowed")]
    MethodNotAllowed,
    /// 415: the body has a media type this call does not take.
    #[serde(rename = "media_type.unsupported")]
    MediaTypeUnsupported,
    /// 401: an auditor's token is missing, wrong or over.
    #[serde(rename = "auditor.refused")]
    AuditorRefused,
    /// 503: too much at once; `retry_after_ms` tells when to come back.
    #[serde(rename = "server.busy")]
    ServerBusy,
    /// 503: the database cannot be reached; nothing was decided.
    #[serde(rename = "server.unavailable")]
    ServerUnavailable,
    /// 500: a fault of the server; the correlation id finds it in the log.
    #[serde(rename = "server.fault")]
    ServerFault,
}
