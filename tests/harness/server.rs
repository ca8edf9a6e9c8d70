//! A real session server inside the test: its own folder, a port of its own, a clock the test moves.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use server::{
    admin::{
        message::{Answer, Command},
        socket,
    },
    clock::ManualClock,
    init::{Site, init},
    serve::{self, Options, Running},
};
use tempfile::TempDir;
use totp_rs::Totp;
use uuid::Uuid;

use crate::{postgres::Postgres, rows::Rows, workstation::Workstation};

/// When the tests' afternoon begins.
pub const START: &str = "2027-03-01T13:00:00Z";
/// Hashes that cost next to nothing, on the same path as real ones.
const CHEAP: &str = "hash_memory_kib = 64\nhash_passes = 1\ndanger_allow_cheap_password_hashes = true\n";

/// A server that answers, and what it lives in.
#[derive(Debug)]
pub struct TestServer {
    folder: TempDir,
    /// Its database, beside it.
    pub rows: Rows,
    clock: ManualClock,
    running: Option<Running>,
    /// Where it was when it was stopped; any free one before.
    port: u16,
}

/// Somebody who can sign in.
#[derive(Debug, Clone)]
pub struct Person {
    /// Opaque id.
    pub user_id: String,
    /// What she types.
    pub name: String,
    /// What she types.
    pub password: String,
    totp: Totp,
}

/// The real time, by which clients check certificates.
#[must_use]
pub fn real_time() -> Timestamp {
    Timestamp::now()
}

impl TestServer {
    /// A server with the default policy.
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// A server with this policy file.
    pub async fn start_with(policy: &str) -> Self {
        Self::start_configured(policy, CHEAP).await
    }

    /// A server with this policy file and these lines more in `server.toml`.
    pub async fn start_configured(policy: &str, config: &str) -> Self {
        // Certificates are checked against the real clock.
        Self::start_made_at(Timestamp::now(), START.parse().unwrap(), policy, config).await
    }

    /// A server whose certificates were made at this time. Its clock begins with the real one, by which clients
    /// check them.
    pub async fn start_with_certificates_of(made_at: Timestamp) -> Self {
        Self::start_made_at(made_at, Timestamp::now(), "", CHEAP).await
    }

    async fn start_made_at(made_at: Timestamp, start: Timestamp, policy: &str, config: &str) -> Self {
        let file = |data: &Path| Rows::of_this_run(data.join(serve::DATABASE_FILE));
        Self::start_made(file, made_at, start, policy, config).await
    }

    async fn start_made(
        rows: impl FnOnce(&Path) -> Rows,
        made_at: Timestamp,
        start: Timestamp,
        policy: &str,
        config: &str,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let site = Site {
            beside: None,
            organisation: Some(String::from("St. Example Hospital")),
            help_line: Some(String::from("5-1234")),
            hosts: Vec::new(),
        };
        let data = folder.path().join("data");
        init(&data, site, made_at).unwrap();
        let rows = rows(&data);
        let file = data.join("server.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("{text}{config}{}", rows.configured())).unwrap();
        std::fs::write(data.join("policy.toml"), policy).unwrap();
        let mut server =
            Self { folder, rows, clock: ManualClock::starting_at(start), running: None, port: 0 };
        server.run().await;
        server
    }

    /// A server with its rows in PostgreSQL, whatever this run is for.
    pub async fn start_on_postgres() -> Self {
        let rows = Rows::Postgres(Arc::new(Postgres::start().unwrap()));
        Self::start_made(|_| rows, Timestamp::now(), START.parse().unwrap(), "", CHEAP).await
    }

    /// A server with its rows in a file, whatever this run is for.
    pub async fn start_with_a_file() -> Self {
        let rows = |data: &Path| Rows::File(data.join(serve::DATABASE_FILE));
        Self::start_made(rows, Timestamp::now(), START.parse().unwrap(), "", CHEAP).await
    }

    /// Another server of the same database. It shares the time.
    pub async fn start_beside(&self) -> Self {
        let folder = TempDir::new().unwrap();
        let data = self.data();
        let site = Site { beside: Some(&data), ..Site::default() };
        init(&folder.path().join("data"), site, Timestamp::now()).unwrap();
        let mut server = self.in_folder(folder);
        server.run().await;
        server
    }

    /// A copy of this one's folder, and all else that it has, without a server on it.
    #[must_use]
    pub fn copied(&self) -> Self {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        for entry in std::fs::read_dir(self.data()).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() && entry.file_name() != serve::ADDRESS_FILE {
                std::fs::copy(entry.path(), data.join(entry.file_name())).unwrap();
            }
        }
        self.in_folder(folder)
    }

