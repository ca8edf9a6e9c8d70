//! A session as this workstation holds it. Its credential is not here: it goes from the event that brings it into the
//! command that stores it, at once, or once the session of whoever was taken over has ended
//! ([`crate::state::Opened`]).

use std::time::Duration;

use crate::{
    apps::{Overheard, RunReason},
    badge::{Badge, BadgeFault, BadgeMark},
    command::{Command, EndCause},
    event::{ContactFault, Limits, NotEnrolled, TapOut},
    ids::{AttemptId, SessionId, User},
    instant::Instant,
    my_sessions::MySessions,
    state::Offer,
    time_limits::{
        ABSOLUTE_WARNING, ANSWER_LIMIT, APPS_LINE, BADGE_LINE, ENROLMENT_OFFER, HEARTBEAT_MIN,
        HOLDER_IGNORED_AFTER_UNCOVER, MEASURE_LIMIT, SLEPT_BEHIND_LIMIT,
    },
};

/// One person's use of this workstation, and what bounds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Which.
    pub id: SessionId,
    /// Who.
    pub user: User,
    /// When the server's answer came; the sign-in is the session's first activity.
    pub opened_at: Instant,
    /// Automatic logoff after this much inactivity.
    pub inactivity: Duration,
    /// The warning begins this long before it; at most half of it.
    pub warning: Duration,
    /// A report is due at least this often.
    pub heartbeat: Duration,
    /// The session is over at this instant, whatever is typed.
    pub absolute_end: Instant,
    /// Its warning begins at this one.
    pub absolute_warning_at: Instant,
    /// The screen is covered, the session kept, after this much inactivity.
    pub conceal_after: Option<Duration>,
    /// What her tap on the uncovered screen does.
    pub tap_out: TapOut,
    /// Badges known to be hers: those that opened or resumed this session, and those that the server said were.
    pub badges: Vec<BadgeMark>,
    /// The badge that was last shown, or enrolled, in this session: the one by which the server tells how long a tap is
    /// enough, and the only one that resumes without the server.
    pub shown: Option<BadgeMark>,
    /// Until then a tap of hers asks for nothing else.
    pub grace_until: Option<Instant>,
    /// She uncovered a screen elsewhere while this one was being uncovered: it is covered as soon as it is hers.
    pub is_uncovered_elsewhere: bool,
    /// A badge that nobody had when this sign-in began: hers if she presents it once more.
    pub to_enrol: Option<Offer>,
    /// What a badge led to last.
    pub told: Option<Told>,
    /// What waits for her apps to read it.
    pub overheard: Overheard,
}

/// What a badge led to, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BadgeLine {
    /// Nobody has it.
    Unknown,
    /// Nobody has it, and nobody can make it hers here.
    Unlisted,
    /// Nobody has it, after many such ones here: they wait, and a name does not.
    Wait,
    /// It opens nothing: revoked, or its holder is disabled.
    Refused,
    /// Its number is none that can name anybody.
    Unusable,
    /// It was taken away too early, or does not answer.
    NotRead,
    /// Two at once.
    TwoAtOnce,
    /// The server, which alone knows whose it is, does not answer.
    ServerAway,
    /// It can be hers, if she presents it once more.
    TapAgainToEnrol,
    /// It is hers from now on.
    Enrolled,
    /// It was to be hers, and is not.
    NotEnrolled(NotEnrolled),
}

/// What the strip says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StripLine {
    /// What a badge led to.
    Badge(BadgeLine),
    /// Her apps were to go on, and are not known to. It is tried on and on.
    AppsStandStill,
}

impl From<BadgeLine> for StripLine {
    fn from(line: BadgeLine) -> Self {
        Self::Badge(line)
    }
}

/// A line that is said for a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// What.
    pub line: StripLine,
    /// Not said any more from then on.
    pub until: Instant,
}

impl From<BadgeFault> for BadgeLine {
    fn from(fault: BadgeFault) -> Self {
        match fault {
            BadgeFault::Unreadable => Self::NotRead,
            BadgeFault::RandomNumber => Self::Unusable,
            BadgeFault::TwoAtOnce => Self::TwoAtOnce,
        }
    }
}

