//! TLS 1.3 by the server's own authority, and headers on whatever a browser could open.

use harness::{
    server::TestServer,
    workstation::{Workstation, client},
};
use reqwest::{Client, Method, tls};

#[tokio::test]
async fn every_answer_carries_the_headers_that_tie_a_browsers_hands() {
    let server = TestServer::start().await;
    let client = client(&server);
    for (method, path) in [
        (Method::GET, "/healthz"),
        (Method::GET, "/openapi.json"),
        (Method::GET, "/fhir/metadata"),
        (Method::GET, "/nowhere"),
        (Method::DELETE, "/healthz"),
        (Method::POST, "/v1/sessions"),
        (Method::GET, "/v1/events"),
    ] {
        let answer = client.request(method, format!("{}{path}", server.url())).send().await.unwrap();
        let headers = answer.headers();

        assert!(
            headers["strict-transport-security"].to_str().unwrap().starts_with("max-age=63072000"),
            "{path}"
        );
        assert!(
            headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"),
            "{path}"
        );
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
    }
}

#[tokio::test]
async fn an_address_that_is_not_there_and_a_method_that_is_not_taken_are_problems() {
    let server = TestServer::start().await;
    let workstation = Workstation::new(&server);

    workstation.get("/v2/sessions").await.assert_refused(404, "not_found");
    workstation.post("/healthz", &serde_json::json!({})).await.assert_refused(405, "method_not_allowed");
}

#[tokio::test]
async fn a_client_that_does_not_know_the_authority_is_not_fooled() {
    let server = TestServer::start().await;
    let other = TestServer::start().await;
    let answer = client(&other).get(format!("{}/healthz", server.url())).send().await;

    assert!(answer.is_err());
}

#[tokio::test]
async fn nothing_older_than_tls_1_3_is_spoken() {
    let server = TestServer::start().await;
    let authority = reqwest::Certificate::from_pem(&server.authority()).unwrap();
    let build = |version| {
        let client = Client::builder().tls_certs_only([authority.clone()]).no_proxy();
        client.tls_version_max(version).build()
    };
    let url = format!("{}/healthz", server.url());

    assert_eq!(build(tls::Version::TLS_1_3).unwrap().get(&url).send().await.unwrap().status(), 200);
    if let Ok(old) = build(tls::Version::TLS_1_2) {
        assert!(old.get(&url).send().await.is_err());
    }
}

#[tokio::test]
async fn only_http_1_1_is_spoken_whatever_a_client_would_like() {
    let server = TestServer::start().await;
    let url = format!("{}/healthz", server.url());
    let authority = reqwest::Certificate::from_pem(&server.authority()).unwrap();
    let insists = Client::builder().tls_certs_only([authority]).no_proxy().http2_prior_knowledge();

    assert_eq!(client(&server).get(&url).send().await.unwrap().version(), reqwest::Version::HTTP_11);
    assert!(insists.build().unwrap().get(&url).send().await.is_err());
}

#[tokio::test]
async fn plain_http_gets_no_answer() {
    let server = TestServer::start().await;
    let url = server.url().replace("https://", "http://");
    let answer = Client::builder().no_proxy().build().unwrap().get(format!("{url}/healthz")).send().await;

    assert!(answer.is_err());
}
