//! The audit record.
//!
//! # Ids
//! A login and a logout are named by UUIDv5 of (session id, `login` or `logout`): whoever of agent and
//! server writes first, there is one. Every other record has a random id made by its writer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    apps::AppOutcome,
    codes::{FailClosedCause, LogoutCause},
    stepping_away::{ConcealCause, ResumeMethod},
};

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

/// What happened. Texts are codes, never words of a person: no record has room for a patient's data.
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
    /// The screen was covered and the session kept (110114; DICOM has no code for it beside login and logout).
    Concealed {
        /// Why.
        cause: ConcealCause,
    },
    /// The holder of a covered session is back (110114, as above).
    Resumed {
        /// How she proved herself.
        method: ResumeMethod,
    },
    /// What became of an app of a session (110100, with a code of our own: DICOM knows start and stop of our own program only).
    App {
        /// Which, as policy names it.
        app: String,
        /// What.
        outcome: AppOutcome,
    },
    /// The agent or the server started (110100 / 110120).
    ApplicationStarted,
    /// The agent or the server stopped (110100 / 110121).
    ApplicationStopped,
    /// A workstation enrolled, or was refused (110113 / 110126; the outcome tells which).
    Enrolment {
        /// Whether it was accepted.
        is_accepted: bool,
    },
    /// Something an officer should look at (110113 and the alert's own code).
    SecurityAlert {
        /// Which.
        alert: Alert,
    },
    /// The agent could not keep a promise: the screen is covered and nobody signs in (110113).
    FailedClosed {
        /// Its coded cause in kebab case, one of `codes`' fail-closed causes.
        cause: String,
    },
    /// An administrator changed something (110113 / 110129, or 110137 for a person's authenticators), or she herself, at a
    /// workstation: then the record names both.
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
    /// A badge within the grace period.
    Badge,
    /// Badge and PIN.
    BadgePin,
    /// Badge and password.
    BadgePassword,
    /// Badge and one-time code.
    BadgeTotp,
    /// Badge, password and one-time code.
    BadgePasswordTotp,
}

impl Factors {
    /// Every set.
    pub const ALL: [Self; 7] = [
        Self::PasswordTotp,
        Self::Password,
        Self::Badge,
        Self::BadgePin,
        Self::BadgePassword,
        Self::BadgeTotp,
        Self::BadgePasswordTotp,
    ];

    /// Password and one-time code, a combination permitted at AAL2 (NIST SP 800-63B-4, 2.2.1), with or without a badge.
    #[must_use]
    pub const fn is_strong(self) -> bool {
        matches!(self, Self::PasswordTotp | Self::BadgePasswordTotp)
    }
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
    /// A stored record could not be read back, or was refused by the endpoint, and was set aside (110113;
    /// DICOM has no narrower code: its 110133 and 110134 are auditing as a whole, stopped and started).
    RecordQuarantined,
    /// Room for the workstation's records runs out: they do not leave, or the disk is full (110113).
    SpoolFilling,
    /// The spool's file was damaged, or its key lost: it was kept under another name, and a fresh one was begun (110113).
    SpoolSetAside,
    /// A policy file was refused, or is gone, so that another policy is in force (110129).
    PolicyRefused,
    /// A safeguard is weakened by a `danger_allow_…` key (110129).
    SafeguardWeakened,
    /// Input failures reached the limit of a name at a workstation (110113).
    LockedOut,
    /// One badge was presented at two workstations within a time in which nobody walks from one to the other (110113).
    BadgeInTwoPlaces,
    /// One badge after the other that nobody has was presented at a workstation (110113).
    UnknownBadges,
}

impl Alert {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::WorkstationRefused,
        Self::WorkstationCloned,
        Self::ClockJumped,
        Self::RecordQuarantined,
        Self::SpoolFilling,
        Self::SpoolSetAside,
        Self::PolicyRefused,
        Self::SafeguardWeakened,
        Self::LockedOut,
        Self::BadgeInTwoPlaces,
        Self::UnknownBadges,
    ];
}

