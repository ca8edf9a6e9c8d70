//! `POST /v1/challenges/{id}`

use std::time::Duration;

use harness::{rows::Rows, server::TestServer};
use serde_json::json;
use server::store::workstations;
use uuid::Uuid;

const BADGE: &str = "uid:04a1b2c3d4e5f6";
const ONE_AT_A_TIME: &str = "hashes_at_once = 1\nhash_memory_kib = 64\nhash_passes = 1\n\
                             danger_allow_cheap_password_hashes = true\n";

#[tokio::test]
async fn password_and_code_open_a_session_on_record_for_this_workstation() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let challenge = workstation.challenge(&maria).await;
    let answer = workstation.second_factor(Uuid::new_v4(), &challenge, &server.code(&maria)).await;

    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(
        answer.body["user"],
        json!({ "user_id": maria.user_id, "display_name": "Maria O.", "role": "RN" })
    );
    assert_eq!(answer.body["limits"]["inactivity_ms"], 900_000);
    assert_eq!(answer.body["limits"]["warning_ms"], 60_000);
    assert_eq!(answer.body["limits"]["absolute_remaining_ms"], 43_200_000);
    assert_eq!(answer.body["limits"]["heartbeat_ms"], 60_000);
    assert_eq!(answer.body["credential"].as_str().unwrap().len(), 43);
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions WHERE state = 'open'"), 1);
    assert_eq!(server.count("SELECT COUNT(*) FROM failures"), 0);
}

#[tokio::test]
async fn a_session_knows_the_factors_she_has_shown_though_policy_asks_for_fewer_by_then() {
    let mut server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let challenge = workstation.challenge(&maria).await;
    std::fs::write(server.data().join("policy.toml"), "[factors]\nsign_in = \"password\"\n").unwrap();
    server.restart().await;
    let workstation = workstation.at(&server);

    let answer = workstation.second_factor(Uuid::new_v4(), &challenge, &server.code(&maria)).await;

    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions WHERE factors = 'password-totp'"), 1);
}

#[tokio::test]
async fn a_wrong_code_is_refused_and_leaves_four_tries() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let challenge = workstation.challenge(&maria).await;
    for code in ["000000", "12345", "abcdef", "１２３４５６"] {
        let answer = workstation.second_factor(Uuid::new_v4(), &challenge, code).await;
        answer.assert_refused(401, "second_factor.refused");
    }
    assert_eq!(server.count("SELECT tries_left FROM challenges"), 1);

    let answer = workstation.second_factor(Uuid::new_v4(), &challenge, &server.code(&maria)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

#[tokio::test]
async fn a_challenge_takes_five_tries() {
    let server = TestServer::start().await;
    let (first, second) = (server.enrol().await, server.enrol().await);
    let maria = server.add_person("maria").await;
    let challenge = first.challenge(&maria).await;
    for tries_left in (0..5).rev() {
        let answer = first.second_factor(Uuid::new_v4(), &challenge, "000000").await;
        answer.assert_refused(401, "second_factor.refused");
        assert_eq!(answer.body["tries_left"], tries_left);
    }

    first
        .second_factor(Uuid::new_v4(), &challenge, &server.code(&maria))
        .await
        .assert_refused(410, "challenge.over");
    let challenge = second.challenge(&maria).await;
    let elsewhere = second.second_factor(Uuid::new_v4(), &challenge, &server.code(&maria)).await;
    assert_eq!(elsewhere.status, 201, "nobody locks a colleague out of another workstation: {elsewhere:?}");
}

#[tokio::test]
async fn a_challenge_is_over_after_two_minutes() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let challenge = workstation.challenge(&maria).await;
    server.advance(Duration::from_secs(120));

    let late = workstation.second_factor(Uuid::new_v4(), &challenge, &server.code(&maria)).await;
    late.assert_refused(410, "challenge.over");
}

#[tokio::test]
async fn a_challenge_belongs_to_one_workstation() {
    let server = TestServer::start().await;
    let (here, there) = (server.enrol().await, server.enrol().await);
    let maria = server.add_person("maria").await;
    let challenge = here.challenge(&maria).await;

    let stolen = there.second_factor(Uuid::new_v4(), &challenge, &server.code(&maria)).await;
    stolen.assert_refused(410, "challenge.over");
    let unknown = Uuid::new_v4().to_string();
    let never = here.second_factor(Uuid::new_v4(), &unknown, "123456").await;
    never.assert_refused(410, "challenge.over");
}

