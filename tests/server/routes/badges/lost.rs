//! `POST /v1/badges/lost`

use harness::server::TestServer;
use serde_json::json;
use uuid::Uuid;

const BADGE: &str = "uid:04a1b2c3d4e5f6";

#[tokio::test]
async fn who_lost_her_badge_revokes_all_of_hers_at_once_and_her_session_goes_on() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;
    workstation.enrol_badge(BADGE).await;
    workstation.enrol_badge("wedge:4711-0815").await;
    let lost = workstation.post("/v1/badges/lost", &json!({})).await;

    assert_eq!((lost.status, &lost.body["revoked"]), (200, &json!(2)), "{lost:?}");
    assert_eq!(workstation.report(0).await.status, 200);
    assert_eq!(server.recorded(&["110137", "badge.lost"]), 2);
    let other = server.enrol().await;
    other.tap(Uuid::new_v4(), BADGE).await.assert_refused(403, "badge.refused");
    workstation.enrol_badge(BADGE).await.assert_refused(403, "badge.refused");
    let again = workstation.post("/v1/badges/lost", &json!({})).await;
    assert_eq!((again.status, &again.body["revoked"]), (200, &json!(0)));
    let new = workstation.enrol_badge("wedge:4711-0816").await;
    assert_eq!(new.status, 201, "{new:?}");
    assert!(new.body.get("grace_remaining_ms").is_none(), "her grace is over");
}

#[tokio::test]
async fn a_tap_is_not_enough_to_revoke_anything() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;
    workstation.enrol_badge(BADGE).await;
    let mut other = server.enrol().await;
    let opened = other.tap(Uuid::new_v4(), BADGE).await;
    other.hold(&opened);

    let refused = other.post("/v1/badges/lost", &json!({})).await;
    refused.assert_refused(403, "badge.enrolment_refused");
    assert_eq!(server.count("SELECT COUNT(*) FROM badges WHERE revoked_at IS NULL"), 1);
}
