//! `GET /v1/sessions`, `DELETE /v1/sessions` and ending one elsewhere

use harness::{server::TestServer, workstation::Workstation};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stream::Stream;

const BADGE: &str = "uid:04a1b2c3d4e5f6";

#[tokio::test]
async fn she_sees_where_she_is_signed_in_and_nobody_elses() {
    let ward = Ward::maria_at_two().await;
    let jonas = ward.server.add_person("jonas").await;
    let mut his = ward.server.enrol().await;
    his.sign_in(&ward.server, &jonas).await;
    ward.here.conceal("elsewhere").await;
    let mine = ward.there.get("/v1/sessions").await;

    let sessions = mine.body["sessions"].as_array().unwrap();
    let told: Vec<_> = sessions
        .iter()
        .map(|one| {
            let place = [&one["workstation"], &one["unit"], &one["state"]];
            json!([one["session_id"], place, one["is_covered"], one["is_this"]])
        })
        .collect();
    let here = json!([ward.session_here, ["WS-01", "ICU-3", "open"], true, false]);
    let there = json!([ward.session_there, ["WS-02", "", "open"], false, true]);
    assert_eq!(told, [here, there]);
    assert_eq!(sessions[0]["opened_at"], "2027-03-01T13:00:00Z");
    ward.server.advance(std::time::Duration::from_secs(600));
    assert_eq!(ward.there.report(0).await.status, 200);
    ward.server.advance(std::time::Duration::from_secs(400));
    let mine = ward.there.get("/v1/sessions").await;
    let state = |number: usize| mine.body["sessions"][number]["state"].clone();
    assert_eq!((state(0), state(1)), (json!("lapsed"), json!("open")), "{mine:?}");
    his.credential = None;
    his.get("/v1/sessions").await.assert_refused(401, "session.unknown");
}

#[tokio::test]
async fn she_signs_out_there_from_here_and_only_her_own_and_only_so() {
    let ward = Ward::maria_at_two().await;
    let jonas = ward.server.add_person("jonas").await;
    let mut his = ward.server.enrol().await;
    let his_session = his.sign_in(&ward.server, &jonas).await;
    let path = format!("/v1/sessions/{}", ward.session_here);
    let as_elsewhere = json!({ "cause": "user-elsewhere" });
    his.delete(&path, &as_elsewhere).await.assert_refused(401, "session.unknown");
    ward.there.delete(&path, &json!({ "cause": "user-button" })).await.assert_refused(401, "session.unknown");
    let of_jonas = format!("/v1/sessions/{his_session}");
    ward.there.delete(&of_jonas, &as_elsewhere).await.assert_refused(401, "session.unknown");
    assert_eq!(ward.here.report(0).await.status, 200);
    let mut stream = Stream::open(&without_session(&ward.here)).await;
    assert!(stream.next().await.contains("hello"));
    assert!(stream.next().await.contains("covered_elsewhere"), "she uncovered the other");
    let ended = ward.there.delete(&path, &as_elsewhere).await;

    let event = stream.next().await;
    assert!(event.contains("event: session_ended") && event.contains("user-elsewhere"), "{event}");
    assert!(event.contains(&ward.session_here), "{event}");
    assert_eq!((ended.status, &ended.body["cause"]), (200, &json!("user-elsewhere")), "{ended:?}");
    ward.here.report(0).await.assert_refused(410, "session.ended");
    assert_eq!(ward.server.recorded(&["user-elsewhere", &ward.session_here]), 1);
    assert_eq!(ward.there.delete(&path, &as_elsewhere).await.body["cause"], "user-elsewhere");
    let asked = ["session.end-elsewhere", "Maria O.", "WS-02", &ward.session_there];
    assert_eq!(ward.server.recorded(&asked), 1, "her tap alone began the session in which she asked");
    assert_eq!(ward.server.recorded(&["session.end-elsewhere"]), 1);
}

#[tokio::test]
async fn what_was_left_over_at_this_workstation_is_ended_and_recorded_as_one_elsewhere() {
    let mut ward = Ward::maria_at_two().await;
    let again = ward.there.tap(Uuid::new_v4(), BADGE).await;
    ward.there.hold(&again);
    let path = format!("/v1/sessions/{}", ward.session_there);
    let ended = ward.there.delete(&path, &json!({ "cause": "user-elsewhere" })).await;

    assert_eq!((ended.status, &ended.body["cause"]), (200, &json!("user-elsewhere")), "{ended:?}");
    assert_eq!(ward.server.recorded(&["user-elsewhere", &ward.session_there]), 1, "its logout");
    assert_eq!(ward.server.recorded(&["session.end-elsewhere", "WS-02"]), 1);
    assert_eq!(ward.there.report(0).await.status, 200, "this one goes on");
}

#[tokio::test]
async fn signed_out_everywhere_her_grace_is_over_and_this_session_is_hers_to_end() {
    let ward = Ward::maria_at_two().await;
    let mut call = harness::workstation::Call::bare(Method::DELETE, "/v1/sessions");
    call.media_type = None;
    let ended = ward.there.send(call).await;

    let told = json!([{ "session_id": ward.session_here, "cause": "user-elsewhere" }]);
    assert_eq!((ended.status, &ended.body["ended"]), (200, &told), "{ended:?}");
    ward.here.report(0).await.assert_refused(410, "session.ended");
    assert_eq!(ward.there.report(0).await.status, 200);
    let third: Value = ward.server.enrol().await.tap(Uuid::new_v4(), BADGE).await.body;
    assert_eq!(third["satisfied_by"], json!(["password"]));
    assert_eq!(ward.server.recorded(&["session.end-everywhere", "WS-02", &ward.session_there]), 1);
}

fn without_session(workstation: &Workstation) -> Workstation {
    let mut workstation = workstation.clone();
    workstation.credential = None;
    workstation
}

struct Ward {
    server: TestServer,
    here: Workstation,
    there: Workstation,
    session_here: String,
    session_there: String,
}

impl Ward {
    async fn maria_at_two() -> Self {
        let server = TestServer::start().await;
        let mut here = server.enrol_in("ICU-3").await;
        let maria = server.add_person("maria").await;
        let session_here = here.sign_in(&server, &maria).await;
        assert_eq!(here.enrol_badge(BADGE).await.status, 201);
        let mut there = server.enrol().await;
        let opened = there.tap(Uuid::new_v4(), BADGE).await;
        there.hold(&opened);
        let session_there = opened.body["session_id"].as_str().unwrap().to_owned();
        Self { server, here, there, session_here, session_there }
    }
}
