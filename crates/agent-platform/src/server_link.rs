//! The one way this workstation speaks to its server: HTTPS to the pinned authority alone, TLS 1.3, a
//! proof by the workstation's key on every request, each bounded in time and size.
//!
//! Proofs carry the server's newest nonce. Answers may overtake each other; the nonce of an earlier request
//! never replaces that of a later one, or the server would see two holders of one key. It is not kept over
//! a restart: a proof without one is how a start shows itself.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use agent_core::event::ContactFault;
use agent_runtime::ports::Clock;
use protocol::{
    dpop::{CREDENTIAL_SCHEME, NONCE_HEADER, PROOF_HEADER},
    v1::problem::{PROBLEM_MEDIA_TYPE, Problem, ProblemCode},
};
use reqwest::{
    Client, Method, Response, StatusCode, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use rustls::pki_types::CertificateDer;
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;
use zeroize::Zeroizing;

pub use proof::{KeyError, WorkstationKey};
use proof::{Proof, htu};

pub(crate) mod proof;
pub(crate) mod sse;
pub(crate) mod tls;

/// No connection by then: the server counts as unreachable.
pub const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// No whole answer by then: the server counts as slow.
pub const REQUEST_LIMIT: Duration = Duration::from_secs(5);
/// A larger answer is not read.
pub const ANSWER_SIZE_BYTES_MAX: usize = 64 * 1024;
/// A longer nonce is not kept.
const NONCE_SIZE_BYTES_MAX: usize = 128;

/// Why a call has no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum CallFault {
    /// Nothing usable came back.
    #[error("no usable answer: {0:?}")]
    Contact(ContactFault),
    /// The server refused, in words of ours.
    #[error("the server refused: {:?} ({})", .0.code, .0.correlation_id)]
    Refused(Box<Problem>),
}

/// Why an exchange has no answer, for whom it matters that there was one.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeFault {
    /// Over [`ANSWER_SIZE_BYTES_MAX`]: whoever gave it is there, and may say less about something else.
    #[error("the answer is too large to be read")]
    AnswerTooLarge,
    /// Any other.
    #[error(transparent)]
    Call(#[from] CallFault),
}

impl From<ExchangeFault> for CallFault {
    fn from(fault: ExchangeFault) -> Self {
        match fault {
            // Our server says nothing at such length.
            ExchangeFault::AnswerTooLarge => Self::Contact(ContactFault::NotOurServer),
            ExchangeFault::Call(fault) => fault,
        }
    }
}

/// The body of one request.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// None.
    Empty,
    /// Bytes of this media type.
    Bytes(&'a str, &'a [u8]),
}

impl<'a> Body<'a> {
    fn bytes(self) -> &'a [u8] {
        match self {
            Self::Empty => &[],
            Self::Bytes(_, bytes) => bytes,
        }
    }
}

/// A link to one server by one key.
pub struct ServerLink {
    client: Client,
    base: Url,
    key: WorkstationKey,
    /// Absent until enrolled.
    id: Option<Uuid>,
    clock: Arc<dyn Clock>,
    nonce: Mutex<Nonce>,
}

/// What makes a link.
#[derive(Debug)]
pub struct LinkSettings {
    /// Where the server is; `https` only.
    pub server: Url,
    /// The only authority its certificate may be from.
    pub authority: CertificateDer<'static>,
    /// Signs every request.
    pub key: WorkstationKey,
    /// Of this workstation.
    pub id: Uuid,
}

/// The newest nonce, and of which request.
#[derive(Debug, Default)]
struct Nonce {
    text: String,
    requests: u64,
    taken_from: u64,
}

impl ServerLink {
    /// The wall clock that its requests are dated by.
    pub(crate) fn wall(&self) -> jiff::Timestamp {
        self.clock.wall()
    }

    /// A link; nothing is sent yet.
    ///
    /// # Errors
    /// When the authority's certificate cannot be used.
    pub fn new(settings: LinkSettings, clock: Arc<dyn Clock>) -> Result<Self, tls::TlsError> {
        let config = tls::pinned(&settings.authority)?;
        let client = tls::client(config)?;
        Ok(Self::over(client, settings.server, settings.key, Some(settings.id), clock))
    }

