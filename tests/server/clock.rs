//! The wall clock of the server's machine may be set to anything.

use std::time::Duration;

use harness::server::{TestServer, real_time};
use jiff::SignedDuration;
use serde_json::json;
use server::serve::{Options, Running, start};
use uuid::Uuid;

const YEAR: SignedDuration = SignedDuration::from_hours(24 * 365);
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_wall_clock_a_year_ahead_ends_no_session_and_is_forgotten_once_it_is_set_right() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;

    server.set_wall_by(YEAR);
    server.advance(MINUTE);
    assert_eq!(workstation.report(0).await.status, 200);
    server.set_wall_by(-YEAR);
    server.advance(MINUTE);

    assert_eq!(workstation.report(0).await.status, 200);
    let remaining = workstation.get("/v1/session").await.body["absolute_remaining_ms"].as_u64().unwrap();
    assert_eq!(remaining, 43_200_000 - 120_000, "the glitch is gone");
}

#[tokio::test]
async fn a_wall_clock_set_back_lengthens_no_session() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    workstation.sign_in(&server, &maria).await;

    server.set_wall_by(-YEAR);
    // A twentieth slower at most.
    server.advance(MINUTE * 16);

    workstation.report(0).await.assert_refused(401, "session.lapsed");
}

#[tokio::test]
async fn a_jump_over_two_minutes_is_on_record_once_and_dated_by_the_time_before_it() {
    let server = TestServer::start().await;
    server.set_wall_by(YEAR);
    server.advance(MINUTE);
    server.until("the jump is on record", |server| server.recorded(&["clock-jumped"]) == 1).await;
    assert_eq!(server.recorded(&["clock-jumped", "2027-03-01T13:01:"]), 1, "{:?}", server.trail());

    server.set_wall_by(-YEAR);
    server.advance(MINUTE * 2);
    server.until("the jump back is on record", |server| server.recorded(&["clock-jumped"]) == 2).await;
    server.set_wall_by(SignedDuration::from_secs(100));
    server.advance(MINUTE * 2);
    server.set_wall_by(SignedDuration::from_secs(100));
    server.advance(MINUTE * 2);

    server.until("small settings add up", |server| server.recorded(&["clock-jumped"]) == 3).await;
}

#[tokio::test]
async fn a_jump_and_the_jump_back_within_a_minute_are_both_on_record() {
    let server = TestServer::start().await;
    for by in [YEAR, -YEAR] {
        server.set_wall_by(by);
        server.enrol().await;
    }
    server.advance(MINUTE);

    server.until("both are on record", |server| server.recorded(&["clock-jumped"]) == 2).await;
}

#[tokio::test]
async fn a_jump_just_before_the_server_is_stopped_is_on_record() {
    let mut server = TestServer::start().await;
    server.set_wall_by(YEAR);

    server.restart().await;

    assert_eq!(server.recorded(&["clock-jumped"]), 1, "{:?}", server.trail());
}

#[tokio::test]
async fn a_restart_does_not_go_before_what_a_session_was_heard_at_until_that_is_ended() {
    let mut server = TestServer::start_with_certificates_of(real_time()).await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    server.advance(YEAR.unsigned_abs());
    workstation.sign_in(&server, &maria).await;
    server.stop().await;
    let is_ahead = |running: &Running| {
        let clock = &running.app.clock;
        clock.now().duration_since(clock.wall()) > SignedDuration::from_hours(24)
    };

    let running = by_the_machines_clock(&server).await;
    assert!(is_ahead(&running), "a wall clock that was set back keeps no session open");
    let list = server.admin(json!({ "do": "session_list" })).await.unwrap();
    let session = &list["sessions"][0]["session_id"];
    server.admin(json!({ "do": "session_end", "session_id": session })).await.unwrap();
    running.drain().await.unwrap();
    let running = by_the_machines_clock(&server).await;

    assert!(!is_ahead(&running));
    running.drain().await.unwrap();
}

/// Runs on the folder of a server that was stopped.
async fn by_the_machines_clock(server: &TestServer) -> Running {
    let options = Options { listen: Some(([127, 0, 0, 1], 0).into()), clock: None };
    start(&server.data(), options).await.unwrap()
}

#[tokio::test]
async fn one_time_codes_are_those_of_the_wall_clock() {
    let server = TestServer::start().await;
    let mut workstation = server.enrol().await;
    let maria = server.add_person("maria").await;
    let of_the_time_before = server.code(&maria);
    server.set_wall_by(SignedDuration::from_hours(1));

    let challenge = workstation.challenge(&maria).await;
    let answer = workstation.second_factor(Uuid::new_v4(), &challenge, &of_the_time_before).await;
    answer.assert_refused(401, "second_factor.refused");
    workstation.sign_in(&server, &maria).await;
}