    fn in_folder(&self, folder: TempDir) -> Self {
        Self { folder, rows: self.rows.clone(), clock: self.clock.clone(), running: None, port: 0 }
    }

    /// Starts it on its folder, if it can.
    ///
    /// # Errors
    /// Why it cannot.
    pub async fn try_to_run(&mut self) -> anyhow::Result<()> {
        let listen = Some(SocketAddr::from(([127, 0, 0, 1], self.port)));
        let options = Options { listen, clock: Some(Arc::new(self.clock.clone())) };
        self.running = Some(serve::start(&self.data(), options).await?);
        Ok(())
    }

    /// Replaces these lines of `server.toml`; the next start reads them.
    pub fn reconfigure(&self, from: &str, to: &str) {
        let file = self.data().join("server.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(&file, text.replace(from, to)).unwrap();
    }

    /// Records the logouts that are owed by now, as the server does every ten minutes.
    pub async fn settle(&self) {
        server::jobs::record_logouts::settle(self.app()).await.unwrap();
    }

    /// Waits until something is so, and panics when that takes too long.
    pub async fn until(&self, what: &str, holds: impl FnMut(&Self) -> bool) {
        self.until_within(Duration::from_secs(10), what, holds).await;
    }

    /// Waits until something is so that may take this long.
    pub async fn until_within(&self, limit: Duration, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let waits = async {
            while !holds(self) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(limit, waits).await.expect(what);
    }

    /// Drains the server, if it runs, and starts it again on the same folder.
    pub async fn restart(&mut self) {
        if let Some(running) = self.running.take() {
            running.drain().await.unwrap();
        }
        self.run().await;
    }

    /// Ends the server.
    pub async fn stop(&mut self) {
        self.port = self.running.as_ref().unwrap().address.port();
        self.running.take().unwrap().drain().await.unwrap();
    }

    /// Begins again where it was when it was stopped: there workstations look for it.
    pub async fn start_again(&mut self) {
        self.run().await;
    }

    async fn run(&mut self) {
        self.try_to_run().await.unwrap();
    }

    /// Its folder.
    #[must_use]
    pub fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// Its parts.
    #[must_use]
    pub fn app(&self) -> &server::app::App {
        &self.running.as_ref().unwrap().app
    }

    /// `https://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.running.as_ref().unwrap().address)
    }

    /// The authority a workstation pins.
    #[must_use]
    pub fn authority(&self) -> Vec<u8> {
        std::fs::read(self.data().join("authority.pem")).unwrap()
    }

    /// Moves the server's clock.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Sets the server's wall clock forward or back; no time passes.
    pub fn set_wall_by(&self, by: SignedDuration) {
        self.clock.set_wall_by(by);
    }

    /// Sends one administrator's command through the socket.
    pub async fn admin(&self, command: Value) -> anyhow::Result<Value> {
        let command: Command = serde_json::from_value(command)?;
        let answer: Answer = socket::ask(&self.data(), &command).await?;
        Ok(serde_json::to_value(answer)?)
    }

    /// Adds somebody.
    pub async fn add_person(&self, name: &str) -> Person {
        let command = json!({ "do": "user_add", "name": name, "display_name": "Maria O.", "role": "RN" });
        let answer = self.admin(command).await.unwrap();
        Person::from_answer(&answer)
    }

    /// Makes an enrolment code and returns its secret part.
    pub async fn enrolment_secret(&self, uses: u32) -> String {
        self.secret_of_code(json!({ "do": "workstation_code", "uses": uses, "expires_in_s": 3_600 })).await
    }

    async fn secret_of_code(&self, command: Value) -> String {
        let answer = self.admin(command).await.unwrap();
        answer["code"].as_str().unwrap().split('-').nth(1).unwrap().to_owned()
    }

    /// Enrols a workstation.
    pub async fn enrol(&self) -> Workstation {
        self.enrol_with(&self.enrolment_secret(1).await).await
    }

    /// Enrols a workstation of this unit.
    pub async fn enrol_in(&self, unit: &str) -> Workstation {
        let command = json!({ "do": "workstation_code", "uses": 1, "expires_in_s": 3_600, "unit": unit });
        self.enrol_with(&self.secret_of_code(command).await).await
    }

    async fn enrol_with(&self, secret: &str) -> Workstation {
        let mut workstation = Workstation::new(self);
        let answer = workstation.enrol(secret).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        workstation
    }

    /// One text from the database.
    #[must_use]
    pub fn text(&self, sql: &str) -> String {
        self.rows.ask(sql).unwrap().swap_remove(0)
    }

    /// One number from the database.
    #[must_use]
    pub fn count(&self, sql: &str) -> i64 {
        self.text(sql).parse().unwrap()
    }

    /// What the server calls a workstation.
    #[must_use]
    pub fn name_of(&self, workstation_id: Uuid) -> String {
        self.text(&format!("SELECT name FROM workstations WHERE id = {}", self.rows.literal(workstation_id)))
    }

    /// Every file of the server and of its database that holds these bytes.
    #[must_use]
    pub fn files_that_hold(&self, bytes: &[u8]) -> Vec<String> {
        let beside = self.rows.folder().map_or_else(Vec::new, |folder| files_that_hold(folder, bytes));
        [files_that_hold(&self.data(), bytes), beside].concat()
    }

    /// The audit record, oldest first, as stored.
    #[must_use]
    pub fn trail(&self) -> Vec<Value> {
        let events = self.rows.ask("SELECT event FROM audit_events ORDER BY chain_seq").unwrap();
        events.iter().map(|event| serde_json::from_str(event).unwrap()).collect()
    }

    /// How many records of the trail contain all of these texts.
    #[must_use]
    pub fn recorded(&self, texts: &[&str]) -> usize {
        let holds = |event: &Value| {
            let event = event.to_string();
            texts.iter().all(|text| event.contains(text))
        };
        self.trail().iter().filter(|event| holds(event)).count()
    }

    /// The code that this person's telephone shows.
    #[must_use]
    pub fn code(&self, person: &Person) -> String {
        use server::clock::Clock as _;
        let now = u64::try_from(self.clock.wall().as_second()).unwrap();
        person.totp.generate(now).to_string()
    }
}

impl Person {
    /// From the answer of `user add`.
    #[must_use]
    pub fn from_answer(answer: &Value) -> Self {
        let text = |key: &str| answer[key].as_str().unwrap().to_owned();
        Self {
            user_id: text("user_id"),
            name: text("name"),
            password: text("password"),
            totp: Totp::from_url(text("otpauth_url")).unwrap(),
        }
    }

    /// With the authenticator that `user totp` answered.
    #[must_use]
    pub fn with_totp(&self, answer: &Value) -> Self {
        Self { totp: Totp::from_url(answer["otpauth_url"].as_str().unwrap()).unwrap(), ..self.clone() }
    }

    /// Her secret, for looking whether it leaked.
    #[must_use]
    pub fn totp_secret(&self) -> (Vec<u8>, String) {
        (self.totp.secret().as_ref().to_vec(), self.totp.secret().to_base32())
    }
}

/// Every file below a folder, and below the folders in it, that holds these bytes.
#[must_use]
pub fn files_that_hold(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            found.extend(files_that_hold(&path, bytes));
        } else if kind.is_file()
            // A file may be gone that was there a moment ago.
            && std::fs::read(&path).unwrap_or_default().windows(bytes.len()).any(|window| window == bytes)
        {
            found.push(path.display().to_string());
        }
    }
    found
}