    /// A link for the first contact: the key has no id yet.
    pub(crate) fn over(
        client: Client,
        base: Url,
        key: WorkstationKey,
        id: Option<Uuid>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { client, base, key, id, clock, nonce: Mutex::default() }
    }

    /// Sends `message` and reads the answer as JSON, all within [`REQUEST_LIMIT`].
    ///
    /// # Errors
    /// When there is no usable answer, or it is a refusal.
    pub async fn call<A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        message: Option<&(impl Serialize + Sync)>,
        credential: Option<&str>,
    ) -> Result<(StatusCode, A), CallFault> {
        let json = match message {
            // Our own messages always serialise.
            Some(message) => Zeroizing::new(
                serde_json::to_vec(message).map_err(|_| CallFault::Contact(ContactFault::Unavailable))?,
            ),
            None => Zeroizing::new(Vec::new()),
        };
        let body = if message.is_some() { Body::Bytes("application/json", &json) } else { Body::Empty };
        let (status, answer) = self.exchange(method, path, body, credential).await?;
        let answer =
            serde_json::from_slice(&answer).map_err(|_| CallFault::Contact(ContactFault::NotOurServer))?;
        Ok((status, answer))
    }

    /// Sends `body` and reads the whole answer within [`REQUEST_LIMIT`].
    ///
    /// # Errors
    /// When there is no usable answer, or it is a refusal.
    pub async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Body<'_>,
        credential: Option<&str>,
    ) -> Result<(StatusCode, Zeroizing<Vec<u8>>), CallFault> {
        let (status, answer) = self.exchange_any(method, path, body, credential).await?;
        if status.is_success() { Ok((status, answer)) } else { Err(refusal(status, None, &answer)) }
    }

    /// Like [`ServerLink::exchange`], for endpoints that refuse in words of their own: any status is an answer.
    ///
    /// # Errors
    /// When there is no usable answer, or this workstation's proof is refused.
    pub async fn exchange_any(
        &self,
        method: Method,
        path: &str,
        body: Body<'_>,
        credential: Option<&str>,
    ) -> Result<(StatusCode, Zeroizing<Vec<u8>>), ExchangeFault> {
        let exchange = async {
            let response = self.send(method, path, body, credential).await?;
            Ok((response.status(), read(response).await?))
        };
        let slow = ExchangeFault::Call(CallFault::Contact(ContactFault::Slow));
        tokio::time::timeout(REQUEST_LIMIT, exchange).await.unwrap_or(Err(slow))
    }

    /// Sends a request and gives its answer unread: for streams. A refusal is read.
    pub(crate) async fn open_stream(&self, path: &str, accept: &str) -> Result<Response, CallFault> {
        let opening = async {
            let response = self.send(Method::GET, path, Body::Empty, None).await?;
            let status = response.status();
            if !status.is_success() {
                return Err(refusal(status, None, &read(response).await?));
            }
            let is_stream = media_type(&response).is_some_and(|media| media == accept);
            if is_stream { Ok(response) } else { Err(CallFault::Contact(ContactFault::NotOurServer)) }
        };
        tokio::time::timeout(REQUEST_LIMIT, opening)
            .await
            .unwrap_or(Err(CallFault::Contact(ContactFault::Slow)))
    }

    /// One request with a fresh proof, once more if the server wants a newer nonce in it.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Body<'_>,
        credential: Option<&str>,
    ) -> Result<Response, CallFault> {
        let response = self.send_once(&method, path, body, credential).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let status = response.status();
        let media = media_type(&response);
        let answer = read(response).await?;
        match refusal(status, media.as_deref(), &answer) {
            CallFault::Refused(problem) if problem.code == ProblemCode::UseDpopNonce => {
                self.send_once(&method, path, body, credential).await
            }
            fault @ (CallFault::Refused(_) | CallFault::Contact(_)) => Err(fault),
        }
    }

    async fn send_once(
        &self,
        method: &Method,
        path: &str,
        body: Body<'_>,
        credential: Option<&str>,
    ) -> Result<Response, CallFault> {
        let url = self.base.join(path).map_err(|_| CallFault::Contact(ContactFault::Unreachable))?;
        let (request_number, nonce) = self.newest_nonce();
        let proof = Proof {
            method: method.as_str(),
            htu: &htu(&url),
            issued_at: self.clock.wall().as_second(),
            nonce: &nonce,
            credential,
            body: body.bytes(),
            workstation: self.id,
        };
        let mut request =
            self.client.request(method.clone(), url).header(PROOF_HEADER, self.key.prove(&proof));
        if let Some(credential) = credential {
            let mut value = HeaderValue::from_str(&format!("{CREDENTIAL_SCHEME} {credential}"))
                .map_err(|_| CallFault::Contact(ContactFault::NotOurServer))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if let Body::Bytes(media_type, bytes) = body {
            request = request.header(CONTENT_TYPE, media_type).body(bytes.to_vec());
        }
        let response =
            request.send().await.map_err(|error| CallFault::Contact(tls::contact_fault(&error)))?;
        if let Some(next) = response.headers().get(NONCE_HEADER).and_then(|value| value.to_str().ok())
            && next.len() <= NONCE_SIZE_BYTES_MAX
        {
            self.take_nonce(request_number, next);
        }
        Ok(response)
    }

    fn newest_nonce(&self) -> (u64, String) {
        let mut nonce = self.nonce.lock().unwrap_or_else(PoisonError::into_inner);
        nonce.requests += 1;
        (nonce.requests, nonce.text.clone())
    }

    fn take_nonce(&self, request_number: u64, next: &str) {
        let mut nonce = self.nonce.lock().unwrap_or_else(PoisonError::into_inner);
        if request_number > nonce.taken_from {
            nonce.taken_from = request_number;
            next.clone_into(&mut nonce.text);
        }
    }
}

