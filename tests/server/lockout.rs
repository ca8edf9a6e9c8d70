//! PRODUCT's lockout: it slows guessing, and locks nobody out of her ward.

use std::time::Duration;

use harness::{
    server::{Person, TestServer},
    workstation::{Answer, Workstation},
};
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn the_fifth_failure_locks_the_name_there_and_the_right_password_does_not_show() {
    let server = TestServer::start().await;
    let (here, there) = (server.enrol().await, server.enrol().await);
    let maria = server.add_person("maria").await;
    fail(&here, "maria", 5).await;

    let right = here.first_factor(Uuid::new_v4(), "maria", &maria.password).await;
    let wrong = here.first_factor(Uuid::new_v4(), "maria", "wrong password").await;
    for answer in [right, wrong] {
        answer.assert_refused(429, "sign_in.locked_out");
        assert_eq!(answer.body["retry_after_ms"], 30_000);
        assert_eq!(answer.headers["retry-after"], "30");
    }
    assert_eq!(there.first_factor(Uuid::new_v4(), "maria", &maria.password).await.status, 202);
    server.advance(Duration::from_secs(30));
    assert_eq!(here.first_factor(Uuid::new_v4(), "maria", &maria.password).await.status, 202);
    assert_eq!(server.recorded(&["sign_in.locked_out"]), 2);
}

#[tokio::test]
async fn a_name_nobody_has_is_locked_in_the_same_words() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    server.add_person("maria").await;
    let mut answers = Vec::new();
    for name in ["maria", "nobody"] {
        fail(&workstation, name, 5).await;
        let mut answer = workstation.first_factor(Uuid::new_v4(), name, "wrong password").await;
        answer.body["correlation_id"] = serde_json::Value::Null;
        answers.push((answer.status, answer.body));
    }

    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0, 429);
}

#[tokio::test]
async fn locks_double_to_a_quarter_of_an_hour() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    fail(&workstation, "nobody", 4).await;
    for seconds in [30, 60, 120, 240, 480, 900, 900] {
        wrong(&workstation, "nobody").await.assert_refused(401, "sign_in.refused");
        let locked = wrong(&workstation, "nobody").await;
        assert_eq!(locked.body["retry_after_ms"], seconds * 1_000, "{locked:?}");
        server.advance(Duration::from_secs(seconds));
    }
}

#[tokio::test]
async fn only_a_complete_sign_in_clears_the_count() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    fail(&workstation, "maria", 4).await;
    workstation.challenge(&maria).await;
    wrong(&workstation, "maria").await.assert_refused(401, "sign_in.refused");
    wrong(&workstation, "maria").await.assert_refused(429, "sign_in.locked_out");
    server.advance(Duration::from_secs(30));
    workstation.sign_in(&server, &maria).await;
    workstation.credential = None;

    fail(&workstation, "maria", 4).await;
    assert_eq!(workstation.first_factor(Uuid::new_v4(), "maria", &maria.password).await.status, 202);
}

#[tokio::test]
async fn a_sign_in_on_her_ward_does_not_free_the_workstation_where_somebody_guesses() {
    let server = TestServer::start().await;
    let (mut ward, attacked) = (server.enrol().await, server.enrol().await);
    let maria = server.add_person("maria").await;
    fail(&attacked, "maria", 5).await;
    fail(&ward, "maria", 4).await;
    ward.sign_in(&server, &maria).await;
    ward.credential = None;

    wrong(&attacked, "maria").await.assert_refused(429, "sign_in.locked_out");
    fail(&ward, "maria", 4).await;
    assert_eq!(ward.first_factor(Uuid::new_v4(), "maria", &maria.password).await.status, 202);
}

#[tokio::test]
async fn locks_survive_a_restart() {
    let mut server = TestServer::start().await;
    let workstation = server.enrol().await;
    fail(&workstation, "nobody", 5).await;
    server.restart().await;

    wrong(&workstation.at(&server), "nobody").await.assert_refused(429, "sign_in.locked_out");
}

#[tokio::test]
async fn fifty_failures_everywhere_slow_only_workstations_where_she_is_unknown() {
    let server = TestServer::start().await;
    let mut ward = server.enrol().await;
    let maria = server.add_person("maria").await;
    ward.sign_in(&server, &maria).await;
    ward.credential = None;
    for failures in [4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 2] {
        let attacked = server.enrol().await;
        fail(&attacked, "maria", failures).await;
    }
    let strange = server.enrol().await;

    let answer = strange.first_factor(Uuid::new_v4(), "maria", &maria.password).await;
    answer.assert_refused(429, "sign_in.locked_out");
    assert_eq!(ward.first_factor(Uuid::new_v4(), "maria", &maria.password).await.status, 202);
}

