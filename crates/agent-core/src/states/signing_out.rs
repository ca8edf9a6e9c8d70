//! Covering; a session is being ended, on record.
//!
//! The cover is asked for first; record, deletion and the word to the server are not held back by a cover
//! that is slow. Her apps are closed once the screen is covered and the logout on disk. Left for `SignedOut` when all of it is
//! done, so that nobody types while one of them runs. What fails or takes too long moves to
//! `FailClosed`, which goes on paying: nothing is lost, and nobody signs in before.

use crate::{
    command::{Command, FailClosedCause},
    ending::{self, Ending},
    event::{Event, RecordKey},
    ids::SessionId,
    instant::Instant,
    state::{
        AfterSignOut, FailClosed, Machine, SignedOut, SignedOutNotice, SigningIn, SigningOut, StartUpDebt,
    },
    step::Step,
    time_limits::{COVER_LIMIT, ENDING_LIMIT},
    trail,
};

impl SigningOut {
    pub(crate) const fn of(ending: Ending, now: Instant) -> Self {
        let next = AfterSignOut::SignedOut(SignedOutNotice::SessionEnded(ending.cause));
        Self { ending, owes_cover: true, since: now, next, machine: Machine::Awake, apps: None, tapped: None }
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

    pub(crate) fn then(self, next: AfterSignOut) -> Self {
        Self { next, ..self }
    }

    pub(crate) fn then_fail_closed(self, cause: FailClosedCause) -> Self {
        self.then(AfterSignOut::FailClosed(cause))
    }

    /// Whoever was to be next is not: the session that was opened for him is ended.
    fn give_next_up(&mut self) -> Vec<Command> {
        self.tapped = None;
        let told = AfterSignOut::SignedOut(SignedOutNotice::SessionEnded(self.ending.cause));
        match std::mem::replace(&mut self.next, told) {
            AfterSignOut::SignIn(opened) => vec![ending::end_stray(opened.session.id)],
            before @ (AfterSignOut::SignedOut(_) | AfterSignOut::FailClosed(_)) => {
                self.next = before;
                Vec::new()
            }
        }
    }

    pub(crate) fn awaited_by_sleep(self) -> Self {
        self.under(Machine::Waits)
    }

    /// Whether the machine waits for us.
    pub(crate) fn under(self, machine: Machine) -> Self {
        Self { machine, ..self }
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
        let all = (self.ending.owes_more_than_apps() || self.owes_cover).then_some(self.since + ENDING_LIMIT);
        let cover = self.owes_cover.then_some(self.since + COVER_LIMIT);
        let due = [all, cover, self.ending.apps_over_at()].into_iter().flatten().min();
        // Something of it is always owed here.
        due.unwrap_or(self.since + ENDING_LIMIT)
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
            Event::SessionEndedByServer { session, cause } if self.is_next(session) => {
                self.next = AfterSignOut::SignedOut(SignedOutNotice::SessionEnded(cause));
                self.proceed(now)
            }
            Event::SessionEndTold { session } | Event::SessionEndedByServer { session, cause: _ } => {
                // The server's cause may be another; the one that came first stands.
                self.ending.was_told(session);
                self.proceed(now)
            }

            Event::AppTold { session, app, outcome } => {
                let record = self.ending.app_told(session, app, outcome, now);
                Step::to(self, record)
            }
            Event::AppsClosing { session, progress } if session == self.ending.session => {
                self.apps = Some(progress);
                Step::stay(self)
            }
            Event::AppsGone { session } => {
                self.ending.apps_gone(session);
                self.proceed(now)
            }
            Event::AppsLeft { session } if self.ending.apps_left(session) => {
                self.fail(FailClosedCause::AppsLeft, now)
            }
            // Of a session before this one, or told again.
            Event::AppsClosing { .. } | Event::AppsLeft { session: _ } => Step::stay(self),
            // Nothing is typed here, and they are closed in any case.
            Event::AppsNotFrozen { session: _ } | Event::AppsNotThawed { session: _ } => Step::stay(self),

            // A second copy of the answer that is being acted on.
            Event::SessionOpened { session, .. } if self.is_next(session) => Step::stay(self),
            Event::SessionOpened { session, .. } => {
                let end = self.ending.stray(session);
                Step::to(self, end)
            }
            // What failed first goes on record; start-up finds out about the refusal by itself.
            Event::WorkstationRefused(_) if matches!(self.next, AfterSignOut::FailClosed(_)) => {
                Step::stay(self)
            }
            Event::WorkstationRefused(cause) => {
                let end = self.give_next_up();
                Step::to(self.then_fail_closed(cause), end)
            }

            // Nobody comes in while the machine goes away, or as it comes back.
            Event::GoingToSleep | Event::ShuttingDown => {
                let end = self.give_next_up();
                self.awaited_by_sleep().proceed(now).after(end)
            }
            Event::WokeUp => {
                self.machine = Machine::Awake;
                self.time_anew(now);
                let end = self.give_next_up();
                Step::to(self, end)
            }

            // "Saving her work…": his sign-in begins when hers is over.
            Event::BadgeTapped { .. } if !self.may_be_followed() => Step::stay(self),
            Event::BadgeTapped { attempt, badge } => {
                self.tapped = Some((attempt, badge));
                Step::stay(self)
            }
            Event::BadgeNotRead(_) => Step::stay(self),
            Event::GraceTold { session, remaining } => {
                if let AfterSignOut::SignIn(opened) = &mut self.next {
                    opened.session.note_grace(session, remaining, now);
                }
                Step::stay(self)
            }
            Event::CoveredElsewhere { session } => {
                if let AfterSignOut::SignIn(opened) = &mut self.next {
                    opened.session.was_uncovered_elsewhere(session);
                }
                Step::stay(self)
            }
            Event::WallClockJumped => Step::to(self, vec![trail::clock_jumped(now)]),
            // The loop makes taps of these; none comes here.
            Event::ReaderTold(_) => Step::stay(self),

            // Of a session before this one, or of something already paid.
            Event::AuditFailed(RecordKey::Login(_) | RecordKey::Logout(_), _)
            | Event::KeychainFailed { session: _ } => Step::stay(self),
            // Nothing waits for these records here.
            Event::AuditFailed(RecordKey::FailedClosed | RecordKey::Resumed(_) | RecordKey::Other, _) => {
                Step::stay(self)
            }
            // The screen takes no sign-in before this session is over; what was typed is wiped.
            Event::SignInSubmitted { .. }
            | Event::CodeSubmitted { .. }
            | Event::PasswordSubmitted { .. }
            | Event::PinSubmitted { .. }
            | Event::LossReported { .. }
            | Event::Approached
            | Event::SignInCancelled => Step::stay(self),
            // The first cause stands, and what is ended stays ended.
            Event::SignOutPressed
            | Event::ConcealPressed
            | Event::RenewPressed
            | Event::MySessionsPressed { .. }
            | Event::StayPressed
            | Event::InputSeen { at: _ }
            | Event::InactivityUnknown => Step::stay(self),
            // Answers to what was asked while the session lasted. A fresh credential is not stored, so it
            // opens nothing.
            Event::ActivityAccepted { session: _ }
            | Event::SessionLapsed { session: _ }
            | Event::SessionAdopted { .. }
            | Event::SessionResumed { .. }
            | Event::BadgeIdentified { .. }
            | Event::BadgeEnrolled { .. }
            | Event::BadgeNotEnrolled { .. }
            | Event::MySessionsTold { .. } => Step::stay(self),
            // Of a sign-in before; its session, should there be one, comes as `SessionOpened`.
            Event::ChallengeIssued { .. }
            | Event::BadgesRevoked { .. }
            | Event::SignInRefused { .. }
            | Event::SignInUnanswered { .. } => Step::stay(self),
            // The durable outbox takes the end in any case.
            Event::ServerReached | Event::ServerAway(_) => Step::stay(self),
            // A second answer to a start-up that was asked twice.
            Event::StartUpFinished | Event::StartUpFailed(_) => Step::stay(self),
        }
    }

