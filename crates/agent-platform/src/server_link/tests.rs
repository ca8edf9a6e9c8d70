//! What answers in the server's place, and what becomes of it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use agent_core::event::ContactFault;
use axum::{
    Json, Router,
    body::Body as HttpBody,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response as HttpResponse},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::v1::problem::{PROBLEM_TYPE_PREFIX, Problem, ProblemCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::testing::{Authority, StillClock, serve};

#[tokio::test]
async fn our_server_is_heard() {
    let authority = Authority::new();
    let address = serve(&authority.certificate(), router()).await;

    let (status, said) = ask(&authority, address, "/hello").await.unwrap();

    assert_eq!((status, said), (StatusCode::OK, json!({ "hello": "you" })));
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_not_our_server() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let address = serve(&theirs.certificate(), router()).await;

    assert_eq!(fault(&ours, address, "/hello").await, ContactFault::NotOurServer);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_our_server() {
    let authority = Authority::new();
    let address = serve(&authority.certificate_for("elsewhere.example"), router()).await;

    assert_eq!(fault(&authority, address, "/hello").await, ContactFault::NotOurServer);
}

#[tokio::test]
async fn a_certificate_of_ours_that_is_over_or_to_come_means_that_the_clock_is_wrong() {
    let authority = Authority::new();
    for (from, until) in [(1990, 2000), (2090, 2100)] {
        let address = serve(&authority.certificate_valid(from, until), router()).await;

        assert_eq!(fault(&authority, address, "/hello").await, ContactFault::ClockWrong);
    }
}

#[tokio::test]
async fn a_strangers_expired_certificate_is_a_stranger_and_no_wrong_clock() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let address = serve(&theirs.certificate_valid(1990, 2000), router()).await;

    assert_eq!(fault(&ours, address, "/hello").await, ContactFault::NotOurServer);
}

#[tokio::test]
async fn plain_http_and_bytes_of_no_meaning_are_not_our_server() {
    for answer in ["HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", "\u{0}garbage garbage garbage"] {
        let address = answer_with(answer).await;

        assert_eq!(fault(&Authority::new(), address, "/hello").await, ContactFault::NotOurServer);
    }
}

#[tokio::test]
async fn nobody_listening_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);

    assert_eq!(fault(&Authority::new(), address, "/hello").await, ContactFault::Unreachable);
}

#[tokio::test]
async fn a_server_that_takes_the_call_and_says_nothing_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();

    assert_eq!(fault(&Authority::new(), address, "/hello").await, ContactFault::Unreachable);
}

#[tokio::test]
async fn a_server_that_is_connected_and_does_not_answer_is_slow() {
    let authority = Authority::new();
    let address = serve(&authority.certificate(), router()).await;

    assert_eq!(fault(&authority, address, "/never").await, ContactFault::Slow);
}

#[tokio::test]
async fn an_answer_that_drips_is_given_up_as_a_whole() {
    let authority = Authority::new();
    let address = serve(&authority.certificate(), router()).await;

    assert_eq!(fault(&authority, address, "/drip").await, ContactFault::Slow);
}

#[tokio::test]
async fn an_answer_without_end_is_not_read() {
    let authority = Authority::new();
    let address = serve(&authority.certificate(), router()).await;

    for path in ["/huge", "/endless"] {
        assert_eq!(fault(&authority, address, path).await, ContactFault::NotOurServer);
    }
}

#[tokio::test]
async fn a_redirection_is_not_followed() {
    let authority = Authority::new();
    let address = serve(&authority.certificate(), router()).await;

    assert_eq!(fault(&authority, address, "/redirect").await, ContactFault::NotOurServer);
}

#[tokio::test]
async fn a_page_where_an_answer_should_be_is_not_our_server() {
    let authority = Authority::new();
    let address = serve(&authority.certificate(), router()).await;

    for path in ["/page", "/page-forbidden", "/lying-problem"] {
        assert_eq!(fault(&authority, address, path).await, ContactFault::NotOurServer, "{path}");
    }
}

