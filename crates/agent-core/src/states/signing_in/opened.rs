//! Once the server has opened the session: making it safe here, and the ways out of a sign-in that may have one.
//!
//! Before that a sign-in leaves nothing behind but what was typed, which is wiped. From then on each way out but
//! `Active` ends the session on record.

use crate::{
    command::{Command, EndCause, FailClosedCause},
    ending::Ending,
    event::{Limits, RecordKey},
    ids::{SessionId, User},
    instant::Instant,
    secret::Secret,
    session::Session,
    state::{
        Active, FailClosed, Opened, SignInBadge, SignedOut, SignedOutNotice, SigningIn, SigningOut, Stage,
        StartUpDebt,
    },
    step::Step,
    trail,
};

/// So many sessions, the latest, are remembered as left for another screen while one is asked for.
const LEFT_MAX: usize = 8;

impl SigningIn {
    /// The session that the server opened for this sign-in.
    pub(in crate::states) fn opened(
        &self,
        session: SessionId,
        user: User,
        credential: Secret,
        limits: Limits,
        now: Instant,
    ) -> Opened {
        let mut session = Session::new(session, user, limits, now);
        match &self.badge {
            Some(SignInBadge::Names { mark, .. }) => session.was_shown(*mark),
            Some(SignInBadge::ToEnrol(badge)) => session.offer(badge.clone(), now),
            // None is opened for her.
            Some(SignInBadge::Lost) | None => {}
        }
        for left in &self.left {
            session.was_uncovered_elsewhere(*left);
        }
        Opened { session, credential }
    }

    /// Login record and credential go to disk and keychain.
    pub(in crate::states) fn secure(opened: Opened, now: Instant) -> Step {
        let Opened { session, credential } = opened;
        let commands = vec![
            trail::login(session.id, &session.user, session.opened_at),
            Command::StoreCredential { session: session.id, credential },
        ];
        let stage =
            Stage::Securing { session, since: now, is_login_stored: false, is_credential_stored: false };
        Step::to(Self { stage, badge: None, left: Vec::new() }, commands)
    }

