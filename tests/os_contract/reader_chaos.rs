//! Badge readers that fail again and again.

use std::time::Duration;

use agent_core::{
    badge::{BadgeFault, ReaderFact, ReaderFault},
    event::Event,
};
use harness::{
    badge_reader::{Card, Reply},
    part::wait_for,
};
use testkit::contract::{
    self,
    badge_readers::{Breakable, Reader},
};

use crate::badge_readers::{ServiceKilled, Ward};

/// How often in the test run, and how often in the long form.
fn rounds(sample: usize, soak: usize) -> usize {
    if std::env::var_os("TAPWARD_SOAK").is_some() { soak } else { sample }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_killed_again_and_again_heals_each_time_and_a_tap_is_read_after_it() {
    let mut ward = Ward::new();
    let ids = ward.watches(2).await;
    let mut first = ServiceKilled(ward.reader(0));
    let mut second = ward.reader(1);
    second.present("uid:a4000cff");
    ward.readers.presented().await;

    for round in 0..rounds(3, 50) {
        first.breaks();
        for reader in &ids {
            let fault = ReaderFault::Unavailable;
            ward.readers.tell(&ReaderFact::Faulty { reader: *reader, fault }).await;
        }
        first.heals();
        ward.readers.tell(&ReaderFact::Ready { reader: ids[0] }).await;

        let number = format!("uid:04{round:012x}");
        first.present(&number);
        assert_eq!(
            ward.readers.presented().await.0,
            number,
            "and not the badge that lies on the other reader"
        );
        first.take_away();
        ward.readers.tell(&ReaderFact::Removed { reader: ids[0] }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_that_bounces_is_told_as_often_as_it_is_gone_and_never_as_another() {
    const NUMBER: &str = "uid:04a1b2c3d4e580";
    let mut ward = Ward::new();
    ward.watches(2).await;

    let mut facts = Vec::new();
    for round in 0..rounds(10, 200) {
        {
            // Quicker than the reader looks, and at a different moment of its round each time.
            let _card = ward.service.lock().unwrap().put(0, Card::with_uid(&NUMBER[4..])).unwrap();
            let lies = Duration::from_millis(20 + u64::try_from(round % 7).unwrap() * 70);
            facts.extend(contract::until_quiet(&mut ward.readers, lies).await);
        }
    }
    let mut reader = ward.reader(0);
    reader.present(NUMBER);
    facts.extend(contract::until_quiet(&mut ward.readers, Duration::from_secs(2)).await);
    reader.take_away();
    facts.extend(contract::until_quiet(&mut ward.readers, Duration::from_secs(2)).await);

    let mut is_lying = false;
    let mut badges = 0;
    for fact in &facts {
        match fact {
            Event::ReaderTold(ReaderFact::Presented { badge, .. }) => {
                assert!(!is_lying, "told twice without leaving: {facts:?}");
                assert_eq!(badge.number.expose(), NUMBER);
                is_lying = true;
                badges += 1;
            }
            Event::ReaderTold(ReaderFact::NotRead { fault: BadgeFault::Unreadable, .. }) => {
                assert!(!is_lying, "told twice without leaving: {facts:?}");
                is_lying = true;
            }
            Event::ReaderTold(ReaderFact::Removed { .. }) => {
                assert!(is_lying, "gone without having been there: {facts:?}");
                is_lying = false;
            }
            other => panic!("{other:?} in {facts:?}"),
        }
    }
    assert!(!is_lying && badges > 0, "{facts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_torn_away_again_and_again_leave_no_thread_behind() {
    let mut ward = Ward::new();
    let ids = ward.watches(2).await;
    let mut reader = ward.reader(1);

    for _ in 0..rounds(3, 50) {
        reader.put(Card::that_always(Reply::TornAway));
        let fault = BadgeFault::Unreadable;
        ward.readers.tell(&ReaderFact::NotRead { reader: ids[1], fault }).await;
        ward.readers.tell(&ReaderFact::Removed { reader: ids[1] }).await;
    }

    // What is told last is told before the last thread has ended.
    wait_for("no thread left behind", Duration::from_secs(5), || {
        (ward.readers.threads("pcsc-card") == 0).then_some(())
    })
    .unwrap();
}
