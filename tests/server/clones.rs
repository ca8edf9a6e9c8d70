//! Two machines with one key show, and one machine never looks like two.

use std::time::Duration;

use harness::{server::TestServer, workstation::Workstation};
use serde_json::json;
use uuid::Uuid;

const RECOVERY: &str = "/v1/workstation/recovery";

#[tokio::test]
async fn a_copied_key_shows_and_signs_nobody_in_while_the_session_is_finished() {
    let (server, mut original, copy, session) = cloned().await;

    let attempt = copy.first_factor(Uuid::new_v4(), "maria", "wrong password").await;
    attempt.assert_refused(403, "workstation.cloned");
    let mut signed_out = original.clone();
    signed_out.credential = None;
    let attempt = signed_out.first_factor(Uuid::new_v4(), "maria", "wrong password").await;
    attempt.assert_refused(403, "workstation.cloned");
    copy.post(RECOVERY, &json!({ "ended": [] })).await.assert_refused(403, "workstation.cloned");
    assert_eq!(original.report(0).await.status, 200);
    let end = original.delete(&format!("/v1/sessions/{session}"), &json!({ "cause": "user-button" })).await;
    assert_eq!(end.status, 200);
    original.credential = None;
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions WHERE state <> 'ended'"), 0);
}

#[tokio::test]
async fn a_copied_key_is_on_record_once_and_in_the_administrators_list() {
    let (server, _original, copy, _) = cloned().await;
    for _ in 0..3 {
        copy.get("/v1/session").await;
    }
    let list = server.admin(json!({ "do": "workstation_list" })).await.unwrap();

    assert_eq!(list["workstations"][0]["is_cloned"], true);
    assert_eq!(server.recorded(&["workstation-cloned"]), 1);
    assert_eq!(server.recorded(&["110113", "110126", "workstation-cloned"]), 1);
}

#[tokio::test]
async fn restarts_lost_answers_and_long_pauses_do_not_look_like_a_copy() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    for pause in [0, 1, 19, 20, 21, 60, 299, 300, 301, 4_000] {
        server.advance(Duration::from_secs(30));
        let kept = workstation.nonce.lock().unwrap().clone();
        let session = workstation.sign_in(&server, &maria).await;
        // The answer that rolled the nonce was lost.
        *workstation.nonce.lock().unwrap() = kept;
        server.advance(Duration::from_secs(pause));
        workstation.credential = None;
        let answer =
            workstation.delete(&format!("/v1/sessions/{session}"), &json!({ "cause": "suspend" })).await;
        assert_eq!(answer.status, 200, "after {pause} s: {answer:?}");
        // The agent starts anew.
        workstation.nonce.lock().unwrap().clear();
        server.advance(Duration::from_secs(pause));
        assert_eq!(workstation.post(RECOVERY, &json!({ "ended": [] })).await.status, 200);
    }

    assert_eq!(server.count("SELECT COUNT(*) FROM workstations WHERE cloned_at IS NOT NULL"), 0);
}

#[tokio::test]
async fn requests_under_way_as_the_nonce_rolls_do_not_look_like_a_copy() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let under_way = workstation.copy();
    let kept = workstation.nonce.lock().unwrap().clone();
    *under_way.nonce.lock().unwrap() = kept;
    workstation.sign_in(&server, &maria).await;
    assert_eq!(workstation.report(0).await.status, 200);

    assert_eq!(under_way.post("/v1/session/activity", &json!({})).await.status, 401);
    assert_eq!(server.count("SELECT COUNT(*) FROM workstations WHERE cloned_at IS NOT NULL"), 0);
}

/// Maria's session at a workstation whose key a second machine has come to use.
async fn cloned() -> (TestServer, Workstation, Workstation, String) {
    let server = TestServer::start().await;
    let mut original = server.enrol().await;
    let maria = server.add_person("maria").await;
    let copy = original.copy();
    assert_eq!(copy.get("/v1/session").await.status, 401);
    let session = original.sign_in(&server, &maria).await;
    for _ in 0..3 {
        assert_eq!(original.report(0).await.status, 200);
        server.advance(Duration::from_secs(60));
    }
    assert_eq!(original.report(0).await.status, 200);
    copy.get("/v1/session").await;
    assert_eq!(server.count("SELECT COUNT(*) FROM workstations WHERE cloned_at IS NOT NULL"), 1);
    (server, original, copy, session)
}
