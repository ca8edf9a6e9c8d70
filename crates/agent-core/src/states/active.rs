//! Uncovered; a session is in use.
//!
//! Entered only when the screen is confirmed to be hers. Nobody is asked for input while nothing is due:
//! the inactivity port is asked at each heartbeat and when, as far as is known, the warning is due. Every
//! answer that keeps the session is reported, so that the server's clock never runs ahead of ours.

use crate::{
    command::{Command, EndCause, FailClosedCause, Notice},
    ending::{self, Ending},
    event::Event,
    instant::Instant,
    session::{InUse, Session},
    state::{Active, ActiveScreen, InactivityWarning, SigningOut},
    step::Step,
    time_limits::{MEASURE_LIMIT, RECOVERIES_MAX, UNCOVER_LIMIT},
    trail,
};

impl Active {
    /// The screen has just become hers.
    pub(crate) fn begin(session: Session, now: Instant) -> Step {
        Self::resume(InUse::new(session)).due(now)
    }

    /// Uncovered, nothing asked.
    pub(crate) const fn resume(in_use: InUse) -> Self {
        Self { in_use, screen: ActiveScreen::Uncovered, recoveries: 0, measuring_since: None }
    }

    /// The screen covered by itself: ask for it again.
    pub(crate) fn recover(in_use: InUse, recoveries: u32, now: Instant) -> Step {
        let uncover = Command::UncoverScreen { session: in_use.session.id };
        let screen = ActiveScreen::Recovering { since: now };
        Step::to(Self { in_use, screen, recoveries: recoveries + 1, measuring_since: None }, vec![uncover])
    }

    pub(crate) fn deadline(&self) -> Instant {
        let measure = match self.measuring_since {
            Some(since) => since + MEASURE_LIMIT,
            None => self.measure_at(),
        };
        let announce = (!self.in_use.is_absolute_warned).then_some(self.in_use.session.absolute_warning_at);
        let recover = match self.screen {
            ActiveScreen::Uncovered => None,
            ActiveScreen::Recovering { since } => Some(since + UNCOVER_LIMIT),
        };
        [Some(self.in_use.last_look_over_at()), Some(self.in_use.session.absolute_end), announce, recover]
            .into_iter()
            .flatten()
            .fold(measure, Instant::min)
    }

    pub(crate) fn on_event(mut self, event: Event, now: Instant) -> Step {
        match event {
            Event::DeadlineReached => self.due(now),

            Event::InputSeen { at } if at >= self.in_use.logoff_at() => self.end(EndCause::Inactivity, now),
            Event::InputSeen { at } => {
                self.in_use.saw_input(at);
                self.measured(now)
            }
            Event::InactivityUnknown if self.measuring_since.is_some() => self.measured(now),
            // Not an answer to anything asked.
            Event::InactivityUnknown => self.due(now),

            Event::SignOutPressed => self.end(EndCause::UserButton, now),
            // The button stands in the warning alone, and as input the press counts wherever it was.
            Event::StayPressed => self.due(now),

            Event::ScreenCovered { input_held: _ } => self.covered_by_itself(now),
            Event::ScreenUncovered { session } if session == self.in_use.session.id => {
                self.screen = ActiveScreen::Uncovered;
                self.due(now)
            }
            // Somebody sees a screen that is not hers.
            Event::ScreenUncovered { session: _ } => self.end(EndCause::FailClosed, now),
            Event::ScreenFailed => self.end(EndCause::FailClosed, now),

            Event::ActivityAccepted { session } if session == self.in_use.session.id => {
                self.in_use.was_accepted(now);
                self.due(now)
            }
            Event::SessionLapsed { session } if session == self.in_use.session.id => {
                self.in_use.is_lapsed = true;
                let adopt = self.in_use.report(now);
                self.due(now).after(vec![adopt])
            }
            Event::SessionAdopted { session, credential, limits } if session == self.in_use.session.id => {
                self.in_use.was_adopted(limits, now);
                self.due(now).after(vec![Command::StoreCredential { session, credential }])
            }
            Event::SessionEndedByServer { session, cause } if session == self.in_use.session.id => {
                self.sign_out(cause, SigningOut::known_to_the_server, now)
            }
            // News of a session before this one.
            Event::ActivityAccepted { session: _ }
            | Event::SessionLapsed { session: _ }
            | Event::SessionAdopted { .. }
            | Event::SessionEndedByServer { .. }
            | Event::SessionEndTold { session: _ } => self.due(now),
            Event::ServerAway(fault) => {
                self.in_use.server_away = Some(fault);
                self.due(now)
            }
            Event::ServerReached => {
                self.in_use.server_away = None;
                // It has not heard of us: report at once.
                self.in_use.heartbeat_at = now;
                self.due(now)
            }
            Event::SessionOpened { session, .. } if session == self.in_use.session.id => self.due(now),
            Event::SessionOpened { session, .. } => self.due(now).after(vec![ending::end_stray(session)]),
            // Of two machines with one key, the one in session finishes it; the next sign-in is refused.
            Event::WorkstationRefused(FailClosedCause::WorkstationCloned) => self.due(now),
            Event::WorkstationRefused(cause) => {
                let end = EndCause::of_refused_workstation(cause);
                self.sign_out(end, |signing_out| signing_out.then_fail_closed(cause), now)
            }

            // A fresh credential could not be stored after the session was adopted: it could not be deleted
            // for certain either.
            Event::KeychainFailed { session } if session == self.in_use.session.id => {
                self.end(EndCause::FailClosed, now)
            }
            // Of a session before this one.
            Event::KeychainFailed { session: _ } => self.due(now),

            // No session outlives the machine's sleep: nobody can be asked who it is that opens the lid.
            Event::GoingToSleep => self.sign_out(EndCause::Suspend, SigningOut::awaited_by_sleep, now),
            Event::WokeUp => self.end(EndCause::Suspend, now),
            Event::ShuttingDown => self.sign_out(EndCause::Shutdown, SigningOut::awaited_by_sleep, now),
            Event::WallClockJumped => self.due(now).after(vec![trail::clock_jumped()]),

            // The credential is where it belongs, before or after an adoption.
            Event::CredentialStored { session: _ } => self.due(now),
            // Of a session before this one.
            Event::CredentialDeleted { session: _ } => self.due(now),
            // The login is on disk since before the screen was hers; nothing else is waited for.
            Event::AuditStored(_) | Event::AuditFailed(..) => self.due(now),
            // The covered screen offers these; a press may have crossed the change of screens.
            Event::SignInSubmitted { .. } | Event::CodeSubmitted { .. } | Event::SignInCancelled => {
                self.due(now)
            }
            // Second copies of answers to the sign-in that led here, or to one before.
            Event::ChallengeIssued { .. } | Event::SignInRefused { .. } | Event::SignInUnanswered { .. } => {
                self.due(now)
            }
            // A second answer to a start-up that was asked twice.
            Event::StartUpFinished | Event::StartUpFailed(_) => self.due(now),
        }
    }

