//! WebKitWebDriver, which reads the page of a real agent and plays a page that has turned against it.
//!
//! Its keys and clicks go past the X server and prove nothing of grabs: what a person does is done by
//! [`crate::hand`].

use std::{
    net::{TcpListener, TcpStream},
    path::Path,
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result};
use fantoccini::{Client, ClientBuilder, error::NewSessionError};
use serde_json::{Value, json};

use crate::{
    badge_reader::{CardService, SOCKET_VARIABLE},
    part::{Part, kill, wait_for},
    process::children,
    session_bus::SessionBus,
};

const READY_WITHIN: Duration = Duration::from_secs(10);

/// A private WebKitWebDriver, ended on drop together with what it started.
#[derive(Debug)]
pub struct Driver {
    part: Part,
    port: u16,
}

impl Driver {
    /// Starts one whose programs will find this display and bus, and this card service. It gives them its outputs, which are in
    /// `folder/NAME.log`.
    ///
    /// # Errors
    /// When it does not listen in time.
    pub fn start(
        name: &str,
        display: &str,
        bus: &SessionBus,
        folder: &Path,
        cards: Option<&CardService>,
    ) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new("WebKitWebDriver");
        command.args(["--host=127.0.0.1", &format!("--port={port}")]);
        command.env("DISPLAY", display).env("LANG", "C.UTF-8").env("TAPWARD_LOG_LEVEL", "debug");
        command.env("TAURI_AUTOMATION", "true").env("TAURI_WEBVIEW_AUTOMATION", "true");
        command.envs(cards.map(|cards| (SOCKET_VARIABLE, cards.socket())));
        let part = Part::start(name, bus.dress(&mut command), folder)?;
        wait_for("WebKitWebDriver", READY_WITHIN, || TcpStream::connect(("127.0.0.1", port)).ok())?;
        Ok(Self { part, port })
    }

    /// Has it start `program` and drive the page that it shows.
    ///
    /// # Errors
    /// When the program refuses to be driven, or does not start.
    pub async fn drive(&self, program: &Path, arguments: &[String]) -> Result<Client, NewSessionError> {
        let mut wishes = serde_json::Map::new();
        wishes.insert(
            String::from("webkitgtk:browserOptions"),
            json!({ "binary": program, "args": arguments }),
        );
        ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(wishes)
            .connect(&format!("http://127.0.0.1:{}", self.port))
            .await
    }

    /// What it and its programs printed so far.
    #[must_use]
    pub fn printed(&self) -> String {
        self.part.printed()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        end_all_below(self.part.pid());
    }
}

fn end_all_below(pid: u32) {
    for child in children(pid) {
        end_all_below(child);
        kill(child);
    }
}

/// What `script` returns in the page.
///
/// # Errors
/// When it throws or the page is gone.
pub async fn evaluate(page: &Client, script: &str) -> Result<Value> {
    page.execute(script, Vec::new()).await.with_context(|| format!("in the page: {script}"))
}
