//! Reads and checks a proof of possession (RFC 9449 as `protocol::dpop` specifies it); pure.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::dpop::{PROOF_ALGORITHM, PROOF_SIZE_BYTES_MAX, PROOF_TYPE, ProofClaims, PublicJwk};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Longest nonce that is looked at.
const NONCE_SIZE_BYTES_MAX: usize = 128;

/// The request that a proof must be for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Upper case.
    pub method: &'a str,
    /// Without query.
    pub path: &'a str,
    /// Empty when there is none.
    pub body: &'a [u8],
    /// The session credential, when one is sent.
    pub credential: Option<&'a str>,
}

/// What a proof of this request proves; whether its nonce is fresh is another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The key that signed it.
    pub key: PublicJwk,
    /// Its RFC 7638 thumbprint.
    pub thumbprint: String,
    /// The workstation it says it is.
    pub workstation_id: Option<Uuid>,
    /// Its own id.
    pub id: Uuid,
    /// As presented, possibly empty.
    pub nonce: String,
}

/// What is wrong with a proof. Told to the client as words: whoever can read them wrote the proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Too long, not a JWT, not our type or algorithm, or a field is missing or strange.
    #[error("the proof cannot be read")]
    Malformed,
    /// Not signed by the key it carries.
    #[error("the proof's signature is wrong")]
    Signature,
    /// For another method or path.
    #[error("the proof is for another request")]
    Target,
    /// For another body.
    #[error("the proof is for another body")]
    Body,
    /// For another credential, or for one that is not sent.
    #[error("the proof is for another credential")]
    Credential,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    typ: String,
    alg: String,
    jwk: PublicJwk,
    #[serde(default)]
    kid: Option<Uuid>,
}

impl Proof {
    /// Checks everything about a proof that needs neither time nor store.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn check(text: &str, request: Request<'_>) -> Result<Self, ProofError> {
        if text.len() > PROOF_SIZE_BYTES_MAX {
            return Err(ProofError::Malformed);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(ProofError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(ProofError::Malformed)?;
        let header: Header = part(header)?;
        if header.typ != PROOF_TYPE || header.alg != PROOF_ALGORITHM {
            return Err(ProofError::Malformed);
        }
        let public_key = public_key(&header.jwk)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| ProofError::Malformed)?;
        UnparsedPublicKey::new(&ED25519, public_key)
            .verify(signed.as_bytes(), &signature)
            .map_err(|_| ProofError::Signature)?;
        let claims: ProofClaims = part(claims)?;
        check_claims(&claims, request)?;
        Ok(Self {
            thumbprint: thumbprint(&header.jwk),
            key: header.jwk,
            workstation_id: header.kid,
            id: Uuid::try_parse(&claims.jti).map_err(|_| ProofError::Malformed)?,
            nonce: claims.nonce,
        })
    }
}

/// The RFC 7638 thumbprint of an Ed25519 key: members in lexical order, no white space.
#[must_use]
pub fn thumbprint(key: &PublicJwk) -> String {
    let canonical = format!(r#"{{"crv":"{}","kty":"{}","x":"{}"}}"#, key.crv, key.kty, key.x);
    hash(canonical.as_bytes())
}

/// base64url(SHA-256(bytes)), as `bsh` and `ath` carry it.
#[must_use]
pub fn hash(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(bytes))
}

/// The 32 bytes of an Ed25519 key, if it is one in its only spelling.
///
/// # Errors
/// [`ProofError::Malformed`].
pub fn public_key(key: &PublicJwk) -> Result<[u8; 32], ProofError> {
    if key.kty != "OKP" || key.crv != "Ed25519" {
        return Err(ProofError::Malformed);
    }
    let bytes = URL_SAFE_NO_PAD.decode(&key.x).map_err(|_| ProofError::Malformed)?;
    bytes.try_into().map_err(|_| ProofError::Malformed)
}

fn part<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, ProofError> {
    let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| ProofError::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| ProofError::Malformed)
}

fn check_claims(claims: &ProofClaims, request: Request<'_>) -> Result<(), ProofError> {
    if claims.nonce.len() > NONCE_SIZE_BYTES_MAX {
        return Err(ProofError::Malformed);
    }
    if claims.htm != request.method || path_of(&claims.htu) != Some(request.path) {
        return Err(ProofError::Target);
    }
    if claims.bsh != hash(request.body) {
        return Err(ProofError::Body);
    }
    let sent = request.credential.map(|credential| hash(credential.as_bytes()));
    if claims.ath != sent {
        return Err(ProofError::Credential);
    }
    Ok(())
}

