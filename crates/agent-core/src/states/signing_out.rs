//! Covering; a session is being ended, on record.
//!
//! The cover is asked for first; record, deletion and the word to the server are not held back by a cover
//! that is slow. Left for `SignedOut` when all of it is done. What fails or takes too long moves to
//! `FailClosed`, which goes on paying: nothing is lost, and nobody signs in before.

use crate::{
    command::{Command, FailClosedCause},
    ending::Ending,
    event::{Event, RecordKey},
    instant::Instant,
    state::{AfterSignOut, FailClosed, SignedOut, SignedOutNotice, SigningOut, StartUpDebt},
    step::Step,
    time_limits::{COVER_LIMIT, ENDING_LIMIT},
    trail,
};

impl SigningOut {
    pub(crate) const fn of(ending: Ending, now: Instant) -> Self {
        let next = AfterSignOut::SignedOut(SignedOutNotice::SessionEnded(ending.cause));
        Self { ending, owes_cover: true, since: now, next, is_sleep_awaited: false }
    }

    /// The screen has not been uncovered, nor asked for.
    pub(crate) fn under_cover(self) -> Self {
        Self { owes_cover: false, ..self }
    }

    /// The screen is not known to be covered.
    pub(crate) fn bare(self) -> Self {
        Self { owes_cover: true, ..self }
    }

    pub(crate) fn known_to_the_server(mut self) -> Self {
        self.ending.owes_telling = false;
        self
    }

    pub(crate) fn telling(self, notice: SignedOutNotice) -> Self {
        Self { next: AfterSignOut::SignedOut(notice), ..self }
    }

    pub(crate) fn then_fail_closed(self, cause: FailClosedCause) -> Self {
        Self { next: AfterSignOut::FailClosed(cause), ..self }
    }

    pub(crate) fn awaited_by_sleep(self) -> Self {
        Self { is_sleep_awaited: true, ..self }
    }

    pub(crate) fn enter(self) -> Step {
        let mut commands = Vec::new();
        if self.owes_cover {
            commands.push(Command::CoverScreen);
        }
        commands.append(&mut self.ending.commands());
        Step::to(self, commands)
    }

    pub(crate) fn deadline(&self) -> Instant {
        let all = self.since + ENDING_LIMIT;
        if self.owes_cover { all.min(self.since + COVER_LIMIT) } else { all }
    }

