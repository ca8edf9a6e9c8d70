//! What the organisation decided: policy keys, their ranges, and their resolution into values that
//! cannot hold nonsense. Pure; shared by agent and server.
//!
//! ```text
//! text ──Policy::parse──► Policy ──limits()──► Limits ──stricter_of──► what a session gets
//!            │                │
//!            ▼                └──weakened()──► what to log at every start, and to record
//!   Refused: every problem at once, each with line, key, value and what would be accepted
//! ```
//!
//! - [`Policy::default`] is what holds where a file says nothing about a key.
//! - [`Policy::strict`] is what holds where a file was refused and no good one is at hand. A refused
//!   policy never becomes a lax one, and never keeps anybody from signing in.
//! - Every legal key alone gives a legal policy: what one key asks of another is resolved
//!   (`warning = min(warning, after / 2)`), never refused.
//!
//! [`key::KEYS`] lists every key with meaning, default and range; `packaging/policy/policy.toml` is
//! the sample file, and a test keeps the two alike.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod apps;
mod badges;
pub mod duration;
mod factors;
pub mod key;
pub mod limits;
pub mod lockout;
mod parse;
mod policy;
pub mod refused;
mod value;

pub use apps::Apps;
pub use badges::{BadgeEnrolment, Elsewhere, Grace, Reach};
pub use factors::{Factor, Lacking, ResumeFactors, ResumeMethod, SignInFactors, SignInMethod};
pub use limits::Limits;
pub use policy::{OFFLINE_AGE_MAX, Policy, SPOOL_RESERVE_SIZE_BYTES, Weakened};
pub use refused::{Problem, Refused};
pub use value::{AbsoluteLimit, AutomaticLogoff, Conceal, Heartbeat, InactivityLimit, SpoolMax, TapOut};
