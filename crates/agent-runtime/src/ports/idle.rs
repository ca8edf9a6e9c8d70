//! Input by a person: key press, click, scroll, touch, pen. Never by a program (XTEST).

/// Tells of input without polling.
///
/// Unknown is told as [`agent_core::event::Event::InactivityUnknown`] and counts as no input. Where it lasts,
/// start-up says so and nobody signs in.
pub trait Idle: Send + 'static {
    /// Answers once with `InputSeen` (the last input, however long ago) or `InactivityUnknown`, within 100 ms.
    fn measure(&self);

    /// From now until [`Idle::unwatch`]: `InputSeen` as soon as there is new input, at most once per 250 ms.
    fn watch(&self);

    /// Ends [`Idle::watch`]; idempotent.
    fn unwatch(&self);
}
