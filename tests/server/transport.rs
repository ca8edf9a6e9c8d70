//! TLS 1.3 by the server's own authority, and headers on whatever a browser could open.

use std::{
    io::{ErrorKind, Read, Write as _},
    net::{IpAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use harness::{
    server::TestServer,
    workstation::{Call, Workstation, client},
};
use reqwest::{Client, Method, tls};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use server::serve::HEAD_SIZE_BYTES_MAX;

/// Well above every limit of the server.
const CLOSED_WITHIN: Duration = Duration::from_secs(40);

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

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_no_http_or_too_large_is_refused_and_the_server_goes_on() {
    let server = TestServer::start().await;
    // No more than the server reads: what is unread when it closes makes the system drop its answer.
    let mut large = String::from("GET /healthz HTTP/1.1\r\nhost: x\r\nx-large: ");
    large.push_str(&"x".repeat(HEAD_SIZE_BYTES_MAX - large.len()));
    let many = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{}\r\n", "x-many: x\r\n".repeat(101));
    for (head, status) in [
        ("this is no request\r\n\r\n", "400"),
        ("GET /healthz HTTP/9.9\r\nhost: x\r\n\r\n", "400"),
        ("POST /v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-length: nine\r\n\r\n", "400"),
        (&large, "431"),
        (&many, "431"),
    ] {
        let answer = Raw::opened(&server).await.sent(head).await.until_closed().await;

        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {answer}");
    }
    assert_is_served(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_begun_and_never_ended_is_given_up_and_others_are_served_meanwhile() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let call = Call::json(Method::POST, "/v1/sessions", &serde_json::json!({}));
    let half_body = format!(
        "POST /v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 40\r\n\
         dpop: {}\r\n\r\n{{",
        workstation.proof(&call)
    );
    let head = Raw::opened(&server).await.sent("GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
    let body = Raw::opened(&server).await.sent(&half_body).await;
    let handshake = TcpStream::connect(address(&server)).unwrap();
    handshake.set_read_timeout(Some(CLOSED_WITHIN)).unwrap();
    assert_is_served(&server).await;

    let handshake = tokio::task::spawn_blocking(move || until_closed(handshake));
    let (head, body, handshake) = tokio::join!(head.until_closed(), body.until_closed(), handshake);
    assert!(!head.contains(" 200 "), "{head}");
    assert!(body.starts_with("HTTP/1.1 503 ") && body.contains("server.unavailable"), "{body}");
    assert_eq!(handshake.unwrap(), "");
    assert_is_served(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_is_malformed_and_not_too_large() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    let call = Call::json(Method::POST, "/v1/sessions", &serde_json::json!({}));
    let proof = workstation.proof(&call);
    let request = format!(
        "POST /v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\ndpop: {proof}\r\n\r\nno size\r\n"
    );
    let answer = Raw::opened(&server).await.sent(&request).await.until_closed().await;

    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("request.malformed"), "{answer}");
    assert_is_served(&server).await;
}

async fn assert_is_served(server: &TestServer) {
    let answer = client(server).get(format!("{}/healthz", server.url())).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

fn address(server: &TestServer) -> String {
    server.url().replace("https://", "")
}

/// A TLS connection over which anything can be said, as no HTTP client would.
struct Raw(StreamOwned<ClientConnection, TcpStream>);

impl Raw {
    async fn opened(server: &TestServer) -> Self {
        let (address, authority) = (address(server), server.authority());
        let open = move || {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(&authority).unwrap()).unwrap();
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
            let config = config.unwrap().with_root_certificates(roots).with_no_client_auth();
            let name = IpAddr::from([127, 0, 0, 1]).into();
            let connection = ClientConnection::new(Arc::new(config), name).unwrap();
            let mut raw = StreamOwned::new(connection, TcpStream::connect(address).unwrap());
            raw.conn.complete_io(&mut raw.sock).unwrap();
            Self(raw)
        };
        tokio::task::spawn_blocking(open).await.unwrap()
    }

    async fn sent(mut self, text: &str) -> Self {
        let text = text.to_owned();
        let send = move || {
            // A server that has read enough to refuse may close before it has read everything.
            let _ = self.0.write_all(text.as_bytes()).and_then(|()| self.0.flush());
            self
        };
        tokio::task::spawn_blocking(send).await.unwrap()
    }

    async fn until_closed(self) -> String {
        self.0.sock.set_read_timeout(Some(CLOSED_WITHIN)).unwrap();
        tokio::task::spawn_blocking(|| until_closed(self.0)).await.unwrap()
    }
}

/// What is said until the other side closes, in whatever manner; panics when it does not.
fn until_closed(mut stream: impl Read) -> String {
    let mut said = Vec::new();
    if let Err(error) = stream.read_to_end(&mut said) {
        let is_open = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
        assert!(!is_open, "it is still open; it said {:?}", String::from_utf8_lossy(&said));
    }
    String::from_utf8(said).unwrap()
}