    /// She left a session for another screen. It is told by another connection than what is answered here, and can overtake the
    /// answer that opens the session; it is always later than the opening itself.
    pub(in crate::states) fn was_left(mut self, left: SessionId) -> Self {
        match &mut self.stage {
            Stage::Securing { session, .. } | Stage::Uncovering { session, .. } => {
                session.was_uncovered_elsewhere(left);
            }
            Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. } => {
                if !self.left.contains(&left) {
                    if self.left.len() == LEFT_MAX {
                        self.left.remove(0);
                    }
                    self.left.push(left);
                }
            }
        }
        self
    }

    pub(super) fn with_session(mut self, change: impl FnOnce(&mut Session)) -> Step {
        if let Stage::Securing { session, .. } | Stage::Uncovering { session, .. } = &mut self.stage {
            change(session);
        }
        Step::stay(self)
    }

    pub(super) fn record_stored(mut self, key: RecordKey, now: Instant) -> Step {
        match &mut self.stage {
            Stage::Securing { session, is_login_stored, .. } if key == RecordKey::Login(session.id) => {
                *is_login_stored = true;
                self.uncover_once_secured(now)
            }
            // Of a session before, or of something that nothing waits for.
            Stage::Securing { .. }
            | Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. }
            | Stage::Uncovering { .. } => Step::stay(self),
        }
    }

    pub(super) fn record_failed(self, key: RecordKey, cause: FailClosedCause, now: Instant) -> Step {
        match &self.stage {
            Stage::Securing { session, is_login_stored: false, .. }
                if key == RecordKey::Login(session.id) =>
            {
                self.not_possible(cause, now)
            }
            // Nothing here waits for it: of a session before, or a second answer after a good one.
            Stage::Securing { .. }
            | Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. }
            | Stage::Uncovering { .. } => Step::stay(self),
        }
    }

    pub(super) fn credential_stored(mut self, stored: SessionId, now: Instant) -> Step {
        match &mut self.stage {
            Stage::Securing { session, is_credential_stored, .. } if session.id == stored => {
                *is_credential_stored = true;
                self.uncover_once_secured(now)
            }
            // A store of a session before has come through after all: take it out again.
            Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. } => {
                Step::to(self, vec![Command::DeleteCredential { session: stored }])
            }
            // The keychain answers in order, so this session's credential is the one it holds now.
            Stage::Securing { .. } | Stage::Uncovering { .. } => Step::stay(self),
        }
    }

    pub(super) fn keychain_failed(self, failed: SessionId, now: Instant) -> Step {
        match &self.stage {
            Stage::Securing { session, .. } | Stage::Uncovering { session, .. } if session.id == failed => {
                self.not_possible(FailClosedCause::KeychainUnavailable, now)
            }
            // Of a session before this one; the credential at hand will tell for itself.
            Stage::Securing { .. }
            | Stage::Uncovering { .. }
            | Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. } => Step::stay(self),
        }
    }

    fn uncover_once_secured(self, now: Instant) -> Step {
        match self.stage {
            Stage::Securing { session, is_login_stored: true, is_credential_stored: true, .. } => {
                let command = Command::UncoverScreen { session: session.id };
                Step::to(
                    Self { stage: Stage::Uncovering { session, since: now }, badge: None, left: Vec::new() },
                    vec![command],
                )
            }
            Stage::Securing { .. }
            | Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. }
            | Stage::Uncovering { .. } => Step::stay(self),
        }
    }

    pub(super) fn uncovered(self, uncovered: SessionId, now: Instant) -> Step {
        match self.stage {
            Stage::Uncovering { session, .. } if session.id == uncovered => Active::begin(session, now),
            // The screen is bare and nobody may see it.
            Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. }
            | Stage::Securing { .. }
            | Stage::Uncovering { .. } => self.screen_failed(now),
        }
    }

    pub(super) fn screen_failed(self, now: Instant) -> Step {
        let cause = FailClosedCause::CoverUnconfirmed;
        match self.signing_out(EndCause::FailClosed, now) {
            Some(signing_out) => signing_out.bare().telling(SignedOutNotice::NotPossibleNow(cause)).enter(),
            None => FailClosed::because(cause, now).owing_cover(true).enter(),
        }
    }

    pub(super) fn ended_by_server(self, ended: SessionId, cause: EndCause, now: Instant) -> Step {
        match &self.stage {
            Stage::Securing { session, .. } | Stage::Uncovering { session, .. } if session.id == ended => {
                self.end(cause, SigningOut::known_to_the_server, now)
            }
            // Of a session before this one.
            Stage::Securing { .. }
            | Stage::Uncovering { .. }
            | Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. } => Step::stay(self),
        }
    }

    pub(super) fn workstation_refused(self, cause: FailClosedCause, now: Instant) -> Step {
        match self.signing_out(EndCause::of_refused_workstation(cause), now) {
            Some(signing_out) => signing_out.then_fail_closed(cause).enter(),
            None => FailClosed::because(cause, now).owing_start_up(StartUpDebt::Owed).enter(),
        }
    }

    /// The session was opened but cannot be made safe here.
    pub(super) fn not_possible(self, cause: FailClosedCause, now: Instant) -> Step {
        let notice = SignedOutNotice::NotPossibleNow(cause);
        self.end(EndCause::FailClosed, |signing_out| signing_out.telling(notice), now)
    }

    pub(super) fn cancel(self, now: Instant) -> Step {
        let awaited = match &self.stage {
            Stage::AskingFirstFactor { request, .. } | Stage::AskingSecondFactor { request, .. } => {
                Some(request.attempt)
            }
            Stage::AwaitingCode { .. } | Stage::Securing { .. } | Stage::Uncovering { .. } => None,
        };
        match self.signing_out(EndCause::UserButton, now) {
            Some(signing_out) => signing_out.enter(),
            None => Step::stay(SignedOut::after_cancelling(awaited)),
        }
    }

    /// The machine goes away: nothing typed stays in its memory.
    pub(super) fn leave_before_sleep(self, cause: EndCause, now: Instant) -> Step {
        match self.signing_out(cause, now) {
            Some(signing_out) => signing_out.awaited_by_sleep().enter(),
            None => Step::to(SignedOut::default(), vec![Command::AllowSleep]),
        }
    }

    pub(super) fn leave_after_sleep(self, now: Instant) -> Step {
        match self.signing_out(EndCause::Suspend, now) {
            Some(signing_out) => signing_out.enter(),
            None => Step::stay(SignedOut::default()),
        }
    }

    fn end(self, cause: EndCause, how: impl FnOnce(SigningOut) -> SigningOut, now: Instant) -> Step {
        match self.signing_out(cause, now) {
            Some(signing_out) => how(signing_out).enter(),
            // Asked only where there is one; covered and wiped in any case.
            None => Step::stay(SignedOut::default()),
        }
    }

    /// The end of the session, where there is one. What was typed is wiped in any case.
    fn signing_out(self, cause: EndCause, now: Instant) -> Option<SigningOut> {
        match self.stage {
            Stage::Securing { session, is_login_stored, .. } => {
                let owes_login = !is_login_stored;
                let ending = Ending { owes_login, ..Ending::before_apps(session, cause, now) };
                Some(SigningOut::of(ending, now).under_cover())
            }
            Stage::Uncovering { session, .. } => {
                Some(SigningOut::of(Ending::before_apps(session, cause, now), now))
            }
            Stage::AskingFirstFactor { .. }
            | Stage::AwaitingCode { .. }
            | Stage::AskingSecondFactor { .. } => None,
        }
    }
}
