//! A workstation as the server knows one: a key, proofs, a nonce. For tests: it can lie about anything.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Certificate, Client, Method, header::HeaderMap};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::server::{Person, TestServer};

/// The server closes a connection on which no request comes for ten seconds: one that may be closed in the very moment of
/// a request is not used again.
const IDLE_MAX: Duration = Duration::from_secs(8);

/// A workstation with its own connection. A clone shares key, nonce and connection; [`Workstation::copy`]
/// is another machine with the same key.
#[derive(Debug, Clone)]
pub struct Workstation {
    client: Client,
    base: String,
    key: Arc<Ed25519KeyPair>,
    /// Its id, once enrolled.
    pub id: Option<Uuid>,
    /// The newest nonce.
    pub nonce: Arc<Mutex<String>>,
    /// Sent with each request, when it has one.
    pub credential: Option<String>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// JSON, or null.
    pub body: Value,
}

/// One request, and what is wrong with it.
#[expect(missing_debug_implementations, reason = "a lie is a closure")]
pub struct Call<'a> {
    /// Method.
    pub method: Method,
    /// Path and query.
    pub path: &'a str,
    /// Body.
    pub body: Vec<u8>,
    /// Media type of the body.
    pub media_type: Option<&'a str>,
    /// Changes the proof's header and claims before they are signed.
    pub lie: Option<Lie<'a>>,
    /// The proof itself, instead of a fresh one.
    pub proof: Option<String>,
}

/// Changes a proof's header and claims.
pub type Lie<'a> = &'a (dyn Fn(&mut Value, &mut Value) + Send + Sync);

impl<'a> Call<'a> {
    /// An honest request with a JSON body.
    #[must_use]
    pub fn json(method: Method, path: &'a str, body: &Value) -> Self {
        let body = body.to_string().into_bytes();
        Self { method, path, body, media_type: Some("application/json"), lie: None, proof: None }
    }

    /// An honest request without a body.
    #[must_use]
    pub fn bare(method: Method, path: &'a str) -> Self {
        Self { method, path, body: Vec::new(), media_type: None, lie: None, proof: None }
    }

    /// With a lie in its proof.
    #[must_use]
    pub fn lying(mut self, lie: Lie<'a>) -> Self {
        self.lie = Some(lie);
        self
    }
}

impl Answer {
    /// The problem code, or nothing.
    #[must_use]
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or("")
    }

    /// Panics unless it is this refusal, as a well-formed problem document.
    #[track_caller]
    pub fn assert_refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{self:?}");
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.body["type"], format!("urn:tapward:problem:{code}"));
        assert_eq!(self.body["status"], status);
        assert!(self.body["correlation_id"].is_string());
    }
}

impl Workstation {
    /// A machine that is not enrolled yet.
    #[must_use]
    pub fn new(server: &TestServer) -> Self {
        Self::reaching(server.url(), &server.authority())
    }

    /// A machine that is not enrolled yet, at the server of this address and authority.
    ///
    /// # Panics
    /// When that is no authority.
    #[must_use]
    pub fn reaching(base: String, authority: &[u8]) -> Self {
        Self {
            client: client_trusting(authority),
            base,
            key: Arc::new(Ed25519KeyPair::generate().unwrap()),
            id: None,
            nonce: Arc::default(),
            credential: None,
        }
    }

