//! Badge numbers that nobody has, tried at one workstation: slowed there, an alert, and nobody is locked out by it.

use std::time::Duration;

use harness::{
    server::{Person, TestServer},
    workstation::{Answer, Workstation},
};
use serde_json::json;
use uuid::Uuid;

const BADGE: &str = "uid:04a1b2c3d4e5f6";

#[tokio::test]
async fn the_twentieth_raises_an_alert_and_those_after_it_wait_there_alone() {
    let ward = Ward::new().await;
    ward.try_numbers(0..19).await;
    assert_eq!(ward.server.recorded(&["unknown-badges"]), 0);
    ward.try_numbers(19..20).await;
    assert_eq!(ward.server.recorded(&["unknown-badges", "WS-01"]), 1);
    let waits = ward.tap(20).await;

    waits.assert_refused(429, "badge.wait");
    assert_eq!(waits.body["retry_after_ms"], 30_000);
    assert!(waits.body["detail"].as_str().unwrap().contains("name and password"), "{waits:?}");
    let there = ward.server.enrol().await;
    there.tap(Uuid::new_v4(), "wedge:number-20").await.assert_refused(404, "badge.unknown");
    ward.server.advance(Duration::from_secs(30));
    ward.try_numbers(20..21).await;
    assert_eq!(ward.tap(21).await.body["retry_after_ms"], 60_000);
    assert_eq!(ward.server.recorded(&["unknown-badges"]), 1, "one alert for all of it");
}

#[tokio::test]
async fn a_badge_that_somebody_has_never_waits_within_her_grace_or_beyond_it() {
    let mut ward = Ward::new().await;
    ward.try_numbers(0..20).await;
    ward.tap(20).await.assert_refused(429, "badge.wait");
    let opened = ward.here.tap(Uuid::new_v4(), BADGE).await;
    assert_eq!(opened.status, 201, "{opened:?}");
    ward.here.hold(&opened);
    ward.here.conceal("user-tap").await;
    assert_eq!(ward.here.resume(BADGE).await.status, 200);
    assert_eq!(ward.tap(21).await.status, 429, "her sign-in gives nobody fresh tries");
    ward.server.admin(json!({ "do": "badge_revoke", "name": "jonas" })).await.unwrap();
    ward.here.tap(Uuid::new_v4(), "wedge:jonas-1").await.assert_refused(403, "badge.refused");

    let enrol = json!({ "do": "badge_enrol", "name": "jonas", "number": "wedge:jonas-1", "grade": "uid" });
    ward.server.admin(enrol).await.unwrap();
    let beyond = ward.here.tap(Uuid::new_v4(), "wedge:jonas-1").await;
    assert_eq!((beyond.status, &beyond.body["satisfied_by"]), (202, &json!(["password"])), "{beyond:?}");
    let password = ward.here.first_factor(Uuid::new_v4(), "maria", &ward.maria.password).await;
    assert_eq!(password.status, 202, "nor does a name");
}

#[tokio::test]
async fn it_counts_at_covered_and_uncovered_screens_too_and_a_session_goes_on() {
    let mut ward = Ward::new().await;
    let opened = ward.here.tap(Uuid::new_v4(), BADGE).await;
    ward.here.hold(&opened);
    for number in 0..10 {
        let badge = json!({ "badge": { "number": format!("wedge:number-{number}"), "grade": "uid" } });
        let whose = ward.here.post("/v1/session/identify", &badge).await;
        assert_eq!(whose.body, json!({ "whose": "unknown" }));
    }
    ward.here.conceal("user-tap").await;
    for number in 10..20 {
        ward.here.resume(&format!("wedge:number-{number}")).await.assert_refused(404, "badge.unknown");
    }
    assert_eq!(ward.server.recorded(&["unknown-badges"]), 1);
    ward.here.resume("wedge:number-20").await.assert_refused(429, "badge.wait");

    assert_eq!(ward.here.resume(BADGE).await.status, 200);
    let badge = json!({ "badge": { "number": "wedge:number-20", "grade": "uid" } });
    let whose = ward.here.post("/v1/session/identify", &badge).await;
    assert_eq!(whose.body, json!({ "whose": "unknown" }), "her own strip is told as ever");
}

