//! Badges as administrators give and take them: one by one, and by a list.

use std::{fmt::Write as _, path::PathBuf, time::Duration};

use harness::server::TestServer;
use serde_json::{Value, json};
use server::store::{
    StoreError, transact,
    users::{self, User},
};
use uuid::Uuid;

use crate::administration::{run, run_to_its_end};

const BADGE: &str = "uid:04a1b2c3d4e5f6";

#[tokio::test]
async fn an_administrator_gives_a_badge_takes_it_back_and_gives_it_to_somebody_else() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    for name in ["maria", "jonas"] {
        server.add_person(name).await;
    }
    assert_eq!(enrol(&server, "maria", BADGE).await.unwrap()["is_changed"], true);
    assert_eq!(enrol(&server, "maria", BADGE).await.unwrap()["is_changed"], false);
    let taken = enrol(&server, "jonas", BADGE).await.unwrap_err().to_string();
    assert!(taken.contains("another person's") && taken.contains("badge find"), "{taken}");
    let asked = workstation.tap(Uuid::new_v4(), BADGE).await;
    assert_eq!(asked.body["satisfied_by"], json!(["password"]), "no strong sign-in yet");

    let badges = server.admin(json!({ "do": "badge_list" })).await.unwrap();
    let line = &badges["badges"][0];
    assert_eq!((&line["user_name"], &line["last_seen_workstation"]), (&json!("maria"), &json!("WS-01")));
    assert!(!badges.to_string().contains("a1b2c3"), "{badges}");
    let revoke = json!({ "do": "badge_revoke", "name": "maria" });
    assert_eq!(server.admin(revoke.clone()).await.unwrap()["is_changed"], true);
    assert_eq!(server.admin(revoke).await.unwrap()["is_changed"], false);
    workstation.tap(Uuid::new_v4(), BADGE).await.assert_refused(403, "badge.refused");
    enrol(&server, "jonas", BADGE).await.unwrap();

    let asked = workstation.tap(Uuid::new_v4(), BADGE).await;
    assert_eq!(asked.status, 202, "{asked:?}");
    for (action, times) in [("badge.enrol", 2), ("badge.revoke", 1)] {
        assert_eq!(server.recorded(&["110137", action]), times, "{action}");
    }
    assert_eq!(server.recorded(&["badge.enrol-own"]), 0, "she enrolled none by herself");
    assert_eq!(server.recorded(&["badge.enrol", "WS-01"]), 0, "no workstation did");
}

#[tokio::test]
async fn a_challenge_that_began_with_a_badge_is_over_when_it_is_revoked() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    enrol(&server, "maria", BADGE).await.unwrap();
    let challenge = workstation.tap(Uuid::new_v4(), BADGE).await;
    server.admin(json!({ "do": "badge_revoke", "name": "maria" })).await.unwrap();

    let password = json!({ "kind": "password", "password": maria.password });
    workstation.give(&challenge, password).await.assert_refused(410, "challenge.over");
}

#[tokio::test]
async fn what_cannot_be_done_with_badges_and_pins_is_told_in_words() {
    let server = TestServer::start().await;
    server.add_person("maria").await;
    for (command, words) in [
        (
            json!({ "do": "badge_enrol", "name": "nobody", "number": BADGE, "grade": "uid" }),
            "Nobody has this name",
        ),
        (
            json!({ "do": "badge_enrol", "name": "maria", "number": "uid:08a1b2c3", "grade": "uid" }),
            "another number each time",
        ),
        (json!({ "do": "badge_revoke", "badge_id": Uuid::new_v4() }), "no such badge"),
        (json!({ "do": "badge_revoke" }), "Name one badge"),
        (json!({ "do": "user_pin", "name": "maria", "pin": "27182" }), "6 to 32 digits"),
        (json!({ "do": "user_pin", "name": "maria", "pin": "27182a" }), "6 to 32 digits"),
        (json!({ "do": "user_pin", "name": "maria", "pin": "000000" }), "repeated"),
        (json!({ "do": "user_pin", "name": "maria", "pin": "987654" }), "row"),
    ] {
        let refusal = server.admin(command.clone()).await.unwrap_err().to_string();

        assert!(refusal.contains(words), "{command}: {refusal}");
    }
}