impl Session {
    pub(crate) fn new(id: SessionId, user: User, limits: Limits, now: Instant) -> Self {
        let absolute_warning = ABSOLUTE_WARNING.min(limits.absolute_remaining / 2);
        Self {
            id,
            user,
            opened_at: now,
            inactivity: limits.inactivity,
            warning: limits.warning.min(limits.inactivity / 2),
            heartbeat: limits.heartbeat.max(HEARTBEAT_MIN),
            absolute_end: now + limits.absolute_remaining,
            absolute_warning_at: now + limits.absolute_remaining.saturating_sub(absolute_warning),
            conceal_after: limits.conceal_after,
            tap_out: limits.tap_out,
            badges: Vec::new(),
            shown: None,
            grace_until: None,
            is_uncovered_elsewhere: false,
            to_enrol: None,
            told: None,
            overheard: Overheard::Nothing,
        }
    }

    pub(crate) fn was_uncovered_elsewhere(&mut self, session: SessionId) {
        self.is_uncovered_elsewhere |= session == self.id;
    }

    /// Whether her apps may go on, or be asked for anything: nothing waits for them that is not theirs to know.
    #[must_use]
    pub fn may_wake_apps(&self) -> bool {
        self.overheard == Overheard::Nothing
    }

    /// Her screen is hers: her apps run, or end and begin anew.
    pub(crate) fn run_apps(&mut self) -> Command {
        let why = match self.overheard {
            Overheard::Nothing => RunReason::Uncovered,
            Overheard::Secret | Overheard::Ending => {
                self.overheard = Overheard::Ending;
                RunReason::Anew
            }
        };
        Command::RunApps { session: self.id, why }
    }

    /// None of her apps is left. Those that overheard something are meant only where they were to end.
    pub(crate) fn apps_gone(&mut self, session: SessionId) {
        if session == self.id && self.overheard == Overheard::Ending {
            self.overheard = Overheard::Nothing;
        }
    }

    /// Offers to make `badge` hers. Her sign-in alone does not: whoever presented it before her may be somebody else.
    pub(crate) fn offer(&mut self, badge: Badge, now: Instant) {
        let until = now + ENROLMENT_OFFER;
        self.told = Some(Told { line: BadgeLine::TapAgainToEnrol.into(), until });
        self.to_enrol = Some(Offer { badge, until });
    }

    /// Whether this is a badge of hers, as far as is known here.
    #[must_use]
    pub fn knows(&self, badge: BadgeMark) -> bool {
        self.badges.contains(&badge)
    }

    /// Whether a tap of hers asks for nothing else, as far as is known here.
    #[must_use]
    pub fn is_tap_enough(&self, now: Instant) -> bool {
        self.grace_until.is_some_and(|until| now < until)
    }

    pub(crate) fn learn(&mut self, badge: BadgeMark) {
        if !self.knows(badge) {
            self.badges.push(badge);
        }
    }

    /// She has proved herself with it, or enrolled it.
    pub(crate) fn was_shown(&mut self, badge: BadgeMark) {
        self.learn(badge);
        self.shown = Some(badge);
    }

    /// A badge of hers that opens nothing any more ends what a tap alone may do here. One that was never hers here may be
    /// anybody's, and takes nothing from her.
    pub(crate) fn forget(&mut self, badge: BadgeMark) {
        if self.knows(badge) {
            self.badges.retain(|known| *known != badge);
            self.no_tap_is_enough();
        }
    }

    /// Until the server has seen a badge of hers again, none resumes without it.
    pub(crate) const fn no_tap_is_enough(&mut self) {
        self.shown = None;
        self.grace_until = None;
    }

    pub(crate) fn tell(&mut self, line: impl Into<StripLine>, now: Instant) {
        let line = line.into();
        let said_for = match line {
            StripLine::Badge(_) => BADGE_LINE,
            StripLine::AppsStandStill => APPS_LINE,
        };
        self.told = Some(Told { line, until: now + said_for });
    }

    pub(crate) fn note_grace(&mut self, session: SessionId, remaining: Option<Duration>, now: Instant) {
        if session == self.id {
            match remaining {
                Some(remaining) => self.grace_until = Some(now + remaining),
                // Also where it was revoked: what is told later is told of another.
                None => self.no_tap_is_enough(),
            }
        }
    }

