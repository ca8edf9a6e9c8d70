//! Who holds the screen, as the agent sees it: inputs in, outputs out, no I/O and no clock.
//!
//! ```text
//!                                     ┌──────── lost ───────┐
//!            Covered: Waiting ─► Showing ─► Asking ─► Taking ─► Holding
//!               ▲  ▲     (told covered) (shown)  (released) (taken)  │ uncover asked
//!      covered  │  └──────── Hiding ◄── Returning ◄── GivingBack ◄───┘
//!   (by itself, │               │ hidden
//!    or asked)  │               ▼
//!         Covering ◄─────── Uncovering ──► Uncovered
//! ```

use std::time::Duration;

use agent_core::{event::Event, ids::SessionId};
use shield_contract::{AgentMessage, BEAT_COVERED_MS, BEAT_UNCOVERED_MS, LEASE_MS, ShieldMessage};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    /// The event loop wants the screen covered.
    CoverAsked,
    /// The event loop gives the screen to this session.
    UncoverAsked(SessionId),
    /// The shield spoke.
    Told(ShieldMessage),
    /// The shield closed its end, broke the contract or takes no more messages.
    ShieldGone,
    /// The window came up, or could not.
    Shown(bool),
    /// The window holds the input, or was told to give it back before it did.
    Taken(bool),
    /// Another program has taken the input that the window held.
    Lost,
    /// The window let go.
    GivenBack,
    /// The window is gone from the screen.
    Hidden,
    /// Window and event loop are alive, and a beat is due.
    BeatDue,
}

/// What to do, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    /// Tell the shield.
    Say(AgentMessage),
    /// Tell the event loop that the screen is covered.
    Covered {
        /// Whether keyboard and pointer are held against everyone else.
        input_held: bool,
    },
    /// Tell the event loop that the session has the screen.
    Uncovered(SessionId),
    /// Tell the event loop that the cover cannot be vouched for.
    Failed,
    /// `Window::show_covered`.
    Show,
    /// `Window::take_input`.
    Take,
    /// `Window::give_back_input`.
    GiveBack,
    /// `Window::hide_covered`.
    Hide,
    /// Beat at this interval from here on.
    BeatEvery(Duration),
    /// No shield is there to hear a beat.
    StopBeating,
}

impl Output {
    /// What the event loop is told by this output, if anything.
    pub(super) fn event(self) -> Option<Event> {
        match self {
            Self::Covered { input_held } => Some(Event::ScreenCovered { input_held }),
            Self::Uncovered(session) => Some(Event::ScreenUncovered { session }),
            Self::Failed => Some(Event::ScreenFailed),
            Self::Say(_)
            | Self::Show
            | Self::Take
            | Self::GiveBack
            | Self::Hide
            | Self::BeatEvery(_)
            | Self::StopBeating => None,
        }
    }
}

/// The agent's half of the contract.
#[derive(Debug)]
pub(super) struct HandOver {
    state: State,
    seq: u64,
    /// Whether the shield holds the input, as it last said.
    shield_holds: bool,
    /// What the event loop was last told of `input_held`, while covered.
    told: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Covered { phase: Phase, wanted: Option<SessionId> },
    Uncovering { session: SessionId },
    Uncovered { session: SessionId },
    Covering,
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// For the shield's first word.
    Waiting,
    /// The window is coming up.
    Showing,
    /// The window is up; the shield does not hold the input yet, so it cannot pass it on.
    Shown,
    /// `TakeInput` was said.
    Asking,
    /// The shield let go, the window takes.
    Taking,
    /// The window has the input.
    Holding,
    /// The window lets go.
    GivingBack,
    /// `GiveBack` was said.
    Returning,
    /// The window goes away.
    Hiding,
}

const COVERED_BEAT: Output = Output::BeatEvery(Duration::from_millis(BEAT_COVERED_MS));
const UNCOVERED_BEAT: Output = Output::BeatEvery(Duration::from_millis(BEAT_UNCOVERED_MS));
/// The shield frees the input for an agent that does not get it, once it has heard that it lives.
const TAKING_BEAT: Output = UNCOVERED_BEAT;

impl HandOver {
    /// Under a shield, which covers.
    pub(super) fn begin(window: u32) -> (Self, Vec<Output>) {
        let state = State::Covered { phase: Phase::Waiting, wanted: None };
        let begun = Self { state, seq: 0, shield_holds: false, told: None };
        (begun, vec![Output::Say(AgentMessage::Ready { window }), COVERED_BEAT])
    }

