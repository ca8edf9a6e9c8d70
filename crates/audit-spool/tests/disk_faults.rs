//! The disk refuses: every sync fails, or there is no room. A seccomp filter on one thread makes the
//! kernel say so, which needs no privilege and no special file system.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]
#![expect(unsafe_code, reason = "a seccomp filter is installed by prctl")]

use std::{path::Path, thread};

use audit::record::{AuditRecord, Source, What, WorkstationRef};
use audit_spool::{Bounds, Fault, Spool, SpoolError, SpoolKey};
use jiff::Timestamp;
use libc::c_long;
use uuid::Uuid;

#[test]
fn a_failed_sync_is_never_told_as_durable_and_nothing_more_is_promised() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    let (kept, lost) = (record(1), record(2));

    on_a_thread_of_its_own(&path, {
        let (kept, lost) = (kept.clone(), lost.clone());
        move |spool| {
            spool.append(&kept, noon()).unwrap();
            refuse(&[libc::SYS_fsync, libc::SYS_fdatasync], libc::EIO);

            assert!(matches!(spool.append(&lost, noon()), Err(SpoolError::Unavailable(Fault::Sqlite(_)))));
            for _ in 0..2 {
                let again = spool.append(&lost, noon());
                assert!(matches!(again, Err(SpoolError::Unavailable(Fault::Poisoned))), "{again:?}");
            }
            assert!(spool.pending(1, noon()).is_err());
            assert!(spool.acknowledge(&[]).is_err());
        }
    });

    let mut spool = open(&path).unwrap();
    assert!(spool.pending(10, noon()).unwrap().iter().any(|pending| pending.record == kept));
    spool.append(&lost, noon()).unwrap();
    let held = spool.pending(10, noon()).unwrap();
    assert_eq!(held.iter().filter(|pending| pending.record == lost).count(), 1);
    assert_eq!(held.len(), 2);
}

#[test]
fn a_spool_whose_log_cannot_be_synced_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    on_a_thread_of_its_own(&path, |spool| {
        spool.append(&record(1), noon()).unwrap();
    });

    thread::spawn({
        let path = path.clone();
        move || {
            refuse(&[libc::SYS_fsync, libc::SYS_fdatasync], libc::EIO);
            assert!(matches!(open(&path), Err(SpoolError::Unavailable(_))));
        }
    })
    .join()
    .unwrap();

    assert_eq!(open(&path).unwrap().pending(10, noon()).unwrap().len(), 1);
}

#[test]
fn a_disk_without_room_is_full_and_what_was_there_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");

    on_a_thread_of_its_own(&path, |spool| {
        spool.append(&record(1), noon()).unwrap();
        refuse(&[libc::SYS_write, libc::SYS_pwrite64, libc::SYS_fallocate], libc::ENOSPC);

        assert!(matches!(spool.append(&record(2), noon()), Err(SpoolError::Full)));
        // The reserve is given up for what ends something, and this disk has still no room.
        assert!(matches!(spool.append(&stopped(3), noon()), Err(SpoolError::Full)));
        assert!(!spool.fill(noon()).unwrap().is_reserve_held);
        assert_eq!(spool.pending(10, noon()).unwrap().len(), 1, "reading goes on");
    });

    let mut spool = open(&path).unwrap();
    assert!(spool.fill(noon()).unwrap().is_reserve_held, "taken again");
    assert!(spool.append(&record(2), noon()).unwrap().is_new);
    assert_eq!(spool.pending(10, noon()).unwrap().len(), 2);
}

/// A filter holds for its thread, for good: the spool lives and dies with it.
fn on_a_thread_of_its_own(path: &Path, work: impl FnOnce(&mut Spool) + Send + 'static) {
    let path = path.to_owned();
    thread::spawn(move || work(&mut open(&path).unwrap())).join().unwrap();
}

/// From now on these system calls of this thread fail with `errno`.
fn refuse(calls: &[c_long], errno: i32) {
    let statement = |code: u32, k: u32| libc::sock_filter { code: code as u16, jt: 0, jf: 0, k };
    let mut filter = vec![statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0)];
    for (place, call) in calls.iter().enumerate() {
        filter.push(libc::sock_filter {
            code: (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16,
            // To the refusal, which stands behind the remaining comparisons and the permission.
            jt: u8::try_from(calls.len() - place).unwrap(),
            jf: 0,
            k: u32::try_from(*call).unwrap(),
        });
    }
    filter.push(statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW));
    let refusal = libc::SECCOMP_RET_ERRNO | u32::try_from(errno).unwrap();
    filter.push(statement(libc::BPF_RET | libc::BPF_K, refusal));
    let program = libc::sock_fprog { len: u16::try_from(filter.len()).unwrap(), filter: filter.as_mut_ptr() };
    // SAFETY: both calls change this thread's own permissions only; `program` and the filter it points to
    // live until the second call, which copies them, has returned.
    let is_installed = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) == 0
    };
    assert!(is_installed, "{}", std::io::Error::last_os_error());
}

fn open(path: &Path) -> Result<Spool, SpoolError> {
    let bounds = Bounds { reserve_size_bytes: 4096, ..Bounds::default() };
    Spool::open(path, &SpoolKey::new([7; 32]), workstation(), bounds, noon())
}

fn record(n: u128) -> AuditRecord {
    other(n, What::ApplicationStarted)
}

fn stopped(n: u128) -> AuditRecord {
    other(n, What::ApplicationStopped)
}

fn other(n: u128, what: What) -> AuditRecord {
    let id = uuid::Builder::from_random_bytes(n.to_be_bytes()).into_uuid();
    AuditRecord::other(id, Source::Agent, noon(), Some(workstation()), None, what)
}

fn workstation() -> WorkstationRef {
    WorkstationRef { id: Uuid::from_u128(7), name: "WS-07".to_owned() }
}

fn noon() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}
