//! Nonces of proofs: the server's time, signed, bound to one key, with a generation that shows clones.
//!
//! A nonce says when the server made it, so that a workstation whose clock stands in 1970 can still
//! prove freshness, and which **generation** its holder has reached. Nothing is written to hand one out.
//!
//! Generations roll forward at a start (a proof without a nonce) and at each sign-in: the answer offers
//! the generation after the confirmed one, and the first proof that carries it confirms it. A refreshed
//! nonce keeps its generation. So one machine, whatever answers it loses, presents the confirmed
//! generation, the one offered after it, or, for requests that were under way as it rolled, the one
//! before, for a few seconds. A second machine with a copy of the key rolls the generation away under
//! the first; whoever then presents what was left behind shows that there are two.

use jiff::{SignedDuration, Timestamp};

use crate::keys::Key;

/// A nonce is good for this long.
pub const LIFE: SignedDuration = SignedDuration::from_mins(5);
/// Requests under way may carry the generation before for this long after it rolled.
pub const UNDER_WAY: SignedDuration = SignedDuration::from_secs(30);

const MAC_SIZE_BYTES: usize = 16;
const NONCE_SIZE_BYTES: usize = 8 + 8 + MAC_SIZE_BYTES;

/// What a nonce of ours says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonce {
    /// When it was made.
    pub made_at: Timestamp,
    /// What its holder has reached.
    pub generation: i64,
}

/// What a presented generation means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The holder is where we know it to be.
    Same,
    /// The holder took up what was offered: confirm it.
    Confirms(i64),
    /// A request that was under way as the generation rolled.
    UnderWay,
    /// Left behind: another machine has rolled it on.
    LeftBehind,
}

impl Nonce {
    /// The text for the holder of the key with this thumbprint.
    #[must_use]
    pub fn sign(&self, key: &Key, thumbprint: &str) -> String {
        let mut bytes = [0; NONCE_SIZE_BYTES];
        let (time, rest) = bytes.split_at_mut(8);
        let (generation, mac) = rest.split_at_mut(8);
        time.copy_from_slice(&self.made_at.as_millisecond().to_be_bytes());
        generation.copy_from_slice(&self.generation.to_be_bytes());
        mac.copy_from_slice(&mac_of(key, thumbprint, time, generation));
        encode(&bytes)
    }

    /// Reads a nonce that we made for this key; `None` for anything else.
    #[must_use]
    pub fn read(text: &str, key: &Key, thumbprint: &str) -> Option<Self> {
        let bytes = decode(text)?;
        let (time, rest) = bytes.split_first_chunk::<8>()?;
        let (generation, mac) = rest.split_first_chunk::<8>()?;
        let ours = mac_of(key, thumbprint, time, generation);
        if !bool::from(subtle::ConstantTimeEq::ct_eq(ours.as_slice(), mac)) {
            return None;
        }
        Some(Self {
            made_at: Timestamp::from_millisecond(i64::from_be_bytes(*time)).ok()?,
            generation: i64::from_be_bytes(*generation),
        })
    }

    /// Whether it is young enough. One from the future is not: our clock was set back.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.made_at);
        age >= SignedDuration::ZERO && age < LIFE
    }
}

/// What it means that a holder presents `presented` while `confirmed` is known since `confirmed_at`.
/// A generation that we never offered came back with a database restored from a copy; it is taken up.
#[must_use]
pub fn step(presented: i64, confirmed: i64, confirmed_at: Timestamp, now: Timestamp) -> Step {
    if presented > confirmed {
        Step::Confirms(presented)
    } else if presented == confirmed {
        Step::Same
    } else if presented == confirmed - 1 && now.duration_since(confirmed_at) < UNDER_WAY {
        Step::UnderWay
    } else {
        Step::LeftBehind
    }
}

