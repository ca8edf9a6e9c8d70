//! What shield and agent say to each other, the whole of it.
//!
//! The shield makes a `SOCK_SEQPACKET` socketpair and starts the agent with its end as file descriptor
//! [`AGENT_FD`]; there is no name under which a third party could reach it. One message is one packet of
//! exactly [`MESSAGE_SIZE_BYTES`] bytes: tag, three zero bytes, `seq` (u64), `a` (u64), `b` (u64) and the
//! session id (16 bytes), integers little endian, unused fields zero. Anything else is a protocol
//! error, and a protocol error, end of file or silence **covers**.
//!
//! # Who holds what
//! The X input focus stays on the shield's window as long as the screen is covered. The keyboard and pointer
//! grab is then the agent's when it can draw, else the shield's. Both start covered, with the shield holding.
//!
//! ```text
//!  agent                                    shield
//!  Ready { window } ──────────────────────► knows the agent's window, keeps it above its own
//!                    ◄───────────────────── Enforcement { agent_away, agent_shown }   (again when it changes)
//!                    ◄───────────────────── Covered { seq, input_held }
//!  (shows its window) TakeInput ──────────► ungrabs, flushes
//!                    ◄───────────────────── InputReleased
//!  (seat grab, retried each ms) Holding ──► counts the workstation "covered, agent holds"
//!
//!  (seat ungrab, display sync) GiveBack ──► grabs, retries each ms until it holds
//!                    ◄───────────────────── InputTaken
//!  (hides its window) Uncover { session, seq, lease } ► unmaps, ungrabs
//!                    ◄───────────────────── Uncovered { seq }
//!  Beat { seq, lease } every second ──────► the lease is renewed; an expired lease covers
//!
//!  Cover { seq } ─────────────────────────► maps, grabs, focuses
//!                    ◄───────────────────── Covered { seq, input_held }   (again when input_held changes)
//!  (shows its window) TakeInput … as above
//!
//!  Reader { device, is_taken: true } ─────► leaves that device out of what it wants free
//!  (takes the device)
//! ```
//!
//! # Rules
//! - `seq` grows with each `Cover` and `Uncover`, and a shield starts at 0 with each agent. An older `Uncover` or
//!   `Beat` is ignored; an older `Cover` covers all the same. Each `Uncover` is good for one uncovering.
//! - A `Covered` of an older `seq` is about a cover that is over, and is ignored too.
//! - `TakeInput` is said only while covered, `Uncover` only after `GiveBack` was answered or before the first
//!   `TakeInput`, a `Beat` only for a `seq` that was said. Anything else is a protocol error.
//! - `TakeInput` is said again by an agent that had the input and sees it lost to another program.
//! - An agent says `Ready` within [`START_MS`] and then beats: every [`BEAT_COVERED_MS`] while covered, every
//!   [`BEAT_UNCOVERED_MS`] while uncovered, and while it takes the input that it was given. Every message is a sign of
//!   life. After [`SILENCE_COVERED_MS`] or [`SILENCE_UNCOVERED_MS`] without one the shield covers, ends the agent and
//!   starts it anew.

#![cfg_attr(not(test), no_std)]

/// The agent's end of the socketpair.
pub const AGENT_FD: i32 = 3;
/// Set (to `1`) in the environment of an agent that a shield started.
pub const SHIELD_ENV: &str = "TAPWARD_SHIELD";
/// Size of every message.
pub const MESSAGE_SIZE_BYTES: usize = 44;
/// The agent beats this often while the screen is uncovered.
pub const BEAT_UNCOVERED_MS: u64 = 1_000;
/// The agent beats this often while the screen is covered.
pub const BEAT_COVERED_MS: u64 = 6_000;
/// An agent that says nothing for so long while the screen is uncovered hangs: two beats, and a slow scheduling of a busy
/// machine.
pub const SILENCE_UNCOVERED_MS: u64 = 2_500;
/// The same while the screen is covered. One beat, and room for a busier machine: each beat wakes three threads, and a
/// workstation stands covered most of its life; a usable sign-in must be back within 10 s all the same.
pub const SILENCE_COVERED_MS: u64 = 8_500;
/// What the agent asks for with each `Uncover` and `Beat` while uncovered.
pub const LEASE_MS: u64 = 2_500;
/// The longest lease the shield grants.
pub const LEASE_MS_MAX: u64 = 5_000;
/// An agent has this long from its start to [`AgentMessage::Ready`].
pub const START_MS: u64 = 20_000;

