//! What the core owes the record, as `audit` writes it down.

use agent_core::{
    apps::{AppOutcome, SaveReason},
    command::{Answer, ConcealCause, EndCause, FailClosedCause, OwedRecord, ResumeMethod},
    ids::User,
    instant::Instant,
};
use audit::{
    codes::{self, LogoutCause},
    record::{Alert, AuditRecord, Factors, Source, UserRef, What, WorkstationRef},
    stepping_away,
};
use jiff::Timestamp;
use uuid::Uuid;

/// When something happened that is owed a record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Happened {
    /// The run of the agent that `at` is told in.
    pub(crate) run: Uuid,
    /// As the core knows it: the same each time it asks for the record.
    pub(crate) at: Instant,
    /// On the wall clock.
    pub(crate) wall: Timestamp,
}

impl Happened {
    /// The id of a record that no session gives one: asked for again it is the same, so that it stands there once.
    fn id(&self, what: &str) -> Uuid {
        let name = format!("{what} {}", self.at.since_boot().as_nanos());
        // As unguessable as the run's own, and in the form of an id that follows from no session.
        uuid::Builder::from_random_bytes(Uuid::new_v5(&self.run, name.as_bytes()).into_bytes()).into_uuid()
    }
}

/// The record.
pub(crate) fn record(
    owed: OwedRecord,
    happened: Happened,
    workstation: WorkstationRef,
    factors: Factors,
) -> AuditRecord {
    let at = happened.wall;
    match owed {
        OwedRecord::Login { session, user } => {
            AuditRecord::login(Source::Agent, at, workstation, user_ref(user), session.0, factors)
        }
        OwedRecord::Logout { session, user, cause } => AuditRecord::logout(
            Source::Agent,
            at,
            workstation,
            user_ref(user),
            session.0,
            logout_cause(cause),
        ),
        OwedRecord::Concealed { session, user, cause } => {
            let cause = conceal_cause(cause);
            let id = happened.id(cause.code().code);
            let what = What::Concealed { cause };
            AuditRecord::within(id, at, workstation, user_ref(user), session.0, what)
        }
        OwedRecord::Resumed { session, user, method } => {
            let method = resume_method(method);
            let id = happened.id(method.code().code);
            let what = What::Resumed { method };
            AuditRecord::within(id, at, workstation, user_ref(user), session.0, what)
        }
        OwedRecord::App { session, user, app, outcome } => {
            let outcome = app_outcome(outcome);
            // Several can be told of in one instant.
            let id = happened.id(&format!("{} {}", app.0, outcome.code().code));
            let what = What::App { app: app.0, outcome };
            AuditRecord::within(id, at, workstation, user_ref(user), session.0, what)
        }
        OwedRecord::FailedClosed(cause) => {
            let cause = fail_closed_cause(cause).code().code;
            let what = What::FailedClosed { cause: cause.to_owned() };
            AuditRecord::other(happened.id(cause), Source::Agent, at, Some(workstation), None, what)
        }
        OwedRecord::ClockJumped => {
            let what = What::SecurityAlert { alert: Alert::ClockJumped };
            AuditRecord::other(happened.id("clock-jumped"), Source::Agent, at, Some(workstation), None, what)
        }
    }
}

/// A record that is no login and no logout.
pub(crate) fn other(at: Timestamp, workstation: WorkstationRef, what: What) -> AuditRecord {
    AuditRecord::other(Uuid::new_v4(), Source::Agent, at, Some(workstation), None, what)
}

/// What a person has shown once she has given `answer`, too.
pub(crate) const fn factors_with(before: Factors, answer: &Answer) -> Factors {
    match (before, answer) {
        (Factors::Badge, Answer::Pin(_)) => Factors::BadgePin,
        (Factors::Badge, Answer::Password(_)) => Factors::BadgePassword,
        (Factors::Badge, Answer::Totp(_)) => Factors::BadgeTotp,
        (Factors::BadgePassword, Answer::Totp(_)) => Factors::BadgePasswordTotp,
        (Factors::Password, Answer::Totp(_)) => Factors::PasswordTotp,
        // Asked again, or more than is told apart.
        (shown, Answer::Pin(_) | Answer::Password(_) | Answer::Totp(_)) => shown,
    }
}

fn user_ref(user: User) -> UserRef {
    UserRef { id: user.id.0, display_name: user.display_name }
}