/// The name of a person, a workstation or an auditor's token is at most this many bytes of UTF-8: 64
/// characters of whatever script.
pub const NAME_SIZE_BYTES_MAX: usize = 256;
/// A code (refusal reason, administrator's action) is at most this many bytes.
pub const CODE_SIZE_BYTES_MAX: usize = 64;

/// What a record says that no record may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Written by a newer program, or by none.
    #[error("the record has version {found}; this program reads up to {RECORD_VERSION}")]
    Version {
        /// The version found.
        found: u16,
    },
    /// The id is not the one that the kind of record asks for.
    #[error("the record's id is not the id of what it records")]
    Id,
    /// The time lies before 1970.
    #[error("the record's time lies before 1970")]
    Time,
    /// A name or code is empty, too long or has characters it may not have.
    #[error("`{field}` is empty, too long or has characters it may not have")]
    Text {
        /// Which.
        field: &'static str,
    },
    /// The kind of record needs a field that is absent, or has one it must not have.
    #[error("`{field}` does not belong with this kind of record, or is missing from it")]
    Shape {
        /// Which.
        field: &'static str,
    },
}

impl AuditRecord {
    /// A person signed in: written by agent or server, once.
    #[must_use]
    pub fn login(
        source: Source,
        at: Timestamp,
        workstation: WorkstationRef,
        user: UserRef,
        session: Uuid,
        factors: Factors,
    ) -> Self {
        Self {
            id: Self::login_id(session),
            version: RECORD_VERSION,
            recorded_at: to_millisecond(at),
            source,
            workstation: Some(workstation),
            user: Some(user),
            session_id: Some(session),
            what: What::Login { factors },
        }
    }

    /// A session ended: written by agent or server, once.
    #[must_use]
    pub fn logout(
        source: Source,
        at: Timestamp,
        workstation: WorkstationRef,
        user: UserRef,
        session: Uuid,
        cause: LogoutCause,
    ) -> Self {
        Self {
            id: Self::logout_id(session),
            version: RECORD_VERSION,
            recorded_at: to_millisecond(at),
            source,
            workstation: Some(workstation),
            user: Some(user),
            session_id: Some(session),
            what: What::Logout { cause: cause.code().code.to_owned() },
        }
    }

    /// What happened within a session, as its workstation saw it: [`What::Concealed`], [`What::Resumed`] or [`What::App`]. `id` is
    /// a fresh random one (UUID, version 4).
    #[must_use]
    pub fn within(
        id: Uuid,
        at: Timestamp,
        workstation: WorkstationRef,
        user: UserRef,
        session: Uuid,
        what: What,
    ) -> Self {
        Self {
            session_id: Some(session),
            ..Self::other(id, Source::Agent, at, Some(workstation), Some(user), what)
        }
    }

    /// Any record that is no login and no logout. `id` is a fresh random one (UUID, version 4).
    #[must_use]
    pub fn other(
        id: Uuid,
        source: Source,
        at: Timestamp,
        workstation: Option<WorkstationRef>,
        user: Option<UserRef>,
        what: What,
    ) -> Self {
        Self {
            id,
            version: RECORD_VERSION,
            recorded_at: to_millisecond(at),
            source,
            workstation,
            user,
            session_id: None,
            what,
        }
    }

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

    /// Whether this record may be stored and told: asked before writing and after reading.
    ///
    /// # Errors
    /// [`RecordError`] names the first thing that does not hold.
    pub fn check(&self) -> Result<(), RecordError> {
        if self.version != RECORD_VERSION {
            return Err(RecordError::Version { found: self.version });
        }
        // From 1970 on: a workstation whose clock has lost its battery still writes.
        if self.recorded_at < Timestamp::UNIX_EPOCH {
            return Err(RecordError::Time);
        }
        self.check_texts()?;
        self.check_shape()?;
        self.check_id()
    }

