//! `DELETE /v1/sessions/{id}`

use harness::server::TestServer;
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn a_session_ends_with_its_cause_by_the_workstations_proof_alone() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    let holder = workstation.clone();
    workstation.credential = None;
    let answer = workstation.delete(&path(&session), &json!({ "cause": "user-button" })).await;

    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body, json!({ "session_id": session, "cause": "user-button" }));
    let after = holder.report(0).await;
    after.assert_refused(410, "session.ended");
    assert_eq!(after.body["cause"], "user-button");
}

#[tokio::test]
async fn the_cause_that_came_first_stands() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    workstation.delete(&path(&session), &json!({ "cause": "inactivity" })).await;
    let again = workstation.delete(&path(&session), &json!({ "cause": "user-button" })).await;
    server.admin(json!({ "do": "session_end", "session_id": session })).await.unwrap();

    assert_eq!((again.status, &again.body["cause"]), (200, &json!("inactivity")));
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions WHERE cause = 'inactivity'"), 1);
    assert_eq!(server.recorded(&[&session]), 0, "its records are its workstation's to deliver");
}

#[tokio::test]
async fn nobody_ends_the_session_of_another_workstation() {
    let server = TestServer::start().await;
    let (mut here, there) = (server.enrol().await, server.enrol().await);
    let maria = server.add_person("maria").await;
    let session = here.sign_in(&server, &maria).await;
    let cause = json!({ "cause": "user-button" });

    there.delete(&path(&session), &cause).await.assert_refused(401, "session.unknown");
    there.delete(&path(&Uuid::new_v4().to_string()), &cause).await.assert_refused(401, "session.unknown");
    assert_eq!(here.report(0).await.status, 200);
}

#[tokio::test]
async fn a_cause_is_one_of_the_coded_ones() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    for body in [json!({}), json!({ "cause": "bored" }), json!({ "cause": "UserButton" })] {
        workstation.delete(&path(&session), &body).await.assert_refused(400, "request.malformed");
    }

    assert_eq!(workstation.report(0).await.status, 200);
}

#[tokio::test]
async fn an_end_and_a_disabling_at_the_same_time_leave_one_cause() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    let (path, body) = (path(&session), json!({ "cause": "user-button" }));
    let disable = server.admin(json!({ "do": "user_disable", "name": "maria", "is_disabled": true }));
    let (answer, _) = futures_util::future::join(workstation.delete(&path, &body), disable).await;

    let stored = server.text("SELECT cause FROM sessions");
    assert_eq!(answer.body["cause"], stored);
    assert_eq!(server.recorded(&[&session, "disabled"]), usize::from(stored == "disabled"));
}

fn path(session: &str) -> String {
    format!("/v1/sessions/{session}")
}
