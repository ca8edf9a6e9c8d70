//! `GET /v1/events`

use std::time::Duration;

use harness::{server::TestServer, workstation::Workstation};
use serde_json::json;

use crate::stream::Stream;

#[tokio::test]
async fn a_workstation_is_told_at_once_that_its_session_ended() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    workstation.credential = None;
    let mut stream = Stream::open(&workstation).await;
    assert_eq!(stream.next().await, "id: 0\nevent: hello\ndata: {\"kind\":\"hello\"}");
    server.admin(json!({ "do": "session_end", "session_id": session })).await.unwrap();

    let event = stream.next().await;
    assert!(event.starts_with("id: 1\nevent: session_ended\ndata: "), "{event}");
    assert!(event.contains(&session) && event.contains("\"cause\":\"admin\""), "{event}");
}

#[tokio::test]
async fn a_revoked_workstation_is_told_and_then_refused() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let mut stream = Stream::open(&workstation).await;
    stream.next().await;
    server.admin(json!({ "do": "workstation_revoke", "workstation": "WS-01" })).await.unwrap();

    assert!(stream.next().await.contains("workstation_revoked"));
    workstation.get("/v1/events").await.assert_refused(403, "workstation.revoked");
}

#[tokio::test]
async fn a_stream_takes_a_proof() {
    let server = TestServer::start().await;
    let stranger = Workstation::new(&server);

    stranger.get("/v1/events").await.assert_refused(401, "workstation.unknown");
}

#[tokio::test]
async fn a_draining_server_ends_its_streams() {
    let mut server = TestServer::start().await;
    let workstation = server.enrol().await;
    let mut stream = Stream::open(&workstation).await;
    stream.next().await;
    let stopped = tokio::time::timeout(Duration::from_secs(20), server.stop()).await;

    assert!(stopped.is_ok(), "an open stream must not hold the server up");
    assert_eq!(stream.next().await, "");
}
