//! Uncovered; a session is in use.
//!
//! Entered only when the screen is confirmed to be hers. Nobody is asked for input while nothing is due:
//! the inactivity port is asked at each heartbeat and when, as far as is known, the warning is due. Every
//! answer that keeps the session is reported, so that the server's clock never runs ahead of ours.

use crate::{
    command::{Command, ConcealCause, EndCause, Notice},
    event::{Event, TapOut},
    instant::Instant,
    session::{InUse, Session},
    state::{Active, ActiveScreen, Concealed, InactivityWarning},
    states::in_use::{AtScreen, Taken},
    step::Step,
    time_limits::{MEASURE_LIMIT, RECOVERIES_MAX, UNCOVER_LIMIT},
};

impl Active {
    /// The screen has just become hers.
    pub(crate) fn begin(session: Session, now: Instant) -> Step {
        Self::hers(InUse::new(session), now)
    }

    /// Her screen has just become hers again.
    pub(crate) fn begin_again(in_use: InUse, now: Instant) -> Step {
        Self::hers(InUse { uncovered_at: now, ..in_use }, now)
    }

    fn hers(mut in_use: InUse, now: Instant) -> Step {
        if std::mem::take(&mut in_use.session.is_uncovered_elsewhere) {
            return Concealed::begin_left(in_use, now);
        }
        let run = in_use.session.run_apps();
        Self::resume(in_use).due(now).after(vec![run])
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
        [
            Some(self.in_use.last_look_over_at()),
            Some(self.in_use.session.absolute_end),
            announce,
            recover,
            self.in_use.held_until(),
        ]
        .into_iter()
        .flatten()
        .fold(measure, Instant::min)
    }

    pub(crate) fn on_event(self, event: Event, now: Instant) -> Step {
        let Self { in_use, screen, recoveries, measuring_since } = self;
        let withdraw = withdraw_notice(&in_use);
        let with = |in_use| Self { in_use, screen, recoveries, measuring_since };
        match in_use.take(event, now) {
            Taken::GoesOn(in_use, commands) => with(in_use).due(now).after(commands),
            Taken::Ends(signing_out) => signing_out.enter().and(withdraw),
            Taken::Conceals(in_use, cause) => Concealed::begin(in_use, cause, now).and(withdraw),
            Taken::Sleeps(in_use) => Concealed::begin_sleeping(in_use, now).and(withdraw),
            Taken::GivesWay(in_use, attempt, badge) => {
                Concealed::begin_taken_over(in_use, attempt, badge, now).and(withdraw)
            }
            Taken::AtScreen(in_use, what) => with(in_use).at_screen(what, now),
        }
    }

    fn at_screen(mut self, what: AtScreen, now: Instant) -> Step {
        match what {
            AtScreen::InputSeen { at } if at >= self.in_use.logoff_at() => {
                self.end(EndCause::Inactivity, now)
            }
            AtScreen::InputSeen { at } => {
                self.in_use.saw_input(at);
                self.measured(now)
            }
            AtScreen::InactivityUnknown if self.measuring_since.is_some() => self.unmeasured(now),
            // Not an answer to anything asked.
            AtScreen::InactivityUnknown => self.due(now),
            // The button stands in the warning alone, and a person's press is told as the input it is.
            AtScreen::StayPressed => self.due(now),
            AtScreen::HoldersTap => self.holders_tap(now),
            AtScreen::RenewPressed => {
                let withdraw = withdraw_notice(&self.in_use);
                Concealed::begin_renewing(self.in_use, now).and(withdraw)
            }
            AtScreen::MySessionsPressed { attempt, wish } => {
                let command = self.in_use.wants_of_my_sessions(attempt, wish, now);
                self.due(now).after(command.into_iter().collect())
            }
            AtScreen::CoveredByItself => self.covered_by_itself(now),
            AtScreen::Uncovered => {
                self.screen = ActiveScreen::Uncovered;
                self.due(now)
            }
        }
    }

