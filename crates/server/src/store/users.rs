//! People, and the places where they have signed in.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Connection, Row, StoreError, millis, query, query_scalar, timestamp};
use crate::identity::{name::UserName, sealing::Place};

/// A person whose last sign-in at a workstation is older than this is unknown there again.
pub const KNOWN_PLACE_MAX: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 90);

/// One person. `Debug` is not derived further than needed: the hash and the sealed secret hide.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Opaque id.
    pub id: Uuid,
    /// As compared.
    pub name: String,
    /// As shown.
    pub display_name: String,
    /// For example `RN`.
    pub role: Option<String>,
    /// PHC string.
    pub password_hash: String,
    /// Another one once an administrator replaced the password; a new hash of the same password keeps it.
    pub password_number: i64,
    /// PHC string; absent where she has no PIN.
    pub pin_hash: Option<String>,
    /// Sealed for [`totp_place`].
    pub totp_sealed: Vec<u8>,
    /// When it was made.
    pub made_at: Timestamp,
    /// Since when the account signs nobody in.
    pub disabled_at: Option<Timestamp>,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Where a person's TOTP secret is sealed.
#[must_use]
pub const fn totp_place(user_id: Uuid) -> Place {
    Place { table: "users", column: "totp_sealed", row: user_id }
}

/// Stores a new person; `false` when the name is taken.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn insert(connection: &mut Connection, user: &User) -> Result<bool, StoreError> {
    let written = query(
        "INSERT INTO users (id, name, display_name, role, password_hash, password_number, totp_sealed, \
         totp_step_last, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8) ON CONFLICT (name) DO NOTHING",
    )
    .bind(user.id)
    .bind(&user.name)
    .bind(&user.display_name)
    .bind(&user.role)
    .bind(&user.password_hash)
    .bind(user.password_number)
    .bind(&user.totp_sealed)
    .bind(millis(user.made_at))
    .execute(connection)
    .await?;
    Ok(written == 1)
}

/// The person with this id.
///
/// # Errors
/// [`StoreError`].
pub async fn find(connection: &mut Connection, id: Uuid) -> Result<Option<User>, StoreError> {
    query("SELECT * FROM users WHERE id = $1")
        .bind(id)
        .fetch_optional(connection)
        .await?
        .as_ref()
        .map(user)
        .transpose()
}

/// The person with this name.
///
/// # Errors
/// [`StoreError`].
pub async fn find_by_name(connection: &mut Connection, name: &UserName) -> Result<Option<User>, StoreError> {
    query("SELECT * FROM users WHERE name = $1")
        .bind(name.as_str())
        .fetch_optional(connection)
        .await?
        .as_ref()
        .map(user)
        .transpose()
}

/// At most `count` people by name.
///
/// # Errors
/// [`StoreError`].
pub async fn list(connection: &mut Connection, count: i64) -> Result<Vec<User>, StoreError> {
    query("SELECT * FROM users ORDER BY name LIMIT $1")
        .bind(count)
        .fetch_all(connection)
        .await?
        .iter()
        .map(user)
        .collect()
}

/// Every name there is.
///
/// # Errors
/// [`StoreError`].
pub async fn names(connection: &mut Connection) -> Result<Vec<UserName>, StoreError> {
    let names: Vec<String> = query_scalar("SELECT name FROM users").fetch_all(connection).await?;
    names.iter().map(|name| UserName::parse(name).ok_or(StoreError::Corrupt("user name"))).collect()
}

/// Accepts a one-time code's step if it is later than any before: of any number at once, one wins.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn spend_totp_step(connection: &mut Connection, id: Uuid, step: i64) -> Result<bool, StoreError> {
    let written = query("UPDATE users SET totp_step_last = $2 WHERE id = $1 AND totp_step_last < $2")
        .bind(id)
        .bind(step)
        .execute(connection)
        .await?;
    Ok(written == 1)
}

/// Disables or enables the account; `false` when it was so before.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn set_disabled(
    connection: &mut Connection,
    id: Uuid,
    disabled_at: Option<Timestamp>,
) -> Result<bool, StoreError> {
    let written =
        query("UPDATE users SET disabled_at = $2 WHERE id = $1 AND (disabled_at IS NULL) <> ($2 IS NULL)")
            .bind(id)
            .bind(disabled_at.map(millis))
            .execute(connection)
            .await?;
    Ok(written == 1)
}

/// Replaces the password.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn set_password(
    connection: &mut Connection,
    id: Uuid,
    password_hash: &str,
) -> Result<(), StoreError> {
    query("UPDATE users SET password_hash = $2, password_number = password_number + 1 WHERE id = $1")
        .bind(id)
        .bind(password_hash)
        .execute(connection)
        .await?;
    Ok(())
}

/// Replaces the hash of the same password, unless an administrator replaced the password meanwhile.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn renew_password_hash(
    connection: &mut Connection,
    user: &User,
    password_hash: &str,
) -> Result<(), StoreError> {
    query("UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2")
        .bind(user.id)
        .bind(&user.password_hash)
        .bind(password_hash)
        .execute(connection)
        .await?;
    Ok(())
}

/// Sets or replaces the PIN that goes with her badge.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn set_pin(connection: &mut Connection, id: Uuid, pin_hash: &str) -> Result<(), StoreError> {
    query("UPDATE users SET pin_hash = $2 WHERE id = $1").bind(id).bind(pin_hash).execute(connection).await?;
    Ok(())
}

/// Replaces the TOTP secret; codes of the new one are counted anew.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn set_totp(connection: &mut Connection, id: Uuid, totp_sealed: &[u8]) -> Result<(), StoreError> {
    query("UPDATE users SET totp_sealed = $2, totp_step_last = 0 WHERE id = $1")
        .bind(id)
        .bind(totp_sealed)
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes a completed sign-in at a workstation.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn note_place(
    connection: &mut Connection,
    user_id: Uuid,
    workstation_id: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    query(
        "INSERT INTO known_places (user_id, workstation_id, signed_in_at) VALUES ($1, $2, $3) \
         ON CONFLICT (user_id, workstation_id) DO UPDATE SET signed_in_at = excluded.signed_in_at",
    )
    .bind(user_id)
    .bind(workstation_id)
    .bind(millis(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether somebody of this name has signed in at the workstation lately. The name is the key, so that
/// the same statement runs for a name nobody has.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn is_known_place(
    connection: &mut Connection,
    name: &UserName,
    workstation_id: Uuid,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let since = now.saturating_sub(KNOWN_PLACE_MAX).unwrap_or(Timestamp::MIN);
    let found: i64 = query_scalar(
        "SELECT COUNT(*) FROM known_places JOIN users ON users.id = known_places.user_id \
         WHERE users.name = $1 AND workstation_id = $2 AND signed_in_at > $3",
    )
    .bind(name.as_str())
    .bind(workstation_id)
    .bind(millis(since))
    .fetch_one(connection)
    .await?;
    Ok(found > 0)
}

fn user(row: &Row) -> Result<User, StoreError> {
    Ok(User {
        id: row.get("id")?,
        name: row.get("name")?,
        display_name: row.get("display_name")?,
        role: row.get("role")?,
        password_hash: row.get("password_hash")?,
        password_number: row.get("password_number")?,
        pin_hash: row.get("pin_hash")?,
        totp_sealed: row.get("totp_sealed")?,
        made_at: timestamp(row.get("made_at")?)?,
        disabled_at: row.get::<Option<i64>>("disabled_at")?.map(timestamp).transpose()?,
    })
}
