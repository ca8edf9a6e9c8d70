//! What a person wants besides being signed in: to report a lost badge, to renew, and "My sessions".

use agent_core::{
    command::ResumeFactor,
    my_sessions::{Elsewhere, SessionElsewhere},
};
use axum::extract::Path;
use tokio::sync::{
    Notify,
    mpsc::{UnboundedSender, unbounded_channel},
};

use super::*;

const THERE: SessionId = SessionId(Uuid::from_u128(8));

#[tokio::test]
async fn a_lost_badge_is_reported_by_name_password_and_code() {
    let (asked, mut heard) = unbounded_channel();
    let challenge = json!({ "challenge_id": Uuid::from_u128(3), "satisfied_by": ["totp"],
        "expires_in_ms": 120_000, "tries_left": 5 });
    let router = Router::new()
        .route("/v1/badges/lost", post(noting(&asked, 202, challenge)))
        .route("/v1/challenges/{id}", post(json_of(200, json!({ "revoked": 2 }))));
    let mut ward = Ward::new(router).await;

    ward.server.report_badges_lost(ATTEMPT, "maria".into(), Secret::new("correct horse".into()));

    let told = ward.next_but_contact().await;
    assert!(matches!(told, Event::ChallengeIssued { attempt: ATTEMPT, .. }), "{told:?}");
    let body = heard.recv().await.unwrap();
    assert_eq!(body, json!({ "attempt_id": ATTEMPT.0, "name": "maria", "password": "correct horse" }));

    let challenge = ChallengeId(Uuid::from_u128(3));
    ward.server.answer_challenge(ATTEMPT, challenge, Answer::Totp(Secret::new("123456".into())));

    assert_eq!(ward.next_but_contact().await, Event::BadgesRevoked { attempt: ATTEMPT, count: 2 });
}

#[tokio::test]
async fn who_renews_says_so_with_her_password() {
    let (asked, mut heard) = unbounded_channel();
    let challenge = json!({ "challenge_id": Uuid::from_u128(3), "satisfied_by": ["totp"],
        "expires_in_ms": 120_000, "tries_left": 5 });
    let router = Router::new().route("/v1/session/resume", post(noting(&asked, 202, challenge)));
    let ward = Ward::new(router).await;
    ward.server.hold_credential(SESSION, Secret::new("credential".into()));

    for renews_grace in [true, false] {
        let factor = ResumeFactor::Password(Secret::new("correct horse".into()));
        ward.server.resume_session(ATTEMPT, SESSION, factor, renews_grace);

        let body = heard.recv().await.unwrap();
        assert_eq!(body.get("renews_grace"), renews_grace.then_some(&Value::Bool(true)), "{body}");
    }
}

#[tokio::test]
async fn a_resume_does_not_overtake_the_word_that_the_screen_was_covered() {
    let (asked, mut heard) = unbounded_channel();
    let status = json!({ "session_id": SESSION.0, "state": "open", "inactivity_remaining_ms": 1,
        "absolute_remaining_ms": 1 });
    let (concealed, resumed) = (asked.clone(), asked);
    let overtaken = Arc::new(Notify::new());
    let overtakes = Arc::clone(&overtaken);
    let conceal = move |Json(cause): Json<Value>| {
        let (concealed, status, overtaken) = (concealed.clone(), status.clone(), Arc::clone(&overtaken));
        async move {
            // Slow on its way: a resume that does not wait for it is there first, and then this has not long to wait.
            let _ = tokio::time::timeout(Duration::from_millis(200), overtaken.notified()).await;
            concealed.send(cause).unwrap();
            Json(status)
        }
    };
    let resume = move |Json(body): Json<Value>| {
        resumed.send(body).unwrap();
        overtakes.notify_one();
        async { axum::http::StatusCode::FORBIDDEN }
    };
    let router =
        Router::new().route("/v1/session/conceal", post(conceal)).route("/v1/session/resume", post(resume));
    let ward = Ward::new(router).await;
    ward.server.hold_credential(SESSION, Secret::new("credential".into()));

    ward.server.tell_concealed(SESSION, agent_core::command::ConcealCause::UserTap);
    tokio::task::yield_now().await;
    let factor = ResumeFactor::Password(Secret::new("correct horse".into()));
    ward.server.resume_session(ATTEMPT, SESSION, factor, false);

    assert_eq!(heard.recv().await.unwrap(), json!({ "cause": "user-tap" }));
    assert_eq!(heard.recv().await.unwrap()["attempt_id"], json!(ATTEMPT.0));
}

