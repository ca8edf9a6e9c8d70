//! Covered; anybody may sign in.
//!
//! Entered only with the cover confirmed, nothing owed and no credential in the keychain. At rest it has
//! no deadline: a workstation that nobody touches does nothing.

use crate::{
    command::{Command, EndCause, FailClosedCause},
    ending,
    event::Event,
    ids::{AttemptId, SessionId},
    instant::Instant,
    state::{FailClosed, SignedOut, SignedOutNotice, SigningIn, StartUpDebt},
    step::Step,
    trail,
};

impl SignedOut {
    pub(crate) const fn telling(notice: SignedOutNotice) -> Self {
        Self { notice: Some(notice), cancelled: None, offered: None }
    }

    pub(crate) const fn after_cancelling(attempt: Option<AttemptId>) -> Self {
        Self { notice: None, cancelled: attempt, offered: None }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        let offered = self.offered.as_ref().map(|offer| offer.until);
        self.locked_out_until().into_iter().chain(offered).min()
    }

    const fn locked_out_until(&self) -> Option<Instant> {
        match self.notice {
            Some(SignedOutNotice::LockedOut { until }) => Some(until),
            Some(
                SignedOutNotice::Refused(_)
                | SignedOutNotice::Unanswered(_)
                | SignedOutNotice::NotPossibleNow(_)
                | SignedOutNotice::SessionEnded(_)
                | SignedOutNotice::Badge(_)
                | SignedOutNotice::BadgesRevoked(_),
            )
            | None => None,
        }
    }

    pub(crate) fn on_event(mut self, event: Event, now: Instant) -> Step {
        match event {
            Event::DeadlineReached => {
                if self.locked_out_until().is_some_and(|until| now >= until) {
                    self.notice = None;
                }
                if self.offered.as_ref().is_some_and(|offer| now >= offer.until) {
                    self.offered = None;
                    self.notice = None;
                }
                Step::stay(self)
            }

            Event::SignInSubmitted { attempt, name, password } => {
                let offered = self.offered.filter(|offer| now < offer.until);
                SigningIn::begin(attempt, name, password, offered, now)
            }
            Event::LossReported { attempt, name, password } => {
                SigningIn::begin_loss(attempt, name, password, now)
            }
            Event::BadgeTapped { attempt, badge } => SigningIn::begin_by_badge(attempt, badge, now),
            Event::BadgeNotRead(fault) => {
                Step::stay(Self { notice: Some(SignedOutNotice::Badge(fault.into())), ..self })
            }

            // Still covered; the shield tells again when it holds the input as well.
            Event::ScreenCovered { input_held: _ } => Step::stay(self),
            // Nobody may see it: cover, and let nobody in until that is confirmed.
            Event::ScreenUncovered { session: _ } | Event::ScreenFailed => {
                FailClosed::because(FailClosedCause::CoverUnconfirmed, now).owing_cover(true).enter()
            }

            Event::SessionOpened { attempt, session, .. } => {
                let end = self.end_stray(attempt, session);
                Step::to(self, vec![end])
            }
            Event::WorkstationRefused(cause) => {
                FailClosed::because(cause, now).owing_start_up(StartUpDebt::Owed).enter()
            }

            // A store that was given up has come through after all: take it out again.
            Event::CredentialStored { session } => {
                Step::to(self, vec![Command::DeleteCredential { session }])
            }
            // Whether a credential is left is not known: start-up finds out, and deletes it.
            Event::KeychainFailed { session: _ } => {
                FailClosed::because(FailClosedCause::KeychainUnavailable, now)
                    .owing_start_up(StartUpDebt::Owed)
                    .enter()
            }

            Event::GoingToSleep | Event::ShuttingDown => Step::to(self, vec![Command::AllowSleep]),
            Event::WallClockJumped => Step::to(self, vec![trail::clock_jumped(now)]),
            // The loop makes taps of these; none comes here.
            Event::ReaderTold(_) => Step::stay(self),

            // Covered before the sleep, covered after it.
            Event::WokeUp => Step::stay(self),
            // A second answer to a start-up that was asked twice. What failed shows at the next sign-in.
            Event::StartUpFinished | Event::StartUpFailed(_) => Step::stay(self),
            // The screen offers none of these; a press may have crossed the change of screens.
            Event::CodeSubmitted { .. }
            | Event::PasswordSubmitted { .. }
            | Event::PinSubmitted { .. }
            | Event::Approached
            | Event::SignInCancelled
            | Event::SignOutPressed
            | Event::StayPressed
            | Event::ConcealPressed
            | Event::RenewPressed
            | Event::MySessionsPressed { .. } => Step::stay(self),
            // There is no session that input could prolong; a late answer.
            Event::InputSeen { at: _ } | Event::InactivityUnknown => Step::stay(self),
            // Answers to a sign-in that was cancelled or given up. A challenge ends by itself.
            Event::ChallengeIssued { .. }
            | Event::BadgesRevoked { .. }
            | Event::SignInRefused { .. }
            | Event::SignInUnanswered { .. } => Step::stay(self),
            // News of a session that is over, told and on record. A fresh credential for it opens nothing.
            Event::ActivityAccepted { session: _ }
            | Event::SessionLapsed { session: _ }
            | Event::SessionAdopted { .. }
            | Event::SessionEndedByServer { .. }
            | Event::SessionResumed { .. }
            | Event::GraceTold { .. }
            | Event::BadgeIdentified { .. }
            | Event::BadgeEnrolled { .. }
            | Event::BadgeNotEnrolled { .. }
            | Event::MySessionsTold { .. }
            | Event::CoveredElsewhere { session: _ }
            | Event::SessionEndTold { session: _ } => Step::stay(self),
            // Second answers about a session whose apps are gone.
            Event::AppTold { .. }
            | Event::AppsClosing { .. }
            | Event::AppsGone { session: _ }
            | Event::AppsLeft { session: _ }
            | Event::AppsNotFrozen { session: _ }
            | Event::AppsNotThawed { session: _ } => Step::stay(self),
            // Drawn by the shell; the next sign-in tries in any case.
            Event::ServerReached | Event::ServerAway(_) => Step::stay(self),
            // Second answers: the first is what brought us here.
            Event::CredentialDeleted { session: _ } | Event::AuditStored(_) => Step::stay(self),
            // Only a record that nothing waits for is under way here. A spool that stays broken shows at
            // the next sign-in, which waits for its record.
            Event::AuditFailed(..) => Step::stay(self),
        }
    }

