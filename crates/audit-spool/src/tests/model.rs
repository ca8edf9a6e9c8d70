//! The spool against a model of it: whatever is done, in whatever order, through whatever restarts.

use std::collections::BTreeSet;

use audit::record::AuditRecord;
use proptest::prelude::*;
use uuid::Uuid;

use super::bedside::{Bedside, at, login, logout, noon, started};
use crate::{Bounds, Level, Spool, SpoolError};

const RECORDS_MAX: u64 = 12;

#[derive(Debug, Clone)]
enum Step {
    /// Agent started, or again the same.
    Begin(u8),
    Login(u8),
    Logout(u8),
    /// Acknowledges these places among what is pending.
    Acknowledge(Vec<prop::sample::Index>),
    SetAside(prop::sample::Index),
    TellEnds,
    /// The handle goes as by a crash and the file is opened again.
    Crash,
    Close,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u8..20).prop_map(Step::Begin),
        2 => (0_u8..6).prop_map(Step::Login),
        3 => (0_u8..6).prop_map(Step::Logout),
        3 => prop::collection::vec(any::<prop::sample::Index>(), 0..6).prop_map(Step::Acknowledge),
        1 => any::<prop::sample::Index>().prop_map(Step::SetAside),
        1 => Just(Step::TellEnds),
        2 => Just(Step::Crash),
        1 => Just(Step::Close),
    ]
}

/// What the spool must look like.
#[derive(Debug, Default)]
struct Model {
    /// Pending, in order. An alert is known by its place alone: its id is random.
    pending: Vec<(u64, Option<AuditRecord>)>,
    quarantined: u64,
    seq: u64,
    open: BTreeSet<Uuid>,
    ends: BTreeSet<Uuid>,
    /// Ids whose rows may have been forgotten since: taking them again is allowed.
    done: BTreeSet<Uuid>,
}

impl Model {
    fn append(&mut self, record: &AuditRecord) {
        self.seq += 1;
        self.pending.push((self.seq, Some(record.clone())));
    }

