//! A one-time code signs in once.

use std::time::Duration;

use harness::server::TestServer;
use serde_json::json;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_sign_ins_at_once_with_one_code_exactly_one_succeeds() {
    let mut server = TestServer::start().await;
    let workstations: Vec<_> = {
        let mut all = Vec::new();
        for _ in 0..5 {
            all.push(server.enrol().await);
        }
        all
    };
    let maria = server.add_person("maria").await;
    let mut challenges = Vec::new();
    for number in 0..100 {
        let workstation = &workstations[number % 5];
        challenges.push((workstation.clone(), workstation.challenge(&maria).await));
    }
    let code = server.code(&maria);
    let tries = challenges.into_iter().map(|(workstation, challenge)| {
        let code = code.clone();
        tokio::spawn(async move { workstation.second_factor(Uuid::new_v4(), &challenge, &code).await })
    });
    let answers: Vec<_> =
        futures_util::future::join_all(tries).await.into_iter().map(Result::unwrap).collect();

    let opened = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(opened, 1);
    let refused = answers
        .iter()
        .filter(|answer| matches!(answer.code(), "second_factor.refused" | "sign_in.locked_out"));
    assert_eq!(refused.count(), 99);
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions"), 1);

    server.restart().await;
    let workstation = server.enrol().await;
    let challenge = workstation.challenge(&maria).await;
    let again = workstation.second_factor(Uuid::new_v4(), &challenge, &code).await;
    again.assert_refused(401, "second_factor.refused");
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions"), 1);
}

#[tokio::test]
async fn an_older_code_is_refused_after_a_newer_one_was_used() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let older = server.code(&maria);
    server.advance(Duration::from_secs(30));
    workstation.sign_in(&server, &maria).await;
    workstation.credential = None;
    let challenge = workstation.challenge(&maria).await;

    let answer = workstation.second_factor(Uuid::new_v4(), &challenge, &older).await;
    answer.assert_refused(401, "second_factor.refused");
}

#[tokio::test]
async fn a_code_of_the_secret_before_is_refused() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let answer = server.admin(json!({ "do": "user_totp", "name": "maria" })).await.unwrap();
    let renewed = maria.with_totp(&answer);
    let challenge = workstation.challenge(&maria).await;

    let old = workstation.second_factor(Uuid::new_v4(), &challenge, &server.code(&maria)).await;
    old.assert_refused(401, "second_factor.refused");
    let new = workstation.second_factor(Uuid::new_v4(), &challenge, &server.code(&renewed)).await;
    assert_eq!(new.status, 201, "{new:?}");
}
