//! What commands ask and what they are answered: the JSON of `--json`.

use audit::record::AuditRecord;
use jiff::Timestamp;
use protocol::{
    secret::WireSecret,
    v1::{badge::BadgeGrade, session::SessionState},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::badge_import::{ImportLine, Imported};
use crate::spool_recovery::Recovered;

/// One command.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// `user add`
    UserAdd {
        /// What she types.
        name: String,
        /// What the screen shows.
        display_name: String,
        /// For example `RN`.
        role: Option<String>,
        /// Absent: one is made and answered.
        password: Option<WireSecret>,
    },
    /// `user list`
    UserList,
    /// `user disable`, `user enable`
    UserDisable {
        /// Whom.
        name: String,
        /// `false` enables again.
        is_disabled: bool,
    },
    /// `user totp`
    UserTotp {
        /// Whose.
        name: String,
    },
    /// `user reset`
    UserReset {
        /// Whose.
        name: String,
        /// Absent: one is made and answered.
        password: Option<WireSecret>,
    },
    /// `user pin`
    UserPin {
        /// Whose.
        name: String,
        /// Six digits or more.
        pin: WireSecret,
    },
    /// `badge enrol`
    BadgeEnrol {
        /// Whose.
        name: String,
        /// As a reader reads it.
        number: WireSecret,
        /// What it proves.
        grade: BadgeGrade,
    },
    /// `badge find`
    BadgeFind {
        /// As a reader reads it.
        number: WireSecret,
    },
    /// `badge revoke`: one, or all of a person.
    BadgeRevoke {
        /// Which.
        badge_id: Option<Uuid>,
        /// Whose.
        name: Option<String>,
    },
    /// `badge list`, page by page.
    BadgeList {
        /// Whose; absent: everybody's.
        #[serde(default)]
        of: Option<String>,
        /// What `next` told with the page before.
        #[serde(default)]
        after: Option<BadgeMark>,
    },
    /// `badge import`: all at once, or batch by batch.
    BadgeImport {
        /// At most [`super::badge_import::ROWS_MAX`], or [`super::badge_import::BATCH_ROWS`] where the good ones are asked for.
        lines: Vec<ImportLine>,
        /// Whether one bad row leaves all as it was.
        is_all_or_none: bool,
    },
    /// `workstation code`
    WorkstationCode {
        /// How many workstations it enrols.
        uses: u32,
        /// For how long.
        expires_in_s: u64,
        /// Name of the workstation; absent: the server names it.
        name: Option<String>,
        /// Unit of the workstation.
        unit: Option<String>,
    },
    /// `workstation codes`
    WorkstationCodes,
    /// `workstation withdraw-code`
    WorkstationWithdrawCode {
        /// Which.
        code_id: Uuid,
    },
    /// `workstation list`
    WorkstationList,
    /// `workstation revoke`
    WorkstationRevoke {
        /// Name or id.
        workstation: String,
    },
    /// `session list`
    SessionList,
    /// `session end`
    SessionEnd {
        /// Which.
        session_id: Uuid,
    },
    /// `auditor token`
    AuditorToken {
        /// Who will hold it.
        name: String,
        /// For how long.
        expires_in_s: u64,
    },
    /// `auditor list`
    AuditorList,
    /// `auditor revoke`
    AuditorRevoke {
        /// Whose.
        name: String,
    },
    /// `spool recover`, batch by batch.
    SpoolRecover {
        /// Whose spool.
        workstation_id: Uuid,
        /// Of the key that signed the spool's sealed key.
        key_thumbprint: String,
        /// Whether a run begins with it.
        is_first: bool,
        /// At most [`super::spool::BATCH_RECORDS_MAX`].
        records: Vec<AuditRecord>,
    },
}