    fn holders_tap(mut self, now: Instant) -> Step {
        if now >= self.in_use.logoff_at() {
            return self.due(now);
        }
        self.in_use.saw_input(now);
        let withdraw = withdraw_notice(&self.in_use);
        match self.in_use.session.tap_out {
            TapOut::Cover => Concealed::begin(self.in_use, ConcealCause::UserTap, now),
            TapOut::SignOut => Concealed::begin_signing_out(self.in_use, now),
        }
        .and(withdraw)
    }

    /// Does what the clock asks for.
    fn due(mut self, now: Instant) -> Step {
        self.in_use.let_go(now);
        if let Some(cause) = self.in_use.is_over(now) {
            return self.over(cause, now);
        }
        if let ActiveScreen::Recovering { since } = self.screen
            && now >= since + UNCOVER_LIMIT
        {
            return self.end(EndCause::FailClosed, now);
        }
        match self.measuring_since {
            Some(since) if now >= since + MEASURE_LIMIT => self.unmeasured(now),
            None if now >= self.measure_at() => {
                self.measuring_since = Some(now);
                self.announce(now, vec![Command::MeasureInactivity])
            }
            Some(_) | None => self.announce(now, Vec::new()),
        }
    }

    /// It was asked for, and is not known: no answer in time, or that it cannot be told. Before the limit that counts
    /// as no input. At the limit it is asked once more, if there is time; then it is no inactivity, as nothing watched
    /// for input meanwhile.
    fn unmeasured(mut self, now: Instant) -> Step {
        let may_look_again = self.in_use.may_look_again(now);
        if now < self.in_use.logoff_at() {
            return self.measured(now);
        }
        if may_look_again {
            self.measuring_since = Some(now);
            return Step::to(self, vec![Command::MeasureInactivity]);
        }
        let cause = self.in_use.is_over(now).unwrap_or(EndCause::Inactivity);
        self.over(cause, now)
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
        if self.in_use.conceal_at().is_some_and(|at| now >= at) {
            let withdraw = withdraw_notice(&self.in_use);
            return Concealed::begin(self.in_use, ConcealCause::Inactivity, now).and(withdraw);
        }
        if self.screen == ActiveScreen::Uncovered && now >= self.in_use.warning_at() {
            return InactivityWarning::begin(self.in_use, now);
        }
        self.recoveries = 0;
        let report = self.in_use.report(now);
        self.announce(now, report.into_iter().collect())
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
            ActiveScreen::Uncovered => self.in_use.conceal_at().unwrap_or_else(|| self.in_use.warning_at()),
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
                Some(cause) => self.over(cause, now),
                None => Self::recover(self.in_use, self.recoveries, now),
            },
            // Told again, for example because the input is held by now; it has been asked for.
            ActiveScreen::Recovering { .. } => self.due(now),
        }
    }

    fn end(self, cause: EndCause, now: Instant) -> Step {
        let withdraw = withdraw_notice(&self.in_use);
        self.in_use.signing_out(cause, now).enter().and(withdraw)
    }

    fn over(self, cause: EndCause, now: Instant) -> Step {
        let withdraw = withdraw_notice(&self.in_use);
        self.in_use.ends_unlooked(cause, now).enter().and(withdraw)
    }
}

/// The one notice that an active session may have on screen.
fn withdraw_notice(in_use: &InUse) -> Vec<Command> {
    in_use.is_absolute_warned.then_some(Command::WithdrawNotice).into_iter().collect()
}

pub(crate) fn absolute_notice(in_use: &InUse, now: Instant) -> Command {
    Command::Notify(Notice::AbsoluteLimitWarning { remaining: in_use.session.absolute_end.since(now) })
}

#[cfg(test)]
mod badge_tests;
#[cfg(test)]
mod strip_tests;
#[cfg(test)]
mod tests;
