//! Several servers of one PostgreSQL: whichever a workstation reaches, it is one.

use std::time::Duration;

use harness::{rows::Rows, server::TestServer, workstation::Workstation};
use serde_json::json;
use server::init::{Site, init};
use uuid::Uuid;

use crate::stream::Stream;

/// Two of them, and a workstation that was enrolled at the first.
struct Pair {
    one: TestServer,
    other: TestServer,
    workstation: Workstation,
}

impl Pair {
    async fn start() -> Self {
        let one = TestServer::start_on_postgres().await;
        let other = one.start_beside().await;
        let workstation = one.enrol().await;
        Self { one, other, workstation }
    }
}

#[tokio::test]
async fn a_session_that_was_opened_at_one_is_used_concealed_resumed_and_ended_at_another() {
    let Pair { one, other, mut workstation } = Pair::start().await;
    let maria = one.add_person("maria").await;
    let challenge = workstation.challenge(&maria).await;
    let mut there = workstation.at(&other);
    let opened = there.second_factor(Uuid::new_v4(), &challenge, &other.code(&maria)).await;
    assert_eq!(opened.status, 201, "a challenge of one is answered at the other: {opened:?}");
    workstation.hold(&opened);
    there.hold(&opened);

    assert_eq!(workstation.report(0).await.status, 200);
    assert_eq!(there.conceal("user-button").await.status, 200);
    assert_eq!(workstation.resume_by_password(&maria.password).await.status, 200);
    let session = opened.body["session_id"].as_str().unwrap();
    other.admin(json!({ "do": "session_end", "session_id": session })).await.unwrap();

    for at in [&workstation, &there] {
        at.get("/v1/session").await.assert_refused(410, "session.ended");
        at.report(0).await.assert_refused(410, "session.ended");
    }
    assert_eq!(one.recorded(&[session, "\"admin\""]), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sign_ins_at_once_with_one_code_at_several_servers_one_succeeds() {
    let Pair { one, other, workstation } = Pair::start().await;
    let third = one.start_beside().await;
    let maria = one.add_person("maria").await;
    let mut tries = Vec::new();
    for number in 0..30 {
        let at = workstation.at([&one, &other, &third][number % 3]);
        tries.push((at.clone(), at.challenge(&maria).await));
    }
    let code = one.code(&maria);
    let tries = tries.into_iter().map(|(at, challenge)| {
        let code = code.clone();
        tokio::spawn(async move { at.second_factor(Uuid::new_v4(), &challenge, &code).await })
    });
    let answers: Vec<_> =
        futures_util::future::join_all(tries).await.into_iter().map(Result::unwrap).collect();

    let opened = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!((opened, one.count("SELECT COUNT(*) FROM sessions")), (1, 1));
    // Nobody was told that the code was right, and nobody that the server failed.
    let is_refusal = |code: &str| matches!(code, "second_factor.refused" | "sign_in.locked_out");
    assert_eq!(answers.iter().filter(|answer| is_refusal(answer.code())).count(), 29, "{answers:?}");
}

#[tokio::test]
async fn failures_at_all_servers_are_counted_together() {
    let Pair { one, other, workstation } = Pair::start().await;
    let maria = one.add_person("maria").await;
    for number in 0..5 {
        let at = workstation.at(if number % 2 == 0 { &one } else { &other });
        at.first_factor(Uuid::new_v4(), "maria", "wrong").await.assert_refused(401, "sign_in.refused");
    }

    for server in [&one, &other] {
        let locked = workstation.at(server).first_factor(Uuid::new_v4(), "maria", &maria.password).await;
        locked.assert_refused(429, "sign_in.locked_out");
    }
}

#[tokio::test]
async fn a_proof_that_did_something_at_one_is_refused_at_another() {
    let Pair { other, mut workstation, one } = Pair::start().await;
    let maria = one.add_person("maria").await;
    let session = workstation.sign_in(&one, &maria).await;
    let path = format!("/v1/sessions/{session}");
    let body = json!({ "cause": "user-button" });
    let call = || harness::workstation::Call::json(reqwest::Method::DELETE, &path, &body);
    let proof = workstation.proof(&call());
    let replayed = || harness::workstation::Call { proof: Some(proof.clone()), ..call() };
    assert_eq!(workstation.send(replayed()).await.status, 200);

    workstation.at(&other).send(replayed()).await.assert_refused(401, "proof.invalid");
}

#[tokio::test]
async fn what_one_server_decides_is_told_to_a_workstation_that_listens_at_another() {
    let Pair { one, other, mut workstation } = Pair::start().await;
    let maria = one.add_person("maria").await;
    let session = workstation.sign_in(&one, &maria).await;
    let mut stream = Stream::open(&workstation).await;
    assert!(stream.next().await.contains("hello"));

    let mut elsewhere = other.enrol().await;
    // A code is accepted once.
    one.advance(Duration::from_secs(30));
    elsewhere.sign_in(&other, &maria).await;
    let told = stream.next().await;
    assert!(told.contains("covered_elsewhere") && told.contains(&session), "{told}");
    other.admin(json!({ "do": "session_end", "session_id": session })).await.unwrap();
    let told = stream.next().await;
    assert!(told.contains("session_ended") && told.contains(&session), "{told}");
    let id = workstation.id.unwrap();
    other.admin(json!({ "do": "workstation_revoke", "workstation": id })).await.unwrap();
    assert!(stream.next().await.contains("workstation_revoked"));
    workstation.report(0).await.assert_refused(403, "workstation.revoked");
}

#[tokio::test]
async fn a_database_that_was_away_ends_no_session_and_every_stream_so_that_the_truth_is_asked_for() {
    let Pair { one, other, mut workstation } = Pair::start().await;
    let maria = one.add_person("maria").await;
    workstation.sign_in(&one, &maria).await;
    let mut stream = Stream::open(&workstation).await;
    stream.next().await;

    let taken = one.rows.take_away().unwrap();
    for server in [&one, &other] {
        let at = workstation.at(server);
        at.get("/v1/session").await.assert_refused(503, "server.unavailable");
        at.first_factor(Uuid::new_v4(), "maria", &maria.password)
            .await
            .assert_refused(503, "server.unavailable");
    }
    taken.give_back().unwrap();

    assert_eq!(stream.next().await, "", "the stream ends: what was said meanwhile may be lost");
    for server in [&one, &other] {
        assert_eq!(workstation.at(server).report(0).await.status, 200);
    }
}

#[tokio::test]
async fn a_server_that_ends_takes_nothing_with_it() {
    let Pair { mut one, other, mut workstation } = Pair::start().await;
    let maria = one.add_person("maria").await;
    workstation.sign_in(&one, &maria).await;
    let challenge = workstation.at(&other).challenge(&maria).await;
    one.stop().await;

    let there = workstation.at(&other);
    assert_eq!(there.report(0).await.status, 200);
    other.advance(Duration::from_secs(30));
    let again = there.second_factor(Uuid::new_v4(), &challenge, &other.code(&maria)).await;
    assert_eq!(again.status, 201, "{again:?}");
}

#[tokio::test]
async fn a_session_lapses_in_time_though_the_server_that_opened_it_is_gone() {
    let Pair { mut one, other, mut workstation } = Pair::start().await;
    let maria = one.add_person("maria").await;
    workstation.sign_in(&one, &maria).await;
    one.stop().await;

    // 15 minutes of inactivity, and 5 seconds.
    other.advance(Duration::from_secs(906));

    let has_lapsed =
        |server: &TestServer| server.count("SELECT COUNT(*) FROM sessions WHERE state = 'lapsed'") == 1;
    other.until("the session lapses", has_lapsed).await;
}

#[tokio::test]
async fn each_server_counts_the_events_that_it_takes_up() {
    let Pair { one, other, .. } = Pair::start().await;
    one.add_person("maria").await;
    other.add_person("jonas").await;
    other.add_person("li").await;

    let of = |node: u32| {
        one.count(&format!(
            "SELECT COUNT(*) FROM audit_events WHERE chain_id = {node} AND event LIKE '%user.add%'"
        ))
    };
    assert_eq!((of(1), of(2)), (1, 2));
    for node in [1, 2] {
        let (count, last) = (
            one.count(&format!("SELECT COUNT(*) FROM audit_events WHERE chain_id = {node}")),
            one.count(&format!("SELECT MAX(chain_seq) FROM audit_events WHERE chain_id = {node}")),
        );
        assert_eq!(count, last, "without a gap");
    }
}

#[tokio::test]
async fn a_list_that_one_imports_is_not_taken_for_broken_off_by_another_that_starts() {
    let one = TestServer::start_on_postgres().await;
    one.rows
        .write("INSERT INTO badge_imports (id, node) VALUES ('00000000-0000-4000-8000-000000000001', 1)")
        .unwrap();

    let mut other = one.start_beside().await;
    other.restart().await;
    other.stop().await;

    assert_eq!(one.count("SELECT COUNT(*) FROM badge_imports"), 1);
}

#[tokio::test]
async fn a_server_beside_one_with_a_file_of_its_own_is_not_made() {
    let one = TestServer::start_with_a_file().await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let beside = one.data();
    let site = || Site { beside: Some(&beside), ..Site::default() };

    let refused = init(&data, site(), harness::server::real_time()).unwrap_err().to_string();
    assert!(refused.contains("for one server"), "{refused}");
    assert!(!data.join("keys.toml").exists() && !data.join("authority.key").exists());
}

#[tokio::test]
async fn a_host_that_is_none_leaves_a_folder_in_which_a_server_can_be_made() {
    let folder = tempfile::tempdir().unwrap();
    let site = |host: &str| Site { hosts: vec![host.to_owned()], ..Site::default() };
    let now = harness::server::real_time();

    assert!(init(folder.path(), site("tapward.exämple.org"), now).is_err());
    init(folder.path(), site("tapward.example.org"), now).unwrap();
}

#[tokio::test]
async fn a_server_with_other_keys_is_none_of_them() {
    let one = TestServer::start_on_postgres().await;
    let mut stranger = one.copied();
    std::fs::remove_file(stranger.data().join("node.id")).unwrap();
    let foreign = TestServer::start().await;
    std::fs::copy(foreign.data().join("keys.toml"), stranger.data().join("keys.toml")).unwrap();

    let refused = stranger.try_to_run().await.unwrap_err().to_string();
    assert!(refused.contains("`pepper`") && refused.contains("--beside"), "{refused}");
}

#[tokio::test]
async fn of_two_servers_with_one_id_one_serves() {
    let mut one = TestServer::start_on_postgres().await;
    let mut copy = one.copied();

    let refused = format!("{:#}", copy.try_to_run().await.unwrap_err());
    assert!(refused.contains("node.id"), "{refused}");
    one.stop().await;
    copy.try_to_run().await.unwrap();
}

#[tokio::test]
async fn a_password_in_the_address_of_the_database_is_refused_and_one_in_a_file_that_others_read() {
    let one = TestServer::start_on_postgres().await;
    let mut copy = one.copied();
    std::fs::remove_file(copy.data().join("node.id")).unwrap();
    copy.reconfigure("postgres://postgres@", "postgres://postgres:canary@");
    let refused = format!("{:#}", copy.try_to_run().await.unwrap_err());
    assert!(refused.contains("database.password_file") && !refused.contains("canary"), "{refused}");

    copy.reconfigure("postgres://postgres:canary@", "postgres://postgres@");
    let file = copy.data().join("password");
    std::fs::write(&file, "canary\n").unwrap();
    copy.reconfigure("\n[database]\n", &format!("\n[database]\npassword_file = \"{}\"\n", file.display()));
    let refused = format!("{:#}", copy.try_to_run().await.unwrap_err());
    assert!(refused.contains("600"), "{refused}");
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    copy.try_to_run().await.unwrap();
    assert!(matches!(copy.rows, Rows::Postgres(_)));
}
