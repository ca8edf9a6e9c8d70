//! A list of badges that is imported all or none: while people sign in, and over the end of the server.

use std::time::Duration;

use harness::{server::TestServer, workstation::Workstation};
use protocol::secret::WireSecret;
use server::admin::badge_import::{Clash, ImportLine, whole};
use uuid::Uuid;

use crate::badge_list::{add_people, enrol, rows};

const BADGE: &str = "uid:04a1b2c3d4e5f6";
const IMPORTED: &str = "SELECT COUNT(*) FROM badges WHERE enrolled_by = 'list'";

#[tokio::test]
async fn sign_ins_go_on_between_the_steps_of_a_long_list_which_is_imported_at_once() {
    let (server, maria) = ward().await;
    let rows = i64::try_from(rows()).unwrap();
    add_people(&server, rows.unsigned_abs()).await;
    let app = server.app().clone();
    let plan = whole::plan(&app, &list(rows.unsigned_abs())).await.unwrap();
    assert_eq!(maria.tap(Uuid::new_v4(), BADGE).await.status, 201);
    let id = whole::set_aside(&app, &plan).await.unwrap();
    assert_eq!(maria.tap(Uuid::new_v4(), BADGE).await.status, 201);
    assert_eq!(server.count("SELECT COUNT(*) FROM badge_import_rows"), rows);
    assert_eq!(server.count(IMPORTED), 0, "what is set aside is nothing yet");
    assert!(whole::take_over(&app, id).await.unwrap());
    assert_eq!(server.count(IMPORTED), rows);
    assert!(whole::finish_burst(&app, id).await.unwrap());
    assert_eq!(maria.tap(Uuid::new_v4(), BADGE).await.status, 201, "before every record is written");
    while whole::finish_burst(&app, id).await.unwrap() {}

    let records = server.count("SELECT COUNT(*) FROM audit_events WHERE event LIKE '%\"badge.import\"%'");
    assert_eq!(records, rows);
    assert_eq!(server.count("SELECT COUNT(*) FROM badge_import_rows"), 0);
    assert_eq!(server.count("SELECT COUNT(*) FROM badge_imports"), 0);
}

#[tokio::test]
async fn records_that_the_store_did_not_take_are_written_once_it_does_without_a_restart() {
    let (server, _) = ward().await;
    add_people(&server, 600).await;
    fail(&server, "DELETE", "(SELECT COUNT(*) FROM badge_import_rows) <= 300");
    let told = whole::import(server.app(), &list(600)).await.unwrap();
    assert_eq!((told.imported, server.count(IMPORTED)), (600, 600), "they are imported all the same");
    assert_eq!(server.recorded(&["badge.import"]), 250);
    mend(&server).await;

    until_nothing_is_under_way(&server).await;
    assert_eq!(server.recorded(&["badge.import"]), 600, "each once");
}

#[tokio::test]
async fn a_list_that_cannot_be_finished_keeps_no_other_from_it() {
    let (server, _) = ward().await;
    add_people(&server, 2).await;
    let app = server.app().clone();
    let mut ids = Vec::new();
    for row in ["person0,wedge:badge-0,uid", "person1,wedge:badge-1,uid"] {
        let plan = whole::plan(&app, &lines(&[row])).await.unwrap();
        let id = whole::set_aside(&app, &plan).await.unwrap();
        assert!(whole::take_over(&app, id).await.unwrap());
        ids.push(id);
    }
    ids.sort();
    fail(&server, "DELETE", &format!("OLD.import_id = {}", server.rows.literal(ids[0])));
    for id in ids {
        app.owed_imports.add(id);
    }
    server.until("the other is finished", |server| server.recorded(&["badge.import"]) == 1).await;

    mend(&server).await;
    until_nothing_is_under_way(&server).await;
    assert_eq!(server.recorded(&["badge.import"]), 2);
}

#[tokio::test]
async fn a_list_that_could_not_be_set_aside_is_forgotten_without_a_restart() {
    let (server, _) = ward().await;
    add_people(&server, 600).await;
    fail(&server, "INSERT", "(SELECT COUNT(*) FROM badge_import_rows) >= 300");
    assert!(whole::import(server.app(), &list(600)).await.is_err());

    until_nothing_is_under_way(&server).await;
    assert_eq!((server.count(IMPORTED), server.recorded(&["badge.import"])), (0, 0));
}

#[tokio::test]
async fn a_server_that_ends_before_the_list_is_taken_over_has_imported_nothing() {
    let (mut server, maria) = ward().await;
    add_people(&server, 600).await;
    let app = server.app().clone();
    let plan = whole::plan(&app, &list(600)).await.unwrap();
    whole::set_aside(&app, &plan).await.unwrap();
    assert_eq!(server.count("SELECT COUNT(*) FROM badge_import_rows"), 600);
    maria.tap(Uuid::new_v4(), "wedge:badge-7").await.assert_refused(404, "badge.unknown");
    server.restart().await;

    until_nothing_is_under_way(&server).await;
    assert_eq!(server.count("SELECT COUNT(*) FROM badges WHERE enrolled_by = 'list'"), 0);
    assert_eq!(server.recorded(&["badge.import"]), 0);
}

