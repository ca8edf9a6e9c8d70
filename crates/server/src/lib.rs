//! The session server: sessions, identity, policy and the audit record
