//! `spool recover`: what waited in the spool of a workstation whose keychain was lost, or whose file was damaged.

use audit::record::AuditRecord;
use uuid::Uuid;

use super::{message::Answer, perform::missing};
use crate::{
    app::App,
    delivery::{self, Teller, is_fault},
    error::ApiError,
    routes::body::invalid,
    store::{audit_events::Insertion, transact, workstations},
    trail::{self, About},
};

/// Records of one batch, at most.
pub const BATCH_RECORDS_MAX: usize = 100;

/// Some of what waited.
pub(super) struct Batch {
    pub(super) workstation_id: Uuid,
    pub(super) key_thumbprint: String,
    pub(super) is_first: bool,
    pub(super) records: Vec<AuditRecord>,
}

/// Stores records, each as if its workstation had delivered it now: one refusal leaves the others stored. The run is
/// on record with its first batch.
pub(super) async fn recover(app: &App, batch: Batch) -> Result<Answer, ApiError> {
    let Batch { workstation_id, key_thumbprint, is_first, records } = batch;
    if records.len() > BATCH_RECORDS_MAX {
        return Err(invalid("A batch has at most 100 records."));
    }
    let now = app.clock.now();
    let (stored, already_there, refused) = transact!(app.store, |write| {
        // Also of one that was revoked since: what happened at it before is on record like everything else.
        let workstation = workstations::find(write, workstation_id).await?.ok_or_else(|| {
            missing("This server knows no such workstation: its database is older than the enrolment.")
        })?;
        if workstation.key_thumbprint != key_thumbprint {
            return Err(invalid("The file's key was not sealed by the workstation that it names."));
        }
        if is_first {
            let about = About::workstation(workstation.id, &workstation.name);
            trail::administration(write, about, "spool.recover", now).await?;
        }
        let (mut stored, mut already_there, mut refused) = (0, 0, 0);
        for record in &records {
            if record.check().is_err() {
                refused += 1;
                continue;
            }
            match delivery::take(write, Teller::from(&workstation), record, now).await {
                Ok(Insertion::Inserted) => stored += 1,
                Ok(Insertion::Identical | Insertion::Conflict) => already_there += 1,
                Err(fault) if is_fault(fault.code) => return Err(fault),
                Err(refusal) => {
                    refused += 1;
                    let why = refusal.detail.unwrap_or_default();
                    tracing::warn!(audit.id = %record.id, "A record of a recovered spool is refused: {why}");
                }
            }
        }
        Ok::<_, ApiError>((stored, already_there, refused))
    })?;
    Ok(Answer::SpoolBatch { stored, already_there, refused })
}