#[tokio::test]
async fn a_server_that_ends_after_the_list_was_taken_over_has_all_of_it_and_writes_the_records_it_owes() {
    let (mut server, maria) = ward().await;
    add_people(&server, 600).await;
    let app = server.app().clone();
    let plan = whole::plan(&app, &list(600)).await.unwrap();
    let id = whole::set_aside(&app, &plan).await.unwrap();
    assert!(whole::take_over(&app, id).await.unwrap());
    assert!(whole::finish_burst(&app, id).await.unwrap());
    let first = server.recorded(&["badge.import"]);
    assert!((1..600).contains(&first), "{first}");
    assert_eq!(maria.tap(Uuid::new_v4(), "wedge:badge-599").await.status, 202, "it is somebody's");
    server.advance(Duration::from_secs(600));
    server.restart().await;

    until_nothing_is_under_way(&server).await;
    assert_eq!(server.count("SELECT COUNT(*) FROM badges WHERE enrolled_by = 'list'"), 600);
    assert_eq!(server.recorded(&["badge.import", "110137"]), 600, "each once");
    assert_eq!(server.recorded(&["badge.import", "2027-03-01T13:00:00"]), 600, "of when it was taken over");
}

#[tokio::test]
async fn a_badge_that_somebody_else_got_meanwhile_is_not_taken_from_her() {
    let (server, _) = ward().await;
    add_people(&server, 4).await;
    let app = server.app().clone();
    let lines = list(4);
    let id = whole::set_aside(&app, &whole::plan(&app, &lines).await.unwrap()).await.unwrap();
    enrol(&server, "maria", "wedge:badge-2").await.unwrap();
    assert!(!whole::take_over(&app, id).await.unwrap());
    assert_eq!(server.count("SELECT COUNT(*) FROM badges WHERE enrolled_by = 'list'"), 0);

    let told = whole::import(&app, &lines).await.unwrap();
    assert!(told.is_nothing_done);
    let bad: Vec<_> = told.bad.iter().map(|row| (row.line, row.clash)).collect();
    assert_eq!(bad, [(3, Some(Clash::Holder))]);
}

#[tokio::test]
async fn a_person_who_got_her_third_badge_meanwhile_gets_no_fourth() {
    let (server, _) = ward().await;
    add_people(&server, 1).await;
    let app = server.app().clone();
    let lines = [line(1, "person0,wedge:badge-1,uid"), line(2, "person0,wedge:badge-2,uid")];
    let id = whole::set_aside(&app, &whole::plan(&app, &lines).await.unwrap()).await.unwrap();
    for number in ["wedge:other-1", "wedge:other-2"] {
        enrol(&server, "person0", number).await.unwrap();
    }

    assert!(!whole::take_over(&app, id).await.unwrap());
    let told = whole::import(&app, &lines).await.unwrap();
    assert_eq!((told.is_nothing_done, told.bad.len(), told.bad[0].line), (true, 1, 2), "{told:?}");
}

#[tokio::test]
async fn rows_of_one_list_are_looked_at_as_if_those_before_them_were_imported() {
    let (server, _) = ward().await;
    add_people(&server, 2).await;
    let app = server.app().clone();
    let rows = [
        "person0,wedge:badge-1,uid",
        "person0,wedge:badge-1,uid",
        "person0,wedge:badge-1,cryptographic",
        "person0,wedge:badge-1,uid",
        "person0,wedge:badge-2,uid",
        "person0,wedge:badge-3,uid",
    ];
    let told = whole::import(&app, &lines(&rows)).await.unwrap();
    assert_eq!((told.imported, told.unchanged, told.bad.len()), (3, 3, 0), "{told:?}");
    assert_eq!(server.count("SELECT COUNT(*) FROM badges WHERE grade = 'cryptographic'"), 1);

    let told = whole::import(&app, &lines(&["person1,wedge:badge-1,uid", "person0,wedge:badge-4,uid"]))
        .await
        .unwrap();
    assert_eq!(told.bad.iter().map(|row| row.line).collect::<Vec<_>>(), [1, 2]);
    let told = whole::import(&app, &lines(&["person0,wedge:badge-2,cryptographic"])).await.unwrap();
    assert_eq!((told.imported, told.bad.len()), (1, 0), "{told:?}");
    assert_eq!(server.count("SELECT COUNT(*) FROM badges WHERE grade = 'cryptographic'"), 2);
    assert_eq!(server.count("SELECT COUNT(*) FROM badges WHERE enrolled_by = 'list'"), 3);
}

/// Maria's badge within its grace, at a workstation where nobody is signed in.
async fn ward() -> (TestServer, Workstation) {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    assert_eq!(workstation.enrol_badge(BADGE).await.status, 201);
    workstation.sign_out(&session).await;
    (server, workstation)
}

async fn until_nothing_is_under_way(server: &TestServer) {
    let is_none = |server: &TestServer| {
        // What failed is tried again in a moment.
        server.advance(Duration::from_secs(1));
        server.count("SELECT COUNT(*) FROM badge_imports") == 0
    };
    server.until("what was under way is finished", is_none).await;
    assert_eq!(server.count("SELECT COUNT(*) FROM badge_import_rows"), 0);
}

/// From now on the store takes no such change of a row that is set aside.
fn fail(server: &TestServer, change: &str, when: &str) {
    server.rows.forbid(change, "badge_import_rows", when).unwrap();
}

/// Lets it succeed again. The server works at the list meanwhile, on this thread: waited for its lock here, it would never
/// let go.
async fn mend(server: &TestServer) {
    let rows = server.rows.clone();
    let mended = tokio::task::spawn_blocking(move || rows.allow("badge_import_rows"));
    mended.await.unwrap().unwrap();
}

/// One badge for each of so many people.
fn list(rows: u64) -> Vec<ImportLine> {
    (0..rows).map(|row| line(row + 1, &format!("person{row},wedge:badge-{row},uid"))).collect()
}

fn lines(rows: &[&str]) -> Vec<ImportLine> {
    (1..).zip(rows).map(|(number, text)| line(number, text)).collect()
}

fn line(line: u64, text: &str) -> ImportLine {
    ImportLine { line, text: WireSecret::new(text.to_owned()) }
}
