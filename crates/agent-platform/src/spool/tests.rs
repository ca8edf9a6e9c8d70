//! A damaged file, a spool that fills, a thread that hangs.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread::ThreadId,
};

use audit::{
    codes::LogoutCause,
    record::{Alert, AuditRecord, Factors, Source, UserRef, What},
};
use audit_spool::SessionEnd;
use uuid::Uuid;

use super::*;
use crate::testing::{StillClock, until};

#[tokio::test]
async fn a_damaged_file_is_kept_as_it_was_and_a_fresh_one_begins_with_a_record_of_that() {
    let ward = Ward::new();
    fs::write(ward.path(), DAMAGED).unwrap();

    let spool = ward.spool();

    assert_eq!(ward.alerts(&spool).await.unwrap(), [Alert::SpoolSetAside]);
    let aside = ward.aside();
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert_eq!(fs::read(&aside[0]).unwrap(), DAMAGED);
    assert!(spool.run(|spool, now| spool.append(&started(), now)).await.is_ok());
}

#[tokio::test]
async fn a_damaged_file_takes_a_copy_of_its_sealed_key_along() {
    let ward = Ward::new();
    fs::write(ward.path(), DAMAGED).unwrap();
    fs::write(audit_spool::sealed_key_beside(&ward.path()), b"sealed").unwrap();

    assert_eq!(ward.alerts(&ward.spool()).await.unwrap(), [Alert::SpoolSetAside]);

    let mut aside = ward.aside();
    aside.sort();
    assert_eq!(aside.len(), 2, "{aside:?}");
    assert_eq!(aside[1], audit_spool::sealed_key_beside(&aside[0]));
    assert_eq!(fs::read(&aside[1]).unwrap(), b"sealed");
}

#[tokio::test]
async fn a_file_set_aside_before_a_power_cut_is_on_record_after_it_and_once() {
    let ward = Ward::new();
    fs::write(ward.path().with_file_name("spool.sqlite.aside-1"), DAMAGED).unwrap();

    assert_eq!(ward.alerts(&ward.spool()).await.unwrap(), [Alert::SpoolSetAside]);

    let spool = ward.next_spool().await;
    assert_eq!(ward.alerts(&spool).await.unwrap(), [Alert::SpoolSetAside]);
}

#[tokio::test]
async fn a_file_damaged_while_a_session_is_open_leaves_it_and_the_ends_to_be_told_to_the_fresh_one() {
    let ward = Ward::new();
    let (open, ended) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let spool = ward.spool();
    spool.run(move |spool, now| spool.append(&login(open), now)).await.unwrap();
    let end = SessionEnd { session_id: ended, cause: LogoutCause::FailClosed, ended_at: now() };
    spool.run(move |spool, _| spool.put_session_end(end)).await.unwrap();
    drop(spool);
    let spool = ward.next_spool().await;

    let path = ward.path();
    let damaged = spool.run(move |_, _| {
        fs::write(&path, DAMAGED).unwrap();
        Err::<(), _>(SpoolError::Corrupt(audit_spool::Fault::Poisoned))
    });
    assert_eq!(damaged.await, Err(FailClosedCause::SpoolUnavailable));
    // Whatever it is that finds out.
    assert_eq!(ward.alerts(&spool).await.unwrap(), [Alert::SpoolSetAside]);

    let sessions = spool.run(|spool, _| spool.open_sessions()).await.unwrap();
    assert_eq!(sessions.iter().map(|open| open.session_id).collect::<Vec<_>>(), [open]);
    assert_eq!(spool.run(|spool, _| spool.session_ends()).await.unwrap(), [end]);
}

#[tokio::test]
async fn a_row_of_the_session_at_hand_that_does_not_open_ends_nothing_while_it_is_in_use() {
    let ward = Ward::new();
    let open = Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
    let spool = ward.spool();
    spool.run(move |spool, now| spool.append(&login(open), now)).await.unwrap();
    // Closed by its thread, then the disk changes a bit of it.
    drop(spool);
    drop(ward.next_spool().await);
    ward.break_seal_of_open(open).await;

    let spool = ward.next_spool().await;
    spool.run(|spool, now| spool.append(&started(), now)).await.unwrap();

    assert_eq!(spool.run(|spool, _| spool.session_ends()).await.unwrap(), []);
    assert_eq!(ward.alerts(&spool).await.unwrap(), []);
    // At the next start-up the row is read, and its end is told.
    assert_eq!(spool.run(|spool, _| spool.open_sessions()).await.unwrap(), []);
    assert_eq!(ward.alerts(&spool).await.unwrap(), [Alert::RecordQuarantined]);
    let ends = spool.run(|spool, _| spool.session_ends()).await.unwrap();
    let told = ends.iter().map(|end| (end.session_id, end.cause)).collect::<Vec<_>>();
    assert_eq!(told, [(open, LogoutCause::CrashRecovered)]);
}

