//! While its database takes nothing, a server decides nothing and counts nothing.

use audit::{
    fhir::{self, AuditEvent},
    record::{AuditRecord, Source, What, WorkstationRef},
};
use harness::{
    server::TestServer,
    workstation::{Answer, Call, Workstation},
};
use reqwest::Method;
use uuid::Uuid;

#[tokio::test]
async fn what_it_could_not_decide_is_decided_once_its_database_takes_it_again() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let (attempt, record) = (Uuid::new_v4(), started(&server, &workstation));
    let taken = server.rows.take_away().unwrap();

    let (wrong, right, put) = tokio::join!(
        workstation.first_factor(attempt, "maria", "wrong password"),
        workstation.first_factor(Uuid::new_v4(), "maria", &maria.password),
        put(&workstation, &record),
    );
    for answer in [wrong, right, put] {
        assert_unavailable(&answer);
    }
    taken.give_back().unwrap();
    assert_nothing_counted(&server);

    workstation.challenge(&maria).await;
    let again = workstation.first_factor(attempt, "maria", "wrong password").await;
    again.assert_refused(401, "sign_in.refused");
    assert_eq!(server.count("SELECT MAX(in_a_row) FROM failures"), 1);
    assert_eq!(self::put(&workstation, &record).await.status, 201);
}

#[tokio::test]
async fn a_database_that_is_gone_signs_nobody_in_and_takes_no_record() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let record = started(&server, &workstation);
    server.app().store.close().await;

    assert_unavailable(&workstation.first_factor(Uuid::new_v4(), "maria", &maria.password).await);
    assert_unavailable(&workstation.first_factor(Uuid::new_v4(), "maria", "wrong password").await);
    assert_unavailable(&put(&workstation, &record).await);
    assert_nothing_counted(&server);
}

#[track_caller]
fn assert_unavailable(answer: &Answer) {
    answer.assert_refused(503, "server.unavailable");
    assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
}

#[track_caller]
fn assert_nothing_counted(server: &TestServer) {
    for table in ["failures", "attempts", "challenges", "sessions"] {
        assert_eq!(server.count(&format!("SELECT COUNT(*) FROM {table}")), 0, "{table}");
    }
    assert_eq!(server.recorded(&["sign_in.refused"]), 0);
}

fn started(server: &TestServer, workstation: &Workstation) -> AuditRecord {
    let place = WorkstationRef { id: workstation.id.unwrap(), name: "WS-01".to_owned() };
    let at = server.app().clock.now();
    AuditRecord::other(Uuid::new_v4(), Source::Agent, at, Some(place), None, What::ApplicationStarted)
}

async fn put(workstation: &Workstation, record: &AuditRecord) -> Answer {
    let path = format!("/fhir/AuditEvent/{}", record.id);
    let body = fhir::to_json(&AuditEvent::from(record));
    let media_type = Some("application/fhir+json");
    workstation.send(Call { body, media_type, ..Call::bare(Method::PUT, &path) }).await
}