#[tokio::test]
async fn the_program_reads_numbers_and_pins_from_standard_input() {
    let server = TestServer::start().await;
    server.add_person("maria").await;
    let (out, _) = run(&server, &["badge", "enrol", "maria"], "uid:04a1b2c3d4e5f6\n").await;
    assert!(out.starts_with("Done. Its id is "), "{out}");
    let (out, _) = run(&server, &["user", "pin", "maria"], "271828\n").await;
    assert_eq!(out.trim(), "Done.");
    let (out, _) = run(&server, &["badge", "list"], "").await;
    assert!(out.contains("maria") && out.contains("active") && !out.contains("04a1b2c3"), "{out}");
    let (_, error) = run(&server, &["badge", "enrol", "maria"], "").await;
    assert!(error.contains("standard input holds no badge number"), "{error}");
    let (_, error) = run(&server, &["badge", "import", "list.csv"], "").await;
    assert!(error.contains("--all-or-none") && error.contains("--good-ones"), "{error}");
}

#[tokio::test]
async fn a_long_list_with_bad_rows_is_imported_in_part_or_not_at_all_as_asked() {
    let server = TestServer::start().await;
    let rows = rows();
    let people = rows * 2 / 5;
    add_people(&server, people).await;
    let (path, bad) = list(&server, people, rows);
    let path = path.to_str().unwrap();
    let (out, error) = run(&server, &["badge", "import", path, "--all-or-none", "--json"], "").await;
    let none: Value = serde_json::from_str(&out).unwrap();

    assert_eq!((&none["imported"], &none["is_nothing_done"]), (&json!(0), &json!(true)));
    assert!(error.contains(&format!("Nothing was imported: {} rows are bad.", rows / 20)), "{error}");
    assert_eq!(lines_of(&none), bad);
    assert_eq!(server.count("SELECT COUNT(*) FROM badges"), 0);
    assert_eq!(server.recorded(&["badge.import"]), 0);

    let (out, progress) = run(&server, &["badge", "import", path, "--good-ones", "--json"], "").await;
    let some: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&some["imported"], &some["is_nothing_done"]), (&json!(rows / 20 * 19), &json!(false)));
    assert_eq!(lines_of(&some), bad);
    assert!(progress.contains(&format!("{rows} of {rows} rows")), "{progress}");
    let live = server.count("SELECT COUNT(*) FROM badges WHERE revoked_at IS NULL");
    assert_eq!(u64::try_from(live).unwrap(), rows / 20 * 19);
    assert!(!out.contains("wedge:"), "no number is told");
}

#[tokio::test]
async fn a_list_that_is_imported_again_changes_nothing_and_a_good_one_is_imported_as_a_whole() {
    let server = TestServer::start().await;
    server.add_person("maria").await;
    let path = server.data().parent().unwrap().join("badges.csv");
    std::fs::write(
        &path,
        "name,number,grade\nmaria,uid:04a1b2c3,uid\n\"Maria\",wedge:4711-0815,cryptographic\n",
    )
    .unwrap();
    let path = path.to_str().unwrap();
    let (first, _) = run(&server, &["badge", "import", path, "--all-or-none"], "").await;
    let (again, _) = run(&server, &["badge", "import", path, "--good-ones"], "").await;

    assert_eq!(first.trim(), "Imported 2, already there 0, bad 0.");
    assert_eq!(again.trim(), "Imported 0, already there 2, bad 0.");
    assert_eq!(server.recorded(&["110137", "badge.import"]), 2);
}

#[tokio::test]
async fn a_list_gives_no_badge_back_that_was_lost_or_revoked_and_to_nobody_else() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    server.add_person("jonas").await;
    workstation.sign_in(&server, &maria).await;
    enrol(&server, "maria", "wedge:revoked-1").await.unwrap();
    server.admin(json!({ "do": "badge_revoke", "name": "maria" })).await.unwrap();
    assert_eq!(workstation.enrol_badge(BADGE).await.status, 201);
    server.advance(Duration::from_secs(30));
    assert_eq!(workstation.lose_badges(&server, &maria).await.body["revoked"], 1);
    let rows = ["maria,uid:04a1b2c3d4e5f6,uid", "jonas,uid:04a1b2c3d4e5f6,uid", "jonas,wedge:revoked-1,uid"];
    let told = import(&server, &rows).await;

    assert_eq!((&told["imported"], &told["unchanged"]), (&json!(0), &json!(0)), "{told}");
    assert_eq!(lines_of(&told), [1, 2, 3]);
    for bad in told["bad"].as_array().unwrap() {
        assert!(
            bad["reason"].as_str().unwrap().contains("Enrol it again with `tapward-server badge enrol`"),
            "{bad}"
        );
    }
    for badge in [BADGE, "wedge:revoked-1"] {
        workstation.tap(Uuid::new_v4(), badge).await.assert_refused(403, "badge.refused");
    }
    assert_eq!(server.recorded(&["badge.import"]), 0);
    assert_eq!(enrol(&server, "jonas", BADGE).await.unwrap()["is_changed"], true, "the help desk may");
}

