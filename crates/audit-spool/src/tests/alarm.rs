//! When a spool says that its room runs out, and how often.

use std::{fs, path::PathBuf};

use audit::record::{Alert, What};
use jiff::{SignedDuration, Timestamp};

use super::bedside::{Bedside, all_pending, at, days_later, noon, started, workstation};
use crate::{Bounds, Level, Spool};

#[test]
fn the_alarm_is_put_on_record_once_and_again_only_after_it_was_over() {
    let bounds = Bounds { records_max: 10, reserve_size_bytes: 64 * 1024, ..Bounds::default() };
    let bedside = Bedside::with_bounds(bounds);
    let mut spool = bedside.open().unwrap();
    for n in 1..8 {
        spool.append(&started(n), noon()).unwrap();
        assert_eq!(spool.raise_alarm(noon()).unwrap(), None, "{n} of 10");
    }

    spool.append(&started(8), noon()).unwrap();
    let fill = spool.raise_alarm(noon()).unwrap().unwrap();
    assert_eq!((fill.percent, fill.level), (80, Level::Alarm));
    assert_eq!(spool.raise_alarm(noon()).unwrap(), None, "it was told");
    drop(spool);
    let mut spool = bedside.open().unwrap();
    assert_eq!(spool.raise_alarm(noon()).unwrap(), None, "a restart tells it no second time");
    assert_eq!(alarms(&mut spool), 1);

    // A spool that hovers about the mark does not tell again; one that was emptied does.
    spool.acknowledge(&at(&spool, &[1, 2])).unwrap();
    assert_eq!(spool.raise_alarm(noon()).unwrap(), None);
    spool.append(&started(9), noon()).unwrap();
    assert_eq!(spool.raise_alarm(noon()).unwrap(), None);
    spool.acknowledge(&at(&spool, &[3, 4, 5, 6, 7, 8])).unwrap();
    assert_eq!(spool.raise_alarm(minutes_later(10)).unwrap(), None);
    for n in 20..27 {
        spool.append(&started(n), noon()).unwrap();
    }
    assert!(spool.raise_alarm(noon()).unwrap().is_some());
    assert_eq!(alarms(&mut spool), 2);
}

#[test]
fn records_that_wait_too_long_raise_the_alarm_too() {
    let bedside = Bedside::new();
    let mut spool = bedside.open().unwrap();
    spool.append(&started(1), noon()).unwrap();

    assert_eq!(spool.raise_alarm(days_later(23)).unwrap(), None);
    assert!(spool.raise_alarm(days_later(24)).unwrap().is_some());
}

fn alarms(spool: &mut Spool) -> usize {
    let alarm = What::SecurityAlert { alert: Alert::SpoolFilling };
    all_pending(spool).iter().filter(|record| record.what == alarm).count()
}

#[test]
fn a_reserve_that_comes_and_goes_raises_one_alarm_until_it_was_held_for_ten_minutes() {
    let bedside = Bedside::new();
    take_the_room(&bedside);
    let mut spool = bedside.open().unwrap();
    let fill = spool.raise_alarm(minutes_later(0)).unwrap().unwrap();
    assert!(!fill.is_reserve_held);
    assert_eq!(fill.percent, 0, "it is not the records that take the room");

    for minute in [2, 6, 10] {
        give_the_room_back(&bedside);
        assert_eq!(spool.raise_alarm(minutes_later(minute)).unwrap(), None);
        assert!(spool.fill(minutes_later(minute)).unwrap().is_reserve_held);
        take_the_room(&bedside);
        assert_eq!(spool.raise_alarm(minutes_later(minute + 2)).unwrap(), None);
    }
    assert_eq!(alarms(&mut spool), 1);

    give_the_room_back(&bedside);
    assert_eq!(spool.raise_alarm(minutes_later(14)).unwrap(), None);
    drop(spool);
    let mut spool =
        Spool::open(&bedside.path(), &bedside.key, workstation(), bedside.bounds, minutes_later(15)).unwrap();
    assert_eq!(spool.raise_alarm(minutes_later(16)).unwrap(), None);
    take_the_room(&bedside);
    assert_eq!(spool.raise_alarm(minutes_later(17)).unwrap(), None, "a restart ends no alarm");
    give_the_room_back(&bedside);
    assert_eq!(spool.raise_alarm(minutes_later(19)).unwrap(), None);
    assert_eq!(spool.raise_alarm(minutes_later(30)).unwrap(), None, "over, in silence");
    take_the_room(&bedside);
    assert!(spool.raise_alarm(minutes_later(32)).unwrap().is_some());
    assert_eq!(alarms(&mut spool), 2);
}

fn minutes_later(minutes: i64) -> Timestamp {
    noon() + SignedDuration::from_mins(minutes)
}

/// Where a folder lies no file can be.
fn take_the_room(bedside: &Bedside) {
    let _ = fs::remove_file(reserve(bedside));
    fs::create_dir(reserve(bedside)).unwrap();
}

fn give_the_room_back(bedside: &Bedside) {
    fs::remove_dir(reserve(bedside)).unwrap();
}

fn reserve(bedside: &Bedside) -> PathBuf {
    bedside.folder.path().join("spool.db.reserve")
}