#[tokio::test]
async fn her_sessions_are_told_without_the_one_that_asks() {
    let mut ward = Ward::new(Router::new().route("/v1/sessions", get(json_of(200, mine())))).await;
    ward.server.hold_credential(SESSION, Secret::new("credential".into()));

    ward.server.list_my_sessions(ATTEMPT, SESSION);

    let Event::MySessionsTold { attempt: ATTEMPT, session: SESSION, elsewhere: Some(rows) } =
        ward.next_but_contact().await
    else {
        panic!("her sessions were not told")
    };
    let [SessionElsewhere { session: THERE, workstation, unit, is_covered: true, opened_ago }] =
        rows.as_slice()
    else {
        panic!("{rows:?}")
    };
    assert_eq!((workstation.as_str(), unit.as_str()), ("WS-08", "ICU-3"));
    assert!(*opened_ago > Duration::from_secs(60), "{opened_ago:?}");
}

#[tokio::test]
async fn where_she_ends_one_the_rest_is_told() {
    let (ended, mut heard) = unbounded_channel();
    let end = move |Path(id): Path<Uuid>, Json(body): Json<Value>| {
        ended.send((id, body.clone())).unwrap();
        let answer = json!({ "session_id": id, "cause": "user-elsewhere" });
        async move { Json(answer) }
    };
    let router = Router::new()
        .route("/v1/sessions/{id}", delete(end))
        .route("/v1/sessions", get(json_of(200, json!({ "sessions": [] }))));
    let mut ward = Ward::new(router).await;
    ward.server.hold_credential(SESSION, Secret::new("credential".into()));

    ward.server.end_elsewhere(ATTEMPT, SESSION, Elsewhere::At(THERE));

    let told = Event::MySessionsTold { attempt: ATTEMPT, session: SESSION, elsewhere: Some(Vec::new()) };
    assert_eq!(ward.next_but_contact().await, told);
    assert_eq!(heard.recv().await.unwrap(), (THERE.0, json!({ "cause": "user-elsewhere" })));
}

#[tokio::test]
async fn signed_out_everywhere_else_her_tap_is_not_enough_any_more() {
    let router = Router::new().route(
        "/v1/sessions",
        get(json_of(200, json!({ "sessions": [] }))).delete(json_of(200, json!({ "ended": [] }))),
    );
    let mut ward = Ward::new(router).await;
    ward.server.hold_credential(SESSION, Secret::new("credential".into()));

    ward.server.end_elsewhere(ATTEMPT, SESSION, Elsewhere::Everywhere);

    assert_eq!(ward.next_but_contact().await, Event::GraceTold { session: SESSION, remaining: None });
    let told = Event::MySessionsTold { attempt: ATTEMPT, session: SESSION, elsewhere: Some(Vec::new()) };
    assert_eq!(ward.next_but_contact().await, told);
}

#[tokio::test]
async fn a_server_that_says_no_tells_no_sessions_and_what_it_says_of_this_one_counts() {
    let unanswered = Event::MySessionsTold { attempt: ATTEMPT, session: SESSION, elsewhere: None };
    let refused = get(|| async { problem(410, ProblemCode::SessionEnded) });
    let mut ward = Ward::new(Router::new().route("/v1/sessions", refused)).await;
    ward.server.hold_credential(SESSION, Secret::new("credential".into()));

    ward.server.list_my_sessions(ATTEMPT, SESSION);

    assert_eq!(ward.next_but_contact().await, unanswered);
    let ended = Event::SessionEndedByServer { session: SESSION, cause: EndCause::Admin };
    assert_eq!(ward.next_but_contact().await, ended);

    ward.server.list_my_sessions(ATTEMPT, THERE);

    let told = ward.next_but_contact().await;
    assert_eq!(
        told,
        Event::MySessionsTold { attempt: ATTEMPT, session: THERE, elsewhere: None },
        "nobody speaks for another"
    );
}

fn mine() -> Value {
    let row = |session: SessionId, workstation: &str, is_this: bool| {
        json!({ "session_id": session.0, "workstation": workstation, "unit": "ICU-3",
            "opened_at": "1960-01-01T00:00:00Z", "state": "open", "is_covered": !is_this, "is_this": is_this })
    };
    json!({ "sessions": [row(SESSION, "WS-07", true), row(THERE, "WS-08", false)] })
}

/// Answers `body` and passes on what it was asked.
fn noting(
    asked: &UnboundedSender<Value>,
    status: u16,
    body: Value,
) -> impl Fn(Json<Value>) -> std::future::Ready<(StatusCode, Json<Value>)> + Clone + Send + Sync + 'static {
    let asked = asked.clone();
    move |Json(question)| {
        asked.send(question).unwrap();
        std::future::ready((StatusCode::from_u16(status).unwrap(), Json(body.clone())))
    }
}
