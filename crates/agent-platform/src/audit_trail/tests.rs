//! What becomes of a record, by what the endpoint says to it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use agent_core::ids::SessionId;
use audit::{
    codes::LogoutCause,
    fhir,
    record::{Factors, Source, UserRef, WorkstationRef},
};
use audit_spool::Pending;
use axum::{
    Json, Router,
    body::Bytes,
    extract::Path,
    routing::{post, put},
};
use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;
use uuid::Uuid;

use super::{delivery::BATCH, *};
use crate::testing::{Authority, fit_workstation, serve, until};

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
async fn a_backlog_is_delivered_at_one_go_and_one_record_by_itself() {
    let mut ward = Ward::new(|_, tries| if tries < 2 { 503 } else { 201 }).await;

    // While the first one waits for the endpoint the others come.
    for number in 1..=5 {
        ward.append(number);
    }
    for _ in 1..=5 {
        ward.stored().await;
    }

    ward.until_pending(0).await;
    assert!(ward.batches.load(Ordering::SeqCst) >= 1);
    assert!(ward.singles.load(Ordering::SeqCst) <= 1, "one by one: {:?}", ward.singles);
    assert_eq!(ward.delivered_in_all(), 5);
}

#[tokio::test]
async fn of_a_batch_each_record_has_its_own_answer_and_none_holds_up_another() {
    let refused = AuditRecord::login_id(session(2));
    let waits = AuditRecord::login_id(session(3));
    let mut ward = Ward::new(move |id, tries| match tries {
        1 => 503,
        _ if id == refused => 422,
        2..4 if id == waits => 503,
        _ => 201,
    })
    .await;

    for number in 1..=4 {
        ward.append(number);
    }
    for _ in 1..=4 {
        ward.stored().await;
    }

    ward.until_pending(0).await;
    assert_eq!(ward.quarantined().await, 1);
    assert_eq!(ward.deliveries(3), 4, "asked again until it is taken");
    assert_eq!(ward.deliveries(4), 2, "stored behind one that waits, and not sent again");
    assert_eq!(ward.delivered_in_all(), 5, "and the alert about the one refused");
}

#[tokio::test]
async fn a_record_that_the_endpoint_stumbles_over_holds_up_no_other_and_arrives_when_it_can() {
    let (stumbling, is_mended) = (AuditRecord::login_id(session(1)), Arc::new(AtomicBool::new(false)));
    let mended = Arc::clone(&is_mended);
    let mut ward =
        Ward::new(move |id, _| if id == stumbling && !mended.load(Ordering::SeqCst) { 500 } else { 201 })
            .await;
    ward.says_to_batches(Batches::StumblesOver(vec![stumbling]));

    for number in 1..=4 {
        ward.append(number);
    }
    for _ in 1..=4 {
        ward.stored().await;
    }
    ward.until_pending(1).await;
    assert_eq!([2, 3, 4].map(|number| ward.deliveries(number)), [1, 1, 1]);
    ward.append(5);
    ward.stored().await;
    ward.until_delivered(5).await;

    is_mended.store(true, Ordering::SeqCst);
    ward.until_pending(0).await;
    assert_eq!(ward.quarantined().await, 0);
}

#[tokio::test]
async fn a_record_that_is_nowhere_to_be_put_for_now_holds_up_no_other() {
    let nowhere = AuditRecord::login_id(session(1));
    let mut ward = Ward::new(move |id, tries| if id == nowhere && tries < 3 { 404 } else { 201 }).await;

    ward.append(1);
    ward.stored().await;
    ward.append(2);
    ward.stored().await;

    ward.until_delivered(2).await;
    ward.until_pending(0).await;
    assert_eq!(ward.deliveries(1), 3);
    assert_eq!(ward.quarantined().await, 0);
}

