//! The audit record.
//!
//! # Ids
//! A login and a logout are named by UUIDv5 of (session id, `login` or `logout`): whoever of agent and
//! server writes first, there is one. Every other record has a random id made by its writer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Version of [`AuditRecord`]'s shape; a reader refuses a higher one.
pub const RECORD_VERSION: u16 = 1;

/// Namespace of the ids of login and logout records.
const SESSION_RECORD_NAMESPACE: Uuid = Uuid::from_u128(0x9d2c_5b0e_4c0f_5a86_8a35_6f0c_31de_77a1);

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditRecord {
    /// Stable id, see the module's documentation.
    pub id: Uuid,
    /// [`RECORD_VERSION`] when written.
    pub version: u16,
    /// When it happened, by the writer's clock.
    pub recorded_at: Timestamp,
    /// Who wrote it down.
    pub source: Source,
    /// Where it happened; absent for what concerns the server alone.
    pub workstation: Option<WorkstationRef>,
    /// Whom it is about; absent where nobody is known.
    pub user: Option<UserRef>,
    /// The session it belongs to.
    pub session_id: Option<Uuid>,
    /// What happened.
    pub what: What,
}

/// Who wrote a record down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The agent of the record's workstation.
    Agent,
    /// The session server.
    Server,
}

/// A workstation as a record names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkstationRef {
    /// Its id.
    pub id: Uuid,
    /// Its name when the record was written, for example `WS-07`.
    pub name: String,
}

/// A person as a record names her.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserRef {
    /// Opaque id.
    pub id: Uuid,
    /// Display name when the record was written.
    pub display_name: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// A person signed in (110114 / 110122, outcome 0).
    Login {
        /// How.
        factors: Factors,
    },
    /// A sign-in was refused (110114 / 110122, outcome 4).
    LoginRefused {
        /// The problem code, for example `sign_in.refused`.
        reason: String,
    },
    /// A session ended (110114 / 110123).
    Logout {
        /// Its coded cause in kebab case, one of `codes`' logout causes.
        cause: String,
    },
    /// The agent or the server started (110100 / 110120).
    ApplicationStarted,
    /// The agent or the server stopped (110100 / 110121).
    ApplicationStopped,
    /// A workstation enrolled, or was refused (110113 / 110126 when refused).
    Enrolment {
        /// Whether it was accepted.
        is_accepted: bool,
    },
    /// Something an officer should look at (110113 and the alert's own code).
    SecurityAlert {
        /// Which.
        alert: Alert,
    },
    /// An administrator changed something (110113 / 110129, or 110137 for a person's authenticators).
    Administration {
        /// What, as the command is called: `user.add`, `user.disable`, `totp.reset`, …
        action: String,
    },
    /// The audit record was read (110101).
    TrailRead {
        /// Which auditor's token, by its name.
        auditor: String,
    },
}

/// How a person proved herself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factors {
    /// Name, password and one-time code.
    PasswordTotp,
    /// Name and password.
    Password,
}

/// Kinds of security alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alert {
    /// A workstation nobody knows, or a revoked one, asked for something (110126).
    WorkstationRefused,
    /// Two machines use one workstation's key (110126).
    WorkstationCloned,
    /// The wall clock jumped by more than two minutes (110129).
    ClockJumped,
    /// A stored record could not be read back and was set aside (110134).
    RecordQuarantined,
    /// The agent could not keep a promise and covered the screen (110113).
    FailedClosed,
    /// A safeguard is weakened by a `danger_allow_…` key (110129).
    SafeguardWeakened,
    /// Input failures reached the limit of a name at a workstation (110113).
    LockedOut,
}

impl AuditRecord {
    /// The id of the login record of `session`.
    #[must_use]
    pub fn login_id(session: Uuid) -> Uuid {
        session_record_id(session, "login")
    }

    /// The id of the logout record of `session`.
    #[must_use]
    pub fn logout_id(session: Uuid) -> Uuid {
        session_record_id(session, "logout")
    }
}

fn session_record_id(session: Uuid, moment: &str) -> Uuid {
    let mut name = session.as_bytes().to_vec();
    name.extend_from_slice(moment.as_bytes());
    Uuid::new_v5(&SESSION_RECORD_NAMESPACE, &name)
}
