//! A sign-in is complete: the session is opened.

use audit::record::Factors;
use jiff::Timestamp;
use protocol::{
    secret::WireSecret,
    v1::session::{Limits, SessionOpened, TapOut, UserSummary},
};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::{
    app::App,
    auth::{credential, workstation::ProvenWorkstation},
    identity::name::UserName,
    session::{Session, SessionLimits, State},
    store::{
        StoreError, failures,
        sessions::{self, Of, SessionRow},
        users::{self, User},
    },
};

/// Sessions of one workstation that a sign-in there makes lapse; there is one at most, or a few after
/// a crash.
const UNENDED_MAX: i64 = 100;

/// Opens the session. What was still open at this workstation lapses: it opens nothing any more, and
/// its true cause is still owed by the workstation. Only a complete sign-in clears failures, and only those
/// of this workstation and the overall count: who guesses elsewhere gets no fresh tries by it. `factors` are
/// those she has shown; what policy asks for may have changed since her challenge was made.
///
/// # Errors
/// [`StoreError`].
pub async fn open(
    app: &App,
    connection: &mut SqliteConnection,
    user: &User,
    workstation: &ProvenWorkstation,
    factors: Factors,
    now: Timestamp,
) -> Result<SessionOpened, StoreError> {
    for mut earlier in sessions::unended(connection, Of::Workstation(workstation.id), UNENDED_MAX).await? {
        if earlier.session.state == State::Open {
            earlier.session.state = State::Lapsed { since: now };
            sessions::update(connection, earlier.id, &earlier.session).await?;
        }
    }
    let limits = app.policy.limits();
    let session_limits =
        SessionLimits { inactivity: limits.inactivity, warning: limits.warning, heartbeat: limits.heartbeat };
    let row = SessionRow {
        id: Uuid::new_v4(),
        user_id: user.id,
        workstation_id: workstation.id,
        factors,
        opened_at: now,
        is_credential_used: false,
        session: Session::opened(now, session_limits, limits.absolute),
    };
    let (credential, hash) = credential::mint();
    sessions::insert(connection, &row, hash).await?;
    if let Some(name) = UserName::parse(&user.name) {
        failures::clear_here(connection, name.subject(&app.keys.index), workstation.id).await?;
    }
    users::note_place(connection, user.id, workstation.id, now).await?;
    tracing::info!(session.id = %row.id, workstation.id = %workstation.id, "Session opened");
    Ok(answer(app, &row, user, credential, now))
}

/// The session as its workstation is told of it.
#[must_use]
pub fn answer(
    app: &App,
    row: &SessionRow,
    user: &User,
    credential: WireSecret,
    now: Timestamp,
) -> SessionOpened {
    SessionOpened {
        session_id: row.id,
        user: UserSummary {
            user_id: user.id,
            display_name: user.display_name.clone(),
            role: user.role.clone(),
        },
        credential,
        limits: limits(app, &row.session, now),
        opened_at: row.opened_at.to_string(),
        grace_remaining_ms: None,
    }
}

/// The limits of a session from now on. What the server enforces was fixed when it was opened; when its screen
/// covers itself is the workstation's to see to, and is as policy says now.
#[must_use]
pub fn limits(app: &App, session: &Session, now: Timestamp) -> Limits {
    Limits {
        inactivity_ms: millis(session.limits.inactivity),
        warning_ms: millis(session.limits.warning),
        absolute_remaining_ms: remaining_ms(session.absolute_until, now),
        heartbeat_ms: millis(session.limits.heartbeat),
        conceal_after_ms: app
            .policy
            .conceal()
            .after()
            .map(|after| millis(after.min(session.limits.inactivity))),
        tap_out: match app.policy.tap_out() {
            policy::TapOut::Cover => TapOut::Cover,
            policy::TapOut::SignOut => TapOut::SignOut,
        },
    }
}

/// Milliseconds until `until`, not less than none.
#[must_use]
pub fn remaining_ms(until: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(until.duration_since(now).as_millis()).unwrap_or(0)
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
