//! `POST /v1/badges/lost`

use std::time::Duration;

use harness::{
    server::{Person, TestServer},
    workstation::{Answer, Workstation},
};
use serde_json::{Value, json};
use uuid::Uuid;

const BADGE: &str = "uid:04a1b2c3d4e5f6";

#[tokio::test]
async fn who_lost_her_badge_revokes_all_of_hers_at_once_where_somebody_elses_screen_is_covered() {
    let ward = Ward::new().await;
    let jonas = ward.server.add_person("jonas").await;
    let mut his = ward.server.enrol().await;
    his.sign_in(&ward.server, &jonas).await;
    assert_eq!(his.conceal("user-tap").await.status, 200);
    let challenge = ward.lost_at(&his).await;
    assert_eq!((challenge.status, &challenge.body["satisfied_by"]), (202, &json!(["totp"])), "{challenge:?}");
    assert_eq!(ward.hers.enrol_badge("wedge:4711-0815").await.status, 201, "nothing is revoked yet");
    let lost = his.give(&challenge, ward.code()).await;

    assert_eq!((lost.status, &lost.body), (200, &json!({ "revoked": 2 })), "{lost:?}");
    for badge in [BADGE, "wedge:4711-0815"] {
        his.tap(Uuid::new_v4(), badge).await.assert_refused(403, "badge.refused");
    }
    let report = ward.hers.report(0).await;
    assert_eq!((report.status, report.body.get("grace_remaining_ms")), (200, None), "her session goes on");
    assert_eq!(his.report(0).await.status, 200, "and so does his");
    assert_eq!(ward.server.count("SELECT COUNT(*) FROM sessions"), 2, "none was opened");
    assert_eq!(ward.server.count("SELECT COUNT(*) FROM sessions WHERE concealed_at IS NOT NULL"), 1);
    assert_eq!(ward.server.recorded(&["110137", "badge.lost", "Maria O.", "WS-02"]), 2);
}

#[tokio::test]
async fn with_no_badge_left_it_is_no_error_and_a_lost_one_is_not_enrolled_again_by_its_finder() {
    let ward = Ward::new().await;
    for revoked in [1, 0] {
        let challenge = ward.lost_at(&ward.hers).await;
        assert_eq!(ward.hers.give(&challenge, ward.code()).await.body, json!({ "revoked": revoked }));
        ward.server.advance(Duration::from_secs(30));
    }
    for (action, times) in [("\"badge.lost\"", 1), ("\"badge.lost-none\"", 1)] {
        assert_eq!(ward.server.recorded(&["110137", action, "Maria O.", "WS-01"]), times, "{action}");
    }

    ward.hers.enrol_badge(BADGE).await.assert_refused(403, "badge.refused");
    let new = ward.hers.enrol_badge("wedge:4711-0816").await;
    assert_eq!(new.status, 201, "{new:?}");
    assert!(new.body.get("grace_remaining_ms").is_none(), "her grace is over");
}

#[tokio::test]
async fn her_next_grace_is_told_to_no_session_whose_badge_was_revoked_whatever_she_has_since() {
    let ward = Ward::new().await;
    assert_eq!(ward.hers.lose_badges(&ward.server, &ward.maria).await.body, json!({ "revoked": 1 }));
    ward.server.advance(Duration::from_secs(30));
    let mut there = ward.server.enrol().await;
    there.sign_in(&ward.server, &ward.maria).await;
    let report = ward.hers.report(0).await;
    assert_eq!((report.status, report.body.get("grace_remaining_ms")), (200, None), "a tap opens nothing");
    assert_eq!(there.enrol_badge("wedge:4711-0816").await.status, 201);

    assert!(there.report(0).await.body.get("grace_remaining_ms").is_some());
    assert!(
        ward.hers.report(0).await.body.get("grace_remaining_ms").is_none(),
        "the revoked one was shown there"
    );
}

#[tokio::test]
async fn a_wrong_password_or_code_revokes_nothing_and_is_counted_like_that_of_a_sign_in() {
    let ward = Ward::new().await;
    let challenge = ward.lost_at(&ward.hers).await;
    let wrong = ward.hers.give(&challenge, json!({ "kind": "totp", "code": "000000" })).await;
    wrong.assert_refused(401, "second_factor.refused");
    assert_eq!(wrong.body["tries_left"], 4);
    let stranger = ward.server.enrol().await;
    let mut refusals = Vec::new();
    for name in ["maria", "nobody"] {
        for _ in 0..5 {
            ward.lost_as(&stranger, name, "wrong password").await.assert_refused(401, "sign_in.refused");
        }
        let mut locked = ward.lost_as(&stranger, name, "wrong password").await;
        locked.assert_refused(429, "sign_in.locked_out");
        locked.body["correlation_id"] = Value::Null;
        refusals.push(locked.body);
    }

    assert_eq!(refusals[0], refusals[1], "a name that nobody has is refused alike");
    ward.lost_at(&stranger).await.assert_refused(429, "sign_in.locked_out");
    stranger
        .first_factor(Uuid::new_v4(), "maria", &ward.maria.password)
        .await
        .assert_refused(429, "sign_in.locked_out");
    assert_eq!(ward.server.count("SELECT COUNT(*) FROM badges WHERE revoked_at IS NULL"), 1);
    assert!(ward.hers.report(0).await.body.get("grace_remaining_ms").is_some());
}

