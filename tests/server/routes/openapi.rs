//! `GET /openapi.json`: what it says is what the server does.

use harness::{server::TestServer, workstation::client};
use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

const METHODS: [Method; 6] =
    [Method::GET, Method::PUT, Method::POST, Method::DELETE, Method::PATCH, Method::OPTIONS];

/// Every route, written down a second time: a route that is added is documented, and looked at here.
const ROUTES: [(&str, &[&str]); 21] = [
    ("/fhir", &["post"]),
    ("/fhir/AuditEvent", &["get", "post"]),
    ("/fhir/AuditEvent/{id}", &["get", "put"]),
    ("/fhir/metadata", &["get"]),
    ("/healthz", &["get"]),
    ("/openapi.json", &["get"]),
    ("/readyz", &["get"]),
    ("/v1/badges", &["post"]),
    ("/v1/badges/lost", &["post"]),
    ("/v1/challenges/{id}", &["post"]),
    ("/v1/events", &["get"]),
    ("/v1/session", &["get"]),
    ("/v1/session/activity", &["post"]),
    ("/v1/session/conceal", &["post"]),
    ("/v1/session/identify", &["post"]),
    ("/v1/session/resume", &["post"]),
    ("/v1/sessions", &["delete", "get", "post"]),
    ("/v1/sessions/{id}", &["delete"]),
    ("/v1/sessions/{id}/adopt", &["post"]),
    ("/v1/workstation/recovery", &["post"]),
    ("/v1/workstations", &["post"]),
];

#[tokio::test]
async fn the_document_lists_every_route_and_no_other() {
    let server = TestServer::start().await;
    let document = document(&server).await;
    let documented: Vec<(String, Vec<String>)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(path, item)| (path.clone(), item.as_object().unwrap().keys().cloned().collect()))
        .collect();
    let expected: Vec<(String, Vec<String>)> = ROUTES
        .iter()
        .map(|(path, methods)| {
            ((*path).to_owned(), methods.iter().map(|method| (*method).to_owned()).collect())
        })
        .collect();

    assert_eq!(documented, expected);
}

#[tokio::test]
async fn each_documented_route_answers_and_refuses_other_methods() {
    let server = TestServer::start().await;
    let client = client(&server);
    for (path, item) in document(&server).await["paths"].as_object().unwrap() {
        let url = format!("{}{}", server.url(), path.replace("{id}", &Uuid::new_v4().to_string()));
        for method in METHODS {
            let name = method.as_str().to_lowercase();
            let is_documented = item.get(&name).is_some();
            let answer = client.request(method, &url).send().await.unwrap();
            let status = answer.status().as_u16();
            let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null);
            let code = body["code"].as_str().unwrap_or("").to_owned();

            if is_documented {
                assert!(
                    code != "method_not_allowed" && code != "not_found",
                    "{name} {path}: {status} {body}"
                );
                assert_ne!(status, 405, "{name} {path}");
            } else {
                assert!(
                    status == 405 || (status == 401 && code == "proof.invalid"),
                    "{name} {path}: {status} {body}"
                );
            }
        }
    }
}

#[tokio::test]
async fn each_refusal_that_is_documented_is_a_problem() {
    let server = TestServer::start().await;
    let document = document(&server).await;
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        if !path.starts_with("/v1/") {
            continue;
        }
        for (method, operation) in item.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                if status.starts_with('2') {
                    continue;
                }
                let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];

                assert_eq!(schema, "#/components/schemas/Problem", "{method} {path} {status}");
                seen += 1;
            }
        }
    }
    assert!(seen > 20);
}

async fn document(server: &TestServer) -> Value {
    let answer = client(server).get(format!("{}/openapi.json", server.url())).send().await.unwrap();
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}