    /// The only function that changes the state.
    pub(super) fn on(&mut self, input: Input) -> Vec<Output> {
        match input {
            Input::CoverAsked => self.on_cover_asked(),
            Input::UncoverAsked(session) => self.on_uncover_asked(session),
            // Of a cover that is over: an uncover was said since, or a cover whose answer is on its way.
            Input::Told(ShieldMessage::Covered { seq, .. }) if seq < self.seq => vec![],
            Input::Told(ShieldMessage::Covered { input_held, .. }) => self.on_covered(input_held),
            Input::Told(ShieldMessage::Uncovered { seq }) => self.on_uncovered(seq),
            Input::Told(ShieldMessage::InputReleased) => self.on_released(),
            Input::Told(ShieldMessage::InputTaken) => self.on_returned(),
            // Who holds what is not changed by what it is worth.
            Input::Told(ShieldMessage::Enforcement(_)) => vec![],
            Input::ShieldGone => self.on_gone(),
            Input::Shown(shown) => self.on_shown(shown),
            Input::Taken(taken) => self.on_taken(taken),
            Input::Lost => self.on_lost(),
            Input::GivenBack => self.on_given_back(),
            Input::Hidden => self.on_hidden(),
            Input::BeatDue => self.on_beat_due(),
        }
    }

    fn on_cover_asked(&mut self) -> Vec<Output> {
        match self.state {
            State::Covered { phase, .. } => {
                self.state = State::Covered { phase, wanted: None };
                // Before the shield's first word nothing is known; that word will be passed on.
                self.told.map(|input_held| Output::Covered { input_held }).into_iter().collect()
            }
            State::Uncovering { .. } | State::Uncovered { .. } => {
                self.seq += 1;
                self.state = State::Covering;
                vec![Output::Say(AgentMessage::Cover { seq: self.seq }), COVERED_BEAT]
            }
            State::Covering => vec![],
            State::Gone => vec![Output::Show, Output::Take, Output::Failed],
        }
    }

    fn on_uncover_asked(&mut self, session: SessionId) -> Vec<Output> {
        match self.state {
            State::Covered { phase, .. } => {
                let (phase, outputs) = match phase {
                    Phase::Waiting => (Phase::Waiting, vec![]),
                    Phase::Showing | Phase::Shown => (Phase::Hiding, vec![Output::Hide]),
                    Phase::Taking | Phase::Holding => (Phase::GivingBack, vec![Output::GiveBack]),
                    under_way @ (Phase::Asking | Phase::GivingBack | Phase::Returning | Phase::Hiding) => {
                        (under_way, vec![])
                    }
                };
                self.state = State::Covered { phase, wanted: Some(session) };
                outputs
            }
            State::Uncovering { session: other } if other == session => vec![],
            State::Uncovered { session: other } if other == session => vec![Output::Uncovered(session)],
            // One person's screen is not passed to another without a cover between them.
            State::Uncovering { .. } | State::Uncovered { .. } => vec![Output::Failed],
            State::Covering | State::Gone => vec![Output::Failed],
        }
    }

    fn on_covered(&mut self, input_held: bool) -> Vec<Output> {
        self.shield_holds = input_held;
        match self.state {
            State::Covered { phase: Phase::Waiting, wanted: Some(_) } => {
                let mut outputs = self.tell_covered(input_held);
                self.phase(Phase::Hiding);
                outputs.push(Output::Hide);
                outputs
            }
            State::Covered { phase: Phase::Waiting, wanted: None } => self.come_up(input_held),
            State::Covered { phase: Phase::Shown, wanted: None } if input_held => {
                let mut outputs = self.tell_covered(true);
                outputs.extend(self.ask());
                outputs
            }
            State::Covered { phase: Phase::Showing | Phase::Shown, .. } => self.tell_covered(input_held),
            // The input is ours or on its way; the shield's hold is no news here.
            State::Covered { .. } => vec![],
            State::Uncovering { .. } | State::Uncovered { .. } => {
                let mut outputs = vec![COVERED_BEAT];
                outputs.extend(self.come_up(input_held));
                outputs
            }
            State::Covering => self.come_up(input_held),
            State::Gone => vec![],
        }
    }

    fn on_uncovered(&mut self, seq: u64) -> Vec<Output> {
        match self.state {
            State::Uncovering { session } if seq == self.seq => {
                self.state = State::Uncovered { session };
                vec![Output::Uncovered(session)]
            }
            // Overtaken by a cover: the answer to that one is on its way.
            State::Covering => vec![],
            State::Uncovering { .. } | State::Uncovered { .. } | State::Covered { .. } | State::Gone => {
                vec![]
            }
        }
    }

    fn on_released(&mut self) -> Vec<Output> {
        match self.state {
            State::Covered { phase: Phase::Asking, wanted: None } => {
                self.phase(Phase::Taking);
                vec![Output::Take, TAKING_BEAT]
            }
            // A window that had it once goes on trying by itself until it is told to give it back.
            State::Covered { phase: Phase::Asking, wanted: Some(_) } => {
                self.phase(Phase::GivingBack);
                vec![Output::GiveBack]
            }
            // The shield covered by itself in between; nothing of ours waits for the input.
            State::Covered { .. }
            | State::Uncovering { .. }
            | State::Uncovered { .. }
            | State::Covering
            | State::Gone => vec![],
        }
    }

