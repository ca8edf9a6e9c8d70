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

    /// The badge of this number. What merely shows the number of one that proves a key is another badge.
    #[must_use]
    pub fn badge(&self, number: Secret, grade: BadgeGrade) -> Badge {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(match grade {
            BadgeGrade::Uid => b"number:",
            BadgeGrade::Cryptographic => b"proved:",
        });
        context.update(number.expose().as_bytes());
        let tag = context.sign();
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
    fn the_copied_number_of_a_badge_that_proves_a_key_is_another_badge() {
        let marking = Marking::new().unwrap();
        let badge = |grade| marking.badge(Secret::new("uid:04a1b2c3d4e580".to_owned()), grade).mark;

        assert_ne!(badge(BadgeGrade::Uid), badge(BadgeGrade::Cryptographic));
    }

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
