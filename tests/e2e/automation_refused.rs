//! What is shipped refuses to be driven by WebDriver.

use std::{process::Command, time::Duration};

use harness::{
    part::{Part, wait_for},
    ward::{Setup, Ward, program_path},
};
use serde_json::json;

/// Asks a private WebKitWebDriver to start `agent` and drive it; whether it drives, and whether the agent came up.
fn drive(agent: &str) -> Driven {
    let ward = Ward::open(Setup::default()).unwrap();
    let port = free_port();
    let mut driver = Command::new("WebKitWebDriver");
    driver.args(["--host=127.0.0.1", &format!("--port={port}")]);
    driver.env("DISPLAY", ward.display());
    driver.env("TAURI_AUTOMATION", "true").env("TAURI_WEBVIEW_AUTOMATION", "true");
    let driver = Part::start("webdriver", ward.bus().dress(&mut driver), ward.path()).unwrap();
    wait_for("WebKitWebDriver", Duration::from_secs(10), || {
        std::net::TcpStream::connect(("127.0.0.1", port)).ok().map(drop)
    })
    .unwrap();
    let wish = json!({"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": {
        "binary": program_path(agent), "args": ["--config", ward.config(), "run"],
    }}}});
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let is_driven = runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(15)).build().unwrap();
        let answer = client.post(format!("http://127.0.0.1:{port}/session")).json(&wish).send().await;
        match answer {
            Ok(answer) => answer.status().is_success(),
            Err(_) => false,
        }
    });
    // The driver gives its standard error to what it starts.
    let came_up = wait_for("a sign-in", Duration::from_secs(20), || {
        driver.printed().contains("\"screen\":\"signed_out\"").then_some(())
    })
    .is_ok();
    end_all_below(driver.pid());
    Driven { is_driven, came_up }
}

fn end_all_below(pid: u32) {
    for child in harness::ward::children(pid) {
        end_all_below(child);
        if let Some(pid) = rustix::process::Pid::from_raw(child.cast_signed()) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
struct Driven {
    is_driven: bool,
    came_up: bool,
}

#[test]
fn the_shipped_agent_refuses_webdriver_and_the_one_for_tests_takes_it() {
    let (driven, refused) =
        (Driven { is_driven: true, came_up: true }, Driven { is_driven: false, came_up: true });

    assert_eq!(drive("tapward-agent-e2e"), driven, "the refusal below would prove nothing");
    assert_eq!(drive("tapward-agent"), refused);
}
