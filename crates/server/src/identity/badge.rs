//! A badge number as it is read and compared.
//!
//! It names a person and proves nothing: anybody near a badge can read it. It is therefore stored as a keyed hash only,
//! and a number that changes with each presentation names nobody.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use protocol::v1::badge::BADGE_NUMBER_SIZE_BYTES_MAX;
use zeroize::Zeroizing;

use crate::keys::Key;

/// What readers type: less than this is noise, more than this they refuse themselves.
const TYPED_CHARACTERS_RANGE: std::ops::RangeInclusive<usize> = 4..=64;
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
    /// No reader says such a thing before a number.
    #[error(
        "This does not say how the badge is read: write uid: or wedge: before it (uid: and a card's serial number, \
         wedge: and what a reader types)."
    )]
    OtherTechnology,
    /// A serial number has other digits.
    #[error(
        "A serial number is hexadecimal digits alone: after uid: write 0 to 9 and a to f, without spaces, colons or 0x."
    )]
    NoSerialNumber,
    /// A reader read half of it, or somebody copied half of it.
    #[error(
        "A serial number has 8, 14, 16 or 20 hexadecimal digits; this one has more or fewer. Copy all of it after uid:."
    )]
    SerialNumberLength,
    /// What readers in trouble answer.
    #[error("No card has a serial number of zeros or of f alone. Read the card again.")]
    Blank,
    /// A stray Enter, a line of noise.
    #[error("This is too short: after wedge: come at least 4 characters. Write all that the reader types.")]
    TooShort,
    /// No reader types so much.
    #[error(
        "This is too long: after wedge: come at most 64 characters. Write what the reader types for one badge."
    )]
    TooLong,
    /// No reader types such.
    #[error(
        "A reader types letters without accents, digits and signs, in lower case and without spaces. Write just that \
         after wedge:."
    )]
    Untypable,
}

impl BadgeNumber {
    /// Takes what a reader read, just as readers tell it.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn parse(text: &str) -> Result<Self, Unusable> {
        match text.split_once(':') {
            Some(("uid", number)) => check_uid(number)?,
            Some(("wedge", number)) => check_typed(number)?,
            Some(_) | None => return Err(Unusable::OtherTechnology),
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// Takes what an administrator typed or wrote into a list: upper case is lower case, as readers tell it, and spaces
    /// around it are nothing.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn typed(text: &str) -> Result<Self, Unusable> {
        let text = text.trim();
        if text.len() > BADGE_NUMBER_SIZE_BYTES_MAX {
            return Err(Unusable::TooLong);
        }
        Self::parse(&Zeroizing::new(text.to_ascii_lowercase()))
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

impl Hash for BadgeNumber {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for BadgeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BadgeNumber(…)")
    }
}

fn check_uid(number: &str) -> Result<(), Unusable> {
    if !number.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(Unusable::NoSerialNumber);
    }
    if !UID_SIZES_BYTES.iter().any(|size| size * 2 == number.len()) {
        return Err(Unusable::SerialNumberLength);
    }
    if number.bytes().all(|byte| byte == b'0') || number.bytes().all(|byte| byte == b'f') {
        return Err(Unusable::Blank);
    }
    if number.len() == 8 && number.starts_with("08") {
        return Err(Unusable::Random);
    }
    Ok(())
}

fn check_typed(number: &str) -> Result<(), Unusable> {
    if number.len() < *TYPED_CHARACTERS_RANGE.start() {
        return Err(Unusable::TooShort);
    }
    if number.len() > *TYPED_CHARACTERS_RANGE.end() {
        return Err(Unusable::TooLong);
    }
    if !number.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase()) {
        return Err(Unusable::Untypable);
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
            "wedge:12345/a-b",
            "wedge:ab;12=34?",
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
    fn what_no_reader_reads_is_no_badge_and_each_mistake_is_told_as_what_it_is() {
        let long = format!("wedge:{}", "1".repeat(65));
        for (text, mistake) in [
            ("", Unusable::OtherTechnology),
            ("04a1b2c3", Unusable::OtherTechnology),
            (":04a1b2c3", Unusable::OtherTechnology),
            ("04:a1:b2:c3:d4:e5:f6", Unusable::OtherTechnology),
            ("foo:0000", Unusable::OtherTechnology),
            ("UID:04a1b2c3", Unusable::OtherTechnology),
            ("we dge:1234", Unusable::OtherTechnology),
            ("uid:", Unusable::SerialNumberLength),
            ("uid:04a1b2", Unusable::SerialNumberLength),
            ("uid:04a1b2c", Unusable::SerialNumberLength),
            ("uid:04a1b2c3d4", Unusable::SerialNumberLength),
            ("uid:04A1B2C3", Unusable::NoSerialNumber),
            ("uid:0x04a1b2", Unusable::NoSerialNumber),
            ("uid:04:a1:b2:c3", Unusable::NoSerialNumber),
            ("uid:00000000", Unusable::Blank),
            ("uid:ffffffffffffff", Unusable::Blank),
            ("wedge:123", Unusable::TooShort),
            (long.as_str(), Unusable::TooLong),
            ("wedge:ABCD1234", Unusable::Untypable),
            ("wedge:1234 5", Unusable::Untypable),
            ("wedge:12\n34", Unusable::Untypable),
            ("wedge:１２３４", Unusable::Untypable),
        ] {
            assert_eq!(BadgeNumber::parse(text).unwrap_err(), mistake, "{text:?}");
        }
        assert!(BadgeNumber::parse(&long[..long.len() - 1]).is_ok());
    }

    #[test]
    fn what_an_administrator_types_in_upper_case_is_the_badge_that_readers_tell_in_lower_case() {
        for (typed, read) in [
            ("UID:04A1B2C3", "uid:04a1b2c3"),
            (" wedge:ABCD1234 ", "wedge:abcd1234"),
            ("Wedge:abcd1234", "wedge:abcd1234"),
        ] {
            assert_eq!(BadgeNumber::typed(typed), BadgeNumber::parse(read), "{typed:?}");
        }
        assert_eq!(BadgeNumber::typed("uid:08A1B2C3").unwrap_err(), Unusable::Random);
        assert_eq!(BadgeNumber::typed(&"1".repeat(4_096)).unwrap_err(), Unusable::TooLong);
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
