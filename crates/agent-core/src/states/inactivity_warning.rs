//! Uncovered; automatic logoff is near.
//!
//! The next input is told as soon as it comes, prolongs the session, and reaches the app under the warning.
//! At the limit the inactivity port is asked one last time, so that a key pressed at the last moment counts.

use crate::{
    command::{Command, EndCause, Notice},
    event::Event,
    instant::Instant,
    session::InUse,
    state::{Active, InactivityWarning},
    states::{
        active::absolute_notice,
        in_use::{AtScreen, Taken},
    },
    step::Step,
};

impl InactivityWarning {
    pub(crate) fn begin(in_use: InUse, now: Instant) -> Step {
        let remaining = in_use.logoff_at().since(now);
        let commands = vec![Command::WatchForInput, Command::Notify(Notice::InactivityWarning { remaining })];
        Self { in_use, since: now, last_look_at: None }.due(now).after(commands)
    }

    pub(crate) fn deadline(&self) -> Instant {
        let look = match self.last_look_at {
            Some(_) => self.in_use.last_look_over_at(),
            None => self.in_use.logoff_at().min(self.in_use.heartbeat_at),
        };
        let announce = (!self.in_use.is_absolute_warned).then_some(self.in_use.session.absolute_warning_at);
        announce.into_iter().chain([self.in_use.session.absolute_end]).fold(look, Instant::min)
    }

    pub(crate) fn on_event(self, event: Event, now: Instant) -> Step {
        let Self { in_use, since, last_look_at } = self;
        let with = |in_use| Self { in_use, since, last_look_at };
        match in_use.take(event, now) {
            Taken::GoesOn(in_use, commands) => with(in_use).due(now).after(commands),
            Taken::Ends(signing_out) => signing_out.enter().and(take_warning_away()),
            Taken::AtScreen(in_use, what) => with(in_use).at_screen(what, now),
        }
    }

