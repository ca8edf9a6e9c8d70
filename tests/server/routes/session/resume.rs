//! `POST /v1/session/resume`

use std::time::Duration;

use harness::{
    server::{Person, TestServer},
    workstation::Workstation,
};
use serde_json::{Value, json};
use uuid::Uuid;

const BADGE: &str = "uid:04a1b2c3d4e5f6";
const HOUR: u64 = 3_600;

#[tokio::test]
async fn within_her_grace_a_tap_resumes_and_counts_as_activity() {
    let ward = Ward::concealed("").await;
    ward.server.advance(Duration::from_secs(600));
    let resumed = ward.workstation.resume(BADGE).await;

    assert_eq!(resumed.status, 200, "{resumed:?}");
    assert_eq!(
        (&resumed.body["method"], &resumed.body["session_id"]),
        (&json!("badge"), &json!(ward.session))
    );
    assert_eq!(resumed.body["limits"]["absolute_remaining_ms"], (12 * HOUR - 600) * 1_000);
    let status = ward.workstation.get("/v1/session").await;
    assert_eq!(status.body["inactivity_remaining_ms"], 900_000);
    assert_eq!(ward.server.count("SELECT COUNT(*) FROM sessions WHERE concealed_at IS NULL"), 1);
}

#[tokio::test]
async fn a_badge_of_another_or_of_nobody_or_a_revoked_one_resumes_nothing() {
    let ward = Ward::concealed("").await;
    let jonas = ward.server.add_person("jonas").await;
    let mut other = ward.server.enrol().await;
    other.sign_in(&ward.server, &jonas).await;
    other.enrol_badge("wedge:jonas-1").await;

    ward.workstation.resume("wedge:jonas-1").await.assert_refused(403, "badge.of_another");
    ward.workstation.resume("wedge:nobody-1").await.assert_refused(404, "badge.unknown");
    ward.workstation.resume("uid:08000001").await.assert_refused(422, "badge.unusable");
    ward.server.admin(json!({ "do": "badge_revoke", "name": "jonas" })).await.unwrap();
    ward.workstation.resume("wedge:jonas-1").await.assert_refused(403, "badge.refused");
    assert_eq!(ward.server.count("SELECT COUNT(*) FROM sessions WHERE concealed_at IS NOT NULL"), 1);
    assert_eq!(ward.server.recorded(&["badge.of_another"]), 0, "a tap over hers is no refused login");
    assert_eq!(ward.server.recorded(&["badge.refused"]), 1);
}

#[tokio::test]
async fn when_her_grace_is_over_the_tap_asks_for_her_password() {
    let ward = Ward::concealed("grace.period.uid = '0s'").await;
    let challenge = ward.workstation.resume(BADGE).await;
    assert_eq!((challenge.status, &challenge.body["satisfied_by"]), (202, &json!(["password"])));
    let wrong = ward.workstation.give(&challenge, typed("wrong password")).await;
    wrong.assert_refused(401, "second_factor.refused");
    let resumed = ward.workstation.give(&challenge, typed(&ward.maria.password)).await;

    assert_eq!((resumed.status, &resumed.body["method"]), (200, &json!("badge-password")), "{resumed:?}");
    assert_eq!(ward.workstation.report(0).await.status, 200, "the credential is as before");
}

#[tokio::test]
async fn where_policy_wants_badge_and_pin_a_tap_within_grace_is_not_enough() {
    let ward = Ward::concealed("factors.resume = 'badge+pin'").await;
    ward.server.admin(json!({ "do": "user_pin", "name": "maria", "pin": "271828" })).await.unwrap();
    let challenge = ward.workstation.resume(BADGE).await;
    assert_eq!(challenge.body["satisfied_by"], json!(["pin", "password"]), "{challenge:?}");
    let resumed = ward.workstation.give(&challenge, json!({ "kind": "pin", "pin": "271828" })).await;

    assert_eq!((resumed.status, &resumed.body["method"]), (200, &json!("badge-pin")), "{resumed:?}");
    let password = ward.workstation.resume_by_password(&ward.maria.password).await;
    assert_eq!((password.status, &password.body["satisfied_by"]), (202, &json!(["totp"])));
}

