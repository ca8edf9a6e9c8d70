//! Time.

use std::{future::Future, pin::Pin};

use agent_core::instant::Instant;
use jiff::Timestamp;

/// Two clocks: one that never goes back and counts machine sleep, and the wall's.
pub trait Clock: Send + Sync + 'static {
    /// Time since boot, sleep included.
    fn now(&self) -> Instant;

    /// Wall-clock time, for records only: it may jump.
    fn wall(&self) -> Timestamp;

    /// Completes when [`Clock::now`] has reached `deadline`, also when the machine slept over it (then
    /// right after it woke). No polling.
    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}
