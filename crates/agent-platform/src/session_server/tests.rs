//! Each call's one answer, by what the server says; ends that wait for it; and what it tells unasked.

use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};

use agent_core::{
    command::{Answer, FailClosedCause},
    event::Refusal,
};
use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use protocol::v1::problem::{PROBLEM_MEDIA_TYPE, PROBLEM_TYPE_PREFIX, Problem};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;
use uuid::Uuid;

use super::*;
use crate::testing::{Authority, fit_workstation, serve};

mod besides;

const SESSION: SessionId = SessionId(Uuid::from_u128(1));
const ATTEMPT: AttemptId = AttemptId(Uuid::from_u128(2));

#[tokio::test]
async fn each_refusal_of_a_sign_in_is_told_in_the_cores_words() {
    let unavailable = Event::SignInUnanswered { attempt: ATTEMPT, fault: ContactFault::Unavailable };
    let refused = |refusal| Event::SignInRefused { attempt: ATTEMPT, refusal };
    let cases = [
        (401, ProblemCode::SignInRefused, refused(Refusal::NameOrPassword)),
        (
            429,
            ProblemCode::SignInLockedOut,
            refused(Refusal::LockedOut { retry_after: Duration::from_millis(30_000) }),
        ),
        (404, ProblemCode::BadgeUnlisted, refused(Refusal::BadgeUnlisted)),
        (429, ProblemCode::BadgeWait, refused(Refusal::BadgeWait)),
        (403, ProblemCode::UserDisabled, refused(Refusal::Disabled)),
        (401, ProblemCode::SecondFactorRefused, refused(Refusal::Code { tries_left: 4 })),
        (410, ProblemCode::ChallengeOver, refused(Refusal::ChallengeOver)),
        (503, ProblemCode::ServerBusy, refused(Refusal::Busy)),
        (422, ProblemCode::RequestInvalid, refused(Refusal::Malformed)),
        (413, ProblemCode::RequestTooLarge, refused(Refusal::Malformed)),
        (409, ProblemCode::Conflict, unavailable.clone()),
        (503, ProblemCode::ServerUnavailable, unavailable.clone()),
        (500, ProblemCode::ServerFault, unavailable),
    ];
    for (status, code, told) in cases {
        let router = Router::new().route("/v1/sessions", post(move || async move { problem(status, code) }));
        let mut ward = Ward::new(router).await;

        ward.server.open_session(ATTEMPT, "maria".into(), Secret::new("x".into()));

        ward.until(&told).await;
    }
}

#[tokio::test]
async fn a_challenge_and_a_session_are_told_apart_and_their_status_must_agree() {
    let challenge = json!({ "challenge_id": Uuid::from_u128(3), "satisfied_by": ["totp"],
        "expires_in_ms": 120_000, "tries_left": 5 });
    let unanswered = Event::SignInUnanswered { attempt: ATTEMPT, fault: ContactFault::NotOurServer };
    for (status, body, is_challenge) in [(202, challenge.clone(), true), (201, challenge, false)] {
        let mut ward = Ward::new(Router::new().route("/v1/sessions", post(json_of(status, body)))).await;

        ward.server.open_session(ATTEMPT, "maria".into(), Secret::new("x".into()));

        let told = ward.next_but_contact().await;
        assert_eq!(matches!(told, Event::ChallengeIssued { tries_left: 5, .. }), is_challenge);
        assert_eq!(told == unanswered, !is_challenge);
    }
}

#[tokio::test]
async fn a_complete_sign_in_gives_the_credential_and_its_limits() {
    let opened = json!({ "session_id": SESSION.0, "credential": "canary", "opened_at": "2027-01-01T00:00:00Z",
        "user": { "user_id": Uuid::from_u128(9), "display_name": "Maria O.", "role": "RN" },
        "limits": { "inactivity_ms": 900_000, "warning_ms": 60_000, "absolute_remaining_ms": 1,
            "heartbeat_ms": 2 } });
    let router = Router::new().route("/v1/challenges/{id}", post(json_of(201, opened)));
    let mut ward = Ward::new(router).await;

    let challenge = ChallengeId(Uuid::from_u128(3));
    ward.server.answer_challenge(ATTEMPT, challenge, Answer::Totp(Secret::new("123456".into())));

    let told = ward.next_but_contact().await;
    assert!(!format!("{told:?}").contains("canary"));
    let Event::SessionOpened { session, credential, limits, .. } = told else { panic!("{told:?}") };
    assert_eq!((session, credential.expose()), (SESSION, "canary"));
    assert_eq!(limits.inactivity, Duration::from_secs(900));
}

