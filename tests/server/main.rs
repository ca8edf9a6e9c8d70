//! The session server, black box: a real server per test, real TLS, a real database, its own folder.
//!
//! One file per route and verb below `routes`; beside it, what spans several.
#![allow(clippy::unwrap_used, clippy::unwrap_in_result, reason = "tests")]

mod administration;
mod badge_import_whole;
mod badge_list;
mod certificate;
mod clock;
mod clones;
mod folder;
mod lockout;
mod logouts_owed;
mod migrations;
mod nodes;
mod one_code;
mod password_work;
mod proof;
mod routes;
mod secrets;
mod spool_recovery;
mod stream;
mod timing;
mod transport;
mod unknown_badges;
mod whole_passwords;
mod without_its_database;