#[tokio::test]
async fn an_endpoint_that_takes_no_batches_gets_one_record_after_the_other() {
    let refusals = [403, 404, 413, 422, 501].map(Batches::Refused);
    for batches in refusals.into_iter().chain([Batches::AnsweredAtLength, Batches::AnsweredAmiss]) {
        let is_away = Arc::new(AtomicBool::new(true));
        let away = Arc::clone(&is_away);
        let mut ward = Ward::new(move |_, _| if away.load(Ordering::SeqCst) { 503 } else { 201 }).await;
        ward.says_to_batches(batches.clone());

        for number in 1..=3 {
            ward.append(number);
        }
        for _ in 1..=3 {
            ward.stored().await;
        }
        is_away.store(false, Ordering::SeqCst);

        ward.until_pending(0).await;
        assert!(ward.refused.load(Ordering::SeqCst) > 0, "no batch was tried: {batches:?}");
        assert_eq!(ward.delivered_in_all(), 3, "{batches:?}");
        assert_eq!(ward.quarantined().await, 0, "{batches:?}");
    }
}

#[tokio::test]
async fn while_the_endpoint_is_away_no_record_is_asked_for_by_itself() {
    let mut ward = Ward::new(|_, _| 201).await;
    ward.says_to_batches(Batches::Refused(503));
    for number in 1..=3 {
        ward.append(number);
    }
    for _ in 1..=3 {
        ward.stored().await;
    }
    ward.until("batches were refused", |ward| ward.refused.load(Ordering::SeqCst) >= 2).await;
    let singles = ward.singles.load(Ordering::SeqCst);

    ward.says_to_batches(Batches::Taken);

    ward.until_pending(0).await;
    assert!(ward.singles.load(Ordering::SeqCst) <= singles + 1);
    assert!(singles <= 1, "the first, before the others came: {singles}");
}

#[tokio::test]
async fn over_a_link_too_slow_for_many_records_fewer_are_sent_at_one_go() {
    let first = AuditRecord::login_id(session(1));
    let mut ward = Ward::new(move |id, tries| if id == first && tries < 2 { 503 } else { 201 }).await;
    ward.says_to_batches(Batches::AnsweredUpTo(2));

    for number in 1..=4 {
        ward.append(number);
    }
    for _ in 1..=4 {
        ward.stored().await;
    }

    ward.until_pending(0).await;
    assert_eq!(ward.delivered_in_all(), 4);
    assert!(ward.batches.load(Ordering::SeqCst) >= 1);
}

