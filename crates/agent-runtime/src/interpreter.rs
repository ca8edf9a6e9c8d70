//! Commands of the core become calls of the ports. Dull: nothing is decided here.

use agent_core::{
    command::{Command, FailClosedCause, OwedRecord},
    event::{Event, RecordKey},
    instant::Instant,
};
use audit::record::{Factors, What, WorkstationRef};
use jiff::{SignedDuration, Timestamp};
use tracing::debug;
use uuid::Uuid;

use crate::{
    language::Language,
    ports::{EventSink, Ports},
    records::{self, Happened},
};

/// Runs commands against the ports.
#[derive(Debug)]
pub(crate) struct Interpreter {
    ports: Ports,
    events: EventSink,
    /// What the sign-in at hand has been asked for: the login's record tells it.
    factors: Factors,
    /// Records that nothing waits for by name, and that have not been answered yet.
    others_asked: usize,
    /// Of this run of the agent.
    run: Uuid,
}

impl Interpreter {
    pub(crate) fn new(ports: Ports, events: EventSink) -> Self {
        Self { ports, events, factors: Factors::Password, others_asked: 0, run: Uuid::new_v4() }
    }

    pub(crate) const fn ports(&self) -> &Ports {
        &self.ports
    }

    /// Runs one command; what it says to people it says in `language`. Returns at once: every port answers by an event.
    pub(crate) fn run(&mut self, command: Command, language: Language) {
        debug!(command = name(&command), "Running a command");
        let ports = &self.ports;
        match command {
            Command::StartUp => ports.start_up.start_up(),
            Command::CoverScreen => ports.screen.cover(),
            Command::UncoverScreen { session } => ports.screen.uncover(session),
            Command::OpenSession { attempt, name, password } => {
                self.factors = Factors::Password;
                self.ports.session_server.open_session(attempt, name, password);
            }
            Command::OpenSessionByBadge { attempt, badge } => {
                self.factors = Factors::Badge;
                self.ports.session_server.open_session_by_badge(attempt, badge);
            }
            Command::AnswerChallenge { attempt, challenge, answer } => {
                self.factors = records::factors_with(self.factors, &answer);
                self.ports.session_server.answer_challenge(attempt, challenge, answer);
            }
            Command::IdentifyBadge { attempt, session, badge } => {
                ports.session_server.identify_badge(attempt, session, badge);
            }
            Command::EnrolBadge { session, badge } => ports.session_server.enrol_badge(session, badge),
            Command::TellConcealed { session, cause } => ports.session_server.tell_concealed(session, cause),
            Command::ReportBadgesLost { attempt, name, password } => {
                ports.session_server.report_badges_lost(attempt, name, password);
            }
            Command::ListMySessions { attempt, session } => {
                ports.session_server.list_my_sessions(attempt, session)
            }
            Command::EndElsewhere { attempt, session, which } => {
                ports.session_server.end_elsewhere(attempt, session, which)
            }
            Command::ResumeSession { attempt, session, factor, renews_grace } => {
                ports.session_server.resume_session(attempt, session, factor, renews_grace);
            }
            Command::StoreCredential { session, credential } => {
                ports.session_server.hold_credential(session, credential.clone());
                ports.keychain.store(session, credential);
            }
            Command::DeleteCredential { session } => {
                ports.session_server.forget_credential();
                ports.keychain.delete(session);
            }
            Command::AppendAudit { owed, at } => self.append(owed, at),
            Command::MeasureInactivity => ports.idle.measure(),
            Command::WatchForInput => ports.idle.watch(),
            Command::UnwatchInput => ports.idle.unwatch(),
            Command::ReportActivity { session, idle } => ports.session_server.report_activity(session, idle),
            Command::AdoptSession { session, idle, idle_longest } => {
                ports.session_server.adopt_session(session, idle, idle_longest);
            }
            Command::EndSession { session, cause } => ports.session_server.end_session(session, cause),
            Command::RunApps { session, why } => ports.apps.run(session, why),
            Command::SaveApps { session, why } => ports.apps.save(session, why),
            Command::FreezeApps { session } => ports.apps.freeze(session),
            Command::CloseApps { session, how } => ports.apps.close(session, how),
            Command::Notify(notice) => ports.notifier.show(notice, language),
            Command::WithdrawNotice => ports.notifier.withdraw(),
            Command::AllowSleep => ports.power.allow_sleep(),
        }
    }

