//! The layer that asks for a proof, and what it leaves for the handlers behind it.
//!
//! It reads the body (bounded) so that its hash can be compared, finds the workstation, rolls its nonce
//! and puts the next one on every answer. Where it lets a request through, the handler finds a
//! [`ProvenWorkstation`] (or, before enrolment, a [`ProvenKey`]) and a [`SpentProof`].

use std::{convert::Infallible, error::Error as _};

use audit::record::Alert;
use axum::{
    body::{Body, to_bytes},
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http_body_util::LengthLimitError;
use jiff::Timestamp;
use protocol::{
    dpop::{CREDENTIAL_SCHEME, NONCE_HEADER, PROOF_HEADER, PublicJwk},
    v1::problem::ProblemCode,
};
use uuid::Uuid;

use super::{
    credential::{self, PresentedCredential},
    nonce::{Generation, LIFE, Nonce, Step, step},
    proof::{self, Proof},
};
use crate::{
    app::App,
    error::ApiError,
    routes::body::broken_off,
    store::{Connection, proofs, transact, workstations},
    trail::{self, About},
};

/// A workstation is noted as heard at most this often.
const HEARD_EVERY: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);

/// A workstation whose proof was checked, body and all. As an extractor it answers `proof.invalid`
/// where the proof layer does not stand before the route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenWorkstation {
    /// Its id.
    pub id: Uuid,
    /// Its name, for example `WS-07`.
    pub name: String,
    /// Whether it may do more than finish what it began.
    pub standing: Standing,
}

/// How a proven workstation stands with the server. A revoked one is answered by the layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is held against it.
    Good,
    /// Two machines use its key: no sign-in; the session at hand is finished and records are taken.
    Cloned,
}

impl ProvenWorkstation {
    /// Refuses a cloned workstation: it may finish its session and deliver records, nothing else.
    ///
    /// # Errors
    /// `workstation.cloned`.
    pub fn require_good_standing(&self) -> Result<(), ApiError> {
        match self.standing {
            Standing::Good => Ok(()),
            Standing::Cloned => Err(ApiError::new(ProblemCode::WorkstationCloned)),
        }
    }

    /// Refuses, within the transaction that decides, a workstation that was revoked or found cloned since
    /// its proof was checked: a password takes long enough to check for either to happen meanwhile.
    ///
    /// # Errors
    /// `workstation.revoked`, `workstation.cloned`.
    pub async fn require_good_standing_still(&self, connection: &mut Connection) -> Result<(), ApiError> {
        let current = workstations::find(connection, self.id).await?;
        let Some(current) = current.filter(|known| known.revoked_at.is_none()) else {
            return Err(ApiError::new(ProblemCode::WorkstationRevoked));
        };
        if current.cloned_at.is_some() {
            return Err(ApiError::new(ProblemCode::WorkstationCloned));
        }
        self.require_good_standing()
    }

    /// The workstation as a record names it.
    #[must_use]
    pub fn about(&self) -> About {
        About::workstation(self.id, &self.name)
    }
}

/// A key whose proof was checked and that is no workstation's yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenKey {
    /// The key.
    pub key: PublicJwk,
    /// Its thumbprint.
    pub thumbprint: String,
}

/// The proof of this request, for calls that remember it durably.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpentProof {
    thumbprint: String,
    id: Uuid,
    expires_at: Timestamp,
}

impl SpentProof {
    /// Remembers the proof in the transaction of what it does.
    ///
    /// # Errors
    /// `proof.invalid` when it was used before.
    pub async fn spend(&self, connection: &mut Connection) -> Result<(), ApiError> {
        if proofs::spend(connection, &self.thumbprint, self.id, self.expires_at).await? {
            return Ok(());
        }
        Err(ApiError::new(ProblemCode::ProofInvalid).detail("The proof was used before."))
    }
}

/// What an answer carries when a sign-in rolled the nonce.
#[derive(Debug, Clone, Copy)]
pub struct RollNonce;

/// What stands before a group of routes.
#[derive(Debug, Clone)]
pub struct ProofLayer {
    /// The server.
    pub app: App,
    /// The largest body that is read.
    pub body_size_bytes_max: usize,
}

