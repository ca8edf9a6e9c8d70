//! Covering, and finding out whether anybody may sign in.
//!
//! Left for `SignedOut` when the cover is confirmed and start-up is done, for `FailClosed` when either
//! fails. Start-up that is merely slow is waited for.

use crate::{
    command::{Command, FailClosedCause},
    ending,
    event::Event,
    instant::Instant,
    state::{FailClosed, SignedOut, StartUpDebt, Starting},
    step::Step,
    time_limits::{COVER_LIMIT_AT_START, START_UP_LIMIT},
    trail,
};

impl Starting {
    pub(crate) fn begin(now: Instant) -> Step {
        let starting = Self {
            since: now,
            is_covered: false,
            is_started_up: false,
            start_up_asked_at: now,
            is_sleep_awaited: false,
        };
        Step::to(starting, vec![Command::CoverScreen, Command::StartUp])
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        let cover = (!self.is_covered).then(|| self.since + COVER_LIMIT_AT_START);
        let start_up = (!self.is_started_up).then(|| self.start_up_asked_at + START_UP_LIMIT);
        cover.into_iter().chain(start_up).min()
    }

    pub(crate) fn on_event(mut self, event: Event, now: Instant) -> Step {
        match event {
            Event::DeadlineReached => self.due(now),

            Event::StartUpFinished => {
                self.is_started_up = true;
                self.proceed(Vec::new())
            }
            Event::StartUpFailed(cause) | Event::WorkstationRefused(cause) => self.fail(cause, now),

            Event::ScreenCovered { input_held: _ } => {
                self.is_covered = true;
                let sleep = self.is_sleep_awaited.then_some(Command::AllowSleep);
                self.is_sleep_awaited = false;
                self.proceed(sleep.into_iter().collect())
            }
            Event::ScreenUncovered { session: _ } => {
                // An agent before this one may have asked for it.
                self.is_covered = false;
                self.since = now;
                Step::to(self, vec![Command::CoverScreen])
            }
            Event::ScreenFailed => {
                self.is_covered = false;
                self.fail(FailClosedCause::CoverUnconfirmed, now)
            }

            // Nobody waits for a sign-in that this agent did not ask for.
            Event::SessionOpened { session, .. } => Step::to(self, vec![ending::end_stray(session)]),

            Event::GoingToSleep | Event::ShuttingDown if self.is_covered => {
                Step::to(self, vec![Command::AllowSleep])
            }
            Event::GoingToSleep | Event::ShuttingDown => {
                self.is_sleep_awaited = true;
                Step::stay(self)
            }
            Event::WokeUp => {
                // What was asked before the sleep gets its time anew.
                self.is_sleep_awaited = false;
                self.since = now;
                self.start_up_asked_at = now;
                Step::stay(self)
            }
            Event::WallClockJumped => Step::to(self, vec![trail::clock_jumped(now)]),
            // The loop makes taps of these; none comes here.
            Event::ReaderTold(_) => Step::stay(self),

            // The screen offers nothing yet; what was typed is wiped with the event.
            Event::SignInSubmitted { .. }
            | Event::CodeSubmitted { .. }
            | Event::PasswordSubmitted { .. }
            | Event::PinSubmitted { .. }
            | Event::LossReported { .. }
            | Event::Approached
            | Event::SignInCancelled
            | Event::SignOutPressed
            | Event::StayPressed
            | Event::ConcealPressed
            | Event::RenewPressed
            | Event::MySessionsPressed { .. } => Step::stay(self),
            // The screen says why nobody signs in; a badge changes nothing about that.
            Event::BadgeTapped { .. } | Event::BadgeNotRead(_) => Step::stay(self),
            // There is no session that input could prolong.
            Event::InputSeen { at: _ } | Event::InactivityUnknown => Step::stay(self),
            // Nothing was asked of the server by this agent, and start-up itself asks whether it answers.
            Event::ChallengeIssued { .. }
            | Event::SignInRefused { .. }
            | Event::SignInUnanswered { .. }
            | Event::ActivityAccepted { session: _ }
            | Event::SessionLapsed { session: _ }
            | Event::SessionAdopted { .. }
            | Event::SessionResumed { .. }
            | Event::GraceTold { .. }
            | Event::BadgeIdentified { .. }
            | Event::BadgeEnrolled { .. }
            | Event::BadgeNotEnrolled { .. }
            | Event::BadgesRevoked { .. }
            | Event::MySessionsTold { .. }
            | Event::CoveredElsewhere { session: _ }
            | Event::SessionEndedByServer { .. }
            | Event::SessionEndTold { session: _ }
            | Event::ServerReached
            | Event::ServerAway(_) => Step::stay(self),
            // Start-up itself clears away what is left of any.
            Event::AppTold { .. }
            | Event::AppsClosing { .. }
            | Event::AppsGone { session: _ }
            | Event::AppsLeft { session: _ }
            | Event::AppsNotFrozen { session: _ }
            | Event::AppsNotThawed { session: _ } => Step::stay(self),
            // Start-up itself empties the keychain and opens the spool; it tells if it cannot.
            Event::CredentialStored { session: _ }
            | Event::CredentialDeleted { session: _ }
            | Event::KeychainFailed { session: _ }
            | Event::AuditStored(_)
            | Event::AuditFailed(..) => Step::stay(self),
        }
    }

