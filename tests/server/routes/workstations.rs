//! `POST /v1/workstations`

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use harness::{server::TestServer, workstation::Workstation};
use serde_json::json;

#[tokio::test]
async fn a_workstation_enrols_with_a_code_and_its_own_key() {
    let server = TestServer::start().await;
    let mut workstation = Workstation::new(&server);
    let answer = workstation.enrol(&server.enrolment_secret(1).await).await;

    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.body["name"], "WS-01");
    assert_eq!(answer.body["organisation"], "St. Example Hospital");
    assert_eq!(answer.body["help_line"], "5-1234");
    let recovery_key = URL_SAFE_NO_PAD.encode(server.app().keys.recovery.public().bytes());
    assert_eq!(answer.body["recovery_key"], recovery_key);
    assert_eq!(server.count("SELECT COUNT(*) FROM workstations"), 1);
    assert_eq!(server.recorded(&[&workstation.id.unwrap().to_string()]), 1);
}

#[tokio::test]
async fn a_code_gives_name_and_unit_and_its_secret_may_be_typed_in_any_case() {
    let server = TestServer::start().await;
    let command =
        json!({ "do": "workstation_code", "uses": 2, "expires_in_s": 60, "name": "WS-07", "unit": "ICU-3" });
    let code = server.admin(command).await.unwrap()["code"].as_str().unwrap().to_owned();
    let secret = code.split('-').nth(1).unwrap().to_lowercase();
    let first = Workstation::new(&server).enrol(&format!(" {secret} ")).await;
    let second = Workstation::new(&server).enrol(&secret).await;

    assert_eq!(
        (first.status, &first.body["name"], &first.body["unit"]),
        (201, &json!("WS-07"), &json!("ICU-3"))
    );
    assert_eq!((second.status, &second.body["name"]), (201, &json!("WS-07-2")));
}

#[tokio::test]
async fn a_code_is_used_up() {
    let server = TestServer::start().await;
    let secret = server.enrolment_secret(1).await;
    assert_eq!(Workstation::new(&server).enrol(&secret).await.status, 201);

    Workstation::new(&server).enrol(&secret).await.assert_refused(403, "enrolment.refused");
    assert_eq!(server.count("SELECT COUNT(*) FROM workstations"), 1);
}

#[tokio::test]
async fn a_code_is_over_after_its_time() {
    let server = TestServer::start().await;
    let secret = server.enrolment_secret(1).await;
    server.advance(Duration::from_secs(3_600));

    Workstation::new(&server).enrol(&secret).await.assert_refused(403, "enrolment.refused");
}

#[tokio::test]
async fn a_wrong_code_enrols_nobody_and_is_on_record() {
    let server = TestServer::start().await;
    let before = server.trail().len();

    Workstation::new(&server).enrol("AAAAAAAAAAAAAAAAAAAA").await.assert_refused(403, "enrolment.refused");
    assert_eq!(server.trail().len(), before + 1);
}

#[tokio::test]
async fn guessing_codes_is_slowed_and_keeps_nobody_with_a_right_code_from_enrolling() {
    let server = TestServer::start().await;
    let secret = server.enrolment_secret(1).await;
    for _ in 0..20 {
        Workstation::new(&server).enrol("WRONG").await.assert_refused(403, "enrolment.refused");
    }
    let recorded = server.trail().len();
    let slowed = Workstation::new(&server).enrol("WRONG").await;
    slowed.assert_refused(503, "server.busy");
    assert!(slowed.headers.contains_key("retry-after"));
    assert_eq!(server.trail().len(), recorded, "what is slowed does not fill the record");

    let mut right = Workstation::new(&server);
    assert_eq!(right.enrol(&secret).await.status, 201);
    right.id = None;
    assert_eq!(right.enrol(&secret).await.status, 201, "its repeat");
    server.advance(Duration::from_secs(60));
    Workstation::new(&server).enrol("WRONG").await.assert_refused(403, "enrolment.refused");
}

#[tokio::test]
async fn a_repeat_by_the_same_key_gets_the_same_answer_without_a_second_use() {
    let server = TestServer::start().await;
    let secret = server.enrolment_secret(2).await;
    let mut workstation = Workstation::new(&server);
    let first = workstation.enrol(&secret).await;
    workstation.id = None;
    let again = workstation.enrol(&secret).await;

    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(server.count("SELECT uses_left FROM enrolment_codes"), 1);
}

#[tokio::test]
async fn a_key_that_did_not_sign_the_proof_is_not_enrolled() {
    let server = TestServer::start().await;
    let secret = server.enrolment_secret(1).await;
    let (ours, theirs) = (Workstation::new(&server), Workstation::new(&server));
    let facts = json!({ "host_name": "a", "os": "b", "agent_version": "c" });
    let body = json!({ "code": secret, "key": theirs.jwk(), "facts": facts });

    ours.post("/v1/workstations", &body).await.assert_refused(422, "request.invalid");
    assert_eq!(server.count("SELECT uses_left FROM enrolment_codes"), 1);
}

#[tokio::test]
async fn facts_are_bounded() {
    let server = TestServer::start().await;
    let secret = server.enrolment_secret(1).await;
    let workstation = Workstation::new(&server);
    for host_name in ["x".repeat(65), String::from("a\nb")] {
        let facts = json!({ "host_name": host_name, "os": "b", "agent_version": "c" });
        let body = json!({ "code": secret, "key": workstation.jwk(), "facts": facts });

        workstation.post("/v1/workstations", &body).await.assert_refused(422, "request.invalid");
    }
}

#[tokio::test]
async fn a_revoked_key_does_not_come_back_by_a_new_code() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let command = json!({ "do": "workstation_revoke", "workstation": "WS-01" });
    server.admin(command).await.unwrap();
    let secret = server.enrolment_secret(1).await;
    workstation.id = None;

    workstation.enrol(&secret).await.assert_refused(403, "workstation.revoked");
    assert_eq!(server.count("SELECT uses_left FROM enrolment_codes WHERE uses_left > 0"), 1);
}
