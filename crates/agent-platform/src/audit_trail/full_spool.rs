//! What a full spool takes, through the adapter: the end of the session at hand, and no new one.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::Duration,
};

use agent_core::{ids::SessionId, instant::Instant};
use agent_runtime::ports::Clock;
use audit::{
    codes::LogoutCause,
    record::{Alert, Factors, Source, UserRef, What, WorkstationRef},
};
use audit_spool::{Bounds, RecordRef};
use axum::{
    Json, Router,
    extract::Path,
    routing::{post, put},
};
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;
use uuid::Uuid;

use super::*;
use crate::testing::{Authority, StillClock, fit_workstation_by, fit_workstation_within, serve, until};

#[tokio::test]
async fn a_full_spool_takes_no_login_but_the_logout_of_the_session_at_hand_until_its_records_leave() {
    let takes_records = Arc::new(AtomicBool::new(false));
    let takes = Arc::clone(&takes_records);
    let answer = move || {
        let takes = takes.load(Ordering::SeqCst);
        async move { if takes { StatusCode::CREATED } else { StatusCode::SERVICE_UNAVAILABLE } }
    };
    let authority = Authority::new();
    let router = Router::new().route("/fhir/AuditEvent/{id}", put(answer));
    let address = serve(&authority.certificate(), router).await;
    let folder = tempfile::tempdir().unwrap();
    let day = Arc::new(AtomicU32::new(0));
    let clock = Arc::new(Calendar(Arc::clone(&day)));
    let workstation = fit_workstation_by(clock, &authority, address, folder.path());
    let (sink, mut told) = EventSink::channel();
    let trail = SpooledTrail::start(workstation.clone(), sink);

    trail.append(login_key(1), login(1));
    assert_eq!(next(&mut told).await, Event::AuditStored(login_key(1)));
    // A record that has waited for thirty days fills the spool as a hundred thousand do.
    day.store(31, Ordering::SeqCst);
    trail.append(login_key(2), login(2));
    assert_eq!(next(&mut told).await, Event::AuditFailed(login_key(2), FailClosedCause::SpoolFull));
    let logout_key = RecordKey::Logout(SessionId(session(1)));
    trail.append(logout_key, logout(1));
    assert_eq!(next(&mut told).await, Event::AuditStored(logout_key));

    takes_records.store(true, Ordering::SeqCst);
    until_delivered(&workstation).await;
    trail.append(login_key(2), login(2));
    assert_eq!(next(&mut told).await, Event::AuditStored(login_key(2)));
}

#[tokio::test]
async fn what_the_endpoint_has_leaves_even_a_spool_without_room_to_set_aside_what_it_refuses() {
    let refused = session(77);
    let authority = Authority::new();
    let single =
        move |Path(id): Path<Uuid>| async move { StatusCode::from_u16(status(id, refused)).unwrap() };
    let batch = move |Json(bundle): Json<Value>| async move {
        let answer = |entry: &Value| {
            let id = entry["resource"]["id"].as_str().unwrap().parse().unwrap();
            json!({ "response": { "status": status(id, refused).to_string() } })
        };
        let entries: Vec<_> = bundle["entry"].as_array().unwrap().iter().map(answer).collect();
        Json(json!({ "resourceType": "Bundle", "type": "batch-response", "entry": entries }))
    };
    let router = Router::new().route("/fhir/AuditEvent/{id}", put(single)).route("/fhir", post(batch));
    let address = serve(&authority.certificate(), router).await;
    let folder = tempfile::tempdir().unwrap();
    let workstation = full_of_records(refused, &authority, address, folder.path()).await;
    let spool = workstation.fit().unwrap().spool.clone();
    let (sink, _told) = EventSink::channel();
    let _trail = SpooledTrail::start(workstation.clone(), sink);

    until_delivered(&workstation).await;

    let set_aside = spool.run(|spool, _| spool.quarantined(500)).await.unwrap();
    assert_eq!(set_aside[0].seq, 1, "what has left made room, and nothing is lost");
}

