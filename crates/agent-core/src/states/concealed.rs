//! Covered, or about to be; a session is kept for its holder, within its limits.
//!
//! ```text
//!           ┌──────────────────── refused, cancelled, unanswered ───────────────────┐
//!           ▼                                                                       │
//! AtRest ──badge or password──► Asking ──more──► AwaitingFactor ──code──► Asking ───┤
//!   │ ▲                           └───────────────── it is she ─────────────────────┤
//!   │ │                                                                             ▼
//!   │ └─ refused, cancelled, 20 s ── TakenOver        Active ◄── Uncovering ◄── Recording
//!   └──── another person's badge ───────▲ │
//!                                         └── he has signed in: SigningOut (tap-over), then he
//! ```
//!
//! Nothing that is typed or touched here is activity: a stranger's elbow moves no deadline. Only what proves to be the
//! holder's does, and the limits go on meanwhile. What was presented is wiped on leaving.

mod approached;
mod asleep;
mod resuming;
mod taken_over;

use crate::{
    apps::{AppsUnderCover, RunReason, SaveReason},
    badge::Badge,
    command::{Command, ConcealCause, EndCause},
    event::{Event, RecordKey},
    ids::{AttemptId, SessionId},
    instant::Instant,
    session::InUse,
    state::{
        Active, Concealed, ConcealedNotice, ConcealedStage, Machine, SignedOutNotice, SigningOut, State,
    },
    states::in_use::{AtScreen, Taken},
    step::{Step, step},
    time_limits::{COVER_LIMIT, MEASURE_LIMIT, SIGN_OUT_UNDO},
    trail,
};

impl Concealed {
    /// Covers, puts it on record and tells the server.
    pub(crate) fn begin(in_use: InUse, cause: ConcealCause, now: Instant) -> Step {
        let (concealed, commands) = Self::covering(in_use, cause, now);
        concealed.due(now).after(commands)
    }

    /// Hers again, and left for another screen meanwhile: covered before she uses it. Her apps go on under the cover, as those
    /// of any concealed session do, unless they have overheard something.
    pub(crate) fn begin_left(in_use: InUse, now: Instant) -> Step {
        let run = Command::RunApps { session: in_use.session.id, why: RunReason::LeftAlone };
        // What stands still cannot save.
        let go_on = if in_use.session.may_wake_apps() { vec![run, save(&in_use)] } else { Vec::new() };
        let (concealed, mut commands) = Self::covering_unsaved(in_use, ConcealCause::Elsewhere, now);
        commands.extend(go_on);
        concealed.due(now).after(commands)
    }

    /// "Renew": covered at once, and she is asked for password and code.
    pub(crate) fn begin_renewing(in_use: InUse, now: Instant) -> Step {
        let (concealed, commands) = Self::covering(in_use, ConcealCause::UserButton, now);
        Self { renews_grace: true, ..concealed }.due(now).after(commands)
    }

    /// Where a tap signs out: covered at once, ended a moment later, unless she taps again.
    pub(crate) fn begin_signing_out(in_use: InUse, now: Instant) -> Step {
        let (concealed, commands) = Self::covering(in_use, ConcealCause::UserTap, now);
        Step::to(Self { signs_out_at: Some(now + SIGN_OUT_UNDO), ..concealed }, commands)
    }

    /// A colleague's badge: covered at once, and he signs in over her session.
    pub(crate) fn begin_taken_over(in_use: InUse, attempt: AttemptId, badge: Badge, now: Instant) -> Step {
        let (concealed, commands) = Self::covering(in_use, ConcealCause::OtherBadge, now);
        concealed.take_over_by_badge(attempt, badge, now).after(commands)
    }

    fn covering(in_use: InUse, cause: ConcealCause, now: Instant) -> (Self, Vec<Command>) {
        let save = save(&in_use);
        let (concealed, mut commands) = Self::covering_unsaved(in_use, cause, now);
        commands.push(save);
        (concealed, commands)
    }

