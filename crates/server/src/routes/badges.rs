//! `/v1/badges`: a person's own badges.

pub mod enrol;
pub mod lost;