#[tokio::test]
async fn neither_a_list_nor_her_own_tap_makes_less_of_a_badge_that_proves_a_key() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;
    assert_eq!(import(&server, &["maria,uid:04a1b2c3d4e5f6,uid"]).await["imported"], 1);
    assert_eq!(import(&server, &["maria,uid:04a1b2c3d4e5f6,cryptographic"]).await["imported"], 1);
    let told = import(&server, &["maria,uid:04a1b2c3d4e5f6,uid"]).await;
    assert_eq!((&told["imported"], &told["unchanged"]), (&json!(0), &json!(1)), "{told}");
    assert_eq!(told["kept_cryptographic"], json!([1]), "it is told that it counts as another grade");
    workstation.tap(Uuid::new_v4(), BADGE).await.assert_refused(403, "badge.refused");
    assert_eq!(workstation.enrol_badge(BADGE).await.status, 201);
    workstation.tap(Uuid::new_v4(), BADGE).await.assert_refused(403, "badge.refused");

    assert_eq!(enrol(&server, "maria", BADGE).await.unwrap()["is_changed"], true, "the help desk may");
    assert_eq!(workstation.tap(Uuid::new_v4(), BADGE).await.status, 201);
}

#[tokio::test]
async fn no_badge_number_or_pin_stands_on_the_servers_disk() {
    let mut server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;
    workstation.enrol_badge("wedge:canary-enrolled").await;
    workstation.resume("wedge:canary-enrolled").await;
    workstation.resume("wedge:canary-unknown").await;
    workstation.tap(Uuid::new_v4(), "wedge:canary-tapped").await;
    let identify = json!({ "badge": { "number": "wedge:canary-identified", "grade": "uid" } });
    workstation.post("/v1/session/identify", &identify).await;
    enrol(&server, "maria", "wedge:canary-administered").await.unwrap();
    let lines = [json!({ "line": 1, "text": "maria,wedge:canary-imported,uid" })];
    let import = json!({ "do": "badge_import", "lines": lines, "is_all_or_none": false });
    assert_eq!(server.admin(import).await.unwrap()["imported"], 1);
    server.admin(json!({ "do": "user_pin", "name": "maria", "pin": "73519284" })).await.unwrap();

    for canary in ["canary", "73519284"] {
        assert_eq!(server.files_that_hold(canary.as_bytes()), Vec::<String>::new(), "while it runs");
    }
    server.stop().await;
    for canary in ["canary", "73519284"] {
        assert_eq!(server.files_that_hold(canary.as_bytes()), Vec::<String>::new(), "after it ended");
    }
}

pub(crate) async fn enrol(server: &TestServer, name: &str, number: &str) -> anyhow::Result<Value> {
    server.admin(json!({ "do": "badge_enrol", "name": name, "number": number, "grade": "uid" })).await
}

#[tokio::test]
async fn the_next_page_begins_where_the_last_ended_also_when_that_badge_was_given_away_meanwhile() {
    let server = TestServer::start().await;
    server.add_person("aaron").await;
    add_people(&server, 1_100).await;
    let lines: Vec<Value> = (0..1_100_u64)
        .map(|row| json!({ "line": row + 1, "text": format!("person{row},wedge:badge-{row},uid") }))
        .collect();
    let whole = json!({ "do": "badge_import", "lines": lines, "is_all_or_none": true });
    assert_eq!(server.admin(whole).await.unwrap()["imported"], 1_100);
    let page = server.admin(json!({ "do": "badge_list" })).await.unwrap();
    let last = &page["badges"][999];
    let number = last["user_name"].as_str().unwrap().replace("person", "wedge:badge-");
    server.admin(json!({ "do": "badge_revoke", "badge_id": last["badge_id"] })).await.unwrap();
    enrol(&server, "aaron", &number).await.unwrap();

    let next = server.admin(json!({ "do": "badge_list", "after": page["next"] })).await.unwrap();
    assert_eq!(next["badges"].as_array().unwrap().len(), 100);
    assert!(next["badges"][0]["user_name"].as_str().unwrap() > last["user_name"].as_str().unwrap());
}

