//! Uncovered; automatic logoff is near.
//!
//! The next input is told as soon as it comes, prolongs the session, and reaches the app under the warning.
//! At the limit the inactivity port is asked one last time, so that a key pressed at the last moment counts.

use crate::{
    apps::SaveReason,
    command::{Command, EndCause, Notice},
    event::Event,
    instant::Instant,
    session::InUse,
    state::{Active, Concealed, InactivityWarning},
    states::{
        active::absolute_notice,
        in_use::{AtScreen, Taken},
    },
    step::Step,
    time_limits::MEASURE_LIMIT,
};

impl InactivityWarning {
    pub(crate) fn begin(in_use: InUse, now: Instant) -> Step {
        // Nobody looks at it.
        let in_use = InUse { my_sessions: None, ..in_use };
        let remaining = in_use.logoff_at().since(now);
        let save = Command::SaveApps { session: in_use.session.id, why: SaveReason::Warned };
        let notice = Notice::InactivityWarning { remaining };
        let commands = vec![Command::WatchForInput, Command::Notify(notice), save];
        Self { in_use, since: now, last_look_at: None }.due(now).after(commands)
    }

    pub(crate) fn deadline(&self) -> Instant {
        let look = match self.last_look_at {
            Some(_) => self.in_use.last_look_over_at(),
            None => self.in_use.logoff_at().min(self.in_use.heartbeat_at),
        };
        let announce = (!self.in_use.is_absolute_warned).then_some(self.in_use.session.absolute_warning_at);
        [announce, self.in_use.held_until(), Some(self.in_use.session.absolute_end)]
            .into_iter()
            .flatten()
            .fold(look, Instant::min)
    }

    pub(crate) fn on_event(self, event: Event, now: Instant) -> Step {
        let Self { in_use, since, last_look_at } = self;
        let with = |in_use| Self { in_use, since, last_look_at };
        match in_use.take(event, now) {
            Taken::GoesOn(in_use, commands) => with(in_use).due(now).after(commands),
            Taken::Ends(signing_out) => signing_out.enter().and(take_warning_away()),
            Taken::Conceals(in_use, cause) => Concealed::begin(in_use, cause, now).and(take_warning_away()),
            Taken::Sleeps(in_use) => Concealed::begin_sleeping(in_use, now).and(take_warning_away()),
            Taken::GivesWay(in_use, attempt, badge) => {
                Concealed::begin_taken_over(in_use, attempt, badge, now).and(take_warning_away())
            }
            Taken::AtScreen(in_use, what) => with(in_use).at_screen(what, now),
        }
    }

    fn at_screen(mut self, what: AtScreen, now: Instant) -> Step {
        match what {
            AtScreen::InputSeen { at } => self.input_seen(at, now),
            AtScreen::InactivityUnknown => self.input_unknown(now),
            // A press proves nobody's presence: a program can make one. The inactivity port, which leaves such
            // input out, is asked; a person's press it has seen as input.
            AtScreen::StayPressed if now + MEASURE_LIMIT < self.in_use.logoff_at() => {
                self.due(now).and(vec![Command::MeasureInactivity])
            }
            // The last look sees it. One more answer, of a look before it, could pass for the last look's.
            AtScreen::StayPressed => self.due(now),
            // "Tap or press any key to stay signed in."
            AtScreen::HoldersTap if now < self.in_use.logoff_at() => {
                self.last_look_at = None;
                self.in_use.saw_input(now);
                self.due(now)
            }
            // Too late: the limit has come.
            AtScreen::HoldersTap => self.due(now),
            AtScreen::RenewPressed => Concealed::begin_renewing(self.in_use, now).and(take_warning_away()),
            // A person's press is told as the input it is, and ends the warning; then she may press again.
            AtScreen::MySessionsPressed { .. } => self.due(now),
            // No warning is drawn on a covered screen: back to being active, which asks for the screen.
            AtScreen::CoveredByItself => match self.in_use.is_over(now) {
                Some(cause) => self.over(cause, now),
                None => Active::recover(self.in_use, 0, now).after(take_warning_away()),
            },
            // Told again.
            AtScreen::Uncovered => self.due(now),
        }
    }

    fn input_seen(mut self, at: Instant, now: Instant) -> Step {
        if at >= self.in_use.logoff_at() {
            return self.end(EndCause::Inactivity, now);
        }
        let is_news = at > self.in_use.last_input;
        self.in_use.saw_input(at);
        if is_news {
            self.last_look_at = None;
            return self.due(now);
        }
        if self.last_look_at.is_some() {
            // The last look's answer: nothing since the warning began.
            return self.end(EndCause::Inactivity, now);
        }
        self.due(now)
    }

    fn input_unknown(mut self, now: Instant) -> Step {
        let may_look_again = self.in_use.may_look_again(now);
        if self.last_look_at.is_none() {
            return self.due(now);
        }
        if may_look_again {
            return Step::to(self, vec![Command::MeasureInactivity]);
        }
        // That input is watched for tells nothing either, where the display does not answer.
        let cause = self.in_use.is_over(now).unwrap_or(EndCause::Inactivity);
        self.over(cause, now)
    }

    /// Does what the clock asks for.
    fn due(mut self, now: Instant) -> Step {
        self.in_use.let_go(now);
        if let Some(cause) = self.in_use.is_over(now) {
            return self.over(cause, now);
        }
        if now < self.in_use.warning_at() {
            return self.stay_signed_in(now);
        }
        // The warning on screen shows both limits; the one notification stays with the nearer.
        self.in_use.is_absolute_warned |= now >= self.in_use.session.absolute_warning_at;
        let mut commands = Vec::new();
        if self.last_look_at.is_none() {
            if now >= self.in_use.logoff_at() {
                self.last_look_at = Some(now);
                commands.push(Command::MeasureInactivity);
            } else if now >= self.in_use.heartbeat_at {
                // Input is being watched for, so what is known of it is true now.
                commands.extend(self.in_use.report(now));
            }
        }
        Step::to(self, commands)
    }

    /// The extension is told to the server at once.
    fn stay_signed_in(mut self, now: Instant) -> Step {
        let notice = if self.in_use.is_absolute_warned {
            absolute_notice(&self.in_use, now)
        } else {
            Command::WithdrawNotice
        };
        let report = self.in_use.report(now);
        Step::to(Active::resume(self.in_use), vec![Command::UnwatchInput, notice])
            .after(report.into_iter().collect())
    }

    fn end(self, cause: EndCause, now: Instant) -> Step {
        self.in_use.signing_out(cause, now).enter().and(take_warning_away())
    }

    fn over(self, cause: EndCause, now: Instant) -> Step {
        self.in_use.ends_unlooked(cause, now).enter().and(take_warning_away())
    }
}

fn take_warning_away() -> Vec<Command> {
    vec![Command::UnwatchInput, Command::WithdrawNotice]
}

#[cfg(test)]
mod tests;
