//! The agent's decisions: one pure function over one closed set of states. No I/O, no clock, no async.
//!
//! ```text
//!                       start
//!                         │ CoverScreen, StartUp
//!                         ▼
//!                   ┌──────────┐  covered, started up   ┌───────────┐ ◄── refused, cancelled,
//!                   │ Starting ├───────────────────────►│ SignedOut │     given up
//!                   └────┬─────┘                        └──┬─────▲──┘        ▲
//!                        │                     name and    │     │           │
//!                        │                     password    ▼     │     ┌─────┴─────┐
//!                        │                                 └─────┼────►│ SigningIn │
//!                        │          ┌────────────┐ all paid      │     └──┬─────┬──┘
//!                        │          │ SigningOut ├───────────────┘        │     │ login on disk, credential
//!                        │          └─┬────▲──▲──┘                        │     │ in the keychain, uncovered
//!                        │            │    │  └──── its session ends ─────┘     ▼
//!                        │   not paid │    │                              ┌────────┐
//!                        │    in time │    ├──── the session ends ────────┤ Active │
//!                        ▼            ▼    │                              └─┬────▲─┘
//!                   ┌──────────────────┐   │          warning is due        │    │ input
//!                   │    FailClosed    │   │                                ▼    │
//!                   └────────┬─────────┘   │                   ┌─────────────────┴─┐
//!                            │ all paid    └───── the limit ───┤ InactivityWarning │
//!                            ▼                                 └───────────────────┘
//!                        SignedOut
//!
//!      Active, InactivityWarning ──tap, "Cover", left alone, elsewhere──► Concealed ──it is she──► Active
//!                                                                           │
//!      SigningOut ◄── the session ends; or somebody else has signed in: ────┘
//!          └─ then his SigningIn
//! ```
//!
//! [`step::step`] takes the state, one [`event::Event`] and the instant at which it is taken up, and gives the
//! next [`state::State`] with the [`command::Command`]s that follow. What a command brings about comes back
//! as an event; nothing is awaited. [`state::State::deadline`] says when `DeadlineReached` is due.
//! Every pair of state and event is decided by name in `states/`; where nothing follows, the arm says why.
//!
//! # Invariants
//!
//! 1. The screen is uncovered, or asked for, only in `Active`, `InactivityWarning` and at the end of
//!    `SigningIn` and `Concealed`. No other state is entered without asking for the cover, and `SignedOut` is entered only
//!    when it is confirmed.
//! 2. No uncovering happens before the login record is on disk and the credential in the keychain, and none of a
//!    concealed session before the record of its resume is on disk.
//! 3. Whatever the events, no session is in use later than [`time_limits::MEASURE_LIMIT`] behind its inactivity
//!    limit, nor at its absolute limit; machine sleep counts. Input before the limit counts even when it is
//!    told a moment after. On a concealed screen only what proves to be the holder's counts.
//! 4. Every transition into a session owes exactly one login record, every one out of it exactly one logout
//!    record with the cause that came first; nobody signs in before both are on disk.
//! 5. A password, PIN or code exists only in `SigningIn` and `Concealed`, only while the server is asked, and is wiped
//!    on leaving. A badge number exists only while the server is asked, while it is offered to be enrolled, or while it
//!    waits for a session's end to begin the next.
//! 6. At most one session is open on this workstation, and its credential is in the keychain only while it is.
//!    A session that the server opened and nobody waits for is ended there at once.
//! 7. What the end of a session owes (records, deletion, the word to the server) is carried through every
//!    fault until it is paid. Start-up, which would put another cause on record, never runs before.
//! 8. Leaving a session asks for the cover before anything else.
//! 9. A deadline that was met is not due again at once: nothing spins. A signed-out workstation that nobody
//!    touches has no deadline at all, and no input is asked for between heartbeats while none is due.
//! 10. Whatever has happened, once the world is healthy again a sign-in is possible within a bounded time.
//! 11. The apps of a session are touched only once its logout is on disk and the screen covered, and no screen is
//!     uncovered, nor anything asked of anybody, before they are gone. While somebody is at a concealed screen they are frozen, or
//!     the session ends; and where somebody else typed a secret there, none of them is woken or asked for anything again.
//!
//! `tests/properties` shows them over random events, sleeps and faults.
//!
//! # Decisions
//!
//! - **Sleep covers and keeps the session**: before the machine sleeps where it says so beforehand, else when it wakes. A
//!   limit that was slept over ends it (cause `suspend`). Sleep that nobody tells of still counts, by the clock.
//! - **Whose a badge is, the server says**, but of badges known to be the holder's: those cover and, out of contact and
//!   within the time in which a tap is enough, resume by themselves.
//! - **A badge is enrolled by its holder's second tap**, after she has signed in: whoever leaves a badge of his at a
//!   signed-out screen must not get into the account of the next person who signs in there.
//! - **Tap-over**: whoever signs in over a concealed session sees nothing of it. It ends, on record and with its
//!   credential deleted, before his login is written; until then it is hers again whenever his sign-in fails.
//! - **A screen that covers by itself** during a session (a lease that ran out under load) is asked for
//!   again, a few times between two reports; the session's limits go on meanwhile.
//! - **The sign-in is the first activity**: inactivity is counted from the moment the session was opened.
//! - **Contact lost** changes nothing for the person. The session goes on under this clock; a lapsed one is
//!   reported with its longest inactivity and adopted, or ended by the server with its cause.
//! - **Two machines with one key**: the one in session finishes it, the next sign-in is refused. A revoked or
//!   unknown workstation ends its session at once.
//! - **The absolute limit** is announced once, is never extended (an adoption can only shorten it), and where
//!   both warnings are due the notification shows the nearer one while the screen shows both.
//! - **Input that cannot be told counts as none**, so the limit holds. Where the last look at the limit has no answer
//!   in time, or input could not be told twice running by then, or the limit was passed by up to
//!   [`time_limits::SLEPT_BEHIND_LIMIT`] without a look, the session ends as `fail-closed`, never as a false
//!   `inactivity`, and nobody signs in before start-up finds that it can be told again. Later than that the machine
//!   slept, and nobody typed.
//! - **A wrong, slow or silent adapter** is given a bounded time by the core itself (`time_limits`), although
//!   each port promises one of its own.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod apps;
pub mod badge;
pub mod cause_records;
pub mod command;
pub mod ending;
pub mod event;
pub mod ids;
pub mod instant;
pub mod my_sessions;
pub mod secret;
pub mod session;
pub mod state;
mod states;
pub mod step;
pub mod taps;
pub mod time_limits;
mod trail;
