//! Hashing passwords is the server's costly work: who gets how much of it, and when it is done anew.

use harness::{server::TestServer, workstation::Workstation};
use uuid::Uuid;

const ONE_AT_A_TIME: &str = "hashes_at_once = 1\nhash_memory_kib = 64\nhash_passes = 1\n\
                             danger_allow_cheap_password_hashes = true\n";

#[tokio::test]
async fn a_flood_of_passwords_is_bounded_and_the_server_stays_awake() {
    let server = TestServer::start_configured("", ONE_AT_A_TIME).await;
    let mut workstations = Vec::new();
    for _ in 0..5 {
        workstations.push(server.enrol().await);
    }
    let held = server.app().passwords.hold_place().await.unwrap();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    for number in 0..150 {
        let (workstation, tell) = (workstations[number % 5].clone(), tell.clone());
        tokio::spawn(async move {
            let name = format!("nobody-{number}");
            tell.send(workstation.first_factor(Uuid::new_v4(), &name, "wrong").await).unwrap();
        });
    }
    // Of each workstation one is before the hash, and a few wait in its own lane.
    let taken = 5 * (1 + server::identity::lanes::WAITING_MAX);
    for _ in 0..150 - taken {
        let busy = told.recv().await.unwrap();
        busy.assert_refused(503, "server.busy");
        assert!(busy.body["retry_after_ms"].as_u64().unwrap() > 0);
    }
    assert_eq!(workstations[0].get("/healthz").await.status, 200);
    drop(held);

    for _ in 0..taken {
        told.recv().await.unwrap().assert_refused(401, "sign_in.refused");
    }
}

#[tokio::test]
async fn a_workstation_gone_wild_waits_for_itself_and_nobody_waits_for_it() {
    let server = TestServer::start_configured("", ONE_AT_A_TIME).await;
    let (wild, ward) = (server.enrol().await, server.enrol().await);
    let maria = server.add_person("maria").await;
    let held = server.app().passwords.hold_place().await.unwrap();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    for number in 0..50 {
        let (wild, tell) = (wild.clone(), tell.clone());
        tokio::spawn(async move {
            let name = format!("nobody-{number}");
            tell.send(wild.first_factor(Uuid::new_v4(), &name, "wrong").await).unwrap();
        });
    }
    let taken = 1 + server::identity::lanes::WAITING_MAX;
    for _ in 0..50 - taken {
        let busy = told.recv().await.unwrap();
        busy.assert_refused(503, "server.busy");
        assert_eq!(busy.headers["retry-after"], "1");
    }
    server
        .until("one of it stands before the hashes of all", |server| server.app().passwords.waiting() == 1)
        .await;

    let nurse =
        tokio::spawn(async move { ward.first_factor(Uuid::new_v4(), "maria", &maria.password).await });
    server.until("she stands there too", |server| server.app().passwords.waiting() == 2).await;
    drop(held);

    assert_eq!(nurse.await.unwrap().status, 202);
    for _ in 0..taken {
        told.recv().await.unwrap().assert_refused(401, "sign_in.refused");
    }
}

#[tokio::test]
async fn a_repeat_that_waits_behind_its_first_gets_its_answer_without_a_hash_of_its_own() {
    let server = TestServer::start_configured("", ONE_AT_A_TIME).await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let attempt = Uuid::new_v4();
    let held = server.app().passwords.hold_place().await.unwrap();
    let ask = || {
        let (workstation, password) = (workstation.clone(), maria.password.clone());
        tokio::spawn(async move { workstation.first_factor(attempt, "maria", &password).await })
    };
    let first = ask();
    server.until("the first waits for a hash", |server| server.app().passwords.waiting() == 1).await;
    let again = ask();
    server
        .until("the repeat waits behind it", |server| server.app().lanes.inside(workstation.id.unwrap()) == 2)
        .await;
    assert_eq!(server.app().passwords.waiting(), 1);
    drop(held);
    let (first, again) = (first.await.unwrap(), again.await.unwrap());

    assert_eq!((first.status, again.status), (202, 202), "{again:?}");
    assert_eq!(first.body["challenge_id"], again.body["challenge_id"]);
}

#[tokio::test]
async fn a_password_is_hashed_anew_when_she_signs_in_after_the_cost_was_changed() {
    let mut server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let before = hash(&server);
    server.reconfigure("hash_memory_kib = 64", "hash_memory_kib = 128");
    server.restart().await;
    let workstation = workstation.at(&server);

    workstation
        .first_factor(Uuid::new_v4(), "maria", "wrong password")
        .await
        .assert_refused(401, "sign_in.refused");
    assert_eq!(hash(&server), before, "only the right password is there to be hashed");
    workstation.challenge(&maria).await;
    until_nobody_is_in_the_lane_of(&workstation, &server).await;
    let renewed = hash(&server);
    workstation.challenge(&maria).await;
    until_nobody_is_in_the_lane_of(&workstation, &server).await;

    assert!(before.contains("m=64,") && renewed.contains("m=128,"), "{before} {renewed}");
    assert_eq!(hash(&server), renewed, "once");
}

#[tokio::test]
async fn she_does_not_wait_while_her_password_is_hashed_anew_and_the_lane_does() {
    let mut server = TestServer::start_configured("", ONE_AT_A_TIME).await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    server.reconfigure("hash_memory_kib = 64", "hash_memory_kib = 128");
    server.restart().await;
    let workstation = workstation.at(&server);
    let held = server.app().passwords.hold_place().await.unwrap();
    let asks = {
        let (workstation, password) = (workstation.clone(), maria.password.clone());
        tokio::spawn(async move { workstation.first_factor(Uuid::new_v4(), "maria", &password).await })
    };
    server.until("her password waits to be checked", |server| server.app().passwords.waiting() == 1).await;
    // In the queue behind the check, and before what follows it.
    let app = server.app().clone();
    let mut next = Box::pin(app.passwords.hold_place());
    tokio::select! {
        biased;
        _ = &mut next => panic!("the place is taken"),
        () = std::future::ready(()) => {}
    }
    drop(held);
    let held = next.await.unwrap();

    assert_eq!(asks.await.unwrap().status, 202);
    server.until("the new hash waits", |server| server.app().passwords.waiting() == 1).await;
    assert_eq!(server.app().lanes.inside(workstation.id.unwrap()), 1);
    assert!(hash(&server).contains("m=64,"));
    drop(held);
    server.until("it is hashed anew", |server| hash(server).contains("m=128,")).await;
}

#[tokio::test]
async fn a_right_password_that_is_locked_out_is_not_hashed_anew() {
    let mut server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let before = hash(&server);
    server.reconfigure("hash_memory_kib = 64", "hash_memory_kib = 128");
    server.restart().await;
    let workstation = workstation.at(&server);
    for _ in 0..5 {
        workstation.first_factor(Uuid::new_v4(), "maria", "wrong password").await;
    }

    let answer = workstation.first_factor(Uuid::new_v4(), "maria", &maria.password).await;
    answer.assert_refused(429, "sign_in.locked_out");
    until_nobody_is_in_the_lane_of(&workstation, &server).await;
    assert_eq!(hash(&server), before, "its time would tell that it was right");
}

/// Whatever a sign-in there began is done.
async fn until_nobody_is_in_the_lane_of(workstation: &Workstation, server: &TestServer) {
    let id = workstation.id.unwrap();
    server.until("the lane is empty", |server| server.app().lanes.inside(id) == 0).await;
}

fn hash(server: &TestServer) -> String {
    server.text("SELECT password_hash FROM users")
}
