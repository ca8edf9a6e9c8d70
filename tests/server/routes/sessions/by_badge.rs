//! `POST /v1/sessions` with a badge

use std::time::Duration;

use harness::{
    server::{Person, TestServer},
    workstation::Workstation,
};
use serde_json::{Value, json};
use uuid::Uuid;

const BADGE: &str = "uid:04a1b2c3d4e5f6";
const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn within_her_grace_a_tap_alone_signs_in_at_any_workstation() {
    let (server, mut workstation, maria) = maria_with_a_badge("").await;
    let mut other = server.enrol().await;
    let opened = other.tap(Uuid::new_v4(), BADGE).await;

    assert_eq!(opened.status, 201, "{opened:?}");
    assert_eq!(opened.body["user"]["user_id"], maria.user_id);
    assert_eq!(opened.body["grace_remaining_ms"], 8 * 3_600_000);
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions WHERE factors = 'badge'"), 1);
    other.hold(&opened);
    assert_eq!(other.report(0).await.status, 200);
    let again = workstation.tap(Uuid::new_v4(), BADGE).await;
    workstation.hold(&again);
    assert_eq!(workstation.report(0).await.status, 200);
}

#[tokio::test]
async fn where_a_tap_alone_does_not_resume_no_grace_is_told_and_a_tap_signs_in_all_the_same() {
    let (server, mut workstation, maria) = maria_with_a_badge("factors.resume = 'badge+pin'").await;
    server.admin(json!({ "do": "user_pin", "name": "maria", "pin": "271828" })).await.unwrap();
    let attempt = Uuid::new_v4();
    let opened = workstation.tap(attempt, BADGE).await;
    let again = workstation.tap(attempt, BADGE).await;
    workstation.hold(&again);
    let challenge = workstation.resume(BADGE).await;
    assert_eq!((challenge.status, &challenge.body["satisfied_by"]), (202, &json!(["pin", "password"])));
    let resumed = workstation.give(&challenge, json!({ "kind": "pin", "pin": "271828" })).await;
    let session = resumed.body["session_id"].as_str().unwrap().to_owned();
    workstation.sign_out(&session).await;
    server.advance(Duration::from_secs(30));
    workstation.sign_in(&server, &maria).await;
    let enrolled = workstation.enrol_badge("wedge:another-1").await;

    for (answer, status) in [(opened, 201), (again, 201), (resumed, 200), (enrolled, 201)] {
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.body.get("grace_remaining_ms").is_none(), "{answer:?}");
    }
}

#[tokio::test]
async fn when_her_grace_is_over_only_what_is_missing_is_asked() {
    let (server, mut workstation, maria) = maria_with_a_badge("").await;
    server.advance(8 * HOUR);
    let password = workstation.tap(Uuid::new_v4(), BADGE).await;
    assert_eq!(password.status, 202, "{password:?}");
    assert_eq!(password.body["satisfied_by"], json!(["password"]));
    assert_eq!(password.body["user"]["display_name"], "Maria O.");
    let code = workstation.give(&password, typed(&maria.password)).await;
    assert_eq!(code.status, 202, "{code:?}");
    assert_eq!(code.body["satisfied_by"], json!(["totp"]));
    let opened = workstation.give(&code, json!({ "kind": "totp", "code": server.code(&maria) })).await;

    assert_eq!(opened.status, 201, "{opened:?}");
    assert_eq!(opened.body["grace_remaining_ms"], 8 * 3_600_000, "a strong sign-in begins another");
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions WHERE factors = 'badge-password-totp'"), 1);
    workstation.hold(&opened);
    workstation.sign_out(opened.body["session_id"].as_str().unwrap()).await;
    assert_eq!(workstation.tap(Uuid::new_v4(), BADGE).await.status, 201);
}

