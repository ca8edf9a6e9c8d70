//! `GET /v1/session`

use std::time::Duration;

use harness::server::TestServer;
use serde_json::json;

#[tokio::test]
async fn a_session_tells_where_it_stands() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    server.advance(Duration::from_secs(60));
    let answer = workstation.get("/v1/session").await;

    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(
        answer.body,
        json!({
            "session_id": session,
            "state": "open",
            "inactivity_remaining_ms": 840_000,
            "absolute_remaining_ms": 43_140_000,
        })
    );
}

#[tokio::test]
async fn a_session_past_its_limit_is_lapsed_and_an_ended_one_tells_its_cause() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    server.advance(Duration::from_secs(905));
    let lapsed = workstation.get("/v1/session").await;
    workstation.delete(&format!("/v1/sessions/{session}"), &json!({ "cause": "suspend" })).await;
    let ended = workstation.get("/v1/session").await;

    assert_eq!((lapsed.status, &lapsed.body["state"]), (200, &json!("lapsed")));
    ended.assert_refused(410, "session.ended");
    assert_eq!(ended.body["cause"], "suspend");
}

#[tokio::test]
async fn a_credential_opens_its_session_only_with_its_own_workstation() {
    let server = TestServer::start().await;
    let (mut here, mut there) = (server.enrol().await, server.enrol().await);
    let maria = server.add_person("maria").await;
    here.sign_in(&server, &maria).await;
    there.credential.clone_from(&here.credential);

    there.get("/v1/session").await.assert_refused(401, "session.unknown");
    here.credential = Some(String::from("guess"));
    here.get("/v1/session").await.assert_refused(401, "session.unknown");
    here.credential = None;
    here.get("/v1/session").await.assert_refused(401, "session.unknown");
}
