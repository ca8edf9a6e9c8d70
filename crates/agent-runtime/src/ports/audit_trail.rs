//! Audit records on their way: durable here first, then delivered to the endpoint.

use agent_core::event::RecordKey;
use audit::record::AuditRecord;

/// Appends to the spool. Delivery goes on in the background and tells nothing but `ServerReached` and
/// `ServerAway` through the server's port.
pub trait AuditTrail: Send + 'static {
    /// → `AuditStored(key)` once it would survive a power cut, or `AuditFailed`.
    fn append(&self, key: RecordKey, record: AuditRecord);
}
