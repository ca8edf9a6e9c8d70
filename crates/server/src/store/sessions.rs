//! Sessions as rows; what may happen to them is decided in `session/`.

use std::time::Duration;

use audit::record::Factors;
use jiff::Timestamp;
use protocol::v1::session::EndCause;
use uuid::Uuid;

use super::{Connection, Row, StoreError, millis, query, query_scalar, timestamp};
use crate::session::{Session, SessionLimits, State, expiry};

/// A session with its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id.
    pub id: Uuid,
    /// Whose.
    pub user_id: Uuid,
    /// Where.
    pub workstation_id: Uuid,
    /// How the person proved herself.
    pub factors: Factors,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Whether its credential has been used.
    pub is_credential_used: bool,
    /// The badge that was last shown or enrolled within it.
    pub badge_id: Option<Uuid>,
    /// What the rules know of it.
    pub session: Session,
}

/// Which sessions to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Of one person.
    User(Uuid),
    /// Of one workstation.
    Workstation(Uuid),
    /// All.
    Everyone,
}

/// Stores a new session.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn insert(
    connection: &mut Connection,
    row: &SessionRow,
    credential_hash: [u8; 32],
) -> Result<(), StoreError> {
    let session = &row.session;
    query(
        "INSERT INTO sessions (id, user_id, workstation_id, state, credential_hash, is_credential_used, \
         opened_at, last_input_at, last_heard_at, absolute_until, inactivity_ms, warning_ms, heartbeat_ms, \
         due_at, factors, uncovered_at, strong_at, badge_id) \
         VALUES ($1, $2, $3, 'open', $4, FALSE, $5, $6, $7, $8, $9, $10, $11, $12, $13, $5, $14, $15)",
    )
    .bind(row.id)
    .bind(row.user_id)
    .bind(row.workstation_id)
    .bind(&credential_hash[..])
    .bind(millis(row.opened_at))
    .bind(millis(session.last_input_at))
    .bind(millis(session.last_heard_at))
    .bind(millis(session.absolute_until))
    .bind(duration_ms(session.limits.inactivity))
    .bind(duration_ms(session.limits.warning))
    .bind(duration_ms(session.limits.heartbeat))
    .bind(expiry::deadline(session).map(millis))
    .bind(factors_spelled(row.factors))
    .bind(row.factors.is_strong().then(|| millis(row.opened_at)))
    .bind(row.badge_id)
    .execute(connection)
    .await?;
    Ok(())
}

/// The session with this id.
///
/// # Errors
/// [`StoreError`].
pub async fn find(connection: &mut Connection, id: Uuid) -> Result<Option<SessionRow>, StoreError> {
    query("SELECT * FROM sessions WHERE id = $1")
        .bind(id)
        .fetch_optional(connection)
        .await?
        .as_ref()
        .map(session_row)
        .transpose()
}

/// The session that this credential opens at this workstation, whatever its state.
///
/// # Errors
/// [`StoreError`].
pub async fn find_by_credential(
    connection: &mut Connection,
    credential_hash: [u8; 32],
    workstation_id: Uuid,
) -> Result<Option<SessionRow>, StoreError> {
    query("SELECT * FROM sessions WHERE credential_hash = $1 AND workstation_id = $2")
        .bind(&credential_hash[..])
        .bind(workstation_id)
        .fetch_optional(connection)
        .await?
        .as_ref()
        .map(session_row)
        .transpose()
}

/// Whether `credential_hash` may adopt the session: its own, or the one before while the fresh one
/// was never used.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn may_adopt(
    connection: &mut Connection,
    id: Uuid,
    credential_hash: [u8; 32],
) -> Result<bool, StoreError> {
    let found: i64 = query_scalar(
        "SELECT COUNT(*) FROM sessions WHERE id = $1 AND (credential_hash = $2 OR \
         (credential_hash_before = $2 AND NOT is_credential_used))",
    )
    .bind(id)
    .bind(&credential_hash[..])
    .fetch_one(connection)
    .await?;
    Ok(found == 1)
}

