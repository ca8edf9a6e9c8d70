//! A user name as it is compared.

use std::fmt;

use protocol::v1::session::USER_NAME_SIZE_BYTES_MAX;
use unicode_normalization::UnicodeNormalization;

use crate::keys::Key;

/// NFC, trimmed, lower case, without control characters, at most [`USER_NAME_SIZE_BYTES_MAX`] bytes.
/// `Debug` hides it: a password typed into the wrong field ends up here.
#[derive(Clone, PartialEq, Eq)]
pub struct UserName(String);

/// A blind index of a name: the same for the same name, and tells nothing without the index key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject(pub [u8; 32]);

impl UserName {
    /// Takes what was typed; `None` when nobody can be called that.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > USER_NAME_SIZE_BYTES_MAX {
            return None;
        }
        let name: String = typed.nfc().collect::<String>().trim().to_lowercase().nfc().collect();
        let is_usable =
            !name.is_empty() && name.len() <= USER_NAME_SIZE_BYTES_MAX && !name.chars().any(char::is_control);
        is_usable.then_some(Self(name))
    }

    /// The name as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as failures are counted under.
    #[must_use]
    pub fn subject(&self, index: &Key) -> Subject {
        Subject(index.mac(&[b"tapward subject v1", self.0.as_bytes()]))
    }
}

impl fmt::Debug for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserName(…)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn one_person_is_one_name_however_it_is_typed() {
        let same = ["maría.o", " MARÍA.O ", "mari\u{301}a.o", "María.O\t"];

        for typed in same {
            assert_eq!(UserName::parse(typed).unwrap().as_str(), "maría.o", "{typed:?}");
        }
    }

    #[test]
    fn nobody_is_called_nothing_or_too_much() {
        for typed in ["", "  ", "a\0b", "a\nb", &"x".repeat(257)] {
            assert!(UserName::parse(typed).is_none(), "{typed:?}");
        }
        assert!(UserName::parse(&"x".repeat(256)).is_some());
    }

    #[test]
    fn debug_shows_no_name() {
        assert_eq!(format!("{:?}", UserName::parse("maria").unwrap()), "UserName(…)");
    }
}