    fn due(mut self, now: Instant) -> Step {
        if !self.is_covered && now >= self.since + COVER_LIMIT_AT_START {
            return self.fail(FailClosedCause::CoverUnconfirmed, now);
        }
        if !self.is_started_up && now >= self.start_up_asked_at + START_UP_LIMIT {
            self.start_up_asked_at = now;
            return Step::to(self, vec![Command::StartUp]);
        }
        Step::stay(self)
    }

    fn proceed(self, commands: Vec<Command>) -> Step {
        if self.is_covered && self.is_started_up {
            return Step::to(SignedOut::default(), commands);
        }
        Step::to(self, commands)
    }

    fn fail(self, cause: FailClosedCause, now: Instant) -> Step {
        // A start-up that is still at work may yet succeed, unless it is what failed.
        let start_up = match cause {
            FailClosedCause::CoverUnconfirmed if self.is_started_up => StartUpDebt::Settled,
            FailClosedCause::CoverUnconfirmed => StartUpDebt::Asked { at: self.start_up_asked_at },
            FailClosedCause::NotEnrolled
            | FailClosedCause::WorkstationUnknown
            | FailClosedCause::WorkstationRevoked
            | FailClosedCause::WorkstationCloned
            | FailClosedCause::KeychainUnavailable
            | FailClosedCause::SpoolUnavailable
            | FailClosedCause::SpoolFull
            | FailClosedCause::InactivityUnknown
            | FailClosedCause::AppsLeft
            | FailClosedCause::ConfigInvalid => StartUpDebt::Owed,
        };
        FailClosed::because(cause, now)
            .owing_cover(!self.is_covered)
            .owing_start_up(start_up)
            .awaited_by_sleep(self.is_sleep_awaited)
            .enter()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::{
        event::ContactFault,
        states::ward::{ATTEMPT, SESSION, at, check, check_ignored, secret, session_opened},
    };

    #[test]
    fn the_agent_covers_before_it_looks_around() {
        let step = Starting::begin(at(0));

        assert_eq!(step.commands, [Command::CoverScreen, Command::StartUp]);
    }

    #[test]
    fn sign_in_is_offered_when_the_screen_is_covered_and_start_up_is_done_in_either_order() {
        check(
            starting(),
            Event::StartUpFinished,
            10,
            expect!["→ Starting, covered: false, started up: true"],
        );
        check(
            starting(),
            Event::ScreenCovered { input_held: true },
            10,
            expect!["→ Starting, covered: true, started up: false"],
        );
        check(covered(), Event::StartUpFinished, 10, expect!["→ SignedOut"]);
        check(
            Starting { is_started_up: true, ..starting() },
            Event::ScreenCovered { input_held: false },
            10,
            expect!["→ SignedOut"],
        );
    }

    #[test]
    fn a_workstation_that_nobody_enrolled_fails_closed_and_looks_again() {
        check(
            covered(),
            Event::StartUpFailed(FailClosedCause::NotEnrolled),
            10,
            expect![[r#"
                → FailClosed(NotEnrolled), owes, start-up Owed, CauseRecords { asked: Some(NotEnrolled at 10ms), owed: [], stored: [] }, retry at 1.01s
                AppendAudit(FailedClosed(NotEnrolled))"#]],
        );
        check(
            starting(),
            Event::WorkstationRefused(FailClosedCause::WorkstationRevoked),
            10,
            expect![[r#"
                → FailClosed(WorkstationRevoked), owes cover, start-up Owed, CauseRecords { asked: Some(WorkstationRevoked at 10ms), owed: [], stored: [] }, retry at 1.01s
                CoverScreen
                AppendAudit(FailedClosed(WorkstationRevoked))"#]],
        );
    }

    #[test]
    fn a_cover_that_is_not_confirmed_in_time_fails_closed() {
        check(
            starting(),
            Event::DeadlineReached,
            4_999,
            expect!["→ Starting, covered: false, started up: false"],
        );
        check(
            starting(),
            Event::DeadlineReached,
            5_000,
            expect![[r#"
                → FailClosed(CoverUnconfirmed), owes cover, start-up Asked { at: Instant(0ns) }, CauseRecords { asked: Some(CoverUnconfirmed at 5s), owed: [], stored: [] }, retry at 6s
                CoverScreen
                AppendAudit(FailedClosed(CoverUnconfirmed))"#]],
        );
        check(
            Starting { is_started_up: true, ..starting() },
            Event::ScreenFailed,
            10,
            expect![[r#"
                → FailClosed(CoverUnconfirmed), owes cover, start-up Settled, CauseRecords { asked: Some(CoverUnconfirmed at 10ms), owed: [], stored: [] }, retry at 1.01s
                CoverScreen
                AppendAudit(FailedClosed(CoverUnconfirmed))"#]],
        );
    }

    #[test]
    fn start_up_that_says_nothing_is_asked_again() {
        check(
            covered(),
            Event::DeadlineReached,
            20_000,
            expect![[r#"
            → Starting, covered: true, started up: false
            StartUp"#]],
        );
    }

    #[test]
    fn a_screen_bared_by_an_agent_before_is_covered_again() {
        check(
            covered(),
            Event::ScreenUncovered { session: SESSION },
            10,
            expect![[r#"
            → Starting, covered: false, started up: false
            CoverScreen"#]],
        );
    }

    #[test]
    fn the_machine_may_sleep_once_the_screen_is_covered() {
        check(
            covered(),
            Event::GoingToSleep,
            10,
            expect![[r#"
            → Starting, covered: true, started up: false
            AllowSleep"#]],
        );
        check(
            Starting { is_sleep_awaited: true, ..starting() },
            Event::ScreenCovered { input_held: true },
            10,
            expect![[r#"
                → Starting, covered: true, started up: false
                AllowSleep"#]],
        );
    }

    #[test]
    fn a_session_that_an_agent_before_asked_for_is_ended() {
        check(
            covered(),
            session_opened(ATTEMPT, SESSION),
            10,
            expect![[r#"
            → Starting, covered: true, started up: false
            EndSession { session: SessionId(7), cause: FailClosed }"#]],
        );
    }

    #[test]
    fn nothing_else_matters_yet() {
        for event in [
            Event::SignInSubmitted { attempt: ATTEMPT, name: "maria".to_owned(), password: secret() },
            Event::CodeSubmitted { attempt: ATTEMPT, code: secret() },
            Event::SignInCancelled,
            Event::SignOutPressed,
            Event::StayPressed,
            Event::InputSeen { at: at(5) },
            Event::ServerAway(ContactFault::Unreachable),
            Event::ServerReached,
            Event::SessionEndTold { session: SESSION },
        ] {
            check_ignored(covered(), event, 10);
        }
    }

    fn starting() -> Starting {
        Starting {
            since: at(0),
            is_covered: false,
            is_started_up: false,
            start_up_asked_at: at(0),
            is_sleep_awaited: false,
        }
    }

    fn covered() -> Starting {
        Starting { is_covered: true, ..starting() }
    }
}