    pub(crate) fn on_event(mut self, event: Event, now: Instant) -> Step {
        match event {
            Event::DeadlineReached => self.due(now),

            Event::ScreenCovered { input_held: _ } => {
                self.owes_cover = false;
                self.proceed(now)
            }
            Event::ScreenUncovered { session: _ } => {
                // The answer to an earlier wish; the cover asked for since then follows, or fails.
                self.owes_cover = true;
                Step::to(self, vec![Command::CoverScreen])
            }
            Event::ScreenFailed => {
                self.owes_cover = true;
                self.fail(FailClosedCause::CoverUnconfirmed, now)
            }

            Event::AuditStored(key) => {
                let next = self.ending.record_stored(key);
                self.proceed(now).and(next.into_iter().collect())
            }
            Event::AuditFailed(key, cause) if self.ending.owes_record(key) => self.fail(cause, now),
            Event::CredentialDeleted { session } => {
                self.ending.credential_deleted(session);
                self.proceed(now)
            }
            Event::CredentialStored { session } => {
                let delete = self.ending.credential_stored(session);
                Step::to(self, delete.into_iter().collect())
            }
            Event::KeychainFailed { session }
                if session == self.ending.session && self.ending.owes_deletion =>
            {
                self.fail(FailClosedCause::KeychainUnavailable, now)
            }
            Event::SessionEndTold { session } | Event::SessionEndedByServer { session, cause: _ } => {
                // The server's cause may be another; the one that came first stands.
                self.ending.was_told(session);
                self.proceed(now)
            }

            Event::SessionOpened { session, .. } => {
                let end = self.ending.stray(session);
                Step::to(self, end)
            }
            // What failed first goes on record; start-up finds out about the refusal by itself.
            Event::WorkstationRefused(_) if matches!(self.next, AfterSignOut::FailClosed(_)) => {
                Step::stay(self)
            }
            Event::WorkstationRefused(cause) => Step::stay(self.then_fail_closed(cause)),

            Event::GoingToSleep | Event::ShuttingDown => Step::stay(self.awaited_by_sleep()),
            Event::WokeUp => {
                // What was asked before the sleep gets its time anew.
                self.is_sleep_awaited = false;
                self.since = now;
                Step::stay(self)
            }
            Event::WallClockJumped => Step::to(self, vec![trail::clock_jumped()]),

            // Of a session before this one, or of something already paid.
            Event::AuditFailed(RecordKey::Login(_) | RecordKey::Logout(_), _)
            | Event::KeychainFailed { session: _ } => Step::stay(self),
            // Nothing waits for these records here.
            Event::AuditFailed(RecordKey::FailedClosed | RecordKey::Other, _) => Step::stay(self),
            // The screen takes no sign-in before this session is over; what was typed is wiped.
            Event::SignInSubmitted { .. } | Event::CodeSubmitted { .. } | Event::SignInCancelled => {
                Step::stay(self)
            }
            // The first cause stands, and what is ended stays ended.
            Event::SignOutPressed
            | Event::StayPressed
            | Event::InputSeen { at: _ }
            | Event::InactivityUnknown => Step::stay(self),
            // Answers to what was asked while the session lasted. A fresh credential is not stored, so it
            // opens nothing.
            Event::ActivityAccepted { session: _ }
            | Event::SessionLapsed { session: _ }
            | Event::SessionAdopted { .. } => Step::stay(self),
            // Of a sign-in before; its session, should there be one, comes as `SessionOpened`.
            Event::ChallengeIssued { .. } | Event::SignInRefused { .. } | Event::SignInUnanswered { .. } => {
                Step::stay(self)
            }
            // The durable outbox takes the end in any case.
            Event::ServerReached | Event::ServerAway(_) => Step::stay(self),
            // A second answer to a start-up that was asked twice.
            Event::StartUpFinished | Event::StartUpFailed(_) => Step::stay(self),
        }
    }

    fn due(self, now: Instant) -> Step {
        if self.owes_cover && now >= self.since + COVER_LIMIT {
            return self.fail(FailClosedCause::CoverUnconfirmed, now);
        }
        if now >= self.since + ENDING_LIMIT {
            let cause = self.ending.unpaid_cause();
            return self.fail(cause, now);
        }
        Step::stay(self)
    }

    fn proceed(self, now: Instant) -> Step {
        if self.owes_cover || !self.ending.is_paid() {
            return Step::stay(self);
        }
        let sleep = self.is_sleep_awaited.then_some(Command::AllowSleep).into_iter().collect();
        match self.next {
            AfterSignOut::SignedOut(notice) => Step::to(SignedOut::telling(notice), sleep),
            AfterSignOut::FailClosed(cause) => {
                FailClosed::because(cause, now).owing_start_up(StartUpDebt::Owed).enter().and(sleep)
            }
        }
    }

    fn fail(self, cause: FailClosedCause, now: Instant) -> Step {
        let (first, notice, start_up) = match self.next {
            AfterSignOut::SignedOut(notice) => (cause, notice, StartUpDebt::Settled),
            AfterSignOut::FailClosed(first) => {
                (first, SignedOutNotice::SessionEnded(self.ending.cause), StartUpDebt::Owed)
            }
        };
        FailClosed::because(first, now)
            .and_because(cause)
            .owing_cover(self.owes_cover)
            .owing_ending(self.ending)
            .telling(notice)
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
        command::EndCause,
        states::ward::{
            ATTEMPT, OTHER, SESSION, at, check, check_ignored, limits, secret, session_opened, signing_out,
        },
    };

    #[test]
    fn it_covers_then_records_then_deletes_then_tells() {
        let commands: Vec<_> =
            signing_out().enter().commands.iter().map(|command| format!("{command:?}")).collect();

        let order = ["CoverScreen", "AppendAudit(Logout", "DeleteCredential", "EndSession"];
        assert_eq!(commands.len(), order.len());
        for (command, name) in commands.iter().zip(order) {
            assert!(command.starts_with(name), "{command}");
        }
    }

