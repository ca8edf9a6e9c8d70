//! Keeps refused keys from filling the audit record: one alert per key and quarter of an hour.
//!
//! A stranger's key costs nothing, so there may be any number of them and only so many are remembered. A
//! revoked workstation is one of ours: its alerts have a budget of their own, which no crowd of strangers
//! uses up.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

/// The same key is on record again only after this long.
const QUIET: SignedDuration = SignedDuration::from_mins(15);
/// Keys remembered at once; beyond it, alerts of new keys wait until some are forgotten.
const KEYS_MAX: usize = 1_000;

/// Who was on record lately.
#[derive(Debug, Default)]
pub struct Alerts {
    /// Keys that are no workstation's.
    pub strangers: Budget,
    /// Keys of workstations that were revoked.
    pub revoked: Budget,
}

/// One kind of key that was on record lately.
#[derive(Debug, Default)]
pub struct Budget(Mutex<HashMap<String, Timestamp>>);

impl Budget {
    /// Whether an alert about this key is due.
    #[must_use]
    pub fn may_record(&self, thumbprint: &str, now: Timestamp) -> bool {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.get(thumbprint).is_some_and(|at| now.duration_since(*at) < QUIET) {
            return false;
        }
        if keys.len() >= KEYS_MAX {
            keys.retain(|_, at| now.duration_since(*at) < QUIET);
        }
        if keys.len() >= KEYS_MAX {
            return false;
        }
        keys.insert(thumbprint.to_owned(), now);
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_stranger_is_on_record_once_in_a_quarter_of_an_hour() {
        let alerts = Alerts::default().strangers;
        let start = Timestamp::from_second(1_800_000_000).unwrap();

        assert!(alerts.may_record("stranger", start));
        assert!(!alerts.may_record("stranger", start));
        assert!(alerts.may_record("another", start));
        assert!(alerts.may_record("stranger", start + QUIET));
    }

    #[test]
    fn a_crowd_of_strangers_is_bounded() {
        let alerts = Alerts::default().strangers;
        let start = Timestamp::from_second(1_800_000_000).unwrap();
        let recorded = (0..5_000).filter(|key| alerts.may_record(&key.to_string(), start)).count();

        assert_eq!(recorded, KEYS_MAX);
        assert!(alerts.may_record("later", start + QUIET));
    }

    #[test]
    fn a_crowd_of_strangers_does_not_silence_a_revoked_workstation() {
        let alerts = Alerts::default();
        let start = Timestamp::from_second(1_800_000_000).unwrap();
        while alerts.strangers.may_record(&uuid::Uuid::new_v4().to_string(), start) {}

        assert!(alerts.revoked.may_record("revoked", start));
        assert!(!alerts.revoked.may_record("revoked", start));
    }
}
