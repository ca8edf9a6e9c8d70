//! The codes in which records are told to others.
//!
//! DICOM PS3.15 A.5.3 names the kinds of event (from the code system "DCM", PS3.16 CID 400 to 403); the
//! FHIR terminology names roles and outcomes; what neither has a word for is ours, under `urn:tapward:`.

/// One code of a code system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The code system's URI.
    pub system: &'static str,
    /// The code.
    pub code: &'static str,
    /// Its text, as the code system spells it.
    pub display: &'static str,
}

/// DICOM controlled terminology.
pub const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
/// FHIR: the kind of system that reports.
pub const SECURITY_SOURCE_TYPE: &str = "http://terminology.hl7.org/CodeSystem/security-source-type";
/// FHIR: the kind of thing an event touched.
pub const AUDIT_ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
/// FHIR: the part that thing played.
pub const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
/// FHIR: the kind of participant.
pub const SECURITY_ROLE_TYPE: &str = "http://terminology.hl7.org/CodeSystem/extra-security-role-type";

/// Ours: why a session ended.
pub const LOGOUT_CAUSE: &str = "urn:tapward:logout-cause";
/// Ours: how a person proved herself.
pub const FACTORS: &str = "urn:tapward:factors";
/// Ours: why a sign-in was refused; the codes are the server's problem codes.
pub const PROBLEM: &str = "urn:tapward:problem";
/// Ours: kinds of security alert.
pub const SECURITY_ALERT: &str = "urn:tapward:security-alert";
/// Ours: which safeguard failed.
pub const FAIL_CLOSED_CAUSE: &str = "urn:tapward:fail-closed-cause";
/// Ours: a screen was covered whose session goes on, or uncovered again.
pub const STEPPING_AWAY: &str = "urn:tapward:stepping-away";
/// Ours: why a screen was covered whose session goes on.
pub const CONCEAL_CAUSE: &str = "urn:tapward:conceal-cause";
/// Ours: how the holder of a covered session proved herself.
pub const RESUME_METHOD: &str = "urn:tapward:resume-method";
/// Ours: what became of an app of a session.
pub const APP_OUTCOME: &str = "urn:tapward:app-outcome";
/// Ours: what an administrator did.
pub const ADMINISTRATION: &str = "urn:tapward:administration";

const fn dicom(code: &'static str, display: &'static str) -> Code {
    Code { system: DICOM, code, display }
}

/// A.5.3.1.
pub const APPLICATION_ACTIVITY: Code = dicom("110100", "Application Activity");
/// A.5.3.2.
pub const AUDIT_LOG_USED: Code = dicom("110101", "Audit Log Used");
/// A.5.3.11.
pub const SECURITY_ALERT_EVENT: Code = dicom("110113", "Security Alert");
/// A.5.3.12.
pub const USER_AUTHENTICATION: Code = dicom("110114", "User Authentication");
/// A.5.3.1.
pub const APPLICATION_START: Code = dicom("110120", "Application Start");
/// A.5.3.1.
pub const APPLICATION_STOP: Code = dicom("110121", "Application Stop");
/// A.5.3.12.
pub const LOGIN: Code = dicom("110122", "Login");
/// A.5.3.12.
pub const LOGOUT: Code = dicom("110123", "Logout");
/// PS3.16 CID 403.
pub const NODE_AUTHENTICATION: Code = dicom("110126", "Node Authentication");
/// PS3.16 CID 403.
pub const SECURITY_CONFIGURATION: Code = dicom("110129", "Security Configuration");
/// PS3.16 CID 403; the capitals are the standard's.
pub const USER_SECURITY_ATTRIBUTES_CHANGED: Code = dicom("110137", "User security Attributes Changed");

/// The part of a person among an event's participants.
pub const HUMAN_USER: Code = Code { system: SECURITY_ROLE_TYPE, code: "humanuser", display: "human user" };
/// The part of a program among an event's participants.
pub const APPLICATION: Code = dicom("110150", "Application");
/// The part of the device an event began at.
pub const SOURCE: Code = dicom("110153", "Source Role ID");

/// A workstation reports.
pub const USER_DEVICE: Code = Code { system: SECURITY_SOURCE_TYPE, code: "1", display: "User Device" };
/// The session server reports.
pub const SECURITY_SERVER: Code =
    Code { system: SECURITY_SOURCE_TYPE, code: "6", display: "Security Server" };