#[tokio::test]
async fn her_password_resumes_and_a_wrong_one_is_counted_without_ending_anything() {
    let ward = Ward::concealed("").await;
    for _ in 0..5 {
        ward.workstation.resume_by_password("wrong password").await.assert_refused(401, "sign_in.refused");
    }
    let locked = ward.workstation.resume_by_password(&ward.maria.password).await;
    locked.assert_refused(429, "sign_in.locked_out");
    assert_eq!(ward.workstation.get("/v1/session").await.status, 200, "a running session is never locked");
    ward.server.advance(Duration::from_secs(31));
    let resumed = ward.workstation.resume_by_password(&ward.maria.password).await;

    assert_eq!((resumed.status, &resumed.body["method"]), (200, &json!("password")), "{resumed:?}");
}

#[tokio::test]
async fn a_repeated_resume_gets_the_same_answer_until_the_screen_is_covered_again() {
    let ward = Ward::concealed("").await;
    let factor = json!({ "kind": "badge", "badge": { "number": BADGE, "grade": "uid" } });
    let body = json!({ "attempt_id": Uuid::new_v4(), "factor": factor });
    let first = ward.workstation.post("/v1/session/resume", &body).await;
    let again = ward.workstation.post("/v1/session/resume", &body).await;
    ward.workstation.conceal("user-tap").await;

    assert_eq!((first.status, again.status), (200, 200), "{again:?}");
    assert_eq!(first.body["method"], again.body["method"]);
    ward.workstation.post("/v1/session/resume", &body).await.assert_refused(410, "challenge.over");
    assert_eq!(ward.server.count("SELECT COUNT(*) FROM sessions WHERE concealed_at IS NOT NULL"), 1);
}

#[tokio::test]
async fn what_ended_or_lapsed_is_not_resumed() {
    let ward = Ward::concealed("").await;
    let challenge = {
        let ward = Ward::concealed("grace.period.uid = '0s'").await;
        let challenge = ward.workstation.resume(BADGE).await;
        ward.server.admin(json!({ "do": "session_end", "session_id": ward.session })).await.unwrap();
        ward.workstation.give(&challenge, typed(&ward.maria.password)).await
    };
    challenge.assert_refused(410, "session.ended");
    ward.server.advance(Duration::from_secs(905));
    ward.workstation.resume(BADGE).await.assert_refused(401, "session.lapsed");
    ward.workstation.resume_by_password(&ward.maria.password).await.assert_refused(401, "session.lapsed");
}

#[tokio::test]
async fn a_resume_that_came_too_late_is_not_granted_to_its_repeat() {
    let mut ward = Ward::concealed("grace.period.uid = '0s'").await;
    ward.server.advance(Duration::from_secs(880));
    let challenge = ward.workstation.resume(BADGE).await;
    assert_eq!(challenge.status, 202, "{challenge:?}");
    ward.server.advance(Duration::from_secs(30));
    let path = format!("/v1/challenges/{}", challenge.body["challenge_id"].as_str().unwrap());
    let body = json!({ "attempt_id": Uuid::new_v4(), "factor": typed(&ward.maria.password) });
    ward.workstation.post(&path, &body).await.assert_refused(401, "session.lapsed");
    let adopt = format!("/v1/sessions/{}/adopt", ward.session);
    let adopted = ward.workstation.post(&adopt, &json!({ "idle_ms": 0, "idle_longest_ms": 0 })).await;
    assert_eq!(adopted.status, 200, "{adopted:?}");
    ward.workstation.hold(&adopted);

    ward.workstation.post(&path, &body).await.assert_refused(410, "challenge.over");
    assert_eq!(ward.server.count("SELECT COUNT(*) FROM sessions WHERE uncovered_at = opened_at"), 1);
}

fn typed(password: &str) -> Value {
    json!({ "kind": "password", "password": password })
}

struct Ward {
    server: TestServer,
    workstation: Workstation,
    maria: Person,
    session: String,
}

impl Ward {
    /// Maria, signed in with her badge enrolled, her screen covered.
    async fn concealed(policy: &str) -> Self {
        let server = TestServer::start_with(policy).await;
        let mut workstation = server.enrol().await;
        let maria = server.add_person("maria").await;
        let session = workstation.sign_in(&server, &maria).await;
        assert_eq!(workstation.enrol_badge(BADGE).await.status, 201);
        assert_eq!(workstation.conceal("user-tap").await.status, 200);
        Self { server, workstation, maria, session }
    }
}
