//! A file that has no room left, not even to set anything aside.

use audit::record::{Alert, AuditRecord, Source, What};

use super::bedside::{Bedside, noon, workstation};
use crate::{Bounds, Pending, Spool, SpoolError};

#[test]
fn a_broken_record_that_cannot_be_set_aside_holds_up_none_of_those_behind_it() {
    for damage in ["sealed = CAST(x'02' || substr(sealed, 2) AS BLOB)", "hash = zeroblob(32)"] {
        let bedside = full();
        bedside.shell().execute(&format!("UPDATE records SET {damage} WHERE seq = 1"), []).unwrap();
        let mut spool = bedside.open().unwrap();

        assert_eq!(seqs(&mut spool, 1), [2], "{damage}");
        assert_eq!(seqs(&mut spool, 3), [2, 3], "beside it, too: {damage}");

        assert!(spool.quarantined(1).unwrap().is_empty(), "there was room: nothing is shown here");
    }
}

#[test]
fn where_nothing_sound_is_behind_a_broken_record_the_file_is_full_and_not_empty() {
    let bedside = full();
    let mut spool = bedside.open().unwrap();
    let last = seqs(&mut spool, 500).last().copied().unwrap();
    drop(spool);
    let damage = "UPDATE records SET sealed = CAST(x'02' || substr(sealed, 2) AS BLOB) WHERE seq = ?1";
    bedside.shell().execute(damage, [i64::try_from(last).unwrap()]).unwrap();
    let mut spool = bedside.open().unwrap();

    let behind = spool.pending_behind(last - 1, 500, noon());

    assert!(matches!(behind, Err(SpoolError::Full)), "{behind:?}");
}

#[test]
fn a_broken_record_is_set_aside_once_those_behind_it_have_left() {
    let bedside = full();
    bedside.shell().execute("UPDATE records SET hash = zeroblob(32) WHERE seq = 1", []).unwrap();
    let mut spool = bedside.open().unwrap();

    while let pending = spool.pending(1, noon()).unwrap()
        && let Some(next) = pending.first()
    {
        spool.acknowledge(&[next.reference()]).unwrap();
    }

    assert_eq!(spool.quarantined(2).unwrap().len(), 1);
    assert_eq!(spool.fill(noon()).unwrap().pending, 0, "the alert about it has left, too");
}

/// A closed spool with records to the last page.
fn full() -> Bedside {
    let bounds = Bounds { file_size_bytes_max: 96 * 1024, reserve_size_bytes: 1, ..Bounds::default() };
    let bedside = Bedside::with_bounds(bounds);
    // Where a folder lies the reserve cannot be: nothing is left to give up.
    std::fs::create_dir(bedside.folder.path().join("spool.db.reserve")).unwrap();
    let mut spool = bedside.open().unwrap();
    // By number, and not so many that their index is full: what the oldest frees in that must not do.
    let mut number = 1;
    while spool.append(&alert(number), noon()).is_ok() {
        number += 1;
        assert!(number < 1_000, "the file has no end");
    }
    spool.close().unwrap();
    bedside
}

/// Taken also where the spool is full, to the last page.
fn alert(number: u128) -> AuditRecord {
    let what = What::SecurityAlert { alert: Alert::ClockJumped };
    let id = uuid::Builder::from_u128(number).with_version(uuid::Version::Random).into_uuid();
    AuditRecord::other(id, Source::Agent, noon(), Some(workstation()), None, what)
}

fn seqs(spool: &mut Spool, limit: usize) -> Vec<u64> {
    let pending: Vec<Pending> = spool.pending(limit, noon()).unwrap();
    pending.iter().map(|pending| pending.seq).collect()
}
