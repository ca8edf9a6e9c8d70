//! `GET /healthz`, `GET /readyz`

use harness::{server::TestServer, workstation::client};

#[tokio::test]
async fn a_well_server_is_alive_and_ready() {
    let server = TestServer::start().await;
    let client = client(&server);
    for path in ["/healthz", "/readyz"] {
        let answer = client.get(format!("{}{path}", server.url())).send().await.unwrap();

        assert_eq!(answer.status(), 200, "{path}");
    }
}

#[tokio::test]
async fn without_its_database_a_server_is_alive_and_not_ready() {
    let server = TestServer::start().await;
    let client = client(&server);
    server.app().store.close().await;
    let alive = client.get(format!("{}/healthz", server.url())).send().await.unwrap();
    let ready = client.get(format!("{}/readyz", server.url())).send().await.unwrap();

    assert_eq!(alive.status(), 200);
    assert_eq!(ready.status(), 503);
    let problem: serde_json::Value = serde_json::from_str(&ready.text().await.unwrap()).unwrap();
    assert_eq!(problem["code"], "server.unavailable");
}
