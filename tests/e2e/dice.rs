//! Chance that can be had again: everything random in a story comes from one seed.

use std::{
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A cheap generator; nothing here needs better.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// As `TAPWARD_SEED` says; otherwise another one each time.
    #[expect(clippy::disallowed_methods, reason = "each run is to try another story")]
    pub(crate) fn from_environment() -> (u64, Self) {
        let given =
            std::env::var("TAPWARD_SEED").ok().map(|seed| seed.parse().expect("TAPWARD_SEED: a number"));
        let seed = given.unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            now.as_secs() << 20 | u64::from(now.subsec_micros())
        });
        (seed, Self(seed | 1))
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    pub(crate) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    /// Lets a moment pass that is shorter than `bound`.
    #[expect(
        clippy::disallowed_methods,
        reason = "the moment itself is what is tried; nothing is waited for"
    )]
    pub(crate) fn let_pass(&mut self, bound: Duration) {
        thread::sleep(Duration::from_millis(self.below(bound.as_millis().try_into().unwrap())));
    }
}
