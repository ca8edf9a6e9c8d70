//! What a page may call, held against a golden list: whoever widens it says so here.

use std::collections::BTreeSet;

use serde_json::{Value, json};

fn capability() -> Value {
    serde_json::from_str(include_str!("../capabilities/lock.json")).unwrap()
}

fn config() -> Value {
    serde_json::from_str(include_str!("../tauri.conf.json")).unwrap()
}

#[test]
fn the_covered_screen_may_call_these_and_nothing_else() {
    let capability = capability();

    assert_eq!(capability["windows"], json!(["lock"]));
    assert_eq!(capability["local"], json!(true));
    assert_eq!(capability.get("remote"), None);
    assert_eq!(capability.get("webviews"), None);
    assert_eq!(
        capability["permissions"],
        json!([
            "allow-intent",
            "allow-current-view",
            "allow-page-ready",
            "core:event:allow-listen",
            "core:event:allow-unlisten"
        ])
    );
}

#[test]
fn there_is_one_capability_and_it_is_in_force() {
    let directory =
        std::fs::read_dir(std::env::var("CARGO_MANIFEST_DIR").unwrap() + "/capabilities").unwrap();
    let files: Vec<_> = directory.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();

    assert_eq!(files, ["lock.json"]);
    assert_eq!(config()["app"]["security"]["capabilities"], json!(["lock"]));
    assert_eq!(capability()["identifier"], json!("lock"));
}

#[test]
fn every_command_there_is_is_declared_so_that_none_is_free_for_all() {
    let declared = include_str!("../build.rs");
    let commands = include_str!("commands.rs");
    let in_order = |text: &str| text.split("#[tauri::command]").skip(1).map(name_of).collect::<BTreeSet<_>>();

    let list = declared.split("COMMANDS: &[&str] = &[").nth(1).unwrap().split(']').next().unwrap();
    let listed: BTreeSet<String> =
        list.split(',').map(|name| name.trim().trim_matches('"').to_owned()).collect();

    assert_eq!(listed, in_order(commands));
}

fn name_of(command: &str) -> String {
    command.split("pub fn ").nth(1).unwrap().split('(').next().unwrap().to_owned()
}

#[test]
fn the_page_is_ours_alone() {
    let config = config();
    let security = &config["app"]["security"];
    let expected = json!({
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "connect-src": "ipc: http://ipc.localhost",
        "object-src": "'none'",
        "frame-src": "'none'",
        "worker-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'"
    });

    assert_eq!(security["csp"], expected);
    assert_eq!(security["assetProtocol"]["enable"], json!(false));
    assert_eq!(security["freezePrototype"], json!(true));
    assert_eq!(security.get("dangerousDisableAssetCspModification"), None);
    assert_eq!(security.get("devCsp"), None);
    assert_eq!(config["app"]["withGlobalTauri"], json!(false));
}

#[test]
fn no_window_and_no_development_server_stand_in_the_configuration() {
    let config = config();

    assert_eq!(config["app"]["windows"], json!([]));
    assert_eq!(config["build"], json!({ "frontendDist": "../ui/dist" }));
    assert_eq!(config.get("plugins"), None);
}