#[tokio::test]
async fn a_refused_workstation_is_told_besides_the_answer() {
    for (code, cause) in [
        (ProblemCode::WorkstationUnknown, FailClosedCause::WorkstationUnknown),
        (ProblemCode::WorkstationRevoked, FailClosedCause::WorkstationRevoked),
        (ProblemCode::WorkstationCloned, FailClosedCause::WorkstationCloned),
    ] {
        let router = Router::new().route("/v1/sessions", post(move || async move { problem(403, code) }));
        let mut ward = Ward::new(router).await;

        ward.server.open_session(ATTEMPT, "maria".into(), Secret::new("x".into()));

        assert_eq!(ward.next_but_contact().await, Event::WorkstationRefused(cause));
        ward.until(&Event::SignInUnanswered { attempt: ATTEMPT, fault: ContactFault::Unavailable }).await;
    }
}

#[tokio::test]
async fn what_the_server_says_of_the_session_is_told() {
    let ended = |cause| Event::SessionEndedByServer { session: SESSION, cause };
    let cases = [
        (401, ProblemCode::SessionLapsed, Event::SessionLapsed { session: SESSION }),
        (410, ProblemCode::SessionEnded, ended(EndCause::Admin)),
        (401, ProblemCode::SessionUnknown, ended(EndCause::ContactLost)),
    ];
    for (status, code, told) in cases {
        let answer = move || async move { problem(status, code) };
        let mut ward = Ward::new(Router::new().route("/v1/session/activity", post(answer))).await;
        ward.server.hold_credential(SESSION, Secret::new("credential".into()));

        ward.server.report_activity(SESSION, Duration::ZERO);

        assert_eq!(ward.next_but_contact().await, told, "{code:?}");
    }
}

#[tokio::test]
async fn how_long_a_tap_is_enough_is_told_with_each_report() {
    for (remaining_ms, told) in [(Some(5_000), Some(Duration::from_secs(5))), (None, None)] {
        let status = json!({ "session_id": SESSION.0, "state": "open", "inactivity_remaining_ms": 1,
            "absolute_remaining_ms": 1, "grace_remaining_ms": remaining_ms });
        let mut ward =
            Ward::new(Router::new().route("/v1/session/activity", post(json_of(200, status)))).await;
        ward.server.hold_credential(SESSION, Secret::new("credential".into()));

        ward.server.report_activity(SESSION, Duration::ZERO);

        assert_eq!(ward.next_but_contact().await, Event::ActivityAccepted { session: SESSION });
        assert_eq!(ward.next_but_contact().await, Event::GraceTold { session: SESSION, remaining: told });
    }
}

#[tokio::test]
async fn nobody_speaks_for_a_session_with_the_credential_of_another() {
    let mut ward = Ward::new(Router::new().route("/v1/session/activity", post(|| async { "asked" }))).await;
    ward.server.hold_credential(SessionId(Uuid::from_u128(8)), Secret::new("credential".into()));

    ward.server.report_activity(SESSION, Duration::ZERO);

    assert_eq!(ward.next_but_contact().await, Event::ServerAway(ContactFault::Unavailable));
}

#[tokio::test]
async fn a_credential_the_server_does_not_know_after_a_lost_contact_ends_nothing() {
    for (status, code, is_ended) in
        [(401, ProblemCode::SessionUnknown, false), (410, ProblemCode::SessionEnded, true)]
    {
        let answer = move || async move { problem(status, code) };
        let mut ward = Ward::new(Router::new().route("/v1/session", get(answer))).await;
        ward.server.hold_credential(SESSION, Secret::new("credential".into()));

        let fit = ward.workstation.fit().unwrap();
        push::ask_after_session(&fit, &ward.server.contact, &ward.server.held).await;

        let told: Vec<_> = std::iter::from_fn(|| ward.events.try_recv().ok()).collect();
        let tells_an_end = told.iter().any(|event| matches!(event, Event::SessionEndedByServer { .. }));
        assert_eq!(tells_an_end, is_ended, "{code:?}: {told:?}");
    }
}

