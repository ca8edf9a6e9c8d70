//! Covered; a promise cannot be kept, so nobody signs in.
//!
//! It asks for the cover, goes on paying what a session's end still owes, and when that is paid has
//! start-up look again at whatever else was wrong; all of it by itself, 1 s, 2 s … 30 s apart. Left for
//! `SignedOut` when nothing is owed. Start-up never runs before an ending is paid: it would put another
//! cause on record.

use std::time::Duration;

use crate::{
    command::{Command, FailClosedCause},
    ending::{self, Ending},
    event::{Event, RecordKey},
    instant::Instant,
    state::{FailClosed, RecordDebt, SignedOut, SignedOutNotice, StartUpDebt},
    step::Step,
    time_limits::{BACK_OFF_FIRST, BACK_OFF_MAX, START_UP_LIMIT},
    trail,
};

impl FailClosed {
    pub(crate) fn because(cause: FailClosedCause, now: Instant) -> Self {
        Self {
            cause,
            since: now,
            retry_at: now + BACK_OFF_FIRST,
            retries: 0,
            owes_cover: false,
            ending: None,
            start_up: StartUpDebt::Settled,
            record: RecordDebt::Asked { at: now },
            notice: None,
            is_sleep_awaited: false,
        }
    }

    pub(crate) fn owing_cover(self, owes_cover: bool) -> Self {
        Self { owes_cover, ..self }
    }

    pub(crate) fn owing_start_up(self, start_up: StartUpDebt) -> Self {
        Self { start_up, ..self }
    }

    pub(crate) fn owing_ending(self, ending: Ending) -> Self {
        Self { ending: Some(ending), ..self }
    }

    /// What the last person is told once it is over.
    pub(crate) fn telling(self, notice: SignedOutNotice) -> Self {
        Self { notice: Some(notice), ..self }
    }

    pub(crate) fn awaited_by_sleep(self, is_sleep_awaited: bool) -> Self {
        Self { is_sleep_awaited, ..self }
    }

    /// Covers and puts it on record; what an ending owes has just been tried, and is tried again later.
    pub(crate) fn enter(self) -> Step {
        let mut commands = Vec::new();
        if self.owes_cover {
            commands.push(Command::CoverScreen);
        }
        commands.push(trail::failed_closed(self.cause));
        Step::to(self, commands)
    }

    pub(crate) const fn deadline(&self) -> Instant {
        self.retry_at
    }

