//! The audit records that the server owes, written in the transaction of what they record.

use audit::record::{Alert, AuditRecord, RECORD_VERSION, Source, UserRef, What, WorkstationRef};
use jiff::Timestamp;
use protocol::v1::{problem::ProblemCode, session::EndCause};
use uuid::Uuid;

use crate::{
    auth::workstation::ProvenWorkstation,
    error::spelled,
    store::{
        Connection, StoreError,
        audit_events::{self, Insertion, Receipt},
        sessions::{self, SessionRow},
        users::{self, User},
        workstations,
    },
};

/// Whom and what a record is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// Where.
    pub workstation: Option<WorkstationRef>,
    /// Who.
    pub user: Option<UserRef>,
    /// Which session.
    pub session_id: Option<Uuid>,
}

impl About {
    /// What happened at a workstation.
    #[must_use]
    pub fn workstation(id: Uuid, name: &str) -> Self {
        let workstation = Some(WorkstationRef { id, name: name.to_owned() });
        Self { workstation, ..Self::default() }
    }

    /// Adds the person, where one is known.
    #[must_use]
    pub fn user(mut self, user: Option<&User>) -> Self {
        self.user = user.map(|user| UserRef { id: user.id, display_name: user.display_name.clone() });
        self
    }
}

/// What she does herself, within her session.
///
/// # Errors
/// [`StoreError`].
pub async fn about_herself(
    connection: &mut Connection,
    workstation: &ProvenWorkstation,
    row: &SessionRow,
) -> Result<About, StoreError> {
    let user = users::find(connection, row.user_id).await?.ok_or(StoreError::Corrupt("user of a session"))?;
    Ok(About { session_id: Some(row.id), ..workstation.about().user(Some(&user)) })
}

/// Puts one record on the trail.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn put(
    connection: &mut Connection,
    about: About,
    what: What,
    now: Timestamp,
) -> Result<(), StoreError> {
    put_late(connection, about, what, now, now).await.map(|_| ())
}

/// Puts one record on the trail of what happened at `at`; whether it was not there yet.
async fn put_late(
    connection: &mut Connection,
    about: About,
    what: What,
    at: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let id = match (&what, about.session_id) {
        (What::Login { .. }, Some(session)) => AuditRecord::login_id(session),
        (What::Logout { .. }, Some(session)) => AuditRecord::logout_id(session),
        _ => Uuid::new_v4(),
    };
    let record = AuditRecord {
        id,
        version: RECORD_VERSION,
        recorded_at: at,
        source: Source::Server,
        workstation: about.workstation,
        user: about.user,
        session_id: about.session_id,
        what,
    };
    // A login or logout that its workstation wrote first stands: there is one of each.
    let insertion = audit_events::insert(connection, &record, Receipt::own(now)).await?;
    Ok(insertion == Insertion::Inserted)
}

/// A sign-in was refused.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn refused(
    connection: &mut Connection,
    about: About,
    code: ProblemCode,
    now: Timestamp,
) -> Result<(), StoreError> {
    put(connection, about, What::LoginRefused { reason: spelled(code) }, now).await
}

/// Something an officer should look at.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn alert(
    connection: &mut Connection,
    about: About,
    alert: Alert,
    now: Timestamp,
) -> Result<(), StoreError> {
    put(connection, about, What::SecurityAlert { alert }, now).await
}

/// An administrator changed something, or a person herself at the workstation that `about` names.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn administration(
    connection: &mut Connection,
    about: About,
    action: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    put(connection, about, What::Administration { action: action.to_owned() }, now).await
}

/// The same of what was changed `at` a time, and is on record only now.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn administration_late(
    connection: &mut Connection,
    about: About,
    action: &str,
    (at, now): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    put_late(connection, about, What::Administration { action: action.to_owned() }, at, now).await.map(|_| ())
}

/// The logout of a session that ended at `at`; whether it was not on record yet. Its login is recorded too
/// where its workstation has not told it yet (and may never): each logout has its login.
///
/// # Errors
/// [`StoreError`].
pub async fn logout(
    connection: &mut Connection,
    row: &SessionRow,
    cause: EndCause,
    at: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let workstation = workstations::find(connection, row.workstation_id)
        .await?
        .ok_or(StoreError::Corrupt("workstation of a session"))?;
    let user = users::find(connection, row.user_id).await?.ok_or(StoreError::Corrupt("user of a session"))?;
    let mut about = About::workstation(workstation.id, &workstation.name).user(Some(&user));
    about.session_id = Some(row.id);
    let login = What::Login { factors: row.factors };
    put_late(connection, about.clone(), login, row.opened_at, now).await?;
    put_late(connection, about, What::Logout { cause: sessions::cause_spelled(cause) }, at, now).await
}
