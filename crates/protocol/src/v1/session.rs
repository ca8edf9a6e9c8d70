//! Signing in, staying, leaving.
//!
//! | call | body | answer |
//! | --- | --- | --- |
//! | `POST /v1/sessions` | [`OpenSession`] | `201` [`SessionOpened`], `202` [`ChallengeIssued`] |
//! | `POST /v1/challenges/{id}` | [`AnswerChallenge`] | `201` [`SessionOpened`], `200` [`SessionResumed`] or [`super::badge::BadgesRevoked`], `202` [`ChallengeIssued`] |
//! | `GET /v1/sessions` | - | `200` [`MySessions`] |
//! | `DELETE /v1/sessions` | - | `200` [`SignedOutElsewhere`] |
//! | `GET /v1/session` | - | `200` [`SessionStatus`] |
//! | `POST /v1/session/activity` | [`ActivityReport`] | `200` [`SessionStatus`] |
//! | `POST /v1/session/conceal` | [`ConcealSession`] | `200` [`SessionStatus`] |
//! | `POST /v1/session/resume` | [`ResumeSession`] | `200` [`SessionResumed`], `202` [`ChallengeIssued`] |
//! | `POST /v1/session/identify` | [`super::badge::IdentifyBadge`] | `200` [`super::badge::BadgeIdentified`] |
//! | `POST /v1/sessions/{id}/adopt` | [`AdoptSession`] | `200` [`SessionAdopted`] |
//! | `DELETE /v1/sessions/{id}` | [`EndSession`] | `200` [`SessionEnded`] |
//! | `POST /v1/workstation/recovery` | [`RecoverSessions`] | `200` [`SessionsRecovered`] |
//!
//! A session that has ended answers `session.ended` with its cause, to `GET` as well. One that was never
//! at this workstation, or is not opened by the credential that was sent, answers `session.unknown`.
//! `adopt` takes the session's credential (the one before, too, until the fresh one is used: the answer
//! may have been lost); `DELETE` of one and `recovery` take the workstation's proof alone. With the credential of her
//! session, a person lists hers (`GET /v1/sessions`), ends one elsewhere (`DELETE`, cause `user-elsewhere`) or all
//! others together with her grace period (`DELETE /v1/sessions`). A repeat of an
//! attempt that opened a session mints a fresh credential in place of the one that was never used, and
//! is a `conflict` once it was.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::badge::PresentedBadge;
use crate::secret::WireSecret;

/// A user name is at most this many bytes of UTF-8.
pub const USER_NAME_SIZE_BYTES_MAX: usize = 256;
/// A password is at most this many bytes of UTF-8; a longer one is refused, never truncated.
pub const PASSWORD_SIZE_BYTES_MAX: usize = 1024;

/// First factor.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OpenSession {
    /// Made by the agent, one per sign-in; a repeat with the same id and body gets the same answer.
    pub attempt_id: Uuid,
    /// What the person presented.
    pub factor: FirstFactor,
}

/// What a sign-in can begin with.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FirstFactor {
    /// Name and password.
    Password {
        /// As typed; compared after NFC normalisation, trimming and lower-casing.
        name: String,
        /// As typed; compared after NFC normalisation only.
        password: WireSecret,
    },
    /// A badge, which names its holder. Within her grace period nothing more is asked.
    Badge {
        /// As the reader read it.
        badge: PresentedBadge,
    },
}

/// More is needed: `202`. An answer can be followed by a challenge of its own, until nothing is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChallengeIssued {
    /// Names the challenge in `POST /v1/challenges/{id}`.
    pub challenge_id: Uuid,
    /// Any one of these satisfies it.
    pub satisfied_by: Vec<SecondFactorKind>,
    /// It is over after this long.
    pub expires_in_ms: u64,
    /// Wrong answers it still takes.
    pub tries_left: u32,
    /// Whom the badge names; absent where a name was typed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user: Option<UserSummary>,
}

/// Kinds of second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactorKind {
    /// Six digits of RFC 6238.
    Totp,
    /// The person's password, where a badge has named her.
    Password,
    /// The PIN that goes with her badge.
    Pin,
}

