//! Its holder comes back.

use crate::{
    badge::{Badge, BadgeMark},
    command::{Answer, Command, EndCause, FailClosedCause, ResumeFactor, ResumeMethod},
    event::{ContactFault, Event, Limits, Refusal},
    ids::{AttemptId, SessionId},
    instant::Instant,
    secret::Secret,
    session::BadgeLine,
    state::{
        Challenge, Concealed, ConcealedNotice, ConcealedStage, Offer, Request, ResumeQuestion,
        SignedOutNotice, SigningIn,
    },
    states::{request::RequestDue, signing_in::told_refusal},
    step::Step,
    time_limits::{ENROLMENT_OFFER, SECURING_LIMIT, TAP_OVER_LIMIT, UNCOVER_LIMIT},
    trail,
};

impl Concealed {
    pub(super) fn tapped(self, attempt: AttemptId, badge: Badge, now: Instant) -> Step {
        match &self.stage {
            // The same badge again, while it is being looked at.
            ConcealedStage::Asking { badge: Some(asked), .. } if *asked == badge.mark => Step::stay(self),
            // A moment, and she has it.
            ConcealedStage::Recording { .. } | ConcealedStage::Uncovering { .. } => Step::stay(self),
            ConcealedStage::TakenOver { signing_in, .. } if signing_in.has_part(badge.mark) => {
                Step::stay(self)
            }
            // Hers, as far as the server alone may know: whoever was signing in over her session steps back, and what he
            // typed is wiped. A third person's begins his sign-in once the server has said that it is not hers.
            ConcealedStage::TakenOver { .. }
            | ConcealedStage::AtRest
            | ConcealedStage::Asking { .. }
            | ConcealedStage::AwaitingFactor { .. } => {
                let mark = badge.mark;
                self.ask_factor(attempt, ResumeFactor::Badge(badge), Some(mark), now)
            }
        }
    }

    pub(super) fn password(self, attempt: AttemptId, password: Secret, now: Instant) -> Step {
        match &self.stage {
            ConcealedStage::AtRest => self.ask_factor(attempt, ResumeFactor::Password(password), None, now),
            ConcealedStage::AwaitingFactor { .. } => self.answer(attempt, Answer::Password(password), now),
            ConcealedStage::TakenOver { .. } => {
                self.over(Event::PasswordSubmitted { attempt, password }, now)
            }
            // The first press counts; what came a second time is wiped.
            ConcealedStage::Asking { .. }
            | ConcealedStage::Recording { .. }
            | ConcealedStage::Uncovering { .. } => Step::stay(self),
        }
    }

    pub(super) fn code(self, attempt: AttemptId, code: Secret, now: Instant) -> Step {
        match &self.stage {
            ConcealedStage::AwaitingFactor { .. } => self.answer(attempt, Answer::Totp(code), now),
            ConcealedStage::TakenOver { .. } => self.over(Event::CodeSubmitted { attempt, code }, now),
            // None is asked for; it is wiped.
            ConcealedStage::AtRest
            | ConcealedStage::Asking { .. }
            | ConcealedStage::Recording { .. }
            | ConcealedStage::Uncovering { .. } => Step::stay(self),
        }
    }

    pub(super) fn pin(self, attempt: AttemptId, pin: Secret, now: Instant) -> Step {
        match &self.stage {
            ConcealedStage::AwaitingFactor { .. } => self.answer(attempt, Answer::Pin(pin), now),
            ConcealedStage::TakenOver { .. } => self.over(Event::PinSubmitted { attempt, pin }, now),
            // None is asked for; it is wiped.
            ConcealedStage::AtRest
            | ConcealedStage::Asking { .. }
            | ConcealedStage::Recording { .. }
            | ConcealedStage::Uncovering { .. } => Step::stay(self),
        }
    }

    pub(super) fn cancelled(self, now: Instant) -> Step {
        match &self.stage {
            ConcealedStage::TakenOver { .. } => self.over(Event::SignInCancelled, now),
            ConcealedStage::Asking { .. } | ConcealedStage::AwaitingFactor { .. } => {
                Step::stay(Self { stage: ConcealedStage::AtRest, notice: None, ..self })
            }
            ConcealedStage::AtRest => Step::stay(Self { renews_grace: false, ..self }),
            // Nothing is under way that could be given up.
            ConcealedStage::Recording { .. } | ConcealedStage::Uncovering { .. } => Step::stay(self),
        }
    }