/// Whether any credential of the session was ever used: its own, or the one with which it was adopted.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn was_ever_used(connection: &mut Connection, id: Uuid) -> Result<bool, StoreError> {
    let found: i64 = query_scalar(
        "SELECT COUNT(*) FROM sessions WHERE id = $1 AND (is_credential_used OR credential_hash_before IS NOT NULL)",
    )
    .bind(id)
    .fetch_one(connection)
    .await?;
    Ok(found == 1)
}

/// At most `count` sessions that are not ended, oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn unended(connection: &mut Connection, of: Of, count: i64) -> Result<Vec<SessionRow>, StoreError> {
    let query = match of {
        Of::User(id) => query(
            "SELECT * FROM sessions WHERE state <> 'ended' AND user_id = $2 ORDER BY opened_at LIMIT $1",
        )
        .bind(count)
        .bind(id),
        Of::Workstation(id) => query(
            "SELECT * FROM sessions WHERE state <> 'ended' AND workstation_id = $2 ORDER BY opened_at LIMIT $1",
        )
        .bind(count)
        .bind(id),
        Of::Everyone => {
            query("SELECT * FROM sessions WHERE state <> 'ended' ORDER BY opened_at LIMIT $1").bind(count)
        }
    };
    query.fetch_all(connection).await?.iter().map(session_row).collect()
}

/// At most `count` sessions to which time alone does something at `now`.
///
/// # Errors
/// [`StoreError`].
pub async fn due(
    connection: &mut Connection,
    now: Timestamp,
    count: i64,
) -> Result<Vec<SessionRow>, StoreError> {
    query("SELECT * FROM sessions WHERE due_at <= $1 ORDER BY due_at LIMIT $2")
        .bind(millis(now))
        .bind(count)
        .fetch_all(connection)
        .await?
        .iter()
        .map(session_row)
        .collect()
}

/// When time next does something to any session.
///
/// # Errors
/// [`StoreError`].
pub async fn next_due(connection: &mut Connection) -> Result<Option<Timestamp>, StoreError> {
    let due: Option<i64> = query_scalar("SELECT MIN(due_at) FROM sessions").fetch_one(connection).await?;
    due.map(timestamp).transpose()
}

/// The newest time that a session knows; the server's clock does not start before it.
///
/// # Errors
/// [`StoreError`].
pub async fn newest_time(connection: &mut Connection) -> Result<Option<Timestamp>, StoreError> {
    let newest: Option<i64> = query_scalar("SELECT MAX(last_heard_at) FROM sessions WHERE state <> 'ended'")
        .fetch_one(connection)
        .await?;
    newest.map(timestamp).transpose()
}

