//! Times as they are stored.

use jiff::Timestamp;

use super::StoreError;

/// Milliseconds since 1970, as times are stored.
#[must_use]
pub fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// A stored time.
///
/// # Errors
/// [`StoreError::Corrupt`] beyond the year 9999.
pub fn timestamp(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|_| StoreError::Corrupt("time"))
}
