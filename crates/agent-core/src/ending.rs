//! What the end of a session owes before anybody else may sign in. It is carried from `SigningOut` into
//! `FailClosed` and is never dropped before it is paid.

use crate::{
    apps::{AppId, AppOutcome, AppsDebt, CloseHow},
    command::{Command, EndCause, FailClosedCause},
    event::RecordKey,
    ids::{SessionId, User},
    instant::Instant,
    session::Session,
    time_limits::APPS_LIMIT,
    trail,
};

/// The debts of one session's end. The cause that came first stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Whose session it was.
    pub session: SessionId,
    /// Who.
    pub user: User,
    /// Why it ended.
    pub cause: EndCause,
    /// When it began.
    pub opened_at: Instant,
    /// When it ended.
    pub ended_at: Instant,
    /// The login record is not known to be on disk.
    pub owes_login: bool,
    /// The logout record is not known to be on disk.
    pub owes_logout: bool,
    /// The credential may still be in the keychain.
    pub owes_deletion: bool,
    /// Neither the server nor the durable outbox is known to have the end.
    pub owes_telling: bool,
    /// What is owed of its apps.
    pub apps: AppsDebt,
    /// How they are to be closed.
    pub close_how: CloseHow,
}

impl Ending {
    /// Of a session whose login is on disk.
    pub(crate) fn of(session: Session, cause: EndCause, now: Instant) -> Self {
        Self {
            session: session.id,
            user: session.user,
            cause,
            opened_at: session.opened_at,
            ended_at: now,
            owes_login: false,
            owes_logout: true,
            owes_deletion: true,
            owes_telling: true,
            apps: AppsDebt::Owed,
            close_how: session.overheard.close_how(),
        }
    }

    /// Of a session whose apps were not started.
    pub(crate) fn before_apps(session: Session, cause: EndCause, now: Instant) -> Self {
        Self { apps: AppsDebt::Settled, ..Self::of(session, cause, now) }
    }

    /// The commands that would pay; the logout follows once its login is on disk, and the apps once that is.
    pub(crate) fn commands(&self) -> Vec<Command> {
        let (session, cause) = (self.session, self.cause);
        [
            self.owes_login.then(|| trail::login(session, &self.user, self.opened_at)),
            (self.owes_logout && !self.owes_login).then(|| self.logout()),
            self.owes_deletion.then_some(Command::DeleteCredential { session }),
            self.owes_telling.then_some(Command::EndSession { session, cause }),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn logout(&self) -> Command {
        trail::logout(self.session, &self.user, self.cause, self.ended_at)
    }

    pub(crate) const fn is_paid(&self) -> bool {
        !self.owes_more_than_apps() && matches!(self.apps, AppsDebt::Settled)
    }

    /// Whether anything is owed that no app can hold up.
    pub(crate) const fn owes_more_than_apps(&self) -> bool {
        self.owes_login || self.owes_logout || self.owes_deletion || self.owes_telling
    }

    /// Has the apps closed, once both records are on disk; the caller sees to it that the screen is covered.
    pub(crate) fn close_apps(&mut self, now: Instant) -> Option<Command> {
        if self.owes_login || self.owes_logout || self.apps != AppsDebt::Owed {
            return None;
        }
        self.apps = AppsDebt::Asked { at: now };
        Some(Command::CloseApps { session: self.session, how: self.close_how })
    }

    /// When closing the apps has taken too long.
    pub(crate) fn apps_over_at(&self) -> Option<Instant> {
        match self.apps {
            AppsDebt::Asked { at } => Some(at + APPS_LIMIT),
            AppsDebt::Owed | AppsDebt::Settled => None,
        }
    }

    /// The machine slept: what was asked before gets its time anew.
    pub(crate) const fn woke_up(&mut self, now: Instant) {
        if let AppsDebt::Asked { at } = &mut self.apps {
            *at = now;
        }
    }

    /// No app of this session runs, and nothing of theirs is left.
    pub(crate) fn apps_gone(&mut self, session: SessionId) {
        if session == self.session {
            self.apps = AppsDebt::Settled;
        }
    }

    /// They could not be closed, or did not say so in time: that is to be asked for again. Whether it was still waited for.
    pub(crate) fn apps_left(&mut self, session: SessionId) -> bool {
        let is_asked = session == self.session && matches!(self.apps, AppsDebt::Asked { at: _ });
        if is_asked {
            self.apps = AppsDebt::Owed;
        }
        is_asked
    }

    /// The record of what became of one of them.
    pub(crate) fn app_told(
        &self,
        session: SessionId,
        app: AppId,
        outcome: AppOutcome,
        now: Instant,
    ) -> Vec<Command> {
        let record = || trail::app(session, &self.user, app, outcome, now);
        (session == self.session).then(record).into_iter().collect()
    }

    /// Why the agent fails closed when what is owed stays unpaid.
    pub(crate) const fn unpaid_cause(&self) -> FailClosedCause {
        if self.owes_login || self.owes_logout {
            FailClosedCause::SpoolUnavailable
        } else if self.owes_deletion {
            FailClosedCause::KeychainUnavailable
        } else if self.owes_telling {
            // The outbox is a part of the spool.
            FailClosedCause::SpoolUnavailable
        } else {
            FailClosedCause::AppsLeft
        }
    }

    /// Gives what is to be appended next.
    pub(crate) fn record_stored(&mut self, key: RecordKey) -> Option<Command> {
        if key == RecordKey::Logout(self.session) {
            self.owes_logout = false;
        }
        if !self.owes_login || key != RecordKey::Login(self.session) {
            return None;
        }
        self.owes_login = false;
        self.owes_logout.then(|| self.logout())
    }

    /// Whether `key` names a record that is still owed.
    pub(crate) fn owes_record(&self, key: RecordKey) -> bool {
        (self.owes_login && key == RecordKey::Login(self.session))
            || (self.owes_logout && key == RecordKey::Logout(self.session))
    }

    pub(crate) fn credential_deleted(&mut self, session: SessionId) {
        if session == self.session {
            self.owes_deletion = false;
        }
    }

    /// A store that was under way when the session ended has come through after its deletion.
    pub(crate) fn credential_stored(&mut self, session: SessionId) -> Option<Command> {
        if session != self.session || self.owes_deletion {
            return None;
        }
        self.owes_deletion = true;
        Some(Command::DeleteCredential { session })
    }

    /// The server or the outbox has it.
    pub(crate) fn was_told(&mut self, session: SessionId) {
        if session == self.session {
            self.owes_telling = false;
        }
    }

    /// What to do about a session that was opened while this one is ending: nothing about a late copy of
    /// its own answer, else it is ended, because nobody waits for it.
    pub(crate) fn stray(&self, session: SessionId) -> Vec<Command> {
        if session == self.session { Vec::new() } else { vec![end_stray(session)] }
    }
}

/// Ends a session that was opened for nobody: its sign-in is no longer waited for, so nothing was uncovered.
pub(crate) const fn end_stray(session: SessionId) -> Command {
    Command::EndSession { session, cause: EndCause::FailClosed }
}
