//! What stands around every route.

pub mod correlation;