/// Asks for the proof of an enrolled workstation; for `axum::middleware::from_fn_with_state`.
///
/// # Errors
/// Never: refusals are answers.
pub async fn require(
    State(layer): State<ProofLayer>,
    request: Request,
    next: Next,
) -> Result<Response, Infallible> {
    let app = layer.app.clone();
    let (request, proof) = match checked(&layer, request).await {
        Ok(checked) => checked,
        Err(refusal) => return Ok(refusal.into_response()),
    };
    let now = app.clock.now();
    let mut generation = None;
    let response = match admitted(&app, &proof, now, &mut generation).await {
        Ok(workstation) => {
            let mut request = request;
            request.extensions_mut().insert(workstation);
            request.extensions_mut().insert(spent(&proof, now));
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    };
    Ok(with_nonce(response, &app, &proof, generation, now))
}

/// Asks for the proof of a key that is not enrolled yet; for `axum::middleware::from_fn_with_state`.
///
/// # Errors
/// Never: refusals are answers.
pub async fn require_key(
    State(layer): State<ProofLayer>,
    request: Request,
    next: Next,
) -> Result<Response, Infallible> {
    let app = layer.app.clone();
    let (mut request, proof) = match checked(&layer, request).await {
        Ok(checked) => checked,
        Err(refusal) => return Ok(refusal.into_response()),
    };
    let now = app.clock.now();
    let response = match fresh(&app, &proof, now) {
        Ok(_) => {
            let key = ProvenKey { key: proof.key.clone(), thumbprint: proof.thumbprint.clone() };
            request.extensions_mut().insert(key);
            request.extensions_mut().insert(spent(&proof, now));
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    };
    Ok(with_nonce(response, &app, &proof, Some(Generation::FIRST), now))
}

/// Reads the body and checks all of the proof that needs no store.
async fn checked(layer: &ProofLayer, request: Request) -> Result<(Request, Proof), ApiError> {
    let (mut parts, body) = request.into_parts();
    let text = single(&parts.headers, PROOF_HEADER)?
        .ok_or_else(|| ApiError::new(ProblemCode::ProofInvalid).detail("The request carries no proof."))?
        .to_owned();
    let credential = presented(&parts)?;
    let body = read_body(&parts, body, layer.body_size_bytes_max).await?;
    let request = proof::Request {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        body: &body,
        credential: credential.as_ref().map(|credential| credential.as_str()),
    };
    let proof = Proof::check(&text, request)
        .map_err(|error| ApiError::new(ProblemCode::ProofInvalid).detail(error.to_string()))?;
    if let Some(credential) = credential {
        parts.extensions.insert(PresentedCredential(credential::hash(&credential)));
    }
    Ok((Request::from_parts(parts, Body::from(body)), proof))
}

async fn read_body(parts: &Parts, body: Body, size_max: usize) -> Result<axum::body::Bytes, ApiError> {
    let too_large = || {
        ApiError::new(ProblemCode::RequestTooLarge)
            .detail(format!("This call takes at most {size_max} bytes."))
    };
    let told = parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if told.is_some_and(|told: usize| told > size_max) {
        return Err(too_large());
    }
    to_bytes(body, size_max).await.map_err(|error| {
        let is_too_large = error.source().is_some_and(|source| source.is::<LengthLimitError>());
        if is_too_large { too_large() } else { broken_off() }
    })
}

/// The credential of `Authorization: DPoP …`, if that is what stands there.
fn presented(parts: &Parts) -> Result<Option<zeroize::Zeroizing<String>>, ApiError> {
    let Some(text) = single(&parts.headers, header::AUTHORIZATION.as_str())? else {
        return Ok(None);
    };
    let Some((scheme, credential)) = text.split_once(' ') else {
        return Ok(None);
    };
    Ok(scheme.eq_ignore_ascii_case(CREDENTIAL_SCHEME).then(|| zeroize::Zeroizing::new(credential.to_owned())))
}

/// The one value of a header; more than one is refused, for who knows which another would read.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, ApiError> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(ApiError::new(ProblemCode::ProofInvalid).detail(format!("{name} stands there twice.")));
    }
    first.map(|value| value.to_str().map_err(|_| ApiError::new(ProblemCode::ProofInvalid))).transpose()
}

/// Whether the proof is fresh and seen for the first time.
fn fresh(app: &App, proof: &Proof, now: Timestamp) -> Result<Nonce, ApiError> {
    let nonce = Nonce::read(&proof.nonce, &app.keys.nonce, &proof.thumbprint)
        .filter(|nonce| nonce.is_fresh(now))
        .ok_or(ApiError::new(ProblemCode::UseDpopNonce))?;
    if !app.seen_proofs.remember(&proof.thumbprint, proof.id, now) {
        return Err(ApiError::new(ProblemCode::ProofInvalid).detail("The proof was used before."));
    }
    Ok(nonce)
}

