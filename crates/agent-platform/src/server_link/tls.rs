//! Which server is ours: TLS 1.3, one pinned authority, and faults told apart.

use std::{error::Error as StdError, io, sync::Arc, time::Duration};

use agent_core::event::ContactFault;
use reqwest::{Client, redirect};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::CONNECT_LIMIT;

/// Idle connections are closed after this long: before the server closes them (it waits 10 s for a request's
/// head), so that no request meets a connection that is just being closed.
const IDLE_CONNECTION_MAX: Duration = Duration::from_secs(8);

/// The authority cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Its certificate is not one; the enrolment was written by somebody else.
    #[error("the server's authority cannot be read: {0}")]
    Authority(String),
    /// The system gave no client.
    #[error("no client could be made: {0}")]
    Client(#[from] reqwest::Error),
}

/// A client that speaks to servers of this configuration and to nobody else.
pub(crate) fn client(config: ClientConfig) -> Result<Client, TlsError> {
    let client = Client::builder()
        .tls_backend_preconfigured(config)
        .https_only(true)
        .no_proxy()
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_LIMIT)
        .pool_idle_timeout(IDLE_CONNECTION_MAX)
        // One dead connection must not hold up the requests of the next one.
        .http1_only()
        .build()?;
    Ok(client)
}

/// Only certificates of `authority`.
pub(crate) fn pinned(authority: &CertificateDer<'static>) -> Result<ClientConfig, TlsError> {
    let verifier = PinnedAuthority { inner: verifier_of(authority)? };
    configuration(Arc::new(verifier))
}

/// A configuration that asks `verifier`.
pub(crate) fn configuration(verifier: Arc<dyn ServerCertVerifier>) -> Result<ClientConfig, TlsError> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| TlsError::Authority(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(config)
}

/// What `webpki` says, with `authority` as the only root.
pub(crate) fn verifier_of(authority: &CertificateDer<'_>) -> Result<Arc<WebPkiServerVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone().into_owned()).map_err(|error| TlsError::Authority(error.to_string()))?;
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| TlsError::Authority(error.to_string()))
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// A time at which `certificate` is valid.
pub(crate) fn a_time_within(certificate: &CertificateDer<'_>) -> Option<UnixTime> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let seconds = u64::try_from(parsed.validity().not_before.timestamp()).ok()?;
    Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
}

/// The pinned authority. A certificate that fails by its time alone is told as such: then this
/// workstation's clock is wrong. One that would fail at any time is not our server's.
#[derive(Debug)]
struct PinnedAuthority {
    inner: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for PinnedAuthority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verify =
            |at| self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, at);
        match verify(now) {
            Err(error) if is_about_time(&error) => {
                let within = a_time_within(end_entity)
                    .ok_or(Error::InvalidCertificate(CertificateError::BadEncoding))?;
                verify(within)?;
                Err(error)
            }
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }

    fn root_hint_subjects(&self) -> Option<&[DistinguishedName]> {
        self.inner.root_hint_subjects()
    }
}

/// Why a request has no answer.
pub(crate) fn contact_fault(error: &reqwest::Error) -> ContactFault {
    if let Some(tls) = find::<Error>(error) {
        return if is_about_time(tls) { ContactFault::ClockWrong } else { ContactFault::NotOurServer };
    }
    if error.is_connect() {
        return ContactFault::Unreachable;
    }
    if error.is_timeout() {
        return ContactFault::Slow;
    }
    match find::<hyper::Error>(error) {
        Some(http) if http.is_parse() => ContactFault::NotOurServer,
        // It was our server, and it went away in the middle of its answer.
        Some(_) | None => ContactFault::Unreachable,
    }
}

fn is_about_time(error: &Error) -> bool {
    matches!(
        error,
        Error::InvalidCertificate(
            CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. }
        )
    )
}

/// The first cause of this type. An [`io::Error`] hides what it carries from `source`.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        if let Some(carried) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
            && let Some(found) = find::<E>(carried)
        {
            return Some(found);
        }
        next = error.source();
    }
    None
}
