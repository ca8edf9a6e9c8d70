//! Record → event.

use super::{
    APP_SYSTEM, AUDITOR_SYSTEM, CONCEAL_CAUSE_EXTENSION, FACTORS_EXTENSION, FAIL_CLOSED_CAUSE_EXTENSION,
    LOGOUT_CAUSE_EXTENSION, RECORD_VERSION_EXTENSION, REFUSAL_EXTENSION, RESUME_METHOD_EXTENSION,
    SERVER_SYSTEM, SERVER_VALUE, SESSION_SYSTEM, TRAIL_VALUE, USER_SYSTEM, WORKSTATION_SYSTEM,
    resource::{
        AuditEvent, CodeableConcept, Coding, Detail, Entity, Extension, Identifier, Network, Participant,
        Reference, Reporter, ResourceType,
    },
};
use crate::{
    codes::{self, Code, FailClosedCause, LogoutCause, Outcome, RequestedBy},
    record::{Alert, AuditRecord, Factors, Source, UserRef, What, WorkstationRef},
};

/// The bytes of an event as they are sent, stored and compared.
///
/// # Panics
/// Never: the event has string keys and no failing serializer.
#[must_use]
pub fn to_json(event: &AuditEvent) -> Vec<u8> {
    serde_json::to_vec(event).expect("structs of strings, numbers and lists always serialize")
}

impl From<&AuditRecord> for AuditEvent {
    fn from(record: &AuditRecord) -> Self {
        let coded = Coded::of(&record.what);
        let mut extension = vec![Extension {
            url: RECORD_VERSION_EXTENSION.to_owned(),
            value_coding: None,
            value_integer: Some(record.version),
        }];
        extension.extend(coded.extension);
        Self {
            resource_type: ResourceType::AuditEvent,
            id: record.id.to_string(),
            meta: None,
            extension,
            type_: coding(coded.event_id),
            subtype: coded.subtype,
            action: coded.action.to_owned(),
            recorded: record.recorded_at.to_string(),
            outcome: coded.outcome.code().to_owned(),
            agent: participants(record),
            source: reporter(record),
            entity: entities(record),
        }
    }
}

/// What the kind of record alone decides.
struct Coded {
    event_id: Code,
    subtype: Vec<Coding>,
    action: &'static str,
    outcome: Outcome,
    extension: Option<Extension>,
}

impl Coded {
    fn of(what: &What) -> Self {
        let executed = |event_id, subtype, outcome, extension| Self {
            event_id,
            subtype,
            action: "E",
            outcome,
            extension,
        };
        match what {
            What::Login { factors } => executed(
                codes::USER_AUTHENTICATION,
                vec![coding(codes::LOGIN)],
                Outcome::Success,
                Some(coded_extension(FACTORS_EXTENSION, coding(factors_code(*factors)))),
            ),
            What::LoginRefused { reason } => executed(
                codes::USER_AUTHENTICATION,
                vec![coding(codes::LOGIN)],
                Outcome::MinorFailure,
                Some(coded_extension(REFUSAL_EXTENSION, open_coding(codes::PROBLEM, reason))),
            ),
            What::Logout { cause } => executed(
                codes::USER_AUTHENTICATION,
                vec![coding(codes::LOGOUT)],
                Outcome::Success,
                Some(coded_extension(LOGOUT_CAUSE_EXTENSION, cause_coding(cause))),
            ),
            What::Concealed { cause } => executed(
                codes::USER_AUTHENTICATION,
                vec![coding(CONCEALED)],
                Outcome::Success,
                Some(coded_extension(CONCEAL_CAUSE_EXTENSION, coding(cause.code()))),
            ),
            What::Resumed { method } => executed(
                codes::USER_AUTHENTICATION,
                vec![coding(RESUMED)],
                Outcome::Success,
                Some(coded_extension(RESUME_METHOD_EXTENSION, coding(method.code()))),
            ),
            What::App { outcome, .. } => {
                executed(codes::APPLICATION_ACTIVITY, vec![coding(outcome.code())], outcome.outcome(), None)
            }
            What::ApplicationStarted => executed(
                codes::APPLICATION_ACTIVITY,
                vec![coding(codes::APPLICATION_START)],
                Outcome::Success,
                None,
            ),
            What::ApplicationStopped => executed(
                codes::APPLICATION_ACTIVITY,
                vec![coding(codes::APPLICATION_STOP)],
                Outcome::Success,
                None,
            ),
            What::Enrolment { is_accepted } => executed(
                codes::SECURITY_ALERT_EVENT,
                vec![coding(codes::NODE_AUTHENTICATION)],
                if *is_accepted { Outcome::Success } else { Outcome::MinorFailure },
                None,
            ),
            What::SecurityAlert { alert } => {
                let mut subtype: Vec<Coding> = alert_dicom(*alert).map(coding).into_iter().collect();
                subtype.push(coding(alert_code(*alert)));
                executed(codes::SECURITY_ALERT_EVENT, subtype, alert_outcome(*alert), None)
            }
            What::FailedClosed { cause } => executed(
                codes::SECURITY_ALERT_EVENT,
                vec![coding(FAILED_CLOSED)],
                Outcome::SeriousFailure,
                Some(coded_extension(FAIL_CLOSED_CAUSE_EXTENSION, fail_closed_coding(cause))),
            ),
            What::Administration { action } => executed(
                codes::SECURITY_ALERT_EVENT,
                vec![coding(administration_dicom(action)), open_coding(codes::ADMINISTRATION, action)],
                Outcome::Success,
                None,
            ),
            // DICOM PS3.15 A.5.3.2: the action shall be R.
            What::TrailRead { .. } => Self {
                event_id: codes::AUDIT_LOG_USED,
                subtype: Vec::new(),
                action: "R",
                outcome: Outcome::Success,
                extension: None,
            },
        }
    }
}

