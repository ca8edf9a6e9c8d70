//! What is said arrives as it was said, and nothing else is taken.
#![expect(clippy::unwrap_used, clippy::unwrap_in_result, reason = "a test")]

use launch_contract::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

fn start() -> AgentMessage {
    let editor = App {
        id: "notes-2".parse().unwrap(),
        argv: vec!["/usr/bin/notes".to_owned(), "--ward".to_owned()].try_into().unwrap(),
        save: Some(vec!["/usr/bin/notes".to_owned(), "--save".to_owned()].try_into().unwrap()),
        contract: true,
    };
    AgentMessage {
        request: 7,
        verb: Verb::Start {
            session: Uuid::nil(),
            display: Display {
                name: ":0".parse().unwrap(),
                xauthority: Some(Cookie::new(vec![1, 2, 0]).unwrap()),
            },
            apps: vec![editor].try_into().unwrap(),
        },
    }
}

/// A `Start` with one thing changed.
fn changed(pointer: &str, value: Value) -> Result<AgentMessage, MessageError> {
    let mut message = serde_json::to_value(start()).unwrap();
    *message.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
    AgentMessage::decode(&serde_json::to_vec(&message).unwrap())
}

#[test]
fn a_start_reads_as_the_documentation_says() {
    let message: Value = serde_json::from_slice(&start().encode().unwrap()).unwrap();

    assert_eq!(
        message,
        json!({"request": 7, "verb": {"start": {
            "session": "00000000-0000-0000-0000-000000000000",
            "display": {"name": ":0", "xauthority": "AQIA"},
            "apps": [{"id": "notes-2", "argv": ["/usr/bin/notes", "--ward"],
                "save": ["/usr/bin/notes", "--save"], "contract": true}]}}})
    );
}

#[test]
fn every_request_arrives_as_it_was_said() {
    let session = Uuid::from_u128(5);
    let within_ms = WithinMs::try_from(3_000).unwrap();
    let verbs = [
        Verb::Save { session, why: SaveWhy::SignOut, within_ms },
        Verb::Freeze { session, frozen: true },
        Verb::Close { session, within_ms },
        Verb::Wipe {},
        start().verb,
    ];
    for verb in verbs {
        let message = AgentMessage { request: u64::MAX, verb };
        assert_eq!(AgentMessage::decode(&message.encode().unwrap()).unwrap(), message);
    }
}

#[test]
fn every_answer_arrives_as_it_was_said() {
    let app: AppId = "a".parse().unwrap();
    let answers = [
        Answer::AppStarted { app: app.clone() },
        Answer::AppNotStarted { app: app.clone(), because: Code::ProgramMissing },
        Answer::AppSaving { app: app.clone(), percent: Some(40) },
        Answer::AppSaving { app: app.clone(), percent: None },
        Answer::AppSaved { app: app.clone(), outcome: SaveOutcome::NoAnswer },
        Answer::AppClosed { app, outcome: CloseOutcome::Killed },
        Answer::Done { left: 0 },
        Answer::Failed { code: Code::ProcessesLeft, left: 3 },
        Answer::Wiped,
    ];
    for answer in answers {
        let message = LauncherMessage::Answer { request: 9, answer };
        assert_eq!(LauncherMessage::decode(&message.encode().unwrap()).unwrap(), message);
    }
    let hello = LauncherMessage::Hello(Hello {
        version: VERSION,
        account: Account::Shared,
        containment: Containment::SystemdScope,
        can_freeze: true,
        problem: None,
    });
    assert_eq!(
        serde_json::from_slice::<Value>(&hello.encode().unwrap()).unwrap(),
        json!({"hello": {"version": 1, "account": "shared", "containment": "systemd-scope",
            "can_freeze": true, "problem": null}})
    );
}

#[test]
fn a_code_is_written_as_it_is_called() {
    for code in [Code::ProcessesLeft, Code::KeysLeft, Code::NotWiped, Code::ProgramNotAllowed, Code::Busy] {
        assert_eq!(serde_json::to_value(code).unwrap(), json!(code.as_str()));
    }
}

