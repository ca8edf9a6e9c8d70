//! Proof ids that this node has seen, for as long as their nonce is good; bounded.
//!
//! Calls that create, end or satisfy something remember theirs in the database as well
//! (`store/proofs.rs`); this covers the others, and saves the database the obvious.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use uuid::Uuid;

use super::nonce::LIFE;

/// Ids remembered at once. Beyond it the oldest are forgotten early: 5 minutes of 800 requests a second.
const SEEN_MAX: usize = 250_000;

/// What was seen.
#[derive(Debug, Default)]
pub struct Seen(Mutex<Ring>);

#[derive(Debug, Default)]
struct Ring {
    ids: HashSet<(u64, Uuid)>,
    order: VecDeque<(Timestamp, (u64, Uuid))>,
}

impl Seen {
    /// Remembers a proof; `false` when it was seen before.
    #[must_use]
    pub fn remember(&self, thumbprint: &str, proof_id: Uuid, now: Timestamp) -> bool {
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((at, id)) = ring.order.front().copied() {
            if now.duration_since(at) <= LIFE && ring.order.len() < SEEN_MAX {
                break;
            }
            ring.order.pop_front();
            ring.ids.remove(&id);
        }
        let id = (key_of(thumbprint), proof_id);
        if !ring.ids.insert(id) {
            return false;
        }
        ring.order.push_back((now, id));
        true
    }
}

/// The head of a thumbprint, which is a hash already.
fn key_of(thumbprint: &str) -> u64 {
    thumbprint.bytes().take(12).fold(0, |key, byte| (key << 5) ^ (key >> 59) ^ u64::from(byte))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_proof_is_taken_once_while_its_nonce_is_good() {
        let seen = Seen::default();
        let start = Timestamp::from_second(1_800_000_000).unwrap();
        let id = Uuid::from_u128(1);

        assert!(seen.remember("us", id, start));
        assert!(!seen.remember("us", id, start + LIFE));
        assert!(seen.remember("them", id, start));
        assert!(seen.remember("us", Uuid::from_u128(2), start));
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let seen = Seen::default();
        let start = Timestamp::from_second(1_800_000_000).unwrap();
        for id in 0..100 {
            assert!(seen.remember("us", Uuid::from_u128(id), start));
        }

        assert!(seen.remember("us", Uuid::from_u128(1_000), start + LIFE + LIFE));
        assert_eq!(seen.0.lock().unwrap().ids.len(), 1);
    }
}
