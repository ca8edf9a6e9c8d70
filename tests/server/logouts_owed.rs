//! Each session that ended has its logout on record, even when its workstation never delivers it.

use std::time::Duration;

use harness::server::TestServer;
use serde_json::json;
use uuid::Uuid;

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn a_logout_that_is_never_delivered_is_recorded_after_a_day_with_its_cause_and_time() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    server.advance(Duration::from_secs(300));
    workstation.delete(&format!("/v1/sessions/{session}"), &json!({ "cause": "user-button" })).await;

    server.advance(HOUR * 23);
    server.settle().await;
    assert_eq!(server.recorded(&[&session]), 0, "the workstation may still deliver it");
    server.advance(HOUR);
    server.until("it is on record", |server| server.recorded(&["110123", &session]) == 1).await;

    assert_eq!(
        server.recorded(&["110123", &session, "user-button", "2027-03-01T13:05:"]),
        1,
        "{:?}",
        server.trail()
    );
    assert_eq!(server.recorded(&["110122", &session, "2027-03-01T13:00:"]), 1, "its login stands beside it");
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions WHERE is_logout_settled"), 1);
}

#[tokio::test]
async fn ends_that_a_starting_agent_told_are_recorded_too() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    let told = json!({ "ended": [{ "session_id": session, "cause": "shutdown" }] });
    assert_eq!(workstation.post("/v1/workstation/recovery", &told).await.status, 200);
    server.advance(HOUR * 24);

    server.until("it is on record", |server| server.recorded(&["110123", &session, "shutdown"]) == 1).await;
}

#[tokio::test]
async fn what_the_server_ended_itself_is_recorded_once() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    server
        .admin(json!({ "do": "session_end", "session_id": session.parse::<Uuid>().unwrap() }))
        .await
        .unwrap();
    server.advance(HOUR * 25);
    server.settle().await;

    assert_eq!(server.recorded(&["110123", &session]), 1);
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions WHERE is_logout_settled"), 1);
}
