//! `POST /v1/sessions`

use std::time::Duration;

use harness::{
    server::{Person, TestServer},
    workstation::{Answer, Call, Workstation},
};
use protocol::secret::WireSecret;
use reqwest::Method;
use serde_json::{Value, json};
use server::store::{transact, users};
use uuid::Uuid;

#[tokio::test]
async fn the_right_password_asks_for_a_code() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let answer = workstation.first_factor(Uuid::new_v4(), " MARIA ", &maria.password).await;

    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(answer.body["satisfied_by"], json!(["totp"]));
    assert_eq!(answer.body["tries_left"], 5);
    assert_eq!(answer.body["expires_in_ms"], 120_000);
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions"), 0);
}

#[tokio::test]
async fn where_policy_asks_for_no_code_the_password_signs_in() {
    let server = TestServer::start_with("[factors]\nsign_in = \"password\"\n").await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let answer = workstation.first_factor(Uuid::new_v4(), "maria", &maria.password).await;

    assert_eq!(answer.status, 201, "{answer:?}");
    workstation.hold(&answer);
    assert_eq!(workstation.report(0).await.status, 200);
}

#[tokio::test]
async fn a_session_is_told_when_its_screen_covers_itself_and_what_her_tap_does() {
    for (policy, limits) in [
        ("", json!([300_000, "cover"])),
        ("conceal.after = '90s'\nsession.tap_out = 'sign_out'", json!([90_000, "sign_out"])),
        ("automatic_logoff.after = '2min'", json!([120_000, "cover"])),
        ("conceal = { after = 'off', reason = 'Theatre, read from afar' }", json!([null, "cover"])),
    ] {
        let server = TestServer::start_with(&format!("factors.sign_in = 'password'\n{policy}")).await;
        let workstation = server.enrol().await;
        let maria = server.add_person("maria").await;
        let answer = workstation.first_factor(Uuid::new_v4(), "maria", &maria.password).await;

        let told = &answer.body["limits"];
        assert_eq!(json!([told["conceal_after_ms"], told["tap_out"]]), limits, "{policy}");
    }
}

#[tokio::test]
async fn an_unknown_name_and_a_wrong_password_are_told_in_the_same_words() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let unknown = workstation.first_factor(Uuid::new_v4(), "nobody", "wrong password").await;
    let wrong = workstation.first_factor(Uuid::new_v4(), "maria", "wrong password").await;

    unknown.assert_refused(401, "sign_in.refused");
    let without_id = |answer: &Value| {
        let mut body = answer.clone();
        body["correlation_id"] = Value::Null;
        body
    };
    assert_eq!(without_id(&unknown.body), without_id(&wrong.body));
    assert_eq!(unknown.status, wrong.status);
    let names = |answer: &harness::workstation::Answer| {
        let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort();
        names
    };
    assert_eq!(names(&unknown), names(&wrong));
    let refusals: Vec<_> =
        server.trail().into_iter().filter(|event| event.to_string().contains("sign_in.refused")).collect();
    assert_eq!(refusals.len(), 2);
    for refusal in &refusals {
        assert_eq!(refusal["subtype"][0]["code"], "110122", "{refusal}");
        assert_eq!(refusal["outcome"], "4", "{refusal}");
    }
    let [of_nobody, of_maria] = [&refusals[0], &refusals[1]].map(Value::to_string);
    assert!(!of_nobody.contains("urn:tapward:user") && !of_nobody.contains("nobody"), "{of_nobody}");
    assert!(of_maria.contains(&maria.user_id), "{of_maria}");
}

#[tokio::test]
async fn a_repeated_attempt_gets_the_same_challenge() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let attempt = Uuid::new_v4();
    let first = workstation.first_factor(attempt, "maria", &maria.password).await;
    let again = workstation.first_factor(attempt, "maria", &maria.password).await;

    assert_eq!((first.status, again.status), (202, 202));
    assert_eq!(first.body["challenge_id"], again.body["challenge_id"]);
    assert_eq!(server.count("SELECT COUNT(*) FROM challenges"), 1);
}