/// A person was touched.
pub const PERSON: Code = Code { system: AUDIT_ENTITY_TYPE, code: "1", display: "Person" };
/// A thing of a computer was touched.
pub const SYSTEM_OBJECT: Code = Code { system: AUDIT_ENTITY_TYPE, code: "2", display: "System Object" };
/// The person is touched as an account.
pub const SECURITY_USER_ENTITY: Code =
    Code { system: OBJECT_ROLE, code: "11", display: "Security User Entity" };
/// The thing guards something.
pub const SECURITY_RESOURCE: Code = Code { system: OBJECT_ROLE, code: "13", display: "Security Resource" };

/// Who brought a logout about (DICOM PS3.15 A.5.3.12, note: with a logout timer the node may be the
/// requestor).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestedBy {
    /// The person herself.
    User,
    /// The workstation, by its own clock or because of its own state.
    Workstation,
    /// The session server, by policy or for an administrator.
    Server,
}

/// Coded cause of a logout; the code system is [`LOGOUT_CAUSE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogoutCause {
    /// The person pressed "Sign out".
    UserButton,
    /// The person tapped, where policy makes a tap end the session.
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
    /// An administrator ended it.
    Admin,
    /// The account was disabled.
    Disabled,
    /// Password or TOTP was changed.
    CredentialChanged,
    /// Policy forbids it now.
    Policy,
    /// The machine slept past the limit.
    Suspend,
    /// The workstation shut down.
    Shutdown,
    /// The agent was gone and came back.
    CrashRecovered,
    /// The server had not heard the workstation for too long.
    ContactLost,
    /// The workstation was revoked.
    WorkstationRevoked,
    /// The agent could not keep a promise.
    FailClosed,
    /// The agent was updated.
    Update,
    /// Offline time was over.
    OfflineExpired,
}

impl LogoutCause {
    /// Every cause.
    pub const ALL: [Self; 19] = [
        Self::UserButton,
        Self::UserTap,
        Self::Inactivity,
        Self::AbsoluteLimit,
        Self::TapOver,
        Self::Moved,
        Self::UserElsewhere,
        Self::Admin,
        Self::Disabled,
        Self::CredentialChanged,
        Self::Policy,
        Self::Suspend,
        Self::Shutdown,
        Self::CrashRecovered,
        Self::ContactLost,
        Self::WorkstationRevoked,
        Self::FailClosed,
        Self::Update,
        Self::OfflineExpired,
    ];

    /// The cause with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.code().code == code)
    }

    /// Its code and text.
    #[must_use]
    pub const fn code(self) -> Code {
        let (code, display) = match self {
            Self::UserButton => ("user-button", "Signed out by the user"),
            Self::UserTap => ("user-tap", "Signed out by the user's badge"),
            Self::Inactivity => ("inactivity", "Automatic logoff after inactivity"),
            Self::AbsoluteLimit => ("absolute-limit", "Absolute session limit reached"),
            Self::TapOver => ("tap-over", "Another user signed in at this workstation"),
            Self::Moved => ("moved", "Moved to another workstation"),
            Self::UserElsewhere => ("user-elsewhere", "Ended by the user from another workstation"),
            Self::Admin => ("admin", "Ended by an administrator"),
            Self::Disabled => ("disabled", "Account disabled"),
            Self::CredentialChanged => ("credential-changed", "Password or second factor changed"),
            Self::Policy => ("policy", "Not permitted by policy"),
            Self::Suspend => ("suspend", "Workstation slept past the limit"),
            Self::Shutdown => ("shutdown", "Workstation shut down"),
            Self::CrashRecovered => ("crash-recovered", "Closed after the agent had stopped unexpectedly"),
            Self::ContactLost => ("contact-lost", "Workstation not heard by the server for too long"),
            Self::WorkstationRevoked => ("workstation-revoked", "Workstation revoked"),
            Self::FailClosed => ("fail-closed", "Closed because a safeguard failed"),
            Self::Update => ("update", "Agent updated"),
            Self::OfflineExpired => ("offline-expired", "Permitted offline time over"),
        };
        Code { system: LOGOUT_CAUSE, code, display }
    }

    /// Who brought it about.
    #[must_use]
    pub const fn requested_by(self) -> RequestedBy {
        match self {
            Self::UserButton | Self::UserTap | Self::Moved | Self::UserElsewhere => RequestedBy::User,
            Self::Inactivity
            | Self::AbsoluteLimit
            | Self::TapOver
            | Self::Suspend
            | Self::Shutdown
            | Self::CrashRecovered
            | Self::FailClosed
            | Self::Update
            | Self::OfflineExpired => RequestedBy::Workstation,
            Self::Admin
            | Self::Disabled
            | Self::CredentialChanged
            | Self::Policy
            | Self::ContactLost
            | Self::WorkstationRevoked => RequestedBy::Server,
        }
    }
}