    /// What was asked before a sleep gets it.
    fn time_anew(&mut self, now: Instant) {
        self.since = now;
        self.ending.woke_up(now);
    }

    fn due(mut self, now: Instant) -> Step {
        if self.machine.slept_over(self.deadline(), now) {
            self.time_anew(now);
            return Step::stay(self);
        }
        if self.owes_cover && now >= self.since + COVER_LIMIT {
            return self.fail(FailClosedCause::CoverUnconfirmed, now);
        }
        if self.ending.owes_more_than_apps() && now >= self.since + ENDING_LIMIT {
            let cause = self.ending.unpaid_cause();
            return self.fail(cause, now);
        }
        if self.ending.apps_over_at().is_some_and(|over_at| now >= over_at) {
            self.ending.apps_left(self.ending.session);
            return self.fail(FailClosedCause::AppsLeft, now);
        }
        Step::stay(self)
    }

    fn proceed(mut self, now: Instant) -> Step {
        if self.owes_cover {
            return Step::stay(self);
        }
        let close = self.ending.close_apps(now);
        let sleep = self.let_go();
        if !self.ending.is_paid() {
            return Step::to(self, close.into_iter().chain(sleep).collect());
        }
        let sleep = sleep.into_iter().collect();
        match self.next {
            AfterSignOut::SignedOut(notice) => match self.tapped {
                Some((attempt, badge)) => SigningIn::begin_by_badge(attempt, badge, now).and(sleep),
                None => Step::to(SignedOut::telling(notice), sleep),
            },
            AfterSignOut::SignIn(opened) => SigningIn::secure(*opened, now).and(sleep),
            AfterSignOut::FailClosed(cause) => {
                FailClosed::because(cause, now).owing_start_up(StartUpDebt::Owed).enter().and(sleep)
            }
        }
    }

