//! What agent and launcher say to each other about the apps of a session, the whole of it.
//!
//! The launcher (`tapward-launch`) starts the apps as another OS user, has them save, closes, kills and wipes.
//! The agent connects to [`SOCKET_PATH`], or, on a machine with one shared OS account, makes a socketpair and
//! starts `tapward-launch --inherited` with one end as file descriptor [`INHERITED_FD`]. Either is a
//! `SOCK_SEQPACKET` socket; one message is one packet: one JSON object of at most [`MESSAGE_BYTES_MAX`] bytes.
//!
//! ```text
//!  agent                                            launcher
//!                            ◄──────────────────── Hello { version, account, containment, … }
//!  Wipe ───────────────────────────────────────►   nothing of anybody is left
//!                            ◄──────────────────── Wiped | Failed
//!  Start { session, display, apps } ───────────►
//!                            ◄──────────────────── AppStarted | AppNotStarted for each app, Done
//!  Save { session, why, within_ms } ───────────►
//!                            ◄──────────────────── AppSaving*, AppSaved for each app, Done
//!  Freeze { session, frozen } ─────────────────►
//!                            ◄──────────────────── Done | Failed
//!  Close { session, within_ms } ───────────────►   asked politely; at the limit killed
//!                            ◄──────────────────── AppClosed for each app, Done | Failed
//!  Wipe ───────────────────────────────────────► … before anybody else signs in
//! ```
//!
//! # Examples
//! ```json
//! {"hello":{"version":1,"account":"separate","containment":"systemd-scope","can_freeze":true,"problem":null}}
//! {"request":1,"verb":{"wipe":{}}}
//! {"answer":{"request":1,"answer":"wiped"}}
//! {"request":2,"verb":{"start":{"session":"0190…","display":{"name":":0","xauthority":null},
//!   "apps":[{"id":"notes","argv":["/usr/bin/notes"],"save":["/usr/bin/notes","--save"],"contract":false}]}}}
//! {"answer":{"request":2,"answer":{"app-started":{"app":"notes"}}}}
//! {"answer":{"request":2,"answer":{"done":{"left":0}}}}
//! ```
//!
//! # Rules
//! - Every answer carries the `request` of what it answers. `Done`, `Failed` and `Wiped` are last; each request has
//!   exactly one of them.
//! - One session at a time. A `Start` while one runs is `Failed { session-running }`; `Save`, `Freeze` and `Close` of
//!   another session are `Failed { wrong-session }`. After `Close` the session's name stays taken until `Wipe`.
//! - A `Start` on what another session left is `Failed { not-wiped }`.
//! - `Save` of a frozen session is `Failed { frozen }`; `Close` of a frozen one kills without asking, because
//!   whoever wants to be polite thaws first. Nothing but `Freeze { frozen: false }` thaws.
//! - A later `Save` ends an earlier one, whose apps then have no answer; `Freeze { frozen: true }` and `Close` end it too.
//!   `Close` while one runs, and `Start` while one starts, do not happen: the second is `Failed { busy }`.
//! - A message that is no message of this contract closes the connection and **freezes** every app, and so does
//!   end of file. If no agent comes back within [`ORPHAN_MS`], everything is killed and wiped.
//! - A connection made while another lives waits until that one has ended.

mod agent;
mod bounds;
mod launcher;

pub use agent::{AgentMessage, App, Display, SaveWhy, Verb};
pub use bounds::{
    APPS_BYTES_MAX, APPS_MAX, ARGUMENT_BYTES_MAX, ARGUMENTS_MAX, AppId, Apps, Argv, COOKIE_BYTES_MAX, Cookie,
    DisplayName, OutOfBounds, WITHIN_MS_MAX, WithinMs,
};
pub use launcher::{
    Account, Answer, CloseOutcome, Code, Containment, Hello, LauncherMessage, SaveOutcome, VERSION,
};

/// Where the launcher listens.
pub const SOCKET_PATH: &str = "/run/tapward/launch.sock";
/// The launcher's end of the socketpair, when it was started with `--inherited`.
pub const INHERITED_FD: i32 = 3;
/// The longest message.
pub const MESSAGE_BYTES_MAX: usize = 32 * 1024;
/// How long apps stay frozen for an agent that may come back; then they are killed and wiped.
pub const ORPHAN_MS: u64 = 30_000;

/// A packet that is no message of this contract, or a message that is no packet.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// Longer than [`MESSAGE_BYTES_MAX`].
    #[error("a message of {0} bytes")]
    Length(usize),
    /// Not the JSON of a message. What was wrong stands in the source, which may quote a field: not for a log.
    #[error("no message of this contract")]
    Form(#[source] serde_json::Error),
}

fn encode(message: &impl serde::Serialize) -> Result<Vec<u8>, MessageError> {
    let packet = serde_json::to_vec(message).map_err(MessageError::Form)?;
    if packet.len() > MESSAGE_BYTES_MAX { Err(MessageError::Length(packet.len())) } else { Ok(packet) }
}

fn decode<T: serde::de::DeserializeOwned>(packet: &[u8]) -> Result<T, MessageError> {
    if packet.len() > MESSAGE_BYTES_MAX {
        return Err(MessageError::Length(packet.len()));
    }
    serde_json::from_slice(packet).map_err(MessageError::Form)
}
