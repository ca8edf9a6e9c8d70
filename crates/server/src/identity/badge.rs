//! A badge number as it is read and compared.
//!
//! It names a person and proves nothing: anybody near a badge can read it. It is therefore stored as a keyed hash only,
//! and a number that changes with each presentation names nobody.

use std::fmt;

use protocol::v1::badge::BADGE_NUMBER_SIZE_BYTES_MAX;
use zeroize::Zeroizing;

use crate::keys::Key;

/// A reader that types less than this reads no badges.
const NUMBER_CHARACTERS_MIN: usize = 4;
/// Serial numbers of contactless cards: ISO/IEC 14443-3 single, double and triple size, ISO/IEC 15693.
const UID_SIZES_BYTES: [usize; 4] = [4, 7, 8, 10];

/// `technology:number`, checked. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct BadgeNumber(Zeroizing<String>);

/// The blind index of a number: the same for the same number, and tells nothing without the index key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NumberIndex(pub [u8; 32]);

/// Why a number cannot be used, in words for whoever presented it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Another one comes with each presentation (ISO/IEC 14443-3, 6.5.4: single size, first byte 08).
    #[error("This card shows another number each time it is read. Use another card.")]
    Random,
    /// No card has such a number, or a reader read half of it.
    #[error(
        "A badge number is `technology:number`: `uid:` and the serial number in lower-case hexadecimal, or `wedge:` \
         and what the reader types, at most 128 printable ASCII characters without spaces."
    )]
    Malformed,
}

impl BadgeNumber {
    /// Takes what a reader read.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn parse(text: &str) -> Result<Self, Unusable> {
        if text.len() > BADGE_NUMBER_SIZE_BYTES_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Unusable::Malformed);
        }
        let (technology, number) = text.split_once(':').ok_or(Unusable::Malformed)?;
        let is_technology = (1..=16).contains(&technology.len())
            && technology.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if !is_technology || number.len() < NUMBER_CHARACTERS_MIN {
            return Err(Unusable::Malformed);
        }
        if technology == "uid" {
            check_uid(number)?;
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// What is stored of it.
    #[must_use]
    pub fn index(&self, index: &Key) -> NumberIndex {
        NumberIndex(index.mac(&[b"tapward badge v1", self.0.as_bytes()]))
    }

    /// For the keyed hash of an attempt.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for BadgeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BadgeNumber(…)")
    }
}

fn check_uid(number: &str) -> Result<(), Unusable> {
    let is_hexadecimal = number.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let has_a_size = UID_SIZES_BYTES.iter().any(|size| size * 2 == number.len());
    let is_nothing = number.bytes().all(|byte| byte == b'0') || number.bytes().all(|byte| byte == b'f');
    if !is_hexadecimal || !has_a_size || is_nothing {
        return Err(Unusable::Malformed);
    }
    if number.len() == 8 && number.starts_with("08") {
        return Err(Unusable::Random);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn serial_numbers_of_every_size_and_typed_numbers_are_badges() {
        for text in [
            "uid:04a1b2c3",
            "uid:04a1b2c3d4e5f6",
            "uid:e004010012345678",
            "uid:00112233445566778899",
            "wedge:12345/A-b",
        ] {
            assert!(BadgeNumber::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_serial_number_that_changes_each_time_is_nobodys() {
        assert_eq!(BadgeNumber::parse("uid:08a1b2c3").unwrap_err(), Unusable::Random);
        assert!(
            BadgeNumber::parse("uid:08a1b2c3d4e5f6").is_ok(),
            "seven bytes are fixed, whatever the first"
        );
        assert!(BadgeNumber::parse("wedge:08a1b2c3").is_ok(), "what a wedge types is no serial number");
    }

    #[test]
    fn what_no_reader_reads_is_no_badge() {
        let long = format!("wedge:{}", "1".repeat(123));
        for text in [
            "",
            "04a1b2c3",
            "uid:",
            ":04a1b2c3",
            "uid:04a1b2",
            "uid:04a1b2c",
            "uid:04A1B2C3",
            "uid:04a1b2c3d4",
            "uid:0x04a1b2",
            "UID:04a1b2c3",
            "uid:00000000",
            "uid:ffffffffffffff",
            "wedge:123",
            "wedge:1234 5",
            "wedge:12\n34",
            "wedge:１２３４",
            "we dge:1234",
            long.as_str(),
        ] {
            assert_eq!(BadgeNumber::parse(text).unwrap_err(), Unusable::Malformed, "{text:?}");
        }
        assert!(BadgeNumber::parse(&long[..128]).is_ok());
    }

    #[test]
    fn an_index_tells_no_number_and_differs_by_technology_and_key() {
        let index = |text: &str, key: u8| BadgeNumber::parse(text).unwrap().index(&Key::new([key; 32]));

        assert_eq!(index("uid:04a1b2c3", 1), index("uid:04a1b2c3", 1));
        assert_ne!(index("uid:04a1b2c3", 1), index("wedge:04a1b2c3", 1));
        assert_ne!(index("uid:04a1b2c3", 1), index("uid:04a1b2c3", 2));
        assert_eq!(format!("{:?}", BadgeNumber::parse("uid:04a1b2c3").unwrap()), "BadgeNumber(…)");
    }
}
