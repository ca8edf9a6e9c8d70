//! Deletes what is over.

use jiff::Timestamp;

use super::{Store, StoreError, attempts, failures, millis, query, transact};
use crate::keys::Key;

/// Failures at one workstation are forgotten this long after the last one.
const FAILURES_REMEMBERED: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);
/// Failures over all workstations of a name that nobody has are forgotten this long after the last one: so
/// late that it does not help to find out who works here.
const NOBODYS_FAILURES_REMEMBERED: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 30);

/// Deletes what is over at `now`. Failures at one workstation are forgotten after a day without another. The
/// count over all workstations, which suspends an authenticator at a hundred in a row (NIST SP 800-63B-4,
/// 3.2.2), is a person's until she signs in or the help desk resets it; that of a name nobody has, of which
/// there can be any number, is forgotten after a month.
///
/// # Errors
/// [`StoreError`].
pub async fn forget(store: &Store, index: &Key, now: Timestamp) -> Result<(), StoreError> {
    let since = |age| now.saturating_sub(age).unwrap_or(Timestamp::MIN);
    let before = |age| millis(since(age));
    transact!(store, |write| {
        for (sql, bound) in [
            ("DELETE FROM spent_proofs WHERE expires_at < $1", millis(now)),
            ("DELETE FROM attempts WHERE at < $1", before(attempts::REMEMBERED)),
            (
                "DELETE FROM unknown_badges WHERE last_at < $1 AND locked_until < $1",
                before(FAILURES_REMEMBERED),
            ),
            ("DELETE FROM challenges WHERE expires_at < $1", before(attempts::REMEMBERED)),
            ("DELETE FROM enrolment_codes WHERE expires_at < $1 OR uses_left = 0", millis(now)),
        ] {
            query(sql).bind(bound).execute(write).await?;
        }
        failures::forget_here(write, since(FAILURES_REMEMBERED)).await?;
        Ok::<_, StoreError>(())
    })?;
    failures::forget_nobodys(store, index, since(NOBODYS_FAILURES_REMEMBERED)).await
}
