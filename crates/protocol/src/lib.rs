//! What agent, server and (later) console say to each other: version 1 of the wire, and nothing else.
//!
//! Types only, no behaviour: each converts by hand to and from the types of the crate that uses it, so
//! that a rename inside is free. JSON names are `snake_case`; durations are whole milliseconds and their
//! names end in `_ms`; times are RFC 3339 in UTC; ids are UUIDs. A reader ignores fields it does not
//! know (a newer peer may send them); a writer never relies on that for anything that matters.
//!
//! Requests are idempotent by an id the client makes ([`v1::session::OpenSession::attempt_id`]).
//! Refusals are [`v1::problem::Problem`] documents (RFC 9457) with a closed set of codes.

pub mod dpop;
pub mod secret;
pub mod v1;
