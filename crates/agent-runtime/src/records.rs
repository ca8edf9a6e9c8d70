//! What the core owes the record, as `audit` writes it down.

use agent_core::{
    command::{EndCause, OwedRecord},
    event::RecordKey,
    ids::User,
};
use audit::{
    codes::LogoutCause,
    record::{Alert, AuditRecord, Factors, Source, UserRef, What, WorkstationRef},
};
use jiff::Timestamp;
use uuid::Uuid;

/// How the core will be told that the record is on disk.
pub(crate) const fn key(owed: &OwedRecord) -> RecordKey {
    match owed {
        OwedRecord::Login { session, .. } => RecordKey::Login(*session),
        OwedRecord::Logout { session, .. } => RecordKey::Logout(*session),
        OwedRecord::FailedClosed(_) => RecordKey::FailedClosed,
        OwedRecord::ClockJumped => RecordKey::Other,
    }
}

/// The record; `None` for a login or logout at a workstation that does not know who it is.
pub(crate) fn record(
    owed: OwedRecord,
    at: Timestamp,
    workstation: Option<WorkstationRef>,
    factors: Factors,
) -> Option<AuditRecord> {
    Some(match owed {
        OwedRecord::Login { session, user } => {
            AuditRecord::login(Source::Agent, at, workstation?, user_ref(user), session.0, factors)
        }
        OwedRecord::Logout { session, user, cause } => AuditRecord::logout(
            Source::Agent,
            at,
            workstation?,
            user_ref(user),
            session.0,
            logout_cause(cause),
        ),
        OwedRecord::FailedClosed(_) => {
            other(at, workstation, What::SecurityAlert { alert: Alert::FailedClosed })
        }
        OwedRecord::ClockJumped => other(at, workstation, What::SecurityAlert { alert: Alert::ClockJumped }),
    })
}

/// A record that is no login and no logout.
pub(crate) fn other(at: Timestamp, workstation: Option<WorkstationRef>, what: What) -> AuditRecord {
    AuditRecord::other(Uuid::new_v4(), Source::Agent, at, workstation, None, what)
}

fn user_ref(user: User) -> UserRef {
    UserRef { id: user.id.0, display_name: user.display_name }
}

const fn logout_cause(cause: EndCause) -> LogoutCause {
    match cause {
        EndCause::UserButton => LogoutCause::UserButton,
        EndCause::UserTap => LogoutCause::UserTap,
        EndCause::Inactivity => LogoutCause::Inactivity,
        EndCause::AbsoluteLimit => LogoutCause::AbsoluteLimit,
        EndCause::TapOver => LogoutCause::TapOver,
        EndCause::Moved => LogoutCause::Moved,
        EndCause::UserElsewhere => LogoutCause::UserElsewhere,
        EndCause::Admin => LogoutCause::Admin,
        EndCause::Disabled => LogoutCause::Disabled,
        EndCause::CredentialChanged => LogoutCause::CredentialChanged,
        EndCause::Policy => LogoutCause::Policy,
        EndCause::Suspend => LogoutCause::Suspend,
        EndCause::Shutdown => LogoutCause::Shutdown,
        EndCause::CrashRecovered => LogoutCause::CrashRecovered,
        EndCause::ContactLost => LogoutCause::ContactLost,
        EndCause::WorkstationRevoked => LogoutCause::WorkstationRevoked,
        EndCause::FailClosed => LogoutCause::FailClosed,
        EndCause::Update => LogoutCause::Update,
        EndCause::OfflineExpired => LogoutCause::OfflineExpired,
    }
}
