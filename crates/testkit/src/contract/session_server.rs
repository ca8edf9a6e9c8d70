//! [`SessionServer`].

use std::time::Duration;

use agent_core::{
    command::{Answer, EndCause},
    event::{Event, Refusal},
    ids::{AttemptId, ChallengeId, SessionId},
    secret::Secret,
};
use agent_runtime::ports::SessionServer;
use anyhow::ensure;
use uuid::Uuid;

use super::{Told, promise, wait_for};

/// Five seconds by the port, and some for a machine under load.
const WITHIN: Duration = Duration::from_secs(10);

/// Somebody the server knows.
#[derive(Debug)]
pub struct Credentials<C> {
    /// As she types it.
    pub name: String,
    /// As she types it.
    pub password: String,
    /// A one-time code that was not used before; waits for the next one if it must.
    pub code: C,
}

/// A wrong password is refused, a wrong code is refused and counted. Before: reached, nobody locked out.
///
/// # Errors
/// The broken promise.
pub async fn refuses_what_is_wrong<C: AsyncFnMut() -> String>(
    server: &impl SessionServer,
    told: &mut impl Told,
    who: &Credentials<C>,
) -> anyhow::Result<()> {
    for (name, password) in
        [(who.name.as_str(), "not her password"), ("nobody at all", who.password.as_str())]
    {
        let attempt = fresh();
        server.open_session(attempt, name.to_owned(), Secret::new(password.to_owned()));
        let refusal = promise(refused(told, attempt).await, "a wrong name or password is refused")?;
        ensure!(refusal == Refusal::NameOrPassword, "which of the two is wrong is not told: {refusal:?}");
    }

    let challenge = challenged(server, told, who).await?;
    let attempt = fresh();
    server.answer_challenge(attempt, challenge, Answer::Totp(Secret::new("000000".to_owned())));
    let refusal = promise(refused(told, attempt).await, "a wrong code is refused")?;
    ensure!(matches!(refusal, Refusal::Code { tries_left: 1.. }), "a wrong code costs one try: {refusal:?}");
    Ok(())
}

/// The same question with the same id gets the same answer: a retry costs nothing. Before: as above.
///
/// # Errors
/// The broken promise.
pub async fn a_repeated_question_gets_the_same_answer<C: AsyncFnMut() -> String>(
    server: &impl SessionServer,
    told: &mut impl Told,
    who: &Credentials<C>,
) -> anyhow::Result<()> {
    let attempt = fresh();
    let mut challenges = Vec::new();
    for _ in 0..2 {
        server.open_session(attempt, who.name.clone(), Secret::new(who.password.clone()));
        challenges.push(challenge_of(told, attempt).await?);
    }
    ensure!(challenges[0] == challenges[1], "one attempt made two challenges");
    Ok(())
}

/// A session from the first factor to its end. Before: as above.
///
/// # Errors
/// The broken promise.
pub async fn opens_keeps_and_ends_a_session<C: AsyncFnMut() -> String>(
    server: &impl SessionServer,
    told: &mut impl Told,
    who: &mut Credentials<C>,
) -> anyhow::Result<()> {
    let challenge = challenged(server, told, who).await?;
    let attempt = fresh();
    let code = (who.code)().await;
    server.answer_challenge(attempt, challenge, Answer::Totp(Secret::new(code)));
    let (session, credential) = wait_for(told, WITHIN, "SessionOpened", |event| match event {
        Event::SessionOpened { attempt: of, session, credential, .. } if *of == attempt => {
            Some((*session, credential.clone()))
        }
        _ => None,
    })
    .await?;

    let is_away = |event: &Event| matches!(event, Event::ServerAway(_)).then_some(());
    server.hold_credential(SessionId(Uuid::new_v4()), credential.clone());
    server.report_activity(session, Duration::ZERO);
    promise(
        wait_for(told, WITHIN, "ServerAway", is_away).await,
        "nobody speaks for one session with the credential of another",
    )?;
    server.hold_credential(session, credential.clone());
    server.forget_credential();
    server.report_activity(session, Duration::ZERO);
    promise(wait_for(told, WITHIN, "ServerAway", is_away).await, "a credential forgotten opens nothing")?;

    server.hold_credential(session, credential);
    server.report_activity(session, Duration::ZERO);
    let accepted = Event::ActivityAccepted { session };
    promise(tells(told, accepted).await, "activity in an open session is accepted")?;

    server.end_session(session, EndCause::UserButton);
    promise(
        tells(told, Event::SessionEndTold { session }).await,
        "an end is told once it stands in the outbox",
    )?;
    server.report_activity(session, Duration::ZERO);
    promise(ended(told, session).await, "what is ended stays ended")?;
    server.forget_credential();
    Ok(())
}

