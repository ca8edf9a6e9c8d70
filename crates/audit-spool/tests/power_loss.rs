//! A process that appends is killed at any moment: what it was told is durable is there, once.
#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
};

use audit::record::{AuditRecord, Source, What, WorkstationRef};
use audit_spool::{Bounds, Spool, SpoolKey};
use jiff::Timestamp;
use uuid::Uuid;

/// Names the spool that the process at hand appends to until it is killed.
const VICTIM_SPOOL: &str = "TAPWARD_SPOOL_OF_THE_VICTIM";
/// How often a process is killed; the long form asks for more.
const KILLS: &str = "TAPWARD_SPOOL_KILLS";

#[test]
fn no_acknowledged_record_is_lost_or_doubled_by_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    let kills = env::var(KILLS).ok().and_then(|kills| kills.parse().ok()).unwrap_or(12);
    let mut ledger = Vec::new();
    let mut delivered = BTreeMap::<Uuid, u32>::new();

    for round in 0..kills {
        // Moments spread over the life of the process: while it opens, appends, checkpoints.
        let lines = [0, 1, 3, 17, 60, 140][round % 6];
        ledger.extend(append_until_killed(&path, lines));
        // The next owner drains half of it, and is "killed" too: dropped without a close.
        let mut spool = open(&path);
        let pending = spool.pending(500, noon()).unwrap();
        let drained: Vec<_> = pending.iter().take(pending.len() / 2).collect();
        for pending in &drained {
            *delivered.entry(pending.record.id).or_default() += 1;
        }
        spool.acknowledge(&drained.iter().map(|pending| pending.reference()).collect::<Vec<_>>()).unwrap();
    }

    let mut spool = open(&path);
    loop {
        let pending = spool.pending(500, noon()).unwrap();
        if pending.is_empty() {
            break;
        }
        for pending in &pending {
            *delivered.entry(pending.record.id).or_default() += 1;
        }
        spool.acknowledge(&pending.iter().map(|pending| pending.reference()).collect::<Vec<_>>()).unwrap();
    }
    assert!(!ledger.is_empty());
    for id in &ledger {
        assert_eq!(delivered.get(id), Some(&1), "{id} was told to be durable");
    }
    assert!(delivered.values().all(|times| *times == 1), "a record came twice");
    let untold = delivered.len() - ledger.len();
    assert!(untold <= kills, "{untold} records more than the {kills} that may have been under way");
    assert_eq!(spool.fill(noon()).unwrap().quarantined, 0);
}

/// The victim: this very test, started again with [`VICTIM_SPOOL`]. Without it, a few appends by itself.
#[test]
fn victim() {
    let Some(path) = env::var_os(VICTIM_SPOOL) else {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = open(&folder.path().join("spool.db"));
        for _ in 0..3 {
            assert!(spool.append(&record(), noon()).unwrap().is_new);
        }
        return;
    };
    let mut spool = open(Path::new(&path));
    let mut ledger = std::io::stdout().lock();
    for _ in 0..100_000 {
        let record = record();
        spool.append(&record, noon()).unwrap();
        writeln!(ledger, "durable {}", record.id).unwrap();
        ledger.flush().unwrap();
    }
    panic!("nobody killed the victim");
}

/// The ids that the victim was told are durable, up to its death after so many lines.
fn append_until_killed(path: &Path, lines: usize) -> Vec<Uuid> {
    let mut victim = Command::new(env::current_exe().unwrap())
        .args(["--exact", "victim", "--nocapture", "--test-threads=1"])
        .env(VICTIM_SPOOL, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(victim.stdout.take().unwrap()).lines();
    let mut told = Vec::new();
    while told.len() < lines {
        let line = output.next().expect("the victim lives").unwrap();
        told.extend(durable(&line));
    }
    kill_9(&mut victim);
    // What it still wrote before it died was told as well.
    told.extend(output.map_while(Result::ok).filter_map(|line| durable(&line)));
    told
}

fn kill_9(victim: &mut Child) {
    victim.kill().unwrap();
    assert!(!victim.wait().unwrap().success());
}

fn durable(line: &str) -> Option<Uuid> {
    // The test harness may write its own words before the first.
    line.split("durable ").nth(1).and_then(|id| id.parse().ok())
}

fn open(path: &Path) -> Spool {
    let bounds = Bounds { reserve_size_bytes: 4096, ..Bounds::default() };
    Spool::open(path, &SpoolKey::new([7; 32]), workstation(), bounds, noon()).unwrap()
}

fn record() -> AuditRecord {
    let id = Uuid::new_v4();
    AuditRecord::other(id, Source::Agent, noon(), Some(workstation()), None, What::ApplicationStarted)
}

fn workstation() -> WorkstationRef {
    WorkstationRef { id: Uuid::from_u128(7), name: "WS-07".to_owned() }
}

fn noon() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}
