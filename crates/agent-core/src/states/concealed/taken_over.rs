//! Somebody else signs in over her session. He never sees her screen; her session ends when he has succeeded, and is hers
//! again when he has not.

use crate::{
    badge::Badge,
    command::{Command, EndCause},
    ending,
    event::{Event, Limits},
    ids::{AttemptId, SessionId, User},
    instant::Instant,
    secret::Secret,
    state::{AfterSignOut, Concealed, ConcealedNotice, ConcealedStage, SigningIn, State},
    step::Step,
};

impl Concealed {
    pub(super) fn take_over_by_badge(self, attempt: AttemptId, badge: Badge, now: Instant) -> Step {
        let signing_in = SigningIn::begin_by_badge(attempt, badge, now);
        self.with_signing_in(signing_in, now)
    }

    pub(super) fn take_over_by_name(
        mut self,
        attempt: AttemptId,
        name: String,
        password: Secret,
        now: Instant,
    ) -> Step {
        if !self.takes_a_name() {
            return Step::stay(self);
        }
        let to_enrol = self.offered.take().map(|offer| *offer).filter(|offer| now < offer.until);
        let signing_in = SigningIn::begin(attempt, name, password, to_enrol, now);
        self.with_signing_in(signing_in, now)
    }

    /// Whoever lost her badge says so here, over the session that is kept, and leaves it as it is.
    pub(super) fn loss_reported(
        self,
        attempt: AttemptId,
        name: String,
        password: Secret,
        now: Instant,
    ) -> Step {
        if !self.takes_a_name() {
            return Step::stay(self);
        }
        self.with_signing_in(SigningIn::begin_loss(attempt, name, password, now), now)
    }

    /// The first press counts, and its inputs are disabled from then on: what comes a second time is wiped.
    const fn takes_a_name(&self) -> bool {
        match self.stage {
            ConcealedStage::AtRest | ConcealedStage::AwaitingFactor { .. } => true,
            ConcealedStage::Asking { .. }
            | ConcealedStage::Recording { .. }
            | ConcealedStage::Uncovering { .. }
            | ConcealedStage::TakenOver { .. } => false,
        }
    }

    /// It may be the holder's badge that was lost, who knows: until the server has seen one of hers again, no tap resumes
    /// her session without it.
    pub(super) fn badges_revoked(mut self, attempt: AttemptId, count: u32, now: Instant) -> Step {
        if let ConcealedStage::TakenOver { signing_in, .. } = &self.stage
            && signing_in.is_loss()
            && signing_in.awaits(attempt)
        {
            self.in_use.session.no_tap_is_enough();
        }
        self.over(Event::BadgesRevoked { attempt, count }, now)
    }

    /// Hands `event` to his sign-in.
    pub(super) fn over(self, event: Event, now: Instant) -> Step {
        let ConcealedStage::TakenOver { signing_in, quiet_since } = self.stage else {
            return Step::stay(self);
        };
        let is_silent =
            matches!(event, Event::DeadlineReached | Event::ServerReached | Event::SignInUnanswered { .. });
        let before = SigningIn::clone(&signing_in);
        let step = signing_in.on_event(event, now);
        // What is passed over is no word of his.
        let is_heard = !is_silent && step.state != State::SigningIn(before);
        let quiet_since = if is_heard { now } else { quiet_since };
        Self { stage: ConcealedStage::AtRest, ..self }.follow(step, quiet_since)
    }

    /// The server opened a session: his, or one that nobody waits for.
    pub(super) fn opened(
        self,
        attempt: AttemptId,
        (session, user, credential, limits): (SessionId, User, Secret, Limits),
        now: Instant,
    ) -> Step {
        if session == self.in_use.session.id {
            // A second copy of the answer that led here.
            return Step::stay(self);
        }
        match &self.stage {
            ConcealedStage::TakenOver { signing_in, .. } if signing_in.awaits_session(attempt) => {
                let opened = signing_in.opened(session, user, credential, limits, now);
                self.signing_out(EndCause::TapOver, now).then(AfterSignOut::SignIn(Box::new(opened))).enter()
            }
            ConcealedStage::TakenOver { .. }
            | ConcealedStage::AtRest
            | ConcealedStage::Asking { .. }
            | ConcealedStage::AwaitingFactor { .. }
            | ConcealedStage::Recording { .. }
            | ConcealedStage::Uncovering { .. } => Step::to(self, vec![ending::end_stray(session)]),
        }
    }

    fn with_signing_in(self, begun: Step, now: Instant) -> Step {
        Self { stage: ConcealedStage::AtRest, notice: None, offered: None, ..self }.follow(begun, now)
    }

    /// Where his sign-in has got to.
    fn follow(self, Step { state, commands }: Step, quiet_since: Instant) -> Step {
        match state {
            State::SigningIn(signing_in) => {
                let stage = ConcealedStage::TakenOver { signing_in: Box::new(signing_in), quiet_since };
                Step::to(Self { stage, ..self }, commands)
            }
            State::SignedOut(signed_out) => {
                let notice = signed_out.notice.map(ConcealedNotice::Failed);
                Step::to(Self { notice, offered: signed_out.offered.map(Box::new), ..self }, commands)
            }
            // None of the events handed over leads there; her screen stays covered, her session hers.
            State::Starting(_)
            | State::Active(_)
            | State::InactivityWarning(_)
            | State::Concealed(_)
            | State::SigningOut(_)
            | State::FailClosed(_) => Step::to(self, vec![Command::CoverScreen]),
        }
    }
}
