//! What the server does by itself.

pub mod expire_sessions;
pub mod finish_imports;
pub mod forget;
pub mod hear_peers;
pub mod record_logouts;
pub mod renew_certificate;
pub mod watch_clock;
