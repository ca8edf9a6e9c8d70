//! `POST /v1/session/identify`

use harness::{server::TestServer, workstation::Workstation};
use serde_json::{Value, json};

#[tokio::test]
async fn a_badge_is_the_holders_anothers_nobodys_or_refused() {
    let server = TestServer::start().await;
    let [mut hers, mut his] = [server.enrol().await, server.enrol().await];
    let [maria, jonas] = [server.add_person("maria").await, server.add_person("jonas").await];
    hers.sign_in(&server, &maria).await;
    his.sign_in(&server, &jonas).await;
    hers.enrol_badge("wedge:maria-1").await;
    his.enrol_badge("wedge:jonas-1").await;

    assert_eq!(whose(&hers, "wedge:maria-1").await, "holder");
    assert_eq!(whose(&hers, "wedge:jonas-1").await, "other");
    assert_eq!(whose(&hers, "wedge:nobody-1").await, "unknown");
    server.admin(json!({ "do": "user_disable", "name": "jonas", "is_disabled": true })).await.unwrap();
    assert_eq!(whose(&hers, "wedge:jonas-1").await, "refused");
    let random = json!({ "badge": { "number": "uid:08000000", "grade": "uid" } });
    hers.post("/v1/session/identify", &random).await.assert_refused(422, "badge.unusable");
    assert_eq!(server.recorded(&["badge.unknown"]), 0, "nobody asked to sign in");
}

#[tokio::test]
async fn nobody_asks_whose_a_badge_is_without_a_session() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let body = json!({ "badge": { "number": "wedge:maria-1", "grade": "uid" } });

    workstation.post("/v1/session/identify", &body).await.assert_refused(401, "session.unknown");
}

async fn whose(workstation: &Workstation, badge: &str) -> Value {
    let body = json!({ "badge": { "number": badge, "grade": "uid" } });
    let answer = workstation.post("/v1/session/identify", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["whose"].clone()
}