#[tokio::test]
async fn no_tap_extends_the_grace() {
    let (server, mut workstation, _) = maria_with_a_badge("").await;
    server.advance(8 * HOUR - Duration::from_secs(1));
    let opened = workstation.tap(Uuid::new_v4(), BADGE).await;
    assert_eq!(opened.body["grace_remaining_ms"], 1_000, "{opened:?}");
    workstation.hold(&opened);
    server.advance(Duration::from_secs(1));

    assert_eq!(workstation.report(0).await.status, 200, "its end never touches a running session");
    assert_eq!(server.enrol().await.tap(Uuid::new_v4(), BADGE).await.status, 202);
}

#[tokio::test]
async fn a_password_or_code_that_is_wrong_takes_a_try_and_is_counted() {
    let (server, workstation, maria) = maria_with_a_badge("").await;
    server.advance(8 * HOUR);
    let challenge = workstation.tap(Uuid::new_v4(), BADGE).await;
    let wrong = workstation.give(&challenge, typed("wrong password")).await;
    wrong.assert_refused(401, "second_factor.refused");
    assert_eq!(wrong.body["tries_left"], 4);
    let code = workstation.give(&challenge, json!({ "kind": "totp", "code": server.code(&maria) })).await;
    code.assert_refused(422, "request.invalid");
    let pin = workstation.give(&challenge, json!({ "kind": "pin", "pin": "123456" })).await;
    pin.assert_refused(422, "request.invalid");

    assert_eq!(server.count("SELECT MAX(in_a_row) FROM failures WHERE factor = 'first'"), 1);
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions WHERE state = 'open'"), 0);
}

#[tokio::test]
async fn guesses_lock_the_password_there_and_never_a_tap_within_grace() {
    let (server, workstation, maria) = maria_with_a_badge("").await;
    for _ in 0..5 {
        workstation.first_factor(Uuid::new_v4(), "maria", "wrong password").await;
    }
    let locked = workstation.first_factor(Uuid::new_v4(), "maria", &maria.password).await;
    locked.assert_refused(429, "sign_in.locked_out");
    assert_eq!(workstation.tap(Uuid::new_v4(), BADGE).await.status, 201);

    let still = workstation.first_factor(Uuid::new_v4(), "maria", &maria.password).await;
    still.assert_refused(429, "sign_in.locked_out");
    server.advance(8 * HOUR);
    for _ in 0..5 {
        workstation.first_factor(Uuid::new_v4(), "maria", "wrong password").await;
    }
    let challenge = workstation.tap(Uuid::new_v4(), BADGE).await;
    let locked = workstation.give(&challenge, typed(&maria.password)).await;
    locked.assert_refused(429, "sign_in.locked_out");
}

