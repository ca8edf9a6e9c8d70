//! What `Active`, `InactivityWarning` and `Concealed` take alike: the server's word about the session, the keychain's,
//! the machine's, the badges', and whatever ends the session without asking how near its limit is.

use crate::{
    apps::Overheard,
    badge::Badge,
    command::{Command, ConcealCause, EndCause, FailClosedCause},
    ending::{self, Ending},
    event::{Event, Whose},
    ids::{AttemptId, SessionId},
    instant::Instant,
    my_sessions::MySessionsWish,
    session::{BadgeLine, Identifying, InUse, StripLine},
    state::{SignedOutNotice, SigningOut},
    trail,
};

/// What an event means to a session in use.
pub(super) enum Taken {
    /// It goes on, after these commands.
    GoesOn(InUse, Vec<Command>),
    /// It is over.
    Ends(SigningOut),
    /// Its screen is to be covered, and it is kept.
    Conceals(InUse, ConcealCause),
    /// So it is, and the machine waits for that before it sleeps.
    Sleeps(InUse),
    /// So it is, and the holder of this badge signs in over it.
    GivesWay(InUse, AttemptId, Badge),
    /// What is on screen makes a difference: each state decides by itself.
    AtScreen(InUse, AtScreen),
}

/// What the person does, or the screen, where the warning makes a difference.
pub(super) enum AtScreen {
    /// [`Event::InputSeen`].
    InputSeen { at: Instant },
    /// [`Event::InactivityUnknown`].
    InactivityUnknown,
    /// [`Event::StayPressed`].
    StayPressed,
    /// The holder presented her badge.
    HoldersTap,
    /// [`Event::RenewPressed`].
    RenewPressed,
    /// [`Event::MySessionsPressed`].
    MySessionsPressed { attempt: AttemptId, wish: MySessionsWish },
    /// [`Event::ScreenCovered`]: by itself, nobody asked for it.
    CoveredByItself,
    /// [`Event::ScreenUncovered`] for her.
    Uncovered,
}

