//! `GET /v1/events`: server-sent events for one workstation.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, StreamExt as _, stream};
use protocol::v1::{
    event::{KEEP_ALIVE_MS, ServerEvent},
    problem::{Problem, ProblemCode},
};
use tokio_stream::wrappers::ReceiverStream;

use crate::{app::App, auth::workstation::ProvenWorkstation, error::ApiError, store::screens};

/// Comments come this often: somewhat before a reader would miss one.
const KEEP_ALIVE: Duration = Duration::from_millis(KEEP_ALIVE_MS * 2 / 3);

/// Streams what concerns this workstation. The stream ends when the server drains.
///
/// # Errors
/// `server.busy` when there are too many streams.
#[utoipa::path(get, path = "/v1/events", tag = "events", responses(
    (status = 200, description = "A stream of events", body = ServerEvent, content_type = "text/event-stream"),
    (status = 401, description = "The proof is missing, wrong or not fresh", body = Problem),
    (status = 503, description = "Too many streams", body = Problem),
))]
pub async fn events(
    State(app): State<App>,
    workstation: ProvenWorkstation,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let receiver = app
        .events
        .subscribe(workstation.id)
        .ok_or(ApiError::new(ProblemCode::ServerBusy).retry_after_ms(10_000))?;
    // After the subscription: what is asked meanwhile is told by both, and once is enough.
    let to_be_covered = {
        let mut read = app.store.read().await?;
        screens::to_be_covered(&mut read, workstation.id).await?
    };
    let first = std::iter::once(ServerEvent::Hello)
        .chain(to_be_covered.into_iter().map(|session_id| ServerEvent::CoveredElsewhere { session_id }));
    let events = stream::iter(first).chain(ReceiverStream::new(receiver));
    let numbered = events.enumerate().map(|(id, event)| Ok(written(id, &event)));
    Ok(Sse::new(numbered).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn written(id: usize, event: &ServerEvent) -> Event {
    let name = match event {
        ServerEvent::Hello => "hello",
        ServerEvent::SessionEnded(_) => "session_ended",
        ServerEvent::CoveredElsewhere { .. } => "covered_elsewhere",
        ServerEvent::WorkstationRevoked => "workstation_revoked",
    };
    let data = serde_json::to_string(event).unwrap_or_else(|_| unreachable!("an event is plain data"));
    Event::default().id(id.to_string()).event(name).data(data)
}