#[tokio::test]
async fn of_records_that_go_one_at_a_time_a_refused_one_without_room_to_be_set_aside_holds_up_no_other() {
    let refused = session(77);
    let authority = Authority::new();
    let single =
        move |Path(id): Path<Uuid>| async move { StatusCode::from_u16(status(id, refused)).unwrap() };
    let router = Router::new()
        .route("/fhir/AuditEvent/{id}", put(single))
        .route("/fhir", post(|| async { StatusCode::INTERNAL_SERVER_ERROR }));
    let address = serve(&authority.certificate(), router).await;
    let folder = tempfile::tempdir().unwrap();
    let workstation = full_of_records(refused, &authority, address, folder.path()).await;
    let spool = workstation.fit().unwrap().spool.clone();
    let (sink, _told) = EventSink::channel();
    let _trail = SpooledTrail::start(workstation.clone(), sink);

    until_delivered(&workstation).await;

    let set_aside = spool.run(|spool, _| spool.quarantined(500)).await.unwrap();
    assert_eq!(set_aside[0].seq, 1, "once those behind it have left there is room");
}

/// A workstation with records to the last page, the oldest of them `refused`.
async fn full_of_records(
    refused: Uuid,
    authority: &Authority,
    address: SocketAddr,
    folder: &std::path::Path,
) -> Workstation {
    // Where a folder lies the reserve cannot be: nothing is left to give up.
    std::fs::create_dir(folder.join("spool.sqlite.reserve")).unwrap();
    let bounds = Bounds { file_size_bytes_max: 96 * 1024, reserve_size_bytes: 1, ..Bounds::default() };
    let workstation = fit_workstation_within(bounds, authority, address, folder);
    let spool = workstation.fit().unwrap().spool.clone();
    spool.run(move |spool, now| spool.append(&alert(refused), now)).await.unwrap();
    // By number, and not so many that their index is full: what the oldest frees in that must not do.
    let mut number = 1_000;
    while spool.run(move |spool, now| spool.append(&alert(session(number)), now)).await.is_ok() {
        number += 1;
        assert!(number < 2_000, "the file has no end");
    }
    let oldest = RecordRef { seq: 1, id: refused };
    let set_aside = spool.run(move |spool, now| spool.set_aside(oldest, now)).await;
    assert_eq!(set_aside, Err(FailClosedCause::SpoolFull), "there is room: nothing is shown here");
    workstation
}

const fn status(id: Uuid, refused: Uuid) -> u16 {
    if id.as_u128() == refused.as_u128() { 422 } else { 201 }
}

/// Taken also where the spool is full, to the last page.
fn alert(id: Uuid) -> AuditRecord {
    let what = What::SecurityAlert { alert: Alert::ClockJumped };
    AuditRecord::other(id, Source::Agent, Timestamp::UNIX_EPOCH, Some(place()), None, what)
}

/// A clock whose day the test sets.
struct Calendar(Arc<AtomicU32>);

impl Clock for Calendar {
    fn now(&self) -> Instant {
        StillClock.now()
    }

    fn wall(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * i64::from(self.0.load(Ordering::SeqCst)))
    }

    fn sleep_until(&self, _deadline: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

async fn next(told: &mut UnboundedReceiver<Event>) -> Event {
    tokio::time::timeout(Duration::from_secs(20), told.recv()).await.unwrap().unwrap()
}

async fn until_delivered(workstation: &Workstation) {
    let fit = workstation.fit().unwrap();
    let pending = async || fit.spool.run(|spool, now| spool.fill(now)).await.unwrap().pending;
    until("every record is delivered", async || pending().await == 0).await;
}

fn session(number: u128) -> Uuid {
    uuid::Builder::from_u128(number).with_version(uuid::Version::Random).into_uuid()
}

fn login_key(number: u128) -> RecordKey {
    RecordKey::Login(SessionId(session(number)))
}

fn place() -> WorkstationRef {
    WorkstationRef { id: Uuid::from_u128(7), name: "WS-07".into() }
}

fn maria() -> UserRef {
    UserRef { id: Uuid::from_u128(9), display_name: "Maria O.".into() }
}

fn login(number: u128) -> AuditRecord {
    let factors = Factors::PasswordTotp;
    AuditRecord::login(Source::Agent, Timestamp::UNIX_EPOCH, place(), maria(), session(number), factors)
}

fn logout(number: u128) -> AuditRecord {
    let cause = LogoutCause::UserButton;
    AuditRecord::logout(Source::Agent, Timestamp::UNIX_EPOCH, place(), maria(), session(number), cause)
}