    /// Writes down something that no state waits for, once this workstation knows who it is.
    pub(crate) fn append_other(&mut self, what: What) {
        if let Some(workstation) = self.workstation() {
            let record = records::other(self.ports.clock.wall(), workstation, what);
            self.others_asked += 1;
            self.ports.audit_trail.append(RecordKey::Other, record);
        }
    }

    /// Takes note of the answer to such a record.
    pub(crate) fn note_answer(&mut self, event: &Event) {
        if let Event::AuditStored(RecordKey::Other) | Event::AuditFailed(RecordKey::Other, _) = event {
            self.others_asked = self.others_asked.saturating_sub(1);
        }
    }

    /// Whether such a record is still on its way.
    pub(crate) const fn awaits_others(&self) -> bool {
        self.others_asked > 0
    }

    /// A record names its workstation; before enrolment there is none to name, and no session either.
    fn append(&mut self, owed: OwedRecord, at: Instant) {
        let key = owed.key();
        if key == RecordKey::Other {
            self.others_asked += 1;
        }
        let Some(workstation) = self.workstation() else {
            debug!("A record is owed by a workstation that nobody has enrolled");
            return self.events.send(Event::AuditFailed(key, FailClosedCause::NotEnrolled));
        };
        let record = records::record(owed, self.happened(at), workstation, self.factors);
        self.ports.audit_trail.append(key, record);
    }

    /// What happened `at`, as the wall clock tells it today.
    fn happened(&self, at: Instant) -> Happened {
        let clock = &self.ports.clock;
        let ago = SignedDuration::try_from(clock.now().since(at)).unwrap_or(SignedDuration::MAX);
        // A clock that has not been set since boot may be younger than what happened.
        let wall = clock.wall().checked_sub(ago).unwrap_or(Timestamp::MIN).max(Timestamp::UNIX_EPOCH);
        Happened { run: self.run, at, wall }
    }

    fn workstation(&self) -> Option<WorkstationRef> {
        self.ports.start_up.enrolment().map(|enrolment| enrolment.workstation)
    }
}

/// A command's name, for the log: what it carries is nobody's business there.
const fn name(command: &Command) -> &'static str {
    match command {
        Command::StartUp => "StartUp",
        Command::CoverScreen => "CoverScreen",
        Command::UncoverScreen { .. } => "UncoverScreen",
        Command::OpenSession { .. } => "OpenSession",
        Command::OpenSessionByBadge { .. } => "OpenSessionByBadge",
        Command::AnswerChallenge { .. } => "AnswerChallenge",
        Command::IdentifyBadge { .. } => "IdentifyBadge",
        Command::EnrolBadge { .. } => "EnrolBadge",
        Command::TellConcealed { .. } => "TellConcealed",
        Command::ReportBadgesLost { .. } => "ReportBadgesLost",
        Command::ListMySessions { .. } => "ListMySessions",
        Command::EndElsewhere { .. } => "EndElsewhere",
        Command::ResumeSession { .. } => "ResumeSession",
        Command::StoreCredential { .. } => "StoreCredential",
        Command::DeleteCredential { .. } => "DeleteCredential",
        Command::AppendAudit { .. } => "AppendAudit",
        Command::MeasureInactivity => "MeasureInactivity",
        Command::WatchForInput => "WatchForInput",
        Command::UnwatchInput => "UnwatchInput",
        Command::ReportActivity { .. } => "ReportActivity",
        Command::AdoptSession { .. } => "AdoptSession",
        Command::EndSession { .. } => "EndSession",
        Command::RunApps { .. } => "RunApps",
        Command::SaveApps { .. } => "SaveApps",
        Command::FreezeApps { .. } => "FreezeApps",
        Command::CloseApps { .. } => "CloseApps",
        Command::Notify(_) => "Notify",
        Command::WithdrawNotice => "WithdrawNotice",
        Command::AllowSleep => "AllowSleep",
    }
}