/// Agent to shield.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentMessage {
    /// The agent can draw; its window has this X id.
    Ready {
        /// X id of the agent's window.
        window: u32,
    },
    /// The agent wants to hold the input; the shield lets go and answers [`ShieldMessage::InputReleased`].
    TakeInput,
    /// The agent holds keyboard and pointer.
    Holding,
    /// The agent has let go; the shield takes over and answers [`ShieldMessage::InputTaken`].
    GiveBack,
    /// Uncover for this session.
    Uncover {
        /// Whose session.
        session: [u8; 16],
        /// Grows.
        seq: u64,
        /// Time until the shield covers by itself; at most [`LEASE_MS_MAX`].
        lease_ms: u64,
    },
    /// Cover at once.
    Cover {
        /// Grows.
        seq: u64,
    },
    /// Alive. Uncovered, it renews the lease of `seq`.
    Beat {
        /// Of the last `Cover` or `Uncover`.
        seq: u64,
        /// New lease, 0 while covered.
        lease_ms: u64,
    },
    /// The agent is about to take an input device of the X server, a badge reader that types, for itself; or has let go of
    /// it, or did not get it. Whoever else takes one keeps it from the shield. Forgotten when the device or the agent goes.
    Reader {
        /// The device's XInput number.
        device: u16,
        /// Whether it is the agent's.
        is_taken: bool,
    },
}

/// Shield to agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShieldMessage {
    /// The shield's grab is gone; take it.
    InputReleased,
    /// The shield holds the input again.
    InputTaken,
    /// Every monitor is covered.
    Covered {
        /// Of the `Cover` that this answers; of the last one when the shield covered by itself.
        seq: u64,
        /// Whether the shield holds keyboard and pointer (another client's grab may delay that).
        input_held: bool,
    },
    /// The screen is the person's.
    Uncovered {
        /// Of the `Uncover` that this answers.
        seq: u64,
    },
    /// What the cover is worth on this display server. An agent that was never told is to assume nothing.
    Enforcement(Enforcement),
}

/// Whether a covered screen is held against other programs, or merely drawn over them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Enforcement {
    /// While the shield has the input: before the agent shows itself, and after it is gone.
    pub agent_away: bool,
    /// While the agent has the input and shows its own window.
    pub agent_shown: bool,
}

impl Enforcement {
    /// Held in every covered moment.
    pub const ALWAYS: Self = Self { agent_away: true, agent_shown: true };
}

/// A packet that is no message of this contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    /// Not [`MESSAGE_SIZE_BYTES`] long.
    Length(usize),
    /// No message that this side may send.
    Tag(u8),
    /// A field that the message does not use is not zero, or one that it uses is out of its range.
    Field,
}

impl core::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Length(length) => write!(f, "a packet of {length} bytes"),
            Self::Tag(tag) => write!(f, "unknown message {tag:#04x}"),
            Self::Field => write!(f, "a field that must not be set, or is out of range"),
        }
    }
}

impl core::error::Error for DecodeError {}

impl AgentMessage {
    /// The packet.
    #[must_use]
    pub fn encode(&self) -> [u8; MESSAGE_SIZE_BYTES] {
        match *self {
            Self::Ready { window } => Packet { tag: READY, a: u64::from(window), ..Packet::EMPTY },
            Self::TakeInput => Packet { tag: TAKE_INPUT, ..Packet::EMPTY },
            Self::Holding => Packet { tag: HOLDING, ..Packet::EMPTY },
            Self::GiveBack => Packet { tag: GIVE_BACK, ..Packet::EMPTY },
            Self::Uncover { session, seq, lease_ms } => {
                Packet { tag: UNCOVER, seq, a: lease_ms, b: 0, session }
            }
            Self::Cover { seq } => Packet { tag: COVER, seq, ..Packet::EMPTY },
            Self::Beat { seq, lease_ms } => Packet { tag: BEAT, seq, a: lease_ms, ..Packet::EMPTY },
            Self::Reader { device, is_taken } => {
                Packet { tag: READER, a: u64::from(device), b: u64::from(is_taken), ..Packet::EMPTY }
            }
        }
        .to_bytes()
    }

    /// Reads a packet.
    ///
    /// # Errors
    /// [`DecodeError`] for whatever [`AgentMessage::encode`] does not make.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let packet = Packet::from_bytes(bytes)?;
        let message = match packet.tag {
            READY => Self::Ready { window: u32::try_from(packet.a).map_err(|_| DecodeError::Field)? },
            TAKE_INPUT => Self::TakeInput,
            HOLDING => Self::Holding,
            GIVE_BACK => Self::GiveBack,
            UNCOVER => Self::Uncover { session: packet.session, seq: packet.seq, lease_ms: packet.a },
            COVER => Self::Cover { seq: packet.seq },
            BEAT => Self::Beat { seq: packet.seq, lease_ms: packet.a },
            READER => Self::Reader {
                device: u16::try_from(packet.a).map_err(|_| DecodeError::Field)?,
                is_taken: packet.b == 1,
            },
            tag => return Err(DecodeError::Tag(tag)),
        };
        if message.encode() == bytes { Ok(message) } else { Err(DecodeError::Field) }
    }
}