#[tokio::test]
async fn a_badge_that_nobody_has_or_that_is_none_opens_nothing_and_is_not_repeated() {
    let (server, workstation, _) = maria_with_a_badge("").await;
    let unknown = workstation.tap(Uuid::new_v4(), "uid:04ffffffffffff").await;
    unknown.assert_refused(404, "badge.unknown");
    assert_eq!(server.recorded(&["badge.unknown", "\"outcome\":\"4\""]), 1);
    for badge in ["uid:08a1b2c3", "uid:", "04a1b2c3", "uid:04A1B2C3", "wedge:12 34", &"wedge:1".repeat(40)] {
        let answer = workstation.tap(Uuid::new_v4(), badge).await;
        answer.assert_refused(422, "badge.unusable");
        let body = answer.body.to_string().to_lowercase();
        assert!(
            !body.contains("a1b2c3") && !body.contains("12 34") && !body.contains("wedge:1"),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_badge_of_somebody_disabled_is_refused_and_on_record() {
    let (server, workstation, maria) = maria_with_a_badge("").await;
    server.admin(json!({ "do": "user_disable", "name": "maria", "is_disabled": true })).await.unwrap();

    workstation.tap(Uuid::new_v4(), BADGE).await.assert_refused(403, "badge.refused");
    assert_eq!(server.recorded(&["badge.refused", "\"outcome\":\"4\"", &maria.user_id]), 1);
    server.admin(json!({ "do": "user_disable", "name": "maria", "is_disabled": false })).await.unwrap();
    assert_eq!(workstation.tap(Uuid::new_v4(), BADGE).await.status, 202, "her grace is over");
}

#[tokio::test]
async fn a_new_password_or_code_ends_her_grace() {
    for command in
        [json!({ "do": "user_reset", "name": "maria" }), json!({ "do": "user_totp", "name": "maria" })]
    {
        let (server, workstation, _) = maria_with_a_badge("").await;
        server.admin(command).await.unwrap();

        assert_eq!(workstation.tap(Uuid::new_v4(), BADGE).await.status, 202);
    }
}

#[tokio::test]
async fn a_copy_of_the_number_of_a_badge_that_proves_a_key_is_refused() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;
    let badge = json!({ "badge": { "number": BADGE, "grade": "cryptographic" } });
    let enrolled = workstation.post("/v1/badges", &badge).await;
    assert_eq!(enrolled.body["grace_remaining_ms"], 12 * 3_600_000, "{enrolled:?}");

    workstation.tap(Uuid::new_v4(), BADGE).await.assert_refused(403, "badge.refused");
    server.advance(9 * HOUR);
    assert_eq!(workstation.tap_with(Uuid::new_v4(), BADGE, "cryptographic").await.status, 201);
}

#[tokio::test]
async fn a_repeated_tap_gets_the_same_session_and_another_badge_under_its_id_a_conflict() {
    let (server, workstation, _) = maria_with_a_badge("").await;
    let attempt = Uuid::new_v4();
    let first = workstation.tap(attempt, BADGE).await;
    let again = workstation.tap(attempt, BADGE).await;

    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body["session_id"], again.body["session_id"]);
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions WHERE factors = 'badge'"), 1);
    workstation.tap(attempt, "uid:04ffffffffffff").await.assert_refused(409, "conflict");
}

#[tokio::test]
async fn a_grace_of_one_unit_is_none_in_another() {
    let server = TestServer::start_with("grace.reach = 'unit'").await;
    let [mut here, beside, away] =
        [server.enrol_in("ICU-3").await, server.enrol_in("ICU-3").await, server.enrol_in("ER-1").await];
    let maria = server.add_person("maria").await;
    let session = here.sign_in(&server, &maria).await;
    assert_eq!(here.enrol_badge(BADGE).await.status, 201);
    here.sign_out(&session).await;

    assert_eq!(away.tap(Uuid::new_v4(), BADGE).await.status, 202);
    server.advance(Duration::from_secs(10));
    assert_eq!(beside.tap(Uuid::new_v4(), BADGE).await.status, 201);
}

#[tokio::test]
async fn where_policy_says_badge_and_pin_the_pin_completes_and_ten_wrong_ones_suspend_it() {
    let policy = "factors.sign_in = 'badge+pin'\ngrace.period.uid = '0s'";
    let (server, workstation, _) = maria_with_a_badge(policy).await;
    assert_eq!(workstation.tap(Uuid::new_v4(), BADGE).await.body["satisfied_by"], json!(["password"]));
    server.admin(json!({ "do": "user_pin", "name": "maria", "pin": "271828" })).await.unwrap();
    let challenge = workstation.tap(Uuid::new_v4(), BADGE).await;
    assert_eq!(challenge.body["satisfied_by"], json!(["pin", "password"]));
    let opened = workstation.give(&challenge, json!({ "kind": "pin", "pin": "271828" })).await;
    assert_eq!(opened.status, 201, "{opened:?}");
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions WHERE factors = 'badge-pin'"), 1);

    for _ in 0..10 {
        let challenge = workstation.tap(Uuid::new_v4(), BADGE).await;
        let wrong = workstation.give(&challenge, json!({ "kind": "pin", "pin": "000000" })).await;
        wrong.assert_refused(401, "second_factor.refused");
        server.advance(Duration::from_secs(901));
    }
    let suspended = workstation.tap(Uuid::new_v4(), BADGE).await;
    assert_eq!(suspended.body["satisfied_by"], json!(["password"]), "the badge and the others still work");
    server.admin(json!({ "do": "user_pin", "name": "maria", "pin": "314159" })).await.unwrap();
    let again = workstation.tap(Uuid::new_v4(), BADGE).await;
    assert_eq!(workstation.give(&again, json!({ "kind": "pin", "pin": "314159" })).await.status, 201);
}

#[tokio::test]
async fn one_badge_at_two_workstations_at_once_raises_one_alert_and_refuses_nothing() {
    let (server, here, _) = maria_with_a_badge("").await;
    let there = server.enrol().await;
    for _ in 0..3 {
        assert_eq!(here.tap(Uuid::new_v4(), BADGE).await.status, 201);
        assert_eq!(there.tap(Uuid::new_v4(), BADGE).await.status, 201);
    }
    assert_eq!(server.recorded(&["badge-in-two-places"]), 1);
    server.advance(Duration::from_secs(2));
    assert_eq!(here.tap(Uuid::new_v4(), BADGE).await.status, 201);
    server.advance(Duration::from_secs(600));
    there.tap(Uuid::new_v4(), BADGE).await;
    assert_eq!(server.recorded(&["badge-in-two-places"]), 1, "who walks is in one place after the other");
    here.tap(Uuid::new_v4(), BADGE).await;

    assert_eq!(server.recorded(&["badge-in-two-places"]), 2);
}

#[tokio::test]
async fn a_copy_that_is_used_all_the_time_raises_an_alert_every_ten_minutes() {
    let (server, here, _) = maria_with_a_badge("").await;
    let there = server.enrol().await;
    for minutes in [0, 6, 12] {
        assert_eq!(here.tap(Uuid::new_v4(), BADGE).await.status, 201, "{minutes}");
        assert_eq!(there.tap(Uuid::new_v4(), BADGE).await.status, 201, "{minutes}");
        server.advance(Duration::from_secs(6 * 60));
    }

    assert_eq!(server.recorded(&["badge-in-two-places"]), 2, "at first, and after twelve minutes");
}

#[tokio::test]
async fn two_workstations_of_one_unit_stand_side_by_side_and_two_units_do_not() {
    for (units, raised) in [(["ICU-3", "ICU-3"], 0), (["ICU-3", "ER-1"], 1)] {
        let (server, _, _) = maria_with_a_badge("").await;
        let [here, there] = [server.enrol_in(units[0]).await, server.enrol_in(units[1]).await];
        server.advance(Duration::from_secs(60));
        assert_eq!(here.tap(Uuid::new_v4(), BADGE).await.status, 201);
        server.advance(Duration::from_secs(3));
        assert_eq!(there.tap(Uuid::new_v4(), BADGE).await.status, 201);

        assert_eq!(server.recorded(&["badge-in-two-places"]), raised, "{units:?}");
    }
}

#[tokio::test]
async fn a_workstation_that_was_revoked_signs_nobody_in_by_badge() {
    let (server, workstation, _) = maria_with_a_badge("").await;
    server.admin(json!({ "do": "workstation_revoke", "workstation": "WS-01" })).await.unwrap();

    workstation.tap(Uuid::new_v4(), BADGE).await.assert_refused(403, "workstation.revoked");
}

fn typed(password: &str) -> Value {
    json!({ "kind": "password", "password": password })
}

/// Signed out again, her grace just begun.
async fn maria_with_a_badge(policy: &str) -> (TestServer, Workstation, Person) {
    let server = TestServer::start_with(policy).await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    let enrolled = workstation.enrol_badge(BADGE).await;
    assert_eq!(enrolled.status, 201, "{enrolled:?}");
    workstation.sign_out(&session).await;
    (server, workstation, maria)
}