#[tokio::test]
async fn what_was_written_right_before_the_file_proved_damaged_is_known_to_the_fresh_one() {
    let ward = Ward::new();
    let (open, told) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let spool = ward.spool();
    spool.run(move |spool, now| spool.append(&login(open), now)).await.unwrap();
    let end = SessionEnd { session_id: told, cause: LogoutCause::FailClosed, ended_at: now() };
    spool.run(move |spool, _| spool.put_session_end(end)).await.unwrap();
    drop(spool);
    let spool = ward.next_spool().await;

    let (path, is_done) = (ward.path(), AtomicBool::new(false));
    let written = spool.run(move |spool, now| {
        if !is_done.swap(true, Ordering::SeqCst) {
            spool.append(&logout(open), now)?;
            spool.session_end_told(told)?;
            fs::write(&path, DAMAGED).unwrap();
            return Err(SpoolError::Corrupt(audit_spool::Fault::Poisoned));
        }
        Ok(())
    });
    written.await.unwrap();

    assert_eq!(ward.alerts(&spool).await.unwrap(), [Alert::SpoolSetAside]);
    assert_eq!(spool.run(|spool, _| spool.open_sessions()).await.unwrap(), []);
    let ends = spool.run(|spool, _| spool.session_ends()).await.unwrap();
    let ended = SessionEnd { session_id: open, cause: LogoutCause::Inactivity, ended_at: now() };
    assert_eq!(ends, [ended]);
}

#[test]
fn the_log_says_of_a_spool_that_fills_what_is_true_of_it() {
    let fill = |percent, is_reserve_held| {
        filling(&Fill {
            level: audit_spool::Level::Full,
            percent,
            pending: 1,
            quarantined: 0,
            oldest_appended_at: None,
            is_reserve_held,
        })
    };

    assert!(fill(80, true).contains("80 % of their room"));
    assert!(!fill(3, false).contains('%'), "{}", fill(3, false));
    assert!(fill(3, false).contains("nobody signs in"));
    assert!(fill(90, false).contains("90 %") && fill(90, false).contains("make room"));
}

#[tokio::test]
async fn a_disk_that_damages_every_file_fails_closed_and_keeps_them_all() {
    let ward = Ward::new();
    for n in 0..8 {
        fs::write(ward.path().with_file_name(format!("spool.sqlite.aside-{n}")), DAMAGED).unwrap();
    }
    fs::write(ward.path(), DAMAGED).unwrap();

    let answer = ward.alerts(&ward.spool()).await;

    assert_eq!(answer, Err(FailClosedCause::SpoolUnavailable));
    assert_eq!(fs::read(ward.path()).unwrap(), DAMAGED);
    assert_eq!(ward.aside().len(), 8);
}

#[tokio::test]
async fn a_spool_of_another_key_is_not_set_aside() {
    let ward = Ward::new();
    drop(
        Spool::open(&ward.path(), &SpoolKey::new([8; 32]), workstation(), Bounds::default(), now()).unwrap(),
    );

    let answer = ward.alerts(&ward.spool()).await;

    assert_eq!(answer, Err(FailClosedCause::SpoolUnavailable));
    assert!(ward.aside().is_empty());
}

#[tokio::test]
async fn a_spool_that_fills_is_on_record_once() {
    let mut ward = Ward::new();
    ward.bounds.records_max = 10;
    let spool = ward.spool();
    for _ in 0..7 {
        spool.run(|spool, now| spool.append(&started(), now)).await.unwrap();
    }
    assert_eq!(ward.alerts(&spool).await.unwrap(), []);

    for _ in 0..2 {
        spool.run(|spool, now| spool.append(&started(), now)).await.unwrap();
    }

    assert_eq!(ward.alerts(&spool).await.unwrap(), [Alert::SpoolFilling]);
}