#[tokio::test]
async fn an_end_stands_in_the_outbox_at_once_and_is_told_until_the_server_has_it() {
    let status = Arc::new(AtomicU16::new(503));
    let now = Arc::clone(&status);
    let answer = move || {
        let now = now.load(Ordering::SeqCst);
        async move {
            match now {
                200 => Json(json!({ "session_id": SESSION.0, "cause": "user-button" })).into_response(),
                _ => problem(503, ProblemCode::ServerUnavailable),
            }
        }
    };
    let mut ward = Ward::new(Router::new().route("/v1/sessions/{id}", delete(answer))).await;

    ward.server.end_session(SESSION, EndCause::UserButton);
    ward.until(&Event::SessionEndTold { session: SESSION }).await;
    assert_eq!(ward.ends().await, 1);

    status.store(200, Ordering::SeqCst);
    ward.until_no_ends().await;
}

#[tokio::test]
async fn an_end_the_disk_does_not_take_is_told_at_once_and_each_try_is_the_cores() {
    let (status, asked) = (Arc::new(AtomicU16::new(503)), Arc::new(AtomicUsize::new(0)));
    let (now, counted) = (Arc::clone(&status), Arc::clone(&asked));
    let answer = move || {
        counted.fetch_add(1, Ordering::SeqCst);
        let now = now.load(Ordering::SeqCst);
        async move {
            match now {
                200 => Json(json!({ "session_id": SESSION.0, "cause": "user-button" })).into_response(),
                _ => problem(503, ProblemCode::ServerUnavailable),
            }
        }
    };
    let mut ward = Ward::new(Router::new().route("/v1/sessions/{id}", delete(answer))).await;
    // No spool can be opened where a folder stands.
    std::fs::create_dir(ward.folder.path().join("spool.sqlite")).unwrap();

    ward.server.end_session(SESSION, EndCause::UserButton);
    let tried = async {
        while asked.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), tried).await.unwrap();
    status.store(200, Ordering::SeqCst);
    ward.server.end_session(SESSION, EndCause::UserButton);
    ward.until(&Event::SessionEndTold { session: SESSION }).await;

    assert_eq!(asked.load(Ordering::SeqCst), 2, "one try for each time it was asked for");
    let again: Vec<_> = std::iter::from_fn(|| ward.events.try_recv().ok()).collect();
    assert!(
        !again.contains(&Event::SessionEndTold { session: SESSION }),
        "the first was not told: {again:?}"
    );
}

#[tokio::test]
async fn an_end_that_the_server_does_not_need_leaves_the_outbox() {
    for (status, code) in
        [(410, ProblemCode::SessionEnded), (401, ProblemCode::SessionUnknown), (404, ProblemCode::NotFound)]
    {
        let answer = move || async move { problem(status, code) };
        let mut ward = Ward::new(Router::new().route("/v1/sessions/{id}", delete(answer))).await;

        ward.server.end_session(SESSION, EndCause::UserButton);
        ward.until(&Event::SessionEndTold { session: SESSION }).await;

        ward.until_no_ends().await;
    }
}

#[tokio::test]
async fn what_the_server_tells_unasked_is_told_and_what_it_says_more_is_passed_over() {
    let ended = json!({ "kind": "session_ended", "session_id": SESSION.0, "cause": "disabled" });
    let stream = format!(
        "event: hello\ndata: {{\"kind\":\"hello\"}}\n\n: alive\n\ndata: {{\"kind\":\"tea_is_ready\"}}\n\n\
         data: {ended}\n\ndata: {{\"kind\":\"workstation_revoked\"}}\n\n"
    );
    let answer =
        move || async move { ([("content-type", "text/event-stream")], stream.clone()).into_response() };
    let mut ward = Ward::new(Router::new().route("/v1/events", get(answer))).await;

    assert_eq!(ward.next().await, Event::ServerReached);
    let ended = Event::SessionEndedByServer { session: SESSION, cause: EndCause::Disabled };
    assert_eq!(ward.next().await, ended);
    assert_eq!(ward.next().await, Event::WorkstationRefused(FailClosedCause::WorkstationRevoked));
}

