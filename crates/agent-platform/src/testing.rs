//! What the tests of this crate share: authorities of their own, a server, and a clock that stands still.

use std::{future::Future, net::SocketAddr, pin::Pin};

use agent_core::instant::Instant;
use agent_runtime::ports::Clock;
use axum::Router;
use axum_server::tls_rustls::RustlsConfig;
use jiff::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A private TLS authority.
pub(crate) struct Authority {
    params: CertificateParams,
    key: KeyPair,
    certificate: CertificateDer<'static>,
}

/// What a server shows.
pub(crate) struct Shown {
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { params, key, certificate }
    }

    pub(crate) fn der(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    pub(crate) fn certificate(&self) -> Shown {
        self.certificate_for("localhost")
    }

    pub(crate) fn certificate_for(&self, name: &str) -> Shown {
        self.sign(CertificateParams::new([name.to_owned()]).unwrap())
    }

    pub(crate) fn certificate_valid(&self, from_year: i32, until_year: i32) -> Shown {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from_year, 1, 1);
        params.not_after = date_time_ymd(until_year, 1, 1);
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Shown {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &Issuer::from_params(&self.params, &self.key)).unwrap();
        Shown { chain: vec![certificate.der().clone(), self.der()], key: key.serialize_der() }
    }
}

/// Serves `router` on a free port of this machine until the test ends.
pub(crate) async fn serve(shown: &Shown, router: Router) -> SocketAddr {
    let provider = crate::server_link::tls::provider();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            shown.chain.clone(),
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(shown.key.clone())),
        )
        .unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let config = RustlsConfig::from_config(std::sync::Arc::new(config));
    let server = axum_server::from_tcp_rustls(listener, config).unwrap();
    tokio::spawn(async move { server.serve(router.into_make_service()).await });
    address
}

/// Looks now and then, for a bounded time.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..3_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("not within half a minute: {what}");
}

/// A clock nobody looks at.
pub(crate) struct StillClock;

impl Clock for StillClock {
    fn now(&self) -> Instant {
        Instant::from_boot(std::time::Duration::from_secs(1000))
    }

    fn wall(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn sleep_until(&self, _deadline: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

/// What enrolling leaves in the state folder, of a server that nobody asks.
pub(crate) fn write_enrolment(state_folder: &std::path::Path) {
    let enrolled = serde_json::json!({ "version": 1, "workstation_id": uuid::Uuid::from_u128(7), "name": "WS-07",
        "unit": "ICU-3", "organisation": "St. Example Hospital", "help_line": "5-1234",
        "server_url": "https://server.example/",
        "authority": "-----BEGIN CERTIFICATE-----\nBwcH\n-----END CERTIFICATE-----\n" });
    let file = state_folder.join("workstation.json");
    crate::durable_file::write_atomically(&file, enrolled.to_string().as_bytes()).unwrap();
}

/// An enrolled workstation whose server is at `address`, with a spool below `folder`.
pub(crate) fn fit_workstation(
    authority: &Authority,
    address: SocketAddr,
    folder: &std::path::Path,
) -> crate::workstation::Workstation {
    fit_workstation_by(std::sync::Arc::new(StillClock), authority, address, folder)
}

/// The same, whose spool holds as much as the test says.
pub(crate) fn fit_workstation_within(
    bounds: audit_spool::Bounds,
    authority: &Authority,
    address: SocketAddr,
    folder: &std::path::Path,
) -> crate::workstation::Workstation {
    fit(std::sync::Arc::new(StillClock), bounds, authority, address, folder)
}

/// The same, by a clock of the test's.
pub(crate) fn fit_workstation_by(
    clock: std::sync::Arc<dyn Clock>,
    authority: &Authority,
    address: SocketAddr,
    folder: &std::path::Path,
) -> crate::workstation::Workstation {
    fit(clock, audit_spool::Bounds::default(), authority, address, folder)
}

fn fit(
    clock: std::sync::Arc<dyn Clock>,
    bounds: audit_spool::Bounds,
    authority: &Authority,
    address: SocketAddr,
    folder: &std::path::Path,
) -> crate::workstation::Workstation {
    use crate::{
        server_link::{LinkSettings, ServerLink, WorkstationKey},
        spool::{SpoolSettings, SpoolThread},
        workstation::{FitWorkstation, Workstation},
    };

    let named = audit::record::WorkstationRef { id: uuid::Uuid::from_u128(7), name: "WS-07".into() };
    let link = LinkSettings {
        server: format!("https://localhost:{}/", address.port()).parse().unwrap(),
        authority: authority.der(),
        key: WorkstationKey::generate().unwrap(),
        id: named.id,
    };
    let spool = SpoolSettings {
        path: folder.join("spool.sqlite"),
        key: audit_spool::SpoolKey::new([7; 32]),
        workstation: named.clone(),
        bounds,
    };
    let workstation = Workstation::default();
    workstation.become_fit(std::sync::Arc::new(FitWorkstation {
        enrolment: agent_runtime::ports::Enrolment {
            workstation: named,
            unit: "ICU-3".into(),
            organisation: "St. Example Hospital".into(),
            help_line: "5-1234".into(),
        },
        link: std::sync::Arc::new(ServerLink::new(link, std::sync::Arc::clone(&clock)).unwrap()),
        spool: SpoolThread::start(spool, clock).unwrap(),
    }));
    workstation
}
