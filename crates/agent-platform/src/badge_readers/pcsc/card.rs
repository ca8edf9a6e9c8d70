//! Reading one card: the exchange of commands with it, and what can be made of its answers.
//!
//! A badge technology is one [`CardReading`]: given the exchange, it says which badge this is and what it proved. Those
//! that prove something (a challenge answered with a key of the card's own) stand before [`UidReading`], which any card
//! satisfies.

use agent_core::{
    badge::{BadgeFault, BadgeGrade},
    secret::Secret,
};
use zeroize::Zeroizing;

/// The serial number of a contactless card (PC/SC part 3, 3.2.2.1.3, GET DATA).
const GET_UID: [u8; 5] = [0xff, 0xca, 0x00, 0x00, 0x00];
/// ISO/IEC 7816-4: the command was carried out.
const DONE: [u8; 2] = [0x90, 0x00];
/// ISO/IEC 14443-3: a 4-byte serial number that begins so is made anew at each presentation.
const RANDOM_BEGINS_WITH: u8 = 0x08;

/// A connected card.
pub trait CardExchange {
    /// Sends one command and returns the whole answer with its status word. Blocks.
    ///
    /// # Errors
    /// When the card did not get it or did not answer.
    fn transmit(&mut self, command: &[u8]) -> Result<Zeroizing<Vec<u8>>, pcsc::Error>;
}

/// One way to read a badge.
pub trait CardReading: Send + Sync + 'static {
    /// Which badge this is; `None` when it is none of this technology.
    ///
    /// # Errors
    /// When the exchange failed, or when it is of this technology and cannot be used.
    fn read(&self, card: &mut dyn CardExchange) -> Result<Option<ReadBadge>, ReadError>;
}

/// What a card said it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadBadge {
    /// `technology:number`, lower case.
    pub number: Secret,
    /// What it proved.
    pub grade: BadgeGrade,
}

/// Why a card was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The exchange broke: trying again may help while the card lies there.
    #[error("the card could not be spoken to")]
    Broken(#[from] pcsc::Error),
    /// It answered, and cannot be used: trying again is of no use.
    #[error("the card cannot be used: {0:?}")]
    Unusable(BadgeFault),
}

/// The card's serial number. Anybody can read and copy it.
#[derive(Debug, Clone, Copy)]
pub struct UidReading;

impl CardReading for UidReading {
    fn read(&self, card: &mut dyn CardExchange) -> Result<Option<ReadBadge>, ReadError> {
        let answer = card.transmit(&GET_UID)?;
        let uid = answer.strip_suffix(&DONE).ok_or(ReadError::Unusable(BadgeFault::Unreadable))?;
        match uid {
            [RANDOM_BEGINS_WITH, _, _, _] => Err(ReadError::Unusable(BadgeFault::RandomNumber)),
            // No card is made with such a number; readers in trouble answer it.
            uid if uid.iter().all(|byte| *byte == 0) => Err(ReadError::Unusable(BadgeFault::Unreadable)),
            // ISO/IEC 14443 type A: 4, 7, 10; ISO/IEC 15693 and FeliCa: 8.
            uid if matches!(uid.len(), 4 | 7 | 8 | 10) => {
                Ok(Some(ReadBadge { number: number_of(uid), grade: BadgeGrade::Uid }))
            }
            _ => Err(ReadError::Unusable(BadgeFault::Unreadable)),
        }
    }
}

fn number_of(uid: &[u8]) -> Secret {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    // Made in one go: a string that grows would leave parts of it in memory.
    let mut number = String::with_capacity("uid:".len() + 2 * uid.len());
    number.push_str("uid:");
    for byte in uid {
        number.push(char::from(DIGITS[usize::from(byte >> 4)]));
        number.push(char::from(DIGITS[usize::from(byte & 0x0f)]));
    }
    Secret::new(number)
}

