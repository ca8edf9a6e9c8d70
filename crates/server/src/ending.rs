//! Ends sessions on the server's own account: recorded in the same transaction, told after it.

use jiff::Timestamp;
use protocol::v1::{
    event::ServerEvent,
    session::{EndCause, SessionEnded},
};
use uuid::Uuid;

use crate::{
    app::App,
    store::{
        Connection, StoreError,
        sessions::{self, Of, SessionRow},
    },
    trail,
};

/// Sessions that one call ends; a person or a workstation has far fewer.
const UNENDED_MAX: i64 = 1_000;

/// A session that was ended here and whose workstation is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "the workstation is to be told after the commit"]
pub struct Ended {
    /// Where.
    pub workstation_id: Uuid,
    /// What stands on record.
    pub session: SessionEnded,
}

impl Ended {
    /// Tells the workstation; only after the commit.
    pub fn tell(self, app: &App) {
        tracing::info!(
            session.id = %self.session.session_id,
            workstation.id = %self.workstation_id,
            cause = sessions::cause_spelled(self.session.cause),
            "Session ended by the server"
        );
        app.events.tell(self.workstation_id, &ServerEvent::SessionEnded(self.session));
    }
}

/// Ends one session; `None` when it had ended before.
///
/// # Errors
/// [`StoreError`].
pub async fn end(
    connection: &mut Connection,
    row: &SessionRow,
    cause: EndCause,
    now: Timestamp,
) -> Result<Option<Ended>, StoreError> {
    if !sessions::end(connection, row.id, cause, now).await? {
        return Ok(None);
    }
    trail::logout(connection, row, cause, now, now).await?;
    let session = SessionEnded { session_id: row.id, cause };
    Ok(Some(Ended { workstation_id: row.workstation_id, session }))
}

/// Ends every session of a person or a workstation.
///
/// # Errors
/// [`StoreError`].
pub async fn end_all(
    connection: &mut Connection,
    of: Of,
    cause: EndCause,
    now: Timestamp,
) -> Result<Vec<Ended>, StoreError> {
    let mut ended = Vec::new();
    for row in sessions::unended(connection, of, UNENDED_MAX).await? {
        ended.extend(end(connection, &row, cause, now).await?);
    }
    Ok(ended)
}
