//! What a record says in FHIR, and what FHIR may not say.
#![allow(clippy::unwrap_used, clippy::unwrap_in_result)]

mod every_record;

use audit::{
    apps::AppOutcome,
    codes::{FailClosedCause, LogoutCause},
    fhir::{self, AuditEvent, EVENT_SIZE_BYTES_MAX, ReadError},
    record::{Alert, AuditRecord, Factors, RecordError, Source, UserRef, What, WorkstationRef},
    stepping_away::{ConcealCause, ResumeMethod},
};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

#[test]
fn every_record_has_its_place_in_fhir() {
    for sample in every_record::samples() {
        insta::assert_json_snapshot!(sample.name, AuditEvent::from(&sample.record));
    }
}

#[test]
fn every_record_comes_back_from_fhir_as_it_was() {
    for sample in every_record::samples() {
        sample.record.check().unwrap();

        let bytes = fhir::to_json(&AuditEvent::from(&sample.record));

        assert!(bytes.len() < EVENT_SIZE_BYTES_MAX, "{} has {} bytes", sample.name, bytes.len());
        assert_eq!(fhir::read(&bytes).unwrap(), sample.record, "{}", sample.name);
    }
}

proptest! {
    // Of what is made up about one in five may be recorded.
    #![proptest_config(ProptestConfig { max_global_rejects: 16_384, ..ProptestConfig::default() })]

    #[test]
    fn whatever_may_be_recorded_comes_back_from_fhir_as_it_was(record in any_record()) {
        prop_assume!(record.check().is_ok());

        let event = AuditEvent::from(&record);

        prop_assert_eq!(&fhir::read(&fhir::to_json(&event)).unwrap(), &record);
        prop_assert!(event.agent.iter().filter(|participant| participant.requestor).count() == 1);
    }

    #[test]
    fn a_record_comes_back_from_its_own_json_as_it_was(record in any_record()) {
        let json = serde_json::to_vec(&record).unwrap();

        prop_assert_eq!(serde_json::from_slice::<AuditRecord>(&json).unwrap(), record);
    }

    #[test]
    fn no_byte_changed_on_the_way_is_read_as_the_same_record(at in 0_usize..1000, to in 0_u8..=127) {
        let record = &every_record::samples()[0].record;
        let mut bytes = fhir::to_json(&AuditEvent::from(record));
        let at = at % bytes.len();
        prop_assume!(bytes[at] != to);
        bytes[at] = to;

        if let Ok(read) = fhir::read(&bytes) {
            prop_assert_ne!(&read, record);
        }
    }

    #[test]
    fn garbage_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(fhir::read(&bytes).is_err());
    }
}

#[test]
fn the_stamp_of_the_server_is_not_part_of_the_record() {
    let mut event = login_json();
    event["meta"] = json!({ "versionId": "1", "lastUpdated": "2026-11-22T08:00:00Z" });

    assert_eq!(read(&event).unwrap(), login());
}

#[test]
fn an_event_that_says_more_than_its_record_is_refused() {
    let additions: [(&str, Value); 6] = [
        ("text", json!({ "status": "generated", "div": "<div>Mr Smith, bed 4</div>" })),
        ("outcomeDesc", json!("Mr Smith, bed 4")),
        ("contained", json!([])),
        ("period", json!({ "start": "2026-11-22T08:00:00Z" })),
        ("purposeOfEvent", json!([])),
        ("modifierExtension", json!([])),
    ];
    for (element, value) in additions {
        let mut event = login_json();
        event[element] = value;

        assert!(matches!(read(&event), Err(ReadError::Json(_))), "{element}");
    }
}

#[test]
fn a_patient_is_refused_as_entity_and_as_agent() {
    let patient = json!({
        "what": { "type": "Patient", "identifier": { "system": "urn:mrn", "value": "4711" } },
        "type": { "system": "http://terminology.hl7.org/CodeSystem/audit-entity-type", "code": "1" },
        "role": { "system": "http://terminology.hl7.org/CodeSystem/object-role", "code": "1" },
    });
    let mut with_entity = login_json();
    with_entity["entity"].as_array_mut().unwrap().push(patient);
    let mut with_agent = login_json();
    let mut agent = with_agent["agent"][0].clone();
    agent["who"]["identifier"] = json!({ "system": "urn:mrn", "value": "4711" });
    with_agent["agent"].as_array_mut().unwrap().push(agent);

    assert!(matches!(read(&with_entity), Err(ReadError::NotCanonical)));
    assert!(matches!(read(&with_agent), Err(ReadError::NotCanonical)));
}

#[test]
fn an_event_spelled_differently_is_refused() {
    let changes: [(&str, Value); 9] = [
        ("/action", json!("C")),
        ("/outcome", json!("4")),
        ("/type/display", json!("User authentication")),
        ("/recorded", json!("2026-09-21T14:13:20.123+00:00")),
        ("/agent/0/requestor", json!(false)),
        ("/agent/0/network/address", json!("WS-08")),
        ("/agent/1/who/display", json!("WS-08")),
        ("/source/observer/display", json!("WS-08")),
        ("/id", json!(login().id.to_string().to_uppercase())),
    ];
    for (pointer, value) in changes {
        let mut event = login_json();
        *event.pointer_mut(pointer).unwrap() = value;

        assert!(matches!(read(&event), Err(ReadError::NotCanonical)), "{pointer}: {:?}", read(&event));
    }
}

