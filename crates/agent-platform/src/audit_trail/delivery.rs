//! The way of records to the endpoint: oldest first, several at one go, one by itself.
//!
//! A record leaves the spool when the endpoint has it, or says that it has one with its id. One that it refuses for
//! good is set aside, which is itself a record. One that it cannot take for now is passed over, so that it holds up
//! no other, and tried again once those behind it have been, a few at a time, so that a new one never waits for all
//! of them; so is one that it refuses where there is no room to set it aside, since those behind it make room. An
//! endpoint that is away has all of them wait.

use std::{pin::Pin, sync::Arc, time::Duration};

use agent_core::command::FailClosedCause;
use audit_spool::{Pending, RecordRef};
use tokio::{sync::Notify, time::Sleep};
use tracing::error;

use super::{
    batch::{self, Sent},
    single::{self, Answer},
};
use crate::{backoff::Backoff, spool::SpoolThread, workstation::FitWorkstation};

/// Media type of what is sent.
pub(super) const FHIR_JSON: &str = "application/fhir+json";
/// Records taken out of the spool at a time, at most.
pub(super) const BATCH: usize = 50;
/// Records passed over that are tried again at a time, at most.
pub(super) const AGAIN: usize = 4;
/// An endpoint that does not answer is asked again after at most this long, then twice as long, …
const RETRY_FIRST: Duration = Duration::from_secs(1);
/// … up to this.
const RETRY_MAX: Duration = Duration::from_secs(60);

/// How one round of deliveries went.
enum Round {
    /// Nothing is left but what was passed over.
    NothingPending,
    /// Some records left the spool.
    Settled,
    /// None did, and some that were answered are passed over: those behind them are next.
    PassedOver,
    /// None did: it is to be tried again later.
    Late,
    /// So many were more than the endpoint takes at one go.
    TooMany(usize),
    /// So many were more than the endpoint, or the way to it, takes in the time of one request.
    TooSlow(usize),
}

/// Delivers what stands in the spool, for ever.
pub(super) struct Delivery {
    fit: Arc<FitWorkstation>,
    appended: Arc<Notify>,
    at_a_time: usize,
    backoff: Backoff,
    /// The number of the last record that was passed over; none has the number 0.
    behind: u64,
    /// The number of the last of those that was tried again; the next one is behind it.
    tried_again: u64,
    /// When the next ones are tried again.
    again: Option<Pin<Box<Sleep>>>,
    again_backoff: Backoff,
}

impl Delivery {
    pub(super) fn new(fit: Arc<FitWorkstation>, appended: Arc<Notify>) -> Self {
        let backoff = Backoff::new(RETRY_FIRST, RETRY_MAX);
        let again_backoff = backoff.clone();
        Self {
            fit,
            appended,
            at_a_time: BATCH,
            backoff,
            behind: 0,
            tried_again: 0,
            again: None,
            again_backoff,
        }
    }

    pub(super) async fn run(mut self) {
        loop {
            match self.round().await {
                Round::NothingPending => {
                    self.backoff.reset();
                    self.until_more().await;
                }
                Round::Settled => {
                    self.backoff.reset();
                    self.at_a_time = (self.at_a_time + 1).min(BATCH);
                }
                // The endpoint is there: the pause does not grow with each that is passed over.
                Round::PassedOver => {
                    self.backoff.reset();
                    self.pause().await;
                }
                // A new record does not shorten the pause: the endpoint is not there.
                Round::Late => self.pause().await,
                Round::TooMany(sent) => self.at_a_time = (sent / 2).max(1),
                Round::TooSlow(sent) => {
                    self.at_a_time = (sent / 2).max(1);
                    self.pause().await;
                }
            }
        }
    }

    async fn pause(&mut self) {
        tokio::time::sleep(self.backoff.pause()).await;
    }

    /// Until there is a new record, or some of those passed over had their turn.
    async fn until_more(&mut self) {
        if self.behind == 0 {
            self.appended.notified().await;
            return;
        }
        let Self { again, again_backoff, appended, .. } = self;
        let again = again.get_or_insert_with(|| Box::pin(tokio::time::sleep(again_backoff.pause())));
        tokio::select! {
            () = again => {
                self.again = None;
                self.try_again().await;
            }
            () = appended.notified() => {}
        }
    }

