//! `POST /v1/badges`

use std::time::Duration;

use harness::{server::TestServer, workstation::Workstation};
use serde_json::json;
use uuid::Uuid;

const BADGE: &str = "uid:04a1b2c3d4e5f6";

#[tokio::test]
async fn she_enrols_her_badge_after_a_strong_sign_in_and_it_is_on_record_without_its_number() {
    let (server, workstation) = signed_in("").await;
    let enrolled = workstation.enrol_badge(BADGE).await;

    assert_eq!(enrolled.status, 201, "{enrolled:?}");
    assert_eq!(
        (&enrolled.body["badges"], &enrolled.body["grace_remaining_ms"]),
        (&json!(1), &json!(28_800_000))
    );
    assert_eq!(server.recorded(&["110137", "badge.enrol-own", "Maria O.", "WS-01"]), 1);
    assert_eq!(server.recorded(&["04a1b2c3d4e5f6"]), 0);
}

#[tokio::test]
async fn enrolling_ones_own_again_is_fine_and_changes_nothing() {
    let (server, workstation) = signed_in("").await;
    workstation.enrol_badge(BADGE).await;
    let again = workstation.enrol_badge(BADGE).await;

    assert_eq!((again.status, &again.body["badges"]), (201, &json!(1)));
    assert_eq!(server.recorded(&["badge.enrol"]), 1);
}

#[tokio::test]
async fn a_badge_of_somebody_else_is_taken() {
    let (server, maria) = signed_in("").await;
    maria.enrol_badge(BADGE).await;
    let jonas = server.add_person("jonas").await;
    let mut other = server.enrol().await;
    other.sign_in(&server, &jonas).await;

    other.enrol_badge(BADGE).await.assert_refused(409, "badge.taken");
    assert_eq!(server.count("SELECT COUNT(*) FROM badges"), 1);
}

#[tokio::test]
async fn of_two_people_who_enrol_one_badge_at_once_one_has_it() {
    let (server, maria) = signed_in("").await;
    let jonas = server.add_person("jonas").await;
    let mut other = server.enrol().await;
    other.sign_in(&server, &jonas).await;
    let (hers, his) = tokio::join!(maria.enrol_badge(BADGE), other.enrol_badge(BADGE));

    let mut answers = [(hers.status, hers.code()), (his.status, his.code())];
    answers.sort_unstable();
    assert_eq!(answers, [(201, ""), (409, "badge.taken")]);
    assert_eq!(server.count("SELECT COUNT(*) FROM badges"), 1);
}

#[tokio::test]
async fn a_fourth_badge_is_too_many_until_one_is_revoked() {
    let (server, workstation) = signed_in("").await;
    for number in 0..3 {
        assert_eq!(workstation.enrol_badge(&format!("wedge:badge-{number}")).await.status, 201);
    }
    workstation.enrol_badge(BADGE).await.assert_refused(409, "badge.too_many");
    assert_eq!(workstation.enrol_badge("wedge:badge-1").await.status, 201, "one of the three is no fourth");
    let badges = server.admin(json!({ "do": "badge_list" })).await.unwrap();
    let first = badges["badges"][0]["badge_id"].clone();
    server.admin(json!({ "do": "badge_revoke", "badge_id": first })).await.unwrap();

    assert_eq!(workstation.enrol_badge(BADGE).await.status, 201);
}

#[tokio::test]
async fn a_sign_in_by_badge_or_password_alone_or_long_ago_enrols_nothing() {
    let (server, mut workstation) = signed_in("factors.sign_in = ['password', 'password+totp']").await;
    workstation.enrol_badge(BADGE).await.assert_refused(403, "badge.enrolment_refused");
    let (strong, mut strongly) = signed_in("").await;
    strong.advance(Duration::from_secs(301));
    strongly.enrol_badge(BADGE).await.assert_refused(403, "badge.enrolment_refused");
    let maria = json!({ "do": "user_list" });
    assert!(server.admin(maria).await.is_ok());

    // By the tap of a badge that was enrolled in time.
    let (in_time, mut here) = signed_in("").await;
    here.enrol_badge(BADGE).await;
    let opened = here.tap(Uuid::new_v4(), BADGE).await;
    here.hold(&opened);
    here.enrol_badge("wedge:badge-2").await.assert_refused(403, "badge.enrolment_refused");
    assert_eq!(in_time.count("SELECT COUNT(*) FROM badges"), 1);
    workstation.credential = None;
    workstation.enrol_badge(BADGE).await.assert_refused(401, "session.unknown");
    strongly.credential = Some("x".repeat(43));
    strongly.enrol_badge(BADGE).await.assert_refused(401, "session.unknown");
}

#[tokio::test]
async fn where_badges_come_from_a_list_or_the_help_desk_she_is_told_so() {
    for (enrolment, words) in [("listed", "list"), ("supervised", "help desk")] {
        let (server, workstation) = signed_in(&format!("badges.enrolment = '{enrolment}'")).await;
        let attempt = Uuid::new_v4();
        // Presented before, it is not offered to anybody: at the start, asked once more, and at her covered screen.
        workstation.tap(attempt, BADGE).await.assert_refused(404, "badge.unlisted");
        workstation.tap(attempt, BADGE).await.assert_refused(404, "badge.unlisted");
        workstation.resume(BADGE).await.assert_refused(404, "badge.unlisted");
        let answer = workstation.enrol_badge(BADGE).await;

        answer.assert_refused(403, "badge.enrolment_refused");
        assert!(answer.body["detail"].as_str().unwrap().contains(words), "{answer:?}");
        assert_eq!(server.recorded(&["badge.unknown"]), 2);
        assert_eq!(server.recorded(&["badge.unlisted"]), 0);
    }
}

#[tokio::test]
async fn a_number_that_changes_each_time_and_one_that_is_none_are_not_enrolled() {
    let (server, workstation) = signed_in("").await;
    let random = workstation.enrol_badge("uid:08a1b2c3").await;
    random.assert_refused(422, "badge.unusable");
    assert!(random.body["detail"].as_str().unwrap().contains("another number each time"), "{random:?}");
    workstation.enrol_badge("badge").await.assert_refused(422, "badge.unusable");

    assert_eq!(server.count("SELECT COUNT(*) FROM badges"), 0);
}

async fn signed_in(policy: &str) -> (TestServer, Workstation) {
    let server = TestServer::start_with(policy).await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let answer = workstation.first_factor(Uuid::new_v4(), "maria", &maria.password).await;
    if answer.status == 201 {
        workstation.hold(&answer);
    } else {
        let code = json!({ "kind": "totp", "code": server.code(&maria) });
        let opened = workstation.give(&answer, code).await;
        workstation.hold(&opened);
    }
    (server, workstation)
}
