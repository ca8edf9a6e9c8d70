//! From what a reader read to a [`Badge`]: the mark that tells it from another one.

use std::{fmt, io, sync::Arc};

use agent_core::{
    badge::{Badge, BadgeGrade, BadgeMark},
    secret::Secret,
};
use aws_lc_rs::{
    hmac::{self, HMAC_SHA256},
    rand,
};
use zeroize::Zeroizing;

/// The key of this process's marks, shared by all its readers: the same badge has the same mark at each of them. It is
/// made at start and kept nowhere, so that a mark tells nothing to anybody else.
#[derive(Clone)]
pub struct Marking(Arc<hmac::Key>);

impl Marking {
    /// Under a key of its own.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new() -> io::Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        rand::fill(key.as_mut()).map_err(|_| io::Error::other("the system gives no randomness"))?;
        Ok(Self(Arc::new(hmac::Key::new(HMAC_SHA256, key.as_ref()))))
    }

    /// The badge of this number.
    #[must_use]
    pub fn badge(&self, number: Secret, grade: BadgeGrade) -> Badge {
        let tag = hmac::sign(&self.0, number.expose().as_bytes());
        let mut mark = [0; 16];
        mark.copy_from_slice(&tag.as_ref()[..16]);
        Badge { mark: BadgeMark(mark), number, grade }
    }
}

impl fmt::Debug for Marking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Marking(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_has_the_same_mark_at_every_reader_and_another_one_in_another_process() {
        let badge = |marking: &Marking, number: &str| {
            marking.badge(Secret::new(number.to_owned()), BadgeGrade::Uid).mark
        };
        let (here, elsewhere) = (Marking::new().unwrap(), Marking::new().unwrap());

        assert_eq!(badge(&here, "uid:04a1b2c3d4e580"), badge(&here.clone(), "uid:04a1b2c3d4e580"));
        assert_ne!(badge(&here, "uid:04a1b2c3d4e580"), badge(&here, "uid:04a1b2c3d4e581"));
        assert_ne!(badge(&here, "uid:04a1b2c3d4e580"), badge(&elsewhere, "uid:04a1b2c3d4e580"));
        assert_eq!(format!("{here:?}"), "Marking(…)");
    }
}