    /// The server's answer to what was presented, by its holder or by who signs in over her session.
    pub(super) fn answered(self, event: Event, now: Instant) -> Step {
        match (&self.stage, event) {
            (ConcealedStage::TakenOver { .. }, event) => self.over(event, now),
            (
                ConcealedStage::Asking { request, badge, .. },
                Event::ChallengeIssued { attempt, challenge, wants, expires_in, tries_left, user: _ },
            ) if request.attempt == attempt => {
                let challenge = Challenge { id: challenge, wants, expires_at: now + expires_in, tries_left };
                let mut in_use = self.in_use;
                // A tap is not enough, as the server sees it: it is not out of contact either.
                in_use.session.no_tap_is_enough();
                let stage = ConcealedStage::AwaitingFactor { challenge, is_refused: false, badge: *badge };
                Step::stay(Self { in_use, stage, notice: None, ..self })
            }
            (ConcealedStage::Asking { request, .. }, Event::SignInRefused { attempt, refusal })
                if request.attempt == attempt =>
            {
                self.refused(attempt, refusal, now)
            }
            (ConcealedStage::Asking { request, .. }, Event::SignInUnanswered { attempt, fault })
                if request.attempt == attempt =>
            {
                self.unanswered(fault, now)
            }
            // Answers to what nobody waits for any more.
            (
                ConcealedStage::AtRest
                | ConcealedStage::Asking { .. }
                | ConcealedStage::AwaitingFactor { .. }
                | ConcealedStage::Recording { .. }
                | ConcealedStage::Uncovering { .. },
                _,
            ) => Step::stay(self),
        }
    }

    pub(super) fn resumed(
        self,
        attempt: AttemptId,
        session: SessionId,
        method: ResumeMethod,
        limits: Limits,
        now: Instant,
    ) -> Step {
        match self.stage {
            // What she uncovered elsewhere and this answer come by two connections, and which of them was first is the
            // server's to say: asked once more, after both, it gives the same answer only where the screen is still hers.
            ConcealedStage::Asking { request, question, badge, is_in_doubt: true }
                if request.attempt == attempt && session == self.in_use.session.id =>
            {
                let request = request.again(now);
                let stage = ConcealedStage::Asking { request, question, badge, is_in_doubt: false };
                Self { stage, ..self }.ask()
            }
            ConcealedStage::Asking { request, badge, is_in_doubt: false, .. }
                if request.attempt == attempt && session == self.in_use.session.id =>
            {
                let mut in_use = self.in_use;
                in_use.session.renew(limits, now);
                in_use.was_accepted(now);
                Self { in_use, stage: ConcealedStage::AtRest, ..self }.record(method, badge, now)
            }
            // A second copy of the answer that is being acted on, or one that nobody waits for: the screen stays covered.
            ConcealedStage::AtRest
            | ConcealedStage::Asking { .. }
            | ConcealedStage::AwaitingFactor { .. }
            | ConcealedStage::Recording { .. }
            | ConcealedStage::Uncovering { .. }
            | ConcealedStage::TakenOver { .. } => Step::stay(self),
        }
    }

    /// It is she: that counts as activity, and goes on record before she sees anything.
    fn record(mut self, method: ResumeMethod, badge: Option<BadgeMark>, now: Instant) -> Step {
        if let Some(badge) = badge {
            self.in_use.session.was_shown(badge);
        }
        self.in_use.saw_input(now);
        self.notice = None;
        self.offered = None;
        self.signs_out_at = None;
        self.renews_grace = false;
        self.stage = ConcealedStage::Recording { since: now };
        let record = trail::resumed(&self.in_use.session, method, now);
        Step::to(self, vec![record])
    }

    pub(super) fn record_stored(self, now: Instant) -> Step {
        match self.stage {
            ConcealedStage::Recording { .. } => {
                let uncover = Command::UncoverScreen { session: self.in_use.session.id };
                Step::to(Self { stage: ConcealedStage::Uncovering { since: now }, ..self }, vec![uncover])
            }
            // A second answer.
            ConcealedStage::AtRest
            | ConcealedStage::Asking { .. }
            | ConcealedStage::AwaitingFactor { .. }
            | ConcealedStage::Uncovering { .. }
            | ConcealedStage::TakenOver { .. } => Step::stay(self),
        }
    }

    pub(super) fn record_failed(self, cause: FailClosedCause, now: Instant) -> Step {
        match self.stage {
            ConcealedStage::Recording { .. } => self.not_possible(cause, now),
            // A second answer after a good one.
            ConcealedStage::AtRest
            | ConcealedStage::Asking { .. }
            | ConcealedStage::AwaitingFactor { .. }
            | ConcealedStage::Uncovering { .. }
            | ConcealedStage::TakenOver { .. } => Step::stay(self),
        }
    }

    pub(super) fn stage_deadline(&self) -> Option<Instant> {
        match &self.stage {
            ConcealedStage::AtRest => None,
            ConcealedStage::Asking { request, .. } => Some(request.deadline()),
            ConcealedStage::AwaitingFactor { challenge, .. } => Some(challenge.expires_at),
            ConcealedStage::Recording { since } => Some(*since + SECURING_LIMIT),
            ConcealedStage::Uncovering { since } => Some(*since + UNCOVER_LIMIT),
            ConcealedStage::TakenOver { signing_in, quiet_since } => {
                Some(taken_over_until(signing_in, *quiet_since))
            }
        }
    }