/// Second factor.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AnswerChallenge {
    /// Made by the agent, one per answer; a repeat with the same id gets the same answer.
    pub attempt_id: Uuid,
    /// What the person gave.
    pub factor: SecondFactor,
}

/// What can satisfy a challenge.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SecondFactor {
    /// A one-time code.
    Totp {
        /// Six digits; spaces are taken out by the agent.
        code: WireSecret,
    },
    /// A password.
    Password {
        /// As typed; compared after NFC normalisation only.
        password: WireSecret,
    },
    /// A PIN.
    Pin {
        /// Six digits or more.
        pin: WireSecret,
    },
}

/// Signed in: `201`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SessionOpened {
    /// Made by the server.
    pub session_id: Uuid,
    /// Who.
    pub user: UserSummary,
    /// Opens this session, only with this workstation's key.
    pub credential: WireSecret,
    /// What the server enforces; the agent applies the stricter of these and its own policy.
    pub limits: Limits,
    /// Server time.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: String,
    /// How long a tap alone still signs this person in; absent where it does not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grace_remaining_ms: Option<u64>,
}

/// What the workstation may know of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserSummary {
    /// Opaque id.
    pub user_id: Uuid,
    /// As policy formats it, for example `Maria O.`.
    pub display_name: String,
    /// For example `RN`; absent when none is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub role: Option<String>,
}

/// The limits of one session, from the moment of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Limits {
    /// Automatic logoff after this much inactivity (45 CFR 164.312(a)(2)(iii)).
    pub inactivity_ms: u64,
    /// The warning begins this long before it.
    pub warning_ms: u64,
    /// Time left until the absolute limit.
    pub absolute_remaining_ms: u64,
    /// Report activity at least this often.
    pub heartbeat_ms: u64,
    /// The screen covers itself, the session kept, after this much inactivity; absent where it does not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub conceal_after_ms: Option<u64>,
    /// What the holder's tap on her uncovered screen does.
    #[serde(default)]
    pub tap_out: TapOut,
}

/// What the holder's tap on her uncovered screen does (`session.tap_out`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TapOut {
    /// Covers the screen and keeps the session.
    #[default]
    Cover,
    /// Covers the screen and ends the session 8 s later, unless she taps again.
    SignOut,
}

/// The screen is covered, the session kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConcealSession {
    /// Why.
    pub cause: ConcealCause,
}

/// Why a screen was covered whose session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConcealCause {
    /// Her tap.
    UserTap,
    /// The strip.
    UserButton,
    /// `conceal.after` without input.
    Inactivity,
    /// She signed in at another workstation.
    Elsewhere,
    /// Another person's badge was presented.
    OtherBadge,
    /// The machine went to sleep, or woke from a sleep it had not announced.
    Suspend,
}

/// The holder is back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResumeSession {
    /// Made by the agent, one per try; a repeat with the same id and body gets the same answer.
    pub attempt_id: Uuid,
    /// What she presented.
    pub factor: ResumeFactor,
    /// Asks for password and one-time code whatever policy says, and begins another grace period with them. Only with
    /// a password.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub renews_grace: bool,
}

/// What a session can be resumed with.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ResumeFactor {
    /// Her badge; one that is another person's answers `badge.of_another`.
    Badge {
        /// As the reader read it.
        badge: PresentedBadge,
    },
    /// Her password.
    Password {
        /// As typed.
        password: WireSecret,
    },
}

/// The screen may be uncovered again: `200`. The session, its credential and its absolute limit are as before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionResumed {
    /// Which.
    pub session_id: Uuid,
    /// How she proved herself.
    pub method: ResumeMethod,
    /// Anew.
    pub limits: Limits,
    /// How long a tap alone still resumes and signs this person in; absent where it does not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grace_remaining_ms: Option<u64>,
}

/// How the holder of a concealed session proved herself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ResumeMethod {
    /// A tap within the grace period.
    Badge,
    /// Badge and PIN.
    BadgePin,
    /// Badge and password.
    BadgePassword,
    /// Badge, password and one-time code.
    BadgePasswordTotp,
    /// Password.
    Password,
    /// Password and one-time code.
    PasswordTotp,
}