#[tokio::test]
async fn a_challenge_is_answered_once() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let challenge = workstation.challenge(&maria).await;
    let first = workstation.second_factor(Uuid::new_v4(), &challenge, &server.code(&maria)).await;
    server.advance(Duration::from_secs(30));
    let again = workstation.second_factor(Uuid::new_v4(), &challenge, &server.code(&maria)).await;

    assert_eq!(first.status, 201);
    again.assert_refused(410, "challenge.over");
}

#[tokio::test]
async fn the_code_before_and_the_code_after_are_good_and_no_other() {
    for (skew, expected) in [(30, 201), (60, 401)] {
        let server = TestServer::start().await;
        let workstation = server.enrol().await;
        let maria = server.add_person("maria").await;
        let code = server.code(&maria);
        server.advance(Duration::from_secs(skew));
        let challenge = workstation.challenge(&maria).await;
        let answer = workstation.second_factor(Uuid::new_v4(), &challenge, &code).await;

        assert_eq!(answer.status, expected, "{skew} s late: {answer:?}");
    }
}

#[tokio::test]
async fn a_repeat_gets_the_session_again_under_a_fresh_credential() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let challenge = workstation.challenge(&maria).await;
    let (attempt, code) = (Uuid::new_v4(), server.code(&maria));
    let first = workstation.second_factor(attempt, &challenge, &code).await;
    let again = workstation.second_factor(attempt, &challenge, &code).await;

    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body["session_id"], again.body["session_id"]);
    assert_ne!(first.body["credential"], again.body["credential"]);
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions"), 1);
    workstation.hold(&first);
    workstation.report(0).await.assert_refused(401, "session.unknown");
    workstation.hold(&again);
    assert_eq!(workstation.report(0).await.status, 200);
}

#[tokio::test]
async fn a_repeat_mints_nothing_once_the_credential_was_used() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let challenge = workstation.challenge(&maria).await;
    let (attempt, code) = (Uuid::new_v4(), server.code(&maria));
    let first = workstation.second_factor(attempt, &challenge, &code).await;
    workstation.hold(&first);
    assert_eq!(workstation.report(0).await.status, 200);

    workstation.second_factor(attempt, &challenge, &code).await.assert_refused(409, "conflict");
    assert_eq!(workstation.report(0).await.status, 200);
}

#[tokio::test]
async fn an_answer_id_is_not_used_for_another_code() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let challenge = workstation.challenge(&maria).await;
    let attempt = Uuid::new_v4();
    workstation.second_factor(attempt, &challenge, "000000").await;

    let other = workstation.second_factor(attempt, &challenge, &server.code(&maria)).await;
    other.assert_refused(409, "conflict");
}

#[tokio::test]
async fn a_disabled_person_is_told_so_only_after_both_factors_were_right() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    server.admin(json!({ "do": "user_disable", "name": "maria", "is_disabled": true })).await.unwrap();

    let wrong = workstation.first_factor(Uuid::new_v4(), "maria", "wrong password").await;
    wrong.assert_refused(401, "sign_in.refused");
    let challenge = workstation.challenge(&maria).await;
    let answer = workstation.second_factor(Uuid::new_v4(), &challenge, "000000").await;
    answer.assert_refused(401, "second_factor.refused");
    let answer = workstation.second_factor(Uuid::new_v4(), &challenge, &server.code(&maria)).await;
    answer.assert_refused(403, "user.disabled");
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions"), 0);
}

#[tokio::test]
async fn signing_in_again_at_a_workstation_makes_what_was_open_there_lapse() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let (maria, jonas) = (server.add_person("maria").await, server.add_person("jonas").await);
    workstation.sign_in(&server, &maria).await;
    let before = workstation.clone();
    workstation.sign_in(&server, &jonas).await;

    before.report(0).await.assert_refused(401, "session.lapsed");
    assert_eq!(workstation.report(0).await.status, 200);
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions WHERE state = 'open'"), 1);
}

#[tokio::test]
async fn signing_in_elsewhere_leaves_the_first_session_open() {
    let server = TestServer::start().await;
    let (mut here, mut there) = (server.enrol().await, server.enrol().await);
    let maria = server.add_person("maria").await;
    here.sign_in(&server, &maria).await;
    server.advance(Duration::from_secs(30));
    there.sign_in(&server, &maria).await;

    assert_eq!((here.report(0).await.status, there.report(0).await.status), (200, 200));
}

