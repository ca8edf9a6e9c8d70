//! Audit records on their way: on disk first, then to the endpoint.
//!
//! Appending answers when the record would survive a power cut. [`delivery`] goes on in the background.

use std::sync::Arc;

use agent_core::{
    command::FailClosedCause,
    event::{Event, RecordKey},
};
use agent_runtime::ports::{AuditTrail, EventSink};
use audit::record::AuditRecord;
use tokio::{sync::Notify, task::JoinHandle};

use self::delivery::Delivery;
use crate::workstation::Workstation;

mod batch;
mod delivery;
mod single;

/// [`AuditTrail`] over the spool.
#[derive(Debug)]
pub struct SpooledTrail {
    workstation: Workstation,
    sink: EventSink,
    appended: Arc<Notify>,
    delivery: JoinHandle<()>,
}

impl SpooledTrail {
    /// Begins to deliver as soon as the workstation is fit. To be called within a tokio runtime.
    #[must_use]
    pub fn start(workstation: Workstation, sink: EventSink) -> Self {
        let appended = Arc::new(Notify::new());
        let (to_be_fit, new) = (workstation.clone(), Arc::clone(&appended));
        let delivery =
            tokio::spawn(async move { Delivery::new(to_be_fit.until_fit().await, new).run().await });
        Self { workstation, sink, appended, delivery }
    }
}

impl AuditTrail for SpooledTrail {
    fn append(&self, key: RecordKey, record: AuditRecord) {
        let Some(fit) = self.workstation.fit() else {
            self.sink.send(Event::AuditFailed(key, FailClosedCause::SpoolUnavailable));
            return;
        };
        let (sink, appended) = (self.sink.clone(), Arc::clone(&self.appended));
        fit.spool.run_then(
            move |spool, now| spool.append(&record, now),
            move |result| match result {
                Ok(_) => {
                    sink.send(Event::AuditStored(key));
                    appended.notify_one();
                }
                Err(cause) => sink.send(Event::AuditFailed(key, cause)),
            },
        );
    }
}

impl Drop for SpooledTrail {
    fn drop(&mut self) {
        self.delivery.abort();
    }
}

#[cfg(test)]
mod full_spool;
#[cfg(test)]
mod tests;
