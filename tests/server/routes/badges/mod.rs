//! `/v1/badges`

mod enrol;
mod lost;