#[tokio::test]
async fn the_code_is_asked_for_also_where_a_password_alone_signs_in() {
    let server = TestServer::start_with("factors.sign_in = ['password', 'password+totp']").await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    assert_eq!(workstation.first_factor(Uuid::new_v4(), "maria", &maria.password).await.status, 201);
    let body = json!({ "attempt_id": Uuid::new_v4(), "name": "maria", "password": maria.password });
    let challenge = workstation.post("/v1/badges/lost", &body).await;

    assert_eq!((challenge.status, &challenge.body["satisfied_by"]), (202, &json!(["totp"])), "{challenge:?}");
}

#[tokio::test]
async fn a_repeat_gets_the_same_answer_and_its_id_is_good_for_nothing_else() {
    let ward = Ward::new().await;
    let body = json!({ "attempt_id": Uuid::new_v4(), "name": "maria", "password": ward.maria.password });
    let first = ward.hers.post("/v1/badges/lost", &body).await;
    let again = ward.hers.post("/v1/badges/lost", &body).await;
    assert_eq!(first.body["challenge_id"], again.body["challenge_id"], "{again:?}");
    let attempt: Uuid = body["attempt_id"].as_str().unwrap().parse().unwrap();
    let sign_in = ward.hers.first_factor(attempt, "maria", &ward.maria.password).await;
    sign_in.assert_refused(409, "conflict");

    let path = format!("/v1/challenges/{}", first.body["challenge_id"].as_str().unwrap());
    let answer = json!({ "attempt_id": Uuid::new_v4(), "factor": ward.code() });
    for _ in 0..2 {
        let lost = ward.hers.post(&path, &answer).await;
        assert_eq!((lost.status, &lost.body), (200, &json!({ "revoked": 1 })), "{lost:?}");
    }
    assert_eq!(ward.server.recorded(&["badge.lost"]), 1);
}

#[tokio::test]
async fn a_challenge_of_it_is_over_like_any_other_and_belongs_to_one_workstation() {
    let ward = Ward::new().await;
    let other = ward.server.enrol().await;
    let challenge = ward.lost_at(&ward.hers).await;
    other.give(&challenge, ward.code()).await.assert_refused(410, "challenge.over");
    ward.server.advance(Duration::from_secs(120));

    ward.hers.give(&challenge, ward.code()).await.assert_refused(410, "challenge.over");
    assert_eq!(ward.server.count("SELECT COUNT(*) FROM badges WHERE revoked_at IS NULL"), 1);
}

#[tokio::test]
async fn somebody_disabled_is_told_so_after_all_was_right_and_a_revoked_workstation_helps_nobody() {
    let ward = Ward::new().await;
    ward.server.admin(json!({ "do": "user_disable", "name": "maria", "is_disabled": true })).await.unwrap();
    let stranger = ward.server.enrol().await;
    let challenge = ward.lost_at(&stranger).await;
    stranger.give(&challenge, ward.code()).await.assert_refused(403, "user.disabled");
    ward.server.admin(json!({ "do": "workstation_revoke", "workstation": "WS-02" })).await.unwrap();

    ward.lost_at(&stranger).await.assert_refused(403, "workstation.revoked");
}

struct Ward {
    server: TestServer,
    maria: Person,
    hers: Workstation,
}

impl Ward {
    /// Maria, signed in at WS-01, her badge enrolled, her next code ready.
    async fn new() -> Self {
        let server = TestServer::start().await;
        let mut hers = server.enrol().await;
        let maria = server.add_person("maria").await;
        hers.sign_in(&server, &maria).await;
        assert_eq!(hers.enrol_badge(BADGE).await.status, 201);
        server.advance(Duration::from_secs(30));
        Self { server, maria, hers }
    }

    async fn lost_at(&self, workstation: &Workstation) -> Answer {
        self.lost_as(workstation, "maria", &self.maria.password).await
    }

    async fn lost_as(&self, workstation: &Workstation, name: &str, password: &str) -> Answer {
        let body = json!({ "attempt_id": Uuid::new_v4(), "name": name, "password": password });
        workstation.post("/v1/badges/lost", &body).await
    }

    fn code(&self) -> Value {
        json!({ "kind": "totp", "code": self.server.code(&self.maria) })
    }
}