/// What the session's inactivity is, as the agent measured it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivityReport {
    /// Time since the last input; sleep of the machine counts.
    pub idle_ms: u64,
}

/// Where the session stands, by the server's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionStatus {
    /// Which.
    pub session_id: Uuid,
    /// Its state.
    pub state: SessionState,
    /// Time until it lapses or ends if nothing more is heard.
    pub inactivity_remaining_ms: u64,
    /// Time until the absolute limit.
    pub absolute_remaining_ms: u64,
    /// How long a tap alone still resumes and signs this person in; absent where it does not. It may have been ended or
    /// renewed elsewhere since it was last told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grace_remaining_ms: Option<u64>,
}

/// `open → lapsed → open | ended`, `open → ended`; `ended` is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// In use.
    Open,
    /// Its limit passed while its workstation was not heard: opens nothing, is not ended.
    Lapsed,
    /// Over, for good.
    Ended,
}

/// Back in contact: what the inactivity really was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdoptSession {
    /// Time since the last input now.
    pub idle_ms: u64,
    /// The longest inactivity since the server last answered this session.
    pub idle_longest_ms: u64,
}

/// The session goes on: `200`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SessionAdopted {
    /// Which.
    pub session_id: Uuid,
    /// Replaces the one before, which opens nothing any more.
    pub credential: WireSecret,
    /// Anew.
    pub limits: Limits,
}

/// The session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndSession {
    /// Why.
    pub cause: EndCause,
}

/// What is stored: the cause that came first stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionEnded {
    /// Which.
    pub session_id: Uuid,
    /// The cause on record.
    pub cause: EndCause,
}

/// Where a person is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MySessions {
    /// At most 100, the one uncovered longest ago first.
    pub sessions: Vec<MySession>,
}

/// One session of a person, as she is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MySession {
    /// Names it in `DELETE /v1/sessions/{id}`, cause `user-elsewhere`.
    pub session_id: Uuid,
    /// Name of its workstation, for example `WS-07`.
    pub workstation: String,
    /// Unit of its workstation, for example `ICU-3`; may be empty.
    pub unit: String,
    /// Since when; server time.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: String,
    /// Open, or lapsed.
    pub state: SessionState,
    /// Whether its screen is covered.
    pub is_covered: bool,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// She is signed out everywhere else, and the next tap asks for what is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignedOutElsewhere {
    /// What was ended.
    pub ended: Vec<SessionEnded>,
}

/// Ends what is still open for this workstation, except nothing: a starting agent holds no session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoverSessions {
    /// Ends the agent knows of and could not tell before; at most 100.
    pub ended: Vec<SessionEnded>,
}

/// What was ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionsRecovered {
    /// Every session that this call ended, and those of the request with the cause on record.
    pub ended: Vec<SessionEnded>,
}

/// Coded cause of every logout; the code system is `urn:tapward:logout-cause`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EndCause {
    /// The person pressed "Sign out".
    UserButton,
    /// The person tapped (policy `session.tap_out`).
    UserTap,
    /// Automatic logoff.
    Inactivity,
    /// The absolute limit.
    AbsoluteLimit,
    /// A colleague signed in here.
    TapOver,
    /// The person signed in elsewhere and policy moves the session.
    Moved,
    /// The person ended it from another workstation.
    UserElsewhere,
    /// An administrator.
    Admin,
    /// The account was disabled.
    Disabled,
    /// Password or TOTP was changed.
    CredentialChanged,
    /// Policy forbids it now.
    Policy,
    /// The machine slept.
    Suspend,
    /// The workstation shut down.
    Shutdown,
    /// The agent was gone and came back.
    CrashRecovered,
    /// The workstation was not heard for too long.
    ContactLost,
    /// The workstation was revoked.
    WorkstationRevoked,
    /// The agent could not keep a promise (disk, keychain, cover).
    FailClosed,
    /// The agent was updated.
    Update,
    /// Offline time was over.
    OfflineExpired,
}