    #[test]
    fn the_safeguard_that_failed_first_goes_on_record_first() {
        let unmeasured = signing_out().then_fail_closed(FailClosedCause::InactivityUnknown);

        check(
            unmeasured.clone(),
            Event::ScreenFailed,
            10,
            expect![[r#"
            → FailClosed(CoverUnconfirmed), owes cover logout deletion telling, start-up Owed, CauseRecords { asked: Some(InactivityUnknown), owed: [CoverUnconfirmed], stored: [] }, retry at 1.01s
            CoverScreen
            AppendAudit(FailedClosed(InactivityUnknown))"#]],
        );
        check_ignored(unmeasured, Event::WorkstationRefused(FailClosedCause::WorkstationRevoked), 10);
    }

    #[test]
    fn each_debt_is_paid_for_itself_and_the_last_one_opens_the_sign_in() {
        check(
            signing_out(),
            Event::ScreenCovered { input_held: true },
            10,
            expect!["→ SigningOut, owes logout deletion telling, next SignedOut(SessionEnded(UserButton))"],
        );
        check(
            signing_out(),
            Event::AuditStored(RecordKey::Logout(SESSION)),
            10,
            expect!["→ SigningOut, owes cover deletion telling, next SignedOut(SessionEnded(UserButton))"],
        );
        check(
            signing_out(),
            Event::CredentialDeleted { session: SESSION },
            10,
            expect!["→ SigningOut, owes cover logout telling, next SignedOut(SessionEnded(UserButton))"],
        );
        check(
            signing_out(),
            Event::SessionEndTold { session: SESSION },
            10,
            expect!["→ SigningOut, owes cover logout deletion, next SignedOut(SessionEnded(UserButton))"],
        );
        check(
            almost_done(),
            Event::AuditStored(RecordKey::Logout(SESSION)),
            10,
            expect!["→ SignedOut, telling SessionEnded(UserButton)"],
        );
    }

    #[test]
    fn a_login_not_known_to_be_on_disk_goes_before_its_logout() {
        let mut signing_out = almost_done();
        signing_out.ending.owes_login = true;

        check(
            signing_out,
            Event::AuditStored(RecordKey::Login(SESSION)),
            10,
            expect![[r#"
            → SigningOut, owes logout, next SignedOut(SessionEnded(UserButton))
            AppendAudit(Logout of 7, UserButton)"#]],
        );
    }

    #[test]
    fn whoever_waits_for_sleep_is_let_go_when_all_is_done() {
        check(
            almost_done().awaited_by_sleep(),
            Event::AuditStored(RecordKey::Logout(SESSION)),
            10,
            expect![[r#"
            → SignedOut, telling SessionEnded(UserButton)
            AllowSleep"#]],
        );
    }

    #[test]
    fn what_fails_is_carried_into_fail_closed() {
        check(
            signing_out(),
            Event::ScreenFailed,
            10,
            expect![[r#"
                → FailClosed(CoverUnconfirmed), owes cover logout deletion telling, start-up Settled, CauseRecords { asked: Some(CoverUnconfirmed), owed: [], stored: [] }, retry at 1.01s
                CoverScreen
                AppendAudit(FailedClosed(CoverUnconfirmed))"#]],
        );
        check(
            almost_done(),
            Event::AuditFailed(RecordKey::Logout(SESSION), FailClosedCause::SpoolFull),
            10,
            expect![[r#"
                → FailClosed(SpoolFull), owes logout, start-up Settled, CauseRecords { asked: Some(SpoolFull), owed: [], stored: [] }, retry at 1.01s
                AppendAudit(FailedClosed(SpoolFull))"#]],
        );
        check(
            signing_out(),
            Event::KeychainFailed { session: SESSION },
            10,
            expect![[r#"
                → FailClosed(KeychainUnavailable), owes cover logout deletion telling, start-up Settled, CauseRecords { asked: Some(KeychainUnavailable), owed: [], stored: [] }, retry at 1.01s
                CoverScreen
                AppendAudit(FailedClosed(KeychainUnavailable))"#]],
        );
    }

    #[test]
    fn what_takes_too_long_is_carried_into_fail_closed() {
        check_ignored(signing_out(), Event::DeadlineReached, 1_999);
        check(
            signing_out(),
            Event::DeadlineReached,
            2_000,
            expect![[r#"
                → FailClosed(CoverUnconfirmed), owes cover logout deletion telling, start-up Settled, CauseRecords { asked: Some(CoverUnconfirmed), owed: [], stored: [] }, retry at 3s
                CoverScreen
                AppendAudit(FailedClosed(CoverUnconfirmed))"#]],
        );
        check_ignored(almost_done(), Event::DeadlineReached, 4_999);
        check(
            almost_done(),
            Event::DeadlineReached,
            5_000,
            expect![[r#"
                → FailClosed(SpoolUnavailable), owes logout, start-up Settled, CauseRecords { asked: Some(SpoolUnavailable), owed: [], stored: [] }, retry at 6s
                AppendAudit(FailedClosed(SpoolUnavailable))"#]],
        );
    }

    #[test]
    fn a_screen_that_was_still_being_uncovered_is_covered_again() {
        let covered = SigningOut { owes_cover: false, ..signing_out() };

        check(
            covered,
            Event::ScreenUncovered { session: SESSION },
            10,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(UserButton))
            CoverScreen"#]],
        );
    }

    #[test]
    fn a_store_that_comes_through_after_its_deletion_is_deleted_again() {
        let mut deleted = signing_out();
        deleted.ending.owes_deletion = false;

        check(
            deleted,
            Event::CredentialStored { session: SESSION },
            10,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(UserButton))
            DeleteCredential { session: SessionId(7) }"#]],
        );
        check_ignored(signing_out(), Event::CredentialStored { session: SESSION }, 10);
    }

    #[test]
    fn a_workstation_refused_meanwhile_fails_closed_afterwards() {
        check(
            signing_out(),
            Event::WorkstationRefused(FailClosedCause::WorkstationRevoked),
            10,
            expect!["→ SigningOut, owes cover logout deletion telling, next FailClosed(WorkstationRevoked)"],
        );
        check(
            almost_done().then_fail_closed(FailClosedCause::WorkstationRevoked),
            Event::AuditStored(RecordKey::Logout(SESSION)),
            10,
            expect![[r#"
                → FailClosed(WorkstationRevoked), owes, start-up Owed, CauseRecords { asked: Some(WorkstationRevoked), owed: [], stored: [] }, retry at 1.01s
                AppendAudit(FailedClosed(WorkstationRevoked))"#]],
        );
    }

    #[test]
    fn a_session_opened_for_nobody_is_ended_and_the_one_at_hand_is_not_ended_twice() {
        check(
            signing_out(),
            session_opened(ATTEMPT, OTHER),
            10,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(UserButton))
            EndSession { session: SessionId(8), cause: FailClosed }"#]],
        );
        check_ignored(signing_out(), session_opened(ATTEMPT, SESSION), 10);
    }

    #[test]
    fn after_a_sleep_everything_has_its_time_anew() {
        check(
            signing_out(),
            Event::WokeUp,
            60_000,
            expect![
                "→ SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(UserButton))"
            ],
        );
        let woken = SigningOut { since: at(60_000), ..signing_out() };
        assert_eq!(woken.deadline(), at(62_000));
    }

    #[test]
    fn the_first_cause_stands_and_nobody_signs_in_before() {
        for event in [
            Event::SignInSubmitted { attempt: ATTEMPT, name: "joe".to_owned(), password: secret() },
            Event::SignOutPressed,
            Event::StayPressed,
            Event::InputSeen { at: at(5) },
            Event::SessionAdopted { session: SESSION, credential: secret(), limits: limits() },
            Event::SessionEndTold { session: OTHER },
            Event::SessionEndedByServer { session: OTHER, cause: EndCause::Admin },
            Event::KeychainFailed { session: OTHER },
            Event::AuditFailed(RecordKey::Login(SESSION), FailClosedCause::SpoolFull),
            Event::AuditStored(RecordKey::Other),
            Event::ServerReached,
        ] {
            check_ignored(signing_out(), event, 10);
        }
    }

    /// Only the logout record is missing.
    fn almost_done() -> SigningOut {
        let mut signing_out = signing_out().under_cover().known_to_the_server();
        signing_out.ending.owes_deletion = false;
        signing_out
    }
}