    pub(super) fn stage_due(self, now: Instant) -> Step {
        match self.stage {
            ConcealedStage::Asking { request, question, badge, is_in_doubt } => {
                let with = |request, question| Self {
                    stage: ConcealedStage::Asking { request, question, badge, is_in_doubt },
                    ..self
                };
                match request.due(now) {
                    RequestDue::Nothing(request) => Step::stay(with(request, question)),
                    RequestDue::Ask(request) => with(request, question).ask(),
                    RequestDue::GiveUp(fault) => with(request, question).give_up(fault, now),
                }
            }
            ConcealedStage::AwaitingFactor { challenge, .. } if now >= challenge.expires_at => {
                self.back(SignedOutNotice::Refused(Refusal::ChallengeOver))
            }
            ConcealedStage::Recording { since } if now >= since + SECURING_LIMIT => {
                self.not_possible(FailClosedCause::SpoolUnavailable, now)
            }
            ConcealedStage::Uncovering { since } if now >= since + UNCOVER_LIMIT => {
                self.not_possible(FailClosedCause::CoverUnconfirmed, now)
            }
            ConcealedStage::TakenOver { ref signing_in, quiet_since }
                if now >= quiet_since + TAP_OVER_LIMIT && !signing_in.is_loss() =>
            {
                self.back(SignedOutNotice::Refused(Refusal::ChallengeOver))
            }
            ConcealedStage::TakenOver { ref signing_in, .. } if now >= signing_in.deadline() => {
                self.over(Event::DeadlineReached, now)
            }
            ConcealedStage::AtRest
            | ConcealedStage::AwaitingFactor { .. }
            | ConcealedStage::Recording { .. }
            | ConcealedStage::Uncovering { .. }
            | ConcealedStage::TakenOver { .. } => Step::stay(self),
        }
    }

    /// The server answers again: whoever rests need not rest any longer.
    pub(super) fn ask_again(mut self, now: Instant) -> Step {
        self.in_use.is_back(now);
        match &mut self.stage {
            ConcealedStage::Asking { request, .. } => {
                if request.wake(now) {
                    self.ask()
                } else {
                    Step::stay(self)
                }
            }
            ConcealedStage::TakenOver { .. } => self.over(Event::ServerReached, now),
            ConcealedStage::AtRest
            | ConcealedStage::AwaitingFactor { .. }
            | ConcealedStage::Recording { .. }
            | ConcealedStage::Uncovering { .. } => Step::stay(self),
        }
    }

    fn ask_factor(
        self,
        attempt: AttemptId,
        factor: ResumeFactor,
        badge: Option<BadgeMark>,
        now: Instant,
    ) -> Step {
        let request = Request::begin(attempt, now + TAP_OVER_LIMIT, now);
        let question = Box::new(ResumeQuestion::Factor(factor));
        let stage = ConcealedStage::Asking { request, question, badge, is_in_doubt: false };
        Self { stage, notice: None, offered: None, ..self }.ask()
    }

    fn answer(self, attempt: AttemptId, answer: Answer, now: Instant) -> Step {
        let ConcealedStage::AwaitingFactor { challenge, badge, .. } = self.stage else {
            return Step::stay(self);
        };
        if !answer.is_for(challenge.wants) {
            return Step::stay(self);
        }
        let request = Request::begin(attempt, challenge.expires_at.min(now + TAP_OVER_LIMIT), now);
        let question = Box::new(ResumeQuestion::Answer { challenge, answer });
        let stage = ConcealedStage::Asking { request, question, badge, is_in_doubt: false };
        Self { stage, ..self }.ask()
    }

    fn ask(self) -> Step {
        let command = self.question();
        Step::to(self, command.into_iter().collect())
    }

    fn question(&self) -> Option<Command> {
        let ConcealedStage::Asking { request, question, .. } = &self.stage else { return None };
        let attempt = request.attempt;
        Some(match &**question {
            ResumeQuestion::Factor(factor) => {
                // No tap extends what a tap may do.
                let renews_grace = self.renews_grace && matches!(factor, ResumeFactor::Password(_));
                let session = self.in_use.session.id;
                Command::ResumeSession { attempt, session, factor: factor.clone(), renews_grace }
            }
            ResumeQuestion::Answer { challenge, answer } => {
                Command::AnswerChallenge { attempt, challenge: challenge.id, answer: answer.clone() }
            }
        })
    }

