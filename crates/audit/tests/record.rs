//! What may be recorded, and what may not.
#![allow(clippy::unwrap_used, clippy::unwrap_in_result)]

mod every_record;

use audit::record::{AuditRecord, Factors, RecordError, Source, What};
use jiff::Timestamp;
use uuid::Uuid;

#[test]
fn agent_and_server_name_the_login_and_the_logout_of_a_session_alike() {
    let session = Uuid::from_u128(7);

    assert_eq!(AuditRecord::login_id(session), AuditRecord::login_id(session));
    assert_ne!(AuditRecord::login_id(session), AuditRecord::logout_id(session));
    assert_ne!(AuditRecord::login_id(session), AuditRecord::login_id(Uuid::from_u128(8)));
    assert_eq!(AuditRecord::login_id(session).get_version_num(), 5);
}

#[test]
fn the_ids_of_logins_and_logouts_never_change() {
    let session = Uuid::from_u128(0x5a0a_9a52_6c3b_4c1e_9f7d_2f1f_4f0d_7b11);

    assert_eq!(AuditRecord::login_id(session).to_string(), "18a1a408-bf24-56dc-9300-03a638f868a8");
    assert_eq!(AuditRecord::logout_id(session).to_string(), "43ecebe7-523f-52c5-9746-f9379db4779a");
}

#[test]
fn nobody_takes_the_place_of_a_login_or_logout_that_is_not_his() {
    for victim in [named("login").id, AuditRecord::logout_id(Uuid::from_u128(1)), Uuid::nil(), Uuid::max()] {
        for name in ["agent_started", "login_refused", "logout_inactivity"] {
            let record = AuditRecord { id: victim, ..named(name) };

            assert_eq!(record.check(), Err(RecordError::Id), "{name} as {victim}");
        }
    }
}

#[test]
fn a_login_names_person_workstation_and_session() {
    let login = named("login");
    for (record, field) in [
        (AuditRecord { user: None, ..login.clone() }, "user"),
        (AuditRecord { workstation: None, ..login.clone() }, "workstation"),
        (AuditRecord { session_id: None, ..login.clone() }, "session_id"),
    ] {
        assert_eq!(record.check(), Err(RecordError::Shape { field }));
    }
}

#[test]
fn stepping_away_and_what_became_of_an_app_is_told_by_the_workstation_of_a_person_and_her_session() {
    for name in ["concealed_user_tap", "resumed_badge", "app_killed"] {
        let record = named(name);
        for (record, field) in [
            (AuditRecord { source: Source::Server, ..record.clone() }, "source"),
            (AuditRecord { workstation: None, ..record.clone() }, "workstation"),
            (AuditRecord { user: None, ..record.clone() }, "user"),
            (AuditRecord { session_id: None, ..record.clone() }, "session_id"),
        ] {
            assert_eq!(record.check(), Err(RecordError::Shape { field }), "{name}");
        }
    }
}

#[test]
fn only_password_and_code_together_are_strong() {
    let strong: Vec<_> = Factors::ALL.into_iter().filter(|factors| factors.is_strong()).collect();

    assert_eq!(strong, [Factors::PasswordTotp, Factors::BadgePasswordTotp]);
}

#[test]
fn an_agent_records_nothing_in_the_name_of_the_server() {
    for name in ["enrolment", "administration_of_a_workstation", "trail_read"] {
        let record = AuditRecord { source: Source::Agent, ..named(name) };

        assert!(matches!(record.check(), Err(RecordError::Shape { .. })), "{name}");
    }
    let started = AuditRecord { source: Source::Agent, ..named("server_started") };
    assert_eq!(started.check(), Err(RecordError::Shape { field: "workstation" }));
}

#[test]
fn texts_that_are_no_codes_are_refused() {
    let long = "x".repeat(65);
    for text in ["", " ", "Mr Smith", "sign_in.refused\n", "Ä", long.as_str()] {
        let text = text.to_owned();
        for (name, what, field) in [
            ("login_refused", What::LoginRefused { reason: text.clone() }, "reason"),
            ("logout_inactivity", What::Logout { cause: text.clone() }, "cause"),
            ("administration_of_a_user", What::Administration { action: text.clone() }, "action"),
        ] {
            let record = AuditRecord { what, ..named(name) };

            assert_eq!(record.check(), Err(RecordError::Text { field }), "{text:?}");
        }
    }
}

#[test]
fn names_are_bounded_and_have_no_control_characters() {
    let long = "x".repeat(257);
    for name in ["", "  ", "WS\n07", "WS\u{0}", long.as_str()] {
        let name = name.to_owned();
        let mut place = named("login");
        place.workstation.as_mut().unwrap().name = name.clone();
        let mut person = named("login");
        person.user.as_mut().unwrap().display_name = name.clone();
        let reader = AuditRecord { what: What::TrailRead { auditor: name }, ..named("trail_read") };

        assert_eq!(place.check(), Err(RecordError::Text { field: "workstation.name" }));
        assert_eq!(person.check(), Err(RecordError::Text { field: "user.display_name" }));
        assert_eq!(reader.check(), Err(RecordError::Text { field: "auditor" }));
    }
}

#[test]
fn sixty_four_characters_of_any_script_are_a_name() {
    let mut record = named("login");
    record.workstation.as_mut().unwrap().name = "病".repeat(64);
    record.user.as_mut().unwrap().display_name = "🩺".repeat(64);

    assert_eq!(record.check(), Ok(()));
}

#[test]
fn a_clock_in_1970_records_and_one_before_it_does_not() {
    let mut record = named("agent_started");
    record.recorded_at = Timestamp::UNIX_EPOCH;
    assert_eq!(record.check(), Ok(()));

    record.recorded_at = Timestamp::from_second(-1).unwrap();
    assert_eq!(record.check(), Err(RecordError::Time));
}

#[test]
fn another_version_is_refused() {
    for version in [0, 2, u16::MAX] {
        let record = AuditRecord { version, ..named("login") };

        assert_eq!(record.check(), Err(RecordError::Version { found: version }));
    }
}

fn named(name: &str) -> AuditRecord {
    every_record::samples().into_iter().find(|sample| sample.name == name).unwrap().record
}
