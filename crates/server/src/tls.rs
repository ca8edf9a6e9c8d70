//! The server's own TLS authority, made once by `init`, and its certificate, renewed in time.
//!
//! Workstations trust the authority alone, by its key's fingerprint in their enrolment code, so it is
//! sent with every handshake, and a renewed certificate is nothing they notice. TLS 1.3 only.

use std::{fs, net::IpAddr, path::Path, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{ServerConfig, version::TLS13};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, parse_x509_certificate, time::ASN1Time,
};
use zeroize::Zeroizing;

use crate::{
    enrolment::Fingerprint,
    keys::{random, replace_private, write_new_private},
};

/// Certificate of the authority.
pub const AUTHORITY_FILE: &str = "authority.pem";
/// Its key: signs the server's certificate, and each that follows it.
pub const AUTHORITY_KEY_FILE: &str = "authority.key";
/// Certificate of the server, with the authority's after it.
pub const CERTIFICATE_FILE: &str = "server.pem";
/// Its key.
pub const CERTIFICATE_KEY_FILE: &str = "server.key";

const AUTHORITY_YEARS: i16 = 20;
const CERTIFICATE_YEARS: i16 = 5;
/// The certificate is renewed when it is good for less than this.
const RENEWED_BEFORE: SignedDuration = SignedDuration::from_hours(24 * 30);

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
    let today = date(now);
    // From yesterday, for clocks that are a little behind.
    let from = today.checked_sub(1.day())?;
    // Before anything is made: what cannot be certified leaves nothing behind.
    check_hosts(hosts)?;
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority.distinguished_name.push(DnType::CommonName, "Tapward authority");
    if !organisation.is_empty() {
        authority.distinguished_name.push(DnType::OrganizationName, organisation);
    }
    limit(&mut authority, from, today.checked_add(i64::from(AUTHORITY_YEARS).years())?);
    let authority_certificate = authority.self_signed(&authority_key)?;
    write_new(data, AUTHORITY_KEY_FILE, &Zeroizing::new(authority_key.serialize_pem()))?;
    write_new(data, AUTHORITY_FILE, &authority_certificate.pem())?;
    certify(data, hosts, now)
}

/// Whether a certificate can be made for `hosts`.
///
/// # Errors
/// When one is no name and no address.
pub fn check_hosts(hosts: &[String]) -> Result<()> {
    params_for(hosts).map(drop)
}

/// Makes a certificate below `data` for `hosts` (names or addresses), by the authority that is there.
///
/// # Errors
/// When a file exists, is missing or damaged or cannot be written, a host is no name and no address, or the authority
/// ends within 30 days.
pub fn certify(data: &Path, hosts: &[String], now: Timestamp) -> Result<()> {
    let authority_pem = read_text(&data.join(AUTHORITY_FILE))?;
    let authority_until = date(until_of(&authority_pem)?);
    let today = date(now);
    let until = today.checked_add(i64::from(CERTIFICATE_YEARS).years())?.min(authority_until);
    let left = until.to_zoned(TimeZone::UTC)?.timestamp().duration_since(now);
    ensure!(left >= RENEWED_BEFORE, "the authority ends on {authority_until}: make a new folder without it");
    let key = KeyPair::generate()?;
    let mut params = params_for(hosts)?;
    // From yesterday, for clocks that are a little behind.
    limit(&mut params, today.yesterday()?, until);
    let certificate = params.signed_by(&key, &issuer(data, &authority_pem)?)?;
    write_new(data, CERTIFICATE_KEY_FILE, &Zeroizing::new(key.serialize_pem()))?;
    write_new(data, CERTIFICATE_FILE, &format!("{}{}", certificate.pem(), *authority_pem))
}

fn write_new(data: &Path, name: &str, content: &str) -> Result<()> {
    let path = data.join(name);
    write_new_private(&path, content.as_bytes())
        .with_context(|| format!("{} cannot be written", path.display()))
}

