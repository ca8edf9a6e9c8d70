//! The folder of a server: made once, read by its owner alone, used by one server.

use std::{fs, os::unix::fs::PermissionsExt as _};

use harness::server::TestServer;
use server::{
    init::{Site, init},
    serve::{Options, start},
};

#[tokio::test]
async fn everything_in_it_is_its_owners_alone() {
    let server = TestServer::start().await;
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&server.data()), 0o700);
    for name in ["keys.toml", "authority.key", "server.key", "admin.sock"] {
        assert_eq!(mode(&server.data().join(name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn init_overwrites_nothing() {
    let server = TestServer::start().await;
    let keys = fs::read(server.data().join("keys.toml")).unwrap();
    let again = init(&server.data(), Site::default(), harness::server::START.parse().unwrap());

    assert!(again.unwrap_err().to_string().contains("nothing was changed"));
    assert_eq!(fs::read(server.data().join("keys.toml")).unwrap(), keys);
}

#[tokio::test]
async fn two_servers_do_not_share_it() {
    let server = TestServer::start().await;
    let options = Options { listen: Some(([127, 0, 0, 1], 0).into()), clock: None };
    let second = start(&server.data(), options).await;

    assert!(second.unwrap_err().to_string().contains("another tapward-server runs"));
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_left_as_it_is_and_told_so() {
    let mut server = TestServer::start().await;
    server.stop().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 SELECT 9999, 'of tomorrow', TRUE, checksum, 1 FROM _sqlx_migrations WHERE version = 108";
    server.rows.write(newer).unwrap();
    let before = server.rows.whole().unwrap();
    let options = Options { listen: Some(([127, 0, 0, 1], 0).into()), clock: None };
    let refused = start(&server.data(), options).await.unwrap_err();

    let words = format!("{refused:#}");
    assert!(words.contains("newer tapward-server") && words.contains("run that version"), "{words}");
    assert_eq!(server.rows.whole().unwrap(), before);
}

#[tokio::test]
async fn a_key_store_that_others_may_read_starts_no_server() {
    let mut server = TestServer::start().await;
    server.stop().await;
    fs::set_permissions(server.data().join("keys.toml"), fs::Permissions::from_mode(0o644)).unwrap();
    let refused = start(&server.data(), Options::default()).await.unwrap_err();

    assert!(format!("{refused:#}").contains("600"), "{refused:#}");
}

#[tokio::test]
async fn a_key_store_of_an_earlier_program_gets_its_recovery_key_as_the_server_starts() {
    let mut server = TestServer::start().await;
    server.stop().await;
    let file = server.data().join("keys.toml");
    let lines = fs::read_to_string(&file).unwrap();
    let earlier: Vec<_> = lines.lines().filter(|line| !line.starts_with("recovery")).collect();
    assert_eq!(earlier.len() + 1, lines.lines().count());
    fs::write(&file, earlier.join("\n")).unwrap();
    // Nor had its database any trace of one.
    server.rows.write("DELETE FROM key_checks").unwrap();

    server.start_again().await;

    let kept = fs::read_to_string(&file).unwrap();
    assert!(earlier.iter().all(|line| kept.contains(line)) && kept.contains("recovery = "));
    server.restart().await;
    assert_eq!(fs::read_to_string(&file).unwrap(), kept, "made once");
}

#[tokio::test]
async fn a_key_store_of_another_database_starts_no_server() {
    let mut server = TestServer::start().await;
    server.stop().await;
    let another = TestServer::start().await;
    let before = server.rows.whole().unwrap();
    fs::copy(another.data().join("keys.toml"), server.data().join("keys.toml")).unwrap();
    let refused = start(&server.data(), Options::default()).await.unwrap_err().to_string();

    assert!(refused.contains("`pepper`") && refused.contains("backup"), "{refused}");
    assert_eq!(server.rows.whole().unwrap(), before);
}

#[tokio::test]
async fn a_weakened_safeguard_is_on_record_at_each_start() {
    let mut server = TestServer::start_with("danger_allow_short_limits = true\n").await;
    let alerts = |server: &TestServer| server.recorded(&["safeguard"]) + server.recorded(&["110129"]);
    let before = alerts(&server);
    assert!(before > 0, "{:?}", server.trail());
    server.restart().await;

    assert_eq!(alerts(&server), 2 * before);
}

#[tokio::test]
async fn a_refused_policy_leaves_the_strict_one_in_force() {
    let server = TestServer::start_with("[automatic_logoff]\nafter = \"99h\"\n").await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;

    assert_eq!(workstation.get("/v1/session").await.body["inactivity_remaining_ms"], 300_000);
    assert_eq!(server.recorded(&["policy-refused"]), 1, "{:?}", server.trail());
}