    pub(crate) fn on_event(mut self, event: Event, now: Instant) -> Step {
        match event {
            Event::DeadlineReached if now >= self.retry_at => self.retry(now),
            // Woken early.
            Event::DeadlineReached => Step::stay(self),
            // Whatever it was that only a server can mend may be mended.
            Event::ServerReached => match self.start_up {
                StartUpDebt::Owed => self.retry(now),
                StartUpDebt::Settled | StartUpDebt::Asked { at: _ } => Step::stay(self),
            },

            Event::StartUpFinished => {
                // An answer to an earlier asking would not know what went wrong since.
                if matches!(self.start_up, StartUpDebt::Asked { at: _ }) {
                    self.start_up = StartUpDebt::Settled;
                }
                // Start-up has opened the spool, which may be what the record was waiting for.
                let record = self.append_failed_record(now).into_iter().collect();
                self.proceed(record)
            }
            Event::StartUpFailed(cause) => {
                if matches!(self.start_up, StartUpDebt::Asked { at: _ }) {
                    self.start_up = StartUpDebt::Owed;
                    self.cause = cause;
                }
                Step::stay(self)
            }
            Event::WorkstationRefused(cause) => {
                self.start_up = StartUpDebt::Owed;
                self.cause = cause;
                Step::stay(self)
            }

            Event::ScreenCovered { input_held: _ } => {
                self.owes_cover = false;
                let sleep = self.is_sleep_awaited.then_some(Command::AllowSleep);
                self.is_sleep_awaited = false;
                self.proceed(sleep.into_iter().collect())
            }
            Event::ScreenUncovered { session: _ } => {
                self.owes_cover = true;
                Step::to(self, vec![Command::CoverScreen])
            }
            Event::ScreenFailed => {
                self.owes_cover = true;
                self.cause = FailClosedCause::CoverUnconfirmed;
                Step::stay(self)
            }

            Event::AuditStored(RecordKey::FailedClosed) => {
                self.record = RecordDebt::Stored;
                self.proceed(Vec::new())
            }
            Event::AuditFailed(RecordKey::FailedClosed, _) => {
                self.record = RecordDebt::Failed;
                Step::stay(self)
            }
            Event::AuditStored(key @ (RecordKey::Login(_) | RecordKey::Logout(_))) => {
                self.pay(|ending| ending.record_stored(key), now)
            }
            Event::AuditFailed(key @ (RecordKey::Login(_) | RecordKey::Logout(_)), cause) => {
                if self.ending.as_ref().is_some_and(|ending| ending.owes_record(key)) {
                    self.cause = cause;
                }
                Step::stay(self)
            }
            // Nothing waits for it.
            Event::AuditStored(RecordKey::Other) | Event::AuditFailed(RecordKey::Other, _) => {
                Step::stay(self)
            }

            Event::CredentialDeleted { session } => self.pay(
                |ending| {
                    ending.credential_deleted(session);
                    None
                },
                now,
            ),
            Event::CredentialStored { session } => {
                let delete = match &mut self.ending {
                    Some(ending) => ending.credential_stored(session),
                    // A store that was given up has come through after all: take it out again.
                    None => Some(Command::DeleteCredential { session }),
                };
                Step::to(self, delete.into_iter().collect())
            }
            Event::KeychainFailed { session } => {
                if self
                    .ending
                    .as_ref()
                    .is_some_and(|ending| ending.session == session && ending.owes_deletion)
                {
                    self.cause = FailClosedCause::KeychainUnavailable;
                } else if self.ending.is_none() {
                    // Whether a credential is left is not known: start-up finds out, and deletes it.
                    self.start_up = StartUpDebt::Owed;
                }
                Step::stay(self)
            }
            Event::SessionEndTold { session } | Event::SessionEndedByServer { session, cause: _ } => self
                .pay(
                    |ending| {
                        ending.was_told(session);
                        None
                    },
                    now,
                ),
            Event::SessionOpened { session, .. } => {
                let end = match &self.ending {
                    Some(ending) => ending.stray(session),
                    None => vec![ending::end_stray(session)],
                };
                Step::to(self, end)
            }

            Event::GoingToSleep | Event::ShuttingDown if !self.owes_cover => {
                Step::to(self, vec![Command::AllowSleep])
            }
            Event::GoingToSleep | Event::ShuttingDown => {
                self.is_sleep_awaited = true;
                Step::stay(self)
            }
            Event::WokeUp => {
                self.is_sleep_awaited = false;
                self.retry(now)
            }
            Event::WallClockJumped => Step::to(self, vec![trail::clock_jumped()]),

            // The screen offers none of these; what was typed is wiped.
            Event::SignInSubmitted { .. }
            | Event::CodeSubmitted { .. }
            | Event::SignInCancelled
            | Event::SignOutPressed
            | Event::StayPressed => Step::stay(self),
            // There is no session that input could prolong.
            Event::InputSeen { at: _ } | Event::InactivityUnknown => Step::stay(self),
            // Answers to what was asked before. A fresh credential is not stored, so it opens nothing.
            Event::ChallengeIssued { .. }
            | Event::SignInRefused { .. }
            | Event::SignInUnanswered { .. }
            | Event::ActivityAccepted { session: _ }
            | Event::SessionLapsed { session: _ }
            | Event::SessionAdopted { .. } => Step::stay(self),
            // The next try finds out by itself.
            Event::ServerAway(_) => Step::stay(self),
        }
    }

