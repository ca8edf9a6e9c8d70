//! Durable queue of audit records on a workstation's disk
