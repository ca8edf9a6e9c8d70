//! Enrolling at a server of the test's own, with a keychain that can lose what it holds.

use std::{fs, net::SocketAddr, path::PathBuf};

use audit::record::{Alert, AuditRecord, Source, What, WorkstationRef};
use audit_spool::{
    Bounds, RecoveryKey, Salvage, SealedKey, Spool, SpoolKey, files_set_aside, sealed_key_beside,
};
use axum::{Json, Router, http::StatusCode, routing::post};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::*;
use crate::{
    keychain::tests::Fake,
    spool::{SpoolSettings, SpoolThread},
    testing::{Authority, StillClock, serve},
};

const WS_07: Uuid = Uuid::from_u128(7);
const WS_08: Uuid = Uuid::from_u128(8);

#[tokio::test]
async fn the_spools_key_lies_sealed_for_the_server_beside_the_spool() {
    let server = Server::new();
    let ward = Ward::new();

    ward.enrol(&server).await.unwrap();

    let sealed = SealedKey::from_bytes(&fs::read(ward.sealed_key()).unwrap()).unwrap();
    assert_eq!(sealed.workstation(), WS_07);
    let key = WorkstationKey::from_text(&ward.keychain.entry("workstation-key").unwrap()).unwrap();
    assert_eq!(key.public().x, URL_SAFE_NO_PAD.encode(sealed.signer()));
    assert_eq!(sealed.open(&server.key).unwrap().expose(), ward.spool_key().expose());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(ward.sealed_key()).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn a_server_without_a_recovery_key_enrols_and_nothing_is_sealed() {
    let mut server = Server::new();
    server.named = None;
    let ward = Ward::new();

    ward.enrol(&server).await.unwrap();

    assert!(read_state(ward.folder.path()).unwrap().is_some());
    assert!(!ward.sealed_key().exists());
}

#[tokio::test]
async fn a_workstation_enrolled_without_a_sealed_key_gets_one_by_enrolling_again_with_its_keys() {
    let mut server = Server::new();
    let recovery_key = server.named.take();
    let ward = Ward::new();
    ward.enrol(&server).await.unwrap();
    let waits = started();
    ward.open_spool().append(&waits, now()).unwrap();

    // As KNOWN-ISSUES says.
    fs::remove_file(ward.folder.path().join(STATE_FILE)).unwrap();
    server.named = recovery_key;
    ward.enrol(&server).await.unwrap();

    let sealed = SealedKey::from_bytes(&fs::read(ward.sealed_key()).unwrap()).unwrap();
    assert_eq!(sealed.open(&server.key).unwrap().expose(), ward.spool_key().expose());
    assert_eq!(files_set_aside(&ward.spool()).unwrap(), 0);
    assert_eq!(ward.open_spool().pending(10, now()).unwrap()[0].record, waits);
}

#[tokio::test]
async fn what_is_no_recovery_key_is_refused_and_enrols_nothing() {
    let nobodys = URL_SAFE_NO_PAD.encode([0; 32]);
    let (short, long) = (URL_SAFE_NO_PAD.encode([7; 31]), URL_SAFE_NO_PAD.encode([7; 3_000]));
    for named in ["", "no base64url at all", &short, &long, &nobodys] {
        let mut server = Server::new();
        server.named = Some(named.to_owned());
        let ward = Ward::new();

        let refused = ward.enrol(&server).await.unwrap_err();

        assert!(matches!(refused, EnrolError::RecoveryKey), "{named}: {refused:?}");
        assert_eq!(read_state(ward.folder.path()).unwrap(), None);
        assert!(!ward.sealed_key().exists());
    }
}

#[tokio::test]
async fn a_workstation_with_its_keys_is_not_enrolled_a_second_time() {
    let server = Server::new();
    let ward = Ward::new();
    ward.enrol(&server).await.unwrap();
    let sealed = fs::read(ward.sealed_key()).unwrap();

    let refused = ward.enrol(&server).await.unwrap_err();

    assert!(matches!(refused, EnrolError::AlreadyEnrolled { .. }), "{refused:?}");
    assert_eq!(fs::read(ward.sealed_key()).unwrap(), sealed);
}

#[tokio::test]
async fn a_keychain_that_was_lost_loses_no_record_once_the_workstation_is_enrolled_anew() {
    let server = Server::new();
    let ward = Ward::new();
    ward.enrol(&server).await.unwrap();
    let waits = started();
    ward.open_spool().append(&waits, now()).unwrap();

    ward.keychain.lose_everything();
    ward.enrol(&server).await.unwrap();

    assert_eq!(ward.alerts().await, [Alert::SpoolSetAside], "the fresh spool begins with it");
    let aside = ward.aside();
    let sealed = SealedKey::from_bytes(&fs::read(sealed_key_beside(&aside)).unwrap()).unwrap();
    let key = sealed.open(&server.key).unwrap();
    assert_ne!(key.expose(), ward.spool_key().expose());
    let mut salvage = Salvage::open(&aside, ward.folder.path(), &key).unwrap();
    assert_eq!(salvage.next_batch(10), [waits]);
    let fresh = SealedKey::from_bytes(&fs::read(ward.sealed_key()).unwrap()).unwrap();
    assert_eq!(fresh.open(&server.key).unwrap().expose(), ward.spool_key().expose());
}

#[tokio::test]
async fn records_of_a_workstation_that_lost_its_own_key_alone_are_kept_under_its_former_name() {
    let mut server = Server::new();
    let ward = Ward::new();
    ward.enrol(&server).await.unwrap();
    let waits = started();
    ward.open_spool().append(&waits, now()).unwrap();

    ward.forget(Entry::WorkstationKey).await;
    server.calls_it = WS_08;
    ward.enrol(&server).await.unwrap();

    let aside = ward.aside();
    let sealed = SealedKey::from_bytes(&fs::read(sealed_key_beside(&aside)).unwrap()).unwrap();
    assert_eq!(sealed.workstation(), WS_07);
    let key = sealed.open(&server.key).unwrap();
    let mut salvage = Salvage::open(&aside, ward.folder.path(), &key).unwrap();
    assert_eq!(salvage.next_batch(10), [waits]);
    let fresh = SealedKey::from_bytes(&fs::read(ward.sealed_key()).unwrap()).unwrap();
    assert_eq!(fresh.workstation(), WS_08);
    assert_eq!(ward.alerts().await, [Alert::SpoolSetAside], "the fresh spool begins with it");
}

#[tokio::test]
async fn an_enrolment_that_was_broken_off_forgets_not_whose_records_wait_and_sets_them_aside_once() {
    let mut server = Server::new();
    let ward = Ward::new();
    ward.enrol(&server).await.unwrap();
    ward.open_spool().append(&started(), now()).unwrap();
    ward.forget(Entry::WorkstationKey).await;
    server.calls_it = WS_08;

    // By then the enrolment of before is put away and a new key is in the keychain.
    let named = server.named.replace("no key".into());
    let broken_off = ward.enrol(&server).await.unwrap_err();
    assert!(matches!(broken_off, EnrolError::RecoveryKey), "{broken_off:?}");
    server.named = named;
    ward.enrol(&server).await.unwrap();
    assert_eq!(files_set_aside(&ward.spool()).unwrap(), 1);
    let sealed = SealedKey::from_bytes(&fs::read(sealed_key_beside(&ward.aside())).unwrap()).unwrap();
    assert_eq!(sealed.workstation(), WS_07);

    // And this time right before its end.
    drop(ward.open_spool_as(WS_08));
    fs::remove_file(ward.folder.path().join(STATE_FILE)).unwrap();
    ward.enrol(&server).await.unwrap();
    assert_eq!(files_set_aside(&ward.spool()).unwrap(), 1);
}

#[tokio::test]
async fn records_that_a_running_agent_has_are_left_to_it() {
    let server = Server::new();
    let ward = Ward::new();
    ward.enrol(&server).await.unwrap();
    let agents = ward.open_spool();

    ward.keychain.lose_everything();
    let refused = ward.enrol(&server).await.unwrap_err();
    assert!(matches!(refused, EnrolError::Spool(SpoolError::InUse)), "{refused:?}");
    assert_eq!(files_set_aside(&ward.spool()).unwrap(), 0);
    // The code is not spent, and the agent finds at its next start what it had.
    assert_eq!(ward.keychain.entry("workstation-key"), None);
    assert!(read_state(ward.folder.path()).unwrap().is_some());

    drop(agents);
    ward.enrol(&server).await.unwrap();
    assert_eq!(files_set_aside(&ward.spool()).unwrap(), 1);
}

#[tokio::test]
async fn a_code_that_is_not_this_servers_leaves_the_enrolment_of_before_as_it_was() {
    let server = Server::new();
    let ward = Ward::new();
    ward.enrol(&server).await.unwrap();
    let spool_key = ward.keychain.entry("spool-key");
    ward.forget(Entry::WorkstationKey).await;

    // The keychain came up late, and somebody was quick to enrol anew.
    let refused = ward.enrol_by(&Server::new().code(), &server).await.unwrap_err();

    assert!(matches!(refused, EnrolError::Contact(ContactFault::NotOurServer)), "{refused:?}");
    assert_eq!(read_state(ward.folder.path()).unwrap().unwrap().workstation_id, WS_07);
    assert_eq!(ward.keychain.entry("workstation-key"), None, "the one to come back is not written over");
    assert_eq!(ward.keychain.entry("spool-key"), spool_key);
    ward.enrol(&server).await.unwrap();
}

#[test]
fn an_enrolment_of_before_comes_back_only_where_the_server_took_nothing_for_certain() {
    for certain in [ContactFault::NotOurServer, ContactFault::ClockWrong] {
        assert!(has_no_effect(&EnrolError::Contact(certain)), "{certain:?}");
    }
    assert!(has_no_effect(&EnrolError::CodeRefused));
    // It may have enrolled this workstation, and its answer got lost.
    for uncertain in [ContactFault::Unreachable, ContactFault::Slow, ContactFault::Unavailable] {
        assert!(!has_no_effect(&EnrolError::Contact(uncertain)), "{uncertain:?}");
    }
}

#[tokio::test]
async fn a_sealed_key_of_before_is_not_left_beside_a_spool_that_it_does_not_open() {
    let mut server = Server::new();
    let ward = Ward::new();
    ward.enrol(&server).await.unwrap();
    let agents = ward.open_spool();
    ward.keychain.lose_everything();
    server.named = None;

    ward.enrol(&server).await.unwrap_err();
    assert!(ward.sealed_key().exists(), "it is the waiting records'");
    drop(agents);
    ward.enrol(&server).await.unwrap();

    assert!(!ward.sealed_key().exists());
    assert!(sealed_key_beside(&ward.aside()).exists());
}

/// Enrols whoever asks.
struct Server {
    authority: Authority,
    key: RecoveryKey,
    /// What it says its recovery key is.
    named: Option<String>,
    calls_it: Uuid,
}

impl Server {
    fn new() -> Self {
        let key = RecoveryKey::generate().unwrap();
        let named = Some(URL_SAFE_NO_PAD.encode(key.public().bytes()));
        Self { authority: Authority::new(), key, named, calls_it: WS_07 }
    }

    fn code(&self) -> EnrolmentCode {
        let der = self.authority.der();
        let (_, certificate) = X509Certificate::from_der(&der).unwrap();
        EnrolmentCode::of(Sha256::digest(certificate.public_key().raw)[..16].try_into().unwrap())
    }

    async fn start(&self) -> SocketAddr {
        let enrolled = WorkstationEnrolled {
            workstation_id: self.calls_it,
            name: named(self.calls_it).name,
            unit: "ICU-3".into(),
            organisation: "St. Example Hospital".into(),
            help_line: "5-1234".into(),
            recovery_key: self.named.clone(),
        };
        let answer = move || async move { (StatusCode::CREATED, Json(enrolled)) };
        let router = Router::new().route("/v1/workstations", post(answer));
        serve(&self.authority.certificate(), router).await
    }
}

struct Ward {
    folder: tempfile::TempDir,
    keychain: Fake,
}

impl Ward {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), keychain: Fake::empty() }
    }

    async fn enrol(&self, server: &Server) -> Result<EnrolledState, EnrolError> {
        self.enrol_by(&server.code(), server).await
    }

    async fn enrol_by(&self, code: &EnrolmentCode, server: &Server) -> Result<EnrolledState, EnrolError> {
        let address = server.start().await;
        let enrolling = Enrolling {
            server: format!("https://localhost:{}/", address.port()).parse().unwrap(),
            code,
            facts: DeviceFacts { host_name: "ward-7".into(), os: "a".into(), agent_version: "b".into() },
            state_folder: self.folder.path(),
            vault: &self.keychain.vault(),
        };
        enrol(enrolling, Arc::new(StillClock)).await
    }

    fn spool(&self) -> PathBuf {
        self.folder.path().join(SPOOL_FILE)
    }

    fn sealed_key(&self) -> PathBuf {
        sealed_key_beside(&self.spool())
    }

    fn spool_key(&self) -> SpoolKey {
        spool_key::from_text(&self.keychain.entry("spool-key").unwrap()).unwrap()
    }

    fn open_spool(&self) -> Spool {
        self.open_spool_as(WS_07)
    }

    fn open_spool_as(&self, workstation: Uuid) -> Spool {
        Spool::open(&self.spool(), &self.spool_key(), named(workstation), bounds(), now()).unwrap()
    }

    async fn forget(&self, entry: Entry) {
        self.keychain.vault().delete(entry).await.unwrap();
    }

    fn aside(&self) -> PathBuf {
        let mut files = fs::read_dir(self.folder.path()).unwrap().map(|file| file.unwrap().path());
        let is_aside = |path: &PathBuf| {
            let name = path.to_string_lossy();
            name.contains(".aside-") && !name.ends_with(".key.sealed")
        };
        files.find(is_aside).unwrap()
    }

    /// Of the spool as the agent opens it.
    async fn alerts(&self) -> Vec<Alert> {
        let settings = SpoolSettings {
            path: self.spool(),
            key: self.spool_key(),
            workstation: read_state(self.folder.path()).unwrap().unwrap().enrolment().workstation,
            bounds: bounds(),
        };
        let spool = SpoolThread::start(settings, Arc::new(StillClock)).unwrap();
        let pending = spool.run(|spool, now| spool.pending(100, now)).await.unwrap();
        let alert = |what| if let What::SecurityAlert { alert } = what { Some(alert) } else { None };
        pending.into_iter().filter_map(|pending| alert(pending.record.what)).collect()
    }
}

fn started() -> AuditRecord {
    let what = What::ApplicationStarted;
    AuditRecord::other(Uuid::new_v4(), Source::Agent, now(), Some(workstation()), None, what)
}

fn workstation() -> WorkstationRef {
    named(WS_07)
}

fn named(id: Uuid) -> WorkstationRef {
    WorkstationRef { id, name: format!("WS-{:02}", id.as_u128()) }
}

fn bounds() -> Bounds {
    Bounds { reserve_size_bytes: 64 * 1024, ..Bounds::default() }
}

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}
