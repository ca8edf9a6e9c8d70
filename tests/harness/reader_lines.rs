//! What badge readers tell, as the lines that the `adapter` process prints; and a card that proves itself.

use agent_core::{
    badge::{Badge, BadgeFault, BadgeGrade, BadgeMark, ReaderFact, ReaderFault, ReaderId},
    event::Event,
    secret::Secret,
};
use agent_platform::badge_readers::pcsc::card::{CardExchange, CardReading, ReadBadge, ReadError};
use aws_lc_rs::hmac::{self, HMAC_SHA256};

/// INTERNAL AUTHENTICATE (ISO/IEC 7816-4) with a challenge of 8 bytes.
pub const CHALLENGE: [u8; 13] = [0x00, 0x88, 0x00, 0x00, 0x08, 1, 2, 3, 4, 5, 6, 7, 8];
/// Behind a card's serial number and its proof.
const DONE: [u8; 2] = [0x90, 0x00];
const KEY: [u8; 32] = [0x5a; 32];

/// A technology as a card with keys would be: asks for a proof and checks it. Stands for DESFire, PIV or FIDO.
#[derive(Debug, Clone, Copy)]
pub struct Challenge;

impl CardReading for Challenge {
    fn read(&self, card: &mut dyn CardExchange) -> Result<Option<ReadBadge>, ReadError> {
        let answer = card.transmit(&CHALLENGE)?;
        let Some((id, proof)) = answer.strip_suffix(&DONE).and_then(|all| all.split_at_checked(4)) else {
            return Ok(None);
        };
        let key = hmac::Key::new(HMAC_SHA256, &KEY);
        if hmac::verify(&key, &CHALLENGE, proof).is_err() {
            return Err(ReadError::Unusable(BadgeFault::Unreadable));
        }
        let number = Secret::new(format!("challenge:{}", hex(id)));
        Ok(Some(ReadBadge { number, grade: BadgeGrade::Cryptographic }))
    }
}

/// What such a card answers; with another key, one that was forged.
#[must_use]
pub fn proof(id: [u8; 4], is_forged: bool) -> Vec<u8> {
    let key = hmac::Key::new(HMAC_SHA256, if is_forged { &[0; 32] } else { &KEY });
    let tag = hmac::sign(&key, &CHALLENGE);
    [&id[..], tag.as_ref(), &DONE].concat()
}

/// One line for one event.
#[must_use]
pub fn to_line(event: &Event) -> String {
    let Event::ReaderTold(fact) = event else { return "something else".to_owned() };
    match fact {
        ReaderFact::Ready { reader } => format!("ready {}", reader.0),
        ReaderFact::Faulty { reader, fault } => format!("faulty {} {fault:?}", reader.0),
        ReaderFact::Presented { reader, badge } => {
            format!(
                "presented {} {} {:?} {}",
                reader.0,
                hex(&badge.mark.0),
                badge.grade,
                badge.number.expose()
            )
        }
        ReaderFact::NotRead { reader, fault } => format!("not-read {} {fault:?}", reader.0),
        ReaderFact::Removed { reader } => format!("removed {}", reader.0),
    }
}

/// And back; `None` where it is no such line.
#[must_use]
pub fn from_line(line: &str) -> Option<Event> {
    let words: Vec<_> = line.split(' ').collect();
    let reader = ReaderId(words.get(1)?.parse().ok()?);
    let fact = match words.as_slice() {
        ["ready", _] => ReaderFact::Ready { reader },
        ["faulty", _, fault] => ReaderFact::Faulty {
            reader,
            fault: named(fault, [ReaderFault::Unplugged, ReaderFault::Unavailable, ReaderFault::Mute])?,
        },
        ["presented", _, mark, grade, number] => {
            let mark = (0..16).map(|n| u8::from_str_radix(mark.get(2 * n..2 * n + 2)?, 16).ok());
            let mark = mark.collect::<Option<Vec<_>>>()?.try_into().ok()?;
            let grade = named(grade, [BadgeGrade::Uid, BadgeGrade::Cryptographic])?;
            let number = Secret::new((*number).to_owned());
            ReaderFact::Presented { reader, badge: Badge { mark: BadgeMark(mark), number, grade } }
        }
        ["not-read", _, fault] => ReaderFact::NotRead {
            reader,
            fault: named(fault, [BadgeFault::Unreadable, BadgeFault::RandomNumber, BadgeFault::TwoAtOnce])?,
        },
        ["removed", _] => ReaderFact::Removed { reader },
        _ => return None,
    };
    Some(Event::ReaderTold(fact))
}

fn named<T: std::fmt::Debug, const N: usize>(name: &str, all: [T; N]) -> Option<T> {
    all.into_iter().find(|one| format!("{one:?}") == name)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
