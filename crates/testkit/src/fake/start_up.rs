//! Start-up on the other fakes, by the port's seven steps.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use agent_core::{
    command::{EndCause, FailClosedCause},
    event::Event,
    ids::SessionId,
};
use agent_runtime::ports::{Clock, Enrolment, SessionServer, StartUp};
use audit::{
    codes::LogoutCause,
    record::{AuditRecord, Source, WorkstationRef},
};
use uuid::Uuid;

use super::{FakeApps, FakeAuditTrail, FakeIdle, FakeKeychain, FakeSessionServer, Line, lock};

/// Enrolled as WS-07 of ICU-3.
#[derive(Debug, Clone)]
pub struct FakeStartUp {
    line: Line,
    on: On,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    enrolment: Option<Enrolment>,
    fails: Option<FailClosedCause>,
    delay: Duration,
    runs: usize,
}

/// The fakes that start-up looks at.
#[derive(Debug, Clone)]
pub struct On {
    /// Keeps the credential.
    pub keychain: FakeKeychain,
    /// Takes records.
    pub audit_trail: FakeAuditTrail,
    /// Is asked to recover.
    pub session_server: FakeSessionServer,
    /// Tells the last input, or cannot.
    pub idle: FakeIdle,
    /// Takes away what is left of a session before, or cannot.
    pub apps: FakeApps,
}

impl FakeStartUp {
    /// Starts up on these.
    #[must_use]
    pub fn new(line: Line, on: On) -> Self {
        let state = State { enrolment: Some(icu_3_ws_07()), fails: None, delay: Duration::ZERO, runs: 0 };
        Self { line, on, state: Arc::new(Mutex::new(state)) }
    }

    /// Nobody has enrolled this workstation.
    pub fn is_not_enrolled(&self) {
        lock(&self.state).enrolment = None;
    }

    /// IT has enrolled it.
    pub fn is_enrolled(&self) {
        lock(&self.state).enrolment = Some(icu_3_ws_07());
    }

    /// Fails for a reason none of the other fakes has.
    pub fn fails(&self, cause: Option<FailClosedCause>) {
        lock(&self.state).fails = cause;
    }

    /// Takes this long.
    pub fn takes(&self, delay: Duration) {
        lock(&self.state).delay = delay;
    }

    /// How often it was asked.
    #[must_use]
    pub fn runs(&self) -> usize {
        lock(&self.state).runs
    }

    fn outcome(&self) -> Event {
        let (fails, enrolment) = {
            let state = lock(&self.state);
            (state.fails, state.enrolment.clone())
        };
        let Some(enrolment) = enrolment else {
            return Event::StartUpFailed(FailClosedCause::NotEnrolled);
        };
        if let Some(cause) = fails {
            return Event::StartUpFailed(cause);
        }
        if !self.on.keychain.works() {
            return Event::StartUpFailed(FailClosedCause::KeychainUnavailable);
        }
        self.on.keychain.forget();
        if let Some(cause) = self.on.audit_trail.refusal() {
            return Event::StartUpFailed(cause);
        }
        self.end_what_was_open(&enrolment);
        if !self.on.apps.clear() {
            return Event::StartUpFailed(FailClosedCause::AppsLeft);
        }
        match self.on.session_server.workstation_refusal() {
            Some(cause) if self.on.session_server.answers() => Event::StartUpFailed(cause),
            _ => {
                self.on.session_server.recovers();
                if self.on.idle.is_blind() {
                    Event::StartUpFailed(FailClosedCause::InactivityUnknown)
                } else {
                    Event::StartUpFinished
                }
            }
        }
    }

    fn end_what_was_open(&self, enrolment: &Enrolment) {
        for login in self.on.audit_trail.open_sessions() {
            let (Some(user), Some(session)) = (login.user, login.session_id) else { continue };
            self.on.audit_trail.put(AuditRecord::logout(
                Source::Agent,
                self.line.clock().wall(),
                enrolment.workstation.clone(),
                user,
                session,
                LogoutCause::CrashRecovered,
            ));
            self.on.session_server.end_session(SessionId(session), EndCause::CrashRecovered);
        }
    }
}

impl StartUp for FakeStartUp {
    fn start_up(&self) {
        let delay = {
            let mut state = lock(&self.state);
            state.runs += 1;
            state.delay
        };
        let start_up = self.clone();
        self.line.after(delay, move || start_up.line.tell(start_up.outcome()));
    }

    fn enrolment(&self) -> Option<Enrolment> {
        lock(&self.state).enrolment.clone()
    }
}

fn icu_3_ws_07() -> Enrolment {
    Enrolment {
        workstation: WorkstationRef { id: Uuid::from_u128(0x0705_0000), name: "WS-07".to_owned() },
        unit: "ICU-3".to_owned(),
        organisation: "St. Example Hospital".to_owned(),
        help_line: "5-1234".to_owned(),
    }
}