    /// Another machine with a copy of this one's key.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self { nonce: Arc::default(), credential: None, ..self.clone() }
    }

    /// The same machine after the server came up on another port.
    #[must_use]
    pub fn at(&self, server: &TestServer) -> Self {
        Self { client: client(server), base: server.url(), ..self.clone() }
    }

    /// Its key, for what it signs besides proofs.
    #[must_use]
    pub fn key(&self) -> &Ed25519KeyPair {
        &self.key
    }

    /// The public key as a JWK.
    #[must_use]
    pub fn jwk(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.key.public_key().as_ref());
        json!({ "kty": "OKP", "crv": "Ed25519", "x": x })
    }

    /// Enrols with the secret part of a code.
    pub async fn enrol(&mut self, secret: &str) -> Answer {
        let facts = json!({ "host_name": "ward-7", "os": "Debian GNU/Linux 12", "agent_version": "0.1.0" });
        let body = json!({ "code": secret, "key": self.jwk(), "facts": facts });
        let answer = self.post("/v1/workstations", &body).await;
        if answer.status == 201 {
            self.id = Some(answer.body["workstation_id"].as_str().unwrap().parse().unwrap());
        }
        answer
    }

    /// First factor.
    pub async fn first_factor(&self, attempt: Uuid, name: &str, password: &str) -> Answer {
        let factor = json!({ "kind": "password", "name": name, "password": password });
        self.post("/v1/sessions", &json!({ "attempt_id": attempt, "factor": factor })).await
    }

    /// Second factor.
    pub async fn second_factor(&self, attempt: Uuid, challenge: &str, code: &str) -> Answer {
        let body = json!({ "attempt_id": attempt, "factor": { "kind": "totp", "code": code } });
        self.post(&format!("/v1/challenges/{challenge}"), &body).await
    }

    /// First factor that must be right; returns the challenge.
    pub async fn challenge(&self, person: &Person) -> String {
        let answer = self.first_factor(Uuid::new_v4(), &person.name, &person.password).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        answer.body["challenge_id"].as_str().unwrap().to_owned()
    }

    /// A whole sign-in that must succeed; keeps the credential and returns the session's id.
    pub async fn sign_in(&mut self, server: &TestServer, person: &Person) -> String {
        let challenge = self.challenge(person).await;
        let answer = self.second_factor(Uuid::new_v4(), &challenge, &server.code(person)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        self.hold(&answer);
        answer.body["session_id"].as_str().unwrap().to_owned()
    }

    /// A badge is presented at a signed-out screen.
    pub async fn tap(&self, attempt: Uuid, badge: &str) -> Answer {
        self.tap_with(attempt, badge, "uid").await
    }

    /// A badge of this grade is presented at a signed-out screen.
    pub async fn tap_with(&self, attempt: Uuid, badge: &str, grade: &str) -> Answer {
        let factor = json!({ "kind": "badge", "badge": { "number": badge, "grade": grade } });
        self.post("/v1/sessions", &json!({ "attempt_id": attempt, "factor": factor })).await
    }

    /// Answers a challenge with a factor of this kind.
    pub async fn give(&self, challenge: &Answer, factor: Value) -> Answer {
        let id = challenge.body["challenge_id"].as_str().unwrap_or_else(|| panic!("{challenge:?}"));
        let body = json!({ "attempt_id": Uuid::new_v4(), "factor": factor });
        self.post(&format!("/v1/challenges/{id}"), &body).await
    }

    /// Binds a badge to the person of the session at hand.
    pub async fn enrol_badge(&self, badge: &str) -> Answer {
        self.post("/v1/badges", &json!({ "badge": { "number": badge, "grade": "uid" } })).await
    }

    /// "I lost my badge", with all that is asked for.
    pub async fn lose_badges(&self, server: &TestServer, person: &Person) -> Answer {
        let body = json!({ "attempt_id": Uuid::new_v4(), "name": person.name, "password": person.password });
        let challenge = self.post("/v1/badges/lost", &body).await;
        self.give(&challenge, json!({ "kind": "totp", "code": server.code(person) })).await
    }

    /// A badge is presented at the covered screen of the session at hand.
    pub async fn resume(&self, badge: &str) -> Answer {
        let factor = json!({ "kind": "badge", "badge": { "number": badge, "grade": "uid" } });
        self.post("/v1/session/resume", &json!({ "attempt_id": Uuid::new_v4(), "factor": factor })).await
    }

    /// A password is typed at the covered screen of the session at hand.
    pub async fn resume_by_password(&self, password: &str) -> Answer {
        let factor = json!({ "kind": "password", "password": password });
        self.post("/v1/session/resume", &json!({ "attempt_id": Uuid::new_v4(), "factor": factor })).await
    }

    /// The screen of the session at hand is covered.
    pub async fn conceal(&self, cause: &str) -> Answer {
        self.post("/v1/session/conceal", &json!({ "cause": cause })).await
    }

    /// The session at hand ends.
    pub async fn sign_out(&mut self, session: &str) {
        let answer =
            self.delete(&format!("/v1/sessions/{session}"), &json!({ "cause": "user-button" })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.credential = None;
    }

    /// Keeps the credential of an answer.
    pub fn hold(&mut self, answer: &Answer) {
        self.credential = Some(answer.body["credential"].as_str().unwrap().to_owned());
    }

    /// Reports activity.
    pub async fn report(&self, idle_ms: u64) -> Answer {
        self.post("/v1/session/activity", &json!({ "idle_ms": idle_ms })).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Call::json(Method::POST, path, body)).await
    }

    /// `DELETE` with a JSON body.
    pub async fn delete(&self, path: &str, body: &Value) -> Answer {
        self.send(Call::json(Method::DELETE, path, body)).await
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Call::bare(Method::GET, path)).await
    }

    /// Sends a request, once more when the server asks for a fresh nonce and nothing is lied about.
    pub async fn send(&self, call: Call<'_>) -> Answer {
        let answer = self.send_once(&call).await;
        if answer.code() == "use_dpop_nonce" && call.proof.is_none() {
            return self.send_once(&call).await;
        }
        answer
    }

    /// Sends a request once.
    pub async fn send_once(&self, call: &Call<'_>) -> Answer {
        let proof = call.proof.clone().unwrap_or_else(|| self.proof(call));
        let response = self.request(call, &proof).send().await.unwrap();
        self.take(response).await
    }

    /// Sends a request whose answer is a stream.
    pub async fn stream(&self, path: &str) -> reqwest::Response {
        let call = Call::bare(Method::GET, path);
        let response = self.request(&call, &self.proof(&call)).send().await.unwrap();
        if response.status() != 401 {
            return response;
        }
        self.take(response).await;
        self.request(&call, &self.proof(&call)).send().await.unwrap()
    }

    /// A proof of the request.
    #[must_use]
    pub fn proof(&self, call: &Call<'_>) -> String {
        let hash = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(Sha256::digest(bytes));
        let mut header = json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": self.jwk() });
        if let Some(id) = self.id {
            header["kid"] = json!(id);
        }
        let path = call.path.split('?').next().unwrap();
        let mut claims = json!({
            "jti": Uuid::new_v4(),
            "htm": call.method.as_str(),
            "htu": format!("{}{path}", self.base),
            "iat": 0,
            "nonce": *self.nonce.lock().unwrap(),
            "bsh": hash(&call.body),
        });
        if let Some(credential) = &self.credential {
            claims["ath"] = json!(hash(credential.as_bytes()));
        }
        if let Some(lie) = call.lie {
            lie(&mut header, &mut claims);
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }

    fn request(&self, call: &Call<'_>, proof: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{}", self.base, call.path);
        let mut request = self.client.request(call.method.clone(), url).header("DPoP", proof);
        if let Some(media_type) = call.media_type {
            request = request.header("Content-Type", media_type).body(call.body.clone());
        }
        if let Some(credential) = &self.credential {
            request = request.header("Authorization", format!("DPoP {credential}"));
        }
        request
    }

    async fn take(&self, response: reqwest::Response) -> Answer {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        if let Some(nonce) = headers.get("DPoP-Nonce") {
            nonce.to_str().unwrap().clone_into(&mut self.nonce.lock().unwrap());
        }
        let body = response.bytes().await.unwrap();
        Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }
}

/// A client that trusts the server's authority and nothing else.
#[must_use]
pub fn client(server: &TestServer) -> Client {
    client_trusting(&server.authority())
}

fn client_trusting(authority: &[u8]) -> Client {
    let authority = Certificate::from_pem(authority).unwrap();
    Client::builder()
        .tls_certs_only([authority])
        .https_only(true)
        .no_proxy()
        .pool_idle_timeout(IDLE_MAX)
        .build()
        .unwrap()
}
