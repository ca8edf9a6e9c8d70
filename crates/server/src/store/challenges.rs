//! Factors that were asked for.

use jiff::Timestamp;
use policy::Factor;
use uuid::Uuid;

use super::{Connection, StoreError, millis, query, timestamp};

/// A challenge: two minutes, five tries, one workstation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Its id.
    pub id: Uuid,
    /// Only there it can be answered.
    pub workstation_id: Uuid,
    /// Whom a badge named, or whose first factor was right.
    pub user_id: Uuid,
    /// What it is for.
    pub purpose: Purpose,
    /// What was shown before it.
    pub shown: Vec<Factor>,
    /// Any one of these satisfies it.
    pub asks: Vec<Factor>,
    /// Which badge named her, if one did.
    pub badge_id: Option<Uuid>,
    /// When it is over.
    pub expires_at: Timestamp,
    /// Wrong answers it still takes.
    pub tries_left: u32,
    /// Whether it was answered.
    pub is_satisfied: bool,
}

/// What a challenge is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Opening a session.
    SignIn,
    /// Uncovering the screen of one.
    Resume {
        /// Which.
        session_id: Uuid,
    },
    /// Password and code anew within one, for another grace period.
    Renew {
        /// Which.
        session_id: Uuid,
    },
    /// Revoking all her badges: she lost one.
    BadgeLost,
}

impl Challenge {
    /// Whether an answer is still looked at.
    #[must_use]
    pub fn takes_answers(&self, now: Timestamp) -> bool {
        !self.is_satisfied && !self.asks.is_empty() && self.tries_left > 0 && now < self.expires_at
    }
}

/// Stores a new challenge.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn insert(connection: &mut Connection, challenge: &Challenge) -> Result<(), StoreError> {
    let (purpose, session_id) = match challenge.purpose {
        Purpose::SignIn => ("sign-in", None),
        Purpose::Resume { session_id } => ("resume", Some(session_id)),
        Purpose::Renew { session_id } => ("renew", Some(session_id)),
        Purpose::BadgeLost => ("badge-lost", None),
    };
    query(
        "INSERT INTO challenges (id, workstation_id, user_id, expires_at, tries_left, purpose, session_id, shown, \
         asks, badge_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(challenge.id)
    .bind(challenge.workstation_id)
    .bind(challenge.user_id)
    .bind(millis(challenge.expires_at))
    .bind(i64::from(challenge.tries_left))
    .bind(purpose)
    .bind(session_id)
    .bind(spelled(&challenge.shown))
    .bind(spelled(&challenge.asks))
    .bind(challenge.badge_id)
    .execute(connection)
    .await?;
    Ok(())
}

/// The challenge with this id, if it was made for this workstation.
///
/// # Errors
/// [`StoreError`].
pub async fn find(
    connection: &mut Connection,
    id: Uuid,
    workstation_id: Uuid,
) -> Result<Option<Challenge>, StoreError> {
    let row = query(
        "SELECT user_id, expires_at, tries_left, satisfied_at, purpose, session_id, shown, asks, badge_id \
         FROM challenges WHERE id = $1 AND workstation_id = $2",
    )
    .bind(id)
    .bind(workstation_id)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let purpose = match (row.get::<String>("purpose")?.as_str(), row.get("session_id")?) {
        ("sign-in", None) => Purpose::SignIn,
        ("resume", Some(session_id)) => Purpose::Resume { session_id },
        ("renew", Some(session_id)) => Purpose::Renew { session_id },
        ("badge-lost", None) => Purpose::BadgeLost,
        _ => return Err(StoreError::Corrupt("purpose of a challenge")),
    };
    Ok(Some(Challenge {
        id,
        workstation_id,
        user_id: row.get("user_id")?,
        purpose,
        shown: parsed(&row.get::<String>("shown")?)?,
        asks: parsed(&row.get::<String>("asks")?)?,
        badge_id: row.get("badge_id")?,
        expires_at: timestamp(row.get("expires_at")?)?,
        tries_left: u32::try_from(row.get::<i64>("tries_left")?)
            .map_err(|_| StoreError::Corrupt("number of tries"))?,
        is_satisfied: row.get::<Option<i64>>("satisfied_at")?.is_some(),
    }))
}

/// Takes one try.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn take_try(connection: &mut Connection, id: Uuid) -> Result<(), StoreError> {
    query("UPDATE challenges SET tries_left = tries_left - 1 WHERE id = $1 AND tries_left > 0")
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Closes it as answered.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn satisfy(connection: &mut Connection, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
    query("UPDATE challenges SET satisfied_at = $2 WHERE id = $1")
        .bind(id)
        .bind(millis(now))
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends every challenge of a person whose authenticators changed or who was disabled.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn end_all_of(connection: &mut Connection, user_id: Uuid) -> Result<(), StoreError> {
    query("UPDATE challenges SET tries_left = 0 WHERE user_id = $1 AND satisfied_at IS NULL")
        .bind(user_id)
        .execute(connection)
        .await?;
    Ok(())
}

fn spelled(factors: &[Factor]) -> String {
    factors.iter().map(|factor| factor_spelled(*factor)).collect::<Vec<_>>().join(" ")
}

fn parsed(text: &str) -> Result<Vec<Factor>, StoreError> {
    const ALL: [Factor; 4] = [Factor::Badge, Factor::Pin, Factor::Password, Factor::Totp];
    text.split_whitespace()
        .map(|one| {
            let known = ALL.into_iter().find(|factor| factor_spelled(*factor) == one);
            known.ok_or(StoreError::Corrupt("factor of a challenge"))
        })
        .collect()
}

const fn factor_spelled(factor: Factor) -> &'static str {
    match factor {
        Factor::Badge => "badge",
        Factor::Pin => "pin",
        Factor::Password => "password",
        Factor::Totp => "totp",
    }
}
