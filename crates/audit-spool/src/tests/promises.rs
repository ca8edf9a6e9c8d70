//! The promises of the crate's documentation, one by one.

use audit::{
    codes::LogoutCause,
    record::{Alert, AuditRecord, RecordError, What},
};
use uuid::Uuid;

use super::bedside::{Bedside, all_pending, at, days_later, login, logout, maria, noon, started};
use crate::{Bounds, Flaw, Level, Pending, SessionEnd, SpoolError, SpoolKey};

#[test]
fn what_was_appended_is_there_after_the_spool_is_opened_again_and_in_order() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    let records = [started(1), login(1), logout(1), started(2)];
    for (record, seq) in records.iter().zip(1..) {
        let appended = spool.append(record, noon()).unwrap();
        assert!(appended.is_new);
        assert_eq!(appended.seq, seq);
    }
    // Dropped without a close, as by a crash.
    drop(spool);

    let mut spool = bedside.open().unwrap();

    assert_eq!(all_pending(&mut spool), records);
}

#[test]
fn a_record_appended_twice_is_held_once_and_the_first_stands() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    spool.append(&logout(1), noon()).unwrap();
    let other_cause = AuditRecord { what: What::Logout { cause: "admin".to_owned() }, ..logout(1) };

    let again = spool.append(&other_cause, noon()).unwrap();

    assert!(!again.is_new);
    assert_eq!(again.seq, 1);
    assert_eq!(all_pending(&mut spool), [logout(1)]);
}

#[test]
fn a_record_that_may_not_be_stored_is_refused() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    let nameless = AuditRecord { user: None, ..login(1) };

    let refusal = spool.append(&nameless, noon());

    assert!(matches!(refusal, Err(SpoolError::Record(RecordError::Shape { field: "user" }))));
    assert!(all_pending(&mut spool).is_empty());
}

#[test]
fn only_what_is_acknowledged_is_deleted_whatever_the_order() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    for n in 1..=5 {
        spool.append(&started(n), noon()).unwrap();
    }

    assert_eq!(spool.acknowledge(&at(&spool, &[4, 2, 2, 99, 0, u64::MAX])).unwrap(), 2);

    assert_eq!(all_pending(&mut spool), [started(1), started(3), started(5)]);
    assert_eq!(spool.acknowledge(&at(&spool, &[4, 2])).unwrap(), 0, "acknowledged before");
    drop(spool);
    let mut spool = bedside.open().unwrap();
    assert_eq!(all_pending(&mut spool), [started(1), started(3), started(5)]);
    assert_eq!(spool.acknowledge(&at(&spool, &[1, 3, 5])).unwrap(), 3);
    assert_eq!(spool.fill(noon()).unwrap().pending, 0);
    assert_eq!(spool.append(&started(6), noon()).unwrap().seq, 6, "numbers go on");
}

#[test]
fn a_drained_spool_keeps_one_row_and_no_content() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    for n in 1..=50 {
        spool.append(&started(n), noon()).unwrap();
    }
    spool.acknowledge(&at(&spool, &(1..=50).collect::<Vec<_>>())).unwrap();
    spool.close().unwrap();

    let rows: (i64, i64) = bedside
        .shell()
        .query_row("SELECT COUNT(*), COUNT(sealed) FROM records", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();

    assert_eq!(rows, (1, 0));
}

#[test]
fn a_batch_over_the_bound_is_refused_and_pending_never_gives_more() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    spool.append(&started(1), noon()).unwrap();
    spool.append(&started(2), noon()).unwrap();

    let too_many = [at(&spool, &[1])[0]; 501];
    assert!(matches!(spool.acknowledge(&too_many), Err(SpoolError::Bound("records"))));
    assert_eq!(spool.pending(1, noon()).unwrap().len(), 1);
    assert_eq!(spool.pending(usize::MAX, noon()).unwrap().len(), 2);
}

#[test]
fn a_second_writer_is_refused_while_the_first_lives() {
    let bedside = Bedside::new();
    let first = bedside.open().unwrap();

    assert!(matches!(bedside.open(), Err(SpoolError::InUse)));

    drop(first);
    bedside.open().unwrap();
}

