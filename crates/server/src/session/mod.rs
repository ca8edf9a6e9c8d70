//! What a session is and what may happen to it: pure rules that take the time and return a decision.
//!
//! ```text
//!   open ──limit + 5 s unheard──► lapsed ──adopt──► open
//!    │                              │
//!    └──────────► ended ◄───────────┘   final, whatever comes later
//! ```
//!
//! A session is valid only while this module says so: one that the server does not know is not valid.

pub mod expiry;
pub mod grace;
pub mod lifecycle;

pub use lifecycle::{Session, SessionLimits, State};
