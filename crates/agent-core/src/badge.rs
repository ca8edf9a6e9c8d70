//! A badge as a reader read it, and what readers tell.
//!
//! A badge's number can be read by anybody near it: it names a person and proves nothing. It is hidden like a password
//! all the same, because it is hers. The core never looks at it; it compares [`BadgeMark`]s.

use std::fmt;

use crate::secret::Secret;

/// A badge that lies on a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    /// Tells it from another one.
    pub mark: BadgeMark,
    /// `technology:number` as the wire wants it (`protocol::v1::badge::PresentedBadge`), for the server alone.
    pub number: Secret,
    /// What the reader could find out about it.
    pub grade: BadgeGrade,
}

/// Tells one badge from another while this agent runs: a hash of its number under a key that was made when the agent
/// started and is kept nowhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BadgeMark(pub [u8; 16]);

impl fmt::Debug for BadgeMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BadgeMark(…)")
    }
}

/// What a badge proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BadgeGrade {
    /// Its number was read; whoever copied the number presents the same.
    Uid,
    /// It answered a challenge with a key of its own.
    Cryptographic,
}

/// One reader, numbered by the adapters in the order in which they appeared; never used again for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReaderId(pub u32);

/// What a reader, or whoever watches it, tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReaderFact {
    /// It is there and reads. Told again after a fault is over.
    Ready {
        /// Which.
        reader: ReaderId,
    },
    /// It is there, or was, and does not read: unplugged, mute, its driver or service gone. Told within 5 s; heals by
    /// itself.
    Faulty {
        /// Which.
        reader: ReaderId,
        /// What is wrong.
        fault: ReaderFault,
    },
    /// A badge was read. Told once, however long it lies there.
    Presented {
        /// Where.
        reader: ReaderId,
        /// Which.
        badge: Badge,
    },
    /// Something was presented that cannot be used. Told once, however long it lies there.
    NotRead {
        /// Where.
        reader: ReaderId,
        /// Why.
        fault: BadgeFault,
    },
    /// The reader's field is empty again, whatever was there. A reader that cannot tell (a keyboard wedge) tells it right
    /// after `Presented`.
    Removed {
        /// Where.
        reader: ReaderId,
    },
}

/// Why a reader does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReaderFault {
    /// It is not plugged in any more.
    Unplugged,
    /// The service that speaks to it is gone (pcscd) or its device cannot be opened.
    Unavailable,
    /// It is there and does not answer.
    Mute,
}

/// Why a badge could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BadgeFault {
    /// It was taken away too early, does not answer, or answers what no badge does.
    Unreadable,
    /// Its number changes with each presentation (ISO/IEC 14443-3: a 4-byte UID that begins with 08).
    RandomNumber,
    /// Two lie on the reader at once.
    TwoAtOnce,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_a_badge_number() {
        let badge = Badge {
            mark: BadgeMark([7; 16]),
            number: Secret::new("uid:04a1b2c3d4e580".to_owned()),
            grade: BadgeGrade::Uid,
        };
        let fact = ReaderFact::Presented { reader: ReaderId(1), badge };

        assert_eq!(
            format!("{fact:?}"),
            "Presented { reader: ReaderId(1), badge: Badge { mark: BadgeMark(…), number: Secret(…), grade: Uid } }"
        );
    }
}
