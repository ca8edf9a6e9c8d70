//! Covered; a promise cannot be kept, so nobody signs in.
//!
//! It asks for the cover, goes on paying what a session's end still owes, and when that is paid has
//! start-up look again at whatever else was wrong; all of it by itself, 1 s, 2 s … 30 s apart. Left for
//! `SignedOut` when nothing is owed. Start-up never runs before an ending is paid: it would put another
//! cause on record.

use std::time::Duration;

use crate::{
    cause_records::CauseRecords,
    command::{Command, FailClosedCause},
    ending::{self, Ending},
    event::{Event, RecordKey},
    instant::Instant,
    state::{FailClosed, SignedOut, SignedOutNotice, StartUpDebt},
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
            records: CauseRecords::of(cause, now),
            notice: None,
            is_sleep_awaited: false,
        }
    }

    /// And because of this, found since.
    pub(crate) fn and_because(mut self, cause: FailClosedCause, now: Instant) -> Self {
        self.fails_by(cause, now);
        self
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
    pub(crate) fn enter(mut self) -> Step {
        let mut commands = Vec::new();
        if self.owes_cover {
            commands.push(Command::CoverScreen);
        } else if std::mem::take(&mut self.is_sleep_awaited) {
            commands.push(Command::AllowSleep);
        }
        commands.extend(self.records.ask());
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
                let record = self.records.ask().into_iter().collect();
                self.proceed(record)
            }
            Event::StartUpFailed(cause) => {
                if matches!(self.start_up, StartUpDebt::Asked { at: _ }) {
                    self.start_up = StartUpDebt::Owed;
                    return self.fails(cause, now);
                }
                Step::stay(self)
            }
            Event::WorkstationRefused(cause) => {
                self.start_up = StartUpDebt::Owed;
                self.fails(cause, now)
            }

            Event::ScreenCovered { input_held: _ } => {
                self.owes_cover = false;
                let sleep = self.is_sleep_awaited.then_some(Command::AllowSleep);
                self.is_sleep_awaited = false;
                let close = self.close_apps(now);
                self.proceed(sleep.into_iter().chain(close).collect())
            }
            Event::ScreenUncovered { session: _ } => {
                self.owes_cover = true;
                Step::to(self, vec![Command::CoverScreen])
            }
            Event::ScreenFailed => {
                self.owes_cover = true;
                self.fails(FailClosedCause::CoverUnconfirmed, now)
            }

            Event::AuditStored(RecordKey::FailedClosed) => {
                self.records.was_stored();
                let next = self.records.ask().into_iter().collect();
                self.proceed(next)
            }
            Event::AuditFailed(RecordKey::FailedClosed, _) => {
                self.records.has_failed();
                Step::stay(self)
            }
            Event::AuditStored(key @ (RecordKey::Login(_) | RecordKey::Logout(_))) => {
                self.pay(|ending| ending.record_stored(key), now)
            }
            Event::AuditFailed(key @ (RecordKey::Login(_) | RecordKey::Logout(_)), cause) => {
                if self.ending.as_ref().is_some_and(|ending| ending.owes_record(key)) {
                    return self.fails(cause, now);
                }
                Step::stay(self)
            }
            // Nothing waits for it.
            Event::AuditStored(RecordKey::Resumed(_) | RecordKey::Other)
            | Event::AuditFailed(RecordKey::Resumed(_) | RecordKey::Other, _) => Step::stay(self),

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
                    return self.fails(FailClosedCause::KeychainUnavailable, now);
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

            Event::AppTold { session, app, outcome } => {
                let record = self.ending.as_ref().map(|ending| ending.app_told(session, app, outcome, now));
                Step::to(self, record.unwrap_or_default())
            }
            Event::AppsGone { session } => self.pay(
                |ending| {
                    ending.apps_gone(session);
                    None
                },
                now,
            ),
            Event::AppsLeft { session } => {
                if self.ending.as_mut().is_some_and(|ending| ending.apps_left(session)) {
                    return self.fails(FailClosedCause::AppsLeft, now);
                }
                Step::stay(self)
            }
            // The screen says what is wrong.
            Event::AppsClosing { .. } => Step::stay(self),
            // Nothing is typed here, and they are closed in any case.
            Event::AppsNotFrozen { session: _ } | Event::AppsNotThawed { session: _ } => Step::stay(self),

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
            Event::WallClockJumped => Step::to(self, vec![trail::clock_jumped(now)]),
            // The loop makes taps of these; none comes here.
            Event::ReaderTold(_) => Step::stay(self),

            // The screen offers none of these; what was typed is wiped.
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
            // Answers to what was asked before. A fresh credential is not stored, so it opens nothing.
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
            | Event::CoveredElsewhere { session: _ } => Step::stay(self),
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
        commands.extend(self.records.ask());
        if let Some(ending) = &mut self.ending {
            commands.append(&mut ending.commands());
            if ending.apps_over_at().is_some_and(|over_at| now >= over_at) {
                ending.apps_left(ending.session);
            }
        }
        commands.extend(self.close_apps(now));
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
        commands.extend(self.close_apps(now));
        self.forget_paid();
        commands.extend(self.ask_start_up(now));
        self.proceed(commands)
    }

    /// Something else is wrong, too: that owes a record of its own.
    fn fails(mut self, cause: FailClosedCause, now: Instant) -> Step {
        self.fails_by(cause, now);
        let record = self.records.ask().into_iter().collect();
        Step::to(self, record)
    }

    fn fails_by(&mut self, cause: FailClosedCause, now: Instant) {
        self.cause = cause;
        self.records.owe(cause, now);
    }

    /// Never before the screen is covered.
    fn close_apps(&mut self, now: Instant) -> Option<Command> {
        let ending = self.ending.as_mut().filter(|_| !self.owes_cover)?;
        ending.close_apps(now)
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
            && self.records.is_paid();
        if is_settled {
            return Step::to(SignedOut { notice: self.notice, ..SignedOut::default() }, commands);
        }
        Step::to(self, commands)
    }
}

fn back_off(retries: u32) -> Duration {
    let factor = 2_u32.checked_pow(retries).unwrap_or(u32::MAX);
    BACK_OFF_FIRST.checked_mul(factor).map_or(BACK_OFF_MAX, |wait| wait.min(BACK_OFF_MAX))
}

#[cfg(test)]
mod tests;