#[tokio::test]
async fn a_server_that_cannot_serve_is_unavailable() {
    let authority = Authority::new();
    let address = serve(&authority.certificate(), router()).await;

    for path in ["/broken", "/unavailable"] {
        assert_eq!(fault(&authority, address, path).await, ContactFault::Unavailable, "{path}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_in_the_servers_words() {
    let authority = Authority::new();
    let address = serve(&authority.certificate(), router()).await;

    let refused = ask(&authority, address, "/refused").await.unwrap_err();

    assert!(
        matches!(refused, CallFault::Refused(ref problem) if problem.code == ProblemCode::SignInRefused),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_nonce_that_is_wanted_is_given_once_and_the_newest_is_used_afterwards() {
    let authority = Authority::new();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let router = Router::new().route(
        "/picky",
        post(move |headers: HeaderMap| async move {
            counted.fetch_add(1, Ordering::SeqCst);
            let next = [(NONCE_HEADER, "n-1")];
            if nonce_in(&headers) == "n-1" {
                (next, Json(json!({ "nonce": "n-1" }))).into_response()
            } else {
                (next, problem(ProblemCode::UseDpopNonce, 401)).into_response()
            }
        }),
    );
    let address = serve(&authority.certificate(), router).await;
    let link = link(&authority, address);

    for _ in 0..2 {
        let answer: (_, Value) = link.call(Method::POST, "/picky", Some(&json!({})), None).await.unwrap();
        assert_eq!(answer.1["nonce"], "n-1");
    }

    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_server_that_is_never_content_with_a_nonce_is_asked_twice_and_no_more() {
    let authority = Authority::new();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let router = Router::new().route(
        "/picky",
        get(move || async move {
            counted.fetch_add(1, Ordering::SeqCst);
            ([(NONCE_HEADER, "n-1")], problem(ProblemCode::UseDpopNonce, 401))
        }),
    );
    let address = serve(&authority.certificate(), router).await;

    let refused = ask(&authority, address, "/picky").await.unwrap_err();

    assert!(matches!(refused, CallFault::Refused(_)));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_credential_goes_with_its_hash() {
    let authority = Authority::new();
    let router = Router::new().route(
        "/echo",
        get(|headers: HeaderMap| async move {
            let claims = claims_in(&headers);
            Json(json!({ "sent": headers["authorization"].to_str().unwrap(), "ath": claims["ath"] }))
        }),
    );
    let address = serve(&authority.certificate(), router).await;
    let link = link(&authority, address);

    let (_, answer): (_, Value) = link.call(Method::GET, "/echo", None::<&()>, Some("canary")).await.unwrap();

    assert_eq!(answer["sent"], "DPoP canary");
    assert!(answer["ath"].is_string());
}

#[test]
fn the_limits_are_the_promised_ones() {
    assert_eq!(CONNECT_LIMIT, Duration::from_secs(2));
    assert_eq!(REQUEST_LIMIT, Duration::from_secs(5));
}

#[test]
fn the_nonce_of_an_earlier_request_never_replaces_that_of_a_later_one() {
    let authority = Authority::new();
    let link = link(&authority, "127.0.0.1:1".parse().unwrap());
    let (earlier, _) = link.newest_nonce();
    let (later, _) = link.newest_nonce();

    link.take_nonce(later, "new");
    link.take_nonce(earlier, "old");

    assert_eq!(link.newest_nonce().1, "new");
}

fn router() -> Router {
    Router::new()
        .route("/hello", get(|| async { Json(json!({ "hello": "you" })) }))
        .route("/never", get(std::future::pending::<()>))
        .route("/drip", get(|| async { HttpBody::from_stream(drip(1)) }))
        .route("/endless", get(|| async { HttpBody::from_stream(flood()) }))
        .route("/huge", get(|| async { "x".repeat(ANSWER_SIZE_BYTES_MAX + 1) }))
        .route("/redirect", get(|| async { Redirect::temporary("/hello") }))
        .route("/page", get(|| async { "<html>Sign in to the network</html>" }))
        .route("/page-forbidden", get(|| async { (StatusCode::FORBIDDEN, "<html>") }))
        .route("/lying-problem", get(|| async { problem(ProblemCode::SignInRefused, 403) }))
        .route("/broken", get(|| async { StatusCode::BAD_GATEWAY }))
        .route("/unavailable", get(|| async { problem(ProblemCode::ServerUnavailable, 503) }))
        .route("/refused", get(|| async { problem(ProblemCode::SignInRefused, 401) }))
}

type Chunk = Result<Vec<u8>, std::io::Error>;

/// A byte, and then nothing for a long time.
fn drip(bytes: usize) -> impl futures_util::Stream<Item = Chunk> {
    use futures_util::StreamExt as _;
    futures_util::stream::iter(
        vec![Ok(vec![b'{']); bytes]
            .into_iter()
            .map(|chunk: Result<_, ()>| chunk.map_err(|()| std::io::ErrorKind::Other.into())),
    )
    .chain(futures_util::stream::pending())
}

fn flood() -> impl futures_util::Stream<Item = Chunk> {
    futures_util::stream::repeat_with(|| Ok(vec![b' '; 4096]))
}

/// The refusal with `code`, sent with `status`; the document says what the code's status is.
fn problem(code: ProblemCode, status: u16) -> HttpResponse {
    let stated = if code == ProblemCode::ServerUnavailable { 503 } else { 401 };
    let problem = Problem {
        type_uri: format!("{PROBLEM_TYPE_PREFIX}test"),
        title: "Test".into(),
        status: stated,
        code,
        detail: None,
        correlation_id: Uuid::nil(),
        retry_after_ms: None,
        tries_left: None,
        cause: None,
    };
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("content-type", PROBLEM_MEDIA_TYPE)], serde_json::to_string(&problem).unwrap()).into_response()
}

fn claims_in(headers: &HeaderMap) -> Value {
    let proof = headers[PROOF_HEADER].to_str().unwrap();
    let claims = proof.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

fn nonce_in(headers: &HeaderMap) -> String {
    claims_in(headers)["nonce"].as_str().unwrap().to_owned()
}

/// Answers each connection with `bytes`, whatever it says.
async fn answer_with(bytes: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut hello = [0; 1024];
            // Whoever is refused may be gone already.
            let _ = stream.read(&mut hello).await;
            let _ = stream.write_all(bytes.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    address
}

fn link(authority: &Authority, address: SocketAddr) -> ServerLink {
    let settings = LinkSettings {
        server: Url::parse(&format!("https://localhost:{}/", address.port())).unwrap(),
        authority: authority.der(),
        key: WorkstationKey::generate().unwrap(),
        id: Uuid::from_u128(7),
    };
    ServerLink::new(settings, Arc::new(StillClock)).unwrap()
}

async fn ask(
    authority: &Authority,
    address: SocketAddr,
    path: &str,
) -> Result<(StatusCode, Value), CallFault> {
    link(authority, address).call(Method::GET, path, None::<&()>, None).await
}

/// Longer than any limit of a call, so that one that is not kept fails.
const GIVEN_UP_WITHIN: Duration = REQUEST_LIMIT.saturating_add(Duration::from_secs(5));

async fn fault(authority: &Authority, address: SocketAddr, path: &str) -> ContactFault {
    let asked = tokio::time::timeout(GIVEN_UP_WITHIN, ask(authority, address, path));
    match asked.await.expect("each call is given up at its limit") {
        Err(CallFault::Contact(fault)) => fault,
        other => panic!("{path}: {other:?}"),
    }
}