#[test]
fn a_batch_is_no_larger_than_the_endpoint_takes_and_never_empty() {
    let pending = |name: &str| {
        let workstation = WorkstationRef { name: name.into(), ..workstation() };
        let record = AuditRecord::login(
            Source::Agent,
            Timestamp::UNIX_EPOCH,
            workstation,
            user(),
            session(1),
            Factors::PasswordTotp,
        );
        Pending { seq: 1, record }
    };

    assert_eq!(batch::that_fits(vec![pending("WS-07"); BATCH]).len(), BATCH);
    let huge = "x".repeat(100_000);
    let fitting = batch::that_fits(vec![pending(&huge); BATCH]).len();
    assert_eq!(fitting, 1, "100 000 characters stand in a record more than once");
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

mod passed_over;

/// By id: how often, and the last bytes.
type Received = Arc<Mutex<BTreeMap<Uuid, (usize, Vec<u8>)>>>;

/// What the endpoint says to several records at one go.
#[derive(Debug, Clone)]
enum Batches {
    /// To each its own answer.
    Taken,
    /// This, to all of it.
    Refused(u16),
    /// More are never answered.
    AnsweredUpTo(usize),
    /// More than anybody reads.
    AnsweredAtLength,
    /// Something else.
    AnsweredAmiss,
    /// One with any of these records in it brings it to fall.
    StumblesOver(Vec<Uuid>),
}

struct Ward {
    /// Batches answered record by record.
    batches: Arc<AtomicUsize>,
    /// Records sent by themselves.
    singles: Arc<AtomicUsize>,
    /// Batches refused as a whole.
    refused: Arc<AtomicUsize>,
    says_to_batches: Arc<Mutex<Batches>>,
    trail: SpooledTrail,
    workstation: Workstation,
    events: UnboundedReceiver<Event>,
    received: Received,
    /// Those it took, in the order in which it did.
    in_order: Arc<Mutex<Vec<Uuid>>>,
    _folder: tempfile::TempDir,
}

impl Ward {
    /// An endpoint that says `status` to the n-th try of a record.
    async fn new(status: impl Fn(Uuid, usize) -> u16 + Clone + Send + Sync + 'static) -> Self {
        let received = Received::default();
        let noted = Arc::clone(&received);
        let in_order = Arc::<Mutex<Vec<Uuid>>>::default();
        let arrived = Arc::clone(&in_order);
        let take = move |id: Uuid, body: Vec<u8>| {
            let mut noted = noted.lock().unwrap();
            let entry = noted.entry(id).or_default();
            *entry = (entry.0 + 1, body);
            let status = status(id, entry.0);
            if status == 201 {
                arrived.lock().unwrap().push(id);
            }
            status
        };
        let (batches, singles) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let says_to_batches = Arc::new(Mutex::new(Batches::Taken));
        let refused = Arc::new(AtomicUsize::new(0));

        let (take_one, taken) = (take.clone(), Arc::clone(&singles));
        let single = move |Path(id): Path<Uuid>, body: Bytes| async move {
            taken.fetch_add(1, Ordering::SeqCst);
            StatusCode::from_u16(take_one(id, body.to_vec())).unwrap()
        };
        let (answered, says) = (Arc::clone(&batches), Arc::clone(&says_to_batches));
        let refusals = Arc::clone(&refused);
        let batch = move |Json(bundle): Json<Value>| async move {
            let entries = bundle["entry"].as_array().unwrap();
            let says = says.lock().unwrap().clone();
            let refusal = match says {
                Batches::Refused(status) => Some((status, Value::Null)),
                Batches::AnsweredAtLength => Some((200, json!("x".repeat(100_000)))),
                Batches::AnsweredAmiss => Some((200, json!({ "type": "searchset" }))),
                Batches::StumblesOver(ids)
                    if entries
                        .iter()
                        .any(|entry| ids.iter().any(|id| entry["resource"]["id"] == json!(id))) =>
                {
                    Some((500, Value::Null))
                }
                Batches::AnsweredUpTo(most) if entries.len() > most => std::future::pending().await,
                Batches::Taken | Batches::AnsweredUpTo(_) | Batches::StumblesOver(_) => None,
            };
            if let Some((status, said)) = refusal {
                refusals.fetch_add(1, Ordering::SeqCst);
                return (StatusCode::from_u16(status).unwrap(), Json(said));
            }
            answered.fetch_add(1, Ordering::SeqCst);
            let respond = |entry: &Value| {
                let id: Uuid = entry["resource"]["id"].as_str().unwrap().parse().unwrap();
                assert_eq!(entry["request"]["method"], "PUT");
                assert_eq!(entry["request"]["url"], format!("AuditEvent/{id}"));
                let status = take(id, serde_json::to_vec(&entry["resource"]).unwrap());
                json!({ "response": { "status": status.to_string() } })
            };
            let entries: Vec<_> = entries.iter().map(respond).collect();
            (
                StatusCode::OK,
                Json(json!({ "resourceType": "Bundle", "type": "batch-response", "entry": entries })),
            )
        };
        let authority = Authority::new();
        let router = Router::new().route("/fhir/AuditEvent/{id}", put(single)).route("/fhir", post(batch));
        let address = serve(&authority.certificate(), router).await;
        let folder = tempfile::tempdir().unwrap();
        let workstation = fit_workstation(&authority, address, folder.path());
        let (sink, events) = EventSink::channel();
        let trail = SpooledTrail::start(workstation.clone(), sink);
        Self {
            batches,
            singles,
            refused,
            says_to_batches,
            trail,
            workstation,
            events,
            received,
            in_order,
            _folder: folder,
        }
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

    fn says_to_batches(&self, says: Batches) {
        *self.says_to_batches.lock().unwrap() = says;
    }

    async fn until_pending(&self, count: u64) {
        let fit = self.workstation.fit().unwrap();
        let pending = async || fit.spool.run(|spool, now| spool.fill(now)).await.unwrap().pending;
        until(&format!("{count} records wait"), async || pending().await == count).await;
    }

    async fn until_delivered(&self, number: u128) {
        self.until("the record is delivered", |ward| ward.deliveries(number) > 0).await;
    }

    async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        until(what, async || holds(self)).await;
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