    fn on_returned(&mut self) -> Vec<Output> {
        self.shield_holds = true;
        match self.state {
            State::Covered { phase: Phase::Returning, wanted: Some(_) } => {
                self.phase(Phase::Hiding);
                vec![Output::Hide]
            }
            State::Covered { phase: Phase::Returning, wanted: None } => self.ask(),
            State::Covered { .. }
            | State::Uncovering { .. }
            | State::Uncovered { .. }
            | State::Covering
            | State::Gone => vec![],
        }
    }

    fn on_gone(&mut self) -> Vec<Output> {
        if self.state == State::Gone {
            return vec![];
        }
        self.state = State::Gone;
        // Nobody else covers any more: the window is all there is, until the OS session ends.
        vec![Output::StopBeating, Output::Show, Output::Take, Output::Failed]
    }

    fn on_shown(&mut self, shown: bool) -> Vec<Output> {
        match self.state {
            State::Covered { phase: Phase::Showing, .. } if !shown => {
                self.phase(Phase::Shown);
                vec![Output::Failed]
            }
            State::Covered { phase: Phase::Showing, .. } if self.shield_holds => self.ask(),
            State::Covered { phase: Phase::Showing, .. } => {
                self.phase(Phase::Shown);
                vec![]
            }
            // Hidden again in the meantime.
            State::Covered { .. }
            | State::Uncovering { .. }
            | State::Uncovered { .. }
            | State::Covering
            | State::Gone => vec![],
        }
    }

    fn on_taken(&mut self, taken: bool) -> Vec<Output> {
        match self.state {
            State::Covered { phase: Phase::Taking, .. } if taken => {
                self.phase(Phase::Holding);
                let mut outputs = vec![Output::Say(AgentMessage::Holding), COVERED_BEAT];
                if self.told != Some(true) {
                    outputs.extend(self.tell_covered(true));
                }
                outputs
            }
            // `false`, or too late: it was told to give back, and says so itself.
            State::Covered { .. }
            | State::Uncovering { .. }
            | State::Uncovered { .. }
            | State::Covering
            | State::Gone => vec![],
        }
    }

    /// Asked for once more, it is freed for us.
    fn on_lost(&mut self) -> Vec<Output> {
        match self.state {
            State::Covered { phase: Phase::Holding, wanted: None } => self.ask(),
            // It is waited for, or on its way back.
            State::Covered { .. }
            | State::Uncovering { .. }
            | State::Uncovered { .. }
            | State::Covering
            | State::Gone => vec![],
        }
    }

    fn on_given_back(&mut self) -> Vec<Output> {
        match self.state {
            State::Covered { phase: Phase::GivingBack, .. } => {
                self.phase(Phase::Returning);
                vec![Output::Say(AgentMessage::GiveBack)]
            }
            State::Covered { .. }
            | State::Uncovering { .. }
            | State::Uncovered { .. }
            | State::Covering
            | State::Gone => vec![],
        }
    }

    fn on_hidden(&mut self) -> Vec<Output> {
        match self.state {
            State::Covered { phase: Phase::Hiding, wanted: Some(session) } => {
                self.seq += 1;
                self.told = None;
                self.state = State::Uncovering { session };
                let uncover = AgentMessage::Uncover {
                    session: *session.0.as_bytes(),
                    seq: self.seq,
                    lease_ms: LEASE_MS,
                };
                vec![Output::Say(uncover), UNCOVERED_BEAT]
            }
            State::Covered { phase: Phase::Hiding, wanted: None } => {
                self.phase(Phase::Showing);
                vec![Output::Show]
            }
            State::Covered { .. }
            | State::Uncovering { .. }
            | State::Uncovered { .. }
            | State::Covering
            | State::Gone => vec![],
        }
    }

    fn on_beat_due(&mut self) -> Vec<Output> {
        let lease_ms = match self.state {
            State::Uncovering { .. } | State::Uncovered { .. } => LEASE_MS,
            State::Covered { .. } | State::Covering => 0,
            State::Gone => return vec![],
        };
        vec![Output::Say(AgentMessage::Beat { seq: self.seq, lease_ms })]
    }

    /// The shield covers and has the input; the window comes up above it.
    fn come_up(&mut self, input_held: bool) -> Vec<Output> {
        self.state = State::Covered { phase: Phase::Showing, wanted: None };
        let mut outputs = self.tell_covered(input_held);
        outputs.push(Output::Show);
        outputs
    }

    fn ask(&mut self) -> Vec<Output> {
        self.phase(Phase::Asking);
        vec![Output::Say(AgentMessage::TakeInput)]
    }

    fn tell_covered(&mut self, input_held: bool) -> Vec<Output> {
        self.told = Some(input_held);
        vec![Output::Covered { input_held }]
    }

    fn phase(&mut self, next: Phase) {
        if let State::Covered { phase, .. } = &mut self.state {
            *phase = next;
        }
    }
}

#[cfg(test)]
mod tests;
