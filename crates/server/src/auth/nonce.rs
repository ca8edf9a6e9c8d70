//! Nonces of proofs: the server's time, signed, bound to one key, with a generation that shows clones.
//!
//! A nonce says when the server made it, so that a workstation whose clock stands in 1970 can still
//! prove freshness, and which **generation** its holder has reached: a number, and a random tag that
//! tells two offers of one number apart. Nothing is written to hand a nonce out.
//!
//! Generations roll forward at a start (a proof without a nonce) and at each sign-in: the answer offers
//! the number after the confirmed one, and the first proof that carries an offer confirms it. A refreshed
//! nonce keeps its generation. Requests that were under way as it rolled still carry another one, and
//! their answers may overtake each other, so whoever presents something else is handed the confirmed
//! generation, until that has **settled**: until it was presented again when everything under way must
//! have come to its end. From then on one machine, whatever answers it lost, holds nothing else. A second
//! machine with a copy of the key rolls the generation away under the first; whoever then presents what
//! was left behind shows that there are two.

use jiff::{SignedDuration, Timestamp};

use crate::keys::{Key, random};

/// The clocks of servers differ by less than this.
const AHEAD_MAX: SignedDuration = SignedDuration::from_secs(5);

/// A nonce is good for this long.
pub const LIFE: SignedDuration = SignedDuration::from_mins(5);
/// A request and its answer are under way for less than this: agents wait 5 s, the server takes 15 s.
pub const UNDER_WAY: SignedDuration = SignedDuration::from_secs(20);

const MAC_SIZE_BYTES: usize = 16;
const NONCE_SIZE_BYTES: usize = 8 + 8 + 8 + MAC_SIZE_BYTES;

/// What a holder of a key has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generation {
    /// Grows by one with each roll.
    pub number: i64,
    /// Random; 0 for the one a workstation enrols with.
    pub tag: i64,
}

impl Generation {
    /// What a workstation has when it enrols.
    pub const FIRST: Self = Self { number: 0, tag: 0 };

    /// An offer of the next one.
    #[must_use]
    pub fn next(self) -> Self {
        Self { number: self.number.saturating_add(1), tag: i64::from_be_bytes(random()) }
    }
}

/// The generation that the server holds to be its workstation's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmed {
    /// Which.
    pub generation: Generation,
    /// Since when.
    pub since: Timestamp,
    /// Whether it was presented again after everything under way had come to its end.
    pub is_settled: bool,
}

/// What a nonce of ours says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonce {
    /// When it was made.
    pub made_at: Timestamp,
    /// What its holder has reached.
    pub generation: Generation,
}

/// What a presented generation means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The holder is where we know it to be.
    Same,
    /// The holder is where we know it to be, and nothing else is under way any more.
    Settles,
    /// The holder took up what was offered.
    Confirms,
    /// A request that was under way as the generation rolled: hand out the confirmed one.
    UnderWay,
    /// Left behind: another machine has rolled it on.
    LeftBehind,
}

impl Nonce {
    /// The text for the holder of the key with this thumbprint.
    #[must_use]
    pub fn sign(&self, key: &Key, thumbprint: &str) -> String {
        let mut bytes = Vec::with_capacity(NONCE_SIZE_BYTES);
        bytes.extend_from_slice(&self.made_at.as_millisecond().to_be_bytes());
        bytes.extend_from_slice(&self.generation.number.to_be_bytes());
        bytes.extend_from_slice(&self.generation.tag.to_be_bytes());
        let mac = mac_of(key, thumbprint, &bytes);
        bytes.extend_from_slice(&mac);
        encode(&bytes)
    }

    /// Reads a nonce that we made for this key; `None` for anything else.
    #[must_use]
    pub fn read(text: &str, key: &Key, thumbprint: &str) -> Option<Self> {
        let bytes = decode(text)?;
        let (said, mac) = bytes.split_last_chunk::<MAC_SIZE_BYTES>()?;
        let ours = mac_of(key, thumbprint, said);
        if !bool::from(subtle::ConstantTimeEq::ct_eq(ours.as_slice(), mac.as_slice())) {
            return None;
        }
        let (made_at, said) = said.split_first_chunk::<8>()?;
        let (number, said) = said.split_first_chunk::<8>()?;
        let (tag, _) = said.split_first_chunk::<8>()?;
        Some(Self {
            made_at: Timestamp::from_millisecond(i64::from_be_bytes(*made_at)).ok()?,
            generation: Generation { number: i64::from_be_bytes(*number), tag: i64::from_be_bytes(*tag) },
        })
    }

