//! The administrator's commands, through the socket, and the real program's command line.

use std::{path::PathBuf, process::Command};

use harness::{server::TestServer, workstation::Workstation};
use serde_json::{Value, json};
use uuid::Uuid;

#[tokio::test]
async fn a_name_is_given_once() {
    let server = TestServer::start().await;
    server.add_person("maria").await;
    let again = server.admin(json!({ "do": "user_add", "name": " MARIA", "display_name": "Other" })).await;

    assert!(again.unwrap_err().to_string().contains("already"));
}

#[tokio::test]
async fn a_password_that_is_given_is_long_enough_and_not_told_back() {
    let server = TestServer::start().await;
    let add = |name: &str, password: &str| json!({ "do": "user_add", "name": name, "display_name": "M", "password": password });
    let short = server.admin(add("short", "eleven char")).await;
    let long = server.admin(add("long", "twelve chars")).await.unwrap();

    assert!(short.unwrap_err().to_string().contains("12"));
    assert!(long.get("password").is_none());
    assert!(long["otpauth_url"].as_str().unwrap().starts_with("otpauth://totp/"));
}

#[tokio::test]
async fn whoever_is_enabled_again_signs_in_again() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let disable =
        |is_disabled: bool| json!({ "do": "user_disable", "name": "maria", "is_disabled": is_disabled });
    assert_eq!(server.admin(disable(true)).await.unwrap()["is_changed"], true);
    assert_eq!(server.admin(disable(true)).await.unwrap()["is_changed"], false);
    assert_eq!(server.admin(disable(false)).await.unwrap()["is_changed"], true);

    workstation.sign_in(&server, &maria).await;
    assert_eq!(server.recorded(&["user.disable"]), 1);
    assert_eq!(server.recorded(&["user.enable"]), 1);
}

#[tokio::test]
async fn a_changed_authenticator_ends_the_sessions_it_opened() {
    for command in
        [json!({ "do": "user_totp", "name": "maria" }), json!({ "do": "user_reset", "name": "maria" })]
    {
        let server = TestServer::start().await;
        let mut workstation = server.enrol().await;
        let maria = server.add_person("maria").await;
        let session = workstation.sign_in(&server, &maria).await;
        assert_eq!(server.admin(command).await.unwrap()["sessions_ended"], 1);

        assert_eq!(workstation.report(0).await.body["cause"], "credential-changed");
        assert_eq!(server.recorded(&[&session, "credential-changed"]), 1);
    }
}

#[tokio::test]
async fn a_challenge_is_over_once_the_password_was_reset() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let challenge = workstation.challenge(&maria).await;
    server.admin(json!({ "do": "user_reset", "name": "maria" })).await.unwrap();

    let late = workstation.second_factor(Uuid::new_v4(), &challenge, &server.code(&maria)).await;
    late.assert_refused(410, "challenge.over");
}

#[tokio::test]
async fn what_is_not_there_is_told_in_words() {
    let server = TestServer::start().await;
    for command in [
        json!({ "do": "user_disable", "name": "nobody", "is_disabled": true }),
        json!({ "do": "user_totp", "name": "nobody" }),
        json!({ "do": "workstation_revoke", "workstation": "WS-99" }),
        json!({ "do": "session_end", "session_id": Uuid::new_v4() }),
    ] {
        let refusal = server.admin(command).await.unwrap_err().to_string();
        assert!(refusal.contains("list"), "{refusal}");
    }
}

#[tokio::test]
async fn codes_and_tokens_are_bounded() {
    let server = TestServer::start().await;
    for command in [
        json!({ "do": "workstation_code", "uses": 0, "expires_in_s": 60 }),
        json!({ "do": "workstation_code", "uses": 1_001, "expires_in_s": 60 }),
        json!({ "do": "workstation_code", "uses": 1, "expires_in_s": 0 }),
        json!({ "do": "workstation_code", "uses": 1, "expires_in_s": 31 * 86_400 }),
        json!({ "do": "workstation_code", "uses": 1, "expires_in_s": u64::MAX }),
        json!({ "do": "auditor_token", "name": "", "expires_in_s": 60 }),
        json!({ "do": "auditor_token", "name": "a", "expires_in_s": u64::MAX }),
    ] {
        assert!(server.admin(command.clone()).await.is_err(), "{command}");
    }
}