    /// Asks for everything that is owed.
    fn retry(mut self, now: Instant) -> Step {
        self.retries = self.retries.saturating_add(1);
        self.retry_at = now + back_off(self.retries);
        let mut commands = Vec::new();
        if self.owes_cover {
            commands.push(Command::CoverScreen);
        }
        // A record that is on its way is waited for: it is always answered, and appended again it would stand
        // there twice.
        commands.extend(self.append_failed_record(now));
        if let Some(ending) = &self.ending {
            commands.append(&mut ending.commands());
        }
        self.forget_paid();
        if let StartUpDebt::Asked { at } = self.start_up
            && now >= at + START_UP_LIMIT
        {
            self.start_up = StartUpDebt::Owed;
        }
        commands.extend(self.ask_start_up(now));
        self.proceed(commands)
    }

    fn pay(mut self, pay: impl FnOnce(&mut Ending) -> Option<Command>, now: Instant) -> Step {
        let Some(ending) = &mut self.ending else {
            // A second answer.
            return Step::stay(self);
        };
        let mut commands: Vec<_> = pay(ending).into_iter().collect();
        self.forget_paid();
        commands.extend(self.ask_start_up(now));
        self.proceed(commands)
    }

    fn append_failed_record(&mut self, now: Instant) -> Option<Command> {
        if self.record != RecordDebt::Failed {
            return None;
        }
        self.record = RecordDebt::Asked { at: now };
        Some(trail::failed_closed(self.cause))
    }

    fn forget_paid(&mut self) {
        self.ending = self.ending.take().filter(|ending| !ending.is_paid());
    }

    /// Never before an ending is paid.
    fn ask_start_up(&mut self, now: Instant) -> Option<Command> {
        if self.ending.is_some() || self.start_up != StartUpDebt::Owed {
            return None;
        }
        self.start_up = StartUpDebt::Asked { at: now };
        Some(Command::StartUp)
    }

    /// Leaves when nothing is owed.
    fn proceed(self, commands: Vec<Command>) -> Step {
        let is_settled = self.ending.is_none()
            && !self.owes_cover
            && self.start_up == StartUpDebt::Settled
            && self.record == RecordDebt::Stored;
        if is_settled {
            return Step::to(SignedOut { notice: self.notice, cancelled: None }, commands);
        }
        Step::to(self, commands)
    }
}