/// Without a server every question is answered by that, in time, and an end is kept for later.
/// Before: nothing listens where the server should be.
///
/// # Errors
/// The broken promise.
pub async fn says_that_it_is_away(server: &impl SessionServer, told: &mut impl Told) -> anyhow::Result<()> {
    let attempt = fresh();
    server.open_session(attempt, "maria".to_owned(), Secret::new("x".to_owned()));
    promise(unanswered(told, attempt).await, "a sign-in without a server is told as unanswered")?;
    let attempt = fresh();
    server.answer_challenge(
        attempt,
        ChallengeId(Uuid::new_v4()),
        Answer::Totp(Secret::new("123456".to_owned())),
    );
    promise(unanswered(told, attempt).await, "a code without a server is told as unanswered")?;

    let session = SessionId(Uuid::new_v4());
    server.hold_credential(session, Secret::new("credential".to_owned()));
    server.report_activity(session, Duration::ZERO);
    let is_away = |event: &Event| matches!(event, Event::ServerAway(_)).then_some(());
    promise(wait_for(told, WITHIN, "ServerAway", is_away).await, "a report without a server is told")?;
    server.end_session(session, EndCause::UserButton);
    promise(tells(told, Event::SessionEndTold { session }).await, "an end needs no server to be kept")?;
    server.forget_credential();
    Ok(())
}

async fn challenged<C: AsyncFnMut() -> String>(
    server: &impl SessionServer,
    told: &mut impl Told,
    who: &Credentials<C>,
) -> anyhow::Result<ChallengeId> {
    let attempt = fresh();
    server.open_session(attempt, who.name.clone(), Secret::new(who.password.clone()));
    promise(challenge_of(told, attempt).await, "the right password is asked for a code")
}

async fn challenge_of(told: &mut impl Told, attempt: AttemptId) -> anyhow::Result<ChallengeId> {
    wait_for(told, WITHIN, "ChallengeIssued", |event| match event {
        Event::ChallengeIssued { attempt: of, challenge, .. } if *of == attempt => Some(*challenge),
        _ => None,
    })
    .await
}

async fn refused(told: &mut impl Told, attempt: AttemptId) -> anyhow::Result<Refusal> {
    wait_for(told, WITHIN, "SignInRefused", |event| match event {
        Event::SignInRefused { attempt: of, refusal } if *of == attempt => Some(*refusal),
        _ => None,
    })
    .await
}

async fn unanswered(told: &mut impl Told, attempt: AttemptId) -> anyhow::Result<()> {
    let is_unanswered = |event: &Event| {
        matches!(event, Event::SignInUnanswered { attempt: of, .. } if *of == attempt).then_some(())
    };
    wait_for(told, WITHIN, "SignInUnanswered", is_unanswered).await
}

async fn ended(told: &mut impl Told, session: SessionId) -> anyhow::Result<()> {
    let is_ended = |event: &Event| {
        matches!(event, Event::SessionEndedByServer { session: of, .. } if *of == session).then_some(())
    };
    wait_for(told, WITHIN, "SessionEndedByServer", is_ended).await
}

async fn tells(told: &mut impl Told, wanted: Event) -> anyhow::Result<()> {
    let name = format!("{wanted:?}");
    wait_for(told, WITHIN, &name, |event| (*event == wanted).then_some(())).await
}

fn fresh() -> AttemptId {
    AttemptId(Uuid::new_v4())
}