impl ShieldMessage {
    /// The packet.
    #[must_use]
    pub fn encode(&self) -> [u8; MESSAGE_SIZE_BYTES] {
        match *self {
            Self::InputReleased => Packet { tag: INPUT_RELEASED, ..Packet::EMPTY },
            Self::InputTaken => Packet { tag: INPUT_TAKEN, ..Packet::EMPTY },
            Self::Covered { seq, input_held } => {
                Packet { tag: COVERED, seq, a: u64::from(input_held), ..Packet::EMPTY }
            }
            Self::Uncovered { seq } => Packet { tag: UNCOVERED, seq, ..Packet::EMPTY },
            Self::Enforcement(Enforcement { agent_away, agent_shown }) => Packet {
                tag: ENFORCEMENT,
                a: u64::from(agent_away),
                b: u64::from(agent_shown),
                ..Packet::EMPTY
            },
        }
        .to_bytes()
    }

    /// Reads a packet.
    ///
    /// # Errors
    /// [`DecodeError`] for whatever [`ShieldMessage::encode`] does not make.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let packet = Packet::from_bytes(bytes)?;
        let message = match packet.tag {
            INPUT_RELEASED => Self::InputReleased,
            INPUT_TAKEN => Self::InputTaken,
            COVERED => Self::Covered { seq: packet.seq, input_held: packet.a == 1 },
            UNCOVERED => Self::Uncovered { seq: packet.seq },
            ENFORCEMENT => {
                Self::Enforcement(Enforcement { agent_away: packet.a == 1, agent_shown: packet.b == 1 })
            }
            tag => return Err(DecodeError::Tag(tag)),
        };
        if message.encode() == bytes { Ok(message) } else { Err(DecodeError::Field) }
    }
}

const READY: u8 = 0x01;
const TAKE_INPUT: u8 = 0x02;
const HOLDING: u8 = 0x03;
const GIVE_BACK: u8 = 0x04;
const UNCOVER: u8 = 0x05;
const COVER: u8 = 0x06;
const BEAT: u8 = 0x07;
const READER: u8 = 0x08;
// The other direction has tags of its own, so that an echo is a protocol error.
const INPUT_RELEASED: u8 = 0x81;
const INPUT_TAKEN: u8 = 0x82;
const COVERED: u8 = 0x83;
const UNCOVERED: u8 = 0x84;
const ENFORCEMENT: u8 = 0x85;

/// The fields of a packet, in their order.
struct Packet {
    tag: u8,
    seq: u64,
    a: u64,
    b: u64,
    session: [u8; 16],
}

impl Packet {
    const EMPTY: Self = Self { tag: 0, seq: 0, a: 0, b: 0, session: [0; 16] };

    fn to_bytes(&self) -> [u8; MESSAGE_SIZE_BYTES] {
        let mut bytes = [0; MESSAGE_SIZE_BYTES];
        bytes[0] = self.tag;
        bytes[4..12].copy_from_slice(&self.seq.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.a.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.b.to_le_bytes());
        bytes[28..44].copy_from_slice(&self.session);
        bytes
    }

    /// Takes the fields apart; whether they are what the message may hold shows when it is encoded again.
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let length = DecodeError::Length(bytes.len());
        let bytes: &[u8; MESSAGE_SIZE_BYTES] = bytes.try_into().map_err(|_| length)?;
        let integer = |at: usize| {
            let mut field = [0; 8];
            field.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(field)
        };
        let mut session = [0; 16];
        session.copy_from_slice(&bytes[28..44]);
        Ok(Self { tag: bytes[0], seq: integer(4), a: integer(12), b: integer(20), session })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn agent_message() -> impl Strategy<Value = AgentMessage> {
        prop_oneof![
            any::<u32>().prop_map(|window| AgentMessage::Ready { window }),
            Just(AgentMessage::TakeInput),
            Just(AgentMessage::Holding),
            Just(AgentMessage::GiveBack),
            any::<([u8; 16], u64, u64)>().prop_map(|(session, seq, lease_ms)| AgentMessage::Uncover {
                session,
                seq,
                lease_ms
            }),
            any::<u64>().prop_map(|seq| AgentMessage::Cover { seq }),
            any::<(u64, u64)>().prop_map(|(seq, lease_ms)| AgentMessage::Beat { seq, lease_ms }),
            any::<(u16, bool)>().prop_map(|(device, is_taken)| AgentMessage::Reader { device, is_taken }),
        ]
    }

