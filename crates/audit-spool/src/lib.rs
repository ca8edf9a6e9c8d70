//! The spool: audit records that are on this workstation's disk and not yet at their endpoint.
//!
//! This page is the specification. With it and a spool key one can write a second reader.
//!
//! # Promises
//!
//! 1. **Durable on return.** When [`Spool::append`] returns `Ok`, the record survives a power cut. When it
//!    returns `Err`, the record is not stored; after `Unavailable` it may or may not be, and nothing more
//!    is promised by that handle: drop it, open the spool again, append again.
//! 2. **Once.** Appending is idempotent by record id as long as the record is held: what came first
//!    stands. After its acknowledgement the id may be taken again; the endpoint, which knows it, then
//!    answers that it has it.
//! 3. **In order.** [`Spool::pending`] hands records out in the order in which they were appended;
//!    [`Spool::pending_behind`] passes over those that the endpoint cannot take for now.
//! 4. **Deleted only when acknowledged.** [`Spool::acknowledge`] deletes the records it is given, by number
//!    and id, and no other: an answer that comes after the file was set aside settles nothing in the fresh
//!    one. A power cut between the endpoint's answer and the acknowledgement delivers a record twice, with
//!    the same id and the same bytes.
//! 5. **Nothing skipped in silence.** A record that does not open, does not fit the chain, cannot be read
//!    or is refused for good is set aside with its bytes, and an alert (`RecordQuarantined`) is appended
//!    in the same transaction. A record that is gone becomes such an alert when the spool is opened; so does
//!    an open session or an end that cannot be read, and the server is told that end (`crash-recovered`).
//! 6. **Bounded.** See [`Bounds`]. When a bound is reached, what begins something is refused with
//!    [`SpoolError::Full`]; what ends it (logout, agent stopped, alerts) is still taken, at most
//!    [`RECORDS_OF_THE_SESSION_AT_HAND_MAX`] records more, with the room of the reserve where the disk
//!    itself is full.
//! 7. **Sealed.** Without the key the file shows: how many records, when they were appended, their ids
//!    and those of sessions, and the causes of ends not yet told. No name and no content.
//! 8. **One writer.** A second process, or a second handle, gets [`SpoolError::InUse`]. The lock goes with
//!    the process, however it dies.
//!
//! # The file
//!
//! SQLite 3.51.3 or newer; `application_id` 0x54575350 (`TWSP`), `user_version` 1; WAL,
//! `synchronous=FULL`, `locking_mode=EXCLUSIVE`, pages of 4096 bytes, mode 0600. Times are milliseconds
//! since 1970 (UTC), ids 16 bytes, hashes 32 bytes. Beside it lies `<name>.reserve`: bytes of no meaning.
//!
//! | table | holds |
//! | --- | --- |
//! | `head` | one row: `seq` and `hash` of the newest record, and `pruned_through`, the highest number forgotten |
//! | `records` | one row per number from `pruned_through + 1` to `head.seq`; `state` is `pending` (with `sealed`), `acknowledged` or `quarantined` (both without) |
//! | `quarantine` | a record set aside, as it stood, with `flaw` (`seal-broken`, `link-broken`, `unreadable`, `refused`) and `found_at` |
//! | `missing` | numbers found without a row, each gap alerted once |
//! | `open_sessions` | sessions with a login and no logout; the user is sealed |
//! | `session_ends` | the outbox: ends the server has not confirmed |
//! | `meta` | small sealed values; `key-check` tells a wrong key from a broken record, `workstation` is the id (16 bytes) of the one that first opened the file, `alarm` stands while the alarm is raised |
//!
//! **Sealed** means: byte 1, a random 96-bit nonce, AES-256-GCM ciphertext and tag. The associated data is
//! `tapward-spool-v1:` and then, for a record, `record:` ‖ `seq` (8 bytes, big endian) ‖ `id` ‖ `prior`; for
//! an open session `open-session:` ‖ its id; for a small value `meta:` ‖ its name. The plain text of a
//! record is the JSON of [`audit::record::AuditRecord`], of an open session that of
//! [`audit::record::UserRef`].
//!
//! **Chain**: `hash = SHA-256("tapward-spool-v1:chain:" ‖ prior ‖ seq ‖ id ‖ sealed)`, `prior` is the `hash`
//! of the record before, 32 zero bytes for the first. Because `prior` is sealed in, a record opens only
//! behind the one it was appended behind. A tail cut off together with a rewritten `head` does not show in
//! the file: that is what delivering soon is for.
//!
//! **Forgetting**: rows before the oldest pending record are deleted; the newest row stays always.
//!
//! # Opening
//!
//! [`Spool::open`] (1) takes the file alone, (2) refuses a foreign, newer or damaged one (`quick_check`, and a head
//! behind its rows), (3) checkpoints, so that whatever an earlier process wrote without a completed sync is written
//! and synced again, (4) tells a wrong key, and a `key-check` that is damaged from it: then `workstation` or the newest
//! pending record opens, (5) takes the reserve, (6) alerts gaps. Then the caller ends the sessions of
//! [`Spool::open_sessions`] on record and tells the ends of [`Spool::session_ends`].
//!
//! A damaged file is never replaced in silence: [`set_file_aside`] keeps it under another name, and the fresh
//! one begins with an alert (`SpoolSetAside`), which [`Spool::succeed`] appends whenever the caller finds a
//! file that [`Spool::is_fresh`] beside one set aside: so no power cut comes between. With it the fresh file
//! takes over the open sessions and the ends that the handle of the old one remembered ([`Spool::into_carried`]):
//! what it read when that was opened, and each change it committed since. A log that a power cut left set aside
//! without its database is followed by it before anything is opened. A file sealed with another key, or made by
//! a newer program, is no damage: that is left for a person to decide, who by enrolling the workstation anew has
//! the one sealed with a lost key set aside ([`set_aside_unless_own`]), and so the one of the workstation that it was
//! before: each record names that one.
//!
//! # When the key is lost
//!
//! Beside the spool lies `<name>.key.sealed`, mode 0600: its key, sealed to the server's recovery key, and no
//! secret to anybody else. Each file set aside takes a copy along. HPKE (RFC 9180), base mode, DHKEM(X25519,
//! HKDF-SHA256), HKDF-SHA256, AES-256-GCM; `info` is `tapward-spool-key-v1`, the associated data `workstation:`
//! and the 16 bytes of the workstation's id. The file is `TWSK`, byte 1, that id, the recovery key's public
//! half (32 bytes), the encapsulated key (32), the sealed key with its tag (48), the public half of the workstation's
//! own key (32), and that key's Ed25519 signature (64) of `tapward-sealed-spool-key-v1:` and all before it: to a public
//! key anybody can seal.
//!
//! With it [`Salvage`] reads the records that wait in a file set aside, also in a damaged one.
//!
//! # The alarm
//!
//! [`Spool::raise_alarm`], asked after each call, puts an alert (`SpoolFilling`) on record when
//! [`ALARM_PERCENT`] of a bound is reached, or the reserve cannot be held; once, until less than
//! [`ALARM_OVER_PERCENT`] of each is used and the reserve was held for ten minutes, across restarts.
//!
//! # Sessions
//!
//! `append(login)` enters the session among the open ones, `append(logout)` takes it out and puts its end
//! into the outbox: each in the transaction that stores the record, so that no crash comes between.

mod alarm;
mod aside;
mod bounds;
mod drain;
mod error;
mod recovery;
mod reserve;
mod salvage;
mod schema;
mod seal;
mod sealed_key;
mod sessions;
mod spool;
mod succession;
mod writer;

#[cfg(test)]
mod tests;

pub use aside::{assert_free, files_set_aside, set_aside_unless_own, set_file_aside};
pub use bounds::{
    ALARM_OVER_PERCENT, ALARM_PERCENT, Bounds, Fill, Level, RECORDS_OF_THE_SESSION_AT_HAND_MAX,
};
pub use drain::{BATCH_RECORDS_MAX, Flaw, Pending, Quarantined, RecordRef};
pub use error::{Fault, SpoolError};
pub use salvage::Salvage;
pub use seal::SpoolKey;
pub use sealed_key::{
    RecoveryKey, RecoveryPublicKey, SEALED_KEY_SIZE_BYTES, SealedKey, SealedKeyError, sealed_key_beside,
};
pub use sessions::{
    META_NAME_SIZE_BYTES_MAX, META_SIZE_BYTES_MAX, OpenSession, SESSION_ENDS_MAX, SessionEnd,
};
pub use spool::Spool;
pub use succession::Carried;
pub use writer::Appended;
