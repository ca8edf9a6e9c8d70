//! Sleep and shutdown of the machine.

/// Tells `GoingToSleep`, `WokeUp` and `ShuttingDown` unasked. Holds a delay inhibitor between them where
/// the system has one, so that the screen is covered before the machine sleeps.
pub trait Power: Send + 'static {
    /// The screen is covered: the machine may sleep. Idempotent.
    fn allow_sleep(&self);
}