/// The workstation, if it may speak here. `generation` is what its next nonce shall carry.
async fn admitted(
    app: &App,
    proof: &Proof,
    now: Timestamp,
    generation: &mut Option<Generation>,
) -> Result<ProvenWorkstation, ApiError> {
    let workstation = {
        let mut connection = app.store.read().await?;
        match proof.workstation_id {
            Some(id) => workstations::find(&mut connection, id).await?,
            None => None,
        }
    };
    let Some(workstation) = workstation.filter(|known| known.key_thumbprint == proof.thumbprint) else {
        if app.alerts.strangers.may_record(&proof.thumbprint, now) {
            alert(app, About::default(), Alert::WorkstationRefused, now).await?;
        }
        return Err(ApiError::new(ProblemCode::WorkstationUnknown));
    };
    let about = About::workstation(workstation.id, &workstation.name);
    if workstation.revoked_at.is_some() {
        if app.alerts.revoked.may_record(&proof.thumbprint, now) {
            alert(app, about, Alert::WorkstationRefused, now).await?;
        }
        return Err(ApiError::new(ProblemCode::WorkstationRevoked));
    }
    let confirmed = workstation.confirmed;
    let presented = Nonce::read(&proof.nonce, &app.keys.nonce, &proof.thumbprint);
    // A refreshed nonce keeps its generation; a start, without any, is offered the next one.
    *generation = Some(presented.map_or_else(|| confirmed.generation.next(), |nonce| nonce.generation));
    let nonce = fresh(app, proof, now)?;
    let mut standing = if workstation.cloned_at.is_some() { Standing::Cloned } else { Standing::Good };
    match step(nonce.generation, confirmed, now) {
        Step::Same => {}
        Step::UnderWay => *generation = Some(confirmed.generation),
        Step::Settles => {
            transact!(app.store, |write| {
                workstations::settle_generation(write, workstation.id, confirmed.generation).await
            })?;
        }
        Step::Confirms => {
            transact!(app.store, |write| {
                workstations::confirm_generation(write, workstation.id, nonce.generation, now).await
            })?;
        }
        Step::LeftBehind => {
            standing = Standing::Cloned;
            transact!(app.store, |write| {
                if workstations::mark_cloned(write, workstation.id, now).await? {
                    trail::alert(write, about.clone(), Alert::WorkstationCloned, now).await?;
                    tracing::warn!(workstation.id = %workstation.id, "Two machines use the key of a workstation");
                }
                Ok::<_, ApiError>(())
            })?;
        }
    }
    if now.duration_since(workstation.heard_at) >= HEARD_EVERY {
        transact!(app.store, |write| workstations::heard(write, workstation.id, now).await)?;
    }
    Ok(ProvenWorkstation { id: workstation.id, name: workstation.name, standing })
}

async fn alert(app: &App, about: About, alert: Alert, now: Timestamp) -> Result<(), ApiError> {
    Ok(transact!(app.store, |write| trail::alert(write, about.clone(), alert, now).await)?)
}

fn spent(proof: &Proof, now: Timestamp) -> SpentProof {
    let expires_at = now.saturating_add(LIFE).unwrap_or(Timestamp::MAX);
    SpentProof { thumbprint: proof.thumbprint.clone(), id: proof.id, expires_at }
}

/// Puts the next nonce on the answer. An unknown workstation gets none: it has nothing to prove.
fn with_nonce(
    mut response: Response,
    app: &App,
    proof: &Proof,
    generation: Option<Generation>,
    now: Timestamp,
) -> Response {
    let Some(generation) = generation else {
        return response;
    };
    let is_rolled = response.extensions().get::<RollNonce>().is_some();
    let generation = if is_rolled { generation.next() } else { generation };
    let nonce = Nonce { made_at: now, generation };
    if let Ok(value) = HeaderValue::from_str(&nonce.sign(&app.keys.nonce, &proof.thumbprint)) {
        response.headers_mut().insert(NONCE_HEADER, value);
    }
    response
}

macro_rules! from_extensions {
    ($($name:ident),*) => {$(
        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
                parts.extensions.get::<Self>().cloned().ok_or(ApiError::new(ProblemCode::ProofInvalid))
            }
        }
    )*};
}

from_extensions!(ProvenWorkstation, ProvenKey, SpentProof);

/// Whether a method changes nothing; such a call carries no body.
#[must_use]
pub fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}
