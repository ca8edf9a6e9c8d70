//! The session server: sessions, identity, policy and the audit record.
//!
//! Read [`router`] and you know the API. A handler in [`routes`] parses, authorizes, calls the pure
//! rules of [`session`] and [`identity`], and [`store`], and answers. SQL lives in [`store`] only.
//! Time is asked of [`clock`] alone; keys live in [`keys`], never in the database. What the server does
//! unasked is in [`jobs`]; what it owes the audit record in [`trail`].

#![cfg(unix)]

pub mod admin;
pub mod app;
pub mod auth;
pub mod badges;
pub mod cli;
pub mod clock;
pub mod config;
pub mod connections;
pub mod delivery;
pub mod elsewhere;
pub mod ending;
pub mod enrolment;
pub mod error;
pub mod events;
pub mod identity;
pub mod init;
pub mod jobs;
pub mod keys;
pub mod middleware;
pub mod router;
pub mod routes;
pub mod serve;
pub mod session;
pub mod sign_in;
pub mod spool_recovery;
pub mod store;
pub mod telemetry;
pub mod tls;
pub mod trail;