#[tokio::test]
async fn however_often_start_up_is_tried_one_thread_opens_the_spool() {
    let ward = Ward::new();
    let one = OneSpoolThread::default();
    let start = |key| one.start(ward.settings(key), Arc::new(StillClock)).unwrap();

    let first = thread_of(&start(7)).await;

    assert_eq!(thread_of(&start(7)).await, first);
    assert_ne!(start_other(&one, &ward).await, first, "another key is another spool");
}

async fn start_other(one: &OneSpoolThread, ward: &Ward) -> ThreadId {
    let elsewhere = ward.folder.path().join("other.sqlite");
    let settings = SpoolSettings { path: elsewhere, ..ward.settings(8) };
    thread_of(&one.start(settings, Arc::new(StillClock)).unwrap()).await
}

async fn thread_of(spool: &SpoolThread) -> ThreadId {
    spool.run(|_, _| Ok(thread::current().id())).await.unwrap()
}

/// No database begins like this.
const DAMAGED: &[u8] = &[0x5a; 8192];

struct Ward {
    folder: tempfile::TempDir,
    bounds: Bounds,
}

impl Ward {
    fn new() -> Self {
        let bounds = Bounds { reserve_size_bytes: 64 * 1024, ..Bounds::default() };
        Self { folder: tempfile::tempdir().unwrap(), bounds }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("spool.sqlite")
    }

    fn settings(&self, key: u8) -> SpoolSettings {
        SpoolSettings {
            path: self.path(),
            key: SpoolKey::new([key; 32]),
            workstation: workstation(),
            bounds: self.bounds,
        }
    }

    fn spool(&self) -> SpoolThread {
        SpoolThread::start(self.settings(7), Arc::new(StillClock)).unwrap()
    }

    /// The thread before may hold the file for a moment more.
    async fn next_spool(&self) -> SpoolThread {
        let spool = self.spool();
        until("the file is free", async || spool.run(|_, _| Ok(())).await.is_ok()).await;
        spool
    }

    /// Of the row whose session began at 0, the seal stands right behind the id.
    async fn break_seal_of_open(&self, session: Uuid) {
        let row = [session.as_bytes().as_slice(), &[1]].concat();
        let found = || {
            let mut file = fs::read(self.path()).unwrap();
            let at = file.windows(row.len()).position(|bytes| bytes == row)?;
            file[at + row.len() + 12] ^= 1;
            Some(file)
        };
        until("the row is in the database", async || found().is_some()).await;
        fs::write(self.path(), found().unwrap()).unwrap();
    }

    /// Every alert that waits.
    async fn alerts(&self, spool: &SpoolThread) -> Result<Vec<Alert>, FailClosedCause> {
        let pending = spool.run(|spool, now| spool.pending(100, now)).await?;
        let alert = |what| if let What::SecurityAlert { alert } = what { Some(alert) } else { None };
        Ok(pending.into_iter().filter_map(|pending| alert(pending.record.what)).collect())
    }

    fn aside(&self) -> Vec<PathBuf> {
        let is_aside = |path: &PathBuf| path.to_string_lossy().contains(".aside-");
        let files = fs::read_dir(Path::new(self.folder.path())).unwrap();
        files.map(|file| file.unwrap().path()).filter(is_aside).collect()
    }
}

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

fn workstation() -> WorkstationRef {
    WorkstationRef { id: Uuid::from_u128(7), name: "WS-07".into() }
}

fn started() -> AuditRecord {
    let what = What::ApplicationStarted;
    AuditRecord::other(Uuid::new_v4(), Source::Agent, now(), Some(workstation()), None, what)
}

fn login(session: Uuid) -> AuditRecord {
    let maria = UserRef { id: Uuid::from_u128(9), display_name: "Maria O.".into() };
    AuditRecord::login(Source::Agent, now(), workstation(), maria, session, Factors::PasswordTotp)
}

fn logout(session: Uuid) -> AuditRecord {
    let maria = UserRef { id: Uuid::from_u128(9), display_name: "Maria O.".into() };
    AuditRecord::logout(Source::Agent, now(), workstation(), maria, session, LogoutCause::Inactivity)
}