#[test]
fn an_event_without_what_a_record_needs_is_refused_by_its_name() {
    for (pointer, element) in [
        ("/id", "id"),
        ("/recorded", "recorded"),
        ("/type/code", "type"),
        ("/subtype/0/code", "subtype"),
        ("/source/observer/identifier/system", "source.observer"),
        ("/agent/0/who/identifier/value", "user"),
        ("/agent/1/who/identifier/value", "workstation"),
        ("/entity/0/what/identifier/value", "session"),
        ("/extension/0/url", fhir::RECORD_VERSION_EXTENSION),
        ("/extension/1/valueCoding/code", fhir::FACTORS_EXTENSION),
    ] {
        let mut event = login_json();
        *event.pointer_mut(pointer).unwrap() = json!("?");

        match read(&event) {
            Err(ReadError::Element { element: named }) => assert_eq!(named, element, "{pointer}"),
            other => panic!("{pointer}: {other:?}"),
        }
    }
}

#[test]
fn a_record_of_a_newer_program_is_refused() {
    let mut event = login_json();
    event["extension"][0]["valueInteger"] = json!(2);

    assert!(matches!(read(&event), Err(ReadError::Record(RecordError::Version { found: 2 }))));
}

#[test]
fn an_event_over_the_limit_is_refused_unread() {
    let bytes = vec![b' '; EVENT_SIZE_BYTES_MAX + 1];

    assert!(matches!(fhir::read(&bytes), Err(ReadError::TooLarge)));
}

#[test]
fn deep_nesting_is_refused_without_a_crash() {
    let bytes = [b"{\"meta\":".repeat(1_000), b"[".repeat(4_000)].concat();

    assert!(matches!(fhir::read(&bytes), Err(ReadError::Json(_))));
}

fn login() -> AuditRecord {
    every_record::samples()[0].record.clone()
}

fn login_json() -> Value {
    serde_json::to_value(AuditEvent::from(&login())).unwrap()
}

fn read(event: &Value) -> Result<AuditRecord, ReadError> {
    fhir::read(&serde_json::to_vec(event).unwrap())
}

prop_compose! {
    fn any_workstation()(id in any::<u128>(), name in "\\PC{1,16}") -> WorkstationRef {
        WorkstationRef { id: Uuid::from_u128(id), name }
    }
}

prop_compose! {
    fn any_user()(id in any::<u128>(), display_name in "\\PC{1,32}") -> UserRef {
        UserRef { id: Uuid::from_u128(id), display_name }
    }
}

fn any_what() -> impl Strategy<Value = What> {
    prop_oneof![
        prop::sample::select(&Factors::ALL[..]).prop_map(|factors| What::Login { factors }),
        prop::sample::select(&ConcealCause::ALL[..]).prop_map(|cause| What::Concealed { cause }),
        prop::sample::select(&ResumeMethod::ALL[..]).prop_map(|method| What::Resumed { method }),
        ("[a-z0-9-]{1,40}", prop::sample::select(&AppOutcome::ALL[..]))
            .prop_map(|(app, outcome)| What::App { app, outcome }),
        "[a-z._]{1,20}".prop_map(|reason| What::LoginRefused { reason }),
        prop::sample::select(&LogoutCause::ALL[..])
            .prop_map(|cause| What::Logout { cause: cause.code().code.to_owned() }),
        prop::sample::select(&FailClosedCause::ALL[..])
            .prop_map(|cause| What::FailedClosed { cause: cause.code().code.to_owned() }),
        Just(What::ApplicationStarted),
        Just(What::ApplicationStopped),
        any::<bool>().prop_map(|is_accepted| What::Enrolment { is_accepted }),
        prop::sample::select(&Alert::ALL[..]).prop_map(|alert| What::SecurityAlert { alert }),
        "[a-z._]{1,20}".prop_map(|action| What::Administration { action }),
        "\\PC{1,20}".prop_map(|auditor| What::TrailRead { auditor }),
    ]
}

prop_compose! {
    fn any_record()(
        what in any_what(),
        is_agents in any::<bool>(),
        workstation in prop::option::of(any_workstation()),
        user in prop::option::of(any_user()),
        session in prop::option::of(any::<u128>()),
        random in any::<u128>(),
        nanoseconds in 0_i64..253_402_207_200,
        fraction in 0_i32..1_000_000_000,
    ) -> AuditRecord {
        let session_id = session.map(Uuid::from_u128);
        let id = match (&what, session_id) {
            (What::Login { .. }, Some(session)) => AuditRecord::login_id(session),
            (What::Logout { .. }, Some(session)) => AuditRecord::logout_id(session),
            _ => uuid::Builder::from_random_bytes(random.to_be_bytes()).into_uuid(),
        };
        AuditRecord {
            id,
            version: 1,
            recorded_at: Timestamp::new(nanoseconds, fraction).unwrap(),
            source: if is_agents { Source::Agent } else { Source::Server },
            workstation,
            user,
            session_id,
            what,
        }
    }
}