fn participants(record: &AuditRecord) -> Vec<Participant> {
    let user = record.user.as_ref();
    let workstation = record.workstation.as_ref();
    let user_as = |requestor| user.map(|user| user_participant(user, workstation, requestor));
    let workstation_as = |requestor| workstation.map(|place| workstation_participant(place, requestor));
    let requested = |by| match by {
        RequestedBy::User => vec![user_as(true), workstation_as(false)],
        RequestedBy::Workstation => vec![workstation_as(true), user_as(false)],
        RequestedBy::Server => vec![Some(server_participant(true)), user_as(false), workstation_as(false)],
    };
    let listed = match &record.what {
        What::Login { .. } => vec![user_as(true), workstation_as(false)],
        What::LoginRefused { .. } => vec![user_as(true), workstation_as(user.is_none())],
        What::Logout { cause } => requested(requested_by(cause)),
        What::Concealed { cause } => requested(cause.requested_by()),
        What::Resumed { .. } => requested(RequestedBy::User),
        What::App { .. } => requested(RequestedBy::Workstation),
        What::ApplicationStarted | What::ApplicationStopped => match record.source {
            Source::Agent => vec![workstation_as(true)],
            Source::Server => vec![Some(server_participant(true))],
        },
        What::Enrolment { .. } => {
            vec![workstation_as(true), Some(server_participant(workstation.is_none()))]
        }
        What::SecurityAlert { .. } => match record.source {
            Source::Agent => vec![workstation_as(true), user_as(false)],
            Source::Server => vec![Some(server_participant(true)), workstation_as(false), user_as(false)],
        },
        What::FailedClosed { .. } => vec![workstation_as(true)],
        // By herself at a workstation, or by a command.
        What::Administration { .. } if user.is_some() && workstation.is_some() => {
            requested(RequestedBy::User)
        }
        What::Administration { .. } => vec![Some(server_participant(true))],
        What::TrailRead { auditor } => {
            vec![Some(auditor_participant(auditor)), Some(server_participant(false))]
        }
    };
    listed.into_iter().flatten().collect()
}

fn entities(record: &AuditRecord) -> Vec<Entity> {
    let session = record.session_id.map(|session| {
        system_object(Reference {
            type_: None,
            identifier: identifier(SESSION_SYSTEM, &session.to_string()),
            display: None,
        })
    });
    let workstation = record.workstation.as_ref().map(workstation_reference);
    match &record.what {
        What::Login { .. }
        | What::LoginRefused { .. }
        | What::Logout { .. }
        | What::Concealed { .. }
        | What::Resumed { .. }
        | What::ApplicationStarted
        | What::ApplicationStopped => session.into_iter().collect(),
        What::App { app, .. } => {
            let what = Reference { type_: None, identifier: identifier(APP_SYSTEM, app), display: None };
            std::iter::once(system_object(what)).chain(session).collect()
        }
        What::Enrolment { is_accepted } => {
            let text = if *is_accepted { "Workstation enrolled" } else { "Enrolment refused" };
            vec![alert_subject(workstation.unwrap_or_else(server_reference), text)]
        }
        What::SecurityAlert { alert } => {
            let subject =
                alert_subject(workstation.unwrap_or_else(server_reference), alert_code(*alert).display);
            std::iter::once(subject).chain(session).collect()
        }
        What::FailedClosed { .. } => {
            vec![alert_subject(workstation.unwrap_or_else(server_reference), FAILED_CLOSED.display)]
        }
        What::Administration { .. } => {
            let user = record.user.as_ref().map(|user| Entity {
                what: user_reference(user),
                type_: coding(codes::PERSON),
                role: coding(codes::SECURITY_USER_ENTITY),
                name: None,
                detail: Vec::new(),
            });
            user.into_iter().chain(workstation.map(system_object)).chain(session).collect()
        }
        What::TrailRead { .. } => vec![Entity {
            // DICOM PS3.15 A.5.3.2: the name shall be this.
            name: Some("Security Audit Log".to_owned()),
            ..system_object(Reference {
                type_: None,
                identifier: identifier(SERVER_SYSTEM, TRAIL_VALUE),
                display: None,
            })
        }],
    }
}

