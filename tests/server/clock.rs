//! The wall clock of the server's machine may be set to anything.

use std::time::Duration;

use harness::server::TestServer;
use jiff::SignedDuration;
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
