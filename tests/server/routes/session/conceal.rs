//! `POST /v1/session/conceal`

use std::time::Duration;

use harness::server::TestServer;
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
