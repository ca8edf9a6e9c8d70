//! Proof of possession: what is not proven is not done.

use std::time::Duration;

use harness::{
    server::TestServer,
    workstation::{Call, Workstation, client},
};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

const RECOVERY: &str = "/v1/workstation/recovery";

#[tokio::test]
async fn a_clock_in_1970_can_prove_itself_by_the_servers_nonce() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;

    assert_eq!(workstation.post(RECOVERY, &json!({ "ended": [] })).await.status, 200);
}

#[tokio::test]
async fn a_proof_without_a_fresh_nonce_is_asked_again() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let call = Call::json(Method::POST, RECOVERY, &json!({ "ended": [] }));
    for nonce in ["", "guess", &"A".repeat(54)] {
        nonce.clone_into(&mut workstation.nonce.lock().unwrap());
        let answer = workstation.send_once(&call).await;
        answer.assert_refused(401, "use_dpop_nonce");
        assert!(answer.headers.contains_key("dpop-nonce"));
    }
    server.advance(Duration::from_secs(300));
    workstation.send_once(&call).await.assert_refused(401, "use_dpop_nonce");

    assert_eq!(workstation.send_once(&call).await.status, 200);
}

#[tokio::test]
async fn the_nonce_of_another_workstation_is_not_fresh() {
    let server = TestServer::start().await;
    let (here, there) = (server.enrol().await, server.enrol().await);
    let stolen = there.nonce.lock().unwrap().clone();
    *here.nonce.lock().unwrap() = stolen;
    let call = Call::json(Method::POST, RECOVERY, &json!({ "ended": [] }));

    here.send_once(&call).await.assert_refused(401, "use_dpop_nonce");
}

#[tokio::test]
async fn every_answer_to_a_proof_carries_the_next_nonce() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    for answer in [
        workstation.get("/v1/session").await,
        workstation.post(RECOVERY, &json!({ "ended": [] })).await,
        workstation.post(RECOVERY, &json!({ "nonsense": 1 })).await,
        workstation.first_factor(Uuid::new_v4(), "nobody", "wrong").await,
    ] {
        assert!(answer.headers.contains_key("dpop-nonce"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_proof_is_used_once_even_through_a_restart() {
    let mut server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    workstation.credential = None;
    let path = format!("/v1/sessions/{session}");
    let mut call = Call::json(Method::DELETE, &path, &json!({ "cause": "user-button" }));
    call.proof = Some(workstation.proof(&call));
    assert_eq!(workstation.send_once(&call).await.status, 200);

    workstation.send_once(&call).await.assert_refused(401, "proof.invalid");
    server.restart().await;
    workstation.at(&server).send_once(&call).await.assert_refused(401, "proof.invalid");
}

#[tokio::test]
async fn a_proof_of_a_reading_call_is_used_once_too() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let mut call = Call::bare(Method::GET, "/v1/session");
    call.proof = Some(workstation.proof(&call));
    workstation.send_once(&call).await.assert_refused(401, "session.unknown");

    workstation.send_once(&call).await.assert_refused(401, "proof.invalid");
}

#[tokio::test]
async fn a_proof_of_anything_else_proves_nothing() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;
    let lies: [(&str, harness::workstation::Lie<'_>); 12] = [
        ("method", &|_, claims| claims["htm"] = json!("GET")),
        ("path", &|_, claims| claims["htu"] = json!("https://localhost/v1/session")),
        ("query", &|_, claims| claims["htu"] = json!("https://localhost/v1/session/activity?x")),
        ("body", &|_, claims| claims["bsh"] = json!("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")),
        ("other credential", &|_, claims| claims["ath"] = json!("AAAA")),
        ("no credential", &|_, claims| {
            claims.as_object_mut().unwrap().remove("ath");
        }),
        ("algorithm", &|header, _| header["alg"] = json!("none")),
        ("type", &|header, _| header["typ"] = json!("JWT")),
        ("private key", &|header, _| header["jwk"]["d"] = json!("AAAA")),
        ("no id", &|_, claims| {
            claims.as_object_mut().unwrap().remove("jti");
        }),
        ("id", &|_, claims| claims["jti"] = json!("1")),
        ("more", &|_, claims| claims["exp"] = json!(4_000_000_000_u64)),
    ];
    for (what, lie) in lies {
        let call = Call::json(Method::POST, "/v1/session/activity", &json!({ "idle_ms": 0 })).lying(lie);
        let answer = workstation.send(call).await;

        assert_eq!((answer.status, answer.code()), (401, "proof.invalid"), "{what}: {answer:?}");
    }
    assert_eq!(workstation.report(0).await.status, 200);
}

#[tokio::test]
async fn a_path_of_the_load_balancers_own_name_is_as_good() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let call = Call::bare(Method::GET, "/v1/session")
        .lying(&|_, claims| claims["htu"] = json!("https://tapward.example.org/v1/session"));

    workstation.send(call).await.assert_refused(401, "session.unknown");
}

#[tokio::test]
async fn a_stranger_and_a_wrong_key_are_unknown_and_on_record_once() {
    let server = TestServer::start().await;
    let known = server.enrol().await;
    let mut stranger = Workstation::new(&server);
    stranger.post(RECOVERY, &json!({ "ended": [] })).await.assert_refused(401, "workstation.unknown");
    stranger.id = known.id;
    stranger.post(RECOVERY, &json!({ "ended": [] })).await.assert_refused(401, "workstation.unknown");
    stranger.id = Some(Uuid::new_v4());
    stranger.post(RECOVERY, &json!({ "ended": [] })).await.assert_refused(401, "workstation.unknown");

    assert_eq!(server.recorded(&["workstation-refused"]), 1);
    assert_eq!(server.recorded(&["110113", "110126", "workstation-refused"]), 1);
    assert_eq!(known.post(RECOVERY, &json!({ "ended": [] })).await.status, 200);
}

#[tokio::test]
async fn a_revoked_workstation_does_nothing_any_more_and_its_session_is_over() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    let answer = server.admin(json!({ "do": "workstation_revoke", "workstation": "WS-01" })).await.unwrap();
    assert_eq!(answer["sessions_ended"], 1);

    workstation.report(0).await.assert_refused(403, "workstation.revoked");
    let attempt = workstation.first_factor(Uuid::new_v4(), "maria", &maria.password).await;
    attempt.assert_refused(403, "workstation.revoked");
    assert_eq!(server.recorded(&[&session, "workstation-revoked"]), 1);
}

#[tokio::test]
async fn no_proof_two_proofs_and_a_huge_proof_are_refused() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let client = client(&server);
    let url = format!("{}/v1/session", server.url());
    let call = Call::bare(Method::GET, "/v1/session");
    let requests = [
        client.get(&url),
        client.get(&url).header("DPoP", workstation.proof(&call)).header("DPoP", workstation.proof(&call)),
        client.get(&url).header("DPoP", "x".repeat(3_000)),
        client.get(&url).header("DPoP", "a.b.c"),
        client.get(&url).header("DPoP", "\u{e9}"),
    ];
    for request in requests {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 401);
        let problem: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(problem["code"], "proof.invalid");
    }
}