const fn logout_cause(cause: EndCause) -> LogoutCause {
    match cause {
        EndCause::UserButton => LogoutCause::UserButton,
        EndCause::UserTap => LogoutCause::UserTap,
        EndCause::Inactivity => LogoutCause::Inactivity,
        EndCause::AbsoluteLimit => LogoutCause::AbsoluteLimit,
        EndCause::TapOver => LogoutCause::TapOver,
        EndCause::Moved => LogoutCause::Moved,
        EndCause::UserElsewhere => LogoutCause::UserElsewhere,
        EndCause::Admin => LogoutCause::Admin,
        EndCause::Disabled => LogoutCause::Disabled,
        EndCause::CredentialChanged => LogoutCause::CredentialChanged,
        EndCause::Policy => LogoutCause::Policy,
        EndCause::Suspend => LogoutCause::Suspend,
        EndCause::Shutdown => LogoutCause::Shutdown,
        EndCause::CrashRecovered => LogoutCause::CrashRecovered,
        EndCause::ContactLost => LogoutCause::ContactLost,
        EndCause::WorkstationRevoked => LogoutCause::WorkstationRevoked,
        EndCause::FailClosed => LogoutCause::FailClosed,
        EndCause::Update => LogoutCause::Update,
        EndCause::OfflineExpired => LogoutCause::OfflineExpired,
    }
}

const fn conceal_cause(cause: ConcealCause) -> stepping_away::ConcealCause {
    match cause {
        ConcealCause::UserTap => stepping_away::ConcealCause::UserTap,
        ConcealCause::UserButton => stepping_away::ConcealCause::UserButton,
        ConcealCause::Inactivity => stepping_away::ConcealCause::Inactivity,
        ConcealCause::Elsewhere => stepping_away::ConcealCause::Elsewhere,
        ConcealCause::OtherBadge => stepping_away::ConcealCause::OtherBadge,
        ConcealCause::Suspend => stepping_away::ConcealCause::Suspend,
    }
}

const fn app_outcome(outcome: AppOutcome) -> audit::apps::AppOutcome {
    use audit::apps::AppOutcome as Recorded;
    match outcome {
        AppOutcome::NotStarted => Recorded::NotStarted,
        AppOutcome::Saved(SaveReason::Concealed) => Recorded::SavedAtConceal,
        AppOutcome::Saved(SaveReason::Warned) => Recorded::SavedAtWarning,
        AppOutcome::Saved(SaveReason::SigningOut) => Recorded::SavedAtSignOut,
        AppOutcome::SaveRefused(SaveReason::Concealed) => Recorded::SaveRefusedAtConceal,
        AppOutcome::SaveRefused(SaveReason::Warned) => Recorded::SaveRefusedAtWarning,
        AppOutcome::SaveRefused(SaveReason::SigningOut) => Recorded::SaveRefusedAtSignOut,
        AppOutcome::SaveUnanswered(SaveReason::Concealed) => Recorded::SaveUnansweredAtConceal,
        AppOutcome::SaveUnanswered(SaveReason::Warned) => Recorded::SaveUnansweredAtWarning,
        AppOutcome::SaveUnanswered(SaveReason::SigningOut) => Recorded::SaveUnansweredAtSignOut,
        AppOutcome::Closed => Recorded::Closed,
        AppOutcome::Killed => Recorded::Killed,
        AppOutcome::Lost => Recorded::Lost,
    }
}

const fn resume_method(method: ResumeMethod) -> stepping_away::ResumeMethod {
    match method {
        ResumeMethod::Badge => stepping_away::ResumeMethod::Badge,
        ResumeMethod::BadgePin => stepping_away::ResumeMethod::BadgePin,
        ResumeMethod::BadgePassword => stepping_away::ResumeMethod::BadgePassword,
        ResumeMethod::BadgePasswordTotp => stepping_away::ResumeMethod::BadgePasswordTotp,
        ResumeMethod::Password => stepping_away::ResumeMethod::Password,
        ResumeMethod::PasswordTotp => stepping_away::ResumeMethod::PasswordTotp,
    }
}

