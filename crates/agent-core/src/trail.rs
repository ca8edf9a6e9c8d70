//! Which audit record each transition owes.
//!
//! | transition | record | waited for |
//! | --- | --- | --- |
//! | `SigningIn`: a session opened | `Login` | yes: nothing is uncovered before it is on disk |
//! | any state with a session → `SigningOut` | `Logout` with its cause; before it the `Login` where that is not known to be on disk | yes: nobody signs in before |
//! | any state → `FailClosed`, and each further cause there | `FailedClosed` with its cause | it is appended again until the spool takes it |
//! | any state with an uncovered screen → `Concealed` | `Concealed` with its cause | no |
//! | an app was told to save, did not start, or was closed, in any state with a session or its ending | `App` with its outcome | no |
//! | `Concealed` → `Active` | `Resumed` with its method | yes: nothing is uncovered before it is on disk |
//! | the wall clock jumped, in any state | `ClockJumped` | no |
//!
//! Refused sign-ins are recorded by the server, which alone knows whom they concern. A session that the
//! server opened and nobody waits for any more is ended there; the server has both of its records.
//! Appending a record twice stores it once, and it tells when it happened, however late the spool takes it.

use crate::{
    apps::{AppId, AppOutcome},
    command::{Command, ConcealCause, EndCause, FailClosedCause, OwedRecord, ResumeMethod},
    ids::{SessionId, User},
    instant::Instant,
    session::Session,
};

pub(crate) fn login(session: SessionId, user: &User, at: Instant) -> Command {
    Command::AppendAudit { owed: OwedRecord::Login { session, user: user.clone() }, at }
}

pub(crate) fn logout(session: SessionId, user: &User, cause: EndCause, at: Instant) -> Command {
    Command::AppendAudit { owed: OwedRecord::Logout { session, user: user.clone(), cause }, at }
}

pub(crate) fn concealed(session: &Session, cause: ConcealCause, at: Instant) -> Command {
    Command::AppendAudit {
        owed: OwedRecord::Concealed { session: session.id, user: session.user.clone(), cause },
        at,
    }
}

pub(crate) fn resumed(session: &Session, method: ResumeMethod, at: Instant) -> Command {
    Command::AppendAudit {
        owed: OwedRecord::Resumed { session: session.id, user: session.user.clone(), method },
        at,
    }
}

pub(crate) fn app(session: SessionId, user: &User, app: AppId, outcome: AppOutcome, at: Instant) -> Command {
    Command::AppendAudit { owed: OwedRecord::App { session, user: user.clone(), app, outcome }, at }
}

pub(crate) const fn failed_closed(cause: FailClosedCause, at: Instant) -> Command {
    Command::AppendAudit { owed: OwedRecord::FailedClosed(cause), at }
}

pub(crate) const fn clock_jumped(at: Instant) -> Command {
    Command::AppendAudit { owed: OwedRecord::ClockJumped, at }
}
