//! One person, one uncovered desktop: two workstations and more.

use std::time::Duration;

use harness::{
    server::{Person, TestServer},
    workstation::Workstation,
};
use serde_json::json;
use uuid::Uuid;

use crate::stream::Stream;

const BADGE: &str = "uid:04a1b2c3d4e5f6";

#[tokio::test]
async fn her_first_screen_is_told_to_cover_and_keeps_its_session() {
    let (server, _, here, session) = maria("").await;
    let mut stream = stream(&here).await;
    let mut there = server.enrol().await;
    let opened = there.tap(Uuid::new_v4(), BADGE).await;
    there.hold(&opened);

    let event = stream.next().await;
    assert!(event.contains("event: covered_elsewhere") && event.contains(&session), "{event}");
    assert_eq!(here.report(0).await.status, 200, "its session goes on");
    here.conceal("elsewhere").await;
    let mut back = self::stream(&there).await;
    assert_eq!(here.resume(BADGE).await.status, 200);
    let event = back.next().await;
    assert!(
        event.contains("covered_elsewhere") && event.contains(opened.body["session_id"].as_str().unwrap())
    );
}

#[tokio::test]
async fn a_screen_that_could_not_be_told_is_told_when_it_is_back() {
    let (server, _, here, session) = maria("").await;
    server.enrol().await.tap(Uuid::new_v4(), BADGE).await;
    let mut stream = Stream::open(&without_session(&here)).await;
    assert!(stream.next().await.contains("hello"));
    let event = stream.next().await;
    assert!(event.contains("covered_elsewhere") && event.contains(&session), "{event}");

    here.conceal("elsewhere").await;
    let mut again = Stream::open(&without_session(&here)).await;
    assert!(again.next().await.contains("hello"));
    server.admin(json!({ "do": "session_end", "session_id": session })).await.unwrap();
    assert!(again.next().await.contains("session_ended"), "who has covered is not asked again");
}

#[tokio::test]
async fn whoever_covered_it_for_another_reason_is_still_asked() {
    let (server, _, here, session) = maria("").await;
    server.enrol().await.tap(Uuid::new_v4(), BADGE).await;
    here.conceal("user-tap").await;
    let mut stream = stream(&here).await;

    let event = stream.next().await;
    assert!(event.contains("covered_elsewhere") && event.contains(&session), "{event}");
}

#[tokio::test]
async fn an_answer_that_was_lost_uncovers_no_screen_that_she_has_left_since() {
    let (server, _, here, _) = maria("").await;
    let (lost, attempt) = (server.enrol().await, Uuid::new_v4());
    assert_eq!(lost.tap(attempt, BADGE).await.status, 201);
    assert_eq!(server.enrol().await.tap(Uuid::new_v4(), BADGE).await.status, 201);
    lost.tap(attempt, BADGE).await.assert_refused(410, "challenge.over");

    here.conceal("elsewhere").await;
    let factor = json!({ "kind": "badge", "badge": { "number": BADGE, "grade": "uid" } });
    let resume = json!({ "attempt_id": Uuid::new_v4(), "factor": factor });
    assert_eq!(here.post("/v1/session/resume", &resume).await.status, 200);
    assert_eq!(server.enrol().await.tap(Uuid::new_v4(), BADGE).await.status, 201);
    here.post("/v1/session/resume", &resume).await.assert_refused(410, "challenge.over");
    assert_eq!(here.resume(BADGE).await.status, 200, "back there herself");
}

#[tokio::test]
async fn an_answer_given_once_more_tells_her_other_screens_once_more() {
    let (server, _, here, session) = maria("").await;
    let mut stream = stream(&here).await;
    let (there, attempt) = (server.enrol().await, Uuid::new_v4());
    for _ in 0..2 {
        assert_eq!(there.tap(attempt, BADGE).await.status, 201);
        let event = stream.next().await;
        assert!(event.contains("covered_elsewhere") && event.contains(&session), "{event}");
    }
}

#[tokio::test]
async fn a_screen_that_is_thought_covered_is_told_too_and_a_strangers_never() {
    let (server, _, here, session) = maria("").await;
    here.conceal("user-tap").await;
    let jonas = server.add_person("jonas").await;
    let mut his = server.enrol().await;
    let his_session = his.sign_in(&server, &jonas).await;
    let [mut hers, mut his] = [stream(&here).await, stream(&his).await];
    server.enrol().await.tap(Uuid::new_v4(), BADGE).await;

    let event = hers.next().await;
    assert!(event.contains("covered_elsewhere") && event.contains(&session), "{event}");
    server.admin(json!({ "do": "session_end", "session_id": his_session })).await.unwrap();
    assert!(his.next().await.contains("session_ended"));
}