#[tokio::test]
async fn a_badge_that_stands_twice_on_a_list_is_one_badge_and_one_record() {
    for is_all_or_none in [true, false] {
        let server = TestServer::start().await;
        server.add_person("maria").await;
        let rows = ["maria,wedge:badge-1,uid", "maria,wedge:badge-1,cryptographic"];
        let lines: Vec<Value> =
            (1..).zip(rows).map(|(line, text): (u64, _)| json!({ "line": line, "text": text })).collect();
        let list = json!({ "do": "badge_import", "lines": lines, "is_all_or_none": is_all_or_none });
        let told = server.admin(list).await.unwrap();

        assert_eq!((&told["imported"], &told["unchanged"]), (&json!(1), &json!(1)), "{told}");
        assert_eq!(server.count("SELECT COUNT(*) FROM badges WHERE grade = 'cryptographic'"), 1);
        assert_eq!(server.recorded(&["badge.import"]), 1, "{is_all_or_none}");
    }
}

#[tokio::test]
async fn one_persons_badges_are_listed_alone_and_of_many_none_is_left_out() {
    let server = TestServer::start().await;
    server.add_person("maria").await;
    let people = 1_100;
    add_people(&server, people).await;
    let rows: Vec<String> = (0..people).map(|row| format!("person{row},wedge:badge-{row},uid")).collect();
    let lines: Vec<Value> =
        (1..).zip(&rows).map(|(line, text): (u64, _)| json!({ "line": line, "text": text })).collect();
    let whole = json!({ "do": "badge_import", "lines": lines, "is_all_or_none": true });
    assert_eq!(server.admin(whole).await.unwrap()["imported"], people);
    for number in [BADGE, "wedge:4711-0815"] {
        enrol(&server, "maria", number).await.unwrap();
    }
    let page = server.admin(json!({ "do": "badge_list" })).await.unwrap();
    assert_eq!(page["badges"].as_array().unwrap().len(), 1_000);
    assert_eq!(page["next"]["badge_id"], page["badges"][999]["badge_id"]);

    let (out, _) = run(&server, &["badge", "list", "--json"], "").await;
    let all: Value = serde_json::from_str(&out).unwrap();
    let ids: std::collections::BTreeSet<&str> =
        all["badges"].as_array().unwrap().iter().map(|line| line["badge_id"].as_str().unwrap()).collect();
    assert_eq!((ids.len(), all.get("next")), (1_102, None), "each once, and none is left out");
    let (out, _) = run(&server, &["badge", "list"], "").await;
    assert_eq!(out.lines().count(), 1_103, "with its heading");
    let (out, _) = run(&server, &["badge", "list", "--of", "Maria", "--json"], "").await;
    let hers: Value = serde_json::from_str(&out).unwrap();
    let names: Vec<&Value> =
        hers["badges"].as_array().unwrap().iter().map(|line| &line["user_name"]).collect();
    assert_eq!(names, ["maria", "maria"]);
    let (out, _) = run(&server, &["badge", "list", "--of", "maria"], "").await;
    assert_eq!(out.lines().count(), 3, "{out}");
    let (_, error) = run(&server, &["badge", "list", "--of", "nobody"], "").await;
    assert!(error.contains("Nobody has this name"), "{error}");
}

#[tokio::test]
async fn a_badge_that_no_reader_can_present_is_not_enrolled_and_its_mistake_is_named() {
    let server = TestServer::start().await;
    server.add_person("maria").await;
    for (number, words) in [
        ("04:A1:B2:C3", "write uid: or wedge: before it"),
        ("foo:0000", "write uid: or wedge: before it"),
        ("uid:04a1b2", "8, 14, 16 or 20"),
        ("uid:04:a1:b2:c3", "hexadecimal digits alone"),
        ("uid:08a1b2c3", "another number each time"),
        ("wedge:123", "too short"),
        (&format!("wedge:{}", "1".repeat(65)), "too long"),
        ("wedge:12 34", "without spaces"),
    ] {
        let refusal = enrol(&server, "maria", number).await.unwrap_err().to_string();

        assert!(refusal.contains(words) && !refusal.contains(number), "{number}: {refusal}");
    }
    assert_eq!(server.count("SELECT COUNT(*) FROM badges"), 0);
}