    /// A few of those passed over, each by itself: together one of them may fail the others.
    async fn try_again(&mut self) {
        let Ok(pending) = self.next_passed_over().await else { return };
        if pending.is_empty() {
            self.behind = 0;
            self.tried_again = 0;
            self.again_backoff.reset();
            return;
        }
        let answers = single::one_by_one(&self.fit.link, &pending).await;
        let answered = || pending.iter().zip(answers.iter().copied());
        // Also one that found the endpoint away, lest it alone be tried for ever.
        self.tried_again = answered().next_back().map_or(0, |(last, _)| last.seq);
        let settled = settle(&self.fit.spool, answered()).await.map_or(0, |settled| settled.count);
        if settled > 0 {
            self.again_backoff.reset();
        }
        if settled == pending.len() {
            // It takes them again: the others need not wait longer than for the new ones.
            self.again = Some(Box::pin(tokio::time::sleep(Duration::ZERO)));
        }
    }

    /// Behind the last one that was tried again, or the oldest. Empty when there are no more.
    async fn next_passed_over(&self) -> Result<Vec<Pending>, FailClosedCause> {
        let mut found = Ok(Vec::new());
        for after in [self.tried_again, 0] {
            let pending = self.fit.spool.run(move |spool, now| spool.pending_behind(after, AGAIN, now));
            found = pending.await.map(|mut pending| {
                pending.retain(|pending| pending.seq <= self.behind);
                pending
            });
            if found.as_ref().is_ok_and(|pending| !pending.is_empty()) {
                break;
            }
        }
        found
    }

    /// Each record is settled by its own answer.
    async fn round(&mut self) -> Round {
        let (behind, at_a_time) = (self.behind, self.at_a_time);
        let pending =
            self.fit.spool.run(move |spool, now| spool.pending_behind(behind, at_a_time, now)).await;
        let Ok(pending) = pending else { return Round::Late };
        if pending.is_empty() {
            return Round::NothingPending;
        }
        let pending = batch::that_fits(pending);
        let answers = match batch::send(&self.fit.link, &pending).await {
            Sent::Answered(answers) => answers,
            Sent::Away => return Round::Late,
            Sent::TooMany => return Round::TooMany(pending.len()),
            Sent::TooSlow => return Round::TooSlow(pending.len()),
            Sent::NotTaken => single::one_by_one(&self.fit.link, &pending).await,
        };
        let answered = || pending.iter().zip(answers.iter().copied());
        let waits = |answer| matches!(answer, Answer::Unable | Answer::Unanswered);
        if let Some((passed_over, _)) = answered().rfind(|(_, answer)| waits(*answer)) {
            self.behind = passed_over.seq;
        }
        let Ok(settled) = settle(&self.fit.spool, answered()).await else { return Round::Late };
        self.behind = self.behind.max(settled.last_left.unwrap_or(0));
        let is_there = |answer| matches!(answer, Answer::Unable | Answer::RefusedForGood);
        match settled.count {
            0 if answers.iter().all(|answer| is_there(*answer)) => Round::PassedOver,
            0 => Round::Late,
            _ => Round::Settled,
        }
    }
}

/// What became of those that were answered for good.
#[derive(Debug, Default)]
struct Settled {
    /// Those that wait no more.
    count: usize,
    /// The number of the last one that was refused and could not be set aside.
    last_left: Option<u64>,
}

/// Acknowledges what was stored, then sets aside what was refused; the rest waits.
async fn settle<'a>(
    spool: &SpoolThread,
    answered: impl Iterator<Item = (&'a Pending, Answer)>,
) -> Result<Settled, FailClosedCause> {
    let (mut stored, mut refused) = (Vec::new(), Vec::new());
    for (pending, answer) in answered {
        match answer {
            Answer::Stored => stored.push(pending.reference()),
            Answer::RefusedForGood => refused.push(pending.reference()),
            Answer::Unable | Answer::Unanswered | Answer::Away => {}
        }
    }
    let mut settled = Settled { count: stored.len(), last_left: None };
    // First: they make room for those that are set aside.
    if !stored.is_empty() {
        spool.run(move |spool, _| spool.acknowledge(&stored)).await?;
    }
    for record @ RecordRef { seq, id } in refused {
        if spool.run(move |spool, now| spool.set_aside(record, now)).await.is_ok() {
            error!(audit.seq = seq, audit.id = %id, "An audit record was refused and is set aside");
            settled.count += 1;
        } else {
            error!(audit.seq = seq, audit.id = %id, "An audit record was refused and cannot be set aside: it waits");
            settled.last_left = Some(seq);
        }
    }
    Ok(settled)
}
