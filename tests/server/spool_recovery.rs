//! `tapward-server spool recover`: records that waited in a file that was set aside come on record, once.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use audit::{
    codes::LogoutCause,
    record::{AuditRecord, Factors, Source, UserRef, What, WorkstationRef},
};
use audit_spool::{Bounds, RecoveryPublicKey, SealedKey, Spool, SpoolKey, sealed_key_beside};
use harness::{
    server::{Person, START, TestServer},
    workstation::Workstation,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use server::spool_recovery::{Brought, Recovered, recover};
use tempfile::TempDir;
use uuid::Uuid;

use crate::administration::run;

const DAY: Duration = Duration::from_secs(24 * 3_600);

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_waited_in_a_lost_spool_comes_on_record_once() {
    let server = TestServer::start().await;
    let maria = server.add_person("maria").await;
    let (ws, session) = a_session_that_ended(&server, &maria).await;
    let aside = Aside::of(&server, &ws, &hers(&ws.at, &maria, session));

    let first = recover(&server.data(), &aside.brought()).await.unwrap();
    let second = recover(&server.data(), &aside.brought()).await.unwrap();

    assert_eq!((first.read, first.stored, first.already_there), (2, 2, 0));
    assert_eq!((second.read, second.stored, second.already_there), (2, 0, 2));
    assert_eq!((first.refused, first.unreadable, first.is_damaged), (0, 0, false));
    // A day later the server owes no logout: it has the one that was recovered.
    server.advance(DAY);
    server.settle().await;
    let session = session.to_string();
    assert_eq!(server.recorded(&["110122", &session]), 1);
    assert_eq!(server.recorded(&["110123", &session]), 1);
    assert_eq!(server.recorded(&["110123", &session, "inactivity"]), 1);
    assert_eq!(server.recorded(&["spool.recover", &ws.at.id.to_string()]), 2, "once a run");
    assert_eq!(
        server.count(
            "SELECT COUNT(*) FROM audit_events WHERE received_from IS NOT NULL AND session_id IS NOT NULL"
        ),
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_that_the_server_wrote_first_stands() {
    let server = TestServer::start().await;
    let maria = server.add_person("maria").await;
    let (ws, session) = a_session_that_ended(&server, &maria).await;
    server.advance(DAY);
    server.until("it is on record", |server| server.recorded(&["110123", &session.to_string()]) == 1).await;
    let aside = Aside::of(&server, &ws, &hers(&ws.at, &maria, session));

    let recovered = recover(&server.data(), &aside.brought()).await.unwrap();

    assert_eq!((recovered.stored, recovered.already_there), (0, 2));
    assert_eq!(server.recorded(&["110123", &session.to_string(), "user-button"]), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_workstation_could_not_have_delivered_is_not_taken_out_of_its_spool() {
    let server = TestServer::start().await;
    let ws = enrolled(&server).await;
    let other = enrolled(&server).await;
    let renamed = WorkstationRef { name: "WS-99".to_owned(), ..ws.at.clone() };
    let told = [started(&ws.at), started(&other.at), started(&renamed)];
    let aside = Aside::of(&server, &ws, &told);

    let recovered = recover(&server.data(), &aside.brought()).await.unwrap();

    assert_eq!((recovered.read, recovered.stored, recovered.refused), (3, 1, 2));
    assert!(recovered.to_string().contains("Refused        2"), "{recovered}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_damaged_file_what_can_be_read_is_taken_and_the_file_stays_as_it_was() {
    let server = TestServer::start().await;
    let ws = enrolled(&server).await;
    let records: Vec<_> = (0..250).map(|_| started(&ws.at)).collect();
    let aside = Aside::of(&server, &ws, &records);
    aside.damage(150);
    let before = fs::read(&aside.file).unwrap();
    let recorded = server.recorded(&["110120", &ws.at.id.to_string()]);

    let recovered = recover(&server.data(), &aside.brought()).await.unwrap();

    assert!(recovered.is_damaged && recovered.unreadable > 0, "{recovered:?}");
    assert!(recovered.stored > 200, "{recovered:?}");
    assert_eq!(recovered.stored + recovered.unreadable, 250);
    assert!(recovered.to_string().contains("The file is damaged"), "{recovered}");
    let stored = server.recorded(&["110120", &ws.at.id.to_string()]) - recorded;
    assert_eq!(stored as u64, recovered.stored);
    assert_eq!(server.recorded(&["spool.recover"]), 1, "three batches are one run");
    assert_eq!(fs::read(&aside.file).unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_servers_workstation_is_refused_in_words_and_nothing_is_stored() {
    let (ours, theirs) = (TestServer::start().await, TestServer::start().await);
    let ws = enrolled(&theirs).await;
    let aside = Aside::of(&theirs, &ws, &[started(&ws.at)]);
    let before = ours.trail().len();

    let words = refusal(&ours, &aside.brought()).await;

    assert!(words.contains("this file's key was sealed for another server"), "{words}");
    assert_eq!(ours.trail().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recovered_is_refused_in_words() {
    let mut server = TestServer::start().await;
    let ws = enrolled(&server).await;
    let aside = Aside::of(&server, &ws, &[started(&ws.at)]);
    let other = Aside::of(&server, &ws, &[started(&ws.at)]);
    let unknown = Ward {
        at: WorkstationRef { id: Uuid::new_v4(), name: "WS-50".to_owned() },
        machine: Workstation::new(&server),
    };
    let unknowns = Aside::of(&server, &unknown, &[started(&unknown.at)]);
    // Anybody can seal to the server's recovery key, and write into a spool of his own what he likes.
    let forger = Ward { at: ws.at.clone(), machine: Workstation::new(&server) };
    let forged = Aside::of(&server, &forger, &[started(&ws.at)]);
    let before = server.trail().len();
    let nothing = aside.folder.path().join("nothing");
    let diary = aside.folder.path().join("diary");
    fs::write(&diary, "Dear diary, ".repeat(1_000)).unwrap();
    let with = |file: &Path, key: &Path| Brought { file: file.to_owned(), key: Some(key.to_owned()) };
    let own_key = sealed_key_beside(&aside.file);

    for (brought, expected) in [
        (with(&nothing, &own_key), "there is no file"),
        (with(&aside.file, &nothing), "--key"),
        (with(&aside.file, &diary), "no sealed key"),
        (with(&diary, &own_key), "is no spool"),
        (with(&aside.file, &sealed_key_beside(&other.file)), "not the one of"),
        (unknowns.brought(), "knows no such workstation"),
        (forged.brought(), "was not sealed by the workstation"),
    ] {
        let words = refusal(&server, &brought).await;
        assert!(words.contains(expected), "{words}");
    }
    assert_eq!(server.trail().len(), before);
    server.stop().await;
    let words = refusal(&server, &aside.brought()).await;
    assert!(words.contains("No server answers"), "{words}");
    let left: Vec<_> = fs::read_dir(server.data()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("salvage-")), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_copy_that_an_interrupted_run_left_is_removed_by_the_next_run_and_by_the_servers_start() {
    let mut server = TestServer::start().await;
    let ws = enrolled(&server).await;
    let aside = Aside::of(&server, &ws, &[started(&ws.at)]);

    let left = leave_a_copy(&server);
    recover(&server.data(), &aside.brought()).await.unwrap();
    assert!(!left.exists());

    server.stop().await;
    let left = leave_a_copy(&server);
    server.start_again().await;
    assert!(!left.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_copy_of_a_run_that_goes_on_is_left_to_it_and_a_second_run_waits_its_turn() {
    let mut server = TestServer::start().await;
    let ws = enrolled(&server).await;
    let aside = Aside::of(&server, &ws, &[started(&ws.at)]);
    let going_on = leave_a_copy(&server);
    let theirs = fs::File::open(server.data()).unwrap();
    theirs.try_lock().unwrap();

    let words = refusal(&server, &aside.brought()).await;
    assert!(words.contains("another `spool recover`"), "{words}");
    server.stop().await;
    server.start_again().await;
    assert!(going_on.join("copy").exists());

    drop(theirs);
    assert_eq!(recover(&server.data(), &aside.brought()).await.unwrap().stored, 1);
}

/// As a run that was killed leaves it.
fn leave_a_copy(server: &TestServer) -> PathBuf {
    let folder = server.data().join(format!("salvage-{}", Uuid::new_v4()));
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("copy"), [0x5a; 4096]).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_bounded() {
    let server = TestServer::start().await;
    let ws = enrolled(&server).await;
    let records: Vec<_> = (0..101).map(|_| started(&ws.at)).collect();
    let command = json!({ "do": "spool_recover", "workstation_id": ws.at.id, "key_thumbprint": "", "is_first": true, "records": records });

    let words = server.admin(command).await.unwrap_err().to_string();

    assert!(words.contains("100 records"), "{words}");
    assert_eq!(server.recorded(&["spool.recover"]), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_recovers_in_words_and_in_json() {
    let server = TestServer::start().await;
    let ws = enrolled(&server).await;
    let aside = Aside::of(&server, &ws, &[started(&ws.at)]);
    let file = aside.file.to_str().unwrap();

    let words = run(&server, &["spool", "recover", file], "").await;
    assert!(words.0.contains("Stored         1") && words.0.contains("Unreadable     0"), "{words:?}");
    let moved = aside.folder.path().join("moved.key");
    fs::rename(sealed_key_beside(&aside.file), &moved).unwrap();
    let again =
        run(&server, &["--json", "spool", "recover", file, "--key", moved.to_str().unwrap()], "").await;
    let again: Value = serde_json::from_str(&again.0).unwrap();
    assert_eq!((&again["answer"], &again["already_there"]), (&json!("recovered"), &json!(1)), "{again}");
    assert_eq!(again["workstation_id"], json!(ws.at.id));
    let refused = run(&server, &["spool", "recover", file], "").await;
    assert!(refused.0.is_empty() && refused.1.contains("--key"), "{refused:?}");
}

async fn refusal(server: &TestServer, brought: &Brought) -> String {
    let refused: anyhow::Result<Recovered> = recover(&server.data(), brought).await;
    format!("{:#}", refused.unwrap_err())
}

/// A workstation and what records call it.
struct Ward {
    at: WorkstationRef,
    machine: Workstation,
}

impl Ward {
    fn of(server: &TestServer, machine: Workstation) -> Self {
        let id = machine.id.unwrap();
        Self { at: WorkstationRef { id, name: server.name_of(id) }, machine }
    }
}

async fn enrolled(server: &TestServer) -> Ward {
    Ward::of(server, server.enrol().await)
}

/// Maria signed in and out; her workstation delivered neither record.
async fn a_session_that_ended(server: &TestServer, maria: &Person) -> (Ward, Uuid) {
    let mut machine = server.enrol().await;
    let session = machine.sign_in(server, maria).await;
    machine.delete(&format!("/v1/sessions/{session}"), &json!({ "cause": "user-button" })).await;
    (Ward::of(server, machine), session.parse().unwrap())
}

fn hers(ws: &WorkstationRef, maria: &Person, session: Uuid) -> [AuditRecord; 2] {
    let user = UserRef { id: maria.user_id.parse().unwrap(), display_name: "Maria O.".to_owned() };
    [
        AuditRecord::login(Source::Agent, at(), ws.clone(), user.clone(), session, Factors::PasswordTotp),
        AuditRecord::logout(Source::Agent, at(), ws.clone(), user, session, LogoutCause::Inactivity),
    ]
}

fn started(ws: &WorkstationRef) -> AuditRecord {
    let what = What::ApplicationStarted;
    AuditRecord::other(Uuid::new_v4(), Source::Agent, at(), Some(ws.clone()), None, what)
}

fn at() -> Timestamp {
    START.parse().unwrap()
}

/// A spool's file that was set aside, with its sealed key beside it.
struct Aside {
    folder: TempDir,
    file: PathBuf,
    key: SpoolKey,
}

impl Aside {
    fn of(server: &TestServer, ws: &Ward, records: &[AuditRecord]) -> Self {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("spool.sqlite.aside-1800000000000");
        let key = SpoolKey::generate().unwrap();
        let recipient: RecoveryPublicKey = server.app().keys.recovery.public();
        let sealed = SealedKey::seal(&key, ws.at.id, recipient, ws.machine.key()).unwrap();
        fs::write(sealed_key_beside(&file), sealed.to_bytes()).unwrap();
        let aside = Self { folder, file, key };
        let bounds = Bounds { reserve_size_bytes: 64 * 1024, ..Bounds::default() };
        let mut spool = Spool::open(&aside.file, &aside.key, ws.at.clone(), bounds, at()).unwrap();
        for record in records {
            spool.append(record, at()).unwrap();
        }
        spool.close().unwrap();
        aside
    }

    fn brought(&self) -> Brought {
        Brought { file: self.file.clone(), key: None }
    }

    /// Overwrites the page that a record stands on.
    fn damage(&self, seq: i64) {
        let shell = rusqlite::Connection::open(&self.file).unwrap();
        let sealed = "SELECT sealed FROM records WHERE seq = ?1";
        let sealed: Vec<u8> = shell.query_row(sealed, [seq], |row| row.get(0)).unwrap();
        drop(shell);
        let mut bytes = fs::read(&self.file).unwrap();
        let place = bytes.windows(sealed.len()).position(|window| window == sealed).unwrap();
        bytes[place / 4096 * 4096..][..4096].fill(0xFF);
        fs::write(&self.file, bytes).unwrap();
    }
}