    fn is_full(&self) -> bool {
        self.pending.len() as u64 + self.quarantined >= RECORDS_MAX
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn the_spool_is_what_its_model_is(steps in prop::collection::vec(any_step(), 1..50)) {
        let bedside = Bedside::with_bounds(Bounds {
            records_max: RECORDS_MAX,
            reserve_size_bytes: 4096,
            ..Bounds::default()
        });
        let mut spool = bedside.open().unwrap();
        let mut model = Model::default();
        for step in steps {
            spool = take(spool, &bedside, &mut model, step)?;
            compare(&mut spool, &model)?;
        }
    }
}

fn take(mut spool: Spool, bedside: &Bedside, model: &mut Model, step: Step) -> Result<Spool, TestCaseError> {
    match step {
        Step::Begin(n) => append(&mut spool, model, &started(u128::from(n)), false)?,
        Step::Login(n) => {
            let session = Uuid::from_u128(u128::from(n));
            if append(&mut spool, model, &login(u128::from(n)), false)? {
                model.open.insert(session);
            }
            true
        }
        Step::Logout(n) => {
            let session = Uuid::from_u128(u128::from(n));
            if append(&mut spool, model, &logout(u128::from(n)), true)? {
                model.open.remove(&session);
                model.ends.insert(session);
            }
            true
        }
        Step::Acknowledge(places) => {
            let seqs: BTreeSet<u64> = places
                .iter()
                .filter(|_| !model.pending.is_empty())
                .map(|place| place.get(&model.pending).0)
                .collect();
            let asked: Vec<_> = seqs.iter().copied().chain([0, 1_000_000]).collect();
            let asked = at(&spool, &asked);
            prop_assert_eq!(spool.acknowledge(&asked).unwrap(), seqs.len() as u64);
            let (gone, left) =
                std::mem::take(&mut model.pending).into_iter().partition(|(seq, _)| seqs.contains(seq));
            model.pending = left;
            let gone: Vec<(u64, Option<AuditRecord>)> = gone;
            model.done.extend(gone.into_iter().filter_map(|(_, record)| record.map(|record| record.id)));
            true
        }
        Step::SetAside(place) if !model.pending.is_empty() => {
            let place = place.index(model.pending.len());
            let (seq, record) = model.pending.remove(place);
            prop_assert!(spool.set_aside(at(&spool, &[seq])[0], noon()).unwrap());
            model.quarantined += 1;
            if let Some(record) = record {
                model.done.insert(record.id);
                model.seq += 1;
                model.pending.push((model.seq, None));
            }
            true
        }
        Step::SetAside(_) => !spool.set_aside(at(&spool, &[1])[0], noon()).unwrap(),
        Step::TellEnds => {
            for end in spool.session_ends().unwrap() {
                spool.session_end_told(end.session_id).unwrap();
                model.ends.remove(&end.session_id);
            }
            true
        }
        Step::Crash => {
            drop(spool);
            return Ok(bedside.open().unwrap());
        }
        Step::Close => {
            spool.close().unwrap();
            return Ok(bedside.open().unwrap());
        }
    };
    Ok(spool)
}

/// Whether the record is new.
fn append(
    spool: &mut Spool,
    model: &mut Model,
    record: &AuditRecord,
    is_at_hand: bool,
) -> Result<bool, TestCaseError> {
    let is_pending = model.pending.iter().any(|(_, held)| held.as_ref() == Some(record));
    match spool.append(record, noon()) {
        Ok(appended) if is_pending => {
            prop_assert!(!appended.is_new);
            Ok(false)
        }
        Ok(appended) if !appended.is_new => {
            prop_assert!(model.done.contains(&record.id), "held, though never appended");
            Ok(false)
        }
        Ok(appended) => {
            prop_assert!(is_at_hand || !model.is_full(), "taken though full");
            model.append(record);
            prop_assert_eq!(appended.seq, model.seq);
            Ok(true)
        }
        Err(SpoolError::Full) => {
            prop_assert!(!is_at_hand && model.is_full(), "refused though there is room");
            Ok(false)
        }
        Err(error) => Err(TestCaseError::fail(format!("{error:?}"))),
    }
}

fn compare(spool: &mut Spool, model: &Model) -> Result<(), TestCaseError> {
    // Before the file is looked at: it may be damaged by then.
    let remembered: BTreeSet<_> = spool.carried.open_sessions.iter().map(|open| open.session_id).collect();
    prop_assert_eq!(&remembered, &model.open);
    let remembered: BTreeSet<_> = spool.carried.session_ends.iter().map(|end| end.session_id).collect();
    prop_assert_eq!(&remembered, &model.ends);
    let held = spool.pending(500, noon()).unwrap();
    prop_assert_eq!(held.len(), model.pending.len());
    for (held, (seq, record)) in held.iter().zip(&model.pending) {
        prop_assert_eq!(held.seq, *seq);
        if let Some(record) = record {
            prop_assert_eq!(&held.record, record);
        }
    }
    let fill = spool.fill(noon()).unwrap();
    prop_assert_eq!((fill.pending, fill.quarantined), (model.pending.len() as u64, model.quarantined));
    prop_assert_eq!(fill.level == Level::Full, model.is_full());
    let open: BTreeSet<_> = spool.open_sessions().unwrap().iter().map(|open| open.session_id).collect();
    prop_assert_eq!(&open, &model.open);
    let ends: BTreeSet<_> = spool.session_ends().unwrap().iter().map(|end| end.session_id).collect();
    prop_assert_eq!(&ends, &model.ends);
    Ok(())
}

/// Every case syncs the disk some hundred times; the long form asks for more.
fn cases() -> u32 {
    std::env::var("TAPWARD_SPOOL_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24)
}
