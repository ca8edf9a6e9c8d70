//! One file per state: what each event means in it, and when it is due to look at the clock.
//!
//! Every event is named in every state. Where nothing follows from one, the arm says why. What the states
//! with a session in use take alike is decided once, in `in_use`.

mod active;
mod concealed;
mod fail_closed;
mod in_use;
mod inactivity_warning;
mod request;
mod signed_out;
mod signing_in;
mod signing_out;
mod starting;
#[cfg(test)]
mod ward;