#[tokio::test]
async fn lists_show_what_is_there() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    server.admin(json!({ "do": "auditor_token", "name": "reviewer", "expires_in_s": 60 })).await.unwrap();
    let list = async |what: &str| server.admin(json!({ "do": what })).await.unwrap();

    assert_eq!(list("user_list").await["users"][0]["name"], "maria");
    assert_eq!(list("workstation_list").await["workstations"][0]["host_name"], "ward-7");
    let sessions = list("session_list").await;
    assert_eq!(sessions["sessions"][0]["session_id"], session);
    assert_eq!(sessions["sessions"][0]["workstation"], "WS-01");
    assert_eq!(list("auditor_list").await["auditors"][0]["name"], "reviewer");
}

#[tokio::test]
async fn codes_that_still_enrol_are_listed_without_what_they_read() {
    let server = TestServer::start().await;
    let make = async |name: &str, uses: u32, expires_in_s: u64| {
        let command = json!({ "do": "workstation_code", "uses": uses, "expires_in_s": expires_in_s, "name": name, "unit": "ICU-3" });
        server.admin(command).await.unwrap()
    };
    make("WS-90", 1, 60).await;
    let spent = make("WS-91", 1, 3_600).await;
    let kept = make("WS-92", 40, 3_600).await;
    let secret = |code: &Value| code["code"].as_str().unwrap().split('-').nth(1).unwrap().to_owned();
    for code in [&spent, &kept] {
        assert_eq!(Workstation::new(&server).enrol(&secret(code)).await.status, 201);
    }
    server.advance(std::time::Duration::from_secs(60));
    let listed = server.admin(json!({ "do": "workstation_codes" })).await.unwrap();

    assert_eq!(
        listed["codes"],
        json!([{
            "code_id": kept["code_id"], "name": "WS-92", "unit": "ICU-3", "uses_left": 39,
            "made_at": "2027-03-01T13:00:00Z", "expires_at": "2027-03-01T14:00:00Z",
        }])
    );
    assert!(!listed.to_string().contains(&secret(&kept)));
}

