//! The first contact: no authority is known yet, but its fingerprint stands in the code.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::{
    CertificateError, DigitallySignedStruct, Error, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::code::AuthorityPrefix;
use crate::server_link::tls;

/// Accepts a chain whose authority has the expected key, and remembers that authority.
///
/// Times are not looked at: the code vouches for the key, and a workstation whose clock stands in 1970 has
/// to be able to enrol.
#[derive(Debug)]
pub(super) struct FirstContact {
    expected: AuthorityPrefix,
    found: Mutex<Option<CertificateDer<'static>>>,
}

impl FirstContact {
    pub(super) fn expecting(expected: AuthorityPrefix) -> Self {
        Self { expected, found: Mutex::new(None) }
    }

    /// The authority of the last accepted chain.
    pub(super) fn authority(&self) -> Option<CertificateDer<'static>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_expected(&self, certificate: &CertificateDer<'_>) -> bool {
        X509Certificate::from_der(certificate)
            .is_ok_and(|(_, parsed)| Sha256::digest(parsed.public_key().raw).starts_with(&self.expected))
    }

    fn verifier(authority: &CertificateDer<'_>) -> Result<Arc<WebPkiServerVerifier>, Error> {
        tls::verifier_of(authority).map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))
    }
}

impl ServerCertVerifier for FirstContact {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let authority = intermediates
            .iter()
            .find(|certificate| self.is_expected(certificate))
            .ok_or(Error::InvalidCertificate(CertificateError::UnknownIssuer))?;
        let within =
            tls::a_time_within(end_entity).ok_or(Error::InvalidCertificate(CertificateError::BadEncoding))?;
        let accepted = Self::verifier(authority)?.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            within,
        )?;
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(authority.clone().into_owned());
        Ok(accepted)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let provider = tls::provider();
        verify_tls12_signature(message, certificate, signed, &provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let provider = tls::provider();
        verify_tls13_signature(message, certificate, signed, &provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        tls::provider().signature_verification_algorithms.supported_schemes()
    }
}