/// Stores what the rules made of an open or lapsed session; an ended one is never touched.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn update(connection: &mut Connection, id: Uuid, session: &Session) -> Result<(), StoreError> {
    let (state, lapsed_at) = match session.state {
        State::Open => ("open", None),
        State::Lapsed { since } => ("lapsed", Some(millis(since))),
        State::Ended { .. } => return Err(StoreError::Corrupt("session state")),
    };
    query(
        "UPDATE sessions SET state = $2, lapsed_at = $3, last_input_at = $4, last_heard_at = $5, due_at = $6 \
         WHERE id = $1 AND state <> 'ended'",
    )
    .bind(id)
    .bind(state)
    .bind(lapsed_at)
    .bind(millis(session.last_input_at))
    .bind(millis(session.last_heard_at))
    .bind(expiry::deadline(session).map(millis))
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that the credential was used: from now on it is not replaced for a repeated attempt.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn note_credential_used(connection: &mut Connection, id: Uuid) -> Result<(), StoreError> {
    query(
        "UPDATE sessions SET is_credential_used = TRUE, credential_hash_before = NULL \
         WHERE id = $1 AND NOT is_credential_used",
    )
    .bind(id)
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes which badge was shown or enrolled within the session.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn note_badge(connection: &mut Connection, id: Uuid, badge_id: Uuid) -> Result<(), StoreError> {
    query("UPDATE sessions SET badge_id = $2 WHERE id = $1")
        .bind(id)
        .bind(badge_id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Replaces the credential. The one before may still adopt, once, until the fresh one is used.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn replace_credential(
    connection: &mut Connection,
    id: Uuid,
    credential_hash: [u8; 32],
    credential_hash_before: Option<[u8; 32]>,
) -> Result<(), StoreError> {
    query(
        "UPDATE sessions SET credential_hash = $2, credential_hash_before = $3, is_credential_used = FALSE \
         WHERE id = $1 AND state <> 'ended'",
    )
    .bind(id)
    .bind(&credential_hash[..])
    .bind(credential_hash_before.map(|hash| hash.to_vec()))
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends a session; `false` when it had ended before: the first cause stands.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn end(
    connection: &mut Connection,
    id: Uuid,
    cause: EndCause,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let written = query(
        "UPDATE sessions SET state = 'ended', cause = $2, ended_at = $3, due_at = NULL, \
         credential_hash_before = NULL WHERE id = $1 AND state <> 'ended'",
    )
    .bind(id)
    .bind(cause_spelled(cause))
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(written == 1)
}

/// The cause as it is stored, sent and recorded.
#[must_use]
pub fn cause_spelled(cause: EndCause) -> String {
    match serde_json::to_value(cause) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(_) | Err(_) => unreachable!("a fieldless enum is written as text"),
    }
}

fn cause_parsed(text: String) -> Result<EndCause, StoreError> {
    serde_json::from_value(serde_json::Value::String(text)).map_err(|_| StoreError::Corrupt("logout cause"))
}

const fn factors_spelled(factors: Factors) -> &'static str {
    match factors {
        Factors::Password => "password",
        Factors::PasswordTotp => "password-totp",
        Factors::Badge => "badge",
        Factors::BadgePin => "badge-pin",
        Factors::BadgePassword => "badge-password",
        Factors::BadgeTotp => "badge-totp",
        Factors::BadgePasswordTotp => "badge-password-totp",
    }
}

fn factors_parsed(text: &str) -> Result<Factors, StoreError> {
    Factors::ALL
        .into_iter()
        .find(|factors| factors_spelled(*factors) == text)
        .ok_or(StoreError::Corrupt("set of factors"))
}

/// A session from all columns of its row.
pub(super) fn session_row(row: &Row) -> Result<SessionRow, StoreError> {
    let state: String = row.get("state")?;
    let lapsed_at: Option<i64> = row.get("lapsed_at")?;
    let cause: Option<String> = row.get("cause")?;
    let state = match (state.as_str(), lapsed_at, cause) {
        ("open", None, None) => State::Open,
        ("lapsed", Some(since), None) => State::Lapsed { since: timestamp(since)? },
        ("ended", _, Some(cause)) => State::Ended { cause: cause_parsed(cause)? },
        _ => return Err(StoreError::Corrupt("session state")),
    };
    let limits = SessionLimits {
        inactivity: duration(row.get("inactivity_ms")?)?,
        warning: duration(row.get("warning_ms")?)?,
        heartbeat: duration(row.get("heartbeat_ms")?)?,
    };
    Ok(SessionRow {
        id: row.get("id")?,
        user_id: row.get("user_id")?,
        workstation_id: row.get("workstation_id")?,
        factors: factors_parsed(&row.get::<String>("factors")?)?,
        opened_at: timestamp(row.get("opened_at")?)?,
        is_credential_used: row.get("is_credential_used")?,
        badge_id: row.get("badge_id")?,
        session: Session {
            state,
            limits,
            absolute_until: timestamp(row.get("absolute_until")?)?,
            last_input_at: timestamp(row.get("last_input_at")?)?,
            last_heard_at: timestamp(row.get("last_heard_at")?)?,
            concealed_at: row.get::<Option<i64>>("concealed_at")?.map(timestamp).transpose()?,
        },
    })
}

fn duration_ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn duration(ms: i64) -> Result<Duration, StoreError> {
    u64::try_from(ms).map(Duration::from_millis).map_err(|_| StoreError::Corrupt("duration"))
}
