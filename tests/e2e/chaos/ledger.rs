//! What is owed at the end of it all: each session on record once, and nothing that waits or is missing.

use std::collections::{BTreeMap, BTreeSet};

use harness::{part::wait_for, ward::Ward};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::bedside::{Bedside, SOON, logins_of, logouts_of};

/// Waits until every session that the server ever opened has one login and one logout on record.
pub(super) fn wait_every_session_once(bedside: &Bedside) -> usize {
    let sessions = sessions_ever(&bedside.ward);
    let counts = |record: &[Value]| -> BTreeMap<String, (usize, usize)> {
        let count = |id: &String| (logins_of(record, id).len(), logouts_of(record, id).len());
        sessions.iter().map(|id| (id.clone(), count(id))).filter(|(_, counts)| *counts != (1, 1)).collect()
    };
    let waited = wait_for("each login and each logout", SOON, || {
        counts(&bedside.ward.audit_record(&bedside.token).ok()?).is_empty().then_some(())
    });
    let record = bedside.ward.audit_record(&bedside.token).unwrap();
    assert!(
        waited.is_ok(),
        "logins and logouts of sessions that do not have one of each: {:#?}",
        counts(&record)
    );
    assert!(!format!("{record:?}").contains("record-quarantined"), "a record was set aside");
    sessions.len()
}

/// What the spool of a workstation holds whose agent does not run.
#[derive(Debug)]
pub(super) struct Left {
    /// Ids of records that wait for the endpoint.
    pub(super) pending: BTreeSet<String>,
    /// The number of the newest record.
    pub(super) head: u32,
    /// Records set aside, numbers without a record, sessions without a logout, and ends that were not told.
    pub(super) amiss: [u32; 4],
}

pub(super) fn spool_of(ward: &Ward) -> Left {
    let file =
        Connection::open_with_flags(ward.state().join("spool.sqlite"), OpenFlags::SQLITE_OPEN_READ_WRITE)
            .unwrap();
    let count = |query: &str| -> u32 { file.query_row(query, [], |row| row.get(0)).unwrap() };
    let mut pending = file.prepare("SELECT id FROM records WHERE state = 'pending'").unwrap();
    let ids = pending.query_map([], |row| row.get::<_, uuid::Bytes>(0)).unwrap();
    let rows = count("SELECT count(*) FROM records");
    let through = count("SELECT pruned_through FROM head");
    let head = count("SELECT seq FROM head");
    assert_eq!(rows, head - through, "numbers without a record");
    Left {
        pending: ids.map(|id| uuid::Uuid::from_bytes(id.unwrap()).to_string()).collect(),
        head,
        amiss: ["quarantine", "missing", "open_sessions", "session_ends"]
            .map(|table| count(&format!("SELECT count(*) FROM {table}"))),
    }
}

/// Waits until these are on record, such as that an agent has stopped, which is written when nothing is sent any more.
pub(super) fn wait_on_record(bedside: &Bedside, ids: &BTreeSet<String>) {
    let is_there = |record: &[Value], id: &String| record.iter().any(|event| event["id"] == **id);
    bedside
        .ward
        .wait_audit(&bedside.token, "what the agent said last", SOON, |record| {
            ids.iter().all(|id| is_there(record, id))
        })
        .unwrap();
}

/// Every number that the workstation ever gave to a record is a record at the endpoint.
pub(super) fn assert_none_missing(bedside: &Bedside, left: &Left) {
    let record = bedside.ward.audit_record(&bedside.token).unwrap();
    let is_its =
        |event: &&Value| event["source"]["observer"]["identifier"]["system"] == "urn:tapward:workstation";
    let its = record.iter().filter(is_its).count();
    assert_eq!(
        its + left.pending.len(),
        left.head as usize,
        "{left:?}, and {its} of {} records",
        record.len()
    );
}

/// Ids of all sessions in the server's database, ended ones too.
fn sessions_ever(ward: &Ward) -> Vec<String> {
    let file = ward.data().join("tapward.db");
    let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut query = database.prepare("SELECT id FROM sessions").unwrap();
    let ids = query.query_map([], |row| row.get::<_, uuid::Bytes>(0)).unwrap();
    ids.map(|id| uuid::Uuid::from_bytes(id.unwrap()).to_string()).collect()
}