impl InUse {
    /// Every event, decided for all of them or handed back to be decided by each.
    pub(super) fn take(mut self, event: Event, now: Instant) -> Taken {
        match event {
            Event::DeadlineReached => self.goes_on(),

            Event::InputSeen { at } => Taken::AtScreen(self, AtScreen::InputSeen { at }),
            Event::InactivityUnknown => Taken::AtScreen(self, AtScreen::InactivityUnknown),
            Event::StayPressed => Taken::AtScreen(self, AtScreen::StayPressed),
            Event::SignOutPressed => self.ends(EndCause::UserButton, now),
            Event::ConcealPressed => Taken::Conceals(self, ConcealCause::UserButton),
            Event::RenewPressed => Taken::AtScreen(self, AtScreen::RenewPressed),
            Event::MySessionsPressed { attempt, wish } => {
                Taken::AtScreen(self, AtScreen::MySessionsPressed { attempt, wish })
            }
            Event::MySessionsTold { attempt, session, elsewhere } if self.is(session) => {
                self.was_told_my_sessions(attempt, elsewhere);
                self.goes_on()
            }
            Event::CoveredElsewhere { session } if self.is(session) => {
                Taken::Conceals(self, ConcealCause::Elsewhere)
            }

            Event::AppTold { session, app, outcome } if self.is(session) => {
                let record = trail::app(session, &self.session.user, app, outcome, now);
                Taken::GoesOn(self, vec![record])
            }
            Event::AppsGone { session } => {
                self.session.apps_gone(session);
                self.goes_on()
            }
            // Those that overheard something are not known to be gone: they are ended with her session, or nobody signs in.
            Event::AppsLeft { session }
                if self.is(session) && self.session.overheard == Overheard::Ending =>
            {
                let notice = SignedOutNotice::NotPossibleNow(FailClosedCause::AppsLeft);
                Taken::Ends(self.signing_out(EndCause::FailClosed, now).telling(notice))
            }
            // Of a session before this one, whose apps are gone.
            Event::AppTold { .. } | Event::AppsClosing { .. } | Event::AppsLeft { session: _ } => {
                self.goes_on()
            }
            // What stands still shows nothing to anybody; but she cannot work, and hears that it is not for ever.
            Event::AppsNotThawed { session } if self.is(session) => {
                self.session.tell(StripLine::AppsStandStill, now);
                self.goes_on()
            }
            // Nobody but she is there to type. Or it is of a session before this one.
            Event::AppsNotFrozen { session: _ } | Event::AppsNotThawed { session: _ } => self.goes_on(),

            Event::BadgeTapped { attempt, badge } => self.tapped(attempt, badge, now),
            Event::BadgeIdentified { attempt, whose } => self.identified(attempt, whose, now),
            Event::BadgeNotRead(fault) => {
                self.session.tell(BadgeLine::from(fault), now);
                self.goes_on()
            }
            Event::BadgeEnrolled { session, badge } => {
                self.session.was_enrolled(session, badge, now);
                self.goes_on()
            }
            Event::BadgeNotEnrolled { session, because } => {
                self.session.was_not_enrolled(session, because, now);
                self.goes_on()
            }
            Event::GraceTold { session, remaining } => {
                self.session.note_grace(session, remaining, now);
                self.goes_on()
            }

            Event::ScreenCovered { input_held: _ } => Taken::AtScreen(self, AtScreen::CoveredByItself),
            Event::ScreenUncovered { session } if self.is(session) => {
                Taken::AtScreen(self, AtScreen::Uncovered)
            }
            // Somebody sees a screen that is not hers.
            Event::ScreenUncovered { session: _ } => self.ends(EndCause::FailClosed, now),
            Event::ScreenFailed => self.ends(EndCause::FailClosed, now),

            Event::ActivityAccepted { session } if self.is(session) => {
                self.was_accepted(now);
                self.goes_on()
            }
            Event::SessionLapsed { session } if self.is(session) => {
                self.is_lapsed = true;
                let adopt = self.report(now);
                Taken::GoesOn(self, adopt.into_iter().collect())
            }
            Event::SessionAdopted { session, credential, limits } if self.is(session) => {
                self.was_adopted(limits, now);
                Taken::GoesOn(self, vec![Command::StoreCredential { session, credential }])
            }
            Event::SessionEndedByServer { session, cause } if self.is(session) => {
                Taken::Ends(self.signing_out(cause, now).known_to_the_server())
            }
            // News of a session before this one.
            Event::ActivityAccepted { session: _ }
            | Event::SessionLapsed { session: _ }
            | Event::SessionAdopted { .. }
            | Event::SessionEndedByServer { .. }
            | Event::CoveredElsewhere { session: _ }
            | Event::MySessionsTold { .. }
            | Event::SessionEndTold { session: _ } => self.goes_on(),
            Event::ServerAway(fault) => {
                self.is_away(fault);
                self.goes_on()
            }
            Event::ServerReached => {
                self.is_back(now);
                self.goes_on()
            }
            Event::SessionOpened { session, .. } if self.is(session) => self.goes_on(),
            Event::SessionOpened { session, .. } => Taken::GoesOn(self, vec![ending::end_stray(session)]),
            // Of two machines with one key, the one in session finishes it; the next sign-in is refused.
            Event::WorkstationRefused(FailClosedCause::WorkstationCloned) => self.goes_on(),
            Event::WorkstationRefused(cause) => {
                let end = EndCause::of_refused_workstation(cause);
                Taken::Ends(self.signing_out(end, now).then_fail_closed(cause))
            }

            // A fresh credential could not be stored after the session was adopted: it could not be deleted
            // for certain either.
            Event::KeychainFailed { session } if self.is(session) => self.ends(EndCause::FailClosed, now),
            // Of a session before this one.
            Event::KeychainFailed { session: _ } => self.goes_on(),

            Event::GoingToSleep => Taken::Sleeps(self),
            // Asleep without a word: who opens the lid is not known, and what the sleep took of the limits is gone.
            Event::WokeUp if now >= self.over_at() => self.ends(EndCause::Suspend, now),
            Event::WokeUp => Taken::Conceals(self, ConcealCause::Suspend),
            Event::ShuttingDown => Taken::Ends(self.signing_out(EndCause::Shutdown, now).awaited_by_sleep()),
            Event::WallClockJumped => Taken::GoesOn(self, vec![trail::clock_jumped(now)]),
            // The loop makes taps of these; none comes here.
            Event::ReaderTold(_) => self.goes_on(),

            // The credential is where it belongs, before or after an adoption.
            Event::CredentialStored { session: _ } => self.goes_on(),
            // Of a session before this one.
            Event::CredentialDeleted { session: _ } => self.goes_on(),
            // The login is on disk since before the screen was hers; nothing else is waited for.
            Event::AuditStored(_) | Event::AuditFailed(..) => self.goes_on(),
            // The covered screen offers these; a press may have crossed the change of screens.
            Event::SignInSubmitted { .. }
            | Event::LossReported { .. }
            | Event::CodeSubmitted { .. }
            | Event::PasswordSubmitted { .. }
            | Event::PinSubmitted { .. }
            | Event::Approached
            | Event::SignInCancelled => self.goes_on(),
            // Second copies of answers to what led here, or to a sign-in before.
            Event::ChallengeIssued { .. }
            | Event::SessionResumed { .. }
            | Event::BadgesRevoked { .. }
            | Event::SignInRefused { .. }
            | Event::SignInUnanswered { .. } => self.goes_on(),
            // A second answer to a start-up that was asked twice.
            Event::StartUpFinished | Event::StartUpFailed(_) => self.goes_on(),
        }
    }

