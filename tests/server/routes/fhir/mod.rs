//! `/fhir`: workstations deliver, auditors read.

mod batch;
mod metadata;
mod put;
mod read;
mod search;

use audit::{
    codes::LogoutCause,
    fhir::{self, AuditEvent},
    record::{AuditRecord, Factors, Source, UserRef, What, WorkstationRef},
    stepping_away::{ConcealCause, ResumeMethod},
};
use harness::{
    server::{Person, TestServer},
    workstation::{Answer, Call, Workstation, client},
};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

const FHIR: &str = "application/fhir+json";

/// A ward: a server, a person, a workstation with its name.
struct Ward {
    server: TestServer,
    maria: Person,
    workstation: Workstation,
}

impl Ward {
    async fn open() -> Self {
        let server = TestServer::start().await;
        let maria = server.add_person("maria").await;
        let workstation = server.enrol().await;
        Self { server, maria, workstation }
    }

    fn at(&self) -> Timestamp {
        self.server.app().clock.now()
    }

    /// As the server named it.
    fn place(&self, workstation: &Workstation) -> WorkstationRef {
        let id = workstation.id.unwrap();
        WorkstationRef { id, name: self.server.name_of(id) }
    }

    fn user(&self) -> UserRef {
        UserRef { id: self.maria.user_id.parse().unwrap(), display_name: "Maria O.".to_owned() }
    }

    fn started(&self) -> AuditRecord {
        let place = Some(self.place(&self.workstation));
        AuditRecord::other(Uuid::new_v4(), Source::Agent, self.at(), place, None, What::ApplicationStarted)
    }

    fn login(&self, session: Uuid) -> AuditRecord {
        let place = self.place(&self.workstation);
        AuditRecord::login(Source::Agent, self.at(), place, self.user(), session, Factors::PasswordTotp)
    }

    fn logout(&self, session: Uuid) -> AuditRecord {
        let place = self.place(&self.workstation);
        AuditRecord::logout(Source::Agent, self.at(), place, self.user(), session, LogoutCause::UserButton)
    }

    async fn auditor(&self) -> Auditor {
        self.auditor_named("compliance", 3_600).await
    }

    async fn auditor_named(&self, name: &str, expires_in_s: u64) -> Auditor {
        let command = json!({ "do": "auditor_token", "name": name, "expires_in_s": expires_in_s });
        let answer = self.server.admin(command).await.unwrap();
        let token = answer["token"].as_str().unwrap().to_owned();
        Auditor {
            client: client(&self.server),
            base: self.server.url(),
            authorization: format!("Bearer {token}"),
        }
    }
}

/// Someone with a token and an HTTP client.
struct Auditor {
    client: reqwest::Client,
    base: String,
    authorization: String,
}

impl Auditor {
    async fn get(&self, path: &str) -> Answer {
        let url = if path.starts_with("https:") { path.to_owned() } else { format!("{}{path}", self.base) };
        let request = self.client.get(url).header("Authorization", &self.authorization);
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.unwrap();
        Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }
}

fn json_of(record: &AuditRecord) -> Value {
    serde_json::to_value(AuditEvent::from(record)).unwrap()
}

async fn put(workstation: &Workstation, record: &AuditRecord) -> Answer {
    let path = format!("/fhir/AuditEvent/{}", record.id);
    send(workstation, Method::PUT, &path, fhir::to_json(&AuditEvent::from(record))).await
}

async fn send(workstation: &Workstation, method: Method, path: &str, body: Vec<u8>) -> Answer {
    let call = Call { media_type: Some(FHIR), body, ..Call::bare(method, path) };
    workstation.send(call).await
}

/// Panics unless it is this refusal, as a well-formed `OperationOutcome`.
#[track_caller]
fn assert_outcome(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.headers["content-type"], FHIR);
    assert_eq!(answer.body["resourceType"], "OperationOutcome");
    let issue = &answer.body["issue"][0];
    assert_eq!(issue["severity"], "error");
    assert!(issue["code"].is_string());
    assert_eq!(issue["details"]["coding"][0], json!({ "system": "urn:tapward:problem", "code": code }));
}
