//! The database. All SQL lives below this module, one text for SQLite and PostgreSQL.
//!
//! Times are whole milliseconds since 1970 (UTC) in `BIGINT`, ids `UUID`, bytes `BYTEA`, states and
//! causes text that is parsed strictly.

pub mod attempts;
pub mod audit_events;
pub mod auditor_tokens;
pub mod badge_imports;
pub mod badges;
pub mod challenges;
mod connection;
mod database;
pub mod enrolment_codes;
mod error;
pub mod failures;
mod forgetting;
pub mod graces;
pub mod nodes;
mod peers;
mod places;
mod postgres;
pub mod proofs;
pub mod screens;
pub mod sessions;
mod sqlite;
mod time;
pub mod unknown_badges;
pub mod unsettled_ends;
pub mod users;
pub mod workstations;

pub use crate::transact;
pub use connection::{Connection, Query, Row, ScalarQuery, Stored, Value, query, query_scalar};
pub use database::{Store, Transaction, Tries};
pub use error::{OpenError, StoreError};
pub use forgetting::forget;
pub use peers::{Heard, Peers, SAID_SIZE_BYTES_MAX};
pub use places::Place;
pub use postgres::Address;
pub use time::{millis, timestamp};
