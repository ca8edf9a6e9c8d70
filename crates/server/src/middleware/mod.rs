//! What stands around every route.

pub mod correlation;
pub mod request_log;
pub mod security_headers;
pub mod time_limit;