#[tokio::test]
async fn a_new_card_tapped_again_and_again_is_one_and_waits_for_nothing() {
    let ward = Ward::new().await;
    for _ in 0..30 {
        ward.tap(0).await.assert_refused(404, "badge.unknown");
    }

    assert_eq!(ward.server.recorded(&["unknown-badges"]), 0);
}

#[tokio::test]
async fn a_desk_where_one_new_card_after_the_other_is_enrolled_raises_no_alert_and_none_waits() {
    let mut ward = Ward::new().await;
    ward.server.advance(Duration::from_secs(30));
    ward.here.sign_in(&ward.server, &ward.maria).await;
    for number in 0..25 {
        let card = format!("wedge:number-{number}");
        let badge = json!({ "badge": { "number": card, "grade": "uid" } });
        let whose = ward.here.post("/v1/session/identify", &badge).await;
        assert_eq!(whose.body, json!({ "whose": "unknown" }));
        ward.server.admin(json!({ "do": "badge_revoke", "name": "maria" })).await.unwrap();
        assert_eq!(ward.here.enrol_badge(&card).await.status, 201);
    }

    assert_eq!(ward.server.recorded(&["unknown-badges"]), 0);
    ward.tap(99).await.assert_refused(404, "badge.unknown");
}

#[tokio::test]
async fn a_device_that_types_numbers_while_they_wait_puts_one_of_each_wait_on_record() {
    let ward = Ward::new().await;
    ward.try_numbers(0..20).await;
    for (wait, seconds) in [(1, 30_u32), (2, 60)] {
        for number in 0..10 {
            ward.tap(100 + number).await.assert_refused(429, "badge.wait");
        }
        assert_eq!(ward.server.recorded(&["badge.wait", "WS-01"]), wait);
        ward.server.advance(Duration::from_secs(u64::from(seconds)));
        ward.try_numbers(50 + seconds..51 + seconds).await;
    }
}

#[tokio::test]
async fn the_count_survives_a_restart_and_ends_with_quiet() {
    let mut ward = Ward::new().await;
    ward.try_numbers(0..20).await;
    ward.server.restart().await;
    ward.here = ward.here.at(&ward.server);
    ward.tap(20).await.assert_refused(429, "badge.wait");
    ward.server.advance(Duration::from_secs(30 + 600));

    ward.try_numbers(20..39).await;
    assert_eq!(ward.server.recorded(&["unknown-badges"]), 1);
    ward.try_numbers(39..40).await;
    assert_eq!(ward.server.recorded(&["unknown-badges"]), 2);
}

struct Ward {
    server: TestServer,
    here: Workstation,
    maria: Person,
}

impl Ward {
    /// Maria's badge within its grace, one of Jonas that has none, and a workstation where nobody is signed in.
    async fn new() -> Self {
        let server = TestServer::start().await;
        let mut here = server.enrol().await;
        let maria = server.add_person("maria").await;
        server.add_person("jonas").await;
        let session = here.sign_in(&server, &maria).await;
        assert_eq!(here.enrol_badge(BADGE).await.status, 201);
        here.sign_out(&session).await;
        let enrol =
            json!({ "do": "badge_enrol", "name": "jonas", "number": "wedge:jonas-1", "grade": "uid" });
        server.admin(enrol).await.unwrap();
        Self { server, here, maria }
    }

    async fn tap(&self, number: u32) -> Answer {
        self.here.tap(Uuid::new_v4(), &format!("wedge:number-{number}")).await
    }

    async fn try_numbers(&self, numbers: std::ops::Range<u32>) {
        for number in numbers {
            self.tap(number).await.assert_refused(404, "badge.unknown");
        }
    }
}