    /// The person who cancelled is who ends what the server opened meanwhile.
    fn end_stray(&self, attempt: AttemptId, session: SessionId) -> Command {
        if self.cancelled == Some(attempt) {
            return Command::EndSession { session, cause: EndCause::UserButton };
        }
        ending::end_stray(session)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::{
        badge::BadgeFault,
        event::{ContactFault, FactorWanted, RecordKey, Refusal},
        session::BadgeLine,
        state::Offer,
        states::ward::{
            ATTEMPT, HERS, OLD_ATTEMPT, SESSION, UNKNOWN, at, badge, check, check_ignored, secret,
            session_opened, wants,
        },
        step::step,
    };

    #[test]
    fn a_name_and_a_password_are_sent_at_once() {
        check(
            SignedOut::default(),
            Event::SignInSubmitted { attempt: ATTEMPT, name: "maria".to_owned(), password: secret() },
            10,
            expect![[r#"
                → SigningIn, first factor, Waiting { asked_at: Instant(10ms), is_slow: false }
                OpenSession { attempt: AttemptId(1), name: "maria", password: Secret(…) }"#]],
        );
    }

    #[test]
    fn a_tap_begins_the_sign_in_of_whom_the_badge_names() {
        check(
            SignedOut::default(),
            Event::BadgeTapped { attempt: ATTEMPT, badge: badge(HERS) },
            10,
            expect![[r#"
                → SigningIn, by badge, first factor, Waiting { asked_at: Instant(10ms), is_slow: false }
                OpenSessionByBadge { attempt: AttemptId(1), badge: Badge { mark: BadgeMark(…), number: Secret(…), grade: Uid } }"#]],
        );
    }

    #[test]
    fn a_badge_that_cannot_be_read_leads_to_words_alone() {
        for fault in [BadgeFault::Unreadable, BadgeFault::RandomNumber, BadgeFault::TwoAtOnce] {
            let step = step(SignedOut::default().into(), Event::BadgeNotRead(fault), at(10));
            assert_eq!(step.state, SignedOut::telling(SignedOutNotice::Badge(fault.into())).into());
            assert_eq!(step.commands, []);
        }
    }

    #[test]
    fn whoever_signs_in_while_a_badge_is_offered_gets_it_and_later_nobody_does() {
        let offering = SignedOut {
            offered: Some(Offer { badge: badge(UNKNOWN), until: at(30_000) }),
            ..SignedOut::telling(SignedOutNotice::Badge(BadgeLine::Unknown))
        };
        let submitted =
            || Event::SignInSubmitted { attempt: ATTEMPT, name: "maria".to_owned(), password: secret() };

        check(
            offering.clone(),
            submitted(),
            29_999,
            expect![[r#"
            → SigningIn, to enrol a badge, first factor, Waiting { asked_at: Instant(29.999s), is_slow: false }
            OpenSession { attempt: AttemptId(1), name: "maria", password: Secret(…) }"#]],
        );
        check(
            offering.clone(),
            submitted(),
            30_000,
            expect![[r#"
            → SigningIn, first factor, Waiting { asked_at: Instant(30s), is_slow: false }
            OpenSession { attempt: AttemptId(1), name: "maria", password: Secret(…) }"#]],
        );
        check(offering, Event::DeadlineReached, 30_000, expect!["→ SignedOut"]);
    }

    #[test]
    fn a_screen_that_is_bare_while_nobody_is_signed_in_fails_closed() {
        check(
            SignedOut::default(),
            Event::ScreenUncovered { session: SESSION },
            10,
            expect![[r#"
                → FailClosed(CoverUnconfirmed), owes cover, start-up Settled, CauseRecords { asked: Some(CoverUnconfirmed at 10ms), owed: [], stored: [] }, retry at 1.01s
                CoverScreen
                AppendAudit(FailedClosed(CoverUnconfirmed))"#]],
        );
        check(
            SignedOut::default(),
            Event::ScreenFailed,
            10,
            expect![[r#"
                → FailClosed(CoverUnconfirmed), owes cover, start-up Settled, CauseRecords { asked: Some(CoverUnconfirmed at 10ms), owed: [], stored: [] }, retry at 1.01s
                CoverScreen
                AppendAudit(FailedClosed(CoverUnconfirmed))"#]],
        );
    }

    #[test]
    fn a_session_opened_after_she_cancelled_is_ended_as_hers_to_end() {
        check(
            SignedOut::after_cancelling(Some(OLD_ATTEMPT)),
            session_opened(OLD_ATTEMPT, SESSION),
            10,
            expect![[r#"
                → SignedOut
                EndSession { session: SessionId(7), cause: UserButton }"#]],
        );
    }

    #[test]
    fn a_session_opened_for_nobody_is_ended() {
        check(
            SignedOut::default(),
            session_opened(ATTEMPT, SESSION),
            10,
            expect![[r#"
            → SignedOut
            EndSession { session: SessionId(7), cause: FailClosed }"#]],
        );
    }

    #[test]
    fn a_refused_workstation_signs_nobody_in() {
        check(
            SignedOut::default(),
            Event::WorkstationRefused(FailClosedCause::WorkstationCloned),
            10,
            expect![[r#"
                → FailClosed(WorkstationCloned), owes, start-up Owed, CauseRecords { asked: Some(WorkstationCloned at 10ms), owed: [], stored: [] }, retry at 1.01s
                AppendAudit(FailedClosed(WorkstationCloned))"#]],
        );
    }

    #[test]
    fn a_credential_that_reached_the_keychain_too_late_is_taken_out_again() {
        check(
            SignedOut::default(),
            Event::CredentialStored { session: SESSION },
            10,
            expect![[r#"
            → SignedOut
            DeleteCredential { session: SessionId(7) }"#]],
        );
        check(
            SignedOut::default(),
            Event::KeychainFailed { session: SESSION },
            10,
            expect![[r#"
                → FailClosed(KeychainUnavailable), owes, start-up Owed, CauseRecords { asked: Some(KeychainUnavailable at 10ms), owed: [], stored: [] }, retry at 1.01s
                AppendAudit(FailedClosed(KeychainUnavailable))"#]],
        );
    }

    #[test]
    fn the_words_of_a_lockout_go_when_it_is_over() {
        let locked_out = SignedOut::telling(SignedOutNotice::LockedOut { until: at(30_000) });

        assert_eq!(locked_out.deadline(), Some(at(30_000)));
        check_ignored(locked_out.clone(), Event::DeadlineReached, 29_999);
        check(locked_out, Event::DeadlineReached, 30_000, expect!["→ SignedOut"]);
    }

    #[test]
    fn the_machine_may_sleep_or_stop() {
        check(
            SignedOut::default(),
            Event::GoingToSleep,
            10,
            expect![[r#"
            → SignedOut
            AllowSleep"#]],
        );
        check(
            SignedOut::default(),
            Event::ShuttingDown,
            10,
            expect![[r#"
            → SignedOut
            AllowSleep"#]],
        );
    }

    #[test]
    fn a_jump_of_the_wall_clock_is_recorded() {
        check(
            SignedOut::default(),
            Event::WallClockJumped,
            10,
            expect![[r#"
            → SignedOut
            AppendAudit(ClockJumped)"#]],
        );
    }

    #[test]
    fn late_answers_and_stray_presses_change_nothing() {
        for event in [
            Event::ScreenCovered { input_held: false },
            Event::CodeSubmitted { attempt: ATTEMPT, code: secret() },
            Event::SignInCancelled,
            Event::SignOutPressed,
            Event::StayPressed,
            Event::InputSeen { at: at(5) },
            wants(FactorWanted::Totp),
            Event::SignInRefused { attempt: ATTEMPT, refusal: Refusal::NameOrPassword },
            Event::SignInUnanswered { attempt: ATTEMPT, fault: ContactFault::Slow },
            Event::SessionLapsed { session: SESSION },
            Event::SessionEndedByServer { session: SESSION, cause: EndCause::Admin },
            Event::CredentialDeleted { session: SESSION },
            Event::AuditStored(RecordKey::Logout(SESSION)),
            Event::AuditFailed(RecordKey::Other, FailClosedCause::SpoolFull),
            Event::WokeUp,
        ] {
            check_ignored(SignedOut::telling(SignedOutNotice::SessionEnded(EndCause::Inactivity)), event, 10);
        }
    }
}
