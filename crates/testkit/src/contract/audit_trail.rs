//! [`AuditTrail`].

use std::time::Duration;

use agent_core::{
    command::FailClosedCause,
    event::{Event, RecordKey},
    ids::SessionId,
};
use agent_runtime::ports::AuditTrail;
use anyhow::ensure;
use audit::{
    codes::LogoutCause,
    record::{Alert, AuditRecord, Factors, Source, UserRef, What, WorkstationRef},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Told, promise, wait_for};

const WITHIN: Duration = Duration::from_secs(10);

/// Login and logout of a session are stored, each told by its key; stored twice they are there once.
/// Before: a spool with room. `stored` counts the spool's records past the port, acknowledged or not.
///
/// # Errors
/// The broken promise.
pub async fn stores_each_record_once(
    trail: &impl AuditTrail,
    told: &mut impl Told,
    at: Timestamp,
    mut stored: impl AsyncFnMut() -> usize,
) -> anyhow::Result<()> {
    let before = stored().await;
    let session = Uuid::new_v4();
    let login = RecordKey::Login(SessionId(session));
    let logout = RecordKey::Logout(SessionId(session));

    trail.append(login, login_of(session, at));
    promise(is_stored(told, login).await, "a login is told once it is stored")?;
    trail.append(logout, logout_of(session, at));
    promise(is_stored(told, logout).await, "a logout is told once it is stored")?;
    trail.append(login, login_of(session, at));
    promise(is_stored(told, login).await, "a login that is there already is stored")?;

    let now = stored().await;
    ensure!(now == before + 2, "two records were stored, {} are there", now - before);
    Ok(())
}

/// Records told in one order are on disk in it. Before: a spool with room.
///
/// # Errors
/// The broken promise.
pub async fn answers_in_order(
    trail: &impl AuditTrail,
    told: &mut impl Told,
    at: Timestamp,
) -> anyhow::Result<()> {
    let sessions: Vec<_> = (0..10).map(|_| Uuid::new_v4()).collect();
    for session in &sessions {
        trail.append(RecordKey::Login(SessionId(*session)), login_of(*session, at));
    }
    for session in sessions {
        let next = wait_for(told, WITHIN, "AuditStored", |event| match event {
            Event::AuditStored(key) => Some(*key),
            _ => None,
        });
        ensure!(next.await? == RecordKey::Login(SessionId(session)), "answers come out of order");
    }
    Ok(())
}

/// Many records of this workstation itself are all stored, whether or not the endpoint is there.
/// Before: a spool with room.
///
/// # Errors
/// The broken promise.
pub async fn takes_a_backlog(
    trail: &impl AuditTrail,
    told: &mut impl Told,
    (workstation, at): (WorkstationRef, Timestamp),
    count: usize,
) -> anyhow::Result<()> {
    for _ in 0..count {
        let what = What::SecurityAlert { alert: Alert::ClockJumped };
        let record =
            AuditRecord::other(Uuid::new_v4(), Source::Agent, at, Some(workstation.clone()), None, what);
        trail.append(RecordKey::Other, record);
    }
    for _ in 0..count {
        promise(is_stored(told, RecordKey::Other).await, "each record of a backlog is stored")?;
    }
    Ok(())
}

/// A spool that takes no records says so and why. Before: full (`SpoolFull`) or broken (`SpoolUnavailable`).
///
/// # Errors
/// The broken promise.
pub async fn says_why_it_fails(
    trail: &impl AuditTrail,
    told: &mut impl Told,
    at: Timestamp,
    why: FailClosedCause,
) -> anyhow::Result<()> {
    let session = Uuid::new_v4();
    let key = RecordKey::Login(SessionId(session));
    trail.append(key, login_of(session, at));
    let wanted = Event::AuditFailed(key, why);
    let failed = wait_for(told, WITHIN, "AuditFailed", |event| (*event == wanted).then_some(())).await;
    promise(failed, "a record that is not stored is told as such")
}

async fn is_stored(told: &mut impl Told, key: RecordKey) -> anyhow::Result<()> {
    wait_for(told, WITHIN, "AuditStored", |event| (*event == Event::AuditStored(key)).then_some(())).await
}

fn login_of(session: Uuid, at: Timestamp) -> AuditRecord {
    AuditRecord::login(Source::Agent, at, workstation(), user(), session, Factors::PasswordTotp)
}

fn logout_of(session: Uuid, at: Timestamp) -> AuditRecord {
    AuditRecord::logout(Source::Agent, at, workstation(), user(), session, LogoutCause::UserButton)
}

fn workstation() -> WorkstationRef {
    WorkstationRef { id: Uuid::from_u128(7), name: "WS-07".to_owned() }
}

fn user() -> UserRef {
    UserRef { id: Uuid::from_u128(1), display_name: "Maria O.".to_owned() }
}
