//! What shield and agent say to each other, the whole of it.
//!
//! The shield makes a `SOCK_SEQPACKET` socketpair and starts the agent with its end as file descriptor
//! [`AGENT_FD`]; there is no name under which a third party could reach it. One message is one packet of
//! exactly [`MESSAGE_SIZE_BYTES`] bytes: tag, three zero bytes, `seq` (u64), `a` (u64), `b` (u64) and the
//! session id (16 bytes), integers little endian, unused fields zero. Anything else is a protocol
//! error, and a protocol error, end of file or silence **covers**.
//!
//! # Who holds what
//! The X input focus stays on the shield's window for ever. While covered, the keyboard and pointer grab
//! is the agent's when it can draw, else the shield's. Both start covered, with the shield holding.
//!
//! ```text
//!  agent                                    shield
//!  Ready { window } ──────────────────────► knows the agent's window, keeps it above its own
//!  TakeInput ─────────────────────────────► ungrabs, flushes
//!                    ◄───────────────────── InputReleased
//!  (seat grab, retried each ms) Holding ──► counts the workstation "covered, agent holds"
//!
//!  (seat ungrab, display sync) GiveBack ──► grabs, retries each ms until it holds
//!                    ◄───────────────────── InputTaken
//!  (hides its window) Uncover { session, seq, lease } ► unmaps, ungrabs
//!                    ◄───────────────────── Uncovered { seq }
//!  Beat { seq, lease } every second ──────► the lease is renewed; an expired lease covers
//!
//!  Cover { seq } ─────────────────────────► maps, grabs, focuses
//!                    ◄───────────────────── Covered { seq, input_held }   (again when input_held changes)
//!  (shows its window) TakeInput … as above
//! ```
//! `seq` grows with each `Cover` and `Uncover`; a message with an older one is ignored. While covered the
//! agent beats every [`BEAT_COVERED_MS`]; two beats missed and the shield covers, ends the agent and starts it anew.

/// The agent's end of the socketpair.
pub const AGENT_FD: i32 = 3;
/// Set (to `1`) in the environment of an agent that a shield started.
pub const SHIELD_ENV: &str = "TAPWARD_SHIELD";
/// Size of every message.
pub const MESSAGE_SIZE_BYTES: usize = 44;
/// The agent beats this often while the screen is uncovered.
pub const BEAT_UNCOVERED_MS: u64 = 1_000;
/// The agent beats this often while the screen is covered.
pub const BEAT_COVERED_MS: u64 = 4_000;
/// What the agent asks for with each `Uncover` and `Beat` while uncovered.
pub const LEASE_MS: u64 = 2_500;
/// The longest lease the shield grants.
pub const LEASE_MS_MAX: u64 = 5_000;

/// Agent to shield.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentMessage {
    /// The agent can draw; its window has this X id.
    Ready {
        /// X id of the agent's window.
        window: u32,
    },
    /// The agent wants to hold the input; the shield lets go and answers [`ShieldMessage::InputReleased`].
    TakeInput,
    /// The agent holds keyboard and pointer.
    Holding,
    /// The agent has let go; the shield takes over and answers [`ShieldMessage::InputTaken`].
    GiveBack,
    /// Uncover for this session.
    Uncover {
        /// Whose session.
        session: [u8; 16],
        /// Grows.
        seq: u64,
        /// Time until the shield covers by itself; at most [`LEASE_MS_MAX`].
        lease_ms: u64,
    },
    /// Cover at once.
    Cover {
        /// Grows.
        seq: u64,
    },
    /// Alive. Uncovered, it renews the lease of `seq`.
    Beat {
        /// Of the last `Cover` or `Uncover`.
        seq: u64,
        /// New lease, 0 while covered.
        lease_ms: u64,
    },
}

/// Shield to agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShieldMessage {
    /// The shield's grab is gone; take it.
    InputReleased,
    /// The shield holds the input again.
    InputTaken,
    /// Every monitor is covered.
    Covered {
        /// Of the `Cover` that this answers; of the last one when the shield covered by itself.
        seq: u64,
        /// Whether the shield holds keyboard and pointer (another client's grab may delay that).
        input_held: bool,
    },
    /// The screen is the person's.
    Uncovered {
        /// Of the `Uncover` that this answers.
        seq: u64,
    },
}
