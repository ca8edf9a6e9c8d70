//! No request takes for ever: neither a body that trickles in nor a database that does not answer.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use protocol::v1::problem::ProblemCode;

use crate::error::ApiError;

/// From the head of the request to the head of the answer; a stream may go on after it.
pub const REQUEST_MAX: Duration = Duration::from_secs(15);

/// Answers `server.unavailable` for a request that takes longer than `limit`; for
/// `axum::middleware::from_fn_with_state`.
pub async fn enforce(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::new(ProblemCode::ServerUnavailable).retry_after_ms(1_000).into_response(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::{Router, body::Bytes, middleware, routing::post};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    #[tokio::test]
    async fn a_body_that_never_ends_is_answered() {
        let half = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf";
        let answer = answer_to(half, Duration::from_millis(50)).await;

        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        assert!(answer.contains("\"code\":\"server.unavailable\""), "{answer}");
        assert!(answer.contains("retry-after: 1\r\n"), "{answer}");
    }

    #[tokio::test]
    async fn a_body_that_is_there_is_read() {
        let whole = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nconnection: close\r\n\r\nwhole";
        let answer = answer_to(whole, REQUEST_MAX).await;

        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("whole"), "{answer}");
    }

    #[test]
    fn the_limit_is_the_one_that_is_promised() {
        assert_eq!(REQUEST_MAX, Duration::from_secs(15));
    }

    /// What a server that echoes bodies says to `request` until it closes the connection.
    async fn answer_to(request: &str, limit: Duration) -> String {
        let router = Router::new()
            .route("/", post(async |body: Bytes| body))
            .layer(middleware::from_fn_with_state(limit, enforce));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let all = stream.read_to_string(&mut answer);
        tokio::time::timeout(Duration::from_secs(20), all).await.unwrap().unwrap();
        answer
    }
}
