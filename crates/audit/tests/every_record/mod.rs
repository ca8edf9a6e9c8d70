//! One record of every kind, as a ward would make it.

use audit::{
    apps::AppOutcome,
    codes::{FailClosedCause, LogoutCause},
    record::{Alert, AuditRecord, Factors, Source, UserRef, What, WorkstationRef},
    stepping_away::{ConcealCause, ResumeMethod},
};
use jiff::Timestamp;
use uuid::{Uuid, uuid};

/// A record and the name under which documents and snapshots know it.
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) record: AuditRecord,
}

/// Every record Tapward writes, in the order of the document.
pub(crate) fn samples() -> Vec<Sample> {
    let mut samples = vec![
        sample(
            "login",
            AuditRecord::login(Source::Agent, at(0), ws(), maria(), SESSION, Factors::PasswordTotp),
        ),
        sample(
            "login_by_badge",
            AuditRecord::login(Source::Agent, at(0), ws(), maria(), SESSION, Factors::Badge),
        ),
        sample("login_refused", refused(None)),
        sample("login_refused_of_a_known_user", refused(Some(maria()))),
    ];
    samples.extend(LogoutCause::ALL.into_iter().map(|cause| {
        let name = format!("logout_{}", cause.code().code.replace('-', "_"));
        sample(&name, AuditRecord::logout(Source::Agent, at(960), ws(), maria(), SESSION, cause))
    }));
    samples.extend(ConcealCause::ALL.into_iter().zip(40..).map(|(cause, n)| {
        let name = format!("concealed_{}", cause.code().code.replace('-', "_"));
        sample(&name, within(n, What::Concealed { cause }))
    }));
    samples.extend(ResumeMethod::ALL.into_iter().zip(50..).map(|(method, n)| {
        let name = format!("resumed_{}", method.code().code.replace('-', "_"));
        sample(&name, within(n, What::Resumed { method }))
    }));
    samples.extend(AppOutcome::ALL.into_iter().zip(80..).map(|(outcome, n)| {
        let name = format!("app_{}", outcome.code().code.replace('-', "_"));
        sample(&name, within(n, What::App { app: "records".to_owned(), outcome }))
    }));
    samples.extend([
        sample("agent_started", other(1, Source::Agent, Some(ws()), None, What::ApplicationStarted)),
        sample("agent_stopped", other(2, Source::Agent, Some(ws()), None, What::ApplicationStopped)),
        sample("server_started", other(3, Source::Server, None, None, What::ApplicationStarted)),
        sample("server_stopped", other(4, Source::Server, None, None, What::ApplicationStopped)),
        sample(
            "enrolment",
            other(5, Source::Server, Some(ws()), None, What::Enrolment { is_accepted: true }),
        ),
        sample(
            "enrolment_refused",
            other(6, Source::Server, None, None, What::Enrolment { is_accepted: false }),
        ),
    ]);
    samples.extend(Alert::ALL.into_iter().zip((10..20).chain(60..)).map(|(alert, n)| {
        let source = match alert {
            Alert::WorkstationRefused
            | Alert::WorkstationCloned
            | Alert::LockedOut
            | Alert::BadgeInTwoPlaces
            | Alert::UnknownBadges => Source::Server,
            Alert::ClockJumped
            | Alert::RecordQuarantined
            | Alert::SpoolFilling
            | Alert::SpoolSetAside
            | Alert::PolicyRefused
            | Alert::SafeguardWeakened => Source::Agent,
        };
        let name = format!("alert_{}", spelled(alert));
        sample(&name, other(n, source, Some(ws()), None, What::SecurityAlert { alert }))
    }));
    samples.extend(FailClosedCause::ALL.into_iter().zip((30..40).chain(95..)).map(|(cause, n)| {
        let name = format!("failed_closed_{}", cause.code().code.replace('-', "_"));
        let what = What::FailedClosed { cause: cause.code().code.to_owned() };
        sample(&name, other(n, Source::Agent, Some(ws()), None, what))
    }));
    samples.extend([
        sample(
            "administration_of_a_user",
            other(20, Source::Server, None, Some(maria()), administration("user.totp")),
        ),
        sample(
            "administration_of_a_workstation",
            other(21, Source::Server, Some(ws()), None, administration("workstation.revoke")),
        ),
        sample(
            "administration_by_herself",
            AuditRecord {
                session_id: Some(SESSION),
                ..other(23, Source::Server, Some(ws()), Some(maria()), administration("badge.enrol-own"))
            },
        ),
        sample(
            "trail_read",
            other(22, Source::Server, None, None, What::TrailRead { auditor: "compliance-2026".to_owned() }),
        ),
    ]);
    samples
}

fn sample(name: &str, record: AuditRecord) -> Sample {
    Sample { name: name.to_owned(), record }
}

const SESSION: Uuid = uuid!("5a0a9a52-6c3b-4c1e-9f7d-2f1f4f0d7b11");

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millisecond(1_790_000_000_123 + seconds * 1_000).unwrap()
}

fn ws() -> WorkstationRef {
    WorkstationRef { id: uuid!("0c1f2a66-9d1b-4d0c-8a58-1f9e4a6f3c07"), name: "WS-07".to_owned() }
}

fn maria() -> UserRef {
    UserRef { id: uuid!("7e6c8f3d-2b4a-4f10-b0c9-6a5d4e3f2a1b"), display_name: "Maria O.".to_owned() }
}

fn refused(user: Option<UserRef>) -> AuditRecord {
    other(7, Source::Server, Some(ws()), user, What::LoginRefused { reason: "sign_in.refused".to_owned() })
}

fn administration(action: &str) -> What {
    What::Administration { action: action.to_owned() }
}

fn other(
    n: u128,
    source: Source,
    workstation: Option<WorkstationRef>,
    user: Option<UserRef>,
    what: What,
) -> AuditRecord {
    AuditRecord::other(random_id(n), source, at(1), workstation, user, what)
}

fn within(n: u128, what: What) -> AuditRecord {
    AuditRecord::within(random_id(n), at(600), ws(), maria(), SESSION, what)
}

fn random_id(n: u128) -> Uuid {
    Uuid::from_u128(0x3f8e_51c2_7a60_4b9d_8e14_5c2b_9a71_0000 + n)
}

/// As serde spells it in a record.
fn spelled(alert: Alert) -> String {
    serde_json::to_value(alert).unwrap().as_str().unwrap().to_owned()
}