const fn fail_closed_cause(cause: FailClosedCause) -> codes::FailClosedCause {
    match cause {
        FailClosedCause::NotEnrolled => codes::FailClosedCause::NotEnrolled,
        FailClosedCause::WorkstationUnknown => codes::FailClosedCause::WorkstationUnknown,
        FailClosedCause::WorkstationRevoked => codes::FailClosedCause::WorkstationRevoked,
        FailClosedCause::WorkstationCloned => codes::FailClosedCause::WorkstationCloned,
        FailClosedCause::KeychainUnavailable => codes::FailClosedCause::KeychainUnavailable,
        FailClosedCause::SpoolUnavailable => codes::FailClosedCause::SpoolUnavailable,
        FailClosedCause::SpoolFull => codes::FailClosedCause::SpoolFull,
        FailClosedCause::CoverUnconfirmed => codes::FailClosedCause::CoverUnconfirmed,
        FailClosedCause::InactivityUnknown => codes::FailClosedCause::InactivityUnknown,
        FailClosedCause::AppsLeft => codes::FailClosedCause::AppsLeft,
        FailClosedCause::ConfigInvalid => codes::FailClosedCause::ConfigInvalid,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use agent_core::{
        apps::AppId,
        event::RecordKey,
        ids::{SessionId, UserId},
    };

    use super::*;

    #[test]
    fn every_record_the_core_can_owe_may_be_stored() {
        for owed in every_owed_record() {
            let key = owed.key();
            let record = record(owed, happened(1_795_244_520), ws_07(), Factors::PasswordTotp);

            record.check().unwrap();
            match key {
                RecordKey::Login(session) => assert_eq!(record.id, AuditRecord::login_id(session.0)),
                RecordKey::Logout(session) => assert_eq!(record.id, AuditRecord::logout_id(session.0)),
                RecordKey::Resumed(session) => assert_eq!(record.session_id, Some(session.0)),
                RecordKey::FailedClosed => assert_eq!(record.session_id, None),
                RecordKey::Other => {}
            }
        }
    }

    #[test]
    fn every_cause_is_written_as_the_code_it_is() {
        for cause in every_cause() {
            let owed = OwedRecord::Logout { session: SessionId(Uuid::from_u128(1)), user: maria(), cause };
            let record = record(owed, happened(0), ws_07(), Factors::Password);

            let What::Logout { cause: written } = record.what else { panic!("{:?}", record.what) };
            assert_eq!(written, in_kebab_case(&format!("{cause:?}")));
        }
    }

    #[test]
    fn every_outcome_of_an_app_is_written_as_another_code_and_each_record_has_its_own_id() {
        let records = every_app_outcome().map(|outcome| {
            let owed = OwedRecord::App {
                session: SessionId(Uuid::from_u128(1)),
                user: maria(),
                app: AppId("records".to_owned()),
                outcome,
            };
            record(owed, happened(0), ws_07(), Factors::Password)
        });

        let ids: std::collections::BTreeSet<_> = records.iter().map(|record| record.id).collect();
        assert_eq!(ids.len(), records.len());
        let written = records.map(|record| {
            let What::App { outcome, .. } = record.what else { panic!("{:?}", record.what) };
            outcome
        });
        for outcome in audit::apps::AppOutcome::ALL {
            assert_eq!(written.iter().filter(|written| **written == outcome).count(), 1, "{outcome:?}");
        }
    }

    #[test]
    fn every_failed_safeguard_is_written_as_the_code_it_is() {
        for cause in every_fail_closed_cause() {
            let owed = OwedRecord::FailedClosed(cause);
            let record = record(owed, happened(0), ws_07(), Factors::Password);

            let What::FailedClosed { cause: written } = record.what else { panic!("{:?}", record.what) };
            assert_eq!(written, in_kebab_case(&format!("{cause:?}")));
        }
    }

    #[test]
    fn the_document_says_which_code_on_screen_stands_for_which_on_record() {
        const DOCUMENT: &str = include_str!("../../../docs/AUDIT-EVENTS.md");
        for cause in every_fail_closed_cause() {
            let on_record = in_kebab_case(&format!("{cause:?}"));
            let on_screen = serde_json::to_value(crate::view::derive::code(cause)).unwrap();
            let on_screen = on_screen.as_str().unwrap();

            let is_row = |line: &&str| {
                line.starts_with(&format!("| `{on_record}` |"))
                    && line.ends_with(&format!("| `{on_screen}` |"))
            };
            assert_eq!(DOCUMENT.lines().filter(is_row).count(), 1, "{on_record}, {on_screen}");
        }
    }

    fn in_kebab_case(name: &str) -> String {
        let dash = |at: usize, c: char| (at > 0 && c.is_uppercase()).then_some('-');
        name.char_indices()
            .flat_map(|(at, c)| dash(at, c).into_iter().chain([c.to_ascii_lowercase()]))
            .collect()
    }

    #[test]
    fn what_the_agent_says_of_itself_may_be_stored() {
        for what in [
            What::ApplicationStarted,
            What::ApplicationStopped,
            What::SecurityAlert { alert: Alert::SafeguardWeakened },
            What::SecurityAlert { alert: Alert::PolicyRefused },
        ] {
            other(Timestamp::UNIX_EPOCH, ws_07(), what).check().unwrap();
        }
    }

    #[test]
    fn two_records_of_the_same_kind_have_two_ids() {
        let one = other(Timestamp::UNIX_EPOCH, ws_07(), What::ApplicationStarted);
        let two = other(Timestamp::UNIX_EPOCH, ws_07(), What::ApplicationStarted);
        assert_ne!(one.id, two.id);
    }

    #[test]
    fn a_record_asked_for_again_is_the_same_and_another_time_it_is_another() {
        let id = |happened| {
            let owed = OwedRecord::FailedClosed(FailClosedCause::SpoolFull);
            record(owed, happened, ws_07(), Factors::Password).id
        };
        let first = happened(1_795_244_520);
        // The wall clock was set meanwhile.
        assert_eq!(id(first), id(Happened { wall: Timestamp::UNIX_EPOCH, ..first }));
        assert_ne!(id(first), id(Happened { at: first.at + Duration::from_nanos(1), ..first }));
        assert_ne!(id(first), id(Happened { run: Uuid::from_u128(2), ..first }), "after a restart");
    }

    fn happened(wall_s: i64) -> Happened {
        let at = Instant::from_boot(Duration::from_secs(60));
        Happened { run: Uuid::from_u128(1), at, wall: Timestamp::from_second(wall_s).unwrap() }
    }

    fn every_owed_record() -> Vec<OwedRecord> {
        let session = SessionId(Uuid::from_u128(1));
        let logout = |cause| OwedRecord::Logout { session, user: maria(), cause };
        let mut all: Vec<_> = every_cause().map(logout).into();
        all.push(OwedRecord::Login { session, user: maria() });
        all.extend(every_fail_closed_cause().map(OwedRecord::FailedClosed));
        all.push(OwedRecord::ClockJumped);
        all.extend(
            [
                ConcealCause::UserTap,
                ConcealCause::UserButton,
                ConcealCause::Inactivity,
                ConcealCause::Elsewhere,
                ConcealCause::OtherBadge,
                ConcealCause::Suspend,
            ]
            .map(|cause| OwedRecord::Concealed { session, user: maria(), cause }),
        );
        all.extend(
            [
                ResumeMethod::Badge,
                ResumeMethod::BadgePin,
                ResumeMethod::BadgePassword,
                ResumeMethod::BadgePasswordTotp,
                ResumeMethod::Password,
                ResumeMethod::PasswordTotp,
            ]
            .map(|method| OwedRecord::Resumed { session, user: maria(), method }),
        );
        all.extend(every_app_outcome().map(|outcome| OwedRecord::App {
            session,
            user: maria(),
            app: AppId("records".to_owned()),
            outcome,
        }));
        all
    }

    fn every_app_outcome() -> [AppOutcome; 13] {
        let at =
            |why| [AppOutcome::Saved(why), AppOutcome::SaveRefused(why), AppOutcome::SaveUnanswered(why)];
        let [saved, refused, unanswered] = at(SaveReason::Concealed);
        let [saved_warned, refused_warned, unanswered_warned] = at(SaveReason::Warned);
        let [saved_last, refused_last, unanswered_last] = at(SaveReason::SigningOut);
        [
            AppOutcome::NotStarted,
            saved,
            refused,
            unanswered,
            saved_warned,
            refused_warned,
            unanswered_warned,
            saved_last,
            refused_last,
            unanswered_last,
            AppOutcome::Closed,
            AppOutcome::Killed,
            AppOutcome::Lost,
        ]
    }

    fn every_fail_closed_cause() -> [FailClosedCause; 11] {
        [
            FailClosedCause::NotEnrolled,
            FailClosedCause::WorkstationUnknown,
            FailClosedCause::WorkstationRevoked,
            FailClosedCause::WorkstationCloned,
            FailClosedCause::KeychainUnavailable,
            FailClosedCause::SpoolUnavailable,
            FailClosedCause::SpoolFull,
            FailClosedCause::CoverUnconfirmed,
            FailClosedCause::InactivityUnknown,
            FailClosedCause::AppsLeft,
            FailClosedCause::ConfigInvalid,
        ]
    }

    fn every_cause() -> [EndCause; 19] {
        [
            EndCause::UserButton,
            EndCause::UserTap,
            EndCause::Inactivity,
            EndCause::AbsoluteLimit,
            EndCause::TapOver,
            EndCause::Moved,
            EndCause::UserElsewhere,
            EndCause::Admin,
            EndCause::Disabled,
            EndCause::CredentialChanged,
            EndCause::Policy,
            EndCause::Suspend,
            EndCause::Shutdown,
            EndCause::CrashRecovered,
            EndCause::ContactLost,
            EndCause::WorkstationRevoked,
            EndCause::FailClosed,
            EndCause::Update,
            EndCause::OfflineExpired,
        ]
    }

    fn maria() -> User {
        User { id: UserId(Uuid::from_u128(2)), display_name: "Maria O.".to_owned(), role: None }
    }

    fn ws_07() -> WorkstationRef {
        WorkstationRef { id: Uuid::from_u128(7), name: "WS-07".to_owned() }
    }
}
