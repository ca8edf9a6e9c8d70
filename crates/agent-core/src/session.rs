//! A session as this workstation holds it. Its credential is not here: it goes from the event that
//! brings it straight into the command that stores it.

use std::time::Duration;

use crate::{
    command::{Command, EndCause},
    event::{ContactFault, Limits},
    ids::{SessionId, User},
    instant::Instant,
    time_limits::{ABSOLUTE_WARNING, HEARTBEAT_MIN, MEASURE_LIMIT},
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
        }
    }

    /// The limits of an adopted session; the absolute one is never extended.
    fn renew(&mut self, limits: Limits, now: Instant) {
        let renewed = Self::new(self.id, self.user.clone(), limits, now);
        self.inactivity = renewed.inactivity;
        self.warning = renewed.warning;
        self.heartbeat = renewed.heartbeat;
        if renewed.absolute_end < self.absolute_end {
            self.absolute_end = renewed.absolute_end;
            self.absolute_warning_at = renewed.absolute_warning_at;
        }
    }
}

/// A session in use: what `Active` and `InactivityWarning` share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InUse {
    /// Which, whose, how long.
    pub session: Session,
    /// The last input we know of.
    pub last_input: Instant,
    /// The next report is due.
    pub heartbeat_at: Instant,
    /// The longest inactivity since the server last answered about this session.
    pub idle_longest: Duration,
    /// The server holds the session as lapsed and has not yet adopted it again.
    pub is_lapsed: bool,
    /// Why the server does not answer, while it does not.
    pub server_away: Option<ContactFault>,
    /// The warning of the absolute limit has begun.
    pub is_absolute_warned: bool,
}

impl InUse {
    pub(crate) fn new(session: Session) -> Self {
        Self {
            last_input: session.opened_at,
            heartbeat_at: session.opened_at + session.heartbeat,
            idle_longest: Duration::ZERO,
            is_lapsed: false,
            server_away: None,
            is_absolute_warned: false,
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
        self.idle_longest = self.idle_longest.max(at.since(self.last_input));
        self.last_input = self.last_input.max(at);
    }

    /// What is due to the server now: a report, or the wish to be adopted.
    pub(crate) fn report(&mut self, now: Instant) -> Command {
        self.heartbeat_at = now + self.session.heartbeat;
        let session = self.session.id;
        let idle = now.since(self.last_input);
        if self.is_lapsed {
            Command::AdoptSession { session, idle, idle_longest: self.idle_longest.max(idle) }
        } else {
            Command::ReportActivity { session, idle }
        }
    }

    /// The server answered about this session: from here on it knows.
    pub(crate) fn was_accepted(&mut self, now: Instant) {
        self.is_lapsed = false;
        self.server_away = None;
        self.idle_longest = now.since(self.last_input);
    }

    pub(crate) fn was_adopted(&mut self, limits: Limits, now: Instant) {
        self.was_accepted(now);
        self.session.renew(limits, now);
    }
}