fn reporter(record: &AuditRecord) -> Reporter {
    match (&record.source, &record.workstation) {
        (Source::Agent, Some(workstation)) => {
            Reporter { observer: workstation_reference(workstation), type_: vec![coding(codes::USER_DEVICE)] }
        }
        (Source::Agent, None) | (Source::Server, _) => {
            Reporter { observer: server_reference(), type_: vec![coding(codes::SECURITY_SERVER)] }
        }
    }
}

fn user_participant(user: &UserRef, workstation: Option<&WorkstationRef>, requestor: bool) -> Participant {
    Participant {
        type_: concept(codes::HUMAN_USER),
        who: user_reference(user),
        requestor,
        network: workstation.map(network),
    }
}

fn workstation_participant(workstation: &WorkstationRef, requestor: bool) -> Participant {
    Participant {
        type_: concept(codes::SOURCE),
        who: workstation_reference(workstation),
        requestor,
        network: Some(network(workstation)),
    }
}

fn server_participant(requestor: bool) -> Participant {
    Participant { type_: concept(codes::APPLICATION), who: server_reference(), requestor, network: None }
}

fn auditor_participant(auditor: &str) -> Participant {
    Participant {
        type_: concept(codes::HUMAN_USER),
        who: Reference { type_: None, identifier: identifier(AUDITOR_SYSTEM, auditor), display: None },
        requestor: true,
        network: None,
    }
}

fn user_reference(user: &UserRef) -> Reference {
    Reference {
        type_: Some("Practitioner".to_owned()),
        identifier: identifier(USER_SYSTEM, &user.id.to_string()),
        display: Some(user.display_name.clone()),
    }
}

fn workstation_reference(workstation: &WorkstationRef) -> Reference {
    Reference {
        type_: Some("Device".to_owned()),
        identifier: identifier(WORKSTATION_SYSTEM, &workstation.id.to_string()),
        display: Some(workstation.name.clone()),
    }
}

fn server_reference() -> Reference {
    Reference {
        type_: Some("Device".to_owned()),
        identifier: identifier(SERVER_SYSTEM, SERVER_VALUE),
        display: Some("Tapward session server".to_owned()),
    }
}

fn system_object(what: Reference) -> Entity {
    Entity {
        what,
        type_: coding(codes::SYSTEM_OBJECT),
        role: coding(codes::SECURITY_RESOURCE),
        name: None,
        detail: Vec::new(),
    }
}

/// DICOM PS3.15 A.5.3.11: a detail "Alert Description" shall be present.
fn alert_subject(what: Reference, text: &str) -> Entity {
    Entity {
        detail: vec![Detail { type_: "Alert Description".to_owned(), value_string: text.to_owned() }],
        ..system_object(what)
    }
}

fn network(workstation: &WorkstationRef) -> Network {
    Network { address: workstation.name.clone(), type_: "1".to_owned() }
}

fn identifier(system: &str, value: &str) -> Identifier {
    Identifier { system: system.to_owned(), value: value.to_owned() }
}

fn concept(code: Code) -> CodeableConcept {
    CodeableConcept { coding: vec![coding(code)] }
}

fn coding(code: Code) -> Coding {
    Coding {
        system: code.system.to_owned(),
        code: code.code.to_owned(),
        display: Some(code.display.to_owned()),
    }
}

fn open_coding(system: &str, code: &str) -> Coding {
    Coding { system: system.to_owned(), code: code.to_owned(), display: None }
}

fn coded_extension(url: &str, coding: Coding) -> Extension {
    Extension { url: url.to_owned(), value_coding: Some(coding), value_integer: None }
}

fn cause_coding(cause: &str) -> Coding {
    match LogoutCause::from_code(cause) {
        Some(known) => coding(known.code()),
        None => open_coding(codes::LOGOUT_CAUSE, cause),
    }
}

