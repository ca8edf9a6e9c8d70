//! What the workstation of a running session is told of her grace, and what renews it.

use std::time::Duration;

use harness::{
    server::{Person, TestServer},
    workstation::{Answer, Call, Workstation},
};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

const BADGE: &str = "uid:04a1b2c3d4e5f6";
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

#[tokio::test]
async fn each_answer_about_her_session_tells_what_is_left_of_her_grace() {
    let ward = Ward::signed_in("").await;
    ward.server.advance(Duration::from_secs(10 * MINUTE));

    for answer in [
        ward.workstation.report(0).await,
        ward.workstation.get("/v1/session").await,
        ward.workstation.conceal("user-tap").await,
    ] {
        assert_eq!(left(&answer), Some((8 * HOUR - 10 * MINUTE) * 1_000), "{answer:?}");
    }
    ward.server.advance(Duration::from_secs(905));
    let lapsed = ward.workstation.get("/v1/session").await;
    assert_eq!((&lapsed.body["state"], left(&lapsed).is_some()), (&json!("lapsed"), true));
}

#[tokio::test]
async fn a_grace_that_ended_elsewhere_is_gone_from_the_next_report_and_her_session_goes_on() {
    for ends in ["badge revoked", "signed out everywhere", "lost"] {
        let ward = Ward::signed_in("").await;
        assert!(left(&ward.workstation.report(0).await).is_some());
        match ends {
            "badge revoked" => {
                ward.server.admin(json!({ "do": "badge_revoke", "name": "maria" })).await.unwrap();
            }
            "signed out everywhere" => {
                let answer = ward.workstation.send(Call::bare(Method::DELETE, "/v1/sessions")).await;
                assert_eq!(answer.status, 200, "{answer:?}");
            }
            _ => {
                ward.server.advance(Duration::from_secs(30));
                let lost = ward.server.enrol().await.lose_badges(&ward.server, &ward.maria).await;
                assert_eq!(lost.body["revoked"], 1, "{lost:?}");
            }
        }
        let report = ward.workstation.report(0).await;

        assert_eq!((report.status, left(&report)), (200, None), "{ends}: {report:?}");
    }
}

#[tokio::test]
async fn where_policy_lets_no_tap_resume_any_more_her_running_session_learns_it() {
    let mut ward = Ward::signed_in("").await;
    assert!(left(&ward.workstation.report(0).await).is_some());
    std::fs::write(ward.server.data().join("policy.toml"), "factors.resume = 'badge+pin'").unwrap();
    ward.server.restart().await;
    let report = ward.workstation.at(&ward.server).report(0).await;

    assert_eq!((report.status, left(&report)), (200, None), "{report:?}");
}

#[tokio::test]
async fn a_grace_renewed_elsewhere_is_told_with_the_next_report() {
    let ward = Ward::signed_in("").await;
    ward.server.advance(Duration::from_secs(10 * MINUTE));
    let mut there = ward.server.enrol().await;
    there.sign_in(&ward.server, &ward.maria).await;

    assert_eq!(left(&ward.workstation.report(0).await), Some(8 * HOUR * 1_000));
}

#[tokio::test]
async fn what_a_session_is_told_is_by_the_badge_that_was_shown_in_it() {
    let ward = Ward::signed_in("").await;
    let better = json!({ "badge": { "number": "uid:04a1b2c3", "grade": "cryptographic" } });
    assert_eq!(left(&ward.workstation.post("/v1/badges", &better).await), Some(12 * HOUR * 1_000));
    assert_eq!(left(&ward.workstation.report(0).await), Some(12 * HOUR * 1_000), "the one shown last");
    let (mut there, attempt) = (ward.server.enrol().await, Uuid::new_v4());
    assert_eq!(left(&there.tap(attempt, BADGE).await), Some(8 * HOUR * 1_000));
    let opened = there.tap(attempt, BADGE).await;
    there.hold(&opened);

    assert_eq!(left(&opened), Some(8 * HOUR * 1_000), "the same for the repeat");
    assert_eq!(left(&there.report(0).await), Some(8 * HOUR * 1_000));
    assert_eq!(left(&ward.workstation.resume(BADGE).await), Some(8 * HOUR * 1_000));
    assert_eq!(left(&ward.workstation.report(0).await), Some(8 * HOUR * 1_000));
}

#[tokio::test]
async fn a_grace_begun_anew_is_told_for_no_badge_that_was_revoked_before() {
    let ward = Ward::signed_in("").await;
    ward.server.advance(Duration::from_secs(1));
    assert_eq!(ward.workstation.enrol_badge("wedge:second").await.status, 201);
    let badges = ward.server.admin(json!({ "do": "badge_list" })).await.unwrap();
    let second = badges["badges"][1]["badge_id"].clone();
    ward.server.admin(json!({ "do": "badge_revoke", "badge_id": second })).await.unwrap();
    ward.server.advance(Duration::from_secs(30));
    let mut there = ward.server.enrol_in("ICU-3").await;
    there.sign_in(&ward.server, &ward.maria).await;

    assert!(left(&there.report(0).await).is_some());
    let report = ward.workstation.report(0).await;
    assert_eq!((report.status, left(&report)), (200, None), "the one shown there last: {report:?}");
    assert!(left(&ward.workstation.resume(BADGE).await).is_some(), "with the one that is hers");
}