fn back_off(retries: u32) -> Duration {
    let factor = 2_u32.checked_pow(retries).unwrap_or(u32::MAX);
    BACK_OFF_FIRST.checked_mul(factor).map_or(BACK_OFF_MAX, |wait| wait.min(BACK_OFF_MAX))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::{
        command::EndCause,
        state::StartUpDebt,
        states::ward::{
            ATTEMPT, OTHER, SESSION, at, check, check_ignored, limits, secret, session, session_opened,
        },
    };

    #[test]
    fn it_goes_on_paying_further_and_further_apart() {
        check(
            owing_ending(),
            Event::DeadlineReached,
            999,
            expect![
                "→ FailClosed(SpoolUnavailable), owes logout deletion telling, start-up Settled, record Stored, retry at 1s"
            ],
        );
        check(
            owing_ending(),
            Event::DeadlineReached,
            1_000,
            expect![[r#"
            → FailClosed(SpoolUnavailable), owes logout deletion telling, start-up Settled, record Stored, retry at 3s
            AppendAudit(Logout of 7, Inactivity)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: Inactivity }"#]],
        );
        let waits: Vec<_> = (0..8).map(|retries| back_off(retries).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(back_off(u32::MAX), BACK_OFF_MAX);
    }

    #[test]
    fn it_is_left_when_the_last_debt_is_paid() {
        check(
            owing_ending(),
            Event::AuditStored(RecordKey::Logout(SESSION)),
            10,
            expect![
                "→ FailClosed(SpoolUnavailable), owes deletion telling, start-up Settled, record Stored, retry at 1s"
            ],
        );
        check(
            owing_ending(),
            Event::CredentialDeleted { session: SESSION },
            10,
            expect![
                "→ FailClosed(SpoolUnavailable), owes logout telling, start-up Settled, record Stored, retry at 1s"
            ],
        );
        check(
            owing_ending(),
            Event::SessionEndTold { session: SESSION },
            10,
            expect![
                "→ FailClosed(SpoolUnavailable), owes logout deletion, start-up Settled, record Stored, retry at 1s"
            ],
        );
        check(owing_logout(), Event::AuditStored(RecordKey::Logout(SESSION)), 10, expect!["→ SignedOut"]);
        check(owing_cover(), Event::ScreenCovered { input_held: true }, 10, expect!["→ SignedOut"]);
    }

    #[test]
    fn start_up_waits_for_the_ending_and_follows_it_at_once() {
        let refused = owing_logout().owing_start_up(StartUpDebt::Owed);

        check(
            refused.clone(),
            Event::DeadlineReached,
            1_000,
            expect![[r#"
                → FailClosed(SpoolUnavailable), owes logout, start-up Owed, record Stored, retry at 3s
                AppendAudit(Logout of 7, Inactivity)"#]],
        );
        check(
            refused,
            Event::AuditStored(RecordKey::Logout(SESSION)),
            10,
            expect![[r#"
                → FailClosed(SpoolUnavailable), owes, start-up Asked { at: Instant(10ms) }, record Stored, retry at 1s
                StartUp"#]],
        );
    }

    #[test]
    fn start_up_decides_whether_the_cause_is_gone() {
        check(
            owing_start_up(),
            Event::DeadlineReached,
            1_000,
            expect![[r#"
                → FailClosed(WorkstationRevoked), owes, start-up Asked { at: Instant(1s) }, record Stored, retry at 3s
                StartUp"#]],
        );
        check(starting_up(), Event::StartUpFinished, 1_010, expect!["→ SignedOut"]);
        check(
            starting_up(),
            Event::StartUpFailed(FailClosedCause::KeychainUnavailable),
            1_010,
            expect!["→ FailClosed(KeychainUnavailable), owes, start-up Owed, record Stored, retry at 1s"],
        );
        check_ignored(owing_start_up(), Event::StartUpFailed(FailClosedCause::SpoolFull), 10);
    }

    #[test]
    fn start_up_at_work_is_not_disturbed_but_for_its_limit() {
        check(
            starting_up(),
            Event::DeadlineReached,
            15_999,
            expect![
                "→ FailClosed(WorkstationRevoked), owes, start-up Asked { at: Instant(1s) }, record Stored, retry at 17.999s"
            ],
        );
        check(
            starting_up(),
            Event::DeadlineReached,
            16_000,
            expect![[r#"
            → FailClosed(WorkstationRevoked), owes, start-up Asked { at: Instant(16s) }, record Stored, retry at 18s
            StartUp"#]],
        );
    }

    #[test]
    fn a_server_that_answers_again_is_asked_at_once() {
        check(
            owing_start_up(),
            Event::ServerReached,
            10,
            expect![[r#"
                → FailClosed(WorkstationRevoked), owes, start-up Asked { at: Instant(10ms) }, record Stored, retry at 2.01s
                StartUp"#]],
        );
        check_ignored(owing_cover(), Event::ServerReached, 10);
    }

    #[test]
    fn it_is_not_left_before_it_is_on_record() {
        let covered = FailClosed::because(FailClosedCause::CoverUnconfirmed, at(0));

        check(
            covered.clone(),
            Event::ScreenCovered { input_held: true },
            20,
            expect![
                "→ FailClosed(CoverUnconfirmed), owes, start-up Settled, record Asked { at: Instant(0ns) }, retry at 1s"
            ],
        );
        check(covered, Event::AuditStored(RecordKey::FailedClosed), 20, expect!["→ SignedOut"]);
    }

    #[test]
    fn a_record_of_it_that_could_not_be_stored_is_appended_again() {
        let failed = Event::AuditFailed(RecordKey::FailedClosed, FailClosedCause::SpoolUnavailable);
        check(
            owing_cover(),
            failed,
            10,
            expect![
                "→ FailClosed(CoverUnconfirmed), owes cover, start-up Settled, record Failed, retry at 1s"
            ],
        );
        check(
            unrecorded(),
            Event::DeadlineReached,
            1_000,
            expect![[r#"
            → FailClosed(SpoolUnavailable), owes, start-up Settled, record Asked { at: Instant(1s) }, retry at 3s
            AppendAudit(FailedClosed(SpoolUnavailable))"#]],
        );
        check(
            unrecorded().owing_start_up(StartUpDebt::Asked { at: at(0) }),
            Event::StartUpFinished,
            1_000,
            expect![[r#"
                → FailClosed(SpoolUnavailable), owes, start-up Settled, record Asked { at: Instant(1s) }, retry at 1s
                AppendAudit(FailedClosed(SpoolUnavailable))"#]],
        );
    }

    #[test]
    fn a_record_that_is_merely_slow_is_not_appended_twice() {
        let slow = FailClosed { record: RecordDebt::Asked { at: at(0) }, ..owing_cover() };

        check(
            slow.clone(),
            Event::DeadlineReached,
            4_999,
            expect![[r#"
            → FailClosed(CoverUnconfirmed), owes cover, start-up Settled, record Asked { at: Instant(0ns) }, retry at 6.999s
            CoverScreen"#]],
        );
        check(
            slow,
            Event::DeadlineReached,
            60_000,
            expect![[r#"
            → FailClosed(CoverUnconfirmed), owes cover, start-up Settled, record Asked { at: Instant(0ns) }, retry at 62s
            CoverScreen"#]],
        );
    }

    #[test]
    fn the_newest_trouble_is_what_it_tells() {
        check(
            owing_ending(),
            Event::AuditFailed(RecordKey::Logout(SESSION), FailClosedCause::SpoolFull),
            10,
            expect![
                "→ FailClosed(SpoolFull), owes logout deletion telling, start-up Settled, record Stored, retry at 1s"
            ],
        );
        check(
            owing_ending(),
            Event::ScreenFailed,
            10,
            expect![
                "→ FailClosed(CoverUnconfirmed), owes cover logout deletion telling, start-up Settled, record Stored, retry at 1s"
            ],
        );
        check(
            owing_cover(),
            Event::WorkstationRefused(FailClosedCause::WorkstationCloned),
            10,
            expect!["→ FailClosed(WorkstationCloned), owes cover, start-up Owed, record Stored, retry at 1s"],
        );
    }

    #[test]
    fn a_bare_screen_is_covered() {
        check(
            owing_logout(),
            Event::ScreenUncovered { session: SESSION },
            10,
            expect![[r#"
                → FailClosed(SpoolUnavailable), owes cover logout, start-up Settled, record Stored, retry at 1s
                CoverScreen"#]],
        );
    }

    #[test]
    fn a_credential_that_comes_late_is_taken_out_again() {
        check(
            owing_logout(),
            Event::CredentialStored { session: SESSION },
            10,
            expect![[r#"
                → FailClosed(SpoolUnavailable), owes logout deletion, start-up Settled, record Stored, retry at 1s
                DeleteCredential { session: SessionId(7) }"#]],
        );
        check(
            owing_cover(),
            Event::CredentialStored { session: SESSION },
            10,
            expect![[r#"
                → FailClosed(CoverUnconfirmed), owes cover, start-up Settled, record Stored, retry at 1s
                DeleteCredential { session: SessionId(7) }"#]],
        );
        check(
            owing_cover(),
            Event::KeychainFailed { session: SESSION },
            10,
            expect!["→ FailClosed(CoverUnconfirmed), owes cover, start-up Owed, record Stored, retry at 1s"],
        );
    }

    #[test]
    fn a_session_opened_for_nobody_is_ended() {
        check(
            owing_cover(),
            session_opened(ATTEMPT, OTHER),
            10,
            expect![[r#"
                → FailClosed(CoverUnconfirmed), owes cover, start-up Settled, record Stored, retry at 1s
                EndSession { session: SessionId(8), cause: FailClosed }"#]],
        );
        check(
            owing_logout(),
            session_opened(ATTEMPT, OTHER),
            10,
            expect![[r#"
                → FailClosed(SpoolUnavailable), owes logout, start-up Settled, record Stored, retry at 1s
                EndSession { session: SessionId(8), cause: FailClosed }"#]],
        );
        check_ignored(owing_logout(), session_opened(ATTEMPT, SESSION), 10);
    }

    #[test]
    fn the_machine_may_sleep_once_it_is_covered() {
        check(
            owing_logout(),
            Event::GoingToSleep,
            10,
            expect![[r#"
                → FailClosed(SpoolUnavailable), owes logout, start-up Settled, record Stored, retry at 1s
                AllowSleep"#]],
        );
        check(
            owing_cover().awaited_by_sleep(true).owing_start_up(StartUpDebt::Owed),
            Event::ScreenCovered { input_held: true },
            10,
            expect![[r#"
                → FailClosed(CoverUnconfirmed), owes, start-up Owed, record Stored, retry at 1s
                AllowSleep"#]],
        );
        check(
            owing_cover(),
            Event::WokeUp,
            500,
            expect![[r#"
                → FailClosed(CoverUnconfirmed), owes cover, start-up Settled, record Stored, retry at 2.5s
                CoverScreen"#]],
        );
    }

    #[test]
    fn nobody_signs_in() {
        for event in [
            Event::SignInSubmitted { attempt: ATTEMPT, name: "maria".to_owned(), password: secret() },
            Event::CodeSubmitted { attempt: ATTEMPT, code: secret() },
            Event::StayPressed,
            Event::SignOutPressed,
            Event::InputSeen { at: at(5) },
            Event::SessionAdopted { session: SESSION, credential: secret(), limits: limits() },
            Event::SessionEndTold { session: OTHER },
            Event::AuditStored(RecordKey::Other),
            Event::AuditFailed(RecordKey::Logout(OTHER), FailClosedCause::SpoolFull),
        ] {
            check_ignored(owing_logout(), event, 10);
        }
    }

    fn owing_ending() -> FailClosed {
        let ending = Ending::of(session(), EndCause::Inactivity);
        recorded(FailClosedCause::SpoolUnavailable).owing_ending(ending)
    }

    fn owing_logout() -> FailClosed {
        let ending = Ending {
            owes_deletion: false,
            owes_telling: false,
            ..Ending::of(session(), EndCause::Inactivity)
        };
        recorded(FailClosedCause::SpoolUnavailable).owing_ending(ending)
    }

    fn owing_cover() -> FailClosed {
        recorded(FailClosedCause::CoverUnconfirmed).owing_cover(true)
    }

    fn recorded(cause: FailClosedCause) -> FailClosed {
        FailClosed { record: RecordDebt::Stored, ..FailClosed::because(cause, at(0)) }
    }

    fn unrecorded() -> FailClosed {
        FailClosed { record: RecordDebt::Failed, ..recorded(FailClosedCause::SpoolUnavailable) }
    }

    fn owing_start_up() -> FailClosed {
        recorded(FailClosedCause::WorkstationRevoked).owing_start_up(StartUpDebt::Owed)
    }

    fn starting_up() -> FailClosed {
        owing_start_up().owing_start_up(StartUpDebt::Asked { at: at(1_000) })
    }
}
