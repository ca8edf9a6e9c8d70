//! Uncovered; a session is in use.
//!
//! Entered only when the screen is confirmed to be hers. Nobody is asked for input while nothing is due:
//! the inactivity port is asked at each heartbeat and when, as far as is known, the warning is due. Every
//! answer that keeps the session is reported, so that the server's clock never runs ahead of ours.

use crate::{
    command::{Command, EndCause, Notice},
    event::Event,
    instant::Instant,
    session::{InUse, Session},
    state::{Active, ActiveScreen, InactivityWarning},
    states::in_use::{AtScreen, Taken},
    step::Step,
    time_limits::{MEASURE_LIMIT, RECOVERIES_MAX, UNCOVER_LIMIT},
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

    pub(crate) fn on_event(self, event: Event, now: Instant) -> Step {
        let Self { in_use, screen, recoveries, measuring_since } = self;
        let withdraw = withdraw_notice(&in_use);
        let with = |in_use| Self { in_use, screen, recoveries, measuring_since };
        match in_use.take(event, now) {
            Taken::GoesOn(in_use, commands) => with(in_use).due(now).after(commands),
            Taken::Ends(signing_out) => signing_out.enter().and(withdraw),
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
            AtScreen::CoveredByItself => self.covered_by_itself(now),
            AtScreen::Uncovered => {
                self.screen = ActiveScreen::Uncovered;
                self.due(now)
            }
        }
    }

    /// Does what the clock asks for.
    fn due(mut self, now: Instant) -> Step {
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
        let is_lasting = self.in_use.missed_input();
        if now < self.in_use.logoff_at() {
            return self.measured(now);
        }
        if !is_lasting && self.in_use.is_over(now).is_none() {
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
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::{
        command::FailClosedCause,
        event::{ContactFault, RecordKey},
        state::State,
        states::ward::{
            ATTEMPT, OTHER, SESSION, active, at, check, check_ignored, in_use, limits, secret, session_opened,
        },
    };

    const MINUTE: u64 = 60_000;

    #[test]
    fn nothing_is_asked_before_the_next_report_is_due() {
        assert_eq!(active().deadline(), at(MINUTE));
        check_ignored(active(), Event::DeadlineReached, MINUTE - 1);
    }

    #[test]
    fn a_report_tells_what_the_inactivity_really_is() {
        check(
            active(),
            Event::DeadlineReached,
            MINUTE,
            expect![[r#"
            → Active, measuring, last input 0ns, report at 60s
            MeasureInactivity"#]],
        );
        check(
            measuring(MINUTE),
            Event::InputSeen { at: at(40_000) },
            MINUTE + 5,
            expect![[r#"
            → Active, last input 40s, report at 120.005s
            ReportActivity { session: SessionId(7), idle: 20.005s }"#]],
        );
        check(
            measuring(MINUTE),
            Event::InactivityUnknown,
            MINUTE + 5,
            expect![[r#"
                → Active, last input 0ns (unknown since), report at 120.005s
                ReportActivity { session: SessionId(7), idle: 60.005s }"#]],
        );
    }

    #[test]
    fn an_inactivity_port_that_says_nothing_counts_as_no_input() {
        check_ignored(measuring(MINUTE), Event::DeadlineReached, MINUTE + 149);
        check(
            measuring(MINUTE),
            Event::DeadlineReached,
            MINUTE + 1_000,
            expect![[r#"
                → Active, last input 0ns (unknown since), report at 121s
                ReportActivity { session: SessionId(7), idle: 61s }"#]],
        );
    }

    #[test]
    fn the_warning_begins_a_minute_before_the_limit() {
        check(
            quiet(),
            Event::DeadlineReached,
            14 * MINUTE,
            expect![[r#"
            → Active, measuring, last input 0ns, report at 900s
            MeasureInactivity"#]],
        );
        check(
            measuring_at_warning(),
            Event::InputSeen { at: at(0) },
            14 * MINUTE + 5,
            expect![[r#"
            → InactivityWarning, last input 0ns, report at 900s
            WatchForInput
            Notify(InactivityWarning { remaining: 59.995s })"#]],
        );
        check(
            measuring_at_warning(),
            Event::InactivityUnknown,
            14 * MINUTE + 5,
            expect![[r#"
                → InactivityWarning, last input 0ns (unknown since), report at 900s
                WatchForInput
                Notify(InactivityWarning { remaining: 59.995s })"#]],
        );
    }

    #[test]
    fn input_that_nobody_had_asked_about_yet_keeps_the_warning_away() {
        check(
            measuring_at_warning(),
            Event::InputSeen { at: at(13 * MINUTE) },
            14 * MINUTE + 5,
            expect![[r#"
            → Active, last input 780s, report at 900.005s
            ReportActivity { session: SessionId(7), idle: 60.005s }"#]],
        );
    }

    #[test]
    fn input_after_the_limit_comes_too_late() {
        check(
            measuring_at_warning(),
            Event::InputSeen { at: at(15 * MINUTE) },
            15 * MINUTE,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(Inactivity))
            CoverScreen
            AppendAudit(Logout of 7, Inactivity)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: Inactivity }"#]],
        );
        check(
            active(),
            Event::DeadlineReached,
            20 * MINUTE,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(Inactivity))
            CoverScreen
            AppendAudit(Logout of 7, Inactivity)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: Inactivity }"#]],
        );
    }

    #[test]
    fn waking_late_from_a_sleep_that_nobody_announced_leaves_no_time_for_a_last_look() {
        check(
            quiet(),
            Event::DeadlineReached,
            15 * MINUTE + 999,
            expect![[r#"
            → Active, measuring, last input 0ns, report at 900s
            MeasureInactivity"#]],
        );
        // Only held up: it may have been typed meanwhile.
        for late in [1_000, 2_999] {
            check(
                quiet(),
                Event::DeadlineReached,
                15 * MINUTE + late,
                expect![[r#"
                    → SigningOut, owes cover logout deletion telling, next FailClosed(InactivityUnknown)
                    CoverScreen
                    AppendAudit(Logout of 7, FailClosed)
                    DeleteCredential { session: SessionId(7) }
                    EndSession { session: SessionId(7), cause: FailClosed }"#]],
            );
        }
        for asleep in [quiet(), Active { measuring_since: Some(at(15 * MINUTE - 5)), ..quiet() }] {
            check(
                asleep,
                Event::DeadlineReached,
                15 * MINUTE + 3_000,
                expect![[r#"
                    → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(Inactivity))
                    CoverScreen
                    AppendAudit(Logout of 7, Inactivity)
                    DeleteCredential { session: SessionId(7) }
                    EndSession { session: SessionId(7), cause: Inactivity }"#]],
            );
        }
    }

    #[test]
    fn a_warning_that_begins_with_a_report_overdue_makes_it() {
        check(
            Active { measuring_since: Some(at(14 * MINUTE)), ..active() },
            Event::InactivityUnknown,
            14 * MINUTE,
            expect![[r#"
                → InactivityWarning, last input 0ns (unknown since), report at 900s
                WatchForInput
                Notify(InactivityWarning { remaining: 60s })
                ReportActivity { session: SessionId(7), idle: 840s }"#]],
        );
    }

    #[test]
    fn she_signs_out() {
        check(
            active(),
            Event::SignOutPressed,
            10,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(UserButton))
            CoverScreen
            AppendAudit(Logout of 7, UserButton)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: UserButton }"#]],
        );
    }

    #[test]
    fn the_absolute_limit_is_announced_five_minutes_before_and_then_holds() {
        let twelve_hours = 12 * 60 * MINUTE;
        let in_use = InUse {
            last_input: at(twelve_hours - 6 * MINUTE),
            heartbeat_at: at(twelve_hours + 1),
            ..in_use()
        };
        let announced = InUse { is_absolute_warned: true, ..in_use.clone() };

        check(
            Active::resume(in_use),
            Event::DeadlineReached,
            twelve_hours - 5 * MINUTE,
            expect![[r#"
            → Active, last input 42840s, report at 43200.001s
            Notify(AbsoluteLimitWarning { remaining: 300s })"#]],
        );
        check(
            Active::resume(announced),
            Event::DeadlineReached,
            twelve_hours,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(AbsoluteLimit))
            CoverScreen
            AppendAudit(Logout of 7, AbsoluteLimit)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: AbsoluteLimit }
            WithdrawNotice"#]],
        );
    }

    #[test]
    fn work_goes_on_while_the_server_is_away_and_it_hears_of_it_when_it_is_back() {
        check(
            active(),
            Event::ServerAway(ContactFault::Unreachable),
            10,
            expect!["→ Active, last input 0ns, report at 60s, server Unreachable"],
        );
        check(
            active(),
            Event::ServerReached,
            10,
            expect![[r#"
            → Active, measuring, last input 0ns, report at 10ms
            MeasureInactivity"#]],
        );
    }

    #[test]
    fn a_lapsed_session_is_told_how_it_really_was_and_adopted() {
        let in_use =
            InUse { last_input: at(5 * MINUTE), idle_longest: at(4 * MINUTE).since(at(0)), ..in_use() };
        let lapsed = InUse { is_lapsed: true, ..in_use.clone() };

        check(
            Active::resume(in_use),
            Event::SessionLapsed { session: SESSION },
            6 * MINUTE,
            expect![[r#"
            → Active, last input 300s, report at 420s, lapsed
            AdoptSession { session: SessionId(7), idle: 60s, idle_longest: 240s }"#]],
        );
        check(
            Active::resume(lapsed.clone()),
            Event::SessionAdopted { session: SESSION, credential: secret(), limits: limits() },
            6 * MINUTE,
            expect![[r#"
                → Active, measuring, last input 300s, report at 60s
                StoreCredential { session: SessionId(7), credential: Secret(…) }
                MeasureInactivity"#]],
        );
        check(
            Active { measuring_since: Some(at(7 * MINUTE)), ..Active::resume(lapsed) },
            Event::InactivityUnknown,
            7 * MINUTE,
            expect![[r#"
                → Active, last input 300s (unknown since), report at 480s, lapsed
                AdoptSession { session: SessionId(7), idle: 120s, idle_longest: 240s }"#]],
        );
    }

    #[test]
    fn one_adoption_is_asked_for_at_a_time_until_it_is_answered_or_given_up() {
        let asked = InUse {
            last_input: at(5 * MINUTE),
            is_lapsed: true,
            adoption_asked_at: Some(at(6 * MINUTE)),
            ..in_use()
        };

        check(
            Active::resume(InUse { heartbeat_at: at(7 * MINUTE), ..asked.clone() }),
            Event::SessionLapsed { session: SESSION },
            6 * MINUTE + 100,
            expect!["→ Active, last input 300s, report at 368s, lapsed"],
        );
        for (event, at_ms) in [
            (Event::ServerAway(ContactFault::Slow), 6 * MINUTE + 100),
            (Event::DeadlineReached, 6 * MINUTE + 8_000),
        ] {
            let waiting = Active::resume(InUse { heartbeat_at: at(7 * MINUTE), ..asked.clone() });
            let Step { state, .. } = waiting.on_event(event, at(at_ms));
            let Step { commands, .. } =
                crate::step::step(state, Event::SessionLapsed { session: SESSION }, at(at_ms));
            assert!(matches!(commands[..], [Command::AdoptSession { .. }]), "{commands:?}");
        }
    }

    #[test]
    fn an_adoption_does_not_extend_the_absolute_limit() {
        let adopted = Event::SessionAdopted { session: SESSION, credential: secret(), limits: limits() };

        let step = active().on_event(adopted, at(30_000));

        let State::Active(after) = step.state else { panic!("{:?}", step.state) };
        assert_eq!(after.in_use.session.absolute_end, active().in_use.session.absolute_end);
    }

    #[test]
    fn what_the_server_ended_is_over_with_the_servers_cause() {
        check(
            active(),
            Event::SessionEndedByServer { session: SESSION, cause: EndCause::Disabled },
            10,
            expect![[r#"
            → SigningOut, owes cover logout deletion, next SignedOut(SessionEnded(Disabled))
            CoverScreen
            AppendAudit(Logout of 7, Disabled)
            DeleteCredential { session: SessionId(7) }"#]],
        );
    }

    #[test]
    fn a_revoked_workstation_ends_its_session_and_a_cloned_one_lets_it_finish() {
        check(
            active(),
            Event::WorkstationRefused(FailClosedCause::WorkstationRevoked),
            10,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next FailClosed(WorkstationRevoked)
            CoverScreen
            AppendAudit(Logout of 7, WorkstationRevoked)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: WorkstationRevoked }"#]],
        );
        check_ignored(active(), Event::WorkstationRefused(FailClosedCause::WorkstationCloned), 10);
    }

    #[test]
    fn a_screen_that_covered_by_itself_is_asked_for_again() {
        check(
            active(),
            Event::ScreenCovered { input_held: true },
            10,
            expect![[r#"
            → Active, recovering its screen, last input 0ns, report at 60s
            UncoverScreen { session: SessionId(7) }"#]],
        );
        check_ignored(recovering(), Event::ScreenCovered { input_held: false }, 20);
        check(
            recovering(),
            Event::ScreenUncovered { session: SESSION },
            30,
            expect!["→ Active, last input 0ns, report at 60s"],
        );
    }

    #[test]
    fn a_screen_that_does_not_come_back_or_does_not_stay_ends_the_session() {
        check(
            recovering(),
            Event::DeadlineReached,
            3_010,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(FailClosed))
            CoverScreen
            AppendAudit(Logout of 7, FailClosed)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: FailClosed }"#]],
        );
        check(
            Active { recoveries: RECOVERIES_MAX, ..active() },
            Event::ScreenCovered { input_held: true },
            10,
            expect![[r#"
                → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(FailClosed))
                CoverScreen
                AppendAudit(Logout of 7, FailClosed)
                DeleteCredential { session: SessionId(7) }
                EndSession { session: SessionId(7), cause: FailClosed }"#]],
        );
        check(
            active(),
            Event::ScreenFailed,
            10,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(FailClosed))
            CoverScreen
            AppendAudit(Logout of 7, FailClosed)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: FailClosed }"#]],
        );
    }

    #[test]
    fn a_screen_given_to_somebody_else_ends_the_session() {
        check(
            active(),
            Event::ScreenUncovered { session: OTHER },
            10,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(FailClosed))
            CoverScreen
            AppendAudit(Logout of 7, FailClosed)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: FailClosed }"#]],
        );
    }

    #[test]
    fn no_session_outlives_the_machines_sleep() {
        check(
            active(),
            Event::GoingToSleep,
            10,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(Suspend))
            CoverScreen
            AppendAudit(Logout of 7, Suspend)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: Suspend }"#]],
        );
        check(
            active(),
            Event::WokeUp,
            2 * MINUTE,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(Suspend))
            CoverScreen
            AppendAudit(Logout of 7, Suspend)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: Suspend }"#]],
        );
    }

    #[test]
    fn a_shutdown_ends_the_session_on_record() {
        check(
            active(),
            Event::ShuttingDown,
            10,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(Shutdown))
            CoverScreen
            AppendAudit(Logout of 7, Shutdown)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: Shutdown }"#]],
        );
    }

    #[test]
    fn a_fresh_credential_that_cannot_be_stored_ends_the_session() {
        check(
            active(),
            Event::KeychainFailed { session: SESSION },
            10,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(FailClosed))
            CoverScreen
            AppendAudit(Logout of 7, FailClosed)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: FailClosed }"#]],
        );
    }

    #[test]
    fn a_second_session_is_ended_and_a_second_copy_of_the_answer_is_not() {
        check(
            active(),
            session_opened(ATTEMPT, OTHER),
            10,
            expect![[r#"
            → Active, last input 0ns, report at 60s
            EndSession { session: SessionId(8), cause: FailClosed }"#]],
        );
        check_ignored(active(), session_opened(ATTEMPT, SESSION), 10);
    }

    #[test]
    fn news_of_others_and_stray_presses_change_nothing() {
        for event in [
            Event::SessionEndedByServer { session: OTHER, cause: EndCause::Admin },
            Event::SessionLapsed { session: OTHER },
            Event::SessionAdopted { session: OTHER, credential: secret(), limits: limits() },
            Event::KeychainFailed { session: OTHER },
            Event::CredentialStored { session: SESSION },
            Event::AuditFailed(RecordKey::Logout(OTHER), FailClosedCause::SpoolFull),
            Event::ScreenUncovered { session: SESSION },
            Event::StayPressed,
            Event::SignInCancelled,
            Event::StartUpFinished,
            Event::InactivityUnknown,
        ] {
            check_ignored(active(), event, 10);
        }
    }

    #[test]
    fn at_the_limit_input_that_could_not_be_told_is_no_inactivity() {
        let mut asked = Active { measuring_since: Some(at(15 * MINUTE)), ..recovering() };
        asked.screen = ActiveScreen::Recovering { since: at(15 * MINUTE - 100) };
        // A busy machine's hiccup is asked about once more.
        check(
            asked.clone(),
            Event::InactivityUnknown,
            15 * MINUTE + 5,
            expect![[r#"
                → Active, recovering its screen, measuring, last input 0ns (unknown since), report at 60s
                MeasureInactivity"#]],
        );
        asked.in_use.is_input_unknown = true;
        check(
            asked.clone(),
            Event::InactivityUnknown,
            15 * MINUTE + 400,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next FailClosed(InactivityUnknown)
            CoverScreen
            AppendAudit(Logout of 7, FailClosed)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: FailClosed }"#]],
        );

        // Silent, and late with what was true long before: the first tells nothing.
        check(
            asked.clone(),
            Event::DeadlineReached,
            15 * MINUTE + 1_000,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next FailClosed(InactivityUnknown)
            CoverScreen
            AppendAudit(Logout of 7, FailClosed)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: FailClosed }"#]],
        );
        check(
            asked.clone(),
            Event::InputSeen { at: at(0) },
            15 * MINUTE + 400,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(Inactivity))
            CoverScreen
            AppendAudit(Logout of 7, Inactivity)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: Inactivity }"#]],
        );
        asked.in_use.session.absolute_end = at(15 * MINUTE);
        check(
            asked,
            Event::DeadlineReached,
            15 * MINUTE + 1_000,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next SignedOut(SessionEnded(AbsoluteLimit))
            CoverScreen
            AppendAudit(Logout of 7, AbsoluteLimit)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: AbsoluteLimit }"#]],
        );
    }

    #[test]
    fn a_source_that_stays_silent_is_not_known_rather_than_inactive() {
        check(
            measuring_at_warning(),
            Event::DeadlineReached,
            14 * MINUTE + 1_000,
            expect![[r#"
            → InactivityWarning, last input 0ns (unknown since), report at 900s
            WatchForInput
            Notify(InactivityWarning { remaining: 59s })"#]],
        );
        let overdue = Active { measuring_since: Some(at(14 * MINUTE)), ..quiet() };
        check(
            overdue,
            Event::DeadlineReached,
            15 * MINUTE + 1_000,
            expect![[r#"
            → SigningOut, owes cover logout deletion telling, next FailClosed(InactivityUnknown)
            CoverScreen
            AppendAudit(Logout of 7, FailClosed)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: FailClosed }"#]],
        );
    }

    fn measuring(since: u64) -> Active {
        Active { measuring_since: Some(at(since)), ..active() }
    }

    /// Nothing typed since the sign-in.
    fn quiet() -> Active {
        Active::resume(InUse { heartbeat_at: at(15 * MINUTE), ..in_use() })
    }

    fn measuring_at_warning() -> Active {
        Active { measuring_since: Some(at(14 * MINUTE)), ..quiet() }
    }

    fn recovering() -> Active {
        Active { screen: ActiveScreen::Recovering { since: at(10) }, recoveries: 1, ..active() }
    }
}