#[tokio::test]
async fn a_number_that_is_typed_or_listed_in_upper_case_is_the_badge_that_readers_tell() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    server.add_person("maria").await;
    assert_eq!(enrol(&server, "maria", "UID:04A1B2C3D4E5F6").await.unwrap()["is_changed"], true);
    assert_eq!(enrol(&server, "maria", BADGE).await.unwrap()["is_changed"], false);
    let told = import(&server, &["maria,wedge:ABCD1234,UID", "maria,wedge:abcd1234,uid"]).await;
    assert_eq!((&told["imported"], &told["unchanged"]), (&json!(1), &json!(1)), "{told}");

    assert_eq!(workstation.tap(Uuid::new_v4(), BADGE).await.status, 202);
    assert_eq!(workstation.tap(Uuid::new_v4(), "wedge:abcd1234").await.status, 202);
    workstation.tap(Uuid::new_v4(), "wedge:ABCD1234").await.assert_refused(422, "badge.unusable");
}

#[tokio::test]
async fn a_found_badge_is_told_with_its_holder_and_never_with_its_number() {
    let server = TestServer::start().await;
    server.add_person("maria").await;
    let (out, _) = run(&server, &["badge", "enrol", "maria", "--json"], "uid:04A1B2C3D4E5F6\n").await;
    let id = serde_json::from_str::<Value>(&out).unwrap()["badge_id"].as_str().unwrap().to_owned();
    let (out, _) = run(&server, &["badge", "find"], "uid:04A1B2C3D4E5F6\n").await;
    for word in [id.as_str(), "maria", "uid", "active"] {
        assert!(out.contains(word), "{word}: {out}");
    }
    assert!(!out.to_lowercase().contains("a1b2c3"), "{out}");
    let (out, _) = run(&server, &["badge", "revoke", &id], "").await;
    assert_eq!(out.trim(), "Done.");
    let (out, _) = run(&server, &["badge", "find", "--json"], "uid:04a1b2c3d4e5f6\n").await;
    let badge = serde_json::from_str::<Value>(&out).unwrap()["badge"].clone();
    assert_eq!((&badge["badge_id"], &badge["is_revoked"]), (&json!(id), &json!(true)));

    let (code, _, error) = run_to_its_end(&server, &["badge", "find"], "wedge:nobodys\n").await;
    assert!(code == Some(1) && error.contains("Nobody has this badge"), "{code:?} {error}");
}

#[tokio::test]
async fn a_badge_that_counts_as_another_grade_from_now_on_is_told_so() {
    let server = TestServer::start().await;
    server.add_person("maria").await;
    let enrol = ["badge", "enrol", "maria", "--grade", "cryptographic"];
    run(&server, &["badge", "enrol", "maria"], BADGE).await;

    let (changed, _) = run(&server, &enrol, BADGE).await;
    assert!(changed.contains("It counts as cryptographic from now on."), "{changed}");
    let (again, _) = run(&server, &enrol, BADGE).await;
    assert!(again.starts_with("It was so already. Its id is "), "{again}");
    let path = server.data().parent().unwrap().join("badges.csv");
    std::fs::write(&path, format!("maria,{BADGE},uid\n")).unwrap();
    let (list, _) = run(&server, &["badge", "import", path.to_str().unwrap(), "--all-or-none"], "").await;
    assert!(list.contains("already there 1 (1 of them with another grade)"), "{list}");
    assert!(list.contains("line 1: This badge is hers already, as cryptographic"), "{list}");
}

