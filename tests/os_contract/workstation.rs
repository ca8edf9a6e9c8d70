//! A whole workstation on a real server, keychain and disk: enrolment, start-up, sign-in, records.

use std::{path::Path, time::Duration};

use audit_spool::sealed_key_beside;
use harness::{
    part::wait_for,
    server::TestServer,
    session_bus::{Keyring, SessionBus},
    x_server::{Monitors, XServer},
};
use serde_json::json;
use server::spool_recovery::{Brought, recover};

use crate::driven::Driven;

#[tokio::test(flavor = "multi_thread")]
async fn a_workstation_enrols_starts_signs_people_in_and_its_records_arrive() {
    let server = TestServer::start().await;
    let person = server.add_person("maria").await;
    let ward = Ward::new();
    let mut workstation = ward.workstation("one");

    assert_eq!(workstation.ask("start-up-fails NotEnrolled"), "kept");
    let code = code(&server).await;
    assert_eq!(workstation.ask(&format!("enrol {} {code}", server.url())), "kept");
    assert!(workstation.ask(&format!("enrol {} {code}", server.url())).contains("enrolled already"));
    assert_eq!(workstation.ask("start-up"), "kept");
    workstation.tell(&format!("server {} {}", person.name, person.password));
    let mut answer = workstation.next();
    while answer == "code?" {
        workstation.tell(&server.code(&person));
        answer = workstation.next();
    }
    assert_eq!(answer, "kept");
    assert_eq!(workstation.ask("audit"), "kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn enrolling_a_second_time_is_refused_and_keeps_enrolment_and_waiting_records() {
    let mut server = TestServer::start().await;
    let ward = Ward::new();
    let mut workstation = ward.enrolled(&server).await;
    let (url, code) = (server.url(), code(&server).await);
    server.stop().await;
    assert_eq!(workstation.ask("start-up"), "kept");
    assert_eq!(workstation.ask("audit"), "kept");
    drop(workstation);
    let kept = ward.kept("one");
    assert_eq!(kept.1, 10, "the contract's logins wait for the server");

    let mut again = ward.workstation("one");
    let answer = again.ask(&format!("enrol {url} {code}"));
    assert!(answer.contains("enrolled already"), "{answer}");
    drop(again);

    assert_eq!(ward.kept("one"), kept);
    assert_eq!(ward.workstation("one").ask("start-up"), "kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_for_its_own_server_and_for_one_workstation() {
    let (ours, theirs) = (TestServer::start().await, TestServer::start().await);
    let ward = Ward::new();
    let mut workstation = ward.workstation("one");

    let code_of_theirs = code(&theirs).await;
    let answer = workstation.ask(&format!("enrol {} {code_of_theirs}", ours.url()));
    assert!(answer.contains("not the one this code is for"), "{answer}");
    assert_eq!(theirs.count("SELECT count(*) FROM workstations"), 0);

    let code = code(&ours).await;
    assert_eq!(workstation.ask(&format!("enrol {} {code}", ours.url())), "kept");
    drop(workstation);
    let other = Ward::new();
    let answer = other.workstation("two").ask(&format!("enrol {} {code}", ours.url()));
    assert!(answer.contains("refuses this enrolment code"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_server_start_up_finishes_and_every_question_is_answered_by_that() {
    let mut server = TestServer::start().await;
    let ward = Ward::new();
    let mut workstation = ward.enrolled(&server).await;
    server.stop().await;

    assert_eq!(workstation.ask("start-up"), "kept");
    assert_eq!(workstation.ask("server-away"), "kept");
    assert_eq!(workstation.ask("audit"), "kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_workstation_does_not_start_up() {
    let server = TestServer::start().await;
    let ward = Ward::new();
    let mut workstation = ward.enrolled(&server).await;
    let name = server.text("SELECT name FROM workstations");
    server.admin(json!({ "do": "workstation_revoke", "workstation": name })).await.unwrap();

    assert_eq!(workstation.ask("start-up-fails WorkstationRevoked"), "kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_and_a_cloned_workstation_do_not_start_up() {
    for (sql, cause) in [
        ("DELETE FROM workstations", "WorkstationUnknown"),
        ("UPDATE workstations SET cloned_at = 1", "WorkstationCloned"),
    ] {
        let server = TestServer::start().await;
        let ward = Ward::new();
        let mut workstation = ward.enrolled(&server).await;
        assert_eq!(workstation.ask("start-up"), "kept");
        server.rows.write(sql).unwrap();

        assert_eq!(workstation.ask(&format!("start-up-fails {cause}")), "kept");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keychain_without_our_key_and_a_damaged_enrolment_fail_closed() {
    let server = TestServer::start().await;
    let ward = Ward::new();
    let mut workstation = ward.enrolled(&server).await;

    assert_eq!(workstation.ask("forget spool-key"), "kept");
    assert_eq!(workstation.ask("start-up-fails KeychainUnavailable"), "kept");
    std::fs::write(ward.state("one").join("workstation.json"), "{").unwrap();
    assert_eq!(workstation.ask("start-up-fails ConfigInvalid"), "kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_takes_no_spool_fails_closed_and_is_left_when_it_does() {
    let server = TestServer::start().await;
    let ward = Ward::new();
    let mut workstation = ward.enrolled(&server).await;
    let spool = ward.state("one").join("spool.sqlite");
    std::fs::create_dir(&spool).unwrap();

    assert_eq!(workstation.ask("start-up-fails SpoolUnavailable"), "kept");
    std::fs::remove_dir(&spool).unwrap();
    assert_eq!(workstation.ask("start-up"), "kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_spool_is_kept_the_workstation_goes_on_and_that_arrives_on_record() {
    let server = TestServer::start().await;
    let ward = Ward::new();
    let mut workstation = ward.enrolled(&server).await;
    std::fs::write(ward.state("one").join("spool.sqlite"), [0x5a; 8192]).unwrap();

    assert_eq!(workstation.ask("start-up"), "kept");

    wait_for("the alert", Duration::from_secs(30), || {
        (server.recorded(&["spool-set-aside"]) == 1).then_some(())
    })
    .unwrap();
    assert_eq!(ward.aside("one").len(), 1);
    assert!(sealed_key_beside(&ward.aside("one")[0]).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_waited_when_the_keychain_was_lost_come_on_record_once() {
    let mut server = TestServer::start().await;
    let ward = Ward::new();
    drop(with_a_backlog(&ward, &mut server).await);
    server.start_again().await;

    let mut workstation = ward.workstation("one");
    assert_eq!(workstation.ask("forget spool-key"), "kept");
    assert_eq!(workstation.ask("forget workstation-key"), "kept");
    assert_eq!(workstation.ask("start-up-fails KeychainUnavailable"), "kept");
    let code = code(&server).await;
    assert_eq!(workstation.ask(&format!("enrol {} {code}", server.url())), "kept");
    assert_eq!(workstation.ask("start-up"), "kept");
    wait_for("the alert", Duration::from_secs(30), || {
        (server.recorded(&["spool-set-aside", "WS-02"]) == 1).then_some(())
    })
    .unwrap();
    assert_eq!(server.recorded(&["clock-jumped"]), 0);

    let brought = Brought { file: ward.aside("one").remove(0), key: None };
    let first = recover(&server.data(), &brought).await.unwrap();
    let second = recover(&server.data(), &brought).await.unwrap();

    assert_eq!((first.stored, first.unreadable, first.is_damaged), (120, 0, false), "{first:?}");
    assert_eq!((second.stored, second.already_there), (0, 120), "{second:?}");
    assert_eq!(server.recorded(&["clock-jumped", "WS-01"]), 120);
    assert_eq!(server.recorded(&["spool.recover", "WS-01"]), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_waited_at_a_revoked_workstation_that_then_lost_its_key_come_on_record() {
    let mut server = TestServer::start().await;
    let ward = Ward::new();
    drop(with_a_backlog(&ward, &mut server).await);
    server.start_again().await;
    server.admin(json!({ "do": "workstation_revoke", "workstation": "WS-01" })).await.unwrap();
    assert_eq!(ward.workstation("one").ask("start-up-fails WorkstationRevoked"), "kept");

    let mut workstation = ward.workstation("one");
    assert_eq!(workstation.ask("forget workstation-key"), "kept");
    let code = code(&server).await;
    assert_eq!(workstation.ask(&format!("enrol {} {code}", server.url())), "kept");
    assert_eq!(workstation.ask("start-up"), "kept");
    wait_for("the alert", Duration::from_secs(30), || {
        (server.recorded(&["spool-set-aside", "WS-02"]) == 1).then_some(())
    })
    .unwrap();

    let brought = Brought { file: ward.aside("one").remove(0), key: None };
    let recovered = recover(&server.data(), &brought).await.unwrap();

    assert_eq!((recovered.stored, recovered.refused, recovered.unreadable), (120, 0, 0), "{recovered:?}");
    assert_eq!(server.recorded(&["clock-jumped", "WS-01"]), 120);
    assert_eq!(server.recorded(&["record-quarantined"]), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workstation_that_cannot_tell_a_persons_input_does_not_start_up() {
    let server = TestServer::start().await;
    let ward = Ward::new();
    let mut workstation = ward.enrolled(&server).await;
    let mut x_server = XServer::start(Monitors::One(640, 480), ward.folder.path()).unwrap();
    let display = x_server.display().to_owned();

    assert_eq!(workstation.ask(&format!("start-up-on {display}")), "kept");
    x_server.kill();
    assert_eq!(workstation.ask(&format!("start-up-on-fails {display}")), "kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_the_server_refuses_are_set_aside_and_that_arrives_on_record() {
    let server = TestServer::start().await;
    let ward = Ward::new();
    let mut workstation = ward.enrolled(&server).await;
    assert_eq!(workstation.ask("start-up"), "kept");

    // The contract's ten logins name another workstation than the one that tells of them.
    assert_eq!(workstation.ask("audit"), "kept");

    wait_for("ten alerts", Duration::from_secs(30), || {
        (server.recorded(&["record-quarantined"]) == 10).then_some(())
    })
    .unwrap();
    assert_eq!(server.recorded(&["110122"]), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_of_days_offline_arrives_whole_and_once() {
    let mut server = TestServer::start().await;
    let ward = Ward::new();
    let _delivering = with_a_backlog(&ward, &mut server).await;
    server.start_again().await;

    wait_for("all of it", Duration::from_secs(60), || {
        (server.recorded(&["clock-jumped"]) >= 120).then_some(())
    })
    .unwrap();
    assert_eq!(server.recorded(&["clock-jumped"]), 120);
    assert_eq!(server.recorded(&["record-quarantined"]), 0);
}

/// A workstation with 120 records that it could not deliver, because the server has stopped.
async fn with_a_backlog(ward: &Ward, server: &mut TestServer) -> Driven {
    let mut workstation = ward.enrolled(server).await;
    assert_eq!(workstation.ask("start-up"), "kept");
    server.stop().await;
    assert_eq!(workstation.ask("backlog 120"), "kept");
    workstation
}

async fn code(server: &TestServer) -> String {
    let command = json!({ "do": "workstation_code", "uses": 1, "expires_in_s": 3_600 });
    server.admin(command).await.unwrap()["code"].as_str().unwrap().to_owned()
}

struct Ward {
    bus: SessionBus,
    _keyring: Keyring,
    folder: tempfile::TempDir,
}

impl Ward {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("tw").tempdir().unwrap();
        let bus = SessionBus::start(folder.path()).unwrap();
        let keyring = Keyring::start(&bus, folder.path()).unwrap();
        Self { bus, _keyring: keyring, folder }
    }

    fn state(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// The enrolment, and how many records wait. The spool is its agent's alone while that runs.
    fn kept(&self, name: &str) -> (Vec<u8>, i64) {
        let enrolment = std::fs::read(self.state(name).join("workstation.json")).unwrap();
        let spool = rusqlite::Connection::open(self.state(name).join("spool.sqlite")).unwrap();
        let records = spool.query_row("SELECT COUNT(*) FROM records", [], |row| row.get(0)).unwrap();
        (enrolment, records)
    }

    /// Spool files that were set aside.
    fn aside(&self, name: &str) -> Vec<std::path::PathBuf> {
        let files = std::fs::read_dir(self.state(name)).unwrap().map(|file| file.unwrap().path());
        let is_aside = |path: &std::path::PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy();
            let since = name.strip_prefix("spool.sqlite.aside-");
            since.is_some_and(|since| since.bytes().all(|byte| byte.is_ascii_digit()))
        };
        files.filter(is_aside).collect()
    }

    fn workstation(&self, name: &str) -> Driven {
        let state: &Path = &self.state(name);
        Driven::keeping(&self.bus, self.folder.path(), Some(state))
    }

    async fn enrolled(&self, server: &TestServer) -> Driven {
        let mut workstation = self.workstation("one");
        let code = code(server).await;
        assert_eq!(workstation.ask(&format!("enrol {} {code}", server.url())), "kept");
        workstation
    }
}
