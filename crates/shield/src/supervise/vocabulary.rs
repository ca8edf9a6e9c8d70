//! What a supervisor is told, what it wants done, and why.

use std::time::Duration;

use shield_contract::{AgentMessage, Enforcement, ShieldMessage};

use crate::words::Trouble;

/// One instant on two clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Moment {
    /// Since boot, machine sleep included: leases run on it.
    pub(crate) boot: Duration,
    /// Since boot, machine sleep left out: silence is measured on it, because nobody beats asleep.
    pub(crate) awake: Duration,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The shield covers and begins.
    Begun,
    /// The agent process runs.
    Started,
    /// The agent could not be started.
    NotStarted,
    /// The agent said this.
    Said(AgentMessage),
    /// The agent said something that is no message.
    Garbled,
    /// The agent's end of the socket is closed.
    Closed,
    /// The agent process is gone, and all that it left behind.
    Exited {
        /// It ended before it was killed.
        of_itself: bool,
    },
    /// Keyboard and pointer are the shield's (`true`), or are not though it wants them.
    InputHeld(bool),
    /// What the cover is worth here.
    Enforcement(Enforcement),
    /// We are asked to end.
    EndAsked,
    /// A deadline may have come.
    Tick,
}

/// What to do, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Every monitor black, above everything, with the focus.
    Cover,
    /// Keyboard and pointer: take them, and keep trying. Reported by [`Event::InputHeld`].
    HoldInput,
    /// Keyboard and pointer: let go.
    ReleaseInput,
    /// Somebody may type at the covered screen: locks and key mappings that whoever had it left go.
    PutKeysBack,
    /// The agent has keyboard and pointer: look whether it has all of them.
    LookAtInput,
    /// Another person than the last one is about to get the screen: whatever that one left on the display goes.
    ForgetPerson,
    /// Keyboard and pointer, given to the agent, are kept by somebody else: free them for it.
    FreeInput,
    /// The screen is the person's: windows and grabs away.
    Uncover,
    /// This window of the agent's belongs above the cover.
    KeepAbove(u32),
    /// Tell the agent.
    Say(ShieldMessage),
    /// Start it. Reported by [`Event::Started`] or [`Event::NotStarted`].
    StartAgent,
    /// Ask it to end by itself.
    AskAgentToEnd,
    /// End it by force: its X client first (that frees its grab even while it is stopped), then the process and all
    /// it started. Reported by [`Event::Exited`].
    EndAgent {
        /// A window of its X client, where it told one.
        window: Option<u32>,
    },
    /// This input device is the agent's own, or no longer.
    Reader {
        /// Its XInput number.
        device: u16,
        /// Whether it is.
        is_taken: bool,
    },
    /// Say in words that there is no usable agent, and why; these words instead of those before.
    ShowNotice(Trouble),
    /// No longer.
    HideNotice,
    /// For the log.
    Log(Word),
    /// We are done.
    Exit,
}

/// Why something was done, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// The agent asked.
    CoveredAsAsked,
    /// The agent asked.
    UncoveredAsAsked,
    /// Nobody renewed the lease.
    LeaseEnded,
    /// The agent broke the contract.
    ContractBroken,
    /// The agent closed its end.
    AgentClosed,
    /// The agent did not beat, or was never ready.
    AgentSilent,
    /// The agent does not take the input that it was given.
    AgentDeaf,
    /// The agent process is gone.
    AgentGone,
    /// The agent is ready.
    AgentReady,
    /// It could not be started.
    AgentNotStarted,
    /// Somebody wants us to end.
    Ending,
}
