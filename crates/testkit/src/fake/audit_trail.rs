//! A spool that outlives the agent.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use agent_core::{
    command::FailClosedCause,
    event::{Event, RecordKey},
};
use agent_runtime::ports::AuditTrail;
use audit::record::{AuditRecord, What};
use uuid::Uuid;

use super::{Line, lock};

/// Empty at first; takes records.
#[derive(Debug, Clone)]
pub struct FakeAuditTrail {
    line: Line,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    records: Vec<AuditRecord>,
    refuses: Option<FailClosedCause>,
    delay: Duration,
}

impl FakeAuditTrail {
    /// An empty one.
    #[must_use]
    pub fn new(line: Line) -> Self {
        Self { line, state: Arc::default() }
    }

    /// Every record on disk, in order.
    #[must_use]
    pub fn records(&self) -> Vec<AuditRecord> {
        lock(&self.state).records.clone()
    }

    /// Login and logout of each session, and other records, by what happened.
    #[must_use]
    pub fn story(&self) -> Vec<String> {
        self.records().iter().map(in_words).collect()
    }

    /// Sessions with a login and no logout.
    #[must_use]
    pub fn open_sessions(&self) -> Vec<AuditRecord> {
        let records = self.records();
        let ended: BTreeSet<_> = records.iter().filter(|r| is_logout(r)).map(|r| r.session_id).collect();
        records
            .into_iter()
            .filter(|r| matches!(r.what, What::Login { .. }) && !ended.contains(&r.session_id))
            .collect()
    }

    /// Refuses every record for this reason.
    pub fn refuses(&self, cause: FailClosedCause) {
        lock(&self.state).refuses = Some(cause);
    }

    /// Takes records again.
    pub fn mends(&self) {
        lock(&self.state).refuses = None;
    }

    /// Why it refuses, if it does.
    #[must_use]
    pub fn refusal(&self) -> Option<FailClosedCause> {
        lock(&self.state).refuses
    }

    /// A record is on disk after `delay`.
    pub fn takes(&self, delay: Duration) {
        lock(&self.state).delay = delay;
    }

    /// Puts a record on disk at once, as start-up does. A record that is there already stays as it is.
    ///
    /// # Panics
    /// At a record that no spool would take.
    pub fn put(&self, record: AuditRecord) {
        record.check().unwrap();
        let mut state = lock(&self.state);
        if !state.records.iter().any(|there| there.id == record.id) {
            state.records.push(record);
        }
    }

    /// The id of the session whose login came last.
    #[must_use]
    pub fn last_session(&self) -> Option<Uuid> {
        let logins = |record: &AuditRecord| matches!(record.what, What::Login { .. });
        self.records().into_iter().rfind(logins).and_then(|record| record.session_id)
    }
}

impl AuditTrail for FakeAuditTrail {
    fn append(&self, key: RecordKey, record: AuditRecord) {
        let (refuses, delay) = {
            let state = lock(&self.state);
            (state.refuses, state.delay)
        };
        if let Some(cause) = refuses {
            self.line.tell_after(delay, Event::AuditFailed(key, cause));
            return;
        }
        let trail = self.clone();
        self.line.after(delay, move || {
            trail.put(record);
            trail.line.tell(Event::AuditStored(key));
        });
    }
}

fn is_logout(record: &AuditRecord) -> bool {
    matches!(record.what, What::Logout { .. })
}

fn in_words(record: &AuditRecord) -> String {
    let who = record.user.as_ref().map_or("", |user| user.display_name.as_str());
    match &record.what {
        What::Login { factors } => format!("login of {who} by {factors:?}"),
        What::LoginRefused { reason } => format!("login refused: {reason}"),
        What::Logout { cause } => format!("logout of {who}: {cause}"),
        What::Concealed { cause } => format!("concealed: {}", cause.code().code),
        What::Resumed { method } => format!("resumed by {who}: {}", method.code().code),
        What::App { app, outcome } => format!("app {app}: {}", outcome.code().code),
        What::ApplicationStarted => "agent started".to_owned(),
        What::ApplicationStopped => "agent stopped".to_owned(),
        What::Enrolment { is_accepted } => format!("enrolment accepted: {is_accepted}"),
        What::SecurityAlert { alert } => format!("alert: {alert:?}"),
        What::FailedClosed { cause } => format!("failed closed: {cause}"),
        What::Administration { action } => format!("administration: {action}"),
        What::TrailRead { auditor } => format!("trail read by {auditor}"),
    }
}