fn issuer(data: &Path, authority_pem: &str) -> Result<Issuer<'static, KeyPair>> {
    let key = KeyPair::from_pem(&read_text(&data.join(AUTHORITY_KEY_FILE))?)?;
    Ok(Issuer::from_ca_cert_pem(authority_pem, key)?)
}

/// How long the authority is good.
fn until_of(authority_pem: &str) -> Result<Timestamp> {
    let authority = CertificateDer::from_pem_slice(authority_pem.as_bytes())
        .context("the authority's file holds no certificate")?;
    let (_, authority) = parse_x509_certificate(&authority).context("the authority is damaged")?;
    Ok(validity(&authority)?.1)
}

/// What became of a look at the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a renewed certificate is to be loaded"]
pub enum Renewal {
    /// It is good for long enough.
    NotDue,
    /// It was renewed, and is good until then.
    Until(Timestamp),
    /// It is good for as long as the authority, which is not long: nothing can be done here.
    AuthorityEnds(Timestamp),
}

/// Renews the certificate below `data`, by its authority and for the same hosts and key, if it is good for
/// less than 30 days at `now`, or not yet: the clock it was made by was ahead. The renewed one is never good for
/// less than the one before, whatever the clock says. One file is replaced in one step, so that a crash leaves a
/// whole pair.
///
/// # Errors
/// When a file is missing or damaged, or cannot be written; the certificate that was there stays.
pub fn renew(data: &Path, now: Timestamp) -> Result<Renewal> {
    let chain = certificates(&data.join(CERTIFICATE_FILE))?;
    let (_, held) = parse_x509_certificate(chain.first().context("the server's file holds no certificate")?)
        .context("the server's certificate is damaged")?;
    let (held_from, held_until) = validity(&held)?;
    let is_good = |until: Timestamp| until.duration_since(now) >= RENEWED_BEFORE;
    if held_from <= now && is_good(held_until) {
        return Ok(Renewal::NotDue);
    }
    let authority_pem = read_text(&data.join(AUTHORITY_FILE))?;
    let authority_until = until_of(&authority_pem)?;
    let until = date(now).checked_add(i64::from(CERTIFICATE_YEARS).years())?;
    let until = until.max(date(held_until)).min(date(authority_until));
    let renewed_until = until.to_zoned(TimeZone::UTC)?.timestamp();
    if !is_good(renewed_until) {
        return Ok(Renewal::AuthorityEnds(authority_until));
    }
    let mut params = params_for(&hosts(&held)?)?;
    // As before: a clock that is far ahead must not make a certificate that is not good yet. If it was, it is no more.
    let from = date(held_from).min(date(now).yesterday()?);
    limit(&mut params, from, until);
    let key = KeyPair::from_pem(&read_text(&data.join(CERTIFICATE_KEY_FILE))?)?;
    let certificate = params.signed_by(&key, &issuer(data, &authority_pem)?)?;
    let path = data.join(CERTIFICATE_FILE);
    replace_private(&path, format!("{}{}", certificate.pem(), *authority_pem).as_bytes())
        .with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(Renewal::Until(renewed_until))
}

/// Reads what [`create`] made, or [`renew`].
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
    let (_, parsed) = parse_x509_certificate(authority).context("the authority is damaged")?;
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

fn read_text(path: &Path) -> Result<Zeroizing<String>> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(Zeroizing::new(text))
}

/// A certificate of the server for `hosts` (names or addresses).
fn params_for(hosts: &[String]) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(hosts).context("a host is neither a name nor an address")?;
    params.distinguished_name.push(DnType::CommonName, "Tapward session server");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // By itself it would be made of the key, and the same each time; RFC 5280, 4.1.2.2, asks for another.
    let mut serial = random::<16>();
    serial[0] &= 0x7f;
    params.serial_number = Some(serial.to_vec().into());
    Ok(params)
}