#[tokio::test]
async fn a_withdrawn_code_enrols_nothing_and_that_is_on_record() {
    let server = TestServer::start().await;
    let command = json!({ "do": "workstation_code", "uses": 2, "expires_in_s": 3_600 });
    let code = server.admin(command).await.unwrap();
    let secret = code["code"].as_str().unwrap().split('-').nth(1).unwrap();
    let enrolled = Workstation::new(&server).enrol(secret).await;
    assert_eq!(enrolled.status, 201);
    let withdraw = json!({ "do": "workstation_withdraw_code", "code_id": code["code_id"] });

    assert_eq!(server.admin(withdraw.clone()).await.unwrap()["is_changed"], true);

    Workstation::new(&server).enrol(secret).await.assert_refused(403, "enrolment.refused");
    assert_eq!(server.recorded(&["workstation.withdraw-code"]), 1);
    let refused = server.admin(withdraw).await.unwrap_err().to_string();
    assert!(refused.contains("workstation codes"), "{refused}");
    assert_eq!(server.recorded(&["workstation.withdraw-code"]), 1);
    let list = server.admin(json!({ "do": "workstation_list" })).await.unwrap();
    assert_eq!(list["workstations"][0]["is_revoked"], false, "what it enrolled stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_listed_and_withdrawn_from_the_command_line() {
    let server = TestServer::start().await;
    let made = run(&server, &["--json", "workstation", "code", "--unit", "ER"], "").await.0;
    let id = serde_json::from_str::<Value>(&made).unwrap()["code_id"].as_str().unwrap().to_owned();
    let words = run(&server, &["workstation", "codes"], "").await.0;
    assert!(words.contains(&id) && words.contains("ER") && words.contains("USES LEFT"), "{words}");

    assert!(run(&server, &["workstation", "withdraw-code", &id], "").await.0.contains("Done."));

    assert!(!run(&server, &["workstation", "codes"], "").await.0.contains(&id));
    let refused = run(&server, &["workstation", "withdraw-code", &id], "").await.1;
    assert!(refused.contains("`workstation codes` shows all"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_answers_in_words_and_in_json() {
    let server = TestServer::start().await;
    let words = run(&server, &["user", "add", "Maria", "--display-name", "Maria O."], "").await;
    assert!(words.0.contains("Password  ") && words.0.contains("otpauth://"), "{words:?}");
    let piped =
        run(&server, &["--json", "user", "add", "jonas", "--display-name", "J"], "a piped password\n").await;
    let answer: Value = serde_json::from_str(&piped.0).unwrap();
    assert!(answer.get("password").is_none(), "{answer}");
    let code = run(&server, &["workstation", "code", "--expires", "8h"], "").await;
    assert!(code.0.starts_with("TW1-"), "{code:?}");
    let refused = run(&server, &["user", "disable", "nobody"], "").await;

    assert!(refused.1.contains("Nobody has this name"), "{refused:?}");
    assert!(run(&server, &["user", "list"], "").await.0.contains("maria"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_says_what_to_do_when_no_server_runs() {
    let mut server = TestServer::start().await;
    server.stop().await;
    let (_, words) = run(&server, &["session", "list"], "").await;

    assert!(words.contains("No server answers") && words.contains("tapward-server serve"), "{words}");
}

#[tokio::test]
async fn a_failure_is_told_as_json_where_json_is_asked_for_with_its_code() {
    let mut server = TestServer::start().await;
    let told = async |server: &TestServer, arguments: &[&str]| {
        let (code, out, error) = run_to_its_end(server, arguments, "").await;
        assert_eq!(out, "");
        (code, serde_json::from_str::<Value>(&error).expect(&error))
    };
    let (code, refused) = told(&server, &["--json", "user", "disable", "nobody"]).await;
    assert_eq!((code, &refused["code"]), (Some(1), &json!("not_found")), "{refused}");
    assert!(refused["message"].as_str().unwrap().contains("Nobody has this name"), "{refused}");
    let (code, usage) = told(&server, &["--json", "user", "pin", "maria", "271828"]).await;
    assert_eq!((code, &usage["code"]), (Some(2), &json!("usage")), "{usage}");
    assert!(!usage.to_string().contains("271828"), "{usage}");
    server.stop().await;

    let (code, silent) = told(&server, &["--json", "user", "list"]).await;
    assert!(code == Some(1) && silent["message"].as_str().unwrap().contains("No server answers"), "{silent}");
}

#[tokio::test]
async fn a_reader_that_has_read_enough_makes_no_failure() {
    let server = TestServer::start().await;
    for arguments in [&["user", "list"][..], &["man"], &["completions", "bash"]] {
        let mut command = Command::new(program());
        command.arg("--data").arg(server.data()).args(arguments);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        command.stdin(std::process::Stdio::null()).stdout(writer);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();

        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), error.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[tokio::test]
async fn every_command_has_a_manual_page_and_every_page_that_one_names_is_there() {
    let server = TestServer::start().await;
    let folder = server.data().parent().unwrap().join("man1");
    let (code, out, error) = run_to_its_end(&server, &["man", "--to", folder.to_str().unwrap()], "").await;
    assert_eq!((code, out.as_str(), error.as_str()), (Some(0), "", ""));

    let page = |name: &str| std::fs::read_to_string(folder.join(format!("{name}.1")));
    let top = page("tapward-server").unwrap();
    assert!(top.contains("Exit codes"), "{top}");
    let mut named = 0;
    for word in top.split_whitespace().filter_map(|word| word.strip_suffix("(1)")) {
        assert!(page(&word.replace('\\', "")).is_ok(), "{word}");
        named += 1;
    }
    assert!(named > 5, "{top}");
    assert!(page("tapward-server-badge-find").unwrap().contains("badge find < number.txt"));
}

/// Runs the built program on the server's folder; returns both outputs.
pub(crate) async fn run(server: &TestServer, arguments: &[&str], input: &str) -> (String, String) {
    let (_, out, error) = run_to_its_end(server, arguments, input).await;
    (out, error)
}

/// Runs the built program on the server's folder; returns its exit code and both outputs.
pub(crate) async fn run_to_its_end(
    server: &TestServer,
    arguments: &[&str],
    input: &str,
) -> (Option<i32>, String, String) {
    let mut command = Command::new(program());
    command.arg("--data").arg(server.data()).args(arguments);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), input).unwrap();
    command.stdin(std::fs::File::open(file.path()).unwrap());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// `cargo test` builds programs of other packages only when asked: `cargo build -p server` comes first.
fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().and_then(std::path::Path::parent).unwrap().join("tapward-server");
    assert!(program.exists(), "build it first: cargo build -p server");
    program
}