#[tokio::test]
async fn second_factors_have_a_count_of_their_own() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    fail(&workstation, "maria", 4).await;
    guess_codes(&workstation, &maria, 5).await;
    let challenge = workstation.challenge(&maria).await;

    let right = workstation.second_factor(Uuid::new_v4(), &challenge, &server.code(&maria)).await;
    right.assert_refused(429, "sign_in.locked_out");
    assert_eq!(right.body["retry_after_ms"], 30_000);
    let mut wrong = workstation.second_factor(Uuid::new_v4(), &challenge, "000000").await;
    wrong.assert_refused(429, "sign_in.locked_out");
    wrong.body["correlation_id"] = right.body["correlation_id"].clone();
    assert_eq!(wrong.body, right.body, "a right code does not show");
    server.advance(Duration::from_secs(30));
    let right = workstation.second_factor(Uuid::new_v4(), &challenge, &server.code(&maria)).await;
    assert_eq!(right.status, 201, "{right:?}");
}

#[tokio::test]
async fn a_hundred_failures_suspend_the_password_until_the_help_desk_resets_it() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    for _ in 0..100 {
        wrong(&workstation, "maria").await.assert_refused(401, "sign_in.refused");
        server.advance(Duration::from_secs(900));
    }
    let suspended = workstation.first_factor(Uuid::new_v4(), "maria", &maria.password).await;
    suspended.assert_refused(401, "sign_in.refused");
    let list = server.admin(json!({ "do": "user_list" })).await.unwrap();
    assert_eq!(list["users"][0]["is_password_suspended"], true);
    let reset = json!({ "do": "user_reset", "name": "maria", "password": "a wholly new password" });
    server.admin(reset).await.unwrap();

    let answer = workstation.first_factor(Uuid::new_v4(), "maria", "a wholly new password").await;
    assert_eq!(answer.status, 202, "{answer:?}");
}

#[tokio::test]
async fn a_hundred_wrong_codes_suspend_the_codes_and_a_right_one_says_so() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    for _ in 0..100 {
        guess_codes(&workstation, &maria, 1).await;
        server.advance(Duration::from_secs(900));
    }
    let challenge = workstation.challenge(&maria).await;
    let right = workstation.second_factor(Uuid::new_v4(), &challenge, &server.code(&maria)).await;
    right.assert_refused(403, "user.disabled");
    let answer = server.admin(json!({ "do": "user_totp", "name": "maria" })).await.unwrap();
    let renewed = maria.with_totp(&answer);
    let challenge = workstation.challenge(&renewed).await;

    let answer = workstation.second_factor(Uuid::new_v4(), &challenge, &server.code(&renewed)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

#[tokio::test]
async fn failures_of_a_name_nobody_has_are_forgotten_and_those_of_a_person_are_hers_until_she_signs_in() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    wrong(&workstation, "maria").await;
    wrong(&workstation, "nobody").await;
    let rows = "SELECT COUNT(*) FROM failures";
    assert_eq!(server.count(rows), 4, "here and over all workstations");

    server.advance(Duration::from_secs(25 * 3_600));
    server.until("those at the workstation are gone", |server| server.count(rows) == 2).await;
    server.advance(Duration::from_secs(30 * 24 * 3_600));
    // The look that is going on may be over after this, and the next is ten minutes from then.
    let gone = |server: &TestServer| {
        server.advance(Duration::from_secs(600));
        server.count(rows) == 1
    };
    server.until("those of nobody are gone", gone).await;
    workstation.sign_in(&server, &maria).await;

    assert_eq!(server.count(rows), 0);
}

#[tokio::test]
async fn a_running_session_is_never_locked() {
    let server = TestServer::start().await;
    let (mut workstation, attacked) = (server.enrol().await, server.enrol().await);
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;
    fail(&attacked, "maria", 5).await;

    assert_eq!(workstation.report(0).await.status, 200);
}

#[tokio::test]
async fn the_failure_that_locks_raises_one_alert() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let before = server.recorded(&["110113"]);
    fail(&workstation, "nobody", 4).await;
    assert_eq!(server.recorded(&["110113"]), before);
    fail(&workstation, "nobody", 1).await;
    server.advance(Duration::from_secs(30));
    fail(&workstation, "nobody", 1).await;

    assert_eq!(server.recorded(&["110113"]), before + 1);
}

async fn wrong(workstation: &Workstation, name: &str) -> Answer {
    workstation.first_factor(Uuid::new_v4(), name, "wrong password").await
}

async fn fail(workstation: &Workstation, name: &str, times: usize) {
    for _ in 0..times {
        wrong(workstation, name).await.assert_refused(401, "sign_in.refused");
    }
}

async fn guess_codes(workstation: &Workstation, person: &Person, times: usize) {
    let challenge = workstation.challenge(person).await;
    for _ in 0..times {
        let answer = workstation.second_factor(Uuid::new_v4(), &challenge, "000000").await;
        answer.assert_refused(401, "second_factor.refused");
    }
}