/// Which safeguard failed, so that the screen was covered and nobody could sign in; the code system is
/// [`FAIL_CLOSED_CAUSE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailClosedCause {
    /// No server has enrolled the workstation.
    NotEnrolled,
    /// The server does not know the workstation's key.
    WorkstationUnknown,
    /// The workstation was revoked.
    WorkstationRevoked,
    /// Two machines use the workstation's key.
    WorkstationCloned,
    /// The keychain is locked, missing, refusing or mute.
    KeychainUnavailable,
    /// Records cannot be put on disk.
    SpoolUnavailable,
    /// No room is left for records.
    SpoolFull,
    /// The cover cannot be confirmed.
    CoverUnconfirmed,
    /// Inactivity cannot be measured.
    InactivityUnknown,
    /// What the person before had running, or left, cannot be cleared away.
    AppsLeft,
    /// The configuration cannot be read.
    ConfigInvalid,
}

impl FailClosedCause {
    /// Every cause.
    pub const ALL: [Self; 11] = [
        Self::NotEnrolled,
        Self::WorkstationUnknown,
        Self::WorkstationRevoked,
        Self::WorkstationCloned,
        Self::KeychainUnavailable,
        Self::SpoolUnavailable,
        Self::SpoolFull,
        Self::CoverUnconfirmed,
        Self::InactivityUnknown,
        Self::ConfigInvalid,
        Self::AppsLeft,
    ];

    /// The cause with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.code().code == code)
    }

    /// Its code and text.
    #[must_use]
    pub const fn code(self) -> Code {
        let (code, display) = match self {
            Self::NotEnrolled => ("not-enrolled", "The workstation is not enrolled"),
            Self::WorkstationUnknown => ("workstation-unknown", "The server does not know the workstation"),
            Self::WorkstationRevoked => ("workstation-revoked", "The workstation was revoked"),
            Self::WorkstationCloned => ("workstation-cloned", "Two machines use the workstation's key"),
            Self::KeychainUnavailable => ("keychain-unavailable", "The keychain does not answer"),
            Self::SpoolUnavailable => ("spool-unavailable", "Records cannot be put on disk"),
            Self::SpoolFull => ("spool-full", "No room is left for records"),
            Self::CoverUnconfirmed => ("cover-unconfirmed", "The cover cannot be confirmed"),
            Self::InactivityUnknown => ("inactivity-unknown", "Inactivity cannot be measured"),
            Self::AppsLeft => ("apps-left", "What the person before left cannot be cleared away"),
            Self::ConfigInvalid => ("config-invalid", "The configuration cannot be read"),
        };
        Code { system: FAIL_CLOSED_CAUSE, code, display }
    }
}

/// FHIR R4 `AuditEvent.outcome`. For an alert DICOM PS3.15 A.5.3.11 reads it as how far the safeguards
/// held: success is information, minor and serious say that they held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 0.
    Success,
    /// 4.
    MinorFailure,
    /// 8.
    SeriousFailure,
}

impl Outcome {
    /// Its code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Success => "0",
            Self::MinorFailure => "4",
            Self::SeriousFailure => "8",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_is_found_by_its_own_code_and_by_no_other() {
        for cause in LogoutCause::ALL {
            assert_eq!(LogoutCause::from_code(cause.code().code), Some(cause));
        }
        for unknown in ["", "Inactivity", "inactivity ", "idle", "user_button"] {
            assert_eq!(LogoutCause::from_code(unknown), None, "{unknown:?}");
        }
    }

    #[test]
    fn every_failed_safeguard_is_found_by_its_own_code_and_by_no_other() {
        for cause in FailClosedCause::ALL {
            assert_eq!(FailClosedCause::from_code(cause.code().code), Some(cause));
        }
        for unknown in ["", "SpoolFull", "spool_full", "spool-full "] {
            assert_eq!(FailClosedCause::from_code(unknown), None, "{unknown:?}");
        }
    }

    #[test]
    fn an_automatic_logoff_is_requested_by_the_workstation() {
        for cause in [LogoutCause::Inactivity, LogoutCause::AbsoluteLimit, LogoutCause::Suspend] {
            assert_eq!(cause.requested_by(), RequestedBy::Workstation);
        }
        assert_eq!(LogoutCause::UserButton.requested_by(), RequestedBy::User);
        assert_eq!(LogoutCause::Disabled.requested_by(), RequestedBy::Server);
    }
}
