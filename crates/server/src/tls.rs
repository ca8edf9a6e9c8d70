//! The server's own TLS authority and certificate, made once by `init`.
//!
//! Workstations trust the authority alone, by its key's fingerprint in their enrolment code, so it is
//! sent with every handshake. TLS 1.3 only.

use std::{fs, path::Path, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{ServerConfig, version::TLS13};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

use crate::{enrolment::Fingerprint, keys::write_new_private};

/// Certificate of the authority.
pub const AUTHORITY_FILE: &str = "authority.pem";
/// Its key: signs server certificates, is read by `init` alone.
pub const AUTHORITY_KEY_FILE: &str = "authority.key";
/// Certificate of the server, with the authority's after it.
pub const CERTIFICATE_FILE: &str = "server.pem";
/// Its key.
pub const CERTIFICATE_KEY_FILE: &str = "server.key";

const AUTHORITY_YEARS: i16 = 20;
const CERTIFICATE_YEARS: i16 = 5;

/// What the server shows to whoever connects.
#[derive(Debug, Clone)]
pub struct Identity {
    /// For the listener.
    pub config: Arc<ServerConfig>,
    /// For enrolment codes.
    pub authority: Fingerprint,
}

/// Makes authority and certificate below `data` for `hosts` (names or addresses).
///
/// # Errors
/// When a file exists or cannot be written, or a host is no name and no address.
pub fn create(data: &Path, organisation: &str, hosts: &[String], now: Timestamp) -> Result<()> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority.distinguished_name.push(DnType::CommonName, "Tapward authority");
    if !organisation.is_empty() {
        authority.distinguished_name.push(DnType::OrganizationName, organisation);
    }
    limit(&mut authority, today, AUTHORITY_YEARS)?;
    let authority_certificate = authority.self_signed(&authority_key)?;

    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(hosts).context("a host is neither a name nor an address")?;
    params.distinguished_name.push(DnType::CommonName, "Tapward session server");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    limit(&mut params, today, CERTIFICATE_YEARS)?;
    let certificate = params.signed_by(&key, &Issuer::from_params(&authority, &authority_key))?;

    let chain = format!("{}{}", certificate.pem(), authority_certificate.pem());
    let files = [
        (AUTHORITY_KEY_FILE, zeroize::Zeroizing::new(authority_key.serialize_pem())),
        (AUTHORITY_FILE, zeroize::Zeroizing::new(authority_certificate.pem())),
        (CERTIFICATE_KEY_FILE, zeroize::Zeroizing::new(key.serialize_pem())),
        (CERTIFICATE_FILE, zeroize::Zeroizing::new(chain)),
    ];
    for (name, content) in files {
        let path = data.join(name);
        write_new_private(&path, content.as_bytes())
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

/// Reads what [`create`] made.
///
/// # Errors
/// When a file is missing or damaged.
pub fn load(data: &Path) -> Result<Identity> {
    let chain = certificates(&data.join(CERTIFICATE_FILE))?;
    let authority = certificates(&data.join(AUTHORITY_FILE))?;
    let authority = authority.first().context("the authority's file holds no certificate")?;
    ensure!(chain.contains(authority), "the server's certificate is not of the authority beside it");
    let path = data.join(CERTIFICATE_KEY_FILE);
    let key =
        PrivateKeyDer::from_pem_file(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let (_, parsed) = x509_parser::parse_x509_certificate(authority).context("the authority is damaged")?;
    let fingerprint = Fingerprint::of_spki(parsed.public_key().raw);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("certificate and key do not belong together")?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Identity { config: Arc::new(config), authority: fingerprint })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let pem = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .with_context(|| format!("{} is damaged", path.display()))
}

/// Valid from yesterday, for clocks that are a little behind.
fn limit(params: &mut CertificateParams, today: Date, years: i16) -> Result<()> {
    let from = today.checked_sub(1.day())?;
    let until = today.checked_add(i64::from(years).years())?;
    let [from, until] = [from, until].map(|date| {
        let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
        rcgen::date_time_ymd(i32::from(date.year()), month, day)
    });
    params.not_before = from;
    params.not_after = until;
    Ok(())
}