    /// Her apps are still to be told to save.
    fn covering_unsaved(in_use: InUse, cause: ConcealCause, now: Instant) -> (Self, Vec<Command>) {
        let session = &in_use.session;
        let commands = vec![
            Command::CoverScreen,
            trail::concealed(session, cause, now),
            Command::TellConcealed { session: session.id, cause },
        ];
        let mut in_use = InUse { identifying: None, my_sessions: None, ..in_use };
        in_use.session.to_enrol = None;
        // Covered is what that was to lead to, whatever has led to it.
        let was_left = std::mem::take(&mut in_use.session.is_uncovered_elsewhere);
        let notice = match cause {
            ConcealCause::Inactivity => Some(ConcealedNotice::Inactivity),
            ConcealCause::Elsewhere => Some(ConcealedNotice::Elsewhere),
            ConcealCause::UserTap
            | ConcealCause::UserButton
            | ConcealCause::OtherBadge
            | ConcealCause::Suspend => was_left.then_some(ConcealedNotice::Elsewhere),
        };
        let concealed = Self {
            in_use,
            cause,
            covering_since: Some(now),
            stage: ConcealedStage::AtRest,
            notice,
            offered: None,
            is_uncovered_elsewhere: was_left || cause == ConcealCause::Elsewhere,
            signs_out_at: None,
            renews_grace: false,
            machine: Machine::Awake,
            apps: AppsUnderCover::Running,
        };
        (concealed, commands)
    }

    pub(crate) fn deadline(&self) -> Instant {
        [
            Some(self.over_at()),
            Some(self.in_use.session.absolute_end),
            Some(self.in_use.heartbeat_at),
            self.covering_since.map(|since| since + COVER_LIMIT),
            self.offered.as_ref().map(|offer| offer.until),
            self.signs_out_at,
            self.alone_at(),
            self.stage_deadline(),
        ]
        .into_iter()
        .flatten()
        .fold(self.over_at(), Instant::min)
    }

    pub(crate) fn on_event(mut self, event: Event, now: Instant) -> Step {
        let freeze = self.overhears(&event, now);
        // Whatever it is that comes, a limit that has come comes first.
        if let Some(cause) = self.is_over(now) {
            let Step { state, commands } = self.end(cause, now);
            return step(state, event, now).after(commands);
        }
        let Step { state, commands } = self.take(event, now).after(freeze);
        match state {
            // The moment that was given for an answer has passed with the question.
            State::Concealed(concealed) => match concealed.is_over(now) {
                Some(cause) => concealed.end(cause, now).after(commands),
                None => Step::to(concealed, commands),
            },
            state @ (State::Starting(_)
            | State::SignedOut(_)
            | State::SigningIn(_)
            | State::Active(_)
            | State::InactivityWarning(_)
            | State::SigningOut(_)
            | State::FailClosed(_)) => Step::to(state, commands),
        }
    }

