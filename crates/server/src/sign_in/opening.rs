//! A sign-in is complete: the session is opened.

use jiff::Timestamp;
use policy::Factor as Shown;
use protocol::{
    secret::WireSecret,
    v1::session::{Limits, SessionOpened, TapOut, UserSummary},
};
use uuid::Uuid;

use super::{grace, shown};
use crate::{
    app::App,
    auth::{credential, workstation::ProvenWorkstation},
    elsewhere::{self, Others},
    identity::{lockout::Factor, name::UserName},
    session::{Session, SessionLimits, State},
    store::{
        Connection, StoreError,
        badges::Badge,
        failures,
        sessions::{self, Of, SessionRow},
        users::{self, User},
    },
};

/// Sessions of one workstation that a sign-in there makes lapse; there is one at most, or a few after
/// a crash.
const UNENDED_MAX: i64 = 100;

/// Who opens a session, where, and by what.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// Who.
    pub user: &'a User,
    /// Where.
    pub workstation: &'a ProvenWorkstation,
    /// What she has shown; what policy asks for may have changed since her challenge was made.
    pub shown: &'a [Shown],
    /// Which badge named her, if one did.
    pub badge: Option<&'a Badge>,
}

/// Opens the session. What was still open at this workstation lapses: it opens nothing any more, and
/// its true cause is still owed by the workstation, which adopts it where the answer to this never reached it. Her other
/// screens become what policy says; a strong sign-in
/// begins her grace, and no tap extends it.
///
/// # Errors
/// [`StoreError`].
pub async fn open(
    app: &App,
    connection: &mut Connection,
    opening: Opening<'_>,
    now: Timestamp,
) -> Result<(SessionOpened, Others), StoreError> {
    let Opening { user, workstation, shown, badge } = opening;
    let factors = shown::factors(shown);
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
        badge_id: badge.map(|badge| badge.id),
        session: Session::opened(now, session_limits, limits.absolute),
    };
    let (credential, hash) = credential::mint();
    sessions::insert(connection, &row, hash).await?;
    clear_failures(app, connection, user, workstation.id, shown).await?;
    users::note_place(connection, user.id, workstation.id, now).await?;
    if factors.is_strong() {
        grace::begin(connection, user.id, workstation.id, now).await?;
    }
    let others = elsewhere::follow(app, connection, user.id, row.id, now).await?;
    let left = grace::of_session(app, connection, &row, now).await?;
    tracing::info!(session.id = %row.id, workstation.id = %workstation.id, "Session opened");
    Ok((SessionOpened { grace_remaining_ms: left, ..answer(app, &row, user, credential, now) }, others))
}

/// Only a complete sign-in clears failures, and only those of the factors it showed, at this workstation and in the
/// overall count: who guesses elsewhere gets no fresh tries by it, and a tap clears nothing.
///
/// # Errors
/// [`StoreError`].
pub async fn clear_failures(
    app: &App,
    connection: &mut Connection,
    user: &User,
    workstation_id: Uuid,
    shown: &[Shown],
) -> Result<(), StoreError> {
    let name = UserName::parse(&user.name).ok_or(StoreError::Corrupt("user name"))?;
    let subject = name.subject(&app.keys.index);
    for factor in shown {
        let counted = match factor {
            Shown::Badge => continue,
            Shown::Pin => Factor::Pin,
            Shown::Password => Factor::First,
            Shown::Totp => Factor::Second,
        };
        failures::clear_here(connection, subject, workstation_id, counted).await?;
    }
    Ok(())
}

/// A person as her workstation is told of her.
#[must_use]
pub fn summary(user: &User) -> UserSummary {
    UserSummary { user_id: user.id, display_name: user.display_name.clone(), role: user.role.clone() }
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
        user: summary(user),
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

/// As the wire counts.
#[must_use]
pub fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
