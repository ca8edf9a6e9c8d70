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
            Event::WallClockJumped => Step::to(self, vec![trail::clock_jumped()]),

            // The screen offers nothing yet; what was typed is wiped with the event.
            Event::SignInSubmitted { .. }
            | Event::CodeSubmitted { .. }
            | Event::SignInCancelled
            | Event::SignOutPressed
            | Event::StayPressed => Step::stay(self),
            // There is no session that input could prolong.
            Event::InputSeen { at: _ } | Event::InactivityUnknown => Step::stay(self),
            // Nothing was asked of the server by this agent, and start-up itself asks whether it answers.
            Event::ChallengeIssued { .. }
            | Event::SignInRefused { .. }
            | Event::SignInUnanswered { .. }
            | Event::ActivityAccepted { session: _ }
            | Event::SessionLapsed { session: _ }
            | Event::SessionAdopted { .. }
            | Event::SessionEndedByServer { .. }
            | Event::SessionEndTold { session: _ }
            | Event::ServerReached
            | Event::ServerAway(_) => Step::stay(self),
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
            | FailClosedCause::ConfigInvalid => StartUpDebt::Owed,
        };
        FailClosed::because(cause, now)
            .owing_cover(!self.is_covered)
            .owing_start_up(start_up)
            .awaited_by_sleep(self.is_sleep_awaited)
            .enter()
    }
}
