//! `POST /v1/sessions/{id}/adopt`

use std::time::Duration;

use harness::{
    server::{Person, TestServer},
    workstation::{Answer, Workstation},
};
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn a_lapsed_session_goes_on_with_the_truth_and_a_fresh_credential() {
    let (server, mut workstation, _, session) = lapsed().await;
    let stale = workstation.clone();
    let answer = adopt(&workstation, &session, 5_000, 400_000).await;

    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["session_id"], session);
    assert_eq!(answer.body["limits"]["absolute_remaining_ms"], 43_200_000 - 905_000);
    workstation.hold(&answer);
    let report = workstation.report(5_000).await;
    assert_eq!((report.status, &report.body["inactivity_remaining_ms"]), (200, &json!(895_000)));
    stale.report(0).await.assert_refused(401, "session.unknown");
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions WHERE state = 'open'"), 1);
}

#[tokio::test]
async fn a_session_that_was_too_idle_ends_for_inactivity_truthfully() {
    let (server, workstation, _, session) = lapsed().await;
    let answer = adopt(&workstation, &session, 2_000, 900_000).await;

    answer.assert_refused(410, "session.ended");
    assert_eq!(answer.body["cause"], "inactivity");
    assert_eq!(server.recorded(&[&session, "inactivity"]), 1);
    adopt(&workstation, &session, 0, 0).await.assert_refused(410, "session.ended");
}

#[tokio::test]
async fn an_open_session_may_be_adopted_too() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    server.advance(Duration::from_secs(100));

    assert_eq!(adopt(&workstation, &session, 0, 50_000).await.status, 200);
}

#[tokio::test]
async fn the_absolute_limit_ends_an_adoption() {
    let (server, workstation, _, session) = lapsed().await;
    server.advance(Duration::from_secs(12 * 3_600));
    let answer = adopt(&workstation, &session, 0, 0).await;

    answer.assert_refused(410, "session.ended");
    assert_eq!(answer.body["cause"], "absolute-limit");
}

#[tokio::test]
async fn an_ended_session_tells_its_cause_to_whoever_adopts_it() {
    let (server, workstation, _, session) = lapsed().await;
    server.admin(json!({ "do": "session_end", "session_id": session })).await.unwrap();
    let answer = adopt(&workstation, &session, 0, 0).await;

    answer.assert_refused(410, "session.ended");
    assert_eq!(answer.body["cause"], "admin");
}

#[tokio::test]
async fn the_workstations_key_alone_adopts_nothing() {
    let (server, mut workstation, _, session) = lapsed().await;
    workstation.credential = None;
    adopt(&workstation, &session, 0, 0).await.assert_refused(401, "session.unknown");
    workstation.credential = Some(String::from("guess"));
    adopt(&workstation, &session, 0, 0).await.assert_refused(401, "session.unknown");

    assert_eq!(server.count("SELECT COUNT(*) FROM sessions WHERE state = 'open'"), 0);
}

#[tokio::test]
async fn another_workstation_adopts_nothing_even_with_the_credential() {
    let (server, workstation, _, session) = lapsed().await;
    let mut there = server.enrol().await;
    there.credential.clone_from(&workstation.credential);

    adopt(&there, &session, 0, 0).await.assert_refused(401, "session.unknown");
    let unknown = Uuid::new_v4().to_string();
    adopt(&workstation, &unknown, 0, 0).await.assert_refused(401, "session.unknown");
}

#[tokio::test]
async fn a_lost_answer_does_not_lose_the_session() {
    let (_server, mut workstation, _, session) = lapsed().await;
    let lost = adopt(&workstation, &session, 0, 0).await;
    let again = adopt(&workstation, &session, 0, 0).await;
    assert_eq!((lost.status, again.status), (200, 200));
    let before = workstation.clone();
    workstation.hold(&lost);
    workstation.report(0).await.assert_refused(401, "session.unknown");
    workstation.hold(&again);
    assert_eq!(workstation.report(0).await.status, 200);

    adopt(&before, &session, 0, 0).await.assert_refused(401, "session.unknown");
}

#[tokio::test]
async fn a_session_is_not_adopted_once_somebody_else_signed_in_here() {
    let (server, workstation, _, session) = lapsed().await;
    let jonas = server.add_person("jonas").await;
    let mut after = workstation.clone();
    let his = after.sign_in(&server, &jonas).await;
    assert_eq!(after.report(0).await.status, 200);
    // Adopted since: its fresh credential is not used yet, and he was there all the same.
    let adopted = adopt(&after, &his, 0, 0).await;
    after.hold(&adopted);
    let answer = adopt(&workstation, &session, 0, 0).await;

    answer.assert_refused(410, "session.ended");
    assert_eq!(after.report(0).await.status, 200);
}

#[tokio::test]
async fn a_sign_in_whose_answer_was_lost_does_not_lose_the_session_before_it() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let [maria, jonas] = [server.add_person("maria").await, server.add_person("jonas").await];
    let session = workstation.sign_in(&server, &maria).await;
    assert_eq!(workstation.report(0).await.status, 200);
    let mut never_used = workstation.clone();
    let his = never_used.sign_in(&server, &jonas).await;
    workstation.report(0).await.assert_refused(401, "session.lapsed");
    let answer = adopt(&workstation, &session, 0, 0).await;

    assert_eq!(answer.status, 200, "{answer:?}");
    workstation.hold(&answer);
    assert_eq!(workstation.report(0).await.status, 200);
    let ended = never_used.report(0).await;
    ended.assert_refused(410, "session.ended");
    assert_eq!(ended.body["cause"], "crash-recovered");
    assert_eq!(server.recorded(&[&his, "crash-recovered"]), 1);
    assert_eq!(server.recorded(&[&session, "crash-recovered"]), 0);
}

#[tokio::test]
async fn a_session_that_is_not_adopted_after_all_ends_no_other() {
    let (server, workstation, _, session) = lapsed().await;
    let jonas = server.add_person("jonas").await;
    let mut after = workstation.clone();
    after.sign_in(&server, &jonas).await;
    let answer = adopt(&workstation, &session, 0, 900_000).await;

    answer.assert_refused(410, "session.ended");
    assert_eq!(answer.body["cause"], "inactivity");
    assert_eq!(after.report(0).await.status, 200);
}

#[tokio::test]
async fn a_session_survives_a_restart_of_the_server() {
    let mut server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;
    server.restart().await;

    assert_eq!(workstation.at(&server).report(0).await.status, 200);
}

async fn adopt(workstation: &Workstation, session: &str, idle_ms: u64, idle_longest_ms: u64) -> Answer {
    let body = json!({ "idle_ms": idle_ms, "idle_longest_ms": idle_longest_ms });
    workstation.post(&format!("/v1/sessions/{session}/adopt"), &body).await
}

/// Maria's session at a workstation that was not heard past the limit.
async fn lapsed() -> (TestServer, Workstation, Person, String) {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    server.advance(Duration::from_secs(905));
    workstation.report(0).await.assert_refused(401, "session.lapsed");
    (server, workstation, maria, session)
}