    pub(crate) fn was_enrolled(&mut self, session: SessionId, badge: BadgeMark, now: Instant) {
        if session == self.id {
            self.was_shown(badge);
            self.tell(BadgeLine::Enrolled, now);
        }
    }

    pub(crate) fn was_not_enrolled(&mut self, session: SessionId, because: NotEnrolled, now: Instant) {
        if session == self.id {
            self.tell(BadgeLine::NotEnrolled(because), now);
        }
    }

    /// The limits of an adopted or resumed session; the absolute one is never extended.
    pub(crate) fn renew(&mut self, limits: Limits, now: Instant) {
        let renewed = Self::new(self.id, self.user.clone(), limits, now);
        self.inactivity = renewed.inactivity;
        self.warning = renewed.warning;
        self.heartbeat = renewed.heartbeat;
        self.conceal_after = renewed.conceal_after;
        self.tap_out = renewed.tap_out;
        if renewed.absolute_end < self.absolute_end {
            self.absolute_end = renewed.absolute_end;
            self.absolute_warning_at = renewed.absolute_warning_at;
        }
    }
}

/// A session in use: what `Active`, `InactivityWarning` and `Concealed` share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InUse {
    /// Which, whose, how long.
    pub session: Session,
    /// The last input we know of.
    pub last_input: Instant,
    /// The last time it was asked for, the last input could not be told; it counts as none.
    pub is_input_unknown: bool,
    /// The next report is due.
    pub heartbeat_at: Instant,
    /// The longest inactivity since the server last answered about this session.
    pub idle_longest: Duration,
    /// The server holds the session as lapsed and has not yet adopted it again.
    pub is_lapsed: bool,
    /// When it was asked to; `None` once that is answered. A second adoption under way would make the first
    /// one's credential void.
    pub adoption_asked_at: Option<Instant>,
    /// Why the server does not answer, while it does not.
    pub server_away: Option<ContactFault>,
    /// The warning of the absolute limit has begun.
    pub is_absolute_warned: bool,
    /// When her screen was uncovered last.
    pub uncovered_at: Instant,
    /// A badge was presented, and the server is asked whose it is.
    pub identifying: Option<Identifying>,
    /// "My sessions" stands on her screen.
    pub my_sessions: Option<MySessions>,
}

/// A badge of which the server is asked whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifying {
    /// Names the question.
    pub attempt: AttemptId,
    /// Which.
    pub badge: Badge,
    /// When it was presented.
    pub tapped_at: Instant,
}

impl InUse {
    pub(crate) fn new(session: Session) -> Self {
        Self {
            last_input: session.opened_at,
            is_input_unknown: false,
            heartbeat_at: session.opened_at + session.heartbeat,
            idle_longest: Duration::ZERO,
            is_lapsed: false,
            adoption_asked_at: None,
            server_away: None,
            is_absolute_warned: false,
            uncovered_at: session.opened_at,
            identifying: None,
            my_sessions: None,
            session,
        }
    }

    /// Automatic logoff is due, unless there is input before.
    #[must_use]
    pub fn logoff_at(&self) -> Instant {
        self.last_input + self.session.inactivity
    }

    /// Input that was before the limit can be told until then.
    pub(crate) fn last_look_over_at(&self) -> Instant {
        self.logoff_at() + MEASURE_LIMIT
    }

    /// Whether the limit was slept through. Otherwise, who has passed it without having looked cannot say that nobody
    /// was there.
    pub(crate) fn has_slept_through(&self, now: Instant) -> bool {
        now >= self.logoff_at() + SLEPT_BEHIND_LIMIT
    }

    /// The screen is to be covered, the session kept, unless there is input before. Never where its warning comes
    /// first, which is answered by any key.
    #[must_use]
    pub fn conceal_at(&self) -> Option<Instant> {
        let at = self.last_input + self.session.conceal_after?;
        (at < self.warning_at()).then_some(at)
    }

    /// Whether a tap of hers, now, is the one that uncovered the screen: the badge is still in her hand.
    pub(crate) fn has_just_been_uncovered(&self, tapped_at: Instant) -> bool {
        tapped_at < self.uncovered_at + HOLDER_IGNORED_AFTER_UNCOVER
    }