#[tokio::test]
async fn a_screen_that_she_may_have_uncovered_out_of_contact_is_told_when_it_is_back() {
    for policy in ["", "session.elsewhere = 'allow(2)'"] {
        let (server, _, here, session) = maria(policy).await;
        here.conceal("user-tap").await;
        server.enrol().await.tap(Uuid::new_v4(), BADGE).await;
        let mut stream = stream(&here).await;

        let event = stream.next().await;
        assert!(event.contains("covered_elsewhere") && event.contains(&session), "{policy}: {event}");
    }
}

#[tokio::test]
async fn a_screen_thought_covered_counts_for_none_of_those_that_policy_allows() {
    let (server, _, first, session) = maria("session.elsewhere = 'allow(2)'").await;
    server.advance(Duration::from_secs(10));
    let mut second = server.enrol().await;
    let opened = second.tap(Uuid::new_v4(), BADGE).await;
    second.hold(&opened);
    second.conceal("user-tap").await;
    let [mut first, mut second] = [stream(&first).await, stream(&second).await];
    server.advance(Duration::from_secs(10));
    server.enrol().await.tap(Uuid::new_v4(), BADGE).await;

    assert!(second.next().await.contains("covered_elsewhere"));
    server.admin(json!({ "do": "session_end", "session_id": session })).await.unwrap();
    assert!(first.next().await.contains("session_ended"), "it is one of the two");
}

#[tokio::test]
async fn where_policy_moves_the_first_session_ends_as_moved() {
    let (server, _, here, session) = maria("session.elsewhere = 'move'").await;
    let mut stream = stream(&here).await;
    server.enrol().await.tap(Uuid::new_v4(), BADGE).await;

    let event = stream.next().await;
    assert!(event.contains("session_ended") && event.contains("\"cause\":\"moved\""), "{event}");
    let ended = here.report(0).await;
    ended.assert_refused(410, "session.ended");
    assert_eq!(server.recorded(&["\"moved\"", &session]), 1);
}

#[tokio::test]
async fn what_was_left_open_at_the_same_workstation_is_not_moved() {
    let (server, _, here, session) = maria("session.elsewhere = 'move'").await;
    let again = here.tap(Uuid::new_v4(), BADGE).await;

    assert_eq!(again.status, 201, "{again:?}");
    assert_eq!(server.recorded(&["\"moved\""]), 0, "its workstation owes the true cause of {session}");
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions WHERE state = 'lapsed'"), 1);
}

#[tokio::test]
async fn where_policy_allows_two_a_third_covers_the_oldest() {
    let (server, _, first, session) = maria("session.elsewhere = 'allow(2)'").await;
    let mut first_stream = stream(&first).await;
    let mut second = server.enrol().await;
    server.advance(Duration::from_secs(10));
    let opened = second.tap(Uuid::new_v4(), BADGE).await;
    second.hold(&opened);
    let mut second_stream = stream(&second).await;
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions WHERE cover_asked_at IS NOT NULL"), 0);
    server.advance(Duration::from_secs(10));
    server.enrol().await.tap(Uuid::new_v4(), BADGE).await;

    let event = first_stream.next().await;
    assert!(event.contains("covered_elsewhere") && event.contains(&session), "{event}");
    assert_eq!(server.count("SELECT COUNT(*) FROM sessions WHERE cover_asked_at IS NOT NULL"), 1);
    let second_session = opened.body["session_id"].as_str().unwrap();
    server.admin(json!({ "do": "session_end", "session_id": second_session })).await.unwrap();
    assert!(second_stream.next().await.contains("session_ended"), "the second stays uncovered");
}

/// A stream whose greeting was read.
async fn stream(workstation: &Workstation) -> Stream {
    let mut stream = Stream::open(&without_session(workstation)).await;
    assert!(stream.next().await.contains("hello"));
    stream
}

fn without_session(workstation: &Workstation) -> Workstation {
    let mut workstation = workstation.clone();
    workstation.credential = None;
    workstation
}

/// Signed in at one workstation, her badge enrolled.
async fn maria(policy: &str) -> (TestServer, Person, Workstation, String) {
    let server = TestServer::start_with(policy).await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let session = workstation.sign_in(&server, &maria).await;
    assert_eq!(workstation.enrol_badge(BADGE).await.status, 201);
    (server, maria, workstation, session)
}