    fn take(self, event: Event, now: Instant) -> Step {
        match event {
            Event::DeadlineReached => self.due(now),

            Event::BadgeTapped { attempt, badge } => self.tapped(attempt, badge, now),
            Event::BadgeNotRead(fault) => self.say(SignedOutNotice::Badge(fault.into())),
            Event::PasswordSubmitted { attempt, password } => self.password(attempt, password, now),
            Event::CodeSubmitted { attempt, code } => self.code(attempt, code, now),
            Event::PinSubmitted { attempt, pin } => self.pin(attempt, pin, now),
            Event::SignInSubmitted { attempt, name, password } => {
                self.take_over_by_name(attempt, name, password, now)
            }
            Event::LossReported { attempt, name, password } => {
                self.loss_reported(attempt, name, password, now)
            }
            Event::SignInCancelled => self.cancelled(now),

            Event::ChallengeIssued { .. } | Event::SignInRefused { .. } | Event::SignInUnanswered { .. } => {
                self.answered(event, now)
            }
            Event::BadgesRevoked { attempt, count } => self.badges_revoked(attempt, count, now),
            Event::SessionResumed { attempt, session, method, limits } => {
                self.resumed(attempt, session, method, limits, now)
            }
            Event::SessionOpened { attempt, session, user, credential, limits } => {
                self.opened(attempt, (session, user, credential, limits), now)
            }
            Event::ServerReached => self.ask_again(now),

            Event::AuditStored(RecordKey::Resumed(session)) if session == self.in_use.session.id => {
                self.record_stored(now)
            }
            Event::AuditFailed(RecordKey::Resumed(session), cause) if session == self.in_use.session.id => {
                self.record_failed(cause, now)
            }

            // Told again while the screen is asked for: that has a limit of its own.
            Event::ScreenCovered { input_held: _ } => self.covered(),
            Event::ScreenUncovered { session } => self.uncovered(session, now),

            // It is covered already, for whichever reason; the first one is on record.
            Event::ConcealPressed | Event::RenewPressed => Step::stay(self),
            Event::CoveredElsewhere { session } => self.covered_elsewhere(session),

            Event::Approached => self.approached(now),
            Event::AppsNotFrozen { session } => self.not_frozen(session, now),
            // She is not at work. Once she is, they are to go on anew.
            Event::AppsNotThawed { session: _ } => Step::stay(self),
            Event::GoingToSleep => self.goes_to_sleep(now),
            Event::WokeUp => self.woke_up(now),

            Event::StartUpFinished
            | Event::StartUpFailed(_)
            | Event::ScreenFailed
            | Event::SignOutPressed
            | Event::StayPressed
            | Event::AppTold { .. }
            | Event::AppsClosing { .. }
            | Event::AppsGone { session: _ }
            | Event::AppsLeft { session: _ }
            | Event::ReaderTold(_)
            | Event::InputSeen { at: _ }
            | Event::InactivityUnknown
            | Event::GraceTold { .. }
            | Event::BadgeIdentified { .. }
            | Event::BadgeEnrolled { .. }
            | Event::BadgeNotEnrolled { .. }
            | Event::MySessionsPressed { .. }
            | Event::MySessionsTold { .. }
            | Event::ActivityAccepted { session: _ }
            | Event::SessionLapsed { session: _ }
            | Event::SessionAdopted { .. }
            | Event::SessionEndedByServer { .. }
            | Event::SessionEndTold { session: _ }
            | Event::ServerAway(_)
            | Event::WorkstationRefused(_)
            | Event::CredentialStored { session: _ }
            | Event::CredentialDeleted { session: _ }
            | Event::KeychainFailed { session: _ }
            | Event::AuditStored(_)
            | Event::AuditFailed(..)
            | Event::WallClockJumped
            | Event::ShuttingDown => self.like_in_use(event, now),
        }
    }

    /// What a session in use takes alike, covered or not.
    fn like_in_use(self, event: Event, now: Instant) -> Step {
        let Self {
            in_use,
            cause,
            covering_since,
            stage,
            notice,
            offered,
            is_uncovered_elsewhere,
            signs_out_at,
            renews_grace,
            machine,
            apps,
        } = self;
        let with = |in_use| Self {
            in_use,
            cause,
            covering_since,
            stage,
            notice,
            offered,
            is_uncovered_elsewhere,
            signs_out_at,
            renews_grace,
            machine,
            apps,
        };
        match in_use.take(event, now) {
            Taken::GoesOn(in_use, commands) => Step::to(with(in_use), commands),
            Taken::Ends(signing_out) => signing_out.enter(),
            // What is on a covered screen is nobody's activity. No button of the strip or the warning is on it; a press
            // may have crossed the change of screens. A look asked for before it was covered tells nothing any more.
            // A badge of which it was asked whose it is before was let go of when the screen was covered.
            Taken::AtScreen(
                in_use,
                AtScreen::InputSeen { at: _ }
                | AtScreen::InactivityUnknown
                | AtScreen::StayPressed
                | AtScreen::HoldersTap
                | AtScreen::RenewPressed
                | AtScreen::MySessionsPressed { .. }
                | AtScreen::CoveredByItself
                | AtScreen::Uncovered,
            )
            | Taken::Conceals(in_use, _)
            | Taken::Sleeps(in_use)
            | Taken::GivesWay(in_use, _, _) => Step::stay(with(in_use)),
        }
    }

