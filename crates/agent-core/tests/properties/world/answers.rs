//! What each port answers, and what that leaves behind.

use std::time::Duration;

use agent_core::{
    apps::{AppId, AppOutcome, RunReason},
    command::{Command, FailClosedCause, OwedRecord, ResumeMethod},
    event::{ContactFault, Event, Refusal, Whose},
    ids::UserId,
    my_sessions::SessionElsewhere,
    secret::Secret,
};
use uuid::Uuid;

use super::{AppsRun, Asked, BY_NAME, ELSEWHERE, Port, World, server::owner};

impl World {
    pub(super) fn result(&mut self, port: Port, command: Command) -> Option<Event> {
        let is_broken = self.broken.contains(&port);
        Some(match command {
            Command::StartUp if is_broken => Event::StartUpFailed(FailClosedCause::ConfigInvalid),
            Command::StartUp => match self.refused {
                Some(cause) => Event::StartUpFailed(cause),
                None => {
                    self.keychain = None;
                    self.apps = None;
                    Event::StartUpFinished
                }
            },
            Command::CoverScreen | Command::UncoverScreen { .. } if is_broken => Event::ScreenFailed,
            Command::CoverScreen => {
                self.screen = None;
                Event::ScreenCovered { input_held: true }
            }
            Command::UncoverScreen { session } => {
                self.screen = Some(session);
                Event::ScreenUncovered { session }
            }
            Command::OpenSession { attempt, .. }
            | Command::OpenSessionByBadge { attempt, .. }
            | Command::ResumeSession { attempt, .. }
            | Command::ReportBadgesLost { attempt, .. }
            | Command::AnswerChallenge { attempt, .. }
                if is_broken =>
            {
                Event::SignInUnanswered { attempt, fault: ContactFault::Unreachable }
            }
            Command::OpenSession { attempt, .. } | Command::OpenSessionByBadge { attempt, .. }
                if self.refused.is_some() =>
            {
                Event::SignInRefused { attempt, refusal: Refusal::Disabled }
            }
            Command::OpenSession { attempt, .. } => self.sign_in(attempt, UserId(Uuid::from_u128(BY_NAME))),
            Command::OpenSessionByBadge { attempt, badge } => match owner(&badge) {
                Ok(user) => self.sign_in(attempt, user),
                Err(refusal) => Event::SignInRefused { attempt, refusal },
            },
            Command::ResumeSession { attempt, session, factor, renews_grace } => {
                self.resume(attempt, session, &factor, renews_grace)
            }
            Command::ReportBadgesLost { attempt, .. } => self.challenge(attempt, Asked::Loss),
            Command::AnswerChallenge { attempt, challenge, .. } => match self.asked[&challenge] {
                Asked::SignIn(user) => self.open(attempt, user),
                Asked::Resume(session) => self.resumed(attempt, session, ResumeMethod::PasswordTotp),
                Asked::Loss => Event::BadgesRevoked { attempt, count: 2 },
            },
            Command::ListMySessions { attempt, session } | Command::EndElsewhere { attempt, session, .. } => {
                let row = SessionElsewhere {
                    session: ELSEWHERE,
                    workstation: "WS-08".to_owned(),
                    unit: "ICU-3".to_owned(),
                    opened_ago: Duration::from_secs(60),
                    is_covered: true,
                };
                Event::MySessionsTold { attempt, session, elsewhere: (!is_broken).then(|| vec![row]) }
            }
            Command::IdentifyBadge { attempt, .. } if is_broken => {
                Event::BadgeIdentified { attempt, whose: None }
            }
            Command::IdentifyBadge { attempt, session, badge } => {
                let whose = match owner(&badge) {
                    Ok(user) if user == self.sessions[&session].user => Whose::Holder,
                    Ok(_) => Whose::Other,
                    Err(Refusal::BadgeUnknown) => Whose::Unknown,
                    Err(_) => Whose::Refused,
                };
                Event::BadgeIdentified { attempt, whose: Some(whose) }
            }
            Command::EnrolBadge { session, badge } => Event::BadgeEnrolled { session, badge: badge.mark },
            Command::TellConcealed { .. } => return None,
            Command::ReportActivity { session, .. } | Command::AdoptSession { session, .. } => {
                let known = self.sessions[&session].clone();
                match (known.ended, is_broken) {
                    (_, true) => Event::ServerAway(ContactFault::Slow),
                    (Some(cause), false) => Event::SessionEndedByServer { session, cause },
                    (None, false) if matches!(command, Command::AdoptSession { .. }) => {
                        self.sessions.get_mut(&session).unwrap().is_lapsed = false;
                        // More than is left: the agent must not believe it.
                        let credential = Secret::new("fresh credential".to_owned());
                        Event::SessionAdopted { session, credential, limits: self.limits() }
                    }
                    (None, false) if known.is_lapsed => Event::SessionLapsed { session },
                    (None, false) => Event::ActivityAccepted { session },
                }
            }
            // A broken outbox is mute.
            Command::EndSession { .. } if is_broken => return None,
            Command::EndSession { session, cause } => {
                self.end_at_server(session, cause);
                Event::SessionEndTold { session }
            }
            Command::StoreCredential { session, .. } | Command::DeleteCredential { session } if is_broken => {
                Event::KeychainFailed { session }
            }
            Command::StoreCredential { session, .. } => {
                self.keychain = Some(session);
                Event::CredentialStored { session }
            }
            Command::DeleteCredential { session } => {
                if self.keychain == Some(session) {
                    self.keychain = None;
                }
                Event::CredentialDeleted { session }
            }
            Command::AppendAudit { owed: record, .. } if is_broken => {
                Event::AuditFailed(record.key(), FailClosedCause::SpoolUnavailable)
            }
            Command::AppendAudit { owed: record, .. } => self.store(record),
            Command::MeasureInactivity if is_broken => Event::InactivityUnknown,
            Command::MeasureInactivity => Event::InputSeen { at: self.last_input },
            Command::RunApps { session, why: RunReason::Anew } if is_broken => Event::AppsLeft { session },
            Command::RunApps { session, why: RunReason::Anew } => {
                self.apps = Some((session, AppsRun::Running));
                Event::AppsGone { session }
            }
            Command::RunApps { session, why } => {
                if why == RunReason::LeftAlone && self.apps.is_none() {
                    return None;
                }
                if is_broken {
                    return Some(Event::AppTold { session, app: records(), outcome: AppOutcome::NotStarted });
                }
                self.apps = Some((session, AppsRun::Running));
                return None;
            }
            Command::SaveApps { session, why } => {
                Event::AppTold { session, app: records(), outcome: AppOutcome::Saved(why) }
            }
            Command::FreezeApps { session } if is_broken => Event::AppsNotFrozen { session },
            Command::FreezeApps { session } => {
                self.apps = self.apps.take().map(|_| (session, AppsRun::Frozen));
                return None;
            }
            Command::CloseApps { session, how: _ } if is_broken => Event::AppsLeft { session },
            Command::CloseApps { session, how: _ } => {
                self.apps = None;
                Event::AppsGone { session }
            }
            Command::WatchForInput
            | Command::UnwatchInput
            | Command::Notify(_)
            | Command::WithdrawNotice
            | Command::AllowSleep => return None,
        })
    }

    fn store(&mut self, record: OwedRecord) -> Event {
        let key = record.key();
        match record {
            OwedRecord::Login { session, .. } => *self.logins.entry(session).or_default() += 1,
            OwedRecord::Logout { session, cause, .. } => {
                assert!(self.logins.contains_key(&session), "4: a logout without its login");
                self.logouts.entry(session).or_default().insert(cause);
            }
            OwedRecord::Resumed { session, .. } => *self.resumes.entry(session).or_default() += 1,
            OwedRecord::FailedClosed(cause) => self.failures_on_record.push(cause),
            OwedRecord::Concealed { .. } | OwedRecord::App { .. } | OwedRecord::ClockJumped => {}
        }
        Event::AuditStored(key)
    }
}

/// The one app there is.
fn records() -> AppId {
    AppId("records".to_owned())
}