    /// Does what the clock asks for.
    fn due(mut self, now: Instant) -> Step {
        if let Some(cause) = self.in_use.is_over(now) {
            return self.end(cause, now);
        }
        if let ActiveScreen::Recovering { since } = self.screen
            && now >= since + UNCOVER_LIMIT
        {
            return self.end(EndCause::FailClosed, now);
        }
        match self.measuring_since {
            Some(since) if now >= since + MEASURE_LIMIT => self.measured(now),
            None if now >= self.measure_at() => {
                self.measuring_since = Some(now);
                self.announce(now, vec![Command::MeasureInactivity])
            }
            Some(_) | None => self.announce(now, Vec::new()),
        }
    }

    /// Acts on what is known of the last input, once it has been asked for.
    fn measured(mut self, now: Instant) -> Step {
        self.measuring_since = None;
        if let Some(cause) = self.in_use.is_over(now) {
            return self.end(cause, now);
        }
        if now >= self.in_use.logoff_at() {
            return self.end(EndCause::Inactivity, now);
        }
        if self.screen == ActiveScreen::Uncovered && now >= self.in_use.warning_at() {
            return InactivityWarning::begin(self.in_use, now);
        }
        self.recoveries = 0;
        let report = self.in_use.report(now);
        self.announce(now, vec![report])
    }

    /// Says once that the absolute limit is near.
    fn announce(mut self, now: Instant, mut commands: Vec<Command>) -> Step {
        if !self.in_use.is_absolute_warned && now >= self.in_use.session.absolute_warning_at {
            self.in_use.is_absolute_warned = true;
            commands.push(absolute_notice(&self.in_use, now));
        }
        Step::to(self, commands)
    }

    fn measure_at(&self) -> Instant {
        let inactive = match self.screen {
            ActiveScreen::Uncovered => self.in_use.warning_at(),
            // No warning is drawn on a covered screen.
            ActiveScreen::Recovering { .. } => self.in_use.logoff_at(),
        };
        inactive.min(self.in_use.heartbeat_at)
    }

    fn covered_by_itself(self, now: Instant) -> Step {
        match self.screen {
            ActiveScreen::Uncovered if self.recoveries >= RECOVERIES_MAX => {
                self.end(EndCause::FailClosed, now)
            }
            ActiveScreen::Uncovered => match self.in_use.is_over(now) {
                Some(cause) => self.end(cause, now),
                None => Self::recover(self.in_use, self.recoveries, now),
            },
            // Told again, for example because the input is held by now; it has been asked for.
            ActiveScreen::Recovering { .. } => self.due(now),
        }
    }

    fn end(self, cause: EndCause, now: Instant) -> Step {
        self.sign_out(cause, |signing_out| signing_out, now)
    }

    fn sign_out(self, cause: EndCause, how: impl FnOnce(SigningOut) -> SigningOut, now: Instant) -> Step {
        let withdraw = self.in_use.is_absolute_warned.then_some(Command::WithdrawNotice);
        let signing_out = SigningOut::of(Ending::of(self.in_use.session, cause), now);
        how(signing_out).enter().and(withdraw.into_iter().collect())
    }
}

pub(crate) fn absolute_notice(in_use: &InUse, now: Instant) -> Command {
    Command::Notify(Notice::AbsoluteLimitWarning { remaining: in_use.session.absolute_end.since(now) })
}