impl fmt::Debug for ServerLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerLink")
            .field("base", &self.base.as_str())
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Reads the answer, up to [`ANSWER_SIZE_BYTES_MAX`].
async fn read(mut response: Response) -> Result<Zeroizing<Vec<u8>>, ExchangeFault> {
    let announced = response.content_length().unwrap_or(0);
    if announced > ANSWER_SIZE_BYTES_MAX as u64 {
        return Err(ExchangeFault::AnswerTooLarge);
    }
    let mut answer = Zeroizing::new(Vec::with_capacity(ANSWER_SIZE_BYTES_MAX));
    while let Some(chunk) =
        response.chunk().await.map_err(|error| CallFault::Contact(tls::contact_fault(&error)))?
    {
        if answer.len() + chunk.len() > ANSWER_SIZE_BYTES_MAX {
            return Err(ExchangeFault::AnswerTooLarge);
        }
        answer.extend_from_slice(&chunk);
    }
    Ok(answer)
}

/// A refusal of our server is a problem document whose status is the answer's; all else is somebody
/// else's (a proxy's, a captive portal's), or a server that cannot serve.
fn refusal(status: StatusCode, media: Option<&str>, answer: &[u8]) -> CallFault {
    let problem = serde_json::from_slice::<Problem>(answer)
        .ok()
        .filter(|problem| problem.status == status.as_u16())
        .filter(|_| media.is_none_or(|media| media == PROBLEM_MEDIA_TYPE));
    match problem {
        Some(problem) if is_unavailable(problem.code) => CallFault::Contact(ContactFault::Unavailable),
        Some(problem) => CallFault::Refused(Box::new(problem)),
        None if status.is_server_error() => CallFault::Contact(ContactFault::Unavailable),
        None => CallFault::Contact(ContactFault::NotOurServer),
    }
}

/// The server is there, and nothing was decided.
const fn is_unavailable(code: ProblemCode) -> bool {
    matches!(code, ProblemCode::ServerUnavailable | ProblemCode::ServerFault)
}

fn media_type(response: &Response) -> Option<String> {
    let value = response.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or(value).trim().to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