    /// Whether it is young enough. One from the future is not: our clock was set back. A moment of it may be that of
    /// another server.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.made_at);
        age >= -AHEAD_MAX && age < LIFE
    }
}

/// What it means that a holder presents a generation. One that is ahead of all that were offered came
/// back with a database restored from a copy; it is taken up.
#[must_use]
pub fn step(presented: Generation, confirmed: Confirmed, now: Timestamp) -> Step {
    if presented.number > confirmed.generation.number {
        Step::Confirms
    } else if presented == confirmed.generation {
        let is_quiet = now.duration_since(confirmed.since) >= UNDER_WAY;
        if is_quiet && !confirmed.is_settled { Step::Settles } else { Step::Same }
    } else if confirmed.is_settled {
        Step::LeftBehind
    } else {
        Step::UnderWay
    }
}

fn mac_of(key: &Key, thumbprint: &str, said: &[u8]) -> [u8; MAC_SIZE_BYTES] {
    let mac = key.mac(&[b"tapward nonce v1", thumbprint.as_bytes(), said]);
    let mut short = [0; MAC_SIZE_BYTES];
    short.copy_from_slice(&mac[..MAC_SIZE_BYTES]);
    short
}

fn encode(bytes: &[u8]) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes)
}

fn decode(text: &str) -> Option<[u8; NONCE_SIZE_BYTES]> {
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, text).ok()?;
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    const G7: Generation = Generation { number: 7, tag: 70 };

    #[test]
    fn a_nonce_is_read_by_its_own_key_alone() {
        let key = Key::new([1; 32]);
        let nonce = Nonce { made_at: at(0), generation: G7 };
        let text = nonce.sign(&key, "us");

        assert_eq!(Nonce::read(&text, &key, "us"), Some(nonce));
        assert_eq!(Nonce::read(&text, &key, "them"), None);
        assert_eq!(Nonce::read(&text, &Key::new([2; 32]), "us"), None);
        assert_eq!(Nonce::read("", &key, "us"), None);
        assert_eq!(Nonce::read(&text[1..], &key, "us"), None);
    }

    #[test]
    fn a_nonce_is_good_for_five_minutes_and_hardly_before_its_time() {
        let nonce = Nonce { made_at: at(0), generation: G7 };

        assert!(nonce.is_fresh(at(0)) && nonce.is_fresh(at(299)));
        assert!(!nonce.is_fresh(at(300)) && !nonce.is_fresh(at(-6)));
    }

    #[test]
    fn generations_show_who_was_left_behind() {
        let settled = Confirmed { generation: G7, since: at(0), is_settled: true };
        let fresh = Confirmed { is_settled: false, ..settled };
        let of = |number, tag| Generation { number, tag };
        let table = [
            (of(7, 70), fresh, 19, Step::Same),
            (of(7, 70), fresh, 20, Step::Settles),
            (of(7, 70), settled, 1_000, Step::Same),
            (of(8, 1), fresh, 0, Step::Confirms),
            (of(8, 1), settled, 1_000, Step::Confirms),
            (of(6, 60), fresh, 1_000, Step::UnderWay),
            (of(7, 71), fresh, 1_000, Step::UnderWay),
            (of(6, 60), settled, 1_000, Step::LeftBehind),
            (of(7, 71), settled, 1_000, Step::LeftBehind),
        ];

        for (presented, confirmed, now, means) in table {
            assert_eq!(step(presented, confirmed, at(now)), means, "{presented:?} at {now}");
        }
    }

    /// The server's side of one workstation, with answers that may be held back.
    struct Server {
        confirmed: Confirmed,
        has_shown: bool,
    }

    impl Server {
        fn new() -> Self {
            let generation = Generation::FIRST;
            Self { confirmed: Confirmed { generation, since: at(0), is_settled: false }, has_shown: false }
        }

        /// Takes what a request presents, and returns what its answer carries.
        fn take(&mut self, presented: Option<Generation>, now: i64, is_sign_in: bool) -> Generation {
            let Some(presented) = presented else {
                return self.confirmed.generation.next();
            };
            match step(presented, self.confirmed, at(now)) {
                Step::Same | Step::UnderWay => {}
                Step::Settles => self.confirmed.is_settled = true,
                Step::Confirms => {
                    self.confirmed = Confirmed { generation: presented, since: at(now), is_settled: false };
                }
                Step::LeftBehind => self.has_shown = true,
            }
            if is_sign_in { self.confirmed.generation.next() } else { self.confirmed.generation }
        }
    }

    #[test]
    fn a_copy_shows_once_the_original_has_settled() {
        let mut server = Server::new();
        let original = server.take(Some(Generation::FIRST), 0, true);
        let copy = server.take(None, 10, false);
        let copy = server.take(Some(copy), 10, false);
        let original = server.take(Some(original), 60, true);
        let original = server.take(Some(original), 61, false);
        let original = server.take(Some(original), 121, false);

        assert!(!server.has_shown);
        server.take(Some(copy), 200, false);
        assert!(server.has_shown);
        assert_eq!(original, server.confirmed.generation);
    }

    #[test]
    fn the_original_shows_once_a_copy_has_settled() {
        let mut server = Server::new();
        let original = server.take(Some(Generation::FIRST), 0, false);
        let copy = server.take(None, 10, false);
        let copy = server.take(Some(copy), 10, false);
        server.take(Some(copy), 40, true);
        server.take(Some(original), 60, false);

        assert!(server.has_shown);
    }

    proptest! {
        /// Requests run side by side, are taken up in any order within their time, and their answers
        /// arrive in any order, late or never; the machine restarts now and then.
        #[test]
        fn one_machine_never_looks_like_two(
            requests in proptest::collection::vec(
                (0i64..60, 0i64..5, 0i64..5, any::<bool>(), 0u8..8, 0u8..20),
                1..150,
            )
        ) {
            enum Moment {
                Sent { is_sign_in: bool, taken_at: i64, answered_at: Option<i64> },
                Taken { number: usize, presented: Option<Generation>, is_sign_in: bool, answered_at: Option<i64>, life: usize },
                Answered { number: usize, carries: Generation, life: usize },
                Restarted,
            }
            let mut agenda: Vec<(i64, Moment)> = Vec::new();
            let mut now = 0;
            for (wait, until_taken, until_answered, is_sign_in, lost, restart) in requests {
                now += wait;
                let taken_at = now + until_taken;
                let answered_at = (lost > 0).then_some(taken_at + until_answered);
                agenda.push((now, Moment::Sent { is_sign_in, taken_at, answered_at }));
                if restart == 0 {
                    agenda.push((now, Moment::Restarted));
                }
            }
            let (mut server, mut held, mut newest, mut sent, mut life) = (Server::new(), None, 0, 0, 0);
            while let Some(next) = (0..agenda.len()).min_by_key(|place| agenda[*place].0) {
                let (now, moment) = agenda.remove(next);
                match moment {
                    Moment::Sent { is_sign_in, taken_at, answered_at } => {
                        sent += 1;
                        let taken = Moment::Taken { number: sent, presented: held, is_sign_in, answered_at, life };
                        agenda.push((taken_at, taken));
                    }
                    Moment::Taken { number, presented, is_sign_in, answered_at, life } => {
                        let carries = server.take(presented, now, is_sign_in);
                        if let Some(answered_at) = answered_at {
                            agenda.push((answered_at, Moment::Answered { number, carries, life }));
                        }
                    }
                    // The answer to an earlier request never replaces that to a later one.
                    Moment::Answered { number, carries, life: of } if of == life && number > newest => {
                        held = Some(carries);
                        newest = number;
                    }
                    Moment::Answered { .. } => {}
                    Moment::Restarted => {
                        held = None;
                        life += 1;
                    }
                }
                prop_assert!(!server.has_shown);
            }
        }
    }
}