    /// What is held of a badge, or waited for by "My sessions", is let go of then, at the latest.
    pub(crate) fn held_until(&self) -> Option<Instant> {
        let offered = self.session.to_enrol.as_ref().map(|offer| offer.until);
        self.identified_until().into_iter().chain(offered).chain(self.my_sessions_due_at()).min()
    }

    /// The answer to whose a badge is has not come by then.
    fn identified_until(&self) -> Option<Instant> {
        self.identifying.as_ref().map(|asked| asked.tapped_at + ANSWER_LIMIT)
    }

    /// Lets go of what has been held or waited for long enough, and says so where an answer has not come.
    pub(crate) fn let_go(&mut self, now: Instant) {
        self.gives_up_on_my_sessions(now);
        if self.identified_until().is_some_and(|until| now >= until) {
            self.identifying = None;
            self.session.tell(BadgeLine::ServerAway, now);
        }
        if self.session.to_enrol.as_ref().is_some_and(|offer| now >= offer.until) {
            self.session.to_enrol = None;
        }
    }

    /// Its warning is due.
    #[must_use]
    pub fn warning_at(&self) -> Instant {
        self.last_input + self.session.inactivity.saturating_sub(self.session.warning)
    }

    /// The session is over at this instant at the latest, for whichever reason.
    #[must_use]
    pub fn over_at(&self) -> Instant {
        self.logoff_at().min(self.session.absolute_end)
    }

    /// Why the session is over, once nothing that could still be learned would keep it.
    pub(crate) fn is_over(&self, now: Instant) -> Option<EndCause> {
        if now >= self.session.absolute_end && self.session.absolute_end <= self.logoff_at() {
            Some(EndCause::AbsoluteLimit)
        } else if now >= self.last_look_over_at() {
            Some(EndCause::Inactivity)
        } else if now >= self.session.absolute_end {
            Some(EndCause::AbsoluteLimit)
        } else {
            None
        }
    }

    /// Takes note of input; earlier than what is known changes nothing.
    pub(crate) fn saw_input(&mut self, at: Instant) {
        self.is_input_unknown = false;
        self.idle_longest = self.idle_longest.max(at.since(self.last_input));
        self.last_input = self.last_input.max(at);
    }

    /// Takes note that the last input cannot be told, and whether it may be asked for once more at the limit: there is
    /// time, and it was known before. Once is a hiccup of a busy machine; twice, it is not known that she was away.
    pub(crate) fn may_look_again(&mut self, now: Instant) -> bool {
        let is_lasting = std::mem::replace(&mut self.is_input_unknown, true);
        !is_lasting && self.is_over(now).is_none()
    }

    /// What is due to the server now: a report, or the wish to be adopted; nothing while that wish is with it.
    pub(crate) fn report(&mut self, now: Instant) -> Option<Command> {
        self.heartbeat_at = now + self.session.heartbeat;
        let session = self.session.id;
        let idle = now.since(self.last_input);
        if !self.is_lapsed {
            return Some(Command::ReportActivity { session, idle });
        }
        let given_up_at = self.adoption_asked_at.map(|asked_at| asked_at + ANSWER_LIMIT);
        if let Some(given_up_at) = given_up_at.filter(|given_up_at| now < *given_up_at) {
            self.heartbeat_at = self.heartbeat_at.min(given_up_at);
            return None;
        }
        self.adoption_asked_at = Some(now);
        Some(Command::AdoptSession { session, idle, idle_longest: self.idle_longest.max(idle) })
    }

    /// The server does not answer, so no adoption is under way either.
    pub(crate) const fn is_away(&mut self, fault: ContactFault) {
        self.server_away = Some(fault);
        self.adoption_asked_at = None;
    }

    /// The server answers again. It has not heard of us: report at once.
    pub(crate) const fn is_back(&mut self, now: Instant) {
        self.server_away = None;
        self.heartbeat_at = now;
    }

    /// The server answered about this session: from here on it knows.
    pub(crate) fn was_accepted(&mut self, now: Instant) {
        self.is_lapsed = false;
        self.server_away = None;
        self.idle_longest = now.since(self.last_input);
    }

    pub(crate) fn was_adopted(&mut self, limits: Limits, now: Instant) {
        self.was_accepted(now);
        self.adoption_asked_at = None;
        self.session.renew(limits, now);
    }
}