#[test]
fn the_file_is_its_owners_alone_and_shows_no_name() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    spool.append(&login(1), noon()).unwrap();
    spool.put_meta("nonce", b"canary-value").unwrap();
    drop(spool);

    for entry in std::fs::read_dir(bedside.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for canary in ["Maria", "WS-07", "canary-value", "password_totp"] {
            let is_shown = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
            assert!(!is_shown, "{canary} in {}", path.display());
        }
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(bedside.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn another_key_is_told_apart_from_damage() {
    let bedside = Bedside::new();
    drop(bedside.open().unwrap());
    let other = Bedside { key: SpoolKey::new([8; 32]), ..bedside };

    assert!(matches!(other.open(), Err(SpoolError::WrongKey)));
}

#[test]
fn alarm_before_full_and_full_refuses_what_begins_but_takes_what_ends() {
    let bedside =
        Bedside::with_bounds(Bounds { records_max: 10, reserve_size_bytes: 4096, ..Bounds::default() });
    let mut spool = bedside.open().unwrap();
    spool.append(&login(1), noon()).unwrap();
    for n in 1..8 {
        assert_eq!(spool.fill(noon()).unwrap().level, Level::Ample);
        spool.append(&started(n), noon()).unwrap();
    }
    assert_eq!(spool.fill(noon()).unwrap().level, Level::Alarm);
    spool.append(&started(8), noon()).unwrap();
    spool.append(&started(9), noon()).unwrap();

    assert_eq!(spool.fill(noon()).unwrap().level, Level::Full);
    assert!(matches!(spool.append(&login(2), noon()), Err(SpoolError::Full)));
    assert!(matches!(spool.append(&started(10), noon()), Err(SpoolError::Full)));
    assert!(spool.append(&logout(1), noon()).unwrap().is_new, "the session at hand reaches its end");
    assert!(!spool.append(&started(9), noon()).unwrap().is_new, "what is held is held");

    spool.acknowledge(&at(&spool, &(1..=8).collect::<Vec<_>>())).unwrap();
    spool.append(&login(2), noon()).unwrap();
}

#[test]
fn what_ends_is_bounded_too() {
    let bedside =
        Bedside::with_bounds(Bounds { records_max: 0, reserve_size_bytes: 4096, ..Bounds::default() });
    let mut spool = bedside.open().unwrap();
    for session in 0..u128::from(crate::RECORDS_OF_THE_SESSION_AT_HAND_MAX) {
        spool.append(&logout(session), noon()).unwrap();
    }

    assert!(matches!(spool.append(&logout(5_000), noon()), Err(SpoolError::Full)));
}

#[test]
fn records_that_never_left_for_thirty_days_make_it_full() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    spool.append(&started(1), noon()).unwrap();

    assert_eq!(spool.fill(days_later(23)).unwrap().level, Level::Ample);
    assert_eq!(spool.fill(days_later(24)).unwrap().level, Level::Alarm);
    assert!(matches!(spool.append(&started(2), days_later(30)), Err(SpoolError::Full)));
    assert_eq!(spool.fill(days_later(-30)).unwrap().level, Level::Ample, "a clock set back is no age");
}

#[test]
fn a_file_at_its_limit_gives_up_the_reserve_for_the_session_at_hand() {
    let bounds =
        Bounds { file_size_bytes_max: 160 * 1024, reserve_size_bytes: 512 * 1024, ..Bounds::default() };
    let bedside = Bedside::with_bounds(bounds);
    let mut spool = bedside.open().unwrap();
    spool.append(&login(1), noon()).unwrap();
    let mut n = 0;
    let refusal = loop {
        n += 1;
        match spool.append(&started(n), noon()) {
            Ok(_) => assert!(n < 10_000, "never full"),
            Err(refusal) => break refusal,
        }
    };
    assert!(matches!(refusal, SpoolError::Full), "{refusal:?}");

    // Fill the last page too, with what ends something.
    for session in 1..200 {
        spool.append(&logout(session), noon()).unwrap();
    }

    let fill = spool.measure(noon()).unwrap();
    assert!(!fill.is_reserve_held, "the reserve was needed");
    assert_eq!(fill.level, Level::Full);
    assert!(matches!(spool.append(&login(2), noon()), Err(SpoolError::Full)));
    drop(spool);
    let mut spool = bedside.open().unwrap();
    while let pending = spool.pending(500, noon()).unwrap()
        && !pending.is_empty()
    {
        spool.acknowledge(&pending.iter().map(Pending::reference).collect::<Vec<_>>()).unwrap();
    }
    assert!(spool.fill(days_later(1)).unwrap().is_reserve_held, "taken again when there is room");
    spool.append(&login(2), noon()).unwrap();
}

#[test]
fn a_reserve_that_cannot_be_taken_lets_no_session_begin() {
    let bedside = Bedside::new();
    // A folder stands where the reserve belongs.
    std::fs::create_dir(bedside.folder.path().join("spool.db.reserve")).unwrap();
    let mut spool = bedside.open().unwrap();

    assert_eq!(spool.fill(noon()).unwrap().level, Level::Full);
    assert!(matches!(spool.append(&login(1), noon()), Err(SpoolError::Full)));
    spool.append(&logout(1), noon()).unwrap();
}

#[test]
fn a_record_the_endpoint_refuses_for_good_is_set_aside_and_told() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    spool.append(&login(1), noon()).unwrap();
    spool.append(&logout(1), noon()).unwrap();

    assert!(spool.set_aside(at(&spool, &[1])[0], noon()).unwrap());
    assert!(!spool.set_aside(at(&spool, &[1])[0], noon()).unwrap());
    assert!(!spool.set_aside(at(&spool, &[77])[0], noon()).unwrap());

    let pending = all_pending(&mut spool);
    assert_eq!(pending[0], logout(1));
    assert_eq!(pending[1].what, What::SecurityAlert { alert: Alert::RecordQuarantined });
    assert_eq!(pending.len(), 2);
    let quarantined = spool.quarantined(10).unwrap();
    assert_eq!((quarantined[0].seq, quarantined[0].flaw), (1, Flaw::Refused));
    assert_eq!(spool.fill(noon()).unwrap().quarantined, 1);
}

