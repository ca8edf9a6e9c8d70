//! `POST /v1/workstation/recovery`

use harness::server::TestServer;
use serde_json::json;
use uuid::Uuid;

const PATH: &str = "/v1/workstation/recovery";

#[tokio::test]
async fn a_starting_agent_ends_what_was_open_as_crash_recovered() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    workstation.credential = None;
    let answer = workstation.post(PATH, &json!({ "ended": [] })).await;

    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body, json!({ "ended": [{ "session_id": session, "cause": "crash-recovered" }] }));
    assert_eq!(server.recorded(&[&session, "crash-recovered"]), 1);
    assert_eq!(server.recorded(&[&session]), 2, "its login stands beside its logout");
    let again = workstation.post(PATH, &json!({ "ended": [] })).await;
    assert_eq!(again.body, json!({ "ended": [] }));
}

#[tokio::test]
async fn ends_that_could_not_be_told_keep_their_cause() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    let told = json!({ "session_id": session, "cause": "inactivity" });
    let stranger = json!({ "session_id": Uuid::new_v4(), "cause": "inactivity" });
    let answer = workstation.post(PATH, &json!({ "ended": [told, stranger] })).await;

    assert_eq!(answer.body, json!({ "ended": [told] }));
}

#[tokio::test]
async fn what_had_ended_before_keeps_the_cause_on_record() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    server.admin(json!({ "do": "session_end", "session_id": session })).await.unwrap();
    let told = json!({ "session_id": session, "cause": "inactivity" });
    let answer = workstation.post(PATH, &json!({ "ended": [told] })).await;

    assert_eq!(answer.body["ended"][0]["cause"], "admin");
}

#[tokio::test]
async fn recovery_touches_no_other_workstation() {
    let server = TestServer::start().await;
    let (mut here, there) = (server.enrol().await, server.enrol().await);
    let maria = server.add_person("maria").await;
    let session = here.sign_in(&server, &maria).await;
    let told = json!({ "session_id": session, "cause": "inactivity" });
    let answer = there.post(PATH, &json!({ "ended": [told] })).await;

    assert_eq!(answer.body, json!({ "ended": [] }));
    assert_eq!(here.report(0).await.status, 200);
}

#[tokio::test]
async fn at_most_a_hundred_ends_are_told_at_once() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let ends = |count| {
        let end = || json!({ "session_id": Uuid::new_v4(), "cause": "crash-recovered" });
        json!({ "ended": (0..count).map(|_| end()).collect::<Vec<_>>() })
    };

    assert_eq!(workstation.post(PATH, &ends(100)).await.status, 200);
    workstation.post(PATH, &ends(101)).await.assert_refused(422, "request.invalid");
    workstation.post(PATH, &ends(300)).await.assert_refused(413, "request.too_large");
}