/// The path of an absolute URL without query and fragment.
fn path_of(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    if !matches!(scheme, "https" | "http") || rest.contains(['?', '#']) {
        return None;
    }
    Some(rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    use serde_json::{Value, json};

    use super::*;

    const REQUEST: Request<'static> =
        Request { method: "POST", path: "/v1/sessions", body: b"{}", credential: None };

    struct Signer(Ed25519KeyPair);

    impl Signer {
        fn new() -> Self {
            Self(Ed25519KeyPair::from_seed_unchecked(&[5; 32]).unwrap())
        }

        fn jwk(&self) -> Value {
            let x = URL_SAFE_NO_PAD.encode(self.0.public_key().as_ref());
            json!({ "kty": "OKP", "crv": "Ed25519", "x": x })
        }

        fn header(&self) -> Value {
            json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": self.jwk() })
        }

        fn sign(&self, header: &Value, claims: &Value) -> String {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let signed = format!("{}.{}", part(header), part(claims));
            let signature = self.0.sign(signed.as_bytes());
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
        }
    }

    fn claims() -> Value {
        json!({
            "jti": "7e57ab1e-0000-4000-8000-000000000001",
            "htm": "POST",
            "htu": "https://tapward.example:8443/v1/sessions",
            "iat": 0,
            "nonce": "",
            "bsh": hash(b"{}"),
        })
    }

    fn check_with(
        header: impl FnOnce(&mut Value),
        claim: impl FnOnce(&mut Value),
    ) -> Result<Proof, ProofError> {
        let signer = Signer::new();
        let (mut head, mut body) = (signer.header(), claims());
        header(&mut head);
        claim(&mut body);
        Proof::check(&signer.sign(&head, &body), REQUEST)
    }

    #[test]
    fn a_proof_of_this_request_is_taken() {
        let proof = check_with(|_| (), |_| ()).unwrap();

        assert_eq!(proof.workstation_id, None);
        assert_eq!(proof.thumbprint, thumbprint(&proof.key));
    }

    #[test]
    fn a_proof_of_another_type_algorithm_or_shape_is_not_read() {
        let malformed = Err(ProofError::Malformed);
        for alg in ["none", "HS256", "ES256", "Ed25519"] {
            assert_eq!(check_with(|head| head["alg"] = json!(alg), |_| ()), malformed, "{alg}");
        }
        assert_eq!(check_with(|head| head["typ"] = json!("JWT"), |_| ()), malformed);
        assert_eq!(check_with(|head| head["crit"] = json!(["exp"]), |_| ()), malformed);
        assert_eq!(check_with(|head| head["jwk"]["d"] = json!("x"), |_| ()), malformed);
        assert_eq!(check_with(|head| head["jwk"]["crv"] = json!("X25519"), |_| ()), malformed);
        assert_eq!(check_with(|head| head["kid"] = json!("WS-07"), |_| ()), malformed);
        assert_eq!(check_with(|_| (), |claims| claims["jti"] = json!("again")), malformed);
        assert_eq!(check_with(|_| (), |claims| claims["nonce"] = json!("x".repeat(200))), malformed);
        for text in ["", ".", "..", "a.b.c", &"x".repeat(5_000)] {
            assert_eq!(Proof::check(text, REQUEST), malformed, "{text:.10}");
        }
    }

    #[test]
    fn a_proof_of_another_request_body_or_credential_is_refused() {
        let check = |key: &'static str, value: Value| check_with(|_| (), |claims| claims[key] = value);

        assert_eq!(check("htm", json!("GET")), Err(ProofError::Target));
        assert_eq!(check("htu", json!("https://a/v1/session")), Err(ProofError::Target));
        assert_eq!(check("htu", json!("https://a/v1/sessions?x=1")), Err(ProofError::Target));
        assert_eq!(check("htu", json!("/v1/sessions")), Err(ProofError::Target));
        assert_eq!(check("bsh", json!(hash(b"{ }"))), Err(ProofError::Body));
        assert_eq!(check("ath", json!(hash(b"credential"))), Err(ProofError::Credential));
    }

    #[test]
    fn a_credential_without_its_hash_in_the_proof_is_refused() {
        let signer = Signer::new();
        let proof = signer.sign(&signer.header(), &claims());
        let request = Request { credential: Some("credential"), ..REQUEST };

        assert_eq!(Proof::check(&proof, request), Err(ProofError::Credential));
    }

    #[test]
    fn a_proof_that_another_key_signed_is_refused() {
        let signer = Signer::new();
        let mut header = signer.header();
        let other = Ed25519KeyPair::from_seed_unchecked(&[6; 32]).unwrap();
        header["jwk"]["x"] = json!(URL_SAFE_NO_PAD.encode(other.public_key().as_ref()));

        assert_eq!(Proof::check(&signer.sign(&header, &claims()), REQUEST), Err(ProofError::Signature));
    }

    #[test]
    fn the_thumbprint_is_that_of_the_standard() {
        // RFC 8037, appendix A.3.
        let key = PublicJwk {
            kty: String::from("OKP"),
            crv: String::from("Ed25519"),
            x: String::from("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"),
        };

        assert_eq!(thumbprint(&key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