    fn shield_message() -> impl Strategy<Value = ShieldMessage> {
        prop_oneof![
            Just(ShieldMessage::InputReleased),
            Just(ShieldMessage::InputTaken),
            any::<(u64, bool)>().prop_map(|(seq, input_held)| ShieldMessage::Covered { seq, input_held }),
            any::<u64>().prop_map(|seq| ShieldMessage::Uncovered { seq }),
            any::<(bool, bool)>().prop_map(|(agent_away, agent_shown)| {
                ShieldMessage::Enforcement(Enforcement { agent_away, agent_shown })
            }),
        ]
    }

    proptest! {
        #[test]
        fn what_the_agent_says_arrives_as_it_was_said(message in agent_message()) {
            prop_assert_eq!(AgentMessage::decode(&message.encode()), Ok(message));
        }

        #[test]
        fn what_the_shield_says_arrives_as_it_was_said(message in shield_message()) {
            prop_assert_eq!(ShieldMessage::decode(&message.encode()), Ok(message));
        }

        #[test]
        fn any_packet_is_a_message_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(message) = AgentMessage::decode(&bytes) {
                prop_assert_eq!(&message.encode()[..], &bytes[..]);
            }
            if let Ok(message) = ShieldMessage::decode(&bytes) {
                prop_assert_eq!(&message.encode()[..], &bytes[..]);
            }
        }

        #[test]
        fn a_bit_turned_on_the_way_never_makes_the_same_message(
            message in agent_message(), bit in 0..MESSAGE_SIZE_BYTES * 8
        ) {
            let mut bytes = message.encode();
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_ne!(AgentMessage::decode(&bytes), Ok(message));
        }

        #[test]
        fn neither_side_takes_its_own_words_back(said in agent_message(), answer in shield_message()) {
            prop_assert!(matches!(ShieldMessage::decode(&said.encode()), Err(DecodeError::Tag(_))));
            prop_assert!(matches!(AgentMessage::decode(&answer.encode()), Err(DecodeError::Tag(_))));
        }
    }

    #[test]
    fn a_field_that_is_not_used_must_be_zero() {
        for at in [1, 2, 3, 12, 20, 28, 43] {
            let mut bytes = AgentMessage::Cover { seq: 7 }.encode();
            bytes[at] = 1;
            assert_eq!(AgentMessage::decode(&bytes), Err(DecodeError::Field), "byte {at}");
        }
    }

    #[test]
    fn a_packet_of_another_length_is_refused() {
        let bytes = AgentMessage::TakeInput.encode();
        assert_eq!(AgentMessage::decode(&bytes[..43]), Err(DecodeError::Length(43)));
        assert_eq!(AgentMessage::decode(&[]), Err(DecodeError::Length(0)));
        assert_eq!(AgentMessage::decode(&[0; 45]), Err(DecodeError::Length(45)));
    }

    #[test]
    fn a_number_that_is_neither_yes_nor_no_is_refused() {
        let mut bytes = ShieldMessage::Covered { seq: 1, input_held: true }.encode();
        bytes[12] = 2;
        assert_eq!(ShieldMessage::decode(&bytes), Err(DecodeError::Field));

        let mut bytes = ShieldMessage::Enforcement(Enforcement::ALWAYS).encode();
        bytes[20] = 2;
        assert_eq!(ShieldMessage::decode(&bytes), Err(DecodeError::Field));
    }

    #[test]
    fn a_reader_beyond_xinputs_numbers_or_half_taken_is_refused() {
        for at in [14, 21] {
            let mut bytes = AgentMessage::Reader { device: 9, is_taken: true }.encode();
            bytes[at] = 1;
            assert_eq!(AgentMessage::decode(&bytes), Err(DecodeError::Field), "byte {at}");
        }
        let mut bytes = AgentMessage::Reader { device: 9, is_taken: true }.encode();
        bytes[20] = 2;
        assert_eq!(AgentMessage::decode(&bytes), Err(DecodeError::Field));
    }

    #[test]
    fn a_window_id_beyond_x_is_refused() {
        let mut bytes = AgentMessage::Ready { window: u32::MAX }.encode();
        bytes[16] = 1;
        assert_eq!(AgentMessage::decode(&bytes), Err(DecodeError::Field));
    }
}