#[tokio::test]
async fn a_repeated_refusal_counts_once() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    server.add_person("maria").await;
    let attempt = Uuid::new_v4();
    for _ in 0..8 {
        let answer = workstation.first_factor(attempt, "maria", "wrong password").await;
        answer.assert_refused(401, "sign_in.refused");
    }

    assert_eq!(server.count("SELECT MAX(in_a_row) FROM failures"), 1);
    assert_eq!(server.recorded(&["sign_in.refused"]), 1);
}

#[tokio::test]
async fn an_attempt_id_is_not_used_for_something_else() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let attempt = Uuid::new_v4();
    workstation.first_factor(attempt, "maria", "wrong password").await;

    let other = workstation.first_factor(attempt, "maria", &maria.password).await;
    other.assert_refused(409, "conflict");
}

#[tokio::test]
async fn two_of_one_attempt_at_the_same_time_are_one() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.get("/v1/session").await;
    let attempt = Uuid::new_v4();
    let tries = (0..6).map(|_| workstation.first_factor(attempt, "maria", &maria.password));
    let answers = futures_util::future::join_all(tries).await;

    assert!(answers.iter().all(|answer| answer.status == 202), "{answers:?}");
    assert_eq!(server.count("SELECT COUNT(*) FROM challenges"), 1);
}