fn mac_of(key: &Key, thumbprint: &str, time: &[u8], generation: &[u8]) -> [u8; MAC_SIZE_BYTES] {
    let mac = key.mac(&[b"tapward nonce v1", thumbprint.as_bytes(), time, generation]);
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

    #[test]
    fn a_nonce_is_read_by_its_own_key_alone() {
        let key = Key::new([1; 32]);
        let nonce = Nonce { made_at: at(0), generation: 7 };
        let text = nonce.sign(&key, "us");

        assert_eq!(Nonce::read(&text, &key, "us"), Some(nonce));
        assert_eq!(Nonce::read(&text, &key, "them"), None);
        assert_eq!(Nonce::read(&text, &Key::new([2; 32]), "us"), None);
        assert_eq!(Nonce::read("", &key, "us"), None);
        assert_eq!(Nonce::read(&text[1..], &key, "us"), None);
    }

    #[test]
    fn a_nonce_is_good_for_five_minutes_and_not_before_its_time() {
        let nonce = Nonce { made_at: at(0), generation: 7 };

        assert!(nonce.is_fresh(at(0)) && nonce.is_fresh(at(299)));
        assert!(!nonce.is_fresh(at(300)) && !nonce.is_fresh(at(-1)));
    }

    #[test]
    fn generations_show_who_was_left_behind() {
        let table = [
            (7, 7, 1_000, Step::Same),
            (8, 7, 1_000, Step::Confirms(8)),
            (12, 7, 1_000, Step::Confirms(12)),
            (6, 7, 29, Step::UnderWay),
            (6, 7, 30, Step::LeftBehind),
            (5, 7, 1, Step::LeftBehind),
        ];

        for (presented, confirmed, age, step_is) in table {
            assert_eq!(step(presented, confirmed, at(0), at(age)), step_is, "{presented} {confirmed} {age}");
        }
    }

    /// What one holder of the key has in hand.
    #[derive(Clone, Copy)]
    struct Holder(Option<i64>);

    /// One request: rolls where the server would, returns whether a clone showed.
    fn request(
        holder: &mut Holder,
        confirmed: &mut (i64, i64),
        now: i64,
        is_sign_in: bool,
        is_answer_lost: bool,
    ) -> bool {
        let presented = holder.0.unwrap_or(confirmed.0 + 1);
        holder.0 = Some(presented);
        let generation = match step(presented, confirmed.0, at(confirmed.1), at(now)) {
            Step::LeftBehind => return true,
            Step::Confirms(generation) => {
                *confirmed = (generation, now);
                generation
            }
            Step::Same | Step::UnderWay => confirmed.0,
        };
        if !is_answer_lost {
            holder.0 = Some(if is_sign_in { generation + 1 } else { generation });
        }
        false
    }

    proptest! {
        #[test]
        fn one_machine_never_looks_like_two(
            steps in proptest::collection::vec((0i64..100_000, any::<bool>(), any::<bool>(), 0u8..10), 1..200)
        ) {
            let mut holder = Holder(None);
            let mut confirmed = (0, 0);
            let mut now = 0;
            for (wait, is_sign_in, is_answer_lost, restart) in steps {
                now += wait;
                if restart == 0 {
                    holder = Holder(None);
                }
                prop_assert!(!request(&mut holder, &mut confirmed, now, is_sign_in, is_answer_lost));
            }
        }

        #[test]
        fn two_machines_that_both_sign_in_show(
            waits in proptest::collection::vec(31i64..5_000, 4..40)
        ) {
            let mut original = Holder(None);
            let mut confirmed = (0, 0);
            prop_assert!(!request(&mut original, &mut confirmed, 0, true, false));
            prop_assert!(!request(&mut original, &mut confirmed, 1, false, false));
            let mut copy = Holder(None);
            let mut now = 1;
            let mut shown = false;
            for (turn, wait) in waits.into_iter().enumerate() {
                now += wait;
                let holder = if turn % 2 == 0 { &mut copy } else { &mut original };
                shown |= request(holder, &mut confirmed, now, true, false);
            }
            prop_assert!(shown);
        }
    }
}
