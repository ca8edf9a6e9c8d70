//! Both ends of the administrator's socket.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use anyhow::{Context as _, Result};
use axum::{
    Json, Router,
    extract::{ConnectInfo, DefaultBodyLimit, Request, State, connect_info::Connected},
    http::header,
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::post,
    serve::IncomingStream,
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use protocol::v1::problem::{Problem, ProblemCode};
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;

use super::{
    message::{Answer, Command},
    perform::perform,
};
use crate::{app::App, error::ApiError, middleware::correlation, routes::body::JsonBody};

/// The socket below the data folder.
pub const SOCKET_FILE: &str = "admin.sock";
const PATH: &str = "/v1/admin";
/// A list of badges that is imported as one, or a hundred records of the largest kind.
const REQUEST_SIZE_BYTES_MAX: usize = 32 * 1024 * 1024;
const ANSWER_SIZE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Makes the socket. Whoever calls holds the folder's lock, so one that lies there is a dead server's.
///
/// # Errors
/// When it cannot be made.
pub fn bind(data: &Path) -> Result<UnixListener> {
    let path = data.join(SOCKET_FILE);
    match fs::remove_file(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("{} is in the way", path.display())),
    }
    let listener = UnixListener::bind(&path).with_context(|| format!("{} cannot be made", path.display()))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers commands until `stop`.
pub async fn serve(listener: UnixListener, app: App, stop: CancellationToken) {
    let router = Router::new()
        .route(PATH, post(answer))
        .layer(DefaultBodyLimit::max(REQUEST_SIZE_BYTES_MAX))
        .layer(middleware::from_fn(admit))
        .layer(middleware::from_fn(correlation::assign))
        .with_state(app)
        .into_make_service_with_connect_info::<Peer>();
    let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::error!(%error, "The administrator's socket failed");
    }
}

/// What the server refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct Refused {
    /// Its stable code.
    pub code: ProblemCode,
    /// For the administrator.
    pub words: String,
}

/// Sends one command to the server that runs on `data`.
///
/// # Errors
/// When none runs there, or it refuses ([`Refused`]); the words are for the administrator.
pub async fn ask(data: &Path, command: &Command) -> Result<Answer> {
    let path = data.join(SOCKET_FILE);
    let stream = UnixStream::connect(&path).await.with_context(|| {
        format!(
            "No server answers at {}.\nStart it with `tapward-server serve --data {}`, or name its folder with --data.",
            path.display(),
            data.display()
        )
    })?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let body = zeroize::Zeroizing::new(serde_json::to_vec(command)?);
    let request = hyper::Request::post(PATH)
        .header(header::HOST, "admin")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::copy_from_slice(&body)))?;
    let response = sender.send_request(request).await.context("the server did not answer")?;
    let status = response.status();
    let body = Limited::new(response.into_body(), ANSWER_SIZE_BYTES_MAX).collect().await;
    let body = body.map_err(|error| anyhow::anyhow!("the answer cannot be read: {error}"))?.to_bytes();
    drop(sender);
    connection.abort();
    if status.is_success() {
        return serde_json::from_slice(&body).context("the answer is of another version");
    }
    let problem: Problem = serde_json::from_slice(&body).context("the answer is of another version")?;
    Err(Refused { code: problem.code, words: problem.detail.unwrap_or(problem.title) }.into())
}

async fn answer(
    State(app): State<App>,
    JsonBody(command): JsonBody<Command>,
) -> Result<Json<Answer>, ApiError> {
    perform(&app, command).await.map(Json)
}

/// Who is at the other end of the socket.
#[derive(Debug, Clone, Copy)]
struct Peer {
    uid: Option<u32>,
}

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        Self { uid: stream.io().peer_cred().ok().map(|peer| peer.uid()) }
    }
}

/// The mode of the socket should keep others out; this does.
async fn admit(ConnectInfo(peer): ConnectInfo<Peer>, request: Request, next: Next) -> Response {
    let ours = rustix::process::geteuid().as_raw();
    if peer.uid.is_some_and(|uid| uid == ours || uid == 0) {
        return next.run(request).await;
    }
    ApiError::new(ProblemCode::NotFound)
        .detail("Only root and the server's own user may do this.")
        .into_response()
}