    /// A machine that goes away waits for the record and the cover; an app that saves slowly cannot hold it up.
    fn let_go(&mut self) -> Option<Command> {
        if self.machine != Machine::Waits || self.ending.owes_more_than_apps() {
            return None;
        }
        self.machine = Machine::LetGo;
        Some(Command::AllowSleep)
    }

    /// Nobody comes in while the machine goes away, nor where nobody may.
    fn may_be_followed(&self) -> bool {
        self.machine == Machine::Awake && !matches!(self.next, AfterSignOut::FailClosed(_))
    }

    fn is_next(&self, session: SessionId) -> bool {
        matches!(&self.next, AfterSignOut::SignIn(opened) if opened.session.id == session)
    }

    fn fail(mut self, cause: FailClosedCause, now: Instant) -> Step {
        let end = self.give_next_up();
        let (first, notice, start_up) = match self.next {
            AfterSignOut::SignedOut(notice) => (cause, notice, StartUpDebt::Settled),
            AfterSignOut::SignIn(_) => {
                (cause, SignedOutNotice::SessionEnded(self.ending.cause), StartUpDebt::Settled)
            }
            AfterSignOut::FailClosed(first) => {
                (first, SignedOutNotice::SessionEnded(self.ending.cause), StartUpDebt::Owed)
            }
        };
        FailClosed::because(first, now)
            .and_because(cause, now)
            .owing_cover(self.owes_cover)
            .owing_ending(self.ending)
            .telling(notice)
            .owing_start_up(start_up)
            .awaited_by_sleep(self.machine == Machine::Waits)
            .enter()
            .and(end)
    }
}

#[cfg(test)]
mod apps_tests;
#[cfg(test)]
mod tests;