    fn refused(self, attempt: AttemptId, refusal: Refusal, now: Instant) -> Step {
        let ConcealedStage::Asking { request, question, badge, is_in_doubt } = self.stage else {
            return Step::stay(self);
        };
        let with = |stage| Self { stage, ..self };
        match (refusal, *question) {
            (Refusal::BadgeOfAnother, ResumeQuestion::Factor(ResumeFactor::Badge(badge))) => {
                with(ConcealedStage::AtRest).take_over_by_badge(attempt.following(), badge, now)
            }
            (Refusal::BadgeUnknown, ResumeQuestion::Factor(ResumeFactor::Badge(badge))) => {
                let offered = Some(Box::new(Offer { badge, until: now + ENROLMENT_OFFER }));
                let notice = ConcealedNotice::Failed(SignedOutNotice::Badge(BadgeLine::Unknown));
                let concealed = with(ConcealedStage::AtRest);
                Step::stay(Self { notice: Some(notice), offered, ..concealed })
            }
            (Refusal::Code { tries_left }, ResumeQuestion::Answer { challenge, .. }) if tries_left > 0 => {
                let challenge = Challenge { tries_left, ..challenge };
                Step::stay(with(ConcealedStage::AwaitingFactor { challenge, is_refused: true, badge }))
            }
            (Refusal::BadgeRefused, ResumeQuestion::Factor(ResumeFactor::Badge(badge))) => {
                // What was hers opens nothing any more, in contact or not.
                let mut concealed = with(ConcealedStage::AtRest);
                concealed.in_use.session.forget(badge.mark);
                concealed.back(told_refusal(refusal, now))
            }
            // What was presented was not looked at: she need not present it again.
            (Refusal::Busy, question) => {
                let question = Box::new(question);
                with(ConcealedStage::Asking { request, question, badge, is_in_doubt })
                    .unanswered(ContactFault::Unavailable, now)
            }
            (refusal, ResumeQuestion::Factor(_) | ResumeQuestion::Answer { .. }) => {
                with(ConcealedStage::AtRest).back(told_refusal(refusal, now))
            }
        }
    }

    fn unanswered(mut self, fault: ContactFault, now: Instant) -> Step {
        if let Some(badge) = self.resumes_out_of_contact(fault, now) {
            return self.record(ResumeMethod::Badge, Some(badge), now);
        }
        let ConcealedStage::Asking { request, .. } = &mut self.stage else { return Step::stay(self) };
        if request.rest(fault, now) {
            return Step::stay(self);
        }
        self.back(SignedOutNotice::Unanswered(fault))
    }

    fn give_up(self, fault: ContactFault, now: Instant) -> Step {
        match self.resumes_out_of_contact(fault, now) {
            Some(badge) => self.record(ResumeMethod::Badge, Some(badge), now),
            None => self.back(SignedOutNotice::Unanswered(fault)),
        }
    }

    /// The badge that was presented, where nobody answers and it is enough.
    fn resumes_out_of_contact(&self, fault: ContactFault, now: Instant) -> Option<BadgeMark> {
        let ConcealedStage::Asking { badge: Some(badge), question, .. } = &self.stage else { return None };
        let is_presented = matches!(**question, ResumeQuestion::Factor(_));
        let is_out_of_contact = matches!(fault, ContactFault::Unreachable | ContactFault::Slow);
        let resumes = is_presented && is_out_of_contact && self.may_resume_out_of_contact(*badge, now);
        resumes.then_some(*badge)
    }

    /// A session in use when the network goes is hers to go on with: by the badge that she showed in it last, while the
    /// server had said that a tap with that one is enough. Not where it had said that she uncovered a screen elsewhere: then she would
    /// have two.
    fn may_resume_out_of_contact(&self, badge: BadgeMark, now: Instant) -> bool {
        !self.is_uncovered_elsewhere
            && self.in_use.session.shown == Some(badge)
            && self.in_use.session.is_tap_enough(now)
    }

    /// Her covered screen, with the words for why.
    pub(super) fn back(self, notice: SignedOutNotice) -> Step {
        let notice = Some(ConcealedNotice::Failed(notice));
        Step::stay(Self { stage: ConcealedStage::AtRest, notice, ..self })
    }

    /// It is she, and her screen cannot be hers: nobody can say what state it is in.
    fn not_possible(self, cause: FailClosedCause, now: Instant) -> Step {
        let notice = SignedOutNotice::NotPossibleNow(cause);
        self.signing_out(EndCause::FailClosed, now).telling(notice).enter()
    }
}

/// A colleague is given up after a while without a word from him. Who reports a loss takes nothing from the holder, whose
/// tap steps in anyway, and may have to fetch her phone.
pub(super) fn taken_over_until(signing_in: &SigningIn, quiet_since: Instant) -> Instant {
    if signing_in.is_loss() {
        return signing_in.deadline();
    }
    signing_in.deadline().min(quiet_since + TAP_OVER_LIMIT)
}
