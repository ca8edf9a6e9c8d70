//! What was answered to an attempt: a repeat with the same id and body gets the same answer.
//!
//! Bodies hold passwords and codes, so they are compared by a keyed hash. A session's credential is not
//! kept at all: a repeat mints a fresh one, which replaces the one before as long as that was never used.

use jiff::Timestamp;
use protocol::v1::session::ResumeMethod;
use uuid::Uuid;

use super::{Connection, StoreError, millis, query};

/// An attempt is remembered for this long: as long as a challenge lives, and some more.
pub const REMEMBERED: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);

/// What the outcome of a resume begins with; its method follows.
const RESUMED_BY: &str = "resumed-";
/// What the outcome of a lost badge begins with; their number follows.
const BADGES_REVOKED: &str = "badges-revoked-";

/// Names an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptKey {
    /// Whose.
    pub workstation_id: Uuid,
    /// Made by the agent.
    pub attempt_id: Uuid,
}

/// What it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A challenge was issued.
    Challenged(Uuid),
    /// A session was opened.
    Opened(Uuid),
    /// Name or password was wrong.
    FirstRefused,
    /// The code was wrong.
    SecondRefused {
        /// On the challenge.
        tries_left: u32,
    },
    /// All was right, and the account is disabled or suspended.
    Disabled,
    /// Nobody has the badge.
    BadgeUnknown,
    /// The badge opens nothing.
    BadgeRefused,
    /// The badge is another person's than whose session it was to resume.
    BadgeOfAnother,
    /// A session was resumed.
    Resumed {
        /// Which.
        session_id: Uuid,
        /// How.
        method: ResumeMethod,
    },
    /// All badges of somebody who lost one were revoked.
    BadgesRevoked {
        /// How many that were.
        revoked: u32,
    },
}

/// A remembered attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Keyed hash of what was asked.
    pub body_mac: [u8; 32],
    /// What was answered.
    pub outcome: Outcome,
}

/// The attempt of this name, if one is remembered.
///
/// # Errors
/// [`StoreError`].
pub async fn find(connection: &mut Connection, key: AttemptKey) -> Result<Option<Attempt>, StoreError> {
    let row = query(
        "SELECT body_mac, outcome, reference, tries_left FROM attempts \
         WHERE workstation_id = $1 AND attempt_id = $2",
    )
    .bind(key.workstation_id)
    .bind(key.attempt_id)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let body_mac: Vec<u8> = row.get("body_mac")?;
    let reference: Option<Uuid> = row.get("reference")?;
    let tries_left: Option<i64> = row.get("tries_left")?;
    let outcome = match (row.get::<String>("outcome")?.as_str(), reference, tries_left) {
        ("challenged", Some(id), None) => Outcome::Challenged(id),
        ("opened", Some(id), None) => Outcome::Opened(id),
        ("first-refused", None, None) => Outcome::FirstRefused,
        ("second-refused", None, Some(tries)) => Outcome::SecondRefused {
            tries_left: u32::try_from(tries).map_err(|_| StoreError::Corrupt("number of tries"))?,
        },
        ("disabled", None, None) => Outcome::Disabled,
        ("badge-unknown", None, None) => Outcome::BadgeUnknown,
        ("badge-refused", None, None) => Outcome::BadgeRefused,
        ("badge-of-another", None, None) => Outcome::BadgeOfAnother,
        (text, None, None) => {
            let revoked = text.strip_prefix(BADGES_REVOKED).and_then(|count| count.parse().ok());
            Outcome::BadgesRevoked { revoked: revoked.ok_or(StoreError::Corrupt("attempt"))? }
        }
        (text, Some(session_id), None) => {
            let method = text.strip_prefix(RESUMED_BY).ok_or(StoreError::Corrupt("attempt"))?;
            Outcome::Resumed { session_id, method: method_parsed(method)? }
        }
        _ => return Err(StoreError::Corrupt("attempt")),
    };
    let body_mac = body_mac.try_into().map_err(|_| StoreError::Corrupt("hash"))?;
    Ok(Some(Attempt { body_mac, outcome }))
}

/// Remembers what was answered.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn insert(
    connection: &mut Connection,
    key: AttemptKey,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<(), StoreError> {
    let spelled;
    let (outcome, reference, tries_left) = match attempt.outcome {
        Outcome::Challenged(id) => ("challenged", Some(id), None),
        Outcome::Opened(id) => ("opened", Some(id), None),
        Outcome::FirstRefused => ("first-refused", None, None),
        Outcome::SecondRefused { tries_left } => ("second-refused", None, Some(i64::from(tries_left))),
        Outcome::Disabled => ("disabled", None, None),
        Outcome::BadgeUnknown => ("badge-unknown", None, None),
        Outcome::BadgeRefused => ("badge-refused", None, None),
        Outcome::BadgeOfAnother => ("badge-of-another", None, None),
        Outcome::Resumed { session_id, method } => {
            spelled = format!("{RESUMED_BY}{}", method_spelled(method));
            (spelled.as_str(), Some(session_id), None)
        }
        Outcome::BadgesRevoked { revoked } => {
            spelled = format!("{BADGES_REVOKED}{revoked}");
            (spelled.as_str(), None, None)
        }
    };
    query(
        "INSERT INTO attempts (workstation_id, attempt_id, body_mac, outcome, reference, tries_left, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(key.workstation_id)
    .bind(key.attempt_id)
    .bind(&attempt.body_mac[..])
    .bind(outcome)
    .bind(reference)
    .bind(tries_left)
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(())
}

fn method_spelled(method: ResumeMethod) -> String {
    match serde_json::to_value(method) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(_) | Err(_) => unreachable!("a fieldless enum is written as text"),
    }
}

fn method_parsed(text: &str) -> Result<ResumeMethod, StoreError> {
    serde_json::from_value(serde_json::Value::from(text)).map_err(|_| StoreError::Corrupt("attempt"))
}