    fn check_texts(&self) -> Result<(), RecordError> {
        if let Some(workstation) = &self.workstation {
            check_name(&workstation.name, "workstation.name")?;
        }
        if let Some(user) = &self.user {
            check_name(&user.display_name, "user.display_name")?;
        }
        match &self.what {
            What::LoginRefused { reason } => check_code(reason, "reason"),
            What::Logout { cause } => {
                LogoutCause::from_code(cause).map(|_| ()).ok_or(RecordError::Text { field: "cause" })
            }
            What::FailedClosed { cause } => {
                FailClosedCause::from_code(cause).map(|_| ()).ok_or(RecordError::Text { field: "cause" })
            }
            What::App { app, .. } => check_code(app, "app"),
            What::Administration { action } => check_code(action, "action"),
            What::TrailRead { auditor } => check_name(auditor, "auditor"),
            What::Login { .. }
            | What::Concealed { .. }
            | What::Resumed { .. }
            | What::ApplicationStarted
            | What::ApplicationStopped
            | What::Enrolment { .. }
            | What::SecurityAlert { .. } => Ok(()),
        }
    }

    fn check_shape(&self) -> Result<(), RecordError> {
        let is_agents = self.source == Source::Agent;
        require(!is_agents || self.workstation.is_some(), "workstation")?;
        match &self.what {
            What::Login { .. } | What::Logout { .. } => {
                require(self.workstation.is_some(), "workstation")?;
                require(self.user.is_some(), "user")?;
                require(self.session_id.is_some(), "session_id")
            }
            What::Concealed { .. } | What::Resumed { .. } | What::App { .. } => {
                require(is_agents, "source")?;
                require(self.user.is_some(), "user")?;
                require(self.session_id.is_some(), "session_id")
            }
            What::LoginRefused { .. } => {
                require(self.workstation.is_some(), "workstation")?;
                require(self.session_id.is_none(), "session_id")
            }
            What::ApplicationStarted | What::ApplicationStopped => {
                require(is_agents == self.workstation.is_some(), "workstation")?;
                require(self.user.is_none(), "user")?;
                require(self.session_id.is_none(), "session_id")
            }
            What::SecurityAlert { .. } => Ok(()),
            What::FailedClosed { .. } => {
                require(is_agents, "source")?;
                require(self.user.is_none(), "user")?;
                require(self.session_id.is_none(), "session_id")
            }
            What::Enrolment { is_accepted } => {
                require(!is_agents, "source")?;
                require(!is_accepted || self.workstation.is_some(), "workstation")?;
                require(self.user.is_none(), "user")?;
                require(self.session_id.is_none(), "session_id")
            }
            What::Administration { .. } => require(!is_agents, "source"),
            What::TrailRead { .. } => {
                require(!is_agents, "source")?;
                require(self.workstation.is_none(), "workstation")?;
                require(self.user.is_none(), "user")?;
                require(self.session_id.is_none(), "session_id")
            }
        }
    }

    fn check_id(&self) -> Result<(), RecordError> {
        let is_right = match (&self.what, self.session_id) {
            (What::Login { .. }, Some(session)) => self.id == Self::login_id(session),
            (What::Logout { .. }, Some(session)) => self.id == Self::logout_id(session),
            // A random id, so that nobody can take the place of a login or logout still to come.
            _ => self.id.get_version_num() == 4,
        };
        if is_right { Ok(()) } else { Err(RecordError::Id) }
    }
}

fn to_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

fn require(holds: bool, field: &'static str) -> Result<(), RecordError> {
    if holds { Ok(()) } else { Err(RecordError::Shape { field }) }
}

fn check_name(name: &str, field: &'static str) -> Result<(), RecordError> {
    let is_bounded = !name.trim().is_empty() && name.len() <= NAME_SIZE_BYTES_MAX;
    if is_bounded && !name.chars().any(char::is_control) { Ok(()) } else { Err(RecordError::Text { field }) }
}

fn check_code(code: &str, field: &'static str) -> Result<(), RecordError> {
    let is_bounded = !code.is_empty() && code.len() <= CODE_SIZE_BYTES_MAX;
    let is_code = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    if is_bounded && code.chars().all(is_code) { Ok(()) } else { Err(RecordError::Text { field }) }
}

fn session_record_id(session: Uuid, moment: &str) -> Uuid {
    let mut name = session.as_bytes().to_vec();
    name.extend_from_slice(moment.as_bytes());
    Uuid::new_v5(&SESSION_RECORD_NAMESPACE, &name)
}
