//! What becomes of a record, by what the endpoint says to it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use agent_core::ids::SessionId;
use audit::{
    codes::LogoutCause,
    record::{Factors, Source, UserRef, WorkstationRef},
};
use axum::{Router, extract::Path, routing::put};
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedReceiver;
use uuid::Uuid;

use super::*;
use crate::testing::{Authority, fit_workstation, serve};

#[tokio::test]
async fn a_record_is_on_disk_before_it_is_told_and_leaves_the_spool_when_the_endpoint_has_it() {
    let mut ward = Ward::new(|_, _| 201).await;

    ward.append(1);

    assert_eq!(ward.stored().await, key(1));
    ward.until_pending(0).await;
    assert_eq!(ward.deliveries(1), 1);
}

#[tokio::test]
async fn a_record_that_the_endpoint_has_from_another_is_delivered() {
    let mut ward = Ward::new(|_, _| 409).await;

    ward.append(1);
    ward.stored().await;

    ward.until_pending(0).await;
    assert_eq!(ward.quarantined().await, 0);
}

#[tokio::test]
async fn a_record_refused_for_good_is_set_aside_on_record_and_those_behind_it_arrive() {
    let refused = AuditRecord::login_id(session(1));
    let mut ward = Ward::new(move |id, _| if id == refused { 422 } else { 201 }).await;

    ward.append(1);
    ward.append(2);
    ward.stored().await;
    ward.stored().await;

    ward.until_pending(0).await;
    assert_eq!(ward.quarantined().await, 1);
    assert_eq!(ward.deliveries(2), 1);
    // The second record, and the alert about the first.
    assert_eq!(ward.delivered_in_all(), 3);
}

#[tokio::test]
async fn an_endpoint_that_cannot_take_it_now_is_asked_again_and_nothing_is_lost() {
    let mut ward = Ward::new(|_, tries| if tries < 3 { 503 } else { 201 }).await;

    ward.append(1);
    ward.stored().await;

    ward.until_pending(0).await;
    assert_eq!(ward.deliveries(1), 3);
    assert_eq!(ward.quarantined().await, 0);
}

#[tokio::test]
async fn before_start_up_no_record_is_taken() {
    let (sink, mut events) = EventSink::channel();
    let trail = SpooledTrail::start(Workstation::default(), sink);

    trail.append(key(1), login(1));

    let failed = Event::AuditFailed(key(1), FailClosedCause::SpoolUnavailable);
    assert_eq!(events.recv().await, Some(failed));
}

#[tokio::test]
async fn a_logout_reaches_the_endpoint_as_it_was_written() {
    let mut ward = Ward::new(|_, _| 201).await;
    let record = AuditRecord::logout(
        Source::Agent,
        Timestamp::UNIX_EPOCH,
        workstation(),
        user(),
        session(1),
        LogoutCause::Inactivity,
    );

    ward.trail.append(RecordKey::Logout(SessionId(session(1))), record.clone());
    ward.stored().await;
    ward.until_pending(0).await;

    let received = ward.received.lock().unwrap()[&record.id].1.clone();
    assert_eq!(fhir::read(&received).unwrap(), record);
}

/// By id: how often, and the last bytes.
type Received = Arc<Mutex<BTreeMap<Uuid, (usize, Vec<u8>)>>>;

struct Ward {
    trail: SpooledTrail,
    workstation: Workstation,
    events: UnboundedReceiver<Event>,
    received: Received,
    _folder: tempfile::TempDir,
}

impl Ward {
    /// An endpoint that says `status` to the n-th try of a record.
    async fn new(status: impl Fn(Uuid, usize) -> u16 + Clone + Send + Sync + 'static) -> Self {
        let received = Received::default();
        let noted = Arc::clone(&received);
        let take = move |Path(id): Path<Uuid>, body: axum::body::Bytes| {
            let (status, noted) = (status.clone(), Arc::clone(&noted));
            async move {
                let mut noted = noted.lock().unwrap();
                let entry = noted.entry(id).or_default();
                *entry = (entry.0 + 1, body.to_vec());
                axum::http::StatusCode::from_u16(status(id, entry.0)).unwrap()
            }
        };
        let authority = Authority::new();
        let router = Router::new().route("/fhir/AuditEvent/{id}", put(take));
        let address = serve(&authority.certificate(), router).await;
        let folder = tempfile::tempdir().unwrap();
        let workstation = fit_workstation(&authority, address, folder.path());
        let (sink, events) = EventSink::channel();
        let trail = SpooledTrail::start(workstation.clone(), sink);
        Self { trail, workstation, events, received, _folder: folder }
    }

    fn append(&self, number: u128) {
        self.trail.append(key(number), login(number));
    }

    async fn stored(&mut self) -> RecordKey {
        match tokio::time::timeout(Duration::from_secs(20), self.events.recv()).await.unwrap() {
            Some(Event::AuditStored(key)) => key,
            other => panic!("{other:?}"),
        }
    }

    async fn until_pending(&self, count: u64) {
        let fit = self.workstation.fit().unwrap();
        let reached = async {
            while fit.spool.run(|spool, now| spool.fill(now)).await.unwrap().pending != count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), reached).await.unwrap();
    }

    async fn quarantined(&self) -> usize {
        let fit = self.workstation.fit().unwrap();
        fit.spool.run(|spool, _| spool.quarantined(10)).await.unwrap().len()
    }

    fn deliveries(&self, number: u128) -> usize {
        let id = AuditRecord::login_id(session(number));
        self.received.lock().unwrap().get(&id).map_or(0, |(count, _)| *count)
    }

    fn delivered_in_all(&self) -> usize {
        self.received.lock().unwrap().len()
    }
}

fn session(number: u128) -> Uuid {
    uuid::Builder::from_u128(number).with_version(uuid::Version::Random).into_uuid()
}

fn key(number: u128) -> RecordKey {
    RecordKey::Login(SessionId(session(number)))
}

fn workstation() -> WorkstationRef {
    WorkstationRef { id: Uuid::from_u128(7), name: "WS-07".into() }
}

fn user() -> UserRef {
    UserRef { id: Uuid::from_u128(9), display_name: "Maria O.".into() }
}

fn login(number: u128) -> AuditRecord {
    AuditRecord::login(
        Source::Agent,
        Timestamp::UNIX_EPOCH,
        workstation(),
        user(),
        session(number),
        Factors::PasswordTotp,
    )
}
