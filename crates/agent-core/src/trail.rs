//! Which audit record each transition owes.
//!
//! | transition | record | waited for |
//! | --- | --- | --- |
//! | `SigningIn`: a session opened | `Login` | yes: nothing is uncovered before it is on disk |
//! | any state with a session → `SigningOut` | `Logout` with its cause; before it the `Login` where that is not known to be on disk | yes: nobody signs in before |
//! | any state → `FailClosed`, and each further cause there | `FailedClosed` with its cause | it is appended again until the spool takes it |
//! | the wall clock jumped, in any state | `ClockJumped` | no |
//!
//! Refused sign-ins are recorded by the server, which alone knows whom they concern. A session that the
//! server opened and nobody waits for any more is ended there; the server has both of its records.
//! Appending a login or logout twice stores it once: their ids follow from the session.

use crate::{
    command::{Command, EndCause, FailClosedCause, OwedRecord},
    ids::{SessionId, User},
};

pub(crate) fn login(session: SessionId, user: &User) -> OwedRecord {
    OwedRecord::Login { session, user: user.clone() }
}

pub(crate) fn logout(session: SessionId, user: &User, cause: EndCause) -> OwedRecord {
    OwedRecord::Logout { session, user: user.clone(), cause }
}

pub(crate) const fn failed_closed(cause: FailClosedCause) -> Command {
    Command::AppendAudit(OwedRecord::FailedClosed(cause))
}

pub(crate) const fn clock_jumped() -> Command {
    Command::AppendAudit(OwedRecord::ClockJumped)
}