#[tokio::test]
async fn a_workstation_revoked_or_found_cloned_as_the_code_comes_in_signs_nobody_in() {
    for (is_cloned, code) in [(false, "workstation.revoked"), (true, "workstation.cloned")] {
        let server = TestServer::start().await;
        let workstation = server.enrol().await;
        let maria = server.add_person("maria").await;
        let challenge = workstation.challenge(&maria).await;
        let totp = server.code(&maria);
        // Its proof is checked on what was committed before; what is decided waits for this writer's turn, where writers
        // take turns, and comes as if before it, where they do not.
        let mut tries = server.app().store.tries();
        let mut writer = tries.begin().await.unwrap();
        let request = workstation.second_factor(Uuid::new_v4(), &challenge, &totp);
        let meanwhile = async {
            for _ in 0..200 {
                server.app().store.check().await.unwrap();
            }
            let (id, now) = (workstation.id.unwrap(), server.app().clock.now());
            let is_marked = if is_cloned {
                workstations::mark_cloned(writer.connection(), id, now).await
            } else {
                workstations::revoke(writer.connection(), id, now).await
            };
            assert!(tries.settle(writer, is_marked).await.unwrap().unwrap());
        };
        let (answer, ()) = tokio::join!(request, meanwhile);

        match server.rows {
            Rows::File(_) => answer.assert_refused(403, code),
            Rows::Postgres(_) => assert_eq!(answer.status, 201, "{answer:?}"),
        }
        workstation.first_factor(Uuid::new_v4(), "maria", &maria.password).await.assert_refused(403, code);
    }
}

#[tokio::test]
async fn where_policy_leaves_no_way_on_from_what_was_shown_she_is_told_to_begin_again() {
    let mut server = TestServer::start_with("factors.sign_in = 'badge+pin'\ngrace.period.uid = '0s'").await;
    let workstation = server.enrol().await;
    server.add_person("maria").await;
    let badge = json!({ "do": "badge_enrol", "name": "maria", "number": BADGE, "grade": "uid" });
    server.admin(badge).await.unwrap();
    server.admin(json!({ "do": "user_pin", "name": "maria", "pin": "271828" })).await.unwrap();
    let challenge = workstation.tap(Uuid::new_v4(), BADGE).await;
    assert_eq!(challenge.body["satisfied_by"], json!(["pin", "password"]), "{challenge:?}");
    std::fs::write(server.data().join("policy.toml"), "grace.period.uid = '0s'").unwrap();
    server.restart().await;
    let workstation = workstation.at(&server);
    let path = format!("/v1/challenges/{}", challenge.body["challenge_id"].as_str().unwrap());
    let pin = json!({ "attempt_id": Uuid::new_v4(), "factor": { "kind": "pin", "pin": "271828" } });

    for _ in 0..2 {
        workstation.post(&path, &pin).await.assert_refused(410, "challenge.over");
    }
    let again = workstation.tap(Uuid::new_v4(), BADGE).await;
    assert_eq!((again.status, &again.body["satisfied_by"]), (202, &json!(["password"])));
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions"), 0);
}

#[tokio::test]
async fn what_takes_no_answer_costs_no_hash() {
    for refused in ["expired", "elsewhere", "used up", "not asked"] {
        let server = TestServer::start_configured("grace.period.uid = '0s'", ONE_AT_A_TIME).await;
        let [mut workstation, other] = [server.enrol().await, server.enrol().await];
        server.add_person("maria").await;
        let badge = json!({ "do": "badge_enrol", "name": "maria", "number": BADGE, "grade": "uid" });
        server.admin(badge).await.unwrap();
        let challenge = workstation.tap(Uuid::new_v4(), BADGE).await;
        let password = json!({ "kind": "password", "password": "wrong password" });
        let (mut given, mut told) = (password.clone(), (410, "challenge.over"));
        match refused {
            "expired" => server.advance(Duration::from_secs(120)),
            "elsewhere" => workstation = other,
            "used up" => {
                for _ in 0..5 {
                    let wrong = workstation.give(&challenge, password.clone()).await;
                    wrong.assert_refused(401, "second_factor.refused");
                }
            }
            _ => (given, told) = (json!({ "kind": "pin", "pin": "271828" }), (422, "request.invalid")),
        }
        let held = server.app().passwords.hold_place().await.unwrap();
        let answer = tokio::time::timeout(Duration::from_secs(10), workstation.give(&challenge, given)).await;
        drop(held);

        answer.expect(refused).assert_refused(told.0, told.1);
    }
}