#[tokio::test]
async fn names_and_passwords_are_bounded_and_never_cut() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    for (name, password, words) in [
        ("x".repeat(257), String::from("p"), "at most 256 bytes"),
        (String::from("maria"), "p".repeat(1_025), "at most 1024 bytes"),
        (String::new(), String::from("p"), "not empty"),
        (String::from("ma\0ria"), String::from("p"), "no control characters"),
    ] {
        let answer = workstation.first_factor(Uuid::new_v4(), &name, &password).await;
        answer.assert_refused(422, "request.invalid");
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{detail}");
    }
    for password in ["", "\0", "پسورد", "🩺🩺🩺", &"p".repeat(1_024)] {
        let answer = workstation.first_factor(Uuid::new_v4(), "nobody", password).await;
        assert!(matches!(answer.code(), "sign_in.refused" | "sign_in.locked_out"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_message_of_ten_thousand_characters_is_too_large() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;

    let answer = workstation.first_factor(Uuid::new_v4(), "maria", &"p".repeat(10_000)).await;
    answer.assert_refused(413, "request.too_large");
    assert!(answer.body["detail"].as_str().unwrap().contains("4096"), "{answer:?}");
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_without_being_repeated() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let id = Uuid::new_v4();
    let bodies = [
        String::new(),
        String::from("{"),
        String::from("[]"),
        String::from("null"),
        format!(r#"{{"attempt_id":"{id}"}}"#),
        String::from(r#"{"attempt_id":"canary","factor":{"kind":"password","name":"a","password":"b"}}"#),
        format!(r#"{{"attempt_id":"{id}","factor":{{"kind":"canary","name":"a","password":"b"}}}}"#),
        format!(
            r#"{{"attempt_id":"{id}","factor":{{"kind":"password","name":"a","password":"b","canary":1}}}}"#
        ),
        format!(
            r#"{{"attempt_id":"{id}","factor":{{"kind":"password","name":"a","name":"canary","password":"b"}}}}"#
        ),
        format!(r#"{{"attempt_id":"{id}","factor":{{"kind":"password","name":["canary"],"password":"b"}}}}"#),
        "[".repeat(4_000),
    ];
    for body in bodies {
        let call = Call { body: body.into_bytes(), ..Call::json(Method::POST, "/v1/sessions", &Value::Null) };
        let answer = workstation.send(call).await;
        answer.assert_refused(400, "request.malformed");
        assert!(!answer.body.to_string().contains("canary"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_json_is_not_read() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let call =
        Call { media_type: Some("text/plain"), ..Call::json(Method::POST, "/v1/sessions", &json!({})) };

    workstation.send(call).await.assert_refused(415, "media_type.unsupported");
}

#[tokio::test]
async fn a_password_changed_while_it_was_checked_opens_nothing() {
    let (server, workstation) = one_hash_at_a_time("").await;
    let maria = server.add_person("maria").await;
    let other = hashed(&server, "another password").await;

    let answer = while_her_password_is_checked(&server, &workstation, &maria, async || {
        let id = maria.user_id.parse().unwrap();
        let store = &server.app().store;
        transact!(store, |write| users::set_password(write, id, &other).await).unwrap();
    })
    .await;

    answer.assert_refused(401, "sign_in.refused");
    assert_eq!(server.count("SELECT COUNT(*) FROM challenges"), 0);
}

#[tokio::test]
async fn a_password_hashed_anew_elsewhere_while_it_was_checked_is_still_the_right_one() {
    let (server, workstation) = one_hash_at_a_time("").await;
    let maria = server.add_person("maria").await;
    let anew = hashed(&server, &maria.password).await;

    let answer = while_her_password_is_checked(&server, &workstation, &maria, async || {
        let id = maria.user_id.parse().unwrap();
        let store = &server.app().store;
        transact!(store, |write| {
            let user = users::find(write, id).await?.unwrap();
            users::renew_password_hash(write, &user, &anew).await
        })
        .unwrap();
    })
    .await;

    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(server.count("SELECT COUNT(*) FROM failures"), 0);
}

#[tokio::test]
async fn an_account_disabled_while_its_password_was_checked_opens_nothing() {
    let (server, workstation) = one_hash_at_a_time("[factors]\nsign_in = \"password\"\n").await;
    let maria = server.add_person("maria").await;

    let answer = while_her_password_is_checked(&server, &workstation, &maria, async || {
        let command = json!({ "do": "user_disable", "name": "maria", "is_disabled": true });
        server.admin(command).await.unwrap();
    })
    .await;

    answer.assert_refused(403, "user.disabled");
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions"), 0);
}

#[tokio::test]
async fn a_workstation_revoked_or_found_cloned_while_a_password_was_checked_signs_nobody_in() {
    for (column, code) in [("revoked_at", "workstation.revoked"), ("cloned_at", "workstation.cloned")] {
        let (server, workstation) = one_hash_at_a_time("[factors]\nsign_in = \"password\"\n").await;
        let maria = server.add_person("maria").await;

        let answer = while_her_password_is_checked(&server, &workstation, &maria, async || {
            let sql = format!("UPDATE workstations SET {column} = 1");
            server.rows.write(&sql).unwrap();
        })
        .await;

        answer.assert_refused(403, code);
        assert_eq!(server.count("SELECT COUNT(*) FROM sessions"), 0);
    }
}

async fn hashed(server: &TestServer, password: &str) -> String {
    server.app().passwords.hash(&WireSecret::new(password.to_owned())).await.unwrap()
}

async fn one_hash_at_a_time(policy: &str) -> (TestServer, Workstation) {
    let config = "hashes_at_once = 1\nhash_memory_kib = 64\nhash_passes = 1\n\
                  danger_allow_cheap_password_hashes = true\n";
    let server = TestServer::start_configured(policy, config).await;
    let workstation = server.enrol().await;
    (server, workstation)
}

/// Her right password's answer, where `happens` happens after she was looked up and before the answer is
/// decided.
async fn while_her_password_is_checked(
    server: &TestServer,
    workstation: &Workstation,
    person: &Person,
    happens: impl AsyncFnOnce(),
) -> Answer {
    let held = server.app().passwords.hold_place().await.unwrap();
    let request = workstation.first_factor(Uuid::new_v4(), &person.name, &person.password);
    let meanwhile = async {
        let waits = async {
            while server.app().passwords.waiting() == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waits).await.unwrap();
        happens().await;
        drop(held);
    };
    tokio::join!(request, meanwhile).0
}