fn fail_closed_coding(cause: &str) -> Coding {
    match FailClosedCause::from_code(cause) {
        Some(known) => coding(known.code()),
        None => open_coding(codes::FAIL_CLOSED_CAUSE, cause),
    }
}

fn requested_by(cause: &str) -> RequestedBy {
    LogoutCause::from_code(cause).map_or(RequestedBy::Workstation, LogoutCause::requested_by)
}

/// The screen is covered, the session kept.
pub(super) const CONCEALED: Code = Code {
    system: codes::STEPPING_AWAY,
    code: "concealed",
    display: "The screen was covered and the session kept",
};
/// Its holder is back.
pub(super) const RESUMED: Code =
    Code { system: codes::STEPPING_AWAY, code: "resumed", display: "The session was resumed by its holder" };

/// Among the alerts; the cause stands beside it.
pub(super) const FAILED_CLOSED: Code = Code {
    system: codes::SECURITY_ALERT,
    code: "failed-closed",
    display: "A safeguard failed and the screen was covered",
};

pub(super) fn factors_code(factors: Factors) -> Code {
    let (code, display) = match factors {
        Factors::PasswordTotp => ("password-totp", "Password and one-time code"),
        Factors::Password => ("password", "Password"),
        Factors::Badge => ("badge", "Badge within the grace period"),
        Factors::BadgePin => ("badge-pin", "Badge and PIN"),
        Factors::BadgePassword => ("badge-password", "Badge and password"),
        Factors::BadgeTotp => ("badge-totp", "Badge and one-time code"),
        Factors::BadgePasswordTotp => ("badge-password-totp", "Badge, password and one-time code"),
    };
    Code { system: codes::FACTORS, code, display }
}

pub(super) fn alert_code(alert: Alert) -> Code {
    let (code, display) = match alert {
        Alert::WorkstationRefused => ("workstation-refused", "Unknown or revoked workstation refused"),
        Alert::WorkstationCloned => ("workstation-cloned", "Two machines use one workstation's key"),
        Alert::ClockJumped => ("clock-jumped", "The wall clock jumped by more than two minutes"),
        Alert::RecordQuarantined => ("record-quarantined", "An audit record was set aside"),
        Alert::SpoolFilling => ("spool-filling", "Room for the workstation's records runs out"),
        Alert::SpoolSetAside => ("spool-set-aside", "A spool file was set aside; a fresh one was begun"),
        Alert::PolicyRefused => {
            ("policy-refused", "A policy file was refused or is gone; another policy holds")
        }
        Alert::SafeguardWeakened => ("safeguard-weakened", "A safeguard is weakened by configuration"),
        Alert::LockedOut => ("locked-out", "Sign-in failures reached their limit"),
        Alert::BadgeInTwoPlaces => {
            ("badge-in-two-places", "One badge was presented at two workstations within too short a time")
        }
        Alert::UnknownBadges => {
            ("unknown-badges", "Many badges that nobody has were presented at one workstation")
        }
    };
    Code { system: codes::SECURITY_ALERT, code, display }
}

fn alert_dicom(alert: Alert) -> Option<Code> {
    match alert {
        Alert::WorkstationRefused | Alert::WorkstationCloned => Some(codes::NODE_AUTHENTICATION),
        Alert::ClockJumped | Alert::PolicyRefused | Alert::SafeguardWeakened => {
            Some(codes::SECURITY_CONFIGURATION)
        }
        Alert::RecordQuarantined
        | Alert::SpoolFilling
        | Alert::SpoolSetAside
        | Alert::LockedOut
        | Alert::BadgeInTwoPlaces
        | Alert::UnknownBadges => None,
    }
}

fn alert_outcome(alert: Alert) -> Outcome {
    match alert {
        Alert::WorkstationRefused
        | Alert::ClockJumped
        | Alert::SpoolFilling
        | Alert::PolicyRefused
        | Alert::SafeguardWeakened
        | Alert::LockedOut
        | Alert::UnknownBadges => Outcome::MinorFailure,
        Alert::WorkstationCloned
        | Alert::RecordQuarantined
        | Alert::SpoolSetAside
        | Alert::BadgeInTwoPlaces => Outcome::SeriousFailure,
    }
}

/// What is changed about a person is 110137, all else 110129.
fn administration_dicom(action: &str) -> Code {
    let noun = action.split('.').next().unwrap_or_default();
    match noun {
        "user" | "password" | "totp" | "badge" => codes::USER_SECURITY_ATTRIBUTES_CHANGED,
        _ => codes::SECURITY_CONFIGURATION,
    }
}