#[test]
fn what_is_beyond_a_bound_is_refused() {
    let word = |length: usize| "x".repeat(length);
    for (pointer, value) in [
        ("/verb/start/apps/0/id", json!("")),
        ("/verb/start/apps/0/id", json!(word(41))),
        ("/verb/start/apps/0/id", json!("../up")),
        ("/verb/start/apps/0/id", json!("Notes")),
        ("/verb/start/apps/0/id", json!("a b")),
        ("/verb/start/apps/0/argv", json!([])),
        ("/verb/start/apps/0/argv", json!(["notes"])),
        ("/verb/start/apps/0/argv", json!(["/usr/../etc/x"])),
        ("/verb/start/apps/0/argv", json!(["/usr/bin/"])),
        ("/verb/start/apps/0/argv", json!(["/bin/x", word(1025)])),
        ("/verb/start/apps/0/argv", json!(["/bin/x", "a\0b"])),
        ("/verb/start/apps/0/argv", json!(vec!["/bin/x"; 65])),
        ("/verb/start/apps/0/save", json!(["save"])),
        (
            "/verb/start/apps",
            json!(vec![json!({"id": "a", "argv": ["/x"], "save": null, "contract": false}); 2]),
        ),
        ("/verb/start/display/name", json!("remote:0")),
        ("/verb/start/display/name", json!(":")),
        ("/verb/start/display/name", json!(":0.x")),
        ("/verb/start/display/xauthority", json!("no base64!")),
        ("/verb/start/display/xauthority", json!("AAAA".repeat(1366))),
        ("/verb/start/session", json!("me")),
        ("/request", json!(-1)),
    ] {
        assert!(changed(pointer, value.clone()).is_err(), "{pointer} = {value}");
    }
    assert!(changed("/verb/start/display/name", json!(":10.1")).is_ok());
    assert!(changed("/verb/start/apps", json!([])).is_ok());
}

#[test]
fn an_unknown_verb_or_field_is_refused() {
    for packet in [
        r#"{"request":1,"verb":{"wipe":{}},"extra":1}"#,
        r#"{"request":1,"verb":{"wipe":{"path":"/etc"}}}"#,
        r#"{"request":1,"verb":{"run":{}}}"#,
        r#"{"request":1,"verb":"wipe"}"#,
        r#"{"request":1}"#,
        r#"{"request":1,"verb":{"wipe":{}}} {}"#,
        r#"{"request":1,"verb":{"close":{"session":"00000000-0000-0000-0000-000000000000","within_ms":600001}}}"#,
        "",
    ] {
        assert!(AgentMessage::decode(packet.as_bytes()).is_err(), "{packet}");
    }
}

#[test]
fn thirty_three_apps_are_too_many() {
    let apps = |count: usize| {
        let app = |at: usize| App {
            id: format!("app-{at}").parse().unwrap(),
            argv: vec!["/bin/true".to_owned()].try_into().unwrap(),
            save: None,
            contract: false,
        };
        Apps::try_from((0..count).map(app).collect::<Vec<_>>())
    };
    assert!(apps(32).is_ok());
    assert_eq!(apps(33), Err(OutOfBounds::Apps));
}

#[test]
fn apps_that_would_not_fit_a_packet_are_none_of_a_session() {
    let app = |words: usize| App {
        id: "app".parse().unwrap(),
        argv: vec![format!("/{}", "x".repeat(1000)); words].try_into().unwrap(),
        save: None,
        contract: false,
    };
    let AgentMessage { request, verb: Verb::Start { session, display, .. } } = start() else { panic!() };

    assert_eq!(Apps::try_from(vec![app(25)]), Err(OutOfBounds::AppsSize));

    let apps = vec![app(24)].try_into().unwrap();
    assert!(AgentMessage { request, verb: Verb::Start { session, display, apps } }.encode().is_ok());
}

#[test]
fn neither_cookie_nor_arguments_are_printed() {
    let printed = format!("{:?}", start());

    assert!(!printed.contains("--ward") && !printed.contains("1, 2"), "{printed}");
}

proptest! {
    #[test]
    fn any_packet_is_a_message_or_refused(packet in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(AgentMessage::decode(&packet).is_err());
        prop_assert!(LauncherMessage::decode(&packet).is_err());
    }

    #[test]
    fn a_packet_cut_short_is_refused(length in 0usize..100) {
        let packet = start().encode().unwrap();
        prop_assert!(AgentMessage::decode(&packet[..length.min(packet.len() - 1)]).is_err());
    }

    #[test]
    fn an_id_that_is_taken_names_no_other_place(id in ".{0,50}") {
        if let Ok(id) = AppId::try_from(id) {
            prop_assert!(!id.as_str().contains(['/', '.', '\n', ' ', '_']));
        }
    }
}
