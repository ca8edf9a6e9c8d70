//! Records that the endpoint cannot take for now, and endpoints that are not there at all.

use std::net::SocketAddr;

use super::{
    super::{
        delivery::AGAIN,
        single::{Answer, one_by_one},
    },
    *,
};

/// More than are tried again at one go.
const STUMBLING: u128 = 12;

#[tokio::test]
async fn several_records_that_the_endpoint_stumbles_over_hold_up_no_other_however_often_they_are_tried() {
    let stumbling: Vec<_> = (1..=STUMBLING).map(|number| AuditRecord::login_id(session(number))).collect();
    let (over, is_mended) = (stumbling.clone(), Arc::new(AtomicBool::new(false)));
    let (mended, mendable) = (Arc::clone(&is_mended), AuditRecord::login_id(session(STUMBLING - 2)));
    let mut ward = Ward::new(move |id, _| {
        let is_mended = id == mendable && mended.load(Ordering::SeqCst);
        if over.contains(&id) && !is_mended { 500 } else { 201 }
    })
    .await;
    ward.says_to_batches(Batches::StumblesOver(stumbling));
    for number in 1..=STUMBLING + 1 {
        ward.append(number);
    }
    for _ in 1..=STUMBLING + 1 {
        ward.stored().await;
    }
    let tries = |ward: &Ward| (1..=STUMBLING).map(|number| ward.deliveries(number)).sum::<usize>();

    // The one behind them does not wait for pauses that grow with each of them.
    ward.until_delivered(STUMBLING + 1).await;
    let first_walk = tries(&ward);
    ward.until("some are tried again", |ward| tries(ward) > first_walk).await;
    let tried_before = tries(&ward);
    ward.append(STUMBLING + 2);
    ward.until_delivered(STUMBLING + 2).await;
    let tried_meanwhile = tries(&ward) - tried_before;
    assert!(tried_meanwhile <= 2 * AGAIN, "a new record waited for {tried_meanwhile} others");

    // Each of them has its turn, although those before it stumble still.
    is_mended.store(true, Ordering::SeqCst);
    ward.until_pending(u64::try_from(STUMBLING).unwrap() - 1).await;
    assert_eq!(ward.quarantined().await, 0);
}

#[tokio::test]
async fn while_somebody_else_answers_in_the_endpoints_place_all_records_wait_and_keep_their_order() {
    let is_away = Arc::new(AtomicBool::new(true));
    let away = Arc::clone(&is_away);
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let mut ward = Ward::new(move |_, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        if away.load(Ordering::SeqCst) { 401 } else { 201 }
    })
    .await;
    ward.says_to_batches(Batches::Refused(401));
    for number in 1..=6 {
        ward.append(number);
    }
    for _ in 1..=6 {
        ward.stored().await;
    }

    let refusals = |ward: &Ward| asked.load(Ordering::SeqCst) + ward.refused.load(Ordering::SeqCst);
    ward.until("it was asked more than once", |ward| refusals(ward) >= 3).await;
    ward.says_to_batches(Batches::Taken);
    is_away.store(false, Ordering::SeqCst);

    ward.until_pending(0).await;
    let in_order: Vec<_> = (1..=6).map(|number| AuditRecord::login_id(session(number))).collect();
    assert_eq!(*ward.in_order.lock().unwrap(), in_order);
}

#[tokio::test]
async fn whoever_is_not_the_endpoint_has_no_record_passed_over() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let portal = serve(&theirs.certificate(), says(StatusCode::OK, "")).await;
    let no_words_of_ours = serve(&ours.certificate(), says(StatusCode::UNAUTHORIZED, "")).await;
    for address in [portal, no_words_of_ours] {
        assert_eq!(answers(&ours, address).await, [Answer::Away]);
    }

    let at_length: &'static str = "x".repeat(100_000).leak();
    let talkative = serve(&ours.certificate(), says(StatusCode::OK, at_length)).await;
    assert_eq!(
        answers(&ours, talkative).await,
        [Answer::Unable; 2],
        "it is there, and may take the next one"
    );
}

/// To two records, by one whose certificate may be another authority's.
async fn answers(authority: &Authority, address: SocketAddr) -> Vec<Answer> {
    let folder = tempfile::tempdir().unwrap();
    let workstation = fit_workstation(authority, address, folder.path());
    let pending = [1, 2].map(|number| Pending { seq: 1, record: login(number) });
    one_by_one(&workstation.fit().unwrap().link, &pending).await
}

fn says(status: StatusCode, said: &'static str) -> Router {
    Router::new().fallback(move || async move { (status, said) })
}