#[tokio::test]
async fn a_stream_of_another_media_type_is_not_our_servers_and_tells_nothing() {
    let ended = json!({ "kind": "session_ended", "session_id": SESSION.0, "cause": "disabled" });
    for media_type in ["text/html", "application/json", "text/event-streams"] {
        let page = format!("data: {{\"kind\":\"hello\"}}\n\ndata: {ended}\n\n");
        let asked = Arc::new(AtomicU16::new(0));
        let counted = Arc::clone(&asked);
        let answer = move || async move {
            counted.fetch_add(1, Ordering::SeqCst);
            ([("content-type", media_type)], page).into_response()
        };
        let mut ward = Ward::new(Router::new().route("/v1/events", get(answer))).await;

        assert_eq!(ward.next().await, Event::ServerAway(ContactFault::NotOurServer), "{media_type}");
        let asked_again = async {
            while asked.load(Ordering::SeqCst) < 2 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), asked_again).await.unwrap();
        assert_eq!(ward.events.try_recv().ok(), None, "nothing that it said was heeded");
    }
}

#[tokio::test]
async fn without_a_credential_nothing_is_sent_for_a_session() {
    let mut ward = Ward::new(Router::new()).await;

    ward.server.report_activity(SESSION, Duration::ZERO);

    assert_eq!(ward.next_but_contact().await, Event::ServerAway(ContactFault::Unavailable));
}

struct Ward {
    server: HttpSessionServer,
    workstation: Workstation,
    events: UnboundedReceiver<Event>,
    folder: tempfile::TempDir,
}

impl Ward {
    /// Without a stream of events, where `router` has none.
    async fn new(router: Router) -> Self {
        let authority = Authority::new();
        let address = serve(&authority.certificate(), router).await;
        let folder = tempfile::tempdir().unwrap();
        let workstation = fit_workstation(&authority, address, folder.path());
        let (sink, events) = EventSink::channel();
        let server = HttpSessionServer::start(workstation.clone(), sink);
        Self { server, workstation, events, folder }
    }

    async fn next(&mut self) -> Event {
        tokio::time::timeout(Duration::from_secs(20), self.events.recv()).await.unwrap().unwrap()
    }

    /// The stream of events may fail at any time; that is told, too.
    async fn next_but_contact(&mut self) -> Event {
        loop {
            match self.next().await {
                Event::ServerReached
                | Event::ServerAway(ContactFault::NotOurServer | ContactFault::Unreachable) => {}
                event => return event,
            }
        }
    }

    /// Passes over what else is told.
    async fn until(&mut self, told: &Event) {
        while self.next().await != *told {}
    }

    async fn ends(&self) -> usize {
        let fit = self.workstation.fit().unwrap();
        fit.spool.run(|spool, _| spool.session_ends()).await.unwrap().len()
    }

    async fn until_no_ends(&self) {
        let gone = async {
            while self.ends().await > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), gone).await.unwrap();
    }
}

fn json_of(
    status: u16,
    body: Value,
) -> impl Fn() -> std::future::Ready<(StatusCode, Json<Value>)> + Clone + Send + Sync + 'static {
    move || std::future::ready((StatusCode::from_u16(status).unwrap(), Json(body.clone())))
}

fn problem(status: u16, code: ProblemCode) -> Response {
    let problem = Problem {
        type_uri: format!("{PROBLEM_TYPE_PREFIX}test"),
        title: "Test".into(),
        status,
        code,
        detail: None,
        correlation_id: Uuid::nil(),
        retry_after_ms: Some(30_000),
        tries_left: Some(4),
        cause: Some(protocol::v1::session::EndCause::Admin),
    };
    let status = StatusCode::from_u16(status).unwrap();
    let json = serde_json::to_string(&problem).unwrap();
    (status, [("content-type", PROBLEM_MEDIA_TYPE)], json).into_response()
}
