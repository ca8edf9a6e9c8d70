//! The workstation's key, and the proofs it signs (RFC 9449, as `protocol::dpop` says).

use std::fmt;

use aws_lc_rs::{
    encoding::AsBigEndian,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::dpop::{PROOF_ALGORITHM, PROOF_TYPE, ProofClaims, PublicJwk};
use reqwest::Url;
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

/// The key is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// What the keychain holds is not 32 bytes of base64url; somebody else wrote it.
    #[error("the workstation's key cannot be read")]
    Unreadable,
    /// The system gives no randomness.
    #[error("no key could be made")]
    NoRandomness,
}

/// Ed25519; `Debug` shows the public half only.
pub struct WorkstationKey {
    pair: Ed25519KeyPair,
}

impl WorkstationKey {
    /// A new key.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        Ed25519KeyPair::generate().map(|pair| Self { pair }).map_err(|_| KeyError::NoRandomness)
    }

    /// As [`WorkstationKey::to_text`] wrote it.
    ///
    /// # Errors
    /// When it did not.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let seed = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyError::Unreadable)?);
        Ed25519KeyPair::from_seed_unchecked(&seed).map(|pair| Self { pair }).map_err(|_| KeyError::Unreadable)
    }

    /// For the keychain.
    ///
    /// # Errors
    /// Never, for a key of this type.
    pub fn to_text(&self) -> Result<Zeroizing<String>, KeyError> {
        let seed = self.pair.seed().map_err(|_| KeyError::Unreadable)?;
        let bytes = seed.as_be_bytes().map_err(|_| KeyError::Unreadable)?;
        Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_ref())))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicJwk {
        PublicJwk {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            x: URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref()),
        }
    }

    /// The pair, for what is signed and is no proof.
    pub(crate) const fn pair(&self) -> &Ed25519KeyPair {
        &self.pair
    }

    /// Signs one proof.
    pub(crate) fn prove(&self, proof: &Proof<'_>) -> String {
        let header = Header {
            typ: PROOF_TYPE,
            alg: PROOF_ALGORITHM,
            jwk: self.public(),
            kid: proof.workstation.map(|id| id.to_string()),
        };
        let claims = ProofClaims {
            jti: Uuid::new_v4().to_string(),
            htm: proof.method.to_owned(),
            htu: proof.htu.to_owned(),
            iat: proof.issued_at,
            nonce: proof.nonce.to_owned(),
            ath: proof.credential.map(|credential| hash(credential.as_bytes())),
            bsh: hash(proof.body),
        };
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.pair.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}

impl fmt::Debug for WorkstationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WorkstationKey").field(&self.public().x).finish()
    }
}

/// What one proof is for.
pub(crate) struct Proof<'a> {
    pub(crate) method: &'a str,
    pub(crate) htu: &'a str,
    /// Seconds since 1970 on our clock.
    pub(crate) issued_at: i64,
    pub(crate) nonce: &'a str,
    pub(crate) credential: Option<&'a str>,
    pub(crate) body: &'a [u8],
    pub(crate) workstation: Option<Uuid>,
}

/// The address without query and fragment.
pub(crate) fn htu(url: &Url) -> String {
    let mut bare = url.clone();
    bare.set_query(None);
    bare.set_fragment(None);
    bare.into()
}

#[derive(Serialize)]
struct Header {
    typ: &'static str,
    alg: &'static str,
    jwk: PublicJwk,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
}

fn hash(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(bytes))
}

fn part(claims: &impl Serialize) -> String {
    let json = serde_json::to_vec(claims).expect("texts and numbers always serialise");
    URL_SAFE_NO_PAD.encode(json)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_key_survives_the_keychain_and_its_debug_shows_no_secret() {
        let key = WorkstationKey::generate().unwrap();
        let text = key.to_text().unwrap();
        let again = WorkstationKey::from_text(&text).unwrap();

        assert_eq!(again.public(), key.public());
        assert!(!format!("{key:?}").contains(text.as_str()));
    }

    #[test]
    fn what_somebody_else_put_into_the_keychain_is_no_key() {
        for text in ["", "secret", "AAAA", "Ä", &"A".repeat(100)] {
            assert_eq!(WorkstationKey::from_text(text).unwrap_err(), KeyError::Unreadable);
        }
    }

    #[test]
    fn a_proof_names_the_request_and_verifies_under_the_key_inside() {
        let key = WorkstationKey::generate().unwrap();
        let workstation = Uuid::from_u128(7);
        let proof = key.prove(&Proof {
            method: "POST",
            htu: "https://server.example/v1/sessions",
            issued_at: 1_800_000_000,
            nonce: "n-1",
            credential: Some("credential"),
            body: b"{}",
            workstation: Some(workstation),
        });

        let (signed, signature) = proof.rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let read =
            |part| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
        let (header, claims) = (read(header), read(claims));
        let public = URL_SAFE_NO_PAD.decode(header["jwk"]["x"].as_str().unwrap()).unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        UnparsedPublicKey::new(&ED25519, public).verify(signed.as_bytes(), &signature).unwrap();
        assert_eq!(header["typ"], "dpop+jwt");
        assert_eq!(header["alg"], "EdDSA");
        assert_eq!(header["kid"], workstation.to_string());
        assert_eq!(claims["htm"], "POST");
        assert_eq!(claims["htu"], "https://server.example/v1/sessions");
        assert_eq!(claims["iat"], json!(1_800_000_000));
        assert_eq!(claims["nonce"], "n-1");
        // SHA-256 of `credential` and of `{}`.
        assert_eq!(claims["ath"], hash(b"credential"));
        assert_eq!(claims["bsh"], "RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o");
    }

    #[test]
    fn before_enrolment_a_proof_has_no_id_and_without_a_session_no_credential() {
        let key = WorkstationKey::generate().unwrap();
        let proof = key.prove(&Proof {
            method: "GET",
            htu: "https://server.example/v1/events",
            issued_at: 0,
            nonce: "",
            credential: None,
            body: b"",
            workstation: None,
        });

        let mut parts = proof.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
        let header: Value = serde_json::from_slice(&parts.next().unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&parts.next().unwrap()).unwrap();
        assert!(header.get("kid").is_none());
        assert!(claims.get("ath").is_none());
        assert_eq!(claims["bsh"], "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
    }

    #[test]
    fn no_proof_is_the_same_as_another() {
        let key = WorkstationKey::generate().unwrap();
        let proof = || {
            key.prove(&Proof {
                method: "GET",
                htu: "https://server.example/",
                issued_at: 0,
                nonce: "n",
                credential: None,
                body: b"",
                workstation: None,
            })
        };

        assert_ne!(proof(), proof());
    }

    #[test]
    fn the_address_in_a_proof_has_no_query() {
        let url = Url::parse("https://server.example:8443/v1/events?after=7#x").unwrap();

        assert_eq!(htu(&url), "https://server.example:8443/v1/events");
    }
}
