//! `POST /v1/session/activity`

use std::time::Duration;

use harness::server::TestServer;
use serde_json::json;

#[tokio::test]
async fn activity_moves_the_limit_to_when_the_input_really_was() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;
    server.advance(Duration::from_secs(600));
    let answer = workstation.report(10_000).await;

    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["inactivity_remaining_ms"], 890_000);
    assert_eq!(answer.body["absolute_remaining_ms"], 42_600_000);
}

#[tokio::test]
async fn a_report_that_arrives_late_takes_no_activity_back() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;
    server.advance(Duration::from_secs(600));
    workstation.report(0).await;
    let late = workstation.report(300_000).await;

    assert_eq!(late.body["inactivity_remaining_ms"], 900_000);
}

#[tokio::test]
async fn a_report_of_the_whole_limit_ends_the_session_for_inactivity() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;
    server.advance(Duration::from_secs(900));
    let answer = workstation.report(900_000).await;

    answer.assert_refused(410, "session.ended");
    assert_eq!(answer.body["cause"], "inactivity");
    assert_eq!(server.recorded(&["\"inactivity\""]), 1);
    workstation.report(0).await.assert_refused(410, "session.ended");
}

#[tokio::test]
async fn a_key_pressed_at_the_last_moment_counts_for_five_seconds_more() {
    for (late, expected) in [(4, 200), (5, 401)] {
        let server = TestServer::start().await;
        let mut workstation = server.enrol().await;
        let maria = server.add_person("maria").await;
        workstation.sign_in(&server, &maria).await;
        server.advance(Duration::from_secs(900 + late));
        let answer = workstation.report(late * 1_000 + 100).await;

        assert_eq!(answer.status, expected, "{late} s late: {answer:?}");
    }
}

#[tokio::test]
async fn an_unheard_session_lapses_by_itself_and_opens_nothing() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;
    server.advance(Duration::from_secs(905));
    until(&server, "SELECT COUNT(*) FROM sessions WHERE state = 'lapsed'", 1).await;

    workstation.report(0).await.assert_refused(401, "session.lapsed");
    assert_eq!(server.recorded(&["inactivity"]), 0, "the server does not know that, and must not state it");
}

#[tokio::test]
async fn a_lapsed_session_is_given_up_after_a_day() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    server.advance(Duration::from_secs(905));
    until(&server, "SELECT COUNT(*) FROM sessions WHERE state = 'lapsed'", 1).await;
    server.advance(Duration::from_secs(86_400));
    until(&server, "SELECT COUNT(*) FROM sessions WHERE cause = 'contact-lost'", 1).await;

    let answer = workstation.report(0).await;
    answer.assert_refused(410, "session.ended");
    assert_eq!(answer.body["cause"], "contact-lost");
    assert_eq!(server.recorded(&[&session, "contact-lost"]), 1);
    assert_eq!(server.recorded(&[&session]), 2, "its login stands beside its logout");
}

#[tokio::test]
async fn activity_does_not_extend_the_absolute_limit() {
    let server = TestServer::start_with("[session]\nabsolute_limit = \"15min\"\n").await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;
    server.advance(Duration::from_secs(899));
    assert_eq!(workstation.report(0).await.body["absolute_remaining_ms"], 1_000);
    server.advance(Duration::from_secs(6));
    let answer = workstation.report(0).await;

    assert!(matches!(answer.code(), "session.lapsed" | "session.ended"), "{answer:?}");
}

#[tokio::test]
async fn a_person_disabled_in_mid_session_is_out_at_once() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    let answer =
        server.admin(json!({ "do": "user_disable", "name": "maria", "is_disabled": true })).await.unwrap();
    assert_eq!(answer["sessions_ended"], 1);

    let answer = workstation.report(0).await;
    answer.assert_refused(410, "session.ended");
    assert_eq!(answer.body["cause"], "disabled");
    assert_eq!(server.recorded(&[&session, "disabled"]), 1);
}

#[tokio::test]
async fn a_report_says_a_time_and_nothing_else() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;
    for body in
        [json!({}), json!({ "idle_ms": -1 }), json!({ "idle_ms": "1" }), json!({ "idle_ms": 1, "x": 1 })]
    {
        workstation.post("/v1/session/activity", &body).await.assert_refused(400, "request.malformed");
    }
    let answer = workstation.report(u64::MAX).await;

    answer.assert_refused(410, "session.ended");
}

/// Waits until the query counts this many: the server's own jobs run beside the test.
async fn until(server: &TestServer, sql: &str, count: i64) {
    let reached = async {
        while server.count(sql) != count {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), reached).await.expect(sql);
}