#[tokio::test]
async fn a_list_of_nothing_and_one_of_bad_rows_alone_are_failures() {
    let server = TestServer::start().await;
    let path = server.data().parent().unwrap().join("badges.csv");
    for (text, words) in [
        ("", "holds no badges"),
        ("\n\nname,number,grade\n\n", "holds no badges"),
        ("sep=;\nname;number;grade\n", "commas are wanted"),
        ("nobody,uid:04a1b2c3,uid\n", "Nothing was imported: 1 row is bad."),
        ("nobody,uid:04a1b2c3,uid\nmaria;uid:04a1b2c3;uid\n", "Nothing was imported: 2 rows are bad."),
    ] {
        std::fs::write(&path, text).unwrap();
        for how in ["--all-or-none", "--good-ones"] {
            let import = ["badge", "import", path.to_str().unwrap(), how];
            let (code, _, error) = run_to_its_end(&server, &import, "").await;

            assert!(code == Some(1) && error.contains(words), "{text:?} {how}: {code:?} {error}");
        }
    }
}

#[tokio::test]
async fn rows_of_one_list_that_contradict_each_other_name_the_earlier_line_also_across_batches() {
    let server = TestServer::start().await;
    add_people(&server, 1_100).await;
    let mut text = String::from("name,number,grade\n");
    for row in 0..1_050 {
        writeln!(text, "person{row},wedge:badge-{row},uid").unwrap();
    }
    text.push_str("person1060,wedge:BADGE-0,uid\n");
    for badge in ["second", "third", "fourth"] {
        writeln!(text, "person1,wedge:{badge},uid").unwrap();
    }
    let path = server.data().parent().unwrap().join("badges.csv");
    std::fs::write(&path, text).unwrap();
    for how in ["--all-or-none", "--good-ones"] {
        let (out, _) = run(&server, &["badge", "import", path.to_str().unwrap(), how], "").await;

        assert!(out.contains("line 1052: Line 2 gives this badge to another person."), "{how}: {out}");
        assert!(
            out.contains("line 1055: This person has 3 badges") && out.contains("lines 3, 1053 and 1054"),
            "{how}: {out}"
        );
    }
}

async fn import(server: &TestServer, rows: &[&str]) -> Value {
    let lines: Vec<Value> =
        (1..).zip(rows).map(|(line, text): (u64, _)| json!({ "line": line, "text": text })).collect();
    let import = json!({ "do": "badge_import", "lines": lines, "is_all_or_none": false });
    server.admin(import).await.unwrap()
}

/// A sample, or what `cargo xtask soak` asks for.
pub(crate) fn rows() -> u64 {
    if std::env::var_os("TAPWARD_SOAK").is_some() { 50_000 } else { 5_000 }
}

/// Into the database: so many passwords would take minutes to hash.
pub(crate) async fn add_people(server: &TestServer, count: u64) {
    let somebody = |number: u64| User {
        id: Uuid::from_u128(u128::from(number) + 1),
        name: format!("person{number}"),
        display_name: String::from("Somebody"),
        role: None,
        password_hash: String::new(),
        password_number: 0,
        pin_hash: None,
        totp_sealed: Vec::new(),
        made_at: server.app().clock.now(),
        disabled_at: None,
    };
    let store = &server.app().store;
    transact!(store, |write| {
        for number in 0..count {
            assert!(users::insert(write, &somebody(number)).await?);
        }
        Ok::<_, StoreError>(())
    })
    .unwrap();
}

/// A list in which every twentieth row is bad, and the lines of these.
fn list(server: &TestServer, people: u64, rows: u64) -> (PathBuf, Vec<u64>) {
    let mut text = String::from("name,number,grade\n");
    let mut bad = Vec::new();
    for row in 0..rows {
        let person = row % people;
        if row % 20 == 7 {
            bad.push(row + 2);
            match row / 20 % 4 {
                0 => writeln!(text, "nobody{row},wedge:badge-{row},uid"),
                1 => writeln!(text, "person{person},uid:08{row:06x},uid"),
                // Row 0 has it already, and it is another person's.
                2 => writeln!(text, "person{person},wedge:badge-0,uid"),
                _ => writeln!(text, "person{person};wedge:badge-{row};uid"),
            }
            .unwrap();
        } else {
            writeln!(text, "person{person},wedge:badge-{row},uid").unwrap();
        }
    }
    let path = server.data().parent().unwrap().join("badges.csv");
    std::fs::write(&path, text).unwrap();
    (path, bad)
}

fn lines_of(answer: &Value) -> Vec<u64> {
    answer["bad"].as_array().unwrap().iter().map(|row| row["line"].as_u64().unwrap()).collect()
}