    /// A badge that is known to be hers is taken at its word, so that it covers at once, in contact or not. Of any other
    /// the server alone knows whose it is.
    fn tapped(mut self, attempt: AttemptId, badge: Badge, now: Instant) -> Taken {
        if self.session.knows(badge.mark) {
            self.identifying = None;
            return self.holders_tap(now);
        }
        // She has proved who she is, and has it in her hand.
        if let Some(offer) = self.session.to_enrol.take_if(|offer| offer.badge.mark == badge.mark) {
            self.session.told = None;
            let enrol = Command::EnrolBadge { session: self.session.id, badge: offer.badge };
            return Taken::GoesOn(self, vec![enrol]);
        }
        let question = Command::IdentifyBadge { attempt, session: self.session.id, badge: badge.clone() };
        self.identifying = Some(Identifying { attempt, badge, tapped_at: now });
        Taken::GoesOn(self, vec![question])
    }

    fn identified(mut self, attempt: AttemptId, whose: Option<Whose>, now: Instant) -> Taken {
        let Some(asked) = self.identifying.take_if(|asked| asked.attempt == attempt) else {
            // Another badge has been presented since, or the question was given up.
            return self.goes_on();
        };
        let line = match whose {
            Some(Whose::Holder) => {
                self.session.learn(asked.badge.mark);
                return self.holders_tap(asked.tapped_at);
            }
            Some(Whose::Other) => return Taken::GivesWay(self, attempt, asked.badge),
            Some(Whose::Unknown) => BadgeLine::Unknown,
            Some(Whose::Refused) => {
                self.session.forget(asked.badge.mark);
                BadgeLine::Refused
            }
            None => BadgeLine::ServerAway,
        };
        self.session.tell(line, now);
        self.goes_on()
    }

    fn holders_tap(self, tapped_at: Instant) -> Taken {
        if self.has_just_been_uncovered(tapped_at) {
            return self.goes_on();
        }
        Taken::AtScreen(self, AtScreen::HoldersTap)
    }

    /// How the session ends.
    pub(super) fn signing_out(self, cause: EndCause, now: Instant) -> SigningOut {
        SigningOut::of(Ending::of(self.session, cause, now), now)
    }

    /// The limit has come, and whether she was there is not known: nobody signs in before it can be again.
    fn ends_unmeasured(self, now: Instant) -> SigningOut {
        self.signing_out(EndCause::FailClosed, now).then_fail_closed(FailClosedCause::InactivityUnknown)
    }

    /// A limit has come, and no look was answered. That is inactivity only where the machine slept.
    pub(super) fn ends_unlooked(self, cause: EndCause, now: Instant) -> SigningOut {
        if cause == EndCause::Inactivity && !self.has_slept_through(now) {
            self.ends_unmeasured(now)
        } else {
            self.signing_out(cause, now)
        }
    }

    fn is(&self, session: SessionId) -> bool {
        self.session.id == session
    }

    const fn goes_on(self) -> Taken {
        Taken::GoesOn(self, Vec::new())
    }

    fn ends(self, cause: EndCause, now: Instant) -> Taken {
        Taken::Ends(self.signing_out(cause, now))
    }
}
