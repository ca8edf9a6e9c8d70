//! The only function that changes [`State`].

use crate::{command::Command, event::Event, instant::Instant, state::State};

/// What follows from one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where the agent is now.
    pub state: State,
    /// What the shell must do, in this order.
    pub commands: Vec<Command>,
}

impl Step {
    pub(crate) fn to(state: impl Into<State>, commands: Vec<Command>) -> Self {
        Self { state: state.into(), commands }
    }

    /// Nothing to do.
    pub(crate) fn stay(state: impl Into<State>) -> Self {
        Self::to(state, Vec::new())
    }

    /// The same, and then `commands`.
    pub(crate) fn and(mut self, mut commands: Vec<Command>) -> Self {
        self.commands.append(&mut commands);
        self
    }

    /// The same, after `commands`.
    pub(crate) fn after(mut self, mut commands: Vec<Command>) -> Self {
        commands.append(&mut self.commands);
        self.commands = commands;
        self
    }
}

/// Applies one event at one instant. The only function that changes [`State`].
#[must_use]
pub fn step(state: State, event: Event, now: Instant) -> Step {
    match state {
        State::Starting(starting) => starting.on_event(event, now),
        State::SignedOut(signed_out) => signed_out.on_event(event, now),
        State::SigningIn(signing_in) => signing_in.on_event(event, now),
        State::Active(active) => active.on_event(event, now),
        State::InactivityWarning(warning) => warning.on_event(event, now),
        State::Concealed(concealed) => concealed.on_event(event, now),
        State::SigningOut(signing_out) => signing_out.on_event(event, now),
        State::FailClosed(fail_closed) => fail_closed.on_event(event, now),
    }
}

/// The first state, and what it asks for.
#[must_use]
pub fn start(now: Instant) -> Step {
    crate::state::Starting::begin(now)
}
