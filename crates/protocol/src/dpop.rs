//! Proof of possession (RFC 9449) as Tapward uses it.
//!
//! Every request but `/healthz`, `/readyz`, `/openapi.json`, `/fhir/metadata` and an auditor's read
//! carries `DPoP: <proof>`, a JWT with `typ` = [`PROOF_TYPE`], `alg` = [`PROOF_ALGORITHM`], the public
//! key as `jwk` and, once enrolled, the workstation id as `kid`. In a session it also carries
//! `Authorization: DPoP <credential>` and the proof names the credential's hash in `ath`.
//! Each answer gives the next nonce in [`NONCE_HEADER`]; a proof without a fresh one is answered `401`
//! with the problem code `use_dpop_nonce` and is repeated once with the nonce of that answer.

use serde::{Deserialize, Serialize};

/// Header that carries the proof.
pub const PROOF_HEADER: &str = "DPoP";
/// Header of an answer that carries the nonce for the next proof (RFC 9449, 8).
pub const NONCE_HEADER: &str = "DPoP-Nonce";
/// `typ` of a proof (RFC 9449, 4.2).
pub const PROOF_TYPE: &str = "dpop+jwt";
/// `alg` of a proof: Ed25519 (RFC 8037).
pub const PROOF_ALGORITHM: &str = "EdDSA";
/// Scheme of the `Authorization` header of a session's requests.
pub const CREDENTIAL_SCHEME: &str = "DPoP";
/// A proof longer than this many bytes is refused unread.
pub const PROOF_SIZE_BYTES_MAX: usize = 2048;

/// The claims of a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofClaims {
    /// Unique id of this proof (a UUID, version 4).
    pub jti: String,
    /// HTTP method, upper case.
    pub htm: String,
    /// Scheme, authority and path of the request, without query and fragment. The server compares
    /// the **path** only: a load balancer may stand in between, and the key is bound to one server.
    pub htu: String,
    /// Seconds since 1970 on the workstation's clock: informative, the nonce carries the server's time.
    pub iat: i64,
    /// The newest [`NONCE_HEADER`] the workstation holds; empty before the first answer.
    pub nonce: String,
    /// base64url(SHA-256(credential)) when a credential is sent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ath: Option<String>,
    /// base64url(SHA-256(body)); always present, of the empty string when there is no body.
    pub bsh: String,
}

/// An Ed25519 public key as a JWK (RFC 8037): `{"kty":"OKP","crv":"Ed25519","x":"…"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicJwk {
    /// Always `OKP`.
    pub kty: String,
    /// Always `Ed25519`.
    pub crv: String,
    /// The 32 bytes of the key, base64url without padding.
    pub x: String,
}