#[tokio::test]
async fn a_renewal_counts_from_its_code_and_ends_no_earlier_than_before() {
    let ward = Ward::signed_in("").await;
    ward.server.advance(Duration::from_secs(10 * MINUTE));
    let before = left(&ward.workstation.report(0).await);
    let challenge = ward.renewal(&ward.maria.password).await;
    assert_eq!((challenge.status, &challenge.body["satisfied_by"]), (202, &json!(["totp"])), "{challenge:?}");
    let half_way = left(&ward.workstation.report(0).await);
    assert_eq!(half_way, before, "the password alone renews nothing");
    ward.server.advance(Duration::from_secs(30));
    let renewed = ward.code(&challenge).await;

    assert_eq!((renewed.status, left(&renewed)), (200, Some(8 * HOUR * 1_000)), "{renewed:?}");
    assert_eq!(renewed.body["method"], "password-totp");
    assert_eq!(left(&ward.workstation.report(0).await), Some(8 * HOUR * 1_000));
}

#[tokio::test]
async fn a_renewal_that_is_refused_or_given_up_leaves_the_grace_as_it_was() {
    let ward = Ward::signed_in("").await;
    ward.server.advance(Duration::from_secs(10 * MINUTE));
    let before = left(&ward.workstation.report(0).await);
    ward.renewal("wrong password").await.assert_refused(401, "sign_in.refused");
    let challenge = ward.renewal(&ward.maria.password).await;
    let wrong = ward.workstation.give(&challenge, json!({ "kind": "totp", "code": "000000" })).await;
    wrong.assert_refused(401, "second_factor.refused");
    assert_eq!(left(&ward.workstation.report(0).await), before);

    ward.server.advance(Duration::from_secs(2 * MINUTE));
    ward.code(&challenge).await.assert_refused(410, "challenge.over");
    assert_eq!(left(&ward.workstation.report(0).await), before.map(|left| left - 2 * MINUTE * 1_000));
}

#[tokio::test]
async fn no_tap_renews_whatever_it_asks_for_and_whatever_it_resumes() {
    let ward = Ward::signed_in("").await;
    ward.server.advance(Duration::from_secs(10 * MINUTE));
    let before = left(&ward.workstation.report(0).await);
    ward.workstation.conceal("user-tap").await;
    let badge = json!({ "kind": "badge", "badge": { "number": BADGE, "grade": "uid" } });
    let body = json!({ "attempt_id": Uuid::new_v4(), "factor": badge, "renews_grace": true });
    ward.workstation.post("/v1/session/resume", &body).await.assert_refused(422, "request.invalid");
    assert_eq!(left(&ward.workstation.report(0).await), before);
    let resumed = ward.workstation.resume(BADGE).await;

    assert_eq!((resumed.status, left(&resumed)), (200, before), "{resumed:?}");
    let there = ward.server.enrol().await;
    assert_eq!(left(&there.tap(Uuid::new_v4(), BADGE).await), before);
}

#[tokio::test]
async fn a_renewal_in_another_unit_takes_none_from_the_unit_she_came_from() {
    let ward = Ward::signed_in("grace.reach = 'unit'").await;
    ward.server.advance(Duration::from_secs(10 * MINUTE));
    let mut there = ward.server.enrol_in("ER-1").await;
    there.sign_in(&ward.server, &ward.maria).await;

    assert_eq!(left(&there.report(0).await), Some(8 * HOUR * 1_000));
    assert_eq!(left(&ward.workstation.report(0).await), Some((8 * HOUR - 10 * MINUTE) * 1_000));
    ward.server.admin(json!({ "do": "badge_revoke", "name": "maria" })).await.unwrap();
    for workstation in [&there, &ward.workstation] {
        assert_eq!(left(&workstation.report(0).await), None, "its end is one for all units");
    }
}

fn left(answer: &Answer) -> Option<u64> {
    answer.body.get("grace_remaining_ms").map(|left| left.as_u64().unwrap())
}

struct Ward {
    server: TestServer,
    workstation: Workstation,
    maria: Person,
}

impl Ward {
    /// Maria, signed in with password and code in ICU-3, her badge enrolled.
    async fn signed_in(policy: &str) -> Self {
        let server = TestServer::start_with(policy).await;
        let mut workstation = server.enrol_in("ICU-3").await;
        let maria = server.add_person("maria").await;
        workstation.sign_in(&server, &maria).await;
        assert_eq!(workstation.enrol_badge(BADGE).await.status, 201);
        Self { server, workstation, maria }
    }

    async fn renewal(&self, password: &str) -> Answer {
        let factor = json!({ "kind": "password", "password": password });
        let body = json!({ "attempt_id": Uuid::new_v4(), "factor": factor, "renews_grace": true });
        self.workstation.post("/v1/session/resume", &body).await
    }

    async fn code(&self, challenge: &Answer) -> Answer {
        let code = json!({ "kind": "totp", "code": self.server.code(&self.maria) });
        self.workstation.give(challenge, code).await
    }
}