    /// Does what the clock asks for.
    fn due(mut self, now: Instant) -> Step {
        if self.covering_since.is_some_and(|since| self.machine.slept_over(since + COVER_LIMIT, now)) {
            self.covering_since = Some(now);
        }
        if self.covering_since.is_some_and(|since| now >= since + COVER_LIMIT) {
            return self.end(EndCause::FailClosed, now);
        }
        if self.offered.as_ref().is_some_and(|offer| now >= offer.until) {
            self.offered = None;
            self.notice = None;
        }
        let report = (now >= self.in_use.heartbeat_at).then(|| self.in_use.report(now)).flatten();
        let run = self.let_run_when_alone(now);
        self.stage_due(now).after(report.into_iter().chain(run).collect())
    }

    /// Why the session is over.
    fn is_over(&self, now: Instant) -> Option<EndCause> {
        if self.signs_out_at.is_some_and(|at| now >= at) {
            Some(EndCause::UserTap)
        } else if now >= self.in_use.session.absolute_end {
            Some(EndCause::AbsoluteLimit)
        } else if now >= self.over_at() {
            Some(self.cause_at_the_limit())
        } else {
            None
        }
    }

    /// Automatic logoff. Whoever presented herself in time is given the moment that the answer takes.
    fn over_at(&self) -> Instant {
        let logoff_at = self.in_use.logoff_at();
        match &self.stage {
            ConcealedStage::Asking { request, .. } if request.first_asked_at < logoff_at => {
                logoff_at + MEASURE_LIMIT
            }
            ConcealedStage::Asking { .. }
            | ConcealedStage::AtRest
            | ConcealedStage::AwaitingFactor { .. }
            | ConcealedStage::Recording { .. }
            | ConcealedStage::Uncovering { .. }
            | ConcealedStage::TakenOver { .. } => logoff_at,
        }
    }

    fn say(mut self, notice: SignedOutNotice) -> Step {
        self.notice = Some(ConcealedNotice::Failed(notice));
        Step::stay(self)
    }

    fn covered_elsewhere(mut self, session: SessionId) -> Step {
        if session != self.in_use.session.id
            && let ConcealedStage::TakenOver { signing_in, quiet_since } = self.stage
        {
            let signing_in = Box::new(signing_in.was_left(session));
            return Step::stay(Self { stage: ConcealedStage::TakenOver { signing_in, quiet_since }, ..self });
        }
        if session == self.in_use.session.id {
            self.notice = Some(ConcealedNotice::Elsewhere);
            self.is_uncovered_elsewhere = true;
            match &mut self.stage {
                ConcealedStage::Recording { .. } | ConcealedStage::Uncovering { .. } => {
                    self.in_use.session.was_uncovered_elsewhere(session);
                }
                ConcealedStage::Asking { is_in_doubt, .. } => *is_in_doubt = true,
                ConcealedStage::AtRest
                | ConcealedStage::AwaitingFactor { .. }
                | ConcealedStage::TakenOver { .. } => {}
            }
        }
        Step::stay(self)
    }

    fn uncovered(mut self, session: SessionId, now: Instant) -> Step {
        match self.stage {
            ConcealedStage::Uncovering { .. } if session == self.in_use.session.id => {
                Active::begin_again(self.in_use, now)
            }
            // Nobody may see it.
            ConcealedStage::Uncovering { .. }
            | ConcealedStage::AtRest
            | ConcealedStage::Asking { .. }
            | ConcealedStage::AwaitingFactor { .. }
            | ConcealedStage::Recording { .. }
            | ConcealedStage::TakenOver { .. } => {
                self.covering_since.get_or_insert(now);
                Step::to(self, vec![Command::CoverScreen])
            }
        }
    }

    fn end(self, cause: EndCause, now: Instant) -> Step {
        self.signing_out(cause, now).enter()
    }

    /// How the session ends: what is known to be covered is not asked for again.
    fn signing_out(self, cause: EndCause, now: Instant) -> SigningOut {
        let is_covered =
            self.covering_since.is_none() && !matches!(self.stage, ConcealedStage::Uncovering { .. });
        let signing_out = self.in_use.signing_out(cause, now).under(self.machine);
        if is_covered { signing_out.under_cover() } else { signing_out }
    }
}

const fn save(in_use: &InUse) -> Command {
    Command::SaveApps { session: in_use.session.id, why: SaveReason::Concealed }
}

#[cfg(test)]
mod asked_for_tests;
#[cfg(test)]
mod tests;