#[test]
fn a_refused_alert_does_not_breed_another() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    spool.append(&started(1), noon()).unwrap();
    spool.set_aside(at(&spool, &[1])[0], noon()).unwrap();

    spool.set_aside(at(&spool, &[2])[0], noon()).unwrap();

    assert!(all_pending(&mut spool).is_empty());
    let fill = spool.fill(noon()).unwrap();
    assert_eq!((fill.pending, fill.quarantined), (0, 2));
}

#[test]
fn a_login_opens_its_session_and_a_logout_moves_it_to_the_outbox() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    spool.append(&login(1), noon()).unwrap();
    drop(spool);
    let mut spool = bedside.open().unwrap();

    let open = spool.open_sessions().unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!((open[0].session_id, &open[0].user), (Uuid::from_u128(1), &maria()));
    assert!(spool.session_ends().unwrap().is_empty());

    spool.append(&logout(1), noon()).unwrap();
    drop(spool);
    let mut spool = bedside.open().unwrap();
    assert!(spool.open_sessions().unwrap().is_empty());
    let end = SessionEnd { session_id: Uuid::from_u128(1), cause: LogoutCause::Inactivity, ended_at: noon() };
    assert_eq!(spool.session_ends().unwrap(), [end]);

    let later = SessionEnd { cause: LogoutCause::Admin, ..end };
    spool.put_session_end(later).unwrap();
    assert_eq!(spool.session_ends().unwrap(), [end], "the cause that came first stands");
    spool.session_end_told(end.session_id).unwrap();
    spool.session_end_told(end.session_id).unwrap();
    assert!(spool.session_ends().unwrap().is_empty());
}

#[test]
fn an_end_recorded_by_the_server_closes_the_session_here_too() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    spool.append(&login(1), noon()).unwrap();

    let end = SessionEnd { session_id: Uuid::from_u128(1), cause: LogoutCause::Admin, ended_at: noon() };
    spool.put_session_end(end).unwrap();

    assert!(spool.open_sessions().unwrap().is_empty());
    assert_eq!(spool.session_ends().unwrap(), [end]);
}

#[test]
fn small_values_are_kept_replaced_and_bounded() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    assert_eq!(spool.meta("nonce").unwrap(), None);
    assert_eq!(spool.meta("key-check").unwrap(), None, "the spool's own values are not the caller's");
    spool.put_meta("key-check", b"x").unwrap();
    spool.put_meta("nonce", b"1").unwrap();
    spool.put_meta("nonce", b"2").unwrap();
    drop(spool);
    let mut spool = bedside.open().unwrap();

    assert_eq!(spool.meta("nonce").unwrap().unwrap().as_slice(), b"2");
    assert!(matches!(spool.put_meta("", b""), Err(SpoolError::Bound("name"))));
    assert!(matches!(spool.put_meta("nonce", &[0; 4_097]), Err(SpoolError::Bound("value"))));
}

#[test]
fn behind_a_record_that_waits_the_others_are_handed_out_in_order() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    for n in 1..=4 {
        spool.append(&started(n), noon()).unwrap();
    }
    let seqs = |pending: Vec<Pending>| pending.iter().map(|pending| pending.seq).collect::<Vec<_>>();

    assert_eq!(seqs(spool.pending_behind(1, 2, noon()).unwrap()), [2, 3]);
    spool.acknowledge(&at(&spool, &[2, 3])).unwrap();
    assert_eq!(seqs(spool.pending_behind(1, 2, noon()).unwrap()), [4]);
    assert_eq!(seqs(spool.pending_behind(4, 2, noon()).unwrap()), [0; 0]);
    assert_eq!(seqs(spool.pending_behind(u64::MAX, 2, noon()).unwrap()), [0; 0]);
    assert_eq!(seqs(spool.pending(9, noon()).unwrap()), [1, 4], "passed over, not gone");
}