    fn at_screen(self, what: AtScreen, now: Instant) -> Step {
        match what {
            AtScreen::InputSeen { at } => self.input_seen(at, now),
            AtScreen::InactivityUnknown => self.input_unknown(now),
            // A press proves nobody's presence: a program can make one. The inactivity port, which leaves such
            // input out, is asked; a person's press it has seen as input.
            AtScreen::StayPressed if now < self.in_use.logoff_at() => {
                self.due(now).and(vec![Command::MeasureInactivity])
            }
            // Too late; where the press really was earlier, the last look sees it.
            AtScreen::StayPressed => self.due(now),
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
        let is_lasting = self.in_use.missed_input();
        if self.last_look_at.is_none() || self.in_use.is_over(now).is_some() {
            return self.due(now);
        }
        if is_lasting {
            return self.end_unmeasured(now);
        }
        // A hiccup of a busy machine: input has been watched for since the warning began.
        self.end(EndCause::Inactivity, now)
    }

    /// Does what the clock asks for.
    fn due(mut self, now: Instant) -> Step {
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

    fn end_unmeasured(self, now: Instant) -> Step {
        self.in_use.ends_unmeasured(now).enter().and(take_warning_away())
    }
}

fn take_warning_away() -> Vec<Command> {
    vec![Command::UnwatchInput, Command::WithdrawNotice]
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::{
        command::FailClosedCause,
        event::ContactFault,
        states::ward::{
            ATTEMPT, OTHER, SESSION, at, check, check_ignored, limits, secret, session_opened, warning,
        },
    };

    const MINUTE: u64 = 60_000;
    const LIMIT: u64 = 15 * MINUTE;

    #[test]
    fn any_key_keeps_her_signed_in_and_the_server_hears_at_once() {
        check(
            warning(),
            Event::InputSeen { at: at(LIMIT - 1_000) },
            LIMIT - 990,
            expect![[r#"
            → Active, last input 899s, report at 959.01s
            ReportActivity { session: SessionId(7), idle: 10ms }
            UnwatchInput
            WithdrawNotice"#]],
        );
    }

    #[test]
    fn the_button_has_the_inactivity_port_asked_and_extends_nothing_by_itself() {
        check(
            warning(),
            Event::StayPressed,
            LIMIT - 1,
            expect![[r#"
                → InactivityWarning, last input 0ns, report at 900s
                MeasureInactivity"#]],
        );
        check_ignored(warning(), Event::InputSeen { at: at(0) }, LIMIT - 1);
        check_ignored(last_look(), Event::StayPressed, LIMIT + 1);
    }

    #[test]
    fn a_key_pressed_just_before_the_warning_counts_too() {
        check(
            warning(),
            Event::InputSeen { at: at(14 * MINUTE - 1) },
            14 * MINUTE + 1,
            expect![[r#"
            → Active, last input 839.999s, report at 900.001s
            ReportActivity { session: SessionId(7), idle: 2ms }
            UnwatchInput
            WithdrawNotice"#]],
        );
    }

    #[test]
    fn at_the_limit_there_is_one_last_look() {
        assert_eq!(warning().deadline(), at(LIMIT));
        check(
            warning(),
            Event::DeadlineReached,
            LIMIT,
            expect![[r#"
                → InactivityWarning, last look, last input 0ns, report at 900s
                MeasureInactivity"#]],
        );
        assert_eq!(last_look().deadline(), at(LIMIT + 1_000));
    }

    #[test]
    fn a_key_pressed_at_the_last_moment_counts() {
        check(
            last_look(),
            Event::InputSeen { at: at(LIMIT - 1) },
            LIMIT + 90,
            expect![[r#"
            → Active, last input 899.999s, report at 960.09s
            ReportActivity { session: SessionId(7), idle: 91ms }
            UnwatchInput
            WithdrawNotice"#]],
        );
    }

    #[test]
    fn a_key_pressed_at_the_limit_or_none_at_all_signs_her_out() {
        check(
            last_look(),
            Event::InputSeen { at: at(LIMIT) },
            LIMIT + 1,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(Inactivity))
            CoverScreen
            AppendAudit(Logout of 7, Inactivity)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: Inactivity }
            UnwatchInput
            WithdrawNotice"#]],
        );
        check(
            last_look(),
            Event::InputSeen { at: at(0) },
            LIMIT + 1,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(Inactivity))
            CoverScreen
            AppendAudit(Logout of 7, Inactivity)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: Inactivity }
            UnwatchInput
            WithdrawNotice"#]],
        );
    }

    #[test]
    fn who_was_held_up_at_the_limit_does_not_say_that_she_was_away_and_who_slept_does() {
        for held_up in [warning(), last_look()] {
            check(
                held_up,
                Event::DeadlineReached,
                LIMIT + 2_999,
                expect![[r#"
                    → SigningOut, owes cover logout deletion telling, next FailClosed(InactivityUnknown)
                    CoverScreen
                    AppendAudit(Logout of 7, FailClosed)
                    DeleteCredential { session: SessionId(7) }
                    EndSession { session: SessionId(7), cause: FailClosed }
                    UnwatchInput
                    WithdrawNotice"#]],
            );
        }
        for asleep in [warning(), last_look()] {
            check(
                asleep,
                Event::DeadlineReached,
                LIMIT + 3_000,
                expect![[r#"
                    → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(Inactivity))
                    CoverScreen
                    AppendAudit(Logout of 7, Inactivity)
                    DeleteCredential { session: SessionId(7) }
                    EndSession { session: SessionId(7), cause: Inactivity }
                    UnwatchInput
                    WithdrawNotice"#]],
            );
        }
    }

    #[test]
    fn she_signs_out_by_herself() {
        check(
            warning(),
            Event::SignOutPressed,
            LIMIT - 1_000,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(UserButton))
            CoverScreen
            AppendAudit(Logout of 7, UserButton)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: UserButton }
            UnwatchInput
            WithdrawNotice"#]],
        );
    }

    #[test]
    fn the_absolute_limit_holds_whichever_is_nearer() {
        let mut ends_soon = warning();
        ends_soon.in_use.session.absolute_end = at(LIMIT - 10_000);
        ends_soon.in_use.session.absolute_warning_at = at(14 * MINUTE);

        check(
            ends_soon.clone(),
            Event::DeadlineReached,
            14 * MINUTE,
            expect!["→ InactivityWarning, last input 0ns, report at 900s"],
        );
        check(
            ends_soon,
            Event::DeadlineReached,
            LIMIT - 10_000,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(AbsoluteLimit))
            CoverScreen
            AppendAudit(Logout of 7, AbsoluteLimit)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: AbsoluteLimit }
            UnwatchInput
            WithdrawNotice"#]],
        );
    }

    #[test]
    fn back_at_work_she_is_told_of_the_absolute_limit_again() {
        let mut announced = warning();
        announced.in_use.is_absolute_warned = true;

        check(
            announced,
            Event::InputSeen { at: at(LIMIT - 1_000) },
            LIMIT - 1_000,
            expect![[r#"
            → Active, last input 899s, report at 959s
            ReportActivity { session: SessionId(7), idle: 0ns }
            UnwatchInput
            Notify(AbsoluteLimitWarning { remaining: 42301s })"#]],
        );
    }

    #[test]
    fn a_report_that_falls_due_is_made() {
        let mut due = warning();
        due.in_use.heartbeat_at = at(LIMIT - 1_000);

        check(
            due,
            Event::DeadlineReached,
            LIMIT - 1_000,
            expect![[r#"
            → InactivityWarning, last input 0ns, report at 959s
            ReportActivity { session: SessionId(7), idle: 899s }"#]],
        );
    }

    #[test]
    fn a_screen_that_covered_by_itself_takes_the_warning_with_it() {
        check(
            warning(),
            Event::ScreenCovered { input_held: true },
            LIMIT - 1_000,
            expect![[r#"
            → Active, recovering its screen, last input 0ns, report at 900s
            UnwatchInput
            WithdrawNotice
            UncoverScreen { session: SessionId(7) }"#]],
        );
    }

    #[test]
    fn sleep_shutdown_and_the_server_end_it_as_they_do_without_a_warning() {
        check(
            warning(),
            Event::GoingToSleep,
            LIMIT - 1_000,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(Suspend))
            CoverScreen
            AppendAudit(Logout of 7, Suspend)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: Suspend }
            UnwatchInput
            WithdrawNotice"#]],
        );
        check(
            warning(),
            Event::WokeUp,
            LIMIT - 1_000,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(Suspend))
            CoverScreen
            AppendAudit(Logout of 7, Suspend)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: Suspend }
            UnwatchInput
            WithdrawNotice"#]],
        );
        check(
            warning(),
            Event::ShuttingDown,
            LIMIT - 1_000,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(Shutdown))
            CoverScreen
            AppendAudit(Logout of 7, Shutdown)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: Shutdown }
            UnwatchInput
            WithdrawNotice"#]],
        );
        check(
            warning(),
            Event::SessionEndedByServer { session: SESSION, cause: EndCause::Admin },
            LIMIT - 1_000,
            expect![[r#"
                → SigningOut, owes cover logout deletion, next SignedOut(SessionEnded(Admin))
                CoverScreen
                AppendAudit(Logout of 7, Admin)
                DeleteCredential { session: SessionId(7) }
                UnwatchInput
                WithdrawNotice"#]],
        );
    }

    #[test]
    fn the_server_may_come_back_and_adopt_during_the_warning() {
        check(
            warning(),
            Event::ServerReached,
            LIMIT - 1_000,
            expect![[r#"
            → InactivityWarning, last input 0ns, report at 959s
            ReportActivity { session: SessionId(7), idle: 899s }"#]],
        );
        check(
            warning(),
            Event::SessionLapsed { session: SESSION },
            LIMIT - 1_000,
            expect![[r#"
            → InactivityWarning, last input 0ns, report at 959s, lapsed
            AdoptSession { session: SessionId(7), idle: 899s, idle_longest: 899s }"#]],
        );
        check(
            warning(),
            Event::SessionAdopted { session: SESSION, credential: secret(), limits: limits() },
            LIMIT - 1_000,
            expect![[r#"
                → InactivityWarning, last input 0ns, report at 900s
                StoreCredential { session: SessionId(7), credential: Secret(…) }"#]],
        );
    }

    #[test]
    fn news_of_others_and_stray_presses_change_nothing() {
        for event in [
            Event::InputSeen { at: at(0) },
            Event::SessionEndedByServer { session: OTHER, cause: EndCause::Admin },
            Event::KeychainFailed { session: OTHER },
            Event::SignInCancelled,
            Event::WorkstationRefused(FailClosedCause::WorkstationCloned),
            session_opened(ATTEMPT, SESSION),
        ] {
            check_ignored(warning(), event, LIMIT - 1_000);
        }
        check(
            warning(),
            Event::ServerAway(ContactFault::Slow),
            LIMIT - 1_000,
            expect!["→ InactivityWarning, last input 0ns, report at 900s, server Slow"],
        );
    }

    #[test]
    fn input_that_could_not_be_told_twice_running_is_no_inactivity() {
        check(
            warning(),
            Event::InactivityUnknown,
            LIMIT - 1_000,
            expect!["→ InactivityWarning, last input 0ns (unknown since), report at 900s"],
        );
        let mut blind = last_look();
        blind.in_use.is_input_unknown = true;
        check(
            blind.clone(),
            Event::InactivityUnknown,
            LIMIT + 1,
            expect![[r#"
                → SigningOut, owes cover logout deletion telling, next FailClosed(InactivityUnknown)
                CoverScreen
                AppendAudit(Logout of 7, FailClosed)
                DeleteCredential { session: SessionId(7) }
                EndSession { session: SessionId(7), cause: FailClosed }
                UnwatchInput
                WithdrawNotice"#]],
        );
        // Once, in an answer that comes in time, is a hiccup; an answer that does not come in time tells nothing.
        check(
            last_look(),
            Event::InactivityUnknown,
            LIMIT + 1,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(Inactivity))
            CoverScreen
            AppendAudit(Logout of 7, Inactivity)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: Inactivity }
            UnwatchInput
            WithdrawNotice"#]],
        );
        check(
            last_look(),
            Event::InactivityUnknown,
            LIMIT + 1_000,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next FailClosed(InactivityUnknown)
            CoverScreen
            AppendAudit(Logout of 7, FailClosed)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: FailClosed }
            UnwatchInput
            WithdrawNotice"#]],
        );
        check(
            last_look(),
            Event::DeadlineReached,
            LIMIT + 1_000,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next FailClosed(InactivityUnknown)
            CoverScreen
            AppendAudit(Logout of 7, FailClosed)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: FailClosed }
            UnwatchInput
            WithdrawNotice"#]],
        );
        check(
            last_look(),
            Event::ScreenCovered { input_held: true },
            LIMIT + 1_000,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next FailClosed(InactivityUnknown)
            CoverScreen
            AppendAudit(Logout of 7, FailClosed)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: FailClosed }
            UnwatchInput
            WithdrawNotice"#]],
        );
        // It can be told again: she was away.
        check(
            blind,
            Event::InputSeen { at: at(0) },
            LIMIT + 1,
            expect![[r#"
                → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(Inactivity))
                CoverScreen
                AppendAudit(Logout of 7, Inactivity)
                DeleteCredential { session: SessionId(7) }
                EndSession { session: SessionId(7), cause: Inactivity }
                UnwatchInput
                WithdrawNotice"#]],
        );
    }

    fn last_look() -> InactivityWarning {
        let mut warning = InactivityWarning { last_look_at: Some(at(LIMIT)), ..warning() };
        warning.in_use.heartbeat_at = at(LIMIT + MINUTE);
        warning
    }
}