/// The names and addresses that a certificate is for.
fn hosts(certificate: &X509Certificate<'_>) -> Result<Vec<String>> {
    let names = certificate.subject_alternative_name()?.context("the server's certificate names no host")?;
    let host = |name: &GeneralName<'_>| {
        if let GeneralName::DNSName(name) = name {
            return Some((*name).to_owned());
        }
        let GeneralName::IPAddress(bytes) = *name else {
            return None;
        };
        let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
        let v6 = <[u8; 16]>::try_from(bytes).map(IpAddr::from);
        v4.or(v6).ok().map(|address| address.to_string())
    };
    let hosts: Option<Vec<_>> = names.value.general_names.iter().map(host).collect();
    hosts.context("the server's certificate names what is no host")
}

fn validity(certificate: &X509Certificate<'_>) -> Result<(Timestamp, Timestamp)> {
    let time = |time: ASN1Time| Timestamp::from_second(time.timestamp());
    let validity = certificate.validity();
    Ok((time(validity.not_before)?, time(validity.not_after)?))
}

fn date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// Valid from the beginning of one day to the beginning of another.
fn limit(params: &mut CertificateParams, from: Date, until: Date) {
    let [from, until] = [from, until].map(|date| {
        let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
        rcgen::date_time_ymd(i32::from(date.year()), month, day)
    });
    params.not_before = from;
    params.not_after = until;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const YEAR: SignedDuration = SignedDuration::from_hours(24 * 366);

    fn made() -> (tempfile::TempDir, Timestamp) {
        let (folder, at) = (tempfile::tempdir().unwrap(), Timestamp::from_second(1_800_000_000).unwrap());
        create(folder.path(), "", &[String::from("127.0.0.1")], at).unwrap();
        (folder, at)
    }

    /// Serial number and validity.
    fn held(folder: &Path) -> (Vec<u8>, (Timestamp, Timestamp)) {
        let chain = certificates(&folder.join(CERTIFICATE_FILE)).unwrap();
        let (_, certificate) = parse_x509_certificate(&chain[0]).unwrap();
        (certificate.raw_serial().to_vec(), validity(&certificate).unwrap())
    }

    #[test]
    fn a_clock_in_the_past_takes_nothing_from_a_certificate() {
        for behind in [YEAR * 4, YEAR * 10, YEAR * 60] {
            let (folder, at) = made();
            let (_, (_, until)) = held(folder.path());
            let now = at - behind;

            assert_eq!(renew(folder.path(), now).unwrap(), Renewal::Until(until), "{now}");
            let (serial, (from, until_after)) = held(folder.path());
            assert!(from < now && until_after == until, "{now}: {from} to {until_after}");
            // Whichever of the two clocks was wrong, it is good by both.
            for now in [now, at] {
                assert_eq!(renew(folder.path(), now).unwrap(), Renewal::NotDue, "{now}");
            }
            assert_eq!(held(folder.path()).0, serial, "{now}");
        }
    }

    #[test]
    fn a_renewed_certificate_begins_where_the_one_before_did_ends_later_and_has_another_serial_number() {
        let (folder, at) = made();
        let (serial, (from, until)) = held(folder.path());
        let renewed = renew(folder.path(), at + YEAR * 5).unwrap();
        let (serial_after, (from_after, until_after)) = held(folder.path());

        assert_eq!(renewed, Renewal::Until(until_after));
        assert!(until_after > until && from_after == from);
        assert_ne!(serial_after, serial);
        assert!(serial_after.len() <= 16 && serial_after[0] < 0x80, "{serial_after:?}");
    }

    #[test]
    fn near_the_end_of_the_authority_nothing_is_renewed_and_it_is_said() {
        let (folder, at) = made();
        let renewed = renew(folder.path(), at + YEAR * 20).unwrap();

        assert!(matches!(renewed, Renewal::AuthorityEnds(_)), "{renewed:?}");
    }
}
