//! `POST /v1/session/conceal`

use std::time::Duration;

use harness::{server::TestServer, workstation::Workstation};
use serde_json::json;

#[tokio::test]
async fn a_covered_screen_keeps_its_session_and_moves_no_deadline() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;
    server.advance(Duration::from_secs(300));
    for cause in ["user-tap", "user-button", "inactivity", "elsewhere", "other-badge"] {
        let answer = workstation.conceal(cause).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["inactivity_remaining_ms"], 600_000);
    }

    assert_eq!(server.count("SELECT COUNT(*) FROM sessions WHERE concealed_at IS NOT NULL"), 1);
    let recorded = server.recorded(&["urn:tapward:stepping-away"]);
    assert_eq!(recorded, 0, "its workstation tells it");
    server.advance(Duration::from_secs(605));
    workstation.conceal("user-tap").await.assert_refused(401, "session.lapsed");
}

#[tokio::test]
async fn nothing_is_covered_without_a_session_or_for_no_reason() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    workstation.conceal("user-tap").await.assert_refused(401, "session.unknown");
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    workstation.conceal("because").await.assert_refused(400, "request.malformed");
    server.admin(json!({ "do": "session_end", "session_id": session })).await.unwrap();

    let ended = workstation.conceal("user-tap").await;
    ended.assert_refused(410, "session.ended");
    assert_eq!(ended.body["cause"], "admin");
}

#[tokio::test]
async fn a_thousand_strangers_inputs_at_a_covered_screen_move_no_limit_whatever_is_reported() {
    let (server, workstation) = covered_after_100_s().await;
    for input in 1..=1_000 {
        server.advance(Duration::from_millis(890));
        let report = workstation.report(input % 3).await;
        assert_eq!(report.body["inactivity_remaining_ms"], 900_000 - input * 890, "{report:?}");
    }
    server.advance(Duration::from_secs(15));

    workstation.report(0).await.assert_refused(401, "session.lapsed");
}

#[tokio::test]
async fn what_was_typed_before_the_covering_counts_also_where_its_report_comes_after() {
    let (server, workstation) = covered_after_100_s().await;
    server.advance(Duration::from_secs(4));
    let late = workstation.report(10_000).await;

    assert_eq!(late.body["inactivity_remaining_ms"], 890_000, "{late:?}");
}

#[tokio::test]
async fn back_at_her_screen_her_reports_count_again_and_a_late_one_takes_nothing_back() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;
    workstation.enrol_badge("uid:04a1b2c3d4e5f6").await;
    workstation.conceal("user-tap").await;
    server.advance(Duration::from_secs(600));
    assert_eq!(workstation.resume("uid:04a1b2c3d4e5f6").await.status, 200);
    let late = workstation.report(600_000).await;
    assert_eq!(late.body["inactivity_remaining_ms"], 900_000, "{late:?}");
    server.advance(Duration::from_secs(60));

    assert_eq!(workstation.report(0).await.body["inactivity_remaining_ms"], 900_000);
}

#[tokio::test]
async fn whoever_came_back_out_of_contact_goes_on_by_adopting_and_her_reports_count_again() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    workstation.conceal("user-tap").await;
    server.advance(Duration::from_secs(905));
    workstation.report(0).await.assert_refused(401, "session.lapsed");
    let adopt = json!({ "idle_ms": 1_000, "idle_longest_ms": 600_000 });
    let adopted = workstation.post(&format!("/v1/sessions/{session}/adopt"), &adopt).await;
    assert_eq!(adopted.status, 200, "{adopted:?}");
    workstation.hold(&adopted);
    server.advance(Duration::from_secs(600));

    assert_eq!(workstation.report(0).await.body["inactivity_remaining_ms"], 900_000);
    assert_eq!(workstation.get("/v1/sessions").await.body["sessions"][0]["is_covered"], false);
}

#[tokio::test]
async fn a_covered_session_that_is_adopted_stays_covered() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    server.advance(Duration::from_secs(100));
    workstation.conceal("user-tap").await;
    server.advance(Duration::from_secs(300));
    let adopt = json!({ "idle_ms": 299_000, "idle_longest_ms": 299_000 });
    let adopted = workstation.post(&format!("/v1/sessions/{session}/adopt"), &adopt).await;
    workstation.hold(&adopted);
    let report = workstation.report(0).await;

    assert_eq!(report.body["inactivity_remaining_ms"], 600_000, "{report:?}");
    assert_eq!(workstation.get("/v1/sessions").await.body["sessions"][0]["is_covered"], true);
}

/// Maria's screen, which she covered 100 s after her last input.
async fn covered_after_100_s() -> (TestServer, Workstation) {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;
    server.advance(Duration::from_secs(100));
    workstation.conceal("user-tap").await;
    (server, workstation)
}