/// One answer. Secrets stand in it once; the server keeps none of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// A person's authenticators, to be handed over.
    Authenticators {
        /// Who.
        user_id: Uuid,
        /// As compared.
        name: String,
        /// Only when the server made it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        password: Option<WireSecret>,
        /// Only when a TOTP secret was made: for an authenticator app.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        otpauth_url: Option<WireSecret>,
        /// Sessions that ended with it.
        sessions_ended: usize,
    },
    /// `user list`
    Users {
        /// By name.
        users: Vec<UserLine>,
    },
    /// An enrolment code, to be handed over.
    Code {
        /// For `workstation codes` and `workstation withdraw-code`; no secret.
        code_id: Uuid,
        /// All three parts.
        code: WireSecret,
        /// When it is over.
        expires_at: Timestamp,
    },
    /// `workstation codes`
    Codes {
        /// Oldest first.
        codes: Vec<CodeLine>,
    },
    /// `badge enrol`
    BadgeEnrolled {
        /// Its id; no part of its number.
        badge_id: Uuid,
        /// What it counts as now.
        grade: BadgeGrade,
        /// Whether it was not so before.
        is_changed: bool,
        /// Whether it was hers before, and counted as something else.
        is_grade_changed: bool,
    },
    /// `badge find`
    Badge {
        /// Which, and whose.
        badge: BadgeLine,
    },
    /// `badge list`
    Badges {
        /// By name of the holder.
        badges: Vec<BadgeLine>,
        /// Where the next page begins; absent with the last one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        next: Option<BadgeMark>,
    },
    /// `badge import`
    BadgesImported(Imported),
    /// `workstation list`
    Workstations {
        /// By name.
        workstations: Vec<WorkstationLine>,
    },
    /// `session list`
    Sessions {
        /// Oldest first.
        sessions: Vec<SessionLine>,
    },
    /// An auditor's token, to be handed over.
    Token {
        /// Whose.
        name: String,
        /// The token.
        token: WireSecret,
        /// When it is over.
        expires_at: Timestamp,
    },
    /// `auditor list`
    Auditors {
        /// By name.
        auditors: Vec<AuditorLine>,
    },
    /// What became of the records of one batch.
    SpoolBatch {
        /// Stored now.
        stored: u64,
        /// The record had them, or another under their id that stands.
        already_there: u64,
        /// Not this workstation's to tell.
        refused: u64,
    },
    /// `spool recover`, all batches together.
    Recovered(Recovered),
    /// It is so.
    Done {
        /// Whether it was not so before.
        is_changed: bool,
        /// Sessions that ended with it.
        sessions_ended: usize,
    },
}

/// A person in a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserLine {
    /// Opaque id.
    pub user_id: Uuid,
    /// As compared.
    pub name: String,
    /// As shown.
    pub display_name: String,
    /// For example `RN`.
    pub role: Option<String>,
    /// Whether the account signs nobody in.
    pub is_disabled: bool,
    /// Whether 100 failures suspended the password.
    pub is_password_suspended: bool,
    /// Whether 100 failures suspended the one-time codes.
    pub is_totp_suspended: bool,
    /// Whether 10 failures suspended the PIN.
    pub is_pin_suspended: bool,
}

/// The last line of a page of `badge list`, as it was there: the badge may be another person's when the next is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BadgeMark {
    /// Name of the holder.
    pub user_name: String,
    /// When.
    pub enrolled_at: Timestamp,
    /// Which.
    pub badge_id: Uuid,
}

/// A badge in a list. Its number is kept nowhere.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BadgeLine {
    /// Its id; no part of its number.
    pub badge_id: Uuid,
    /// Whose.
    pub user_name: String,
    /// What it proves.
    pub grade: BadgeGrade,
    /// When.
    pub enrolled_at: Timestamp,
    /// Whether it opens nothing any more.
    pub is_revoked: bool,
    /// When it was last presented.
    pub last_seen_at: Option<Timestamp>,
    /// Where that was.
    pub last_seen_workstation: Option<String>,
}

/// An enrolment code in a list. What it reads is kept nowhere.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CodeLine {
    /// Its id; no part of the code.
    pub code_id: Uuid,
    /// Name for the workstation; empty: the server names it.
    pub name: String,
    /// Unit for the workstation; may be empty.
    pub unit: String,
    /// How many workstations it may still enrol.
    pub uses_left: i64,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it is over.
    pub expires_at: Timestamp,
}

/// A workstation in a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WorkstationLine {
    /// Its id.
    pub workstation_id: Uuid,
    /// For example `WS-07`.
    pub name: String,
    /// For example `ICU-3`.
    pub unit: String,
    /// What it says of itself.
    pub host_name: String,
    /// What it says of itself.
    pub os: String,
    /// What it says of itself.
    pub agent_version: String,
    /// When.
    pub enrolled_at: Timestamp,
    /// To the minute.
    pub heard_at: Timestamp,
    /// Whether it was revoked.
    pub is_revoked: bool,
    /// Whether two machines use its key.
    pub is_cloned: bool,
}

/// A session in a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionLine {
    /// Its id.
    pub session_id: Uuid,
    /// Where it stands.
    pub state: SessionState,
    /// Who.
    pub user_name: String,
    /// Where.
    pub workstation: String,
    /// Since when.
    pub opened_at: Timestamp,
    /// When its workstation last spoke of it.
    pub last_heard_at: Timestamp,
}

/// An auditor's token in a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AuditorLine {
    /// Its name.
    pub name: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it is over.
    pub expires_at: Timestamp,
    /// Whether it was ended.
    pub is_revoked: bool,
}