/// Reads `card` with the first of `readings` that knows it.
///
/// # Errors
/// As [`CardReading::read`]; [`BadgeFault::Unreadable`] where none knows it.
pub(super) fn read(
    readings: &[Box<dyn CardReading>],
    card: &mut dyn CardExchange,
) -> Result<ReadBadge, ReadError> {
    for reading in readings {
        if let Some(badge) = reading.read(card)? {
            return Ok(badge);
        }
    }
    Err(ReadError::Unusable(BadgeFault::Unreadable))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers every command alike.
    struct Answering(Result<Vec<u8>, pcsc::Error>);

    impl CardExchange for Answering {
        fn transmit(&mut self, _: &[u8]) -> Result<Zeroizing<Vec<u8>>, pcsc::Error> {
            self.0.clone().map(Zeroizing::new)
        }
    }

    fn check(answer: &[u8]) -> Result<String, ReadError> {
        let readings: [Box<dyn CardReading>; 1] = [Box::new(UidReading)];
        let badge = read(&readings, &mut Answering(Ok(answer.to_vec())))?;
        assert_eq!(badge.grade, BadgeGrade::Uid, "a serial number proves nothing");
        Ok(badge.number.expose().to_owned())
    }

    #[test]
    fn a_serial_number_of_a_known_length_is_a_badge() {
        for (uid, number) in [
            (&[0xa4, 0x00, 0x0c, 0xff][..], "uid:a4000cff"),
            (&[0x04, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0x80], "uid:04a1b2c3d4e580"),
            (&[0xe0, 0x04, 1, 2, 3, 4, 5, 6], "uid:e004010203040506"),
            (&[8, 1, 2, 3, 4, 5, 6, 7, 8, 9], "uid:08010203040506070809"),
            // Only a 4-byte one says by its first byte that it is random.
            (&[8, 1, 2, 3, 4, 5, 6], "uid:08010203040506"),
        ] {
            assert_eq!(check(&[uid, &DONE].concat()).unwrap(), number);
        }
    }

    #[test]
    fn a_random_number_is_no_badge() {
        assert_eq!(check(&[8, 1, 2, 3, 0x90, 0]), Err(ReadError::Unusable(BadgeFault::RandomNumber)));
    }

    #[test]
    fn any_other_answer_is_no_badge() {
        let uid = [0x04, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0x80];
        let mut answers: Vec<Vec<u8>> = vec![vec![], vec![0x90], vec![0x00, 0x90], DONE.to_vec()];
        // Other status words, with and without a number before them.
        for status in [[0x63, 0x00], [0x6a, 0x81], [0x67, 0x00], [0x90, 0x01], [0x91, 0x00]] {
            answers.push(status.to_vec());
            answers.push([&uid[..], &status].concat());
        }
        // Lengths that no card has.
        for length in [1, 2, 3, 5, 6, 9, 11, 12, 64, 255] {
            answers.push([&vec![0x04; length][..], &DONE].concat());
        }
        for length in [4, 7, 8, 10] {
            answers.push([&vec![0; length][..], &DONE].concat());
        }

        for answer in answers {
            assert_eq!(check(&answer), Err(ReadError::Unusable(BadgeFault::Unreadable)), "{answer:02x?}");
        }
    }

    #[test]
    fn an_exchange_that_breaks_is_told_from_an_answer_that_is_of_no_use() {
        let readings: [Box<dyn CardReading>; 1] = [Box::new(UidReading)];
        let read = read(&readings, &mut Answering(Err(pcsc::Error::RemovedCard)));

        assert_eq!(read, Err(ReadError::Broken(pcsc::Error::RemovedCard)));
    }

    #[test]
    fn a_card_that_no_technology_knows_is_no_badge() {
        struct Stranger;
        impl CardReading for Stranger {
            fn read(&self, _: &mut dyn CardExchange) -> Result<Option<ReadBadge>, ReadError> {
                Ok(None)
            }
        }
        let strangers: [Box<dyn CardReading>; 2] = [Box::new(Stranger), Box::new(Stranger)];
        let mut card = Answering(Ok(DONE.to_vec()));

        assert_eq!(read(&strangers, &mut card), Err(ReadError::Unusable(BadgeFault::Unreadable)));
        assert_eq!(read(&[], &mut card), Err(ReadError::Unusable(BadgeFault::Unreadable)));
    }
}
